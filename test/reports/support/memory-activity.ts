import * as z from "zod";
import { compareText } from "../../../src/agreements/terms.ts";
import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import { includes } from "../../../src/consumption/chosen.ts";
import { type Entry, isAdditional, type LedgerId } from "../../../src/consumption/entry.ts";
import { compareCells, keptCell } from "../../../src/consumption/grid-cells.ts";
import { type CountedPosting, isCounted } from "../../../src/consumption/rollup.ts";
import { type CaseRow, type Position, type RowPage, sortKeyOf } from "../../../src/consumption/row-store.ts";
import type { MemoryStores } from "../../fakes/memory-stores.ts";

/** What pages, drill-downs and reports read of ledgers, from the documents in memory; without filters, which are SQL. */
export function memoryActivityStore(stores: Pick<MemoryStores, "documents">): ActivityStore {
  const rollupsOf = (ledgerId: LedgerId) =>
    stores.documents(ledgerId).flatMap((document) => (document.kind === "rollup" ? [document] : []));
  const counting = (ledgerId: LedgerId): Entry[] =>
    stores
      .documents(ledgerId)
      .flatMap((document) => (document.kind === "entry" && document.state === "posted" ? [document] : []));
  const rowsOf = (ledgerId: LedgerId, { account, chosen, asOf }: RowsOf) =>
    counting(ledgerId)
      .filter(isCounted)
      .filter((each) => each.account === account && includes(chosen, each.workspaceId))
      .filter(({ at }) => asOf === undefined || at <= asOf);
  return {
    ledger: async (ledgerId) => {
      const head = stores.documents(ledgerId).find((document) => document.kind === "head");
      return head === undefined ? undefined : { head, rollups: rollupsOf(ledgerId) };
    },
    days: async (ledgerId, month) => rollupsOf(ledgerId).filter((rollup) => rollup.month === month),
    daysOf: async (ledgerId, account) => rollupsOf(ledgerId).filter((rollup) => rollup.account === account),
    daysIn: async (ledgerId, accounts, months) =>
      rollupsOf(ledgerId).filter(
        ({ account, month }) => accounts.includes(account) && months.includes(month),
      ),
    countedIn: async (ledgerId, accounts, periods) =>
      counting(ledgerId)
        .filter(isCounted)
        .filter(({ account }) => accounts.includes(account))
        .filter(({ at }) => periods.some(({ from, to }) => at >= from && at < to)),
    counted: async (ledgerId, from, to) =>
      counting(ledgerId)
        .filter(isCounted)
        .filter(({ at }) => at >= from && at <= to),
    lastAt: async (ledgerId, { chosen, account, upTo }) =>
      counting(ledgerId)
        .filter(isCounted)
        .filter((each) => account === undefined || each.account === account)
        .filter(({ at, workspaceId }) => at <= upTo && includes(chosen, workspaceId))
        .map(({ at }) => at)
        .toSorted()
        .at(-1),
    async *entriesBetween(ledgerId, from, to, pageSize) {
      const sorted = counting(ledgerId)
        .filter(({ at }) => at >= from && at < to)
        .map((value) => ({ value, etag: '"0"' }))
        .toSorted((left, right) => (sortKey(left.value) < sortKey(right.value) ? -1 : 1));
      for (let start = 0; start < sorted.length; start += pageSize) {
        yield await Promise.resolve(sorted.slice(start, start + pageSize));
      }
    },
    head: async (ledgerId) => {
      const head = stores.documents(ledgerId).find((document) => document.kind === "head");
      return head && { value: head, etag: '"0"' };
    },
    rows: async (ledgerId, { sort, descending, after, filter, limit, ...query }) => {
      return pageOf(rowsOf(ledgerId, query), { sort, descending, after, filter, limit });
    },
    additionalRows: async (ledgerId, { chosen, asOf, ...page }) => {
      const rows = counting(ledgerId)
        .filter(isCounted)
        .filter(({ account, workspaceId }) => isAdditional(account) && includes(chosen, workspaceId))
        .filter(({ at }) => asOf === undefined || at <= asOf);
      return pageOf(rows, page);
    },
    entriesById: async (ledgerId, chosen, ids) =>
      stores
        .documents(ledgerId)
        .flatMap((document) => (document.kind === "entry" ? [document] : []))
        .filter(({ id, workspaceId = "" }) => ids.includes(id) && includes(chosen, workspaceId)),
    caseCount: async (ledgerId, query) =>
      new Set(rowsOf(ledgerId, query).flatMap((entry) => requestOf(entry).number ?? [])).size,
    caseRows: async (ledgerId, { after, limit, ...query }) =>
      rowsOf(ledgerId, query)
        .map(toCaseRow)
        .filter((row) => after === undefined || compareCells(numberOf(row), after.number) > 0)
        .toSorted(
          (left, right) => compareCells(numberOf(left), numberOf(right)) || compareText(left.id, right.id),
        )
        .slice(0, limit),
    caseSum: async (ledgerId, { number, ...query }) => {
      const rows = rowsOf(ledgerId, query).filter((entry) => numberOf(toCaseRow(entry)) === number);
      return {
        total: rows.length,
        reversals: rows.filter(({ reverses }) => reverses !== undefined).length,
        quantity: rows.reduce((sum, { quantity }) => sum + quantity, 0),
      };
    },
    lastOfCase: async (ledgerId, { number, ...query }) =>
      rowsOf(ledgerId, query)
        .map(toCaseRow)
        .filter((row) => numberOf(row) === number)
        .toSorted((left, right) => (sortKey(left) < sortKey(right) ? 1 : -1))
        .at(0),
    within: async (ledgerId, account, periods) =>
      counting(ledgerId)
        .filter((each) => each.account === account)
        .filter(({ at }) => periods.some(({ from, to }) => at >= from && at < to))
        .map(({ id, at, quantity }) => ({ id, at, quantity })),
    async *additional(ledgerId, chosen, asOf) {
      yield await Promise.resolve(
        counting(ledgerId)
          .filter(isCounted)
          .filter(({ account, workspaceId }) => isAdditional(account) && includes(chosen, workspaceId))
          .filter(({ at }) => asOf === undefined || at <= asOf)
          .map(({ reasons = [], ...entry }) => ({ ...entry, ...requestOf(entry), reasons })),
      );
    },
  };
}

type RowsOf = Pick<Parameters<ActivityStore["rows"]>[1], "account" | "chosen" | "asOf">;
function pageOf(rows: readonly Entry[], { sort, descending, after, filter, limit }: RowPage): Entry[] {
  if (filter !== undefined) throw new Error("a filter is SQL, which is not served in memory");
  const sign = descending ? -1 : 1;
  const keyOf = (entry: Entry) => ({ key: sortKeyOf(entry, sort), id: entry.id });
  return rows
    .toSorted((left, right) => comparePositions(keyOf(left), keyOf(right)) * sign)
    .filter((entry) => after === undefined || comparePositions(keyOf(entry), after) * sign > 0)
    .slice(0, limit);
}

function comparePositions(left: Position, right: Position): number {
  return compareCells(left.key, right.key) || compareText(left.id, right.id);
}

function toCaseRow({ id, at, workspaceId, quantity, reverses, cells = {} }: Entry & CountedPosting): CaseRow {
  return { id, at, workspaceId, quantity, ...(reverses === undefined ? {} : { reverses }), cells };
}

const numberOf = ({ cells }: CaseRow): string | null => keptCell(cells, "number");

const requestSchema = z.object({
  agreementId: z.string().optional(),
  request: z
    .object({
      number: z.string().optional(),
      title: z.string().optional(),
      category: z.string().nullish(),
      openedAt: z.string().nullish(),
    })
    .default({}),
});

function requestOf({ event }: Pick<Entry, "event">) {
  const { agreementId, request } = requestSchema.parse(event.data);
  return { ...request, agreementId };
}

const sortKey = ({ at, id }: Pick<Entry, "at" | "id">): string => `${at}\n${id}`;
