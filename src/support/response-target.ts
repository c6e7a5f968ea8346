/**
 * When the provider has to answer a support request, and whether it did (SR-14). Pure.
 * Two clocks that are given the same time. That of the first response runs from the opening of the request until the provider writes
 * to the customer for the first time. That of the next update starts anew with everything that the provider writes. Both
 * stand still while the request is not `open`: then it is the customer's turn, or nobody's.
 * Invariants: a response at the very instant at which it is due is in time, one a millisecond later is not. A clock that
 * stands still misses nothing, not even when the last of the time was used up at the instant at which it stopped.
 */
import {
  ALWAYS_OPEN,
  addBusinessTime,
  type BusinessCalendar,
  businessMsBetween,
  daysAfter,
  instantOf,
  SEARCH_DAYS_MAX,
} from "./business-calendar.ts";

const MINUTE_MS = 60_000;

/**
 * The rule reads "A 2 h, B 4 h, C 8 business hours, on a calendar with business hours and holidays". A critical request
 * waits for no office to open, so its hours are those of any clock; the others count on the calendar.
 */
export const targetPolicy = {
  critical: { minutes: 120, clock: "always" },
  moderate: { minutes: 240, clock: "business" },
  minimal: { minutes: 480, clock: "business" },
} as const;

type Severity = keyof typeof targetPolicy;

export type StatusChange = { readonly at: string; readonly status: "open" | "attentionNeeded" | "closed" };

export type RequestSoFar = {
  /** The one it has now: it counts as if it had always been. */
  readonly severity: Severity;
  readonly openedAt: string;
  /** In the order of time; of those at one instant the last one counts. Before the first the request is open. */
  readonly statusChanges: readonly StatusChange[];
  /** When the provider wrote to the customer. */
  readonly responses: { readonly firstAt?: string | null; readonly lastAt?: string | null };
};

export type Target =
  | { readonly state: "notApplicable" }
  | {
      readonly state: "running";
      /** Undefined where the calendar has not enough working time within 400 days. */
      readonly dueAt: string | undefined;
      readonly remainingMinutes: number;
    }
  | { readonly state: "paused"; readonly remainingMinutes: number }
  | { readonly state: "met"; readonly metAt: string }
  | {
      readonly state: "missed";
      /** When the time was used up. */
      readonly missedAt: string;
      /** When the response came after all. */
      readonly respondedAt?: string;
    };

export type ResponseTargets = {
  readonly firstResponse: Target;
  readonly nextUpdate: Target;
  /**
   * The first instant at which, if nothing happens before it, a target that is running has been missed. Undefined where no
   * clock runs.
   */
  readonly nextCheckAt: string | undefined;
};

/**
 * @param calendar of the business hours and holidays of whoever answers.
 * @param now instant, in the order of texts comparable with all the others; changes of status after it are not looked at.
 */
export function responseTargets(
  calendar: BusinessCalendar,
  request: RequestSoFar,
  now: string,
): ResponseTargets {
  const firstAt = request.responses.firstAt ?? undefined;
  const lastAt = request.responses.lastAt ?? firstAt;
  const firstResponse = firstResponseOf(clockFrom(calendar, request, request.openedAt, now), firstAt, now);
  const nextUpdate: Target =
    lastAt === undefined
      ? { state: "notApplicable" }
      : waiting(clockFrom(calendar, request, lastAt, now), now);
  const checks = [firstResponse, nextUpdate].flatMap((target) => checkOf(target, now) ?? []);
  return { firstResponse, nextUpdate, nextCheckAt: checks.toSorted()[0] };
}

function firstResponseOf(clock: Clock, firstAt: string | undefined, now: string): Target {
  if (firstAt === undefined) return waiting(clock, now);
  return clock.dueAt !== undefined && clock.dueAt < firstAt
    ? { state: "missed", missedAt: clock.dueAt, respondedAt: firstAt }
    : { state: "met", metAt: firstAt };
}

function waiting({ isRunning, dueAt, leftMs }: Clock, now: string): Target {
  if (dueAt !== undefined && dueAt < now) return { state: "missed", missedAt: dueAt };
  // Rounded down: never more is promised than there is.
  const remainingMinutes = Math.floor(leftMs / MINUTE_MS);
  return isRunning ? { state: "running", dueAt, remainingMinutes } : { state: "paused", remainingMinutes };
}

function checkOf(target: Target, now: string): string | undefined {
  if (target.state !== "running") return undefined;
  const { dueAt } = target;
  // Where nothing is due as far as one looks, it cannot be missed before one has to look again.
  return dueAt === undefined ? daysAfter(now, SEARCH_DAYS_MAX) : instantOf(Date.parse(dueAt) + 1);
}

type Clock = {
  /** Now. */
  readonly isRunning: boolean;
  /** When the time is or was used up and the clock was running; undefined while that takes an event. */
  readonly dueAt: string | undefined;
  /** Of the time allowed, now. */
  readonly leftMs: number;
};

function clockFrom(calendar: BusinessCalendar, request: RequestSoFar, startsAt: string, now: string): Clock {
  const { minutes, clock } = targetPolicy[request.severity];
  const hours = clock === "always" ? ALWAYS_OPEN : calendar;
  const stretches = runningStretches(request.statusChanges, startsAt, now);
  let leftMs = minutes * MINUTE_MS;
  for (const { from, to } of stretches) {
    const dueAt = addBusinessTime(hours, from, leftMs, to ?? daysAfter(now, SEARCH_DAYS_MAX));
    // At the end of a stretch the clock stands still already.
    const isDue = dueAt !== undefined && (to === undefined || dueAt < to);
    leftMs = Math.max(0, leftMs - businessMsBetween(hours, from, to ?? now));
    if (isDue || to === undefined) return { isRunning: to === undefined, dueAt, leftMs };
  }
  return { isRunning: false, dueAt: undefined, leftMs };
}

type Stretch = {
  readonly from: string;
  /** Undefined: it goes on now. */
  readonly to: string | undefined;
};

/** When the request was open since an instant, in order, none of them empty. */
function runningStretches(changes: readonly StatusChange[], startsAt: string, now: string): Stretch[] {
  const stretches: Stretch[] = [];
  let openSince: string | undefined = startsAt;
  for (const { at, status } of changes) {
    if (at > now) break;
    if (status === "open") openSince ??= laterOf(at, startsAt);
    else {
      if (openSince !== undefined && openSince < at) stretches.push({ from: openSince, to: at });
      openSince = undefined;
    }
  }
  return openSince === undefined ? stretches : [...stretches, { from: openSince, to: undefined }];
}

const laterOf = (one: string, other: string): string => (one > other ? one : other);
