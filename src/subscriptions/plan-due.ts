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
import type { Run } from "./run.ts";
import type { SubscriptionStore } from "./subscription-store.ts";

/** How often it is read anew when somebody else was faster. */
const ATTEMPTS_MAX = 5;
/** The newest runs, among which those are looked for whose occurrences are looked at again. */
const RECENT_RUNS = 50;

export type PlannerDependencies = {
  readonly subscriptions: Pick<SubscriptionStore, "read" | "runs" | "commit">;
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
    const recent = known.value.sendsCorrections
      ? await recentRuns(subscriptions, customerId, subscriptionId)
      : [];
    const { after, runs, leftOut } = planned(known.value, recent, at);
    const writes = [{ document: after, etag: known.etag }];
    const { outcome } = await subscriptions.commit({ customerId, writes, created: runs });
    if (outcome === "committed") return { runs, leftOut };
  }
  throw new UnavailableError(1, `others are always faster to plan subscription ${subscriptionId}`);
}

/** Newest first: what `planned` and a change of the schedule have to know. */
export const recentRuns = (
  { runs }: Pick<SubscriptionStore, "runs">,
  customerId: CustomerId,
  subscriptionId: string,
): Promise<readonly Run[]> => runs(customerId, subscriptionId, { after: undefined, limit: RECENT_RUNS });
