/** The changes that postings make to the roll-ups of a ledger, as operations of the same commit. */
import type { Versioned } from "../platform/cosmos.ts";
import { type Head, type LedgerId, monthOf, type Posting } from "./entry.ts";
import type { LedgerCache } from "./ledger-cache.ts";
import type { LedgerOperation } from "./ledger-store.ts";
import { apply, type CountedPosting, isCounted, newRollup, type Rollup, rollupIdOf } from "./rollup.ts";

export type PostingChange = { readonly posting: Posting; readonly sign: 1 | -1 };

type CountedChange = { readonly posting: CountedPosting; readonly sign: 1 | -1 };

/**
 * @returns undefined when a roll-up was settled to newer terms than `head` has: they must be read again first.
 * A new roll-up touches the head, so that a change of terms and the first posting of a month cannot miss each other.
 */
export async function rollupOperations(
  cache: LedgerCache,
  ledgerId: LedgerId,
  head: Versioned<Head>,
  changes: readonly PostingChange[],
): Promise<LedgerOperation[] | undefined> {
  const counted = changes.flatMap(({ posting, sign }): CountedChange[] =>
    isCounted(posting) ? [{ posting, sign }] : [],
  );
  const ids = [...new Set(counted.map(({ posting }) => idOf(posting)))];
  const before = await cache.rollups(ledgerId, ids);
  for (const { value } of before.values()) if (value.revision > head.value.revision) return undefined;

  const after = new Map<string, Rollup>();
  for (const { posting, sign } of counted) {
    const id = idOf(posting);
    const rollup = after.get(id) ?? before.get(id)?.value;
    const start = rollup ?? newRollup(ledgerId, posting.account, monthOf(posting.at), head.value.revision);
    after.set(id, apply(start, posting, sign));
  }
  const operations = [...after].map(([id, document]): LedgerOperation => {
    const etag = before.get(id)?.etag;
    return etag === undefined ? { type: "create", document } : { type: "replace", document, etag };
  });
  const created = operations.filter(({ type }) => type === "create").length;
  if (created === 0) return operations;
  const touched: Head = { ...head.value, rollupCount: head.value.rollupCount + created };
  return [...operations, { type: "replace", document: touched, etag: head.etag }];
}

const idOf = (posting: CountedPosting): string => rollupIdOf(posting.account, monthOf(posting.at));
