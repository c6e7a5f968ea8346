/**
 * What a CPOD reads: the ledger of its agreement and, for the base agreement, the customer's ledgers of cases that name no
 * agreement, or one that nobody knows. Promise: entries come in pages and are never held; figures are those of the page (EX-06).
 */
import type { Customer } from "../agreements/customer.ts";
import type { AgreementId } from "../agreements/ids.ts";
import { type EntitlementInPackage, entitlementsOf, type Terms } from "../agreements/terms.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import { everything } from "../consumption/chosen.ts";
import { type Account, type Entry, type LedgerId, ledgerIdOf } from "../consumption/entry.ts";
import { type Figures, latest } from "../consumption/figures.ts";
import type { SeatedContacts } from "../consumption/grid-contacts.ts";
import type { Counts } from "../consumption/rollup.ts";
import { compareEntries, type Line, lineOf } from "./cpod-line.ts";
import type { Period } from "./period.ts";
import {
  deliveredOn,
  entriesOn,
  type LedgerAccount,
  NotReadyError,
  type PeriodLedger,
  pageSizeOf,
  readPeriodLedger,
} from "./period-ledger.ts";
import type { Revisions } from "./report-context.ts";
import { type RestrictedNumbers, withoutRestricted } from "./restricted-lines.ts";
import { mergeSorted } from "./sorted-streams.ts";

export { FiguresDifferError, type LedgerAccount, NotReadyError } from "./period-ledger.ts";

type LedgerLine = Line & { readonly ledgerId: LedgerId };

export type CpodLedgers = {
  readonly terms: Terms;
  /** The agreement's figures at the end of the period. */
  readonly figures: Figures;
  /** By ledger, then account: what its lines in the period must come to. */
  readonly delivered: ReadonlyMap<LedgerId, ReadonlyMap<Account, Counts>>;
  readonly dataAsOf: string | null;
  readonly revisions: Revisions;
  /** Every line of the period in order, each time it is called read anew. */
  readonly lines: () => AsyncIterable<readonly LedgerLine[]>;
  /** The same for some accounts alone: what they are asked for costs is their lines and not all of them. */
  readonly linesOn: (accounts: readonly LedgerAccount[]) => AsyncIterable<readonly LedgerLine[]>;
};

export type LedgersQuery = {
  readonly agreementId: AgreementId;
  readonly period: Period;
  readonly contacts: SeatedContacts;
  readonly restricted: RestrictedNumbers;
};

/** @throws NotReadyError */
export async function readCpodLedgers(
  activity: ActivityStore,
  customer: Pick<Customer, "customerId" | "agreements" | "ledgers">,
  { agreementId, period, contacts, restricted }: LedgersQuery,
): Promise<CpodLedgers> {
  const own = await readLedger(activity, ledgerIdOf(customer.customerId, agreementId), period, contacts);
  const terms = own?.end.head.terms;
  if (own === undefined || terms === undefined)
    throw new NotReadyError("the agreement's ledger has no terms yet");
  const unassigned = terms.kind === "base" ? await readUnassigned(activity, customer, period) : [];
  const ledgers = [own, ...unassigned];
  const toLine = lineMaker(ledgers, terms, restricted);
  return {
    terms,
    figures: own.end,
    delivered: new Map(ledgers.map((ledger) => [ledger.ledgerId, deliveredOf(ledger)])),
    dataAsOf: latest(ledgers.map(({ end }) => end.lastAt)) ?? null,
    revisions: new Map(ledgers.map(({ ledgerId, end }) => [ledgerId, end.head.revision])),
    lines: () => linesOfPeriod(activity, ledgers, period, toLine),
    linesOn: (accounts) => linesOnAccounts(activity, accounts, period, toLine),
  };
}

/** One after another: there may be hundreds. One that has terms by now is of an agreement with a report of its own. */
async function readUnassigned(
  activity: ActivityStore,
  { customerId, agreements, ledgers }: Pick<Customer, "customerId" | "agreements" | "ledgers">,
  period: Period,
): Promise<PeriodLedger[]> {
  const unknown = ledgers.filter((agreementId) => agreements[agreementId] === undefined);
  const unassigned: PeriodLedger[] = [];
  for (const agreementId of [undefined, ...unknown]) {
    const ledger = await readLedger(activity, ledgerIdOf(customerId, agreementId), period);
    if (ledger !== undefined && ledger.end.head.terms === undefined) unassigned.push(ledger);
  }
  return unassigned;
}

function readLedger(
  activity: ActivityStore,
  ledgerId: LedgerId,
  period: Period,
  contacts?: SeatedContacts,
): Promise<PeriodLedger | undefined> {
  return readPeriodLedger(activity, ledgerId, { chosen: everything, period, contacts });
}

function deliveredOf(ledger: PeriodLedger): Map<Account, Counts> {
  const accounts = new Set([...ledger.eve.counts.keys(), ...ledger.end.counts.keys()]);
  return new Map([...accounts].map((account) => [account, deliveredOn(ledger, account)]));
}

type ToLine = (entry: Entry) => LedgerLine;

function lineMaker(ledgers: readonly PeriodLedger[], terms: Terms, restricted: RestrictedNumbers): ToLine {
  const entitlements = new Map<string, EntitlementInPackage>(
    entitlementsOf(terms).map((line) => [line.entitlement.entitlementId, line]),
  );
  const agreementIds = new Map(ledgers.map(({ ledgerId, agreementId }) => [ledgerId, agreementId]));
  return (entry) => ({
    ...lineOf(withoutRestricted(entry, restricted), agreementIds.get(entry.ledgerId), entitlements),
    ledgerId: entry.ledgerId,
  });
}

async function* linesOfPeriod(
  activity: ActivityStore,
  ledgers: readonly PeriodLedger[],
  period: Period,
  toLine: ToLine,
): AsyncGenerator<LedgerLine[]> {
  // The figures were read first: a line of a ledger that had none is for the next version.
  const filled = ledgers.filter((ledger) => [...deliveredOf(ledger).values()].some(([, rows]) => rows > 0));
  const pageSize = pageSizeOf(filled.length);
  const streams = filled.map(({ ledgerId }) => entriesOf(activity, ledgerId, period, pageSize));
  for await (const entries of mergeSorted(streams, compareEntries)) yield entries.map(toLine);
}

async function* linesOnAccounts(
  activity: ActivityStore,
  accounts: readonly LedgerAccount[],
  period: Period,
  toLine: ToLine,
): AsyncGenerator<LedgerLine[]> {
  const pageSize = pageSizeOf(accounts.length);
  const streams = accounts.map((each) => entriesOn(activity, each, { period, chosen: everything }, pageSize));
  for await (const entries of mergeSorted(streams, compareEntries)) yield entries.map(toLine);
}

async function* entriesOf(
  activity: ActivityStore,
  ledgerId: LedgerId,
  { from, to }: Period,
  pageSize: number,
): AsyncGenerator<Entry[]> {
  for await (const page of activity.entriesBetween(ledgerId, from, to, pageSize)) {
    yield page.map(({ value }) => value);
  }
}
