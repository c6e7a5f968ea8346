/** Takes runs on as soon as the report that they wait for is over; what does not come to be here, the timer does. */
import type { CustomerId } from "../agreements/ids.ts";
import { advanceRun, type RunDependencies } from "./advance-run.ts";
import type { SubscriptionStore } from "./subscription-store.ts";

export type WaitingDependencies = RunDependencies & {
  readonly subscriptions: Pick<SubscriptionStore, "waitingFor">;
};

/** Never throws: whoever makes the report has made it. */
export async function advanceWaiting(
  dependencies: WaitingDependencies,
  customerId: CustomerId,
  reportId: string,
): Promise<void> {
  try {
    for (const { runId } of await dependencies.subscriptions.waitingFor(customerId, reportId))
      await advanceRun(dependencies, customerId, runId).catch(dependencies.onDelay);
  } catch (error) {
    dependencies.onDelay(error);
  }
}
