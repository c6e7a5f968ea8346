/**
 * The content of a Customer Proof of Delivery (EX-01), as a stream of rows.
 * Invariants: memory does not grow with lines (EX-09); the lines add up to the figures of the page, or the stream ends
 * with an error before its last row (EX-06); what changed since the version before is found line by line.
 */
import type { Customer } from "../agreements/customer.ts";
import type { AgreementId } from "../agreements/ids.ts";
import { compareText } from "../agreements/terms.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import { digest, ledgerIdOf } from "../consumption/entry.ts";
import { changesSince, type PreviousLines } from "./cpod-changes.ts";
import { type ContactDirectory, type NamedContact, readContacts, readSeats } from "./cpod-contacts.ts";
import { type CpodLedgers, readCpodLedgers } from "./cpod-ledgers.ts";
import { compareLines } from "./cpod-line.ts";
import { printedParts } from "./cpod-print.ts";
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
import type { OpenedReport } from "./opened-report.ts";
import { lastInstantOf, type Period } from "./period.ts";
import type { PreviousSections } from "./previous-version.ts";
import type { ReportChanges } from "./report.ts";
import { contextText } from "./report-context.ts";
import type { LineSection, Row } from "./report-row.ts";
import type { RestrictedNumbers } from "./restricted-lines.ts";
import { mergeSorted } from "./sorted-streams.ts";

export type CpodSource = {
  readonly activity: ActivityStore;
  readonly directory: ContactDirectory;
  readonly customer: Customer;
  readonly agreementId: AgreementId;
  readonly period: Period;
  readonly version: number;
  readonly generatedAt: string;
  /** Of requests that it says nothing of (SR-06). */
  readonly restricted: RestrictedNumbers;
  /** The lines of the version before, read anew each time; undefined when this is the first that is issued. */
  readonly previous: PreviousSections | undefined;
};

/** Sections whose size does not grow with deliveries. */
export type FixedRows = Readonly<Record<"report" | "entitlement" | "benefit" | "contact", readonly Row[]>>;

/** @throws NotReadyError; the rows throw FiguresDifferError. */
export async function openCpod(source: CpodSource): Promise<OpenedReport> {
  const { customer, previous } = source;
  const ledgers = await readLedgers(source);
  const contacts = await readContacts(source.directory, customer, ledgers.figures);
  const fixed = fixedRows(source, ledgers, contacts);
  const changes = { added: 0, removed: 0, changed: 0 };
  const written = newLineDigest();
  const compared = {
    ...source,
    previous:
      previous && (() => mergeSorted([previous("delivery"), previous("additionalCase")], compareLines)),
  };
  const { terms, figures, dataAsOf } = ledgers;
  const { agreementId, number, plan, startDate, endDate } = terms;
  return {
    agreement: { agreementId, number, plan, startDate, endDate },
    workspaces: customer.workspaces.map(({ name }) => name),
    packages: packageFigures(figures, terms, deliveredOn(ledgers)),
    dataAsOf,
    figures: figuresText(ledgers, fixed, source.period),
    context: contextText({
      facts: fixed.report,
      workspaces: customer.workspaces.map(({ workspaceId, name }) => [workspaceId, name] as const),
      revisions: ledgers.revisions,
      restricted: source.restricted,
    }),
    lines: expectedRows(ledgers.delivered, "delivery") + expectedRows(ledgers.delivered, "additionalCase"),
    rows: rowsOf(compared, { ledgers, fixed, written, changes }),
    written: written.text,
    printed: () => printedParts(ledgers, { ...compared, fixed, written }),
    changes: () => ({ ...changes }),
  };
}

async function readLedgers({ activity, directory, customer, ...source }: CpodSource): Promise<CpodLedgers> {
  const { agreementId, period, restricted } = source;
  const contacts = await readSeats(directory, customer, lastInstantOf(period));
  return readCpodLedgers(activity, customer, { agreementId, period, contacts, restricted });
}

/**
 * What there was to report of the period: its lines as far as they count, what entitlements come to at its end, benefits and
 * contacts. What begins after the period is not of it, nor is the day after it on which something ends.
 */
function figuresText({ delivered, dataAsOf }: CpodLedgers, fixed: FixedRows, { to }: Period): string {
  const counts = [...delivered].flatMap(([ledgerId, accounts]) =>
    [...accounts]
      .filter(([, [, rows]]) => rows > 0)
      .map(([account, counted]) => JSON.stringify([ledgerId, account, counted])),
  );
  const isWithin = (day: unknown): boolean => String(day) < to.slice(0, "2026-01-01".length);
  const begun = [...fixed.entitlement, ...fixed.benefit]
    .filter(({ packageStart }) => isWithin(packageStart))
    .map(({ packageStart: _start, packageEnd, expiresOn, ...row }) => ({
      ...row,
      ends: [packageEnd, expiresOn].map((day) => (isWithin(day) ? day : null)),
    }));
  return digest(JSON.stringify([begun, fixed.contact, counts.toSorted(compareText), dataAsOf]));
}

function deliveredOn({ terms, delivered }: CpodLedgers): DeliveredOf {
  const own = delivered.get(ledgerIdOf(terms.customerId, terms.agreementId));
  return (account) => own?.get(account) ?? [0, 0];
}

function fixedRows(
  { customer, period, version, generatedAt }: CpodSource,
  ledgers: CpodLedgers,
  contacts: readonly NamedContact[],
): FixedRows {
  const { terms, figures, dataAsOf } = ledgers;
  return {
    report: reportRows(customer, terms, { period, version, generatedAt, dataAsOf }),
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
  {
    previous,
    restricted,
  }: Pick<CpodSource, "restricted"> & { readonly previous: (() => PreviousLines) | undefined },
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
