/** The sections of a CPOD whose size does not grow with deliveries. Pure. */
import type { Customer } from "../agreements/customer.ts";
import type { Terms } from "../agreements/terms.ts";
import { lastDayOf, windowOf } from "../agreements/window.ts";
import { type Account, entitlementAccount } from "../consumption/entry.ts";
import { type Figures, type Line, linesOf } from "../consumption/figures.ts";
import type { EntitlementFigures, PackageFigures } from "./content.ts";
import type { NamedContact } from "./cpod-contacts.ts";
import type { UnitTotal } from "./cpod-tally.ts";
import type { Cell } from "./csv.ts";
import type { Period } from "./period.ts";
import type { Row } from "./report-row.ts";

/** What a customer sees of an allowance without a number (CA-07). */
const UNMETERED = "Included";

export function reportRows(
  customer: Customer,
  terms: Terms,
  made: {
    readonly period: Period;
    readonly version: number;
    readonly generatedAt: string;
    readonly dataAsOf: string | null;
  },
): Row[] {
  const facts: [string, Cell][] = [
    ["report", "cpod"],
    ["customerId", customer.customerId],
    ["customerName", customer.name],
    ["agreementId", terms.agreementId],
    ["agreementNumber", terms.number],
    ["plan", terms.plan],
    ["agreementStart", terms.startDate],
    ["agreementEnd", terms.endDate],
    ["timeZone", customer.timeZone],
    ["periodFrom", made.period.from],
    ["periodTo", made.period.to],
    ...customer.workspaces.map(({ name }): [string, Cell] => ["workspace", name]),
    ["version", made.version],
    ["generatedAt", made.generatedAt],
    ["dataAsOf", made.dataAsOf ?? undefined],
  ];
  return facts.map(([name, value]) => ({ section: "report", name, value }));
}

/** What was delivered in the period on an account of the agreement. */
export type DeliveredOf = (account: Account) => readonly [quantity: number, rows: number];

export function entitlementRows(figures: Figures, terms: Terms, deliveredOf: DeliveredOf): Row[] {
  const lines = linesOf(figures).filter(({ entitlement }) => entitlement.class === "consumable");
  const empty = terms.packages.filter((item) => item.entitlements.length === 0);
  return [
    ...lines.map((line) => entitlementRow(line, deliveredOf)),
    ...empty.map(
      (item): Row => ({
        section: "entitlement",
        agreementId: terms.agreementId,
        ...packageCells(item),
        expiresOn: packageEndOf(terms, item),
      }),
    ),
  ];
}

function entitlementRow(line: Line, deliveredOf: DeliveredOf): Row {
  const { entitlement, purchased, consumed, remaining, overage } = line;
  const takesDeliveries = entitlement.service !== "supportContacts";
  const [delivered, rows] = deliveredOf(entitlementAccount(entitlement.entitlementId));
  return {
    section: "entitlement",
    agreementId: line.agreementId,
    ...packageCells(line.package),
    ...entitlementCells(line),
    unit: entitlement.unit,
    purchased: purchased === null ? UNMETERED : purchased,
    delivered: takesDeliveries ? delivered : undefined,
    rows: takesDeliveries ? rows : undefined,
    consumed,
    remaining,
    overage,
  };
}

/** The packages with their entitlements, as the summary and the tables of a printed report have them. */
export function packageFigures(figures: Figures, terms: Terms, deliveredOf: DeliveredOf): PackageFigures[] {
  const lines = linesOf(figures);
  return terms.packages.map((item) => {
    const own = lines.filter((line) => line.package.packageId === item.packageId);
    const consumable = own.filter(({ entitlement }) => entitlement.class === "consumable");
    const benefits = own.filter(({ entitlement }) => entitlement.class === "benefit");
    return {
      packageId: item.packageId,
      name: item.name,
      section: item.section,
      startDate: item.startDate,
      endDate: packageEndOf(terms, item),
      entitlements: consumable.map((line) => entitlementFigures(line, deliveredOf)),
      benefits: benefits.map(({ entitlement }) => entitlement.name),
    };
  });
}

function entitlementFigures(line: Line, deliveredOf: DeliveredOf): EntitlementFigures {
  const { entitlementId, name, service, unit } = line.entitlement;
  if (unit === undefined) throw new Error(`the consumable entitlement ${entitlementId} has no unit`);
  const [delivered, rows] = deliveredOf(entitlementAccount(entitlementId));
  return {
    entitlementId,
    name,
    service,
    unit,
    purchased: line.purchased ?? null,
    delivered: service === "supportContacts" ? null : delivered,
    consumed: line.consumed ?? 0,
    remaining: line.remaining ?? null,
    overage: line.overage ?? 0,
    lines: rows,
  };
}

export function benefitRows(figures: Figures): Row[] {
  return linesOf(figures)
    .filter(({ entitlement }) => entitlement.class === "benefit")
    .map((line) => ({
      section: "benefit",
      agreementId: line.agreementId,
      ...packageCells(line.package),
      ...entitlementCells(line),
    }));
}

export function contactRows({ agreementId }: Terms, contacts: readonly NamedContact[]): Row[] {
  return contacts.map((contact) => ({ section: "contact", agreementId, ...contact }));
}

export function totalRows(lineTotals: readonly UnitTotal[], others: readonly Row[]): Row[] {
  const counted = (["entitlement", "benefit", "contact"] as const).map((section): Row => {
    const rows = others.filter((row) => row.section === section).length;
    return { section: "total", name: section, rows };
  });
  const lines = lineTotals.map(
    ({ section, unit, quantity, rows }): Row => ({ section: "total", name: section, unit, quantity, rows }),
  );
  return [...lines, ...counted];
}

/** The day that it really ends with, whatever ends it first. */
const packageEndOf = (terms: Terms, item: Terms["packages"][number]): string =>
  lastDayOf(windowOf(terms, item), terms.timeZone);

function packageCells(item: Terms["packages"][number]) {
  return {
    packageId: item.packageId,
    packageName: item.name,
    packageSection: item.section,
    packageStart: item.startDate,
    packageEnd: item.endDate,
  };
}

function entitlementCells({ entitlement, expiresOn }: Line) {
  return {
    entitlementId: entitlement.entitlementId,
    entitlementName: entitlement.name,
    service: entitlement.service,
    expiresOn,
  };
}
