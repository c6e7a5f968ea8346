/**
 * The Customer Activity page: what was bought and what was delivered, by section (CA-02). Pure.
 * Invariant: every figure is the sum of the lines it is shown with.
 */
import type { Service } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import { isWithin, type Terms, type TermsPackage } from "../agreements/terms.ts";
import { type Chosen, isAgreementLinked } from "./chosen.ts";
import { isAdditional } from "./entry.ts";
import { type Figures, type Line, latest, linesOf, packagesOf } from "./figures.ts";
import type { GrantBalance } from "./grants.ts";

/** The defined list of the enterprise-wide section (CA-05), in its order. */
const enterpriseWideCategories = [
  { category: "proactive", services: ["proactive"] },
  { category: "advisory", services: ["advisory"] },
  { category: "reactive", services: ["problemResolution"] },
  { category: "education", services: ["education"] },
  { category: "supportContacts", services: ["supportContacts"] },
  { category: "assessments", services: ["assessment"] },
] as const satisfies readonly { readonly category: string; readonly services: readonly Service[] }[];

export type Status = "upcoming" | "active" | "inactive";

export type Selection = {
  readonly customer: Customer;
  readonly chosen: Chosen;
  /** The ledgers of the named agreements, or of all active ones, and those of what belongs to none. */
  readonly agreements: readonly Figures[];
  readonly unassigned: readonly Figures[];
  /** Whether exactly these agreements were asked for: they are shown whatever of them is chosen. */
  readonly isNamed: boolean;
  readonly packages: ReadonlySet<string> | undefined;
  readonly packageStatus: "active" | "inactive" | undefined;
  /** When agreements and packages are active or not. */
  readonly at: string;
  readonly asOf: string | undefined;
};

export function activityPage(selection: Selection) {
  const { customer, chosen, agreements, unassigned, at } = selection;
  const known = agreements.flatMap((figures) => shownAgreement(figures, selection) ?? []);
  const all = [...agreements, ...unassigned];
  const workspaces = chosen.kind === "everything" ? customer.workspaces : chosen.workspaces;
  return {
    customerId: customer.customerId,
    customerName: customer.name,
    timeZone: customer.timeZone,
    asOf: selection.asOf ?? null,
    dataAsOf: latest(all.map(({ lastAt }) => lastAt)) ?? null,
    workspaces: workspaces.map(({ workspaceId, name }) => ({ workspaceId, name })),
    agreements: known.map(({ terms }) => agreementView(terms, at)),
    enterpriseWide: {
      categories: categoriesOf(known.flatMap(({ lines }) => lines)),
      packages: known.flatMap((each) => packageViews("enterpriseWide", each, selection)),
    },
    addOn: {
      agreements: known.map((each) => ({
        agreementId: each.terms.agreementId,
        packages: packageViews("addOn", each, selection),
      })),
    },
    additionalCases: additionalTotals(all),
  };
}

type ShownAgreement = {
  readonly terms: Terms;
  readonly packages: readonly TermsPackage[];
  readonly lines: readonly Line[];
};

/** One of which nothing applies to a chosen workspace may still have cases there: those are additional ones (CA-14). */
function shownAgreement(figures: Figures, { chosen, isNamed }: Selection): ShownAgreement | undefined {
  const { terms } = figures.head;
  if (terms === undefined) return undefined;
  const lines = linesOf(figures);
  const isShown = isNamed || lines.length > 0 || isAgreementLinked(chosen, terms.agreementId, terms);
  return isShown ? { terms, packages: packagesOf(figures, lines), lines } : undefined;
}

function agreementView(terms: Terms, at: string) {
  const { agreementId, number, plan, kind, startDate, endDate } = terms;
  return { agreementId, number, plan, kind, startDate, endDate, status: statusAt(terms, at) };
}

export function statusAt(
  period: { readonly startsAt: string; readonly endsAt: string; readonly endedAt?: string | undefined },
  at: string,
): Status {
  if (at < period.startsAt) return "upcoming";
  return isWithin(at, period) ? "active" : "inactive";
}

/** Sums over the enterprise-wide packages of all chosen agreements, for each service and unit of the defined list. */
function categoriesOf(lines: readonly Line[]) {
  const enterpriseWide = lines.filter((line) => line.package.section === "enterpriseWide");
  return enterpriseWideCategories.flatMap(({ category, services }) => {
    const ofCategory = enterpriseWide.filter(
      ({ entitlement }) =>
        entitlement.class === "consumable" && services.some((service) => service === entitlement.service),
    );
    const byUnit = Map.groupBy(ofCategory, ({ entitlement }) => entitlement.unit ?? "minutes");
    return [...byUnit].map(([unit, group]) => ({
      category,
      unit,
      isUnmetered: group.some(({ purchased }) => purchased === null),
      purchased: group.some(({ purchased }) => purchased === null)
        ? null
        : sum(group, ({ purchased }) => purchased ?? 0),
      consumed: sum(group, ({ consumed }) => consumed ?? 0),
      remaining: group.some(({ remaining }) => remaining === undefined)
        ? null
        : sum(group, ({ remaining }) => remaining ?? 0),
      overage: sum(group, ({ overage }) => overage ?? 0),
      entitlementIds: group.map(({ entitlement }) => entitlement.entitlementId),
    }));
  });
}

function packageViews(
  section: TermsPackage["section"],
  { terms, packages, lines }: ShownAgreement,
  { packages: named, packageStatus, at }: Selection,
) {
  return packages
    .filter((item) => item.section === section)
    .filter((item) => named?.has(item.packageId) ?? true)
    .filter(
      (item) =>
        packageStatus === undefined || (statusAt(item, at) === "active") === (packageStatus === "active"),
    )
    .map((item) => ({
      packageId: item.packageId,
      agreementId: terms.agreementId,
      name: item.name,
      startDate: item.startDate,
      /** CA-09: the last day. */
      endDate: item.endDate,
      status: statusAt(item, at),
      entitlements: lines.filter((line) => line.package.packageId === item.packageId).map(lineView),
    }));
}

/** One entitlement with its figures; null stands for what does not apply to it. */
export function lineView(line: Line) {
  const { entitlement, purchased, consumed, remaining, overage, rows } = line;
  const isBenefit = entitlement.class === "benefit";
  return {
    entitlementId: entitlement.entitlementId,
    name: entitlement.name,
    service: entitlement.service,
    class: entitlement.class,
    unit: entitlement.unit ?? null,
    isUnmetered: !isBenefit && purchased === null,
    purchased: purchased ?? null,
    consumed: consumed ?? null,
    remaining: remaining ?? null,
    overage: overage ?? null,
    grants: line.grants.map(grantView),
    rows,
  };
}

function grantView({ grant, granted, burnt, unused, carriedOn, expiredUnused, status }: GrantBalance) {
  const { grantId, kind, amount, priority, startDate, endDate, endedAt = null, carriedFrom = null } = grant;
  const contract = { grantId, kind, amount, priority, startDate, endDate, endedAt, carriedFrom };
  return { ...contract, granted, burnt, unused, carriedOn, expiredUnused, status };
}

function additionalTotals(all: readonly Figures[]) {
  let minutes = 0;
  let rows = 0;
  for (const [account, [quantity, count]] of all.flatMap(({ counts }) => [...counts])) {
    if (!isAdditional(account)) continue;
    if (account.endsWith(":minutes")) minutes += quantity;
    rows += count;
  }
  return { minutes, rows };
}

function sum(lines: readonly Line[], amount: (line: Line) => number): number {
  return lines.reduce((total, line) => total + amount(line), 0);
}
