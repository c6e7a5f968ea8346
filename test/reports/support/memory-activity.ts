import * as z from "zod";
import { compareText } from "../../../src/agreements/terms.ts";
import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import type { CaseKey, CaseRow } from "../../../src/consumption/case-store.ts";
import { includes } from "../../../src/consumption/chosen.ts";
import { type Entry, isAdditional, type LedgerId } from "../../../src/consumption/entry.ts";
import { compareCells, keptCell } from "../../../src/consumption/grid-cells.ts";
import { type CountedPosting, isCounted } from "../../../src/consumption/rollup.ts";
import {
  type AdditionalScope,
  type Position,
  type RowPage,
  sortKeyOf,
} from "../../../src/consumption/row-store.ts";
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
  const additionalOf = (ledgerId: LedgerId, { chosen, asOf }: AdditionalScope) =>
    counting(ledgerId)
      .filter(isCounted)
      .filter(({ account, workspaceId }) => isAdditional(account) && includes(chosen, workspaceId))
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
    additionalRows: async (ledgerId, query) => pageOf(additionalOf(ledgerId, query), query),
    additionalLastAt: async (ledgerId, query) =>
      unfiltered(additionalOf(ledgerId, query), query)
        .map(({ at }) => at)
        .toSorted()
        .at(-1),
    entriesById: async (ledgerId, chosen, ids) =>
      stores
        .documents(ledgerId)
        .flatMap((document) => (document.kind === "entry" ? [document] : []))
        .filter(({ id, workspaceId = "" }) => ids.includes(id) && includes(chosen, workspaceId)),
    caseQuantities: async (ledgerId, query) => {
      const groups = Map.groupBy(unfiltered(rowsOf(ledgerId, query), query), inWorkspace);
      return [...groups.values()].flatMap((rows) =>
        rows.slice(0, 1).flatMap((row) => {
          const { number, workspaceId } = numberedOf(row);
          return number === null ? [] : { number, workspaceId, quantity: quantityOf(rows) };
        }),
      );
    },
    differentNumbers: async (ledgerId, query) => {
      const groups = Map.groupBy(unfiltered(rowsOf(ledgerId, query), query), inWorkspace);
      return [...groups.values()]
        .flatMap((rows) => rows.slice(0, 1).map(numberedOf))
        .filter(({ number }) => number !== null);
    },
    caseRows: async (ledgerId, query) =>
      casePage(unfiltered(rowsOf(ledgerId, query), query).map(toCaseRow), query).slice(0, query.limit),
    caseNumbers: async (ledgerId, query) =>
      casePage(unfiltered(rowsOf(ledgerId, query), query).map(toCaseRow), query)
        .slice(0, query.limit)
        .map((row) => ({ number: numberOf(row), workspaceId: row.workspaceId })),
    caseSum: async (ledgerId, { number, ...query }) => {
      const rows = rowsOf(ledgerId, query).filter((entry) => numberOf(toCaseRow(entry)) === number);
      return {
        total: rows.length,
        reversals: rows.filter(({ reverses }) => reverses !== undefined).length,
        quantity: quantityOf(rows),
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
    additionalKeys: async (ledgerId, query) =>
      unfiltered(additionalOf(ledgerId, query), query)
        .filter((entry) => numberOf(toCaseRow(entry)) !== null || entry.reverses === undefined)
        .map(keyOf)
        .filter((key) => query.after === undefined || compareKeys(key, query.after) > 0)
        .toSorted(compareKeys)
        .slice(0, query.limit),
    async *additional(ledgerId, query) {
      yield await Promise.resolve(
        unfiltered(additionalOf(ledgerId, query), query)
          .filter((entry) => query.keys?.some((key) => compareKeys(key, keyOf(entry)) === 0) ?? true)
          .map(({ reasons = [], ...entry }) => ({
            ...entry,
            ...requestOf(entry),
            number: numberOf(toCaseRow(entry)),
            reasons,
          })),
      );
    },
  };
}

type RowsOf = Pick<Parameters<ActivityStore["rows"]>[1], "account" | "chosen" | "asOf">;
/** A filter is SQL, which is not served in memory. */
function unfiltered<Row>(rows: readonly Row[], { filter }: Pick<RowPage, "filter">): readonly Row[] {
  if (filter !== undefined) throw new Error("a filter is SQL, which is not served in memory");
  return rows;
}

function pageOf(rows: readonly Entry[], page: RowPage): Entry[] {
  const { sort, descending, after, limit } = page;
  const sign = descending ? -1 : 1;
  const least = after?.isIncluded === true ? 0 : 1;
  const keyOfRow = (entry: Entry) => ({ key: sortKeyOf(entry, sort), id: entry.id });
  return unfiltered(rows, page)
    .toSorted((left, right) => comparePositions(keyOfRow(left), keyOfRow(right)) * sign)
    .filter((entry) => after === undefined || comparePositions(keyOfRow(entry), after) * sign >= least)
    .slice(0, limit);
}

type CasePlace = Omit<Parameters<ActivityStore["caseNumbers"]>[1], "limit"> & {
  readonly numbers?: readonly (string | null)[] | undefined;
};

function casePage(rows: readonly CaseRow[], { after, isDescending, numbers }: CasePlace): CaseRow[] {
  const sign = isDescending ? -1 : 1;
  return rows
    .filter((row) => numbers === undefined || numbers.includes(numberOf(row)))
    .filter((row) => after === undefined || compareCells(numberOf(row), after.number) * sign > 0)
    .toSorted(
      (left, right) =>
        (compareCells(numberOf(left), numberOf(right)) || compareText(left.id, right.id)) * sign,
    );
}

function keyOf(entry: Entry & CountedPosting): CaseKey {
  const number = numberOf(toCaseRow(entry));
  return number === null ? { number, id: entry.reverses ?? entry.id } : { number };
}

function compareKeys(left: CaseKey, right: CaseKey): number {
  const idOf = (key: CaseKey) => (key.number === null ? key.id : "");
  return compareCells(left.number, right.number) || compareText(idOf(left), idOf(right));
}

function comparePositions(left: Position, right: Position): number {
  return compareCells(left.key, right.key) || compareText(left.id, right.id);
}

function toCaseRow({ id, at, workspaceId, quantity, reverses, cells = {} }: Entry & CountedPosting): CaseRow {
  return { id, at, workspaceId, quantity, ...(reverses === undefined ? {} : { reverses }), cells };
}

const quantityOf = (rows: readonly { readonly quantity: number }[]): number =>
  rows.reduce((sum, { quantity }) => sum + quantity, 0);

const numberedOf = (entry: Entry & CountedPosting) => ({
  number: numberOf(toCaseRow(entry)),
  workspaceId: entry.workspaceId,
});
const inWorkspace = (entry: Entry & CountedPosting): string => JSON.stringify(numberedOf(entry));

const numberOf = ({ cells }: CaseRow): string | null => keptCell(cells, "number");

const requestSchema = z.object({
  agreementId: z.string().optional(),
  request: z
    .object({
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
