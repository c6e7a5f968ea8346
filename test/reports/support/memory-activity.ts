import * as z from "zod";
import { compareText } from "../../../src/agreements/terms.ts";
import { type ActivityStore, rowSortPaths } from "../../../src/consumption/activity-store.ts";
import { includes } from "../../../src/consumption/chosen.ts";
import { type Entry, isAdditional, type LedgerId } from "../../../src/consumption/entry.ts";
import { isCounted } from "../../../src/consumption/rollup.ts";
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
      if (filter !== undefined) throw new Error("a filter is SQL, which is not served in memory");
      const keyOf = (entry: Entry) => ({ key: entry[rowSortPaths[sort]], id: entry.id });
      return rowsOf(ledgerId, query)
        .toSorted((left, right) => comparePositions(keyOf(left), keyOf(right)) * (descending ? -1 : 1))
        .filter(
          (entry) => after === undefined || comparePositions(keyOf(entry), after) * (descending ? -1 : 1) > 0,
        )
        .slice(0, limit);
    },
    entriesById: async (ledgerId, chosen, ids) =>
      stores
        .documents(ledgerId)
        .flatMap((document) => (document.kind === "entry" ? [document] : []))
        .filter(({ id, workspaceId = "" }) => ids.includes(id) && includes(chosen, workspaceId)),
    caseCount: async (ledgerId, query) =>
      new Set(rowsOf(ledgerId, query).flatMap((entry) => requestOf(entry).number ?? [])).size,
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
type Position = { readonly key: string | number; readonly id: string };

function comparePositions(left: Position, right: Position): number {
  if (left.key === right.key) return compareText(left.id, right.id);
  return left.key < right.key ? -1 : 1;
}

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

const sortKey = ({ at, id }: Entry): string => `${at}\n${id}`;
