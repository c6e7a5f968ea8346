/**
 * The runs of what is due of a subscription, and the subscription as it is when they are planned. Pure.
 * Invariant: the names of occurrences that were planned only grow, so none is planned twice, whatever its schedule was in
 * between.
 */
import { newRun, type Run } from "./run.ts";
import { type Due, dueBetween, periodOf, rescheduled } from "./schedule.ts";
import { secondLooks } from "./second-look.ts";
import type { Subscription } from "./subscription.ts";

/** Occurrences that are made up for after an outage, the newest; older ones are left out for good. */
export const CAUGHT_UP_MAX = 6;
/** Of those that are left out so many are named. */
const LEFT_OUT_MAX = 60;
/**
 * What is due is looked for from so long before the instant that was kept: rules of a time zone may have changed since.
 * Occurrences of one schedule are farther apart.
 */
const MARGIN_MS = 86_400_000;

export type Planned = {
  readonly after: Subscription;
  /** Oldest first, those that look again before the run that they were planned with. */
  readonly runs: readonly Run[];
  /** Names of occurrences that nothing is made for, because too much was missed. */
  readonly leftOut: readonly string[];
};

/**
 * @param recent the newest runs of it, newest first. With the first alone of several occurrences that are planned together
 * others are looked at again: the rest would look at the same.
 */
export function planned(subscription: Subscription, recent: readonly Run[], now: string): Planned {
  const { schedule, nextDueAt, sendsCorrections } = subscription;
  if (nextDueAt === null || nextDueAt > now) return { after: subscription, runs: [], leftOut: [] };
  const from = new Date(Date.parse(nextDueAt) - MARGIN_MS).toISOString();
  const due = dueBetween(schedule, from, now, CAUGHT_UP_MAX + LEFT_OUT_MAX).filter((each) =>
    isNew(subscription, each),
  );
  const taken = due.slice(-CAUGHT_UP_MAX);
  const runs = taken.map((each) => newRun(subscription, each, periodOf(schedule, each), now));
  const [first] = taken;
  const again =
    sendsCorrections && first !== undefined
      ? secondLooks(recent).map((each) => newRun(subscription, first, each.period, now, each.corrects))
      : [];
  const newest = taken.at(-1)?.occurrence ?? subscription.lastOccurrences[schedule.every];
  const lastOccurrences = {
    ...subscription.lastOccurrences,
    ...(newest === undefined ? {} : { [schedule.every]: newest }),
  };
  return {
    after: scheduled({ ...subscription, lastOccurrences }, now),
    runs: [...again, ...runs],
    leftOut: due.slice(0, -CAUGHT_UP_MAX).map(({ occurrence }) => occurrence),
  };
}

function isNew({ schedule, lastOccurrences }: Subscription, { occurrence }: Due): boolean {
  const last = lastOccurrences[schedule.every];
  return last === undefined || occurrence > last;
}

/** Due from an instant on, by the schedule that it has; what was due before is not made up for. */
export function scheduled(subscription: Subscription, from: string): Subscription {
  const { schedule, lastOccurrences } = subscription;
  const [next] = rescheduled(schedule, from, lastOccurrences[schedule.every], 1);
  return { ...subscription, nextDueAt: next?.dueAt ?? null };
}
