/**
 * Moves what the current terms and links place elsewhere (CA-16): a case whose agreement or mapping came later leaves the
 * additional cases for its entitlement, or the other way round, and counts exactly once at any moment, because each move
 * and both of its roll-ups are one commit.
 * Invariants: a month is done when all of its roll-ups carry the revision of the head, which only a commit that is
 * conditional on what was read before its entries were can say; consumption of other services is never taken back.
 */
import type { Versioned } from "../platform/cosmos.ts";
import { type Entry, type Head, type LedgerId, type Placing, type Posting, withPosting } from "./entry.ts";
import { type DeliveryEvent, eventTypes, parseEvent } from "./event.ts";
import { type LedgerOperation, OPERATIONS_MAX } from "./ledger-store.ts";
import { ATTEMPTS_MAX } from "./outcome.ts";
import { place, reversalPosting } from "./posting.ts";
import { BATCH_BYTES_MAX, type LedgerAccess } from "./record-deliveries.ts";
import { addPosting, isCounted, newRollup, type Rollup, totalOf } from "./rollup.ts";
import { type PostingChange, rollupOperations } from "./rollup-changes.ts";

/** Entries moved by one commit; a move changes at most two roll-ups of its month, and a month has few accounts. */
const MOVES_MAX = 40;

/**
 * Settles the ledger to its current terms and links, month by month, until done or until the instant `deadline`.
 * @param rowsMax rows of the roll-ups that wait: a ledger with more of them is left as it is.
 * @returns whether it is done; if not, because of time or because others are always faster, calling it again goes on
 * where it stopped.
 */
export async function settleLedger(
  access: LedgerAccess,
  ledgerId: LedgerId,
  deadline: string,
  rowsMax = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = await access.store.readHead(ledgerId);
    if (head === undefined || head.value.settledRevision === head.value.revision) return true;
    const stale = (await access.store.allRollups(ledgerId)).filter(
      ({ value }) => value.revision < head.value.revision,
    );
    if (stale.reduce((sum, { value }) => sum + totalOf(value)[1], 0) > rowsMax) return false;
    for (const month of new Set(stale.map(({ value }) => value.month))) {
      if (!(await settleMonth(access, ledgerId, month, deadline))) return false;
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

async function settleMonth(
  access: LedgerAccess,
  ledgerId: LedgerId,
  month: string,
  deadline: string,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = await access.store.readHead(ledgerId);
    if (head === undefined) return true;
    const before = (await access.store.allRollups(ledgerId)).filter(({ value }) => value.month === month);
    const scan = await scanMonth(access, head, month, deadline);
    if (scan === "outOfTime") return false;
    // The tags read before the scan only hold while nothing moved: the next round finds nothing left to move.
    if (scan === "moved") continue;
    if (await commitAll(access, ledgerId, settledRollups(head, before, scan))) return true;
  }
  return false;
}

type Move = { readonly before: Versioned<Entry>; readonly after: Entry };

/**
 * Moves what it finds on the way, page by page: nothing but one page and sums is ever held.
 * @returns the month's roll-ups as its postings make them, if there was nothing to move.
 */
async function scanMonth(
  access: LedgerAccess,
  { value: head }: Versioned<Head>,
  month: string,
  deadline: string,
): Promise<ReadonlyMap<string, Rollup> | "moved" | "outOfTime"> {
  const { ledgerId, revision } = head;
  const rollups = new Map<string, Rollup>();
  let hasMoved = false;
  for await (const page of access.store.entries(ledgerId, month)) {
    const moving = page.filter(({ value }) => value.reverses === undefined && movesUnder(head, value));
    for (let start = 0; start < moving.length; start += MOVES_MAX) {
      if (access.now() > deadline) return "outOfTime";
      const groups = await groupsOf(access, head, moving.slice(start, start + MOVES_MAX));
      if (!(await moveAll(access, ledgerId, revision, groups))) return "moved";
    }
    hasMoved ||= moving.length > 0;
    if (!hasMoved)
      for (const { value } of page) if (isCounted(value)) addPosting(rollups, ledgerId, revision, value);
    if (access.now() > deadline) return "outOfTime";
  }
  return hasMoved ? "moved" : rollups;
}

/** Each delivery with its reversals. One that comes later changes the tag of its delivery, and the move is refused. */
async function groupsOf(
  { store }: LedgerAccess,
  head: Head,
  deliveries: readonly Versioned<Entry>[],
): Promise<readonly (readonly Move[])[]> {
  const ids = deliveries.map(({ value }) => value.id);
  const reversals = Map.groupBy(
    await store.reversalsOf(head.ledgerId, ids),
    ({ value }) => value.reverses ?? "",
  );
  return deliveries.map((before) => {
    const after = placedUnder(head, before.value);
    const counted = (reversals.get(before.value.id) ?? []).filter(({ value }) => isCounted(value));
    const behind = counted.map((each): Move => {
      const posting = reversalPosting(after, -each.value.quantity);
      return { before: each, after: withPosting(each.value, posting) };
    });
    return [{ before, after }, ...behind];
  });
}

/**
 * A delivery and its reversals move together; as many groups as fit go into one commit.
 * @returns false when somebody else was faster: what is left is found by the next scan.
 */
async function moveAll(
  access: LedgerAccess,
  ledgerId: LedgerId,
  revision: number,
  groups: readonly (readonly Move[])[],
): Promise<boolean> {
  let chunk: Move[] = [];
  let bytes = 0;
  for (const group of groups) {
    const size = group.reduce((sum, { after }) => sum + Buffer.byteLength(JSON.stringify(after)), 0);
    const isFull = chunk.length + group.length > MOVES_MAX || bytes + size > BATCH_BYTES_MAX;
    if (chunk.length > 0 && isFull) {
      if (!(await commitMoves(access, ledgerId, revision, chunk))) return false;
      chunk = [];
      bytes = 0;
    }
    chunk.push(...group);
    bytes += size;
  }
  return commitMoves(access, ledgerId, revision, chunk);
}

/**
 * @param revision of the head that the moves were found under: a newer one may have left the entries as they are.
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
  { value: { ledgerId, revision } }: Versioned<Head>,
  before: readonly Versioned<Rollup>[],
  folded: ReadonlyMap<string, Rollup>,
): LedgerOperation[] {
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

function movesUnder(placing: Placing, entry: Entry): boolean {
  const after = repost(placing, entry);
  return (
    after !== undefined &&
    (after.account !== entry.account || after.reasons?.join() !== entry.reasons?.join())
  );
}

function placedUnder(placing: Placing, entry: Entry): Entry {
  return withPosting(entry, repost(placing, entry) ?? entry);
}

/** @returns undefined for what stays where it is: what is no delivery, and what the terms would not accept any more. */
export function repost(placing: Placing, entry: Entry): Posting | undefined {
  const delivery = toDelivery(entry);
  if (delivery === undefined || entry.workspaceId === undefined) return undefined;
  const placement = place(delivery, placing, entry.workspaceId);
  return placement.outcome === "posted" ? placement.posting : undefined;
}

function toDelivery({ event }: Entry): DeliveryEvent | undefined {
  if (event.type !== eventTypes.deliveryRecorded) return undefined;
  const parsed = parseEvent({ specversion: "1.0", ...event });
  return parsed.outcome === "accepted" && parsed.event.kind === "delivery" ? parsed.event : undefined;
}
