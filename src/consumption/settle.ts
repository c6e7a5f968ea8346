/**
 * Moves what the current terms place elsewhere (CA-16): a case whose agreement or mapping came later leaves the additional
 * cases for its entitlement, or the other way round, and counts exactly once at any moment, because each move and both
 * of its roll-ups are one commit.
 * Invariants: a month is done when all of its roll-ups carry the revision of the terms, which only a commit that is
 * conditional on what was read before its entries were can say; consumption of other services is never taken back.
 */
import type { Terms } from "../agreements/terms.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { type Entry, type Head, type LedgerId, type Posting, withPosting } from "./entry.ts";
import { type DeliveryEvent, eventTypes, parseEvent } from "./event.ts";
import { type LedgerOperation, OPERATIONS_MAX } from "./ledger-store.ts";
import { ATTEMPTS_MAX, ContentionError } from "./outcome.ts";
import { place, reversalPosting } from "./posting.ts";
import { BATCH_BYTES_MAX, type LedgerAccess } from "./record-deliveries.ts";
import { type CountedPosting, foldRollups, isCounted, newRollup, type Rollup } from "./rollup.ts";
import { type PostingChange, rollupOperations } from "./rollup-changes.ts";

/** Entries moved by one commit; a move changes at most two roll-ups of its month, and a month has few accounts. */
const MOVES_MAX = 40;

/**
 * Settles the ledger to its current terms, month by month, until done or until the instant `deadline`.
 * @returns whether it is done; if not, calling it again goes on where it stopped.
 */
export async function settleLedger(
  access: LedgerAccess,
  ledgerId: LedgerId,
  deadline: string,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = await access.store.readHead(ledgerId);
    if (head === undefined || head.value.settledRevision === head.value.revision) return true;
    const stale = (await access.store.allRollups(ledgerId)).filter(
      ({ value }) => value.revision < head.value.revision,
    );
    for (const month of new Set(stale.map(({ value }) => value.month))) {
      if (access.now() > deadline) return false;
      await settleMonth(access, ledgerId, month);
    }
    if (await finish(access, ledgerId, head)) return true;
  }
  return false;
}

/** Conditional on the head as it was before the roll-ups were listed: a roll-up that came since has touched it. */
async function finish({ cache }: LedgerAccess, ledgerId: LedgerId, head: Versioned<Head>): Promise<boolean> {
  const document: Head = { ...head.value, settledRevision: head.value.revision };
  const result = await cache.commit(ledgerId, [{ type: "replace", document, etag: head.etag }]);
  return result.outcome === "committed";
}

async function settleMonth(access: LedgerAccess, ledgerId: LedgerId, month: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = await access.store.readHead(ledgerId);
    if (head === undefined) return;
    const before = (await access.store.allRollups(ledgerId)).filter(({ value }) => value.month === month);
    const scan = await scanMonth(access, ledgerId, month, head.value.terms);
    const moved = await moveAll(access, ledgerId, head.value.revision, scan.moves);
    // The tags read before the scan only hold while nothing moved: the next round finds nothing left to move.
    if (moved > 0) continue;
    if (await commitAll(access, ledgerId, settledRollups(ledgerId, head, before, scan.postings))) return;
  }
  throw new ContentionError(ledgerId);
}

type Move = { readonly before: Versioned<Entry>; readonly after: Entry };

async function scanMonth(
  { store }: LedgerAccess,
  ledgerId: LedgerId,
  month: string,
  terms: Terms | undefined,
): Promise<{ readonly moves: readonly (readonly Move[])[]; readonly postings: readonly CountedPosting[] }> {
  const placed = new Map<string, Versioned<Entry>>();
  const postings: CountedPosting[] = [];
  const reversals: Versioned<Entry>[] = [];
  const groups = new Map<string, Move[]>();
  for await (const page of store.entries(ledgerId, month)) {
    for (const entry of page) {
      if (isCounted(entry.value)) postings.push(countedPart(entry.value));
      if (entry.value.reverses !== undefined) reversals.push(entry);
      else if (movesUnder(terms, entry.value)) placed.set(entry.value.id, entry);
    }
  }
  for (const [id, before] of placed) groups.set(id, [{ before, after: placedUnder(terms, before.value) }]);
  for (const before of reversals) {
    const group = groups.get(before.value.reverses ?? "");
    const [delivery] = group ?? [];
    if (group === undefined || delivery === undefined || !isCounted(before.value)) continue;
    group.push({
      before,
      after: withPosting(before.value, reversalPosting(delivery.after, -before.value.quantity)),
    });
  }
  return { moves: [...groups.values()], postings };
}

/** A delivery and its reversals move together; as many groups as fit go into one commit. */
async function moveAll(
  access: LedgerAccess,
  ledgerId: LedgerId,
  revision: number,
  groups: readonly (readonly Move[])[],
): Promise<number> {
  let moved = 0;
  let chunk: Move[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (chunk.length > 0 && (await commitMoves(access, ledgerId, revision, chunk))) moved += chunk.length;
    else if (chunk.length > 0) moved += 1;
    chunk = [];
    bytes = 0;
  };
  for (const group of groups) {
    const size = group.reduce((sum, { after }) => sum + Buffer.byteLength(JSON.stringify(after)), 0);
    const isFull = chunk.length + group.length > MOVES_MAX || bytes + size > BATCH_BYTES_MAX;
    if (chunk.length > 0 && isFull) await flush();
    chunk.push(...group);
    bytes += size;
  }
  await flush();
  return moved;
}

/**
 * @param revision of the terms that the moves were found under: newer ones may have left the entries as they are.
 * @returns false when somebody else was faster: the next round scans again.
 */
async function commitMoves(
  access: LedgerAccess,
  ledgerId: LedgerId,
  revision: number,
  moves: readonly Move[],
): Promise<boolean> {
  const { cache } = access;
  cache.forget(ledgerId);
  const head = await cache.head(ledgerId);
  if (head === undefined || head.value.revision !== revision) return false;
  const changes = moves.flatMap(({ before, after }): PostingChange[] => [
    { posting: before.value, sign: -1 },
    { posting: after, sign: 1 },
  ]);
  const rollups = await rollupOperations(cache, ledgerId, head, changes);
  if (rollups === undefined) return false;
  const entries = moves.map(
    ({ before, after }): LedgerOperation => ({ type: "replace", document: after, etag: before.etag }),
  );
  const result = await cache.commit(ledgerId, [...entries, ...rollups]);
  return result.outcome === "committed";
}

/** The month's roll-ups as its postings make them, at the head's revision. */
function settledRollups(
  ledgerId: LedgerId,
  head: Versioned<Head>,
  before: readonly Versioned<Rollup>[],
  postings: readonly CountedPosting[],
): LedgerOperation[] {
  const { revision } = head.value;
  const folded = foldRollups(ledgerId, revision, postings);
  return before.map(({ value, etag }) => ({
    type: "replace",
    document: folded.get(value.id) ?? newRollup(ledgerId, value.account, value.month, revision),
    etag,
  }));
}

/** Each operation is conditional by itself, so what does not fit one transaction may take several. */
async function commitAll(
  { cache }: LedgerAccess,
  ledgerId: LedgerId,
  operations: readonly LedgerOperation[],
): Promise<boolean> {
  for (let start = 0; start < operations.length; start += OPERATIONS_MAX) {
    const result = await cache.commit(ledgerId, operations.slice(start, start + OPERATIONS_MAX));
    if (result.outcome === "refused") return false;
  }
  return true;
}

const countedPart = ({ account, at, workspaceId, quantity, state }: CountedPosting): CountedPosting => ({
  account,
  at,
  workspaceId,
  quantity,
  state,
});

function movesUnder(terms: Terms | undefined, entry: Entry): boolean {
  const after = repost(terms, entry);
  return (
    after !== undefined &&
    (after.account !== entry.account || after.reasons?.join() !== entry.reasons?.join())
  );
}

function placedUnder(terms: Terms | undefined, entry: Entry): Entry {
  return withPosting(entry, repost(terms, entry) ?? entry);
}

/** @returns undefined for what stays where it is: what is no delivery, and what the terms would not accept any more. */
export function repost(terms: Terms | undefined, entry: Entry): Posting | undefined {
  const delivery = toDelivery(entry);
  if (delivery === undefined || entry.workspaceId === undefined) return undefined;
  const placement = place(delivery, terms, entry.workspaceId);
  return placement.outcome === "posted" ? placement.posting : undefined;
}

function toDelivery({ event }: Entry): DeliveryEvent | undefined {
  if (event.type !== eventTypes.deliveryRecorded) return undefined;
  const parsed = parseEvent({ specversion: "1.0", ...event });
  return parsed.outcome === "accepted" && parsed.event.kind === "delivery" ? parsed.event : undefined;
}
