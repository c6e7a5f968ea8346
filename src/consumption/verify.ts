/**
 * The proof that the roll-ups are what the facts make them (LE-06): every entry is placed again under the current terms
 * and links, every delivery shared among its reversals again, and the fold compared with what is stored.
 * Invariant: what is recorded or settled meanwhile never shows as a difference.
 */
import type { Versioned } from "../platform/cosmos.ts";
import { canonicalJson, type Entry, type Head, type LedgerId, type Posting } from "./entry.ts";
import type { LedgerOperation, LedgerStore } from "./ledger-store.ts";
import { reversalPosting, shareReversals } from "./posting.ts";
import { toClaim } from "./record-reversals.ts";
import { addPosting, isCounted, newRollup, type Rollup } from "./rollup.ts";
import { repost } from "./settle.ts";

type Difference = {
  readonly rollupId: string;
  /** Canonical JSON; undefined where there is none. */
  readonly stored: string | undefined;
  readonly rebuilt: string | undefined;
};

export type Verification = {
  readonly ledgerId: LedgerId;
  readonly entries: number;
  /** What is wrong: nothing that was read for it has changed meanwhile. */
  readonly differences: readonly Difference[];
  /**
   * Why something differed and is not told now. `changed`: it was written to while it was read. `unsettled`: entries are
   * being placed anew under changed terms or links. A later run looks again.
   */
  readonly undecided: "changed" | "unsettled" | undefined;
};

/** Reads the whole ledger and changes nothing. Memory grows with the roll-ups and the reversals, not with the entries. */
export async function verifyLedger(
  store: LedgerStore,
  ledgerId: LedgerId,
): Promise<Verification | undefined> {
  const head = await store.readHead(ledgerId);
  if (head === undefined) return undefined;
  // Before the entries: whatever is recorded from here on moves a tag that is read here.
  const stored = await readStored(store, ledgerId);
  const { rollups, entries } = await rebuild(store, ledgerId, head.value);
  const seen = differencesOf(stored, rollups);
  const sound = { ledgerId, entries, differences: [], undecided: undefined };
  if (seen.length === 0) return sound;
  if (isUnsettled(head.value)) return { ...sound, undecided: "unsettled" };
  const headAgain = await store.readHead(ledgerId);
  if (headAgain?.etag !== head.etag) return { ...sound, undecided: "changed" };
  const storedAgain = await readStored(store, ledgerId);
  const differences = seen.filter(
    ({ rollupId }) => storedAgain.get(rollupId)?.etag === stored.get(rollupId)?.etag,
  );
  return { ...sound, differences, undecided: differences.length < seen.length ? "changed" : undefined };
}

const isUnsettled = ({ settledRevision, revision }: Head): boolean => settledRevision < revision;

type StoredRollups = ReadonlyMap<string, Versioned<Rollup>>;

async function readStored(store: LedgerStore, ledgerId: LedgerId): Promise<StoredRollups> {
  return new Map((await store.allRollups(ledgerId)).map((each) => [each.value.id, each]));
}

function differencesOf(stored: StoredRollups, rebuilt: ReadonlyMap<string, Rollup>): Difference[] {
  const ids = [...new Set([...rebuilt.keys(), ...stored.keys()])].toSorted();
  return ids.flatMap((rollupId): Difference[] => {
    const difference = {
      rollupId,
      stored: textOf(stored.get(rollupId)?.value),
      rebuilt: textOf(rebuilt.get(rollupId)),
    };
    return difference.stored === difference.rebuilt ? [] : [difference];
  });
}

/** Throws the roll-ups away and writes the rebuilt ones. To be run while nothing else writes to the ledger. */
export async function rebuildLedger(store: LedgerStore, ledgerId: LedgerId): Promise<void> {
  const head = await store.readHead(ledgerId);
  if (head === undefined) return;
  const { rollups } = await rebuild(store, ledgerId, head.value);
  const stored = await readStored(store, ledgerId);
  for (const id of new Set([...rollups.keys(), ...stored.keys()])) {
    const operation = rebuiltOperation(stored.get(id), rollups.get(id), head.value.revision);
    if (operation !== undefined) await store.commit(ledgerId, [operation]);
  }
}

function rebuiltOperation(
  stored: Versioned<Rollup> | undefined,
  rebuilt: Rollup | undefined,
  revision: number,
): LedgerOperation | undefined {
  if (stored === undefined) return rebuilt === undefined ? undefined : { type: "create", document: rebuilt };
  const { ledgerId, account, month } = stored.value;
  return {
    type: "replace",
    document: rebuilt ?? newRollup(ledgerId, account, month, revision),
    etag: stored.etag,
  };
}

async function rebuild(
  store: LedgerStore,
  ledgerId: LedgerId,
  head: Head,
): Promise<{ readonly rollups: Map<string, Rollup>; readonly entries: number }> {
  const rollups = new Map<string, Rollup>();
  const reversals = new Map<string, Entry[]>();
  let entries = 0;
  const count = (posting: Posting): void => {
    if (isCounted(posting)) addPosting(rollups, ledgerId, head.revision, posting);
  };
  for await (const page of store.entries(ledgerId)) {
    for (const { value } of page) {
      entries += 1;
      if (value.reverses === undefined) count(repost(head, value) ?? value);
      else reversals.set(value.reverses, [...(reversals.get(value.reverses) ?? []), value]);
    }
  }
  for (const [deliveryId, claims] of reversals) {
    for (const posting of await sharesOf(store, ledgerId, head, deliveryId, claims)) count(posting);
  }
  return { rollups, entries };
}

async function sharesOf(
  store: LedgerStore,
  ledgerId: LedgerId,
  head: Head,
  deliveryId: string,
  claims: readonly Entry[],
): Promise<Posting[]> {
  const fact = await store.readFact(ledgerId, deliveryId);
  if (fact?.value.kind !== "entry" || fact.value.reverses !== undefined) return [];
  const delivery = { ...fact.value, ...repost(head, fact.value) };
  const shares = shareReversals(delivery.quantity, claims.map(toClaim));
  return [...shares.values()].flatMap((share) =>
    "quantity" in share ? [reversalPosting(delivery, share.quantity)] : [],
  );
}

/** Without what does not change the meaning: an empty roll-up is none, and a revision only says how far settling is. */
function textOf(rollup: Rollup | undefined): string | undefined {
  if (rollup === undefined || Object.keys(rollup.totals).length === 0) return undefined;
  const { revision: _, ...meaning } = rollup;
  return canonicalJson(meaning);
}
