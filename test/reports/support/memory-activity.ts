import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import type { Entry, LedgerId } from "../../../src/consumption/entry.ts";
import { isCounted } from "../../../src/consumption/rollup.ts";
import type { MemoryStores } from "../../fakes/memory-stores.ts";

/** What reports read of ledgers, from the documents in memory. The rest of the store is not served. */
export function memoryActivityStore(stores: Pick<MemoryStores, "documents">): ActivityStore {
  const rollupsOf = (ledgerId: LedgerId) =>
    stores.documents(ledgerId).flatMap((document) => (document.kind === "rollup" ? [document] : []));
  const counting = (ledgerId: LedgerId): Entry[] =>
    stores
      .documents(ledgerId)
      .flatMap((document) => (document.kind === "entry" && document.state === "posted" ? [document] : []));
  const unserved = (): never => {
    throw new Error("reports do not read this");
  };
  return {
    ledger: async (ledgerId) => {
      const head = stores.documents(ledgerId).find((document) => document.kind === "head");
      return head === undefined ? undefined : { head, rollups: rollupsOf(ledgerId) };
    },
    days: async (ledgerId, month) => rollupsOf(ledgerId).filter((rollup) => rollup.month === month),
    counted: async (ledgerId, from, to) =>
      counting(ledgerId)
        .filter(isCounted)
        .filter(({ at }) => at >= from && at <= to),
    lastAt: async (ledgerId, upTo) =>
      counting(ledgerId)
        .map(({ at }) => at)
        .filter((at) => at <= upTo)
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
    head: unserved,
    rows: unserved,
    entriesById: unserved,
    caseCount: unserved,
    additional: unserved,
  };
}

const sortKey = ({ at, id }: Entry): string => `${at}\n${id}`;
