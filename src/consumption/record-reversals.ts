/**
 * A delivery and its reversals, in whatever order they come (LE-05).
 * Invariants: each commit that changes what a delivery's reversals take is conditional on the delivery's document, or on
 * the `awaited` one in its place, so two of them cannot miss each other; the shares are those of `shareReversals`.
 */
import type { Versioned } from "../platform/cosmos.ts";
import { contentHashOf, type Entry, entryIdOf, type LedgerId, type Posting, withPosting } from "./entry.ts";
import { eventTypes, type Rejection, type ReversalEvent } from "./event.ts";
import type { FactDocument, LedgerDocument, LedgerOperation } from "./ledger-store.ts";
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
import {
  idlePosting,
  place,
  type ReversalClaim,
  refusal,
  reversalPosting,
  shareReversals,
} from "./posting.ts";
import { type Delivery, type LedgerAccess, toEntry } from "./record-deliveries.ts";
import { type PostingChange, rollupOperations } from "./rollup-changes.ts";

/** Reversals of one delivery: all of them must fit in one transaction. */
const REVERSALS_MAX = 80;

const notReversible = refusal("notReversible", "what it names is not a delivery", "data.reverses");
const tooManyReversals = refusal(
  "tooManyReversals",
  `a delivery has at most ${REVERSALS_MAX} reversals`,
  "data.reverses",
);

/** Tries until nobody else was faster: an attempt that was is undefined and reads everything again. */
async function retry(
  { cache }: LedgerAccess,
  ledgerId: LedgerId,
  attempt: () => Promise<Outcome | undefined>,
): Promise<Outcome> {
  for (let count = 0; count < ATTEMPTS_MAX; count++) {
    const outcome = await attempt();
    if (outcome !== undefined) return outcome;
    cache.forget(ledgerId);
  }
  throw new ContentionError(ledgerId);
}

export function recordReversal(
  access: LedgerAccess,
  ledgerId: LedgerId,
  { event }: Incoming<ReversalEvent>,
): Promise<Outcome> {
  const { store } = access;
  const id = entryIdOf(event);
  const deliveryId = entryIdOf(event.data.reverses);
  return retry(access, ledgerId, async () => {
    const own = await store.readFact(ledgerId, id);
    if (own !== undefined && own.value.kind !== "awaited")
      return againstKnown(own.value, contentHashOf(event));
    const entry = reversalEntry(
      access,
      ledgerId,
      event,
      idlePosting(event.time, deliveryId, { state: "awaiting" }),
    );
    // Reversals of what turns out to be a reversal itself can never count.
    const behind = own === undefined ? [] : (await store.reversalsOf(ledgerId, [id])).map(refuseReversal);

    const target = await store.readFact(ledgerId, deliveryId);
    const others = target === undefined ? [] : await store.reversalsOf(ledgerId, [deliveryId]);
    if (others.length >= REVERSALS_MAX) return rejectedOutcome(tooManyReversals);
    // An event that names itself waits for nothing: it is no delivery.
    if (deliveryId !== id && (target === undefined || target.value.kind === "awaited")) {
      const holder = inPlace(target, { id: deliveryId, ledgerId, kind: "awaited" });
      return commit(access, ledgerId, [inPlace(own, entry), holder, ...behind], recorded);
    }
    const delivery = target === undefined ? undefined : asDelivery(target);
    if (delivery === undefined) {
      const refused = withPosting(entry, refusedPosting(entry, notReversible));
      return commit(access, ledgerId, [inPlace(own, refused), ...behind], rejectedOutcome(notReversible));
    }
    const guard: LedgerOperation = { type: "replace", document: delivery.value, etag: delivery.etag };
    const shared = shareAmong(delivery.value, [
      ...others.map(toMember),
      { value: entry, before: own, isNew: true },
    ]);
    return commitShared(access, ledgerId, [guard, ...behind], [], shared, shared.refusals.get(id));
  });
}

/** A delivery that finds the `awaited` document of an earlier reversal in its place. */
export function recordAwaitedDelivery(
  access: LedgerAccess,
  ledgerId: LedgerId,
  delivery: Delivery,
): Promise<Outcome> {
  const { event, workspaceId } = delivery;
  const id = entryIdOf(event);
  const hash = contentHashOf(event);
  return retry(access, ledgerId, async () => {
    const holder = await access.store.readFact(ledgerId, id);
    if (holder !== undefined && holder.value.kind !== "awaited") return againstKnown(holder.value, hash);
    const reversals = await access.store.reversalsOf(ledgerId, [id]);
    const head = await access.cache.head(ledgerId);
    if (head === undefined) throw new Error(`ledger ${ledgerId} has no head`);
    const placement = place(event, head.value, workspaceId);
    if (placement.outcome === "rejected") return rejectedOutcome(placement.rejection);
    const posted = toEntry(ledgerId, { delivery, id, hash }, placement.posting, access.now());
    const entry: Entry = { ...posted, wasAwaited: true };
    const shared = shareAmong(entry, reversals.map(toMember));
    const own: PostingChange = { posting: entry, sign: 1 };
    return commitShared(access, ledgerId, [inPlace(holder, entry)], [own], shared, undefined);
  });
}

type Member = {
  readonly value: Entry;
  readonly before: Versioned<FactDocument> | undefined;
  readonly isNew: boolean;
};
type Shared = {
  readonly operations: readonly LedgerOperation[];
  readonly changes: readonly PostingChange[];
  readonly refusals: ReadonlyMap<string, Rejection>;
};

/** What changes when the delivery is shared among these reversals. */
function shareAmong(delivery: Entry, members: readonly Member[]): Shared {
  const shares = shareReversals(
    delivery.quantity,
    members.map(({ value }) => toClaim(value)),
  );
  const operations: LedgerOperation[] = [];
  const changes: PostingChange[] = [];
  const refusals = new Map<string, Rejection>();
  for (const { value, before, isNew } of members) {
    const share = shares.get(value.id);
    if (share === undefined) continue;
    if ("rejection" in share) refusals.set(value.id, share.rejection);
    const posting =
      "quantity" in share
        ? reversalPosting(delivery, share.quantity)
        : refusedPosting(value, share.rejection);
    const document = withPosting(value, posting);
    if (
      !isNew &&
      document.quantity === value.quantity &&
      document.state === value.state &&
      document.code === value.code
    ) {
      continue;
    }
    if (!isNew) changes.push({ posting: value, sign: -1 });
    changes.push({ posting: document, sign: 1 });
    operations.push(inPlace(before, document));
  }
  return { operations, changes, refusals };
}

async function commitShared(
  access: LedgerAccess,
  ledgerId: LedgerId,
  guards: readonly LedgerOperation[],
  ownChanges: readonly PostingChange[],
  shared: Shared,
  refused: Rejection | undefined,
): Promise<Outcome | undefined> {
  const head = await access.cache.head(ledgerId);
  if (head === undefined) throw new Error(`ledger ${ledgerId} has no head`);
  const rollups = await rollupOperations(access.cache, ledgerId, head, [...ownChanges, ...shared.changes]);
  if (rollups === undefined) return undefined;
  const outcome = refused === undefined ? recorded : rejectedOutcome(refused);
  return commit(access, ledgerId, [...guards, ...shared.operations, ...rollups], outcome);
}

async function commit(
  { cache }: LedgerAccess,
  ledgerId: LedgerId,
  operations: readonly LedgerOperation[],
  outcome: Outcome,
): Promise<Outcome | undefined> {
  const result = await cache.commit(ledgerId, operations);
  return result.outcome === "committed" ? outcome : undefined;
}

function againstKnown(known: Exclude<FactDocument, { kind: "awaited" }>, hash: string): Outcome {
  if (known.hash !== hash) return rejectedOutcome(conflictingContent);
  if (known.kind === "entry" && known.state === "rejected") return rejectedOutcome(refusalOf(known));
  return repeated;
}

/** Why a reversal in the ledger counts nothing, in the words of the rejection list. */
export function refusalOf({ code = "rejected" }: { readonly code?: string | undefined }): Rejection {
  const message =
    code === notReversible.code ? notReversible.message : "asks for more than is left of the delivery";
  return refusal(code, message, "data.reverses");
}

function asDelivery({ value, etag }: Versioned<FactDocument>): Versioned<Entry> | undefined {
  return value.kind === "entry" && value.event.type === eventTypes.deliveryRecorded
    ? { value, etag }
    : undefined;
}

function refusedPosting({ event, reverses = "" }: Entry, rejection: Rejection): Posting {
  return idlePosting(event.time, reverses, { state: "rejected", code: rejection.code });
}

export function refuseReversal({ value, etag }: Versioned<Entry>): LedgerOperation {
  return { type: "replace", document: withPosting(value, refusedPosting(value, notReversible)), etag };
}

const toMember = (member: Versioned<Entry>): Member => ({
  value: member.value,
  before: member,
  isNew: false,
});

function inPlace(before: Versioned<FactDocument> | undefined, document: LedgerDocument): LedgerOperation {
  return before === undefined
    ? { type: "create", document }
    : { type: "replace", document, etag: before.etag };
}

export function toClaim({ id, event }: Entry): ReversalClaim {
  const { quantity } = event.data;
  return {
    entryId: id,
    time: event.time,
    source: event.source,
    id: event.id,
    quantity: typeof quantity === "number" ? quantity : undefined,
  };
}

function reversalEntry(
  { now }: LedgerAccess,
  ledgerId: LedgerId,
  event: ReversalEvent,
  posting: Posting,
): Entry {
  const { source, id, type, time, data } = event;
  return {
    id: entryIdOf(event),
    ledgerId,
    kind: "entry",
    event: { source, id, type, time, data },
    hash: contentHashOf(event),
    recordedAt: now(),
    ...posting,
  };
}
