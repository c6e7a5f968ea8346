/**
 * What this instance last saw of the ledgers it writes to. It saves reads and decides nothing: every commit is conditional
 * on the tags held here, so a stale one is refused, forgotten and read again.
 */
import { boundedCache } from "../platform/bounded-cache.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { Head, LedgerId } from "./entry.ts";
import type { CommitResult, LedgerDocument, LedgerOperation, LedgerStore } from "./ledger-store.ts";
import type { Rollup } from "./rollup.ts";

const LEDGERS_MAX = 500;
const ROLLUPS_MAX = 5_000;

export type LedgerCache = {
  readonly head: (ledgerId: LedgerId) => Promise<Versioned<Head> | undefined>;
  /** By id; a roll-up that is not there yet is missing from the answer. */
  readonly rollups: (
    ledgerId: LedgerId,
    ids: readonly string[],
  ) => Promise<ReadonlyMap<string, Versioned<Rollup>>>;
  readonly commit: (ledgerId: LedgerId, operations: readonly LedgerOperation[]) => Promise<CommitResult>;
  readonly forget: (ledgerId: LedgerId) => void;
};

export function createLedgerCache(store: LedgerStore): LedgerCache {
  const heads = boundedCache<LedgerId, Versioned<Head>>(LEDGERS_MAX);
  const rollups = boundedCache<string, Versioned<Rollup>>(ROLLUPS_MAX);
  const keyOf = (ledgerId: LedgerId, id: string): string => `${ledgerId}\n${id}`;

  const remember = (ledgerId: LedgerId, document: LedgerDocument, etag: string | undefined): void => {
    if (etag === undefined) return;
    if (document.kind === "head") heads.set(ledgerId, { value: document, etag });
    if (document.kind === "rollup") rollups.set(keyOf(ledgerId, document.id), { value: document, etag });
  };

  const forget = (ledgerId: LedgerId): void => {
    heads.delete(ledgerId);
    for (const key of rollups.keys()) if (key.startsWith(`${ledgerId}\n`)) rollups.delete(key);
  };

  return {
    forget,
    head: async (ledgerId) => {
      const known = heads.get(ledgerId) ?? (await store.readHead(ledgerId));
      if (known !== undefined) heads.set(ledgerId, known);
      return known;
    },
    rollups: async (ledgerId, ids) => {
      const unknown = ids.filter((id) => !rollups.has(keyOf(ledgerId, id)));
      for (const each of await store.readRollups(ledgerId, unknown))
        remember(ledgerId, each.value, each.etag);
      return new Map(
        ids.flatMap((id) => {
          const known = rollups.get(keyOf(ledgerId, id));
          return known === undefined ? [] : [[id, known] as const];
        }),
      );
    },
    commit: async (ledgerId, operations) => {
      try {
        const result = await store.commit(ledgerId, operations);
        if (result.outcome === "committed") {
          for (const [index, { document }] of operations.entries())
            remember(ledgerId, document, result.etags[index]);
        } else forget(ledgerId);
        return result;
      } catch (error) {
        // Nobody knows what was written: the next attempt reads.
        forget(ledgerId);
        throw error;
      }
    },
  };
}
