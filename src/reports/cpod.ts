/**
 * The content of a Customer Proof of Delivery (EX-01), as a stream of rows.
 * Invariants: memory does not grow with lines (EX-09); the lines add up to the figures of the page, or the stream ends
 * with an error before its last row (EX-06); what changed since the version before is found line by line.
 */
import type { Customer } from "../agreements/customer.ts";
import type { Terms } from "../agreements/terms.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import { ledgerIdOf } from "../consumption/entry.ts";
import type { PackageFigures } from "./content.ts";
import { changesSince, type PreviousLines } from "./cpod-changes.ts";
import { type ContactDirectory, type NamedContact, readContacts, readSeats } from "./cpod-contacts.ts";
import { type CpodLedgers, readCpodLedgers } from "./cpod-ledgers.ts";
import { type PrintedPart, printedParts } from "./cpod-print.ts";
import {
  benefitRows,
  contactRows,
  type DeliveredOf,
  entitlementRows,
  packageFigures,
  reportRows,
  totalRows,
} from "./cpod-sections.ts";
import { expectedRows, type LineDigest, newLineDigest, newTally, type Tally } from "./cpod-tally.ts";
import { lastInstantOf } from "./period.ts";
import type { Report, ReportChanges } from "./report.ts";
import type { LineSection, Row } from "./report-row.ts";
import type { RestrictedNumbers } from "./restricted-lines.ts";

export type CpodSource = {
  readonly activity: ActivityStore;
  readonly directory: ContactDirectory;
  readonly customer: Customer;
  readonly report: Report;
  readonly generatedAt: string;
  /** Of requests that it says nothing of (SR-06). */
  readonly restricted: RestrictedNumbers;
  /** The lines of the version before, read anew each time; undefined when this is the first that is issued. */
  readonly previous: (() => PreviousLines) | undefined;
};

/** Sections whose size does not grow with deliveries. */
export type FixedRows = Readonly<Record<"report" | "entitlement" | "benefit" | "contact", readonly Row[]>>;

export type Cpod = {
  readonly terms: Terms;
  readonly packages: readonly PackageFigures[];
  readonly dataAsOf: string | null;
  /** In the order of the file; can be read once. Its end means that everything was in it and added up. */
  readonly rows: AsyncIterable<readonly Row[]>;
  /**
   * The same for paper, the lines of each entitlement by themselves; to be read in order, after the rows have ended. They
   * are the same lines, or reading them ends with an error.
   */
  readonly printed: () => readonly PrintedPart[];
  /** Known when the rows have ended. */
  readonly changes: () => ReportChanges;
};

/** @throws NotReadyError; the rows throw FiguresDifferError. */
export async function openCpod(source: CpodSource): Promise<Cpod> {
  const { activity, directory, customer, restricted } = source;
  const { agreementId, period } = source.report;
  const seats = await readSeats(directory, customer, lastInstantOf(period));
  const query = { agreementId, period, contacts: seats, restricted };
  const ledgers = await readCpodLedgers(activity, customer, query);
  const contacts = await readContacts(directory, customer, ledgers.figures);
  const changes = { added: 0, removed: 0, changed: 0 };
  const fixed = fixedRows(source, ledgers, contacts);
  const written = newLineDigest();
  const { terms, figures, dataAsOf } = ledgers;
  return {
    terms,
    packages: packageFigures(figures, terms, deliveredOn(ledgers)),
    dataAsOf,
    rows: rowsOf(source, { ledgers, fixed, written, changes }),
    printed: () => printedParts(ledgers, { ...source, fixed, written }),
    changes: () => ({ ...changes }),
  };
}

function deliveredOn({ terms, delivered }: CpodLedgers): DeliveredOf {
  const own = delivered.get(ledgerIdOf(terms.customerId, terms.agreementId));
  return (account) => own?.get(account) ?? [0, 0];
}

function fixedRows(
  { customer, report, generatedAt }: CpodSource,
  ledgers: CpodLedgers,
  contacts: readonly NamedContact[],
): FixedRows {
  const { terms, figures, dataAsOf } = ledgers;
  return {
    report: reportRows(customer, terms, report, { generatedAt, dataAsOf }),
    entitlement: entitlementRows(figures, terms, deliveredOn(ledgers)),
    benefit: benefitRows(figures),
    contact: contactRows(terms, contacts),
  };
}

type Written = {
  readonly ledgers: CpodLedgers;
  readonly fixed: FixedRows;
  readonly written: LineDigest;
  readonly changes: ReportChanges;
};

async function* rowsOf(
  { previous, restricted }: CpodSource,
  { ledgers, fixed, written, changes }: Written,
): AsyncGenerator<readonly Row[]> {
  const tally = newTally();
  yield fixed.report;
  yield fixed.entitlement;
  yield* sectionRows(ledgers, "delivery", tally, written);
  yield* sectionRows(ledgers, "additionalCase", tally, written);
  tally.check(ledgers.delivered);
  yield fixed.benefit;
  yield fixed.contact;
  yield totalRows(tally.totals(), [...fixed.entitlement, ...fixed.benefit, ...fixed.contact]);
  if (previous !== undefined) yield* changesSince(previous(), ledgers, { written, restricted }, changes);
}

async function* sectionRows(
  { lines, delivered }: CpodLedgers,
  section: LineSection,
  tally: Tally,
  written: LineDigest,
): AsyncGenerator<readonly Row[]> {
  // The figures were read first: a line that came since is for the next version.
  if (expectedRows(delivered, section) === 0) return;
  for await (const page of lines()) {
    const ofSection = page.filter(({ row }) => row.section === section);
    for (const line of ofSection) {
      tally.count(line);
      written.add(line);
    }
    yield ofSection.map(({ row }) => row);
  }
}
