/** Deliveries of one ledger: as many as a transaction holds, each with its posting, and the roll-ups they change. */
import type { WorkspaceId } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { contentHashOf, type Entry, entryIdOf, type Head, type LedgerId, type Posting } from "./entry.ts";
import type { DeliveryEvent } from "./event.ts";
import type { LedgerCache } from "./ledger-cache.ts";
import { type KnownFact, type LedgerOperation, type LedgerStore, OPERATIONS_MAX } from "./ledger-store.ts";
import {
  ATTEMPTS_MAX,
  ContentionError,
  conflictingContent,
  type Incoming,
  type Outcome,
  recorded,
  rejectedOutcome,
  repeated,
} from "./outcome.ts";
import { place } from "./posting.ts";
import { rollupOperations } from "./rollup-changes.ts";

export type Delivery = Incoming<DeliveryEvent> & { readonly workspaceId: WorkspaceId };

export type LedgerAccess = {
  readonly store: LedgerStore;
  readonly cache: LedgerCache;
  readonly now: () => string;
};

/** Bytes of events in one transaction, below the 2 MB that the store takes. */
export const BATCH_BYTES_MAX = 1_200_000;
/** Room for the deliveries: the rest of the transaction is for a roll-up. */
const DELIVERIES_MAX = OPERATIONS_MAX - 1;

type Pending = { readonly delivery: Delivery; readonly id: string; readonly hash: string };

/** @returns the outcome of each delivery, or `awaited` for one whose reversal came first: it is recorded with that. */
export async function recordDeliveries(
  access: LedgerAccess,
  ledgerId: LedgerId,
  deliveries: readonly Delivery[],
): Promise<ReadonlyMap<Delivery, Outcome | "awaited">> {
  const outcomes = new Map<Delivery, Outcome | "awaited">();
  let rest = deliveries.map(
    (delivery): Pending => ({
      delivery,
      id: entryIdOf(delivery.event),
      hash: contentHashOf(delivery.event),
    }),
  );
  while (rest.length > 0) {
    const first = new Map(rest.toReversed().map((each) => [each.id, each]));
    for (const chunk of chunksOf(rest.filter((each) => first.get(each.id) === each)))
      await recordChunk(access, ledgerId, chunk, outcomes);
    rest = settleRepeats(rest, first, outcomes);
  }
  return outcomes;
}

/**
 * Of the same id within one call the first is recorded; what has its content has its outcome.
 * @returns those of another content: whether they are in conflict depends on whether the first was recorded.
 */
function settleRepeats(
  pending: readonly Pending[],
  first: ReadonlyMap<string, Pending>,
  outcomes: Map<Delivery, Outcome | "awaited">,
): Pending[] {
  return pending.filter((each) => {
    const same = first.get(each.id);
    if (same === undefined || same === each) return false;
    if (same.hash !== each.hash) return true;
    const outcome = outcomes.get(same.delivery);
    const isRecorded = outcome !== undefined && outcome !== "awaited" && outcome.status === "recorded";
    outcomes.set(each.delivery, isRecorded ? repeated : (outcome ?? repeated));
    return false;
  });
}

function chunksOf(pending: readonly Pending[]): Pending[][] {
  const chunks: Pending[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const each of pending) {
    const size = Buffer.byteLength(each.delivery.body);
    const last = chunks.at(-1);
    if (last === undefined || last.length === DELIVERIES_MAX || bytes + size > BATCH_BYTES_MAX) {
      chunks.push([each]);
      bytes = size;
    } else {
      last.push(each);
      bytes += size;
    }
  }
  return chunks;
}

async function recordChunk(
  access: LedgerAccess,
  ledgerId: LedgerId,
  chunk: readonly Pending[],
  outcomes: Map<Delivery, Outcome | "awaited">,
): Promise<void> {
  const { store, cache, now } = access;
  let pending = chunk;
  // A repeat of one event is found by one point read; of many, by the refusal of their transaction.
  if (chunk.length === 1) pending = await withoutKnown(store, ledgerId, pending, outcomes);

  for (let attempt = 0; pending.length > 0; attempt++) {
    if (attempt === ATTEMPTS_MAX) throw new ContentionError(ledgerId);
    const head = await cache.head(ledgerId);
    if (head === undefined) throw new Error(`ledger ${ledgerId} has no head`);
    const placed = placeAll(pending, head, outcomes);
    if (placed.length === 0) return;

    const rollups = await rollupOperations(
      cache,
      ledgerId,
      head,
      placed.map(({ posting }) => ({ posting, sign: 1 })),
    );
    if (rollups === undefined) {
      cache.forget(ledgerId);
      continue;
    }
    if (placed.length + rollups.length > OPERATIONS_MAX)
      return recordHalves(access, ledgerId, placed, outcomes);
    const recordedAt = now();
    const creates = placed.map(
      (each): LedgerOperation => ({
        type: "create",
        document: toEntry(ledgerId, each, each.posting, recordedAt),
      }),
    );
    const result = await cache.commit(ledgerId, [...creates, ...rollups]);
    if (result.outcome === "committed") {
      for (const { delivery } of placed) outcomes.set(delivery, recorded);
      return;
    }
    pending = result.index < creates.length ? await withoutKnown(store, ledgerId, placed, outcomes) : placed;
  }
}

async function recordHalves(
  access: LedgerAccess,
  ledgerId: LedgerId,
  pending: readonly Pending[],
  outcomes: Map<Delivery, Outcome | "awaited">,
): Promise<void> {
  const middle = Math.ceil(pending.length / 2);
  await recordChunk(access, ledgerId, pending.slice(0, middle), outcomes);
  await recordChunk(access, ledgerId, pending.slice(middle), outcomes);
}

function placeAll(
  pending: readonly Pending[],
  head: Versioned<Head>,
  outcomes: Map<Delivery, Outcome | "awaited">,
): (Pending & { readonly posting: Posting })[] {
  return pending.flatMap((each) => {
    const placement = place(each.delivery.event, head.value, each.delivery.workspaceId);
    if (placement.outcome === "posted") return [{ ...each, posting: placement.posting }];
    outcomes.set(each.delivery, rejectedOutcome(placement.rejection));
    return [];
  });
}

/** Takes out what is in the ledger already, with its outcome. */
async function withoutKnown(
  store: LedgerStore,
  ledgerId: LedgerId,
  pending: readonly Pending[],
  outcomes: Map<Delivery, Outcome | "awaited">,
): Promise<Pending[]> {
  const known = new Map((await identify(store, ledgerId, pending)).map((fact) => [fact.id, fact]));
  return pending.filter(({ delivery, id, hash }) => {
    const fact = known.get(id);
    if (fact === undefined) return true;
    if (fact.kind === "awaited") outcomes.set(delivery, "awaited");
    else if (fact.hash !== hash) outcomes.set(delivery, rejectedOutcome(conflictingContent));
    else
      outcomes.set(delivery, fact.wasAwaited === true ? { status: "repeated", wasAwaited: true } : repeated);
    return false;
  });
}

async function identify(
  store: LedgerStore,
  ledgerId: LedgerId,
  pending: readonly Pending[],
): Promise<readonly KnownFact[]> {
  const [only, ...others] = pending;
  if (only === undefined) return [];
  if (others.length > 0)
    return store.identify(
      ledgerId,
      pending.map(({ id }) => id),
    );
  const fact = await store.readFact(ledgerId, only.id);
  if (fact === undefined) return [];
  const { value } = fact;
  const { id, kind } = value;
  if (value.kind === "awaited") return [{ id, kind }];
  return [{ id, kind, hash: value.hash, ...(value.kind === "entry" && { wasAwaited: value.wasAwaited }) }];
}

export function toEntry(
  ledgerId: LedgerId,
  { delivery, id, hash }: Pending,
  posting: Posting,
  recordedAt: string,
): Entry {
  const { source, id: eventId, type, time, data } = delivery.event;
  return {
    id,
    ledgerId,
    kind: "entry",
    event: { source, id: eventId, type, time, data },
    hash,
    recordedAt,
    ...posting,
  };
}
