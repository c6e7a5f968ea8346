/**
 * Reading one's own writes: a read that names receipts waits until their events are visible, within bounds.
 * Invariants: a receipt costs three point reads for each look and the looks become rarer, so `LOOKS_MAX` of them cover
 * the longest wait; waiting holds no more than `WAITING_MAX` of the requests that the host takes at once, and whoever comes
 * on top is answered at once with what is there.
 *
 * A delivery or reversal is visible with its entry, since its sums are the same commit, and what is told of a support
 * request with its fact, since the request is. An agreement event is when what
 * follows from it is done too: it is shown with its customer, and cases have moved (CA-16).
 */
import { covers, type Scope } from "../access/grant.ts";
import { NotFoundError } from "../platform/errors.ts";
import { monthOf } from "./entry.ts";
import type { LedgerStore } from "./ledger-store.ts";
import {
  customerOfReceipt,
  openReceipt,
  type Receipt,
  type ReceiptOutcome,
  statusByFact,
  statusByRejections,
} from "./receipt.ts";
import type { RejectedEventStore } from "./rejected-event-store.ts";
import type { RequestFacts } from "./request-recorder.ts";

/** Receipts of one read: more do not fit its address. */
export const AWAITED_MAX = 10;
export const WAIT_SECONDS_MAX = 30;
export const WAIT_SECONDS_DEFAULT = 10;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** Pauses of 50, 100 … 1,600 and then 2,000 ms are 20 within 30 s; one look before each, and the last. */
export const LOOKS_MAX = 21;
/** Half of the requests that the host takes at once (`maxConcurrentRequests` in host.json). */
export const WAITING_MAX = 50;

export type FreshnessDeps = {
  readonly store: Pick<LedgerStore, "readFact" | "readHead">;
  readonly rejectedEvents: Pick<RejectedEventStore, "find">;
  readonly requestFacts: RequestFacts;
};

export type Clock = {
  /** Since any moment; it never goes back. */
  readonly elapsedMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
};

type Freshness = {
  /** `rejected`: it is decided of all, and at least one was rejected; `timedOut`: it is not decided of all. */
  readonly status: "reached" | "timedOut" | "rejected";
  readonly waitedMilliseconds: number;
};

export type WaitFor = (receipts: readonly Receipt[], now: Date, waitMs: number) => Promise<Freshness>;

/**
 * The receipts, as far as the caller may know of their events.
 * @throws NotFoundError where one was not made here or is about something else, whatever the reason; nothing is read.
 */
export function openReceipts(
  texts: readonly string[],
  mayKnow: (receipt: Receipt) => boolean,
  { signingKey, now }: { readonly signingKey: Uint8Array; readonly now: Date },
): readonly Receipt[] {
  return texts.map((text) => {
    const receipt = openReceipt(text, signingKey, now);
    if (receipt === undefined || !mayKnow(receipt))
      throw new NotFoundError("a receipt that the caller was not given");
    return receipt;
  });
}

/** Whoever reads the consumption of a customer. Whoever sees only some workspaces knows of deliveries there. */
export const mayKnowAt =
  (customerId: string, scope: Scope) =>
  (receipt: Receipt): boolean =>
    customerOfReceipt(receipt) === customerId &&
    (scope.kind === "all" || (receipt.w !== undefined && covers(scope, receipt.w)));

/** One for each instance of the app: it counts who waits. */
export function createWaiting(deps: FreshnessDeps, clock: Clock): WaitFor {
  let waiting = 0;
  return async (receipts, now, waitMs) => {
    const startedMs = clock.elapsedMs();
    const waitedMs = (): number => Math.round(clock.elapsedMs() - startedMs);
    const lookAgain = async (pending: readonly Receipt[]): Promise<Looked> =>
      look(deps, pending, new Date(now.getTime() + waitedMs()).toISOString());
    let seen = await lookAgain(receipts);
    let isRejected = seen.isRejected;
    if (seen.pending.length > 0 && waiting < WAITING_MAX) {
      waiting += 1;
      try {
        for (let pauseMs = FIRST_PAUSE_MS; seen.pending.length > 0; pauseMs *= 2) {
          const leftMs = waitMs - waitedMs();
          if (leftMs <= 0) break;
          await clock.pause(Math.min(pauseMs, LONGEST_PAUSE_MS, leftMs));
          seen = await lookAgain(seen.pending);
          isRejected ||= seen.isRejected;
        }
      } finally {
        waiting -= 1;
      }
    }
    const decided = isRejected ? "rejected" : "reached";
    return { status: seen.pending.length > 0 ? "timedOut" : decided, waitedMilliseconds: waitedMs() };
  };
}

type Looked = { readonly pending: readonly Receipt[]; readonly isRejected: boolean };

async function look(deps: FreshnessDeps, receipts: readonly Receipt[], now: string): Promise<Looked> {
  const outcomes = await Promise.all(receipts.map((receipt) => outcomeOf(deps, receipt, now)));
  return {
    pending: receipts.filter((_, index) => outcomes[index] === undefined),
    isRejected: outcomes.some((outcome) => outcome?.status === "rejected"),
  };
}

/** @returns undefined while the event is on its way. */
async function outcomeOf(
  { store, rejectedEvents, requestFacts }: FreshnessDeps,
  receipt: Receipt,
  now: string,
): Promise<ReceiptOutcome | undefined> {
  const fact =
    receipt.n === undefined
      ? (await store.readFact(receipt.l, receipt.e))?.value
      : (await requestFacts.find(customerOfReceipt(receipt), [receipt.e]))[0];
  const outcome = statusByFact(receipt, fact);
  if (outcome !== undefined) {
    const hasFollowed =
      fact?.kind !== "agreementEntry" || outcome.status === "rejected" || (await isSettled(store, receipt));
    return hasFollowed ? outcome : undefined;
  }
  const months = [...new Set([monthOf(receipt.t), monthOf(now)])];
  const rejections = await Promise.all(months.map((month) => rejectedEvents.find(month, receipt.r)));
  return statusByRejections(
    receipt,
    rejections.flatMap((rejection) => (rejection === undefined ? [] : [rejection.value])),
  );
}

/** Written with an agreement event, the mark on the head goes when its customer is told and what waited was tried again. */
async function isSettled(store: FreshnessDeps["store"], { l }: Receipt): Promise<boolean> {
  const head = (await store.readHead(l))?.value;
  return head !== undefined && head.mending === undefined && head.settledRevision === head.revision;
}
