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
import { countsOf, type Figures, type FiguresQuery, latest, readFigures } from "../consumption/figures.ts";
import type { SeatedContacts } from "../consumption/grid-contacts.ts";
import { type Counts, isCounted } from "../consumption/rollup.ts";
import type { Position } from "../consumption/row-store.ts";
import { compareEntries, type Line, lineOf } from "./cpod-line.ts";
import { eveOf, lastInstantOf, type Period } from "./period.ts";
import { type RestrictedNumbers, withoutRestricted } from "./restricted-lines.ts";
import { mergeSorted } from "./sorted-streams.ts";

/** An entry has at most 64 KB, so a page at most 32 MB and nearly always half of one. */
const PAGE_ENTRIES = 500;
/** The same where many ledgers are read side by side, each with a page in memory: together they stay near this. */
const ENTRIES_IN_MEMORY = 1_000;
const PAGE_ENTRIES_MIN = 10;

/** The ledgers are not in a state to report on, and will be: to be tried again. */
export class NotReadyError extends Error {
  readonly code = "NotReady";
}

/** The lines do not add up to the figures, most likely because deliveries arrived meanwhile: to be read again. */
export class FiguresDifferError extends Error {
  readonly code = "FiguresDiffer";
}

type PeriodLedger = {
  readonly ledgerId: LedgerId;
  readonly agreementId: string | undefined;
  /** Up to the last instant before the period, and up to the last one in it. */
  readonly eve: Figures;
  readonly end: Figures;
};

type LedgerLine = Line & { readonly ledgerId: LedgerId };
export type LedgerAccount = { readonly ledgerId: LedgerId; readonly account: Account };

export type CpodLedgers = {
  readonly terms: Terms;
  /** The agreement's figures at the end of the period. */
  readonly figures: Figures;
  /** By ledger, then account: what its lines in the period must come to. */
  readonly delivered: ReadonlyMap<LedgerId, ReadonlyMap<Account, Counts>>;
  readonly dataAsOf: string | null;
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

async function readLedger(
  activity: ActivityStore,
  ledgerId: LedgerId,
  period: Period,
  contacts?: SeatedContacts,
): Promise<PeriodLedger | undefined> {
  const [eve, end] = await Promise.all([
    readFigures(activity, ledgerId, asOfInstant(eveOf(period))),
    readFigures(activity, ledgerId, { ...asOfInstant(lastInstantOf(period)), contacts }),
  ]);
  if (eve === undefined || end === undefined) return undefined;
  for (const { head } of [eve, end]) {
    if (head.settledRevision < head.revision || head.revision !== end.head.revision) {
      throw new NotReadyError("the entries are being placed anew under changed terms");
    }
    if (head.mending !== undefined) {
      throw new NotReadyError("events that waited for the agreement are being recorded");
    }
  }
  return { ledgerId, agreementId: end.head.agreementId, eve, end };
}

const asOfInstant = (asOf: string): FiguresQuery => ({ chosen: everything, asOf, at: asOf });

function deliveredOf({ eve, end }: PeriodLedger): Map<Account, Counts> {
  const delivered = new Map<Account, Counts>();
  for (const account of new Set([...eve.counts.keys(), ...end.counts.keys()])) {
    const [quantityBefore, rowsBefore] = countsOf(eve, account);
    const [quantity, rows] = countsOf(end, account);
    delivered.set(account, [quantity - quantityBefore, rows - rowsBefore]);
  }
  return delivered;
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
  const streams = accounts.map((each) => entriesOn(activity, each, period, pageSize));
  for await (const entries of mergeSorted(streams, compareEntries)) yield entries.map(toLine);
}

const pageSizeOf = (streams: number): number =>
  Math.min(PAGE_ENTRIES, Math.max(PAGE_ENTRIES_MIN, Math.floor(ENTRIES_IN_MEMORY / Math.max(1, streams))));

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

/** As the grid reads them, a page after another. */
async function* entriesOn(
  activity: ActivityStore,
  { ledgerId, account }: LedgerAccount,
  period: Period,
  limit: number,
): AsyncGenerator<Entry[]> {
  const scope = { account, chosen: everything, asOf: lastInstantOf(period), filter: undefined };
  let after: Position & { readonly isIncluded?: boolean } = { key: period.from, id: "", isIncluded: true };
  for (;;) {
    const order = { sort: "deliveredAt", descending: false } as const;
    const page = await activity.rows(ledgerId, { ...scope, ...order, after, limit });
    yield page.filter(isCounted);
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = { key: last.at, id: last.id };
  }
}
