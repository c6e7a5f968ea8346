/**
 * The Customer Activity page: what was bought and what was delivered, by section (CA-02). Pure.
 * Invariant: every figure is the sum of the lines it is shown with, and says where the rows behind it are.
 */
import type { Customer } from "../agreements/customer.ts";
import type { Terms, TermsPackage } from "../agreements/terms.ts";
import { lastDayOf, type Status, statusAt, windowOf } from "../agreements/window.ts";
import { NotFoundError } from "../platform/errors.ts";
import { categoriesOf } from "./categories.ts";
import { type Chosen, isAgreementLinked } from "./chosen.ts";
import { isAdditional } from "./entry.ts";
import { type Figures, type Line, latest, linesOf, packagesOf } from "./figures.ts";
import type { GrantBalance } from "./grants.ts";

export type Selection = {
  readonly customer: Customer;
  readonly chosen: Chosen;
  /** The ledgers of the named agreements, or of all active ones. */
  readonly agreements: readonly Figures[];
  /** Without names the other ledgers: of them the additional cases are shown and nothing else. */
  readonly elsewhere: readonly Figures[];
  /** Whether exactly these agreements were asked for: they are shown whatever of them is chosen. */
  readonly isNamed: boolean;
  /** The add-on section is of one agreement at a time (CA-06); undefined: of each. */
  readonly addOnAgreement: string | undefined;
  /** The only packages of the add-on section, and their status (CA-06). */
  readonly packages: ReadonlySet<string> | undefined;
  readonly packageStatus: "active" | "inactive" | undefined;
  /** When agreements and packages are active or not. */
  readonly at: string;
  readonly asOf: string | undefined;
  readonly links: PageLinks;
};

/** Absolute, to the same workspaces, agreements and instant. */
export type PageLinks = {
  readonly rowsOf: (entitlementId: string) => string;
  readonly additionalCases: string;
};

/** @throws NotFoundError when the page has no such agreement as the add-on section is asked for. */
export function activityPage(selection: Selection) {
  const { customer, chosen, agreements, elsewhere, addOnAgreement, at, links } = selection;
  const known = agreements.flatMap((figures) => shownAgreement(figures, selection) ?? []);
  const isAsked = ({ terms }: ShownAgreement): boolean =>
    addOnAgreement === undefined || terms.agreementId === addOnAgreement;
  if (!known.some(isAsked) && addOnAgreement !== undefined)
    throw new NotFoundError(`no agreement ${addOnAgreement} on the page`);
  const all = [...agreements, ...elsewhere];
  const enterpriseWide = known.flatMap((each) => packagesIn("enterpriseWide", each, at));
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
      categories: categoriesOf(enterpriseWide.flatMap(({ lines }) => lines)),
      packages: enterpriseWide.map((each) => packageView(each, links)),
    },
    addOn: {
      agreements: known.filter(isAsked).map((each) => ({
        agreementId: each.terms.agreementId,
        packages: packagesIn("addOn", each, at)
          .filter((item) => isChosen(item, selection))
          .map((item) => packageView(item, links)),
      })),
    },
    additionalCases: { ...additionalTotals(all), rowsLink: links.additionalCases },
  };
}

export type ShownAgreement = {
  readonly terms: Terms;
  readonly packages: readonly TermsPackage[];
  readonly lines: readonly Line[];
};

/** One of which nothing applies to a chosen workspace may still have cases there: those are additional ones (CA-14). */
export function shownAgreement(
  figures: Figures,
  { chosen, isNamed }: Pick<Selection, "chosen" | "isNamed">,
): ShownAgreement | undefined {
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

type ShownPackage = {
  readonly terms: Terms;
  readonly item: TermsPackage;
  /** Of the package within its agreement: it is no longer active once that is over. */
  readonly status: Status;
  readonly lines: readonly Line[];
};

function packagesIn(
  section: TermsPackage["section"],
  { terms, packages, lines }: ShownAgreement,
  at: string,
): ShownPackage[] {
  return packages
    .filter((item) => item.section === section)
    .map((item) => ({
      terms,
      item,
      status: statusAt(windowOf(terms, item), at),
      lines: lines.filter((line) => line.package.packageId === item.packageId),
    }));
}

/** CA-06: what is chosen among the add-on packages. */
function isChosen(
  { item, status }: ShownPackage,
  { packages, packageStatus }: Pick<Selection, "packages" | "packageStatus">,
): boolean {
  if (packages !== undefined && !packages.has(item.packageId)) return false;
  return packageStatus === undefined || (status === "active") === (packageStatus === "active");
}

function packageView({ terms, item, status, lines }: ShownPackage, links: PageLinks) {
  return {
    packageId: item.packageId,
    agreementId: terms.agreementId,
    name: item.name,
    startDate: item.startDate,
    endDate: item.endDate,
    endedAt: item.endedAt ?? null,
    /** CA-09. */
    expiresOn: lastDayOf(windowOf(terms, item), terms.timeZone),
    status,
    entitlements: lines.map((line) => ({ ...lineView(line), rowsLink: rowsLinkOf(line, links) })),
  };
}

function rowsLinkOf({ entitlement }: Line, links: PageLinks): string | null {
  return entitlement.class === "benefit" ? null : links.rowsOf(entitlement.entitlementId);
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
