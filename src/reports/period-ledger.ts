/**
 * One ledger as a report of a period reads it: figures up to the period and up to its end, and the entries of an account
 * between. Promise: figures are those of the page for the same choice of workspaces (EX-06), and nothing of any other
 * workspace is read of entries (WS-07); entries come in pages and are never held.
 */
import type { ActivityStore } from "../consumption/activity-store.ts";
import type { Chosen } from "../consumption/chosen.ts";
import type { Account, Entry, Head, LedgerId } from "../consumption/entry.ts";
import { countsOf, type Figures, type FiguresQuery, readFigures } from "../consumption/figures.ts";
import { type CountedPosting, type Counts, isCounted } from "../consumption/rollup.ts";
import type { Position } from "../consumption/row-store.ts";
import { eveOf, lastInstantOf, type Period } from "./period.ts";

/** An entry has at most 64 KB, so a page at most 32 MB and nearly always half of one. */
const PAGE_ENTRIES = 500;
/** The same where many streams are read side by side, each with a page in memory: together they stay near this. */
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

export type PeriodLedger = {
  readonly ledgerId: LedgerId;
  readonly agreementId: string | undefined;
  /** Up to the last instant before the period, and up to the last one in it. */
  readonly eve: Figures;
  readonly end: Figures;
};
export type LedgerAccount = { readonly ledgerId: LedgerId; readonly account: Account };

/** What is shown of it; `contacts` are those at the end of the period. */
export type PeriodQuery = Pick<FiguresQuery, "chosen" | "account" | "contacts"> & { readonly period: Period };

/**
 * @returns undefined when there is no such ledger.
 * @throws NotReadyError
 */
export async function readPeriodLedger(
  activity: ActivityStore,
  ledgerId: LedgerId,
  { period, contacts, ...shown }: PeriodQuery,
): Promise<PeriodLedger | undefined> {
  const upTo = (asOf: string): FiguresQuery => ({ ...shown, asOf, at: asOf });
  const [eve, end] = await Promise.all([
    readFigures(activity, ledgerId, upTo(eveOf(period))),
    readFigures(activity, ledgerId, { ...upTo(lastInstantOf(period)), contacts }),
  ]);
  if (eve === undefined || end === undefined) return undefined;
  for (const { head } of [eve, end]) {
    checkSettled(head);
    if (head.revision !== end.head.revision) throw notSettled();
  }
  return { ledgerId, agreementId: end.head.agreementId, eve, end };
}

/** @throws NotReadyError */
export function checkSettled({ settledRevision, revision, mending }: Head): void {
  if (settledRevision < revision) throw notSettled();
  if (mending !== undefined)
    throw new NotReadyError("events that waited for the agreement are being recorded");
}

const notSettled = (): NotReadyError =>
  new NotReadyError("the entries are being placed anew under changed terms");

/** What counts on the account in the period. */
export function deliveredOn({ eve, end }: PeriodLedger, account: Account): Counts {
  const [quantityBefore, rowsBefore] = countsOf(eve, account);
  const [quantity, rows] = countsOf(end, account);
  return [quantity - quantityBefore, rows - rowsBefore];
}

/** @param streams that are read side by side. */
export const pageSizeOf = (streams: number): number =>
  Math.min(PAGE_ENTRIES, Math.max(PAGE_ENTRIES_MIN, Math.floor(ENTRIES_IN_MEMORY / Math.max(1, streams))));

/** As the grid reads them, a page after another, in order of time, then id. */
export async function* entriesOn(
  activity: Pick<ActivityStore, "rows">,
  { ledgerId, account }: LedgerAccount,
  { period, chosen }: { readonly period: Period; readonly chosen: Chosen },
  limit: number,
): AsyncGenerator<(Entry & CountedPosting)[]> {
  const scope = { account, chosen, asOf: lastInstantOf(period), filter: undefined };
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
