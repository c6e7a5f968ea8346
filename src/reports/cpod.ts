/**
 * The content of a Customer Proof of Delivery (EX-01), as a stream of rows.
 * Invariants: memory does not grow with lines (EX-09); the lines add up to the figures of the page, or the stream ends
 * with an error before its last row (EX-06); what changed since the version before is found line by line.
 */
import type { Customer } from "../agreements/customer.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import { ledgerIdOf } from "../consumption/entry.ts";
import { type ContactDirectory, type NamedContact, readContacts, readSeats } from "./cpod-contacts.ts";
import { type CpodLedgers, FiguresDifferError, readCpodLedgers } from "./cpod-ledgers.ts";
import { compareLines, differencesOf, type LineTexts, textsOf } from "./cpod-line.ts";
import type { LineSection, Row } from "./cpod-row.ts";
import { benefitRows, contactRows, entitlementRows, reportRows, totalRows } from "./cpod-sections.ts";
import { expectedRows, type LineDigest, newLineDigest, newTally, type Tally } from "./cpod-tally.ts";
import { lastInstantOf } from "./period.ts";
import type { Report, ReportChanges } from "./report.ts";
import { type RestrictedNumbers, textsWithoutRestricted } from "./restricted-lines.ts";
import { type Pair, pairSorted } from "./sorted-streams.ts";

export type CpodSource = {
  readonly activity: ActivityStore;
  readonly directory: ContactDirectory;
  readonly customer: Customer;
  readonly report: Report;
  readonly generatedAt: string;
  /** Of requests that it says nothing of (SR-06). */
  readonly restricted: RestrictedNumbers;
  /** The lines of the version before, undefined when this is the first that is issued. */
  readonly previous: AsyncIterable<readonly LineTexts[]> | undefined;
};

export type Cpod = {
  readonly dataAsOf: string | null;
  /** In the order of the file; can be read once. Its end means that everything was in it and added up. */
  readonly rows: AsyncIterable<readonly Row[]>;
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
  return {
    dataAsOf: ledgers.dataAsOf,
    rows: rowsOf(source, ledgers, contacts, changes),
    changes: () => ({ ...changes }),
  };
}

async function* rowsOf(
  { customer, report, generatedAt, previous, restricted }: CpodSource,
  ledgers: CpodLedgers,
  people: readonly NamedContact[],
  changes: ReportChanges,
): AsyncGenerator<readonly Row[]> {
  const { terms, figures, delivered, dataAsOf } = ledgers;
  const own = delivered.get(ledgerIdOf(terms.customerId, terms.agreementId));
  const entitlements = entitlementRows(figures, terms, (account) => own?.get(account) ?? [0, 0]);
  const benefits = benefitRows(figures);
  const contacts = contactRows(terms, people);
  const tally = newTally();
  const digest = previous === undefined ? undefined : newLineDigest();

  yield reportRows(customer, terms, report, { generatedAt, dataAsOf });
  yield entitlements;
  yield* sectionRows(ledgers, "delivery", tally, digest);
  yield* sectionRows(ledgers, "additionalCase", tally, digest);
  tally.check(delivered);
  yield benefits;
  yield contacts;
  yield totalRows(tally.totals(), [...entitlements, ...benefits, ...contacts]);
  if (previous === undefined || digest === undefined) return;
  const again = newLineDigest();
  yield* changeRows(withoutRequests(previous, restricted), textsOfLines(ledgers, again), changes);
  if (again.text() !== digest.text())
    throw new FiguresDifferError("the lines changed while they were written");
}

async function* sectionRows(
  { lines, delivered }: CpodLedgers,
  section: LineSection,
  tally: Tally,
  digest: LineDigest | undefined,
): AsyncGenerator<readonly Row[]> {
  // The figures were read first: a line that came since is for the next version.
  if (expectedRows(delivered, section) === 0) return;
  for await (const page of lines()) {
    const ofSection = page.filter(({ row }) => row.section === section);
    for (const line of ofSection) {
      tally.count(line);
      digest?.add(textsOf(line.row));
    }
    yield ofSection.map(({ row }) => row);
  }
}

async function* textsOfLines(ledgers: CpodLedgers, digest: LineDigest): AsyncGenerator<LineTexts[]> {
  for await (const page of ledgers.lines()) {
    const texts = page.map(({ row }) => textsOf(row));
    for (const line of texts) digest.add(line);
    yield texts;
  }
}

async function* withoutRequests(
  lines: AsyncIterable<readonly LineTexts[]>,
  restricted: RestrictedNumbers,
): AsyncGenerator<readonly LineTexts[]> {
  for await (const page of lines) yield page.map((line) => textsWithoutRestricted(line, restricted));
}

/** Counts the lines that were added, removed or changed, and gives each as a row. */
async function* changeRows(
  previous: AsyncIterable<readonly LineTexts[]>,
  current: AsyncIterable<readonly LineTexts[]>,
  changes: ReportChanges,
): AsyncGenerator<readonly Row[]> {
  for await (const pairs of pairSorted(previous, current, compareLines)) {
    const rows = pairs.flatMap((pair) => changeRow(pair) ?? []);
    for (const { change } of rows) changes[change] += 1;
    yield rows;
  }
}

type ChangeRow = Row & { readonly change: keyof ReportChanges };

function changeRow({ left, right }: Pair<LineTexts>): ChangeRow | undefined {
  if (left === undefined) return right === undefined ? undefined : { ...lineCells(right), change: "added" };
  if (right === undefined) return { ...lineCells(left), change: "removed" };
  const differences = differencesOf(left, right);
  if (Object.keys(differences).length === 0) return undefined;
  return { ...lineCells(right), change: "changed", before: JSON.stringify(differences) };
}

function lineCells({ section, quantity, ...line }: LineTexts) {
  return { ...line, section: "change", lineSection: section, quantity: Number(quantity) } as const;
}
