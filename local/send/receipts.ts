import { setTimeout as delay } from "node:timers/promises";
import type { EventLine } from "./batches.ts";
import type { EventsClient, Outcome, Posted } from "./client.ts";
import { CannotSendError } from "./sender.ts";
import { reject, type Tally } from "./tally.ts";

const RECEIPTS_PER_REQUEST = 100;
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 2_000;
const PATIENCE_MS = 120_000;
const UNKNOWN_RECEIPT = { code: "UnknownReceipt", message: "the service no longer knows it: send it again" };

/** Receipts that are not settled, each with its events: the same event twice has one receipt. */
export type Pending = Map<string, EventLine[]>;

type SettleOptions = {
  readonly client: EventsClient;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly patienceMs?: number | undefined;
  readonly onMove: () => void;
};

/** Asks until at most `downTo` receipts are left. @throws CannotSendError when nothing moves for too long. */
export async function settle(pending: Pending, downTo: number, options: SettleOptions): Promise<void> {
  const { client, tally, signal, onMove } = options;
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  let wait = FIRST_WAIT_MS;
  let movedAt = performance.now();
  while (pending.size > downTo) {
    const receipts = firstOf(pending.keys(), RECEIPTS_PER_REQUEST);
    const answers = await client.outcomes(receipts);
    const settled = settleAll(receipts, answers, pending, tally);
    if (settled > 0) {
      wait = FIRST_WAIT_MS;
      movedAt = performance.now();
      onMove();
      continue;
    }
    if (performance.now() - movedAt > patienceMs) {
      throw new CannotSendError(
        `For ${Math.round(patienceMs / 1000)} s none of ${pending.size} accepted events was recorded. Run again to go on`,
      );
    }
    await delay(wait, undefined, { signal });
    wait = Math.min(wait * 2, MAX_WAIT_MS);
  }
}

function firstOf(receipts: Iterable<string>, limit: number): readonly string[] {
  const first: string[] = [];
  for (const receipt of receipts) {
    if (first.length === limit) break;
    first.push(receipt);
  }
  return first;
}

/** How many receipts were settled. The others go to the end, so that one slow event hides no progress. */
function settleAll(
  receipts: readonly string[],
  answers: readonly Outcome[],
  pending: Pending,
  tally: Tally,
): number {
  const outcomes = new Map(answers.map((answer) => [answer.receipt, answer]));
  let settled = 0;
  for (const receipt of receipts) {
    const events = pending.get(receipt) ?? [];
    const outcome = outcomes.get(receipt);
    pending.delete(receipt);
    if (outcome === undefined || outcome.status === "pending") {
      pending.set(receipt, events);
      continue;
    }
    settled += 1;
    tally.pending -= events.length;
    for (const [index, event] of events.entries()) {
      if (outcome.status === "rejected") rejectEvent(tally, event, outcome.error);
      else if (outcome.status === "unknown") rejectEvent(tally, event, UNKNOWN_RECEIPT);
      else if (outcome.status === "recorded" && index === 0) tally.recorded += 1;
      else tally.repeated += 1;
    }
  }
  return settled;
}

export function rejectEvent(tally: Tally, { line, id }: EventLine, error: Posted["error"]): void {
  reject(tally, error?.code ?? "NoReason", { line, id, message: error?.message ?? "" });
}
