/**
 * When an allowance runs out at the pace so far (CA-19). Pure.
 * Method: the pace is the mean of daily consumption over the last whole weeks before today; a week here is seven UTC days,
 * so each holds every weekday once. The interval comes from the spread of the weekly totals: consumption of t weeks to come
 * is taken to differ from t times the mean by Student's quantile times `spread * sqrt(t + t²/weeks)`, where the second
 * term stands for how little is known of the mean itself; it begins and ends where these bounds reach what is left.
 * Invariants: no day is in the past or after the last day of the entitlement; more consumption never makes the run-out
 * later; the interval holds it; every figure of the estimate itself is exact, in integers.
 */
import { dayIn } from "../platform/instant.ts";
import { addDays, type DayRange, daysBetween, startOfUtcDay, utcDayOf } from "./intervals.ts";

/** A quarter of a year: long enough to even out, short enough to follow a change of habits. */
const WEEKS_MAX = 13;
const WEEKS_MIN = 4;
const WEEKS_WITH_CONSUMPTION_MIN = 3;
const WEEK_DAYS = 7;
export const CONFIDENCE_PERCENT = 80;
export const METHOD = "meanOfLastWholeWeeks" as const;

export const projectionOutcomes = [
  "runsOut",
  "lastsUntilExpiry",
  "alreadyUsedUp",
  "notEnoughData",
  "unmetered",
] as const;

export type Situation = {
  /** Consumption of everybody, by UTC day. */
  readonly days: ReadonlyMap<string, number>;
  /** What is left of the allowance; null where it is unmetered. */
  readonly left: number | null;
  /** When the allowance may be used, half-open, and the time zone of its days. */
  readonly window: { readonly startsAt: string; readonly endsAt: string; readonly timeZone: string };
  readonly now: string;
};

export type Basis = DayRange & {
  readonly days: number;
  readonly weeks: number;
  /** In these days. */
  readonly consumed: number;
};

export type Projection = {
  readonly outcome: (typeof projectionOutcomes)[number];
  readonly basis: Basis | null;
  /** In the time zone of the window; null: not before the last day. */
  readonly runsOutOn: string | null;
  readonly earliestRunOut: string | null;
  readonly latestRunOut: string | null;
};

export function project(situation: Situation): Projection {
  const { left, window, now } = situation;
  if (left === null) return without("unmetered", null);
  if (left <= 0) return without("alreadyUsedUp", null);
  if (now >= window.endsAt) return without("lastsUntilExpiry", null);
  const { basis, totals } = basisOf(situation);
  const withConsumption = totals.filter((total) => total > 0).length;
  if (basis.weeks < WEEKS_MIN || withConsumption < WEEKS_WITH_CONSUMPTION_MIN || basis.consumed <= 0)
    return without("notEnoughData", basis);
  const usedToday = situation.days.get(utcDayOf(now)) ?? 0;
  const dayAfter = (days: number) => runOutDay(window, now, days);
  const { days, earliest, latest } = daysLeft(left, usedToday, basis, totals);
  const runsOutOn = dayAfter(days);
  return {
    outcome: runsOutOn === null ? "lastsUntilExpiry" : "runsOut",
    basis,
    runsOutOn,
    earliestRunOut: dayAfter(earliest),
    latestRunOut: dayAfter(latest),
  };
}

const without = (outcome: Projection["outcome"], basis: Basis | null): Projection => ({
  outcome,
  basis,
  runsOutOn: null,
  earliestRunOut: null,
  latestRunOut: null,
});

/** The last whole weeks of the window before today, and what was consumed in each. */
function basisOf({ days, window, now }: Pick<Situation, "days" | "window" | "now">) {
  const startDay = utcDayOf(window.startsAt);
  const first = startOfUtcDay(startDay) === window.startsAt ? startDay : addDays(startDay, 1);
  const to = utcDayOf(now);
  const weeks = Math.max(0, Math.min(WEEKS_MAX, Math.floor(daysBetween(first, to) / WEEK_DAYS)));
  const from = addDays(to, -weeks * WEEK_DAYS);
  const totals = Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: WEEK_DAYS }, (__, day) => addDays(from, week * WEEK_DAYS + day)).reduce(
      (sum, day) => sum + (days.get(day) ?? 0),
      0,
    ),
  );
  const consumed = totals.reduce((sum, total) => sum + total, 0);
  return { basis: { from, to, days: weeks * WEEK_DAYS, weeks, consumed }, totals };
}

/**
 * @returns in how many UTC days what is left is used up: 0 is today, of which the rest of a mean day is still to come. Days
 * count as whole: the allowance lasts for as many as it covers, and runs out on the one that it does not outlast.
 */
function daysLeft(left: number, usedToday: number, { days, consumed }: Basis, totals: readonly number[]) {
  const stillToday = Math.max(0, consumed - usedToday * days);
  const estimate = Math.max(0, Math.ceil((left * days - stillToday) / consumed));
  const weekly = { mean: consumed / totals.length, variance: varianceOf(totals), weeks: totals.length };
  const soonest = weeksLeft(Math.max(0, left - stillToday / days), weekly).earliest;
  // Nothing may come today: the late end of the interval does not count on it.
  const last = weeksLeft(left, weekly).latest;
  return {
    days: estimate,
    earliest: Math.min(estimate, wholeDays(soonest)),
    latest: Math.max(estimate, wholeDays(last)),
  };
}

/** What rounding adds to a whole number of days makes no further day. */
const ROUNDING = 1e-9;
const wholeDays = (weeks: number): number => Math.ceil(weeks * WEEK_DAYS * (1 - ROUNDING));

/** 90 % quantiles of Student's distribution with 3 to 12 degrees of freedom: 10 % lie beyond on either side. */
const STUDENT_90 = [1.638, 1.533, 1.476, 1.44, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356] as const;

type Weekly = { readonly mean: number; readonly variance: number; readonly weeks: number };

/**
 * Both are roots of `(left - mean * t)² = width² * (t + t² / weeks)`. The later one is infinite where the mean cannot be
 * told from nothing.
 */
function weeksLeft(left: number, { mean, variance, weeks }: Weekly) {
  const quantile = STUDENT_90[weeks - WEEKS_MIN] ?? STUDENT_90[STUDENT_90.length - 1] ?? 0;
  const width = quantile ** 2 * variance;
  const square = mean ** 2 - width / weeks;
  const half = left * mean + width / 2;
  const root = Math.sqrt(width * (left * mean + width / 4 + left ** 2 / weeks));
  return {
    earliest: left === 0 ? 0 : left ** 2 / (half + root),
    latest: square > 0 ? (half + root) / square : Number.POSITIVE_INFINITY,
  };
}

function varianceOf(totals: readonly number[]): number {
  const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length;
  return totals.reduce((sum, total) => sum + (total - mean) ** 2, 0) / (totals.length - 1);
}

/**
 * The calendar day on the customer's wall: today's, or that which holds the middle of the UTC day so many days later; null
 * where it is after the last.
 */
function runOutDay({ endsAt, timeZone }: Situation["window"], now: string, days: number): string | null {
  const today = dayIn(now, timeZone);
  if (days === 0) return today;
  if (days > daysBetween(utcDayOf(now), utcDayOf(endsAt)) + 1) return null;
  const day = dayIn(`${addDays(utcDayOf(now), days)}T12:00:00.000Z`, timeZone);
  const last = dayIn(new Date(Date.parse(endsAt) - 1).toISOString(), timeZone);
  if (day > last) return null;
  return day < today ? today : day;
}
