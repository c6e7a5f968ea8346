import { expect } from "vitest";
import { periodText } from "../../src/reports/period.ts";
import { CAUGHT_UP_MAX } from "../../src/subscriptions/planned.ts";
import type { Run } from "../../src/subscriptions/run.ts";
import { dueBetween } from "../../src/subscriptions/schedule.ts";
import type { Subscription } from "../../src/subscriptions/subscription.ts";
import type { SubscriptionWorld } from "./subscription-world.ts";

const OCCURRENCES_MAX = 400;

/**
 * Every run is over: each delivered once to each recipient, by one link, one message and one entry in the audit trail, and
 * every other with its reason; and no run made two reports, but for those that were made and must not be sent.
 */
export async function expectEachOnce(world: SubscriptionWorld): Promise<void> {
  const runs = world.kept("reportRun");
  const deliveries = world.kept("reportDelivery");
  const reports = new Map((await world.allReports()).map((report) => [report.id, report]));
  for (const run of runs) {
    const own = deliveries.filter(({ runId }) => runId === run.runId);
    expect([run.lookAt, own.length], run.runId).toEqual([undefined, run.deliveries]);
    if (run.status !== "delivered") {
      expect([own, run.reason?.code], run.runId).toEqual([[], expect.any(String)]);
      continue;
    }
    const subscription = subscriptionOf(world, run);
    const emails = subscription.recipients.map(({ email }) => email);
    expect(own.map(({ email }) => email).toSorted(), run.runId).toEqual(emails.toSorted());
    const report = run.reportId === undefined ? undefined : reports.get(run.reportId);
    expect([report?.status, report?.period], run.runId).toEqual(["succeeded", run.period]);
  }
  const links = world
    .kept("message")
    .flatMap(({ to, content }) =>
      content.template === "reportReady" ? [`${content.deliveryId} ${to.email}`] : [],
    );
  expect(links.toSorted()).toEqual(deliveries.map((each) => `${each.deliveryId} ${each.email}`).toSorted());
  const entries = world.kept("auditEntry").filter(({ action }) => action === "reportDelivered");
  expect(entries).toHaveLength(runs.filter(({ status }) => status === "delivered").length);
  // A run that was interrupted may find at its second look what another subscription had made meanwhile.
  const keyOf = ({ period }: Pick<Run, "period">): string => periodText(period);
  for (const [period, made] of Map.groupBy(reports.values(), keyOf))
    expect(made.length, period).toBeLessThanOrEqual(
      runs
        .filter((run) => keyOf(run) === period)
        .reduce((most, { unsent }) => most + 1 + (unsent?.length ?? 0), 0),
    );
}

function subscriptionOf(world: SubscriptionWorld, run: Run): Subscription {
  const found = world
    .kept("reportSubscription")
    .find(({ subscriptionId }) => subscriptionId === run.subscriptionId);
  if (found === undefined) throw new Error(`no subscription of ${run.runId}`);
  return found;
}

/**
 * Every occurrence since the subscription was made has its run, but for those before the ones that were made up for after
 * an outage. @returns how many were left out.
 */
export function expectNoneLost(
  world: SubscriptionWorld,
  { subscriptionId, schedule, createdAt }: Subscription,
): number {
  const runs = world
    .kept("reportRun")
    .filter((run) => run.subscriptionId === subscriptionId && run.corrects === undefined);
  const known = new Map(runs.map((run) => [run.occurrence, run]));
  const due = dueBetween(schedule, createdAt, world.now(), OCCURRENCES_MAX);
  let left = 0;
  for (const [index, { occurrence, dueAt }] of due.entries()) {
    const run = known.get(occurrence);
    if (run !== undefined) {
      expect(run.dueAt).toBe(dueAt);
      continue;
    }
    left += 1;
    const next = due.slice(index).flatMap((each) => known.get(each.occurrence) ?? [])[0];
    const together = runs.filter((each) => each.createdAt === next?.createdAt);
    expect([occurrence, together.length]).toEqual([occurrence, CAUGHT_UP_MAX]);
  }
  expect(runs.length).toBe(due.length - left);
  return left;
}
