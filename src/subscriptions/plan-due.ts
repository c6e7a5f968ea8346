/**
 * Plans what is due of a subscription. Promise: the runs of what is due are created in the transaction that moves the
 * subscription on, conditional on the subscription as it was read; so a timer that is repeated, late, interrupted or not
 * alone plans each occurrence exactly once (EX-10).
 *
 * Cost: a point read, a query only where corrections are sent, and one transaction.
 */
import type { CustomerId } from "../agreements/ids.ts";
import { UnavailableError } from "../platform/errors.ts";
import { planned } from "./planned.ts";
import { lastSent, type Run } from "./run.ts";
import type { SubscriptionStore } from "./subscription-store.ts";

/** How often it is read anew when somebody else was faster. */
const ATTEMPTS_MAX = 5;
/** Runs that were sent, newest first, among which what was sent last is looked for. */
const DELIVERED_RUNS = 50;

export type PlannerDependencies = {
  readonly subscriptions: Pick<SubscriptionStore, "read" | "delivered" | "commit">;
  readonly now: () => string;
};

export type PlannedRuns = {
  readonly runs: readonly Run[];
  /** Names of occurrences that nothing is made for, because too much was missed: for the log. */
  readonly leftOut: readonly string[];
};

const NOTHING: PlannedRuns = { runs: [], leftOut: [] };

/** @returns what this call planned. @throws UnavailableError when others are always faster. */
export async function planDue(
  { subscriptions, now }: PlannerDependencies,
  customerId: CustomerId,
  subscriptionId: string,
): Promise<PlannedRuns> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const known = await subscriptions.read(customerId, subscriptionId);
    const at = now();
    if (known === undefined || known.value.nextDueAt === null || known.value.nextDueAt > at) return NOTHING;
    const delivered = known.value.sendsCorrections
      ? await subscriptions.delivered(customerId, subscriptionId, DELIVERED_RUNS)
      : [];
    const { after, runs, leftOut } = planned(known.value, lastSent(delivered), at);
    const writes = [{ document: after, etag: known.etag }];
    const { outcome } = await subscriptions.commit({ customerId, writes, created: runs });
    if (outcome === "committed") return { runs, leftOut };
  }
  throw new UnavailableError(1, `others are always faster to plan subscription ${subscriptionId}`);
}
