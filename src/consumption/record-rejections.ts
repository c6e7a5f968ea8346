/**
 * The list of rejections, kept true to the ledgers (LE-09).
 * Invariants: what is rejected is listed before its message is completed; what was accepted after all is resolved, and a
 * reversal that others pushed out of its delivery is listed although its own message was completed long ago.
 */
import { entryIdOf, type LedgerId, ledgerIdOf } from "./entry.ts";
import { parseEventText, type Rejection } from "./event.ts";
import type { Outcome } from "./outcome.ts";
import type { LedgerAccess } from "./record-deliveries.ts";
import { refusalOf } from "./record-reversals.ts";
import { canonicalBody, newRejectedEvent, type RejectedEvent, rejectionIdOf } from "./rejected-event.ts";
import type { RejectedEventStore } from "./rejected-event-store.ts";

export type RejectionAccess = Pick<LedgerAccess, "store" | "now"> & {
  readonly rejectedEvents: RejectedEventStore;
};

/** Resolves those of these events that were accepted, unless another event has pushed them out since. */
export async function resolveAccepted(
  access: RejectionAccess,
  bodies: readonly string[],
  outcomes: readonly Outcome[],
): Promise<void> {
  for (const [index, body] of bodies.entries()) {
    if (outcomes[index]?.status === "rejected" || (await isRefused(access, body))) continue;
    await access.rejectedEvents.resolve(rejectionIdOf(body), access.now());
  }
}

/** Notes what became of rejections that were tried again: each stays where it was, in its month, until it is resolved. */
export async function noteAttempts(
  access: RejectionAccess,
  waiting: readonly RejectedEvent[],
  outcomes: readonly Outcome[],
): Promise<void> {
  const { rejectedEvents, now } = access;
  for (const [index, { id, month, body }] of waiting.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === "rejected")
      await rejectedEvents.put({ ...newRejectedEvent(body, outcome.rejection, now()), month });
    else if (!(await isRefused(access, body))) await rejectedEvents.resolveIn(month, id, now());
  }
}

/** Whether a reversal that was accepted has been pushed out by another one since. */
async function isRefused({ store }: RejectionAccess, body: string): Promise<boolean> {
  const parsed = parseEventText(body);
  if (parsed.outcome === "rejected" || parsed.event.kind !== "reversal") return false;
  const { customerId, agreementId } = parsed.event.data;
  const fact = await store.readFact(ledgerIdOf(customerId, agreementId), entryIdOf(parsed.event));
  return fact?.value.kind === "entry" && fact.value.state === "rejected";
}

/**
 * A reversal can push another one out or let it in: the list of rejections says how each of them stands now.
 * @param own the one that is being recorded: if it is refused, that is its outcome and listed with it.
 */
export async function reportReversals(
  access: RejectionAccess,
  ledgerId: LedgerId,
  entryIds: readonly string[],
  own?: string,
): Promise<void> {
  if (entryIds.length === 0) return;
  const reversals = await access.store.reversalsOf(ledgerId, entryIds);
  for (const { value } of reversals) {
    const body = canonicalBody(value.event);
    const others = reversals.filter((other) => other.value.reverses === value.reverses).length > 1;
    if (value.state === "rejected") {
      if (value.id !== own) await keep(access, body, refusalOf(value));
    } else if (others) await access.rejectedEvents.resolve(rejectionIdOf(body), access.now());
  }
}

export async function keep(
  { rejectedEvents, now }: RejectionAccess,
  body: string,
  rejection: Rejection,
): Promise<RejectedEvent> {
  const event = newRejectedEvent(body, rejection, now());
  await rejectedEvents.put(event);
  return event;
}
