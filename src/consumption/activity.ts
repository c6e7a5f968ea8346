/**
 * The Customer Activity page: what was bought and what was delivered, by section (CA-02). Pure.
 * Invariant: every figure is the sum of the lines it is shown with.
 */
import type { Service } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import { isWithin, type Terms, type TermsPackage } from "../agreements/terms.ts";
import { isAdditional } from "./entry.ts";
import { countsOf, type Figures, type Line, latest, linesOf } from "./figures.ts";

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
  /** The ledgers of the chosen agreements, and those of what belongs to none. */
  readonly agreements: readonly Figures[];
  readonly unassigned: readonly Figures[];
  readonly workspaces: ReadonlySet<string> | undefined;
  readonly packages: ReadonlySet<string> | undefined;
  readonly packageStatus: "active" | "inactive" | undefined;
  /** When agreements and packages are active or not. */
  readonly at: string;
  readonly asOf: string | undefined;
};

export function activityPage(selection: Selection) {
  const { customer, agreements, unassigned, workspaces, at } = selection;
  const known = agreements.flatMap((figures) => {
    const { terms } = figures.head;
    return terms === undefined ? [] : [{ figures, terms, lines: linesOf(figures, workspaces) }];
  });
  const all = [...agreements, ...unassigned];
  return {
    customerId: customer.customerId,
    customerName: customer.name,
    timeZone: customer.timeZone,
    asOf: selection.asOf ?? null,
    dataAsOf: latest(all.map(({ lastAt }) => lastAt)) ?? null,
    workspaces: customer.workspaces.filter(({ workspaceId }) => workspaces?.has(workspaceId) ?? true),
    agreements: known.map(({ terms }) => agreementView(terms, at)),
    enterpriseWide: {
      categories: categoriesOf(known.flatMap(({ lines }) => lines)),
      packages: known.flatMap(({ terms, lines }) => packagesOf("enterpriseWide", terms, lines, selection)),
    },
    addOn: {
      agreements: known.map(({ terms, lines }) => ({
        agreementId: terms.agreementId,
        packages: packagesOf("addOn", terms, lines, selection),
      })),
    },
    additionalCases: additionalTotals(all, workspaces),
  };
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

function packagesOf(
  section: TermsPackage["section"],
  terms: Terms,
  lines: readonly Line[],
  { packages, packageStatus, at }: Selection,
) {
  return terms.packages
    .filter((item) => item.section === section)
    .filter((item) => packages?.has(item.packageId) ?? true)
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
    rows,
  };
}

function additionalTotals(all: readonly Figures[], workspaces: ReadonlySet<string> | undefined) {
  let minutes = 0;
  let rows = 0;
  for (const figures of all) {
    for (const account of figures.counts.keys()) {
      if (!isAdditional(account)) continue;
      const [quantity, count] = countsOf(figures, account, workspaces);
      if (account.endsWith(":minutes")) minutes += quantity;
      rows += count;
    }
  }
  return { minutes, rows };
}

function sum(lines: readonly Line[], amount: (line: Line) => number): number {
  return lines.reduce((total, line) => total + amount(line), 0);
}
