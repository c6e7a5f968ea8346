import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { CustomerId } from "../../src/agreements/ids.ts";
import type { App } from "../../src/platform/wiring.ts";
import { advanceRun, type RunDependencies } from "../../src/subscriptions/advance-run.ts";
import { type PlannerDependencies, planDue } from "../../src/subscriptions/plan-due.ts";
import type { SubscriptionStore } from "../../src/subscriptions/subscription-store.ts";
import { inTurn, runOf, type Run as TimerRun } from "./in-turn.ts";

/** In one run of the timer, of each; of more, those that have waited longest, and the others in the next. */
const SUBSCRIPTIONS_PER_RUN = 500;
const RUNS_PER_RUN = 500;

/**
 * Plans what is due of every subscription, and takes each open run as far as it comes. Repeated, late and overlapping runs
 * of the timer plan and send nothing twice (EX-10).
 */
export function registerSubscriptions(app: App): void {
  functions.timer("runSubscriptions", {
    schedule: "%SUBSCRIPTION_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => runSubscriptions(app, runOf(context)),
  });
}

export type SubscriptionTimer = {
  readonly subscriptions: RunDependencies &
    PlannerDependencies & { readonly subscriptions: Pick<SubscriptionStore, "due" | "openRuns"> };
};

/** What was planned is taken on at once; what waits is a turn of its own, so that one which fails holds up no other. */
export async function runSubscriptions({ subscriptions }: SubscriptionTimer, run: TimerRun): Promise<void> {
  const store = subscriptions.subscriptions;
  const now = new Date(run.now()).toISOString();
  const [due, open] = await Promise.all([
    store.due(now, SUBSCRIPTIONS_PER_RUN),
    store.openRuns(now, RUNS_PER_RUN),
  ]);
  const counts = { planned: 0, leftOut: 0, ended: 0 };
  const advance = async (customerId: CustomerId, runId: string): Promise<void> => {
    const status = await advanceRun(subscriptions, customerId, runId);
    if (status === "delivered" || status === "skipped" || status === "failed") counts.ended += 1;
  };
  const plan = async (customerId: CustomerId, subscriptionId: string): Promise<void> => {
    const { runs, leftOut } = await planDue(subscriptions, customerId, subscriptionId);
    counts.planned += runs.length;
    counts.leftOut += leftOut.length;
    if (leftOut.length > 0)
      run.log.info(JSON.stringify({ event: "occurrencesLeftOut", customerId, subscriptionId, leftOut }));
    // One after another: each may read a year of figures. What fails is an open run, and no reason to leave the next.
    const failures: unknown[] = [];
    for (const { runId } of runs) {
      await advance(customerId, runId).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, `runs of ${subscriptionId} failed`);
  };
  const turns = new Map([
    ...due.map(
      (job) =>
        [
          `due/${job.customerId}/${job.subscriptionId}`,
          () => plan(job.customerId, job.subscriptionId),
        ] as const,
    ),
    ...open.map(
      (job) => [`run/${job.customerId}/${job.runId}`, () => advance(job.customerId, job.runId)] as const,
    ),
  ]);
  await inTurn(
    run,
    "runSubscriptions",
    [...turns.keys()],
    async (id) => turns.get(id)?.(),
    () => counts,
  );
}
