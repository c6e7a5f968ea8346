/**
 * When an allowance runs out at the pace so far (CA-19). Pure.
 * Method: the pace is the mean of daily consumption over the last whole weeks before today; a week here is seven UTC days,
 * so each holds every weekday once. The interval comes from the spread of the weekly totals: consumption of t weeks to come
 * is taken to differ from t times the mean by Student's quantile times `spread * sqrt(t + t²/weeks)`, where the second
 * term stands for how little is known of the mean itself; it begins and ends where these bounds reach what is left.
 * What grants to come add, and take with them when they end, is followed from border to border: the run-out is the first
 * day at whose end nothing is left, once something is granted.
 * Invariants: no day is in the past or after the last day of the entitlement; more consumption never makes the run-out
 * later; the interval holds it; every figure of the estimate itself is exact, in integers.
 */
import { lastDayOf } from "../agreements/window.ts";
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

/** Days are counted from the present UTC day, which is 0. */
type Stretch = { readonly fromDay: number; readonly quantity: number };

export type Supply = {
  /** At the end, once that has passed. */
  readonly leftNow: number;
  /** Nothing is left now, or was at the end, and it is not that what is granted has yet to begin. */
  readonly isUsedUp: boolean;
  /** Days to come at whose beginning a grant begins or ends, ascending. */
  readonly borders: readonly number[];
  /** What is left at the beginning of a day (0: of what is left of today), if so much more were consumed in the stretches before. */
  readonly leftOn: (day: number, consumed: readonly Stretch[]) => number;
};

export const plainSupply = (left: number): Supply => ({
  leftNow: left,
  isUsedUp: left <= 0,
  borders: [],
  leftOn: () => left,
});

export type Situation = {
  /** Consumption of everybody, by UTC day. */
  readonly days: ReadonlyMap<string, number>;
  /** Undefined where the entitlement is unmetered. */
  readonly supply: Supply | undefined;
  /** When the allowance may be used, half-open, and the time zone of its days. */
  readonly window: { readonly startsAt: string; readonly endsAt: string; readonly timeZone: string };
  readonly now: string;
};

type Basis = DayRange & {
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
  const { supply, window, now } = situation;
  if (supply === undefined) return without("unmetered", null);
  if (supply.isUsedUp) return without("alreadyUsedUp", null);
  if (now >= window.endsAt) return without("lastsUntilExpiry", null);
  const { basis, totals } = basisOf(situation);
  const withConsumption = totals.filter((total) => total > 0).length;
  if (basis.weeks < WEEKS_MIN || withConsumption < WEEKS_WITH_CONSUMPTION_MIN || basis.consumed <= 0)
    return without("notEnoughData", basis);
  const usedToday = situation.days.get(utcDayOf(now)) ?? 0;
  const demands = demandsOf(usedToday, basis, totals);
  const estimate = runOut(supply, demands.mean);
  const runsOutOn = dayOf(window, now, estimate);
  return {
    outcome: runsOutOn === null ? "lastsUntilExpiry" : "runsOut",
    basis,
    runsOutOn,
    earliestRunOut: dayOf(window, now, Math.min(estimate, runOut(supply, demands.most))),
    latestRunOut: dayOf(window, now, Math.max(estimate, runOut(supply, demands.least))),
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

/** A course of consumption to come, added up. */
type Demand = {
  /** Before the beginning of a day, 1 being tomorrow; an integer. */
  readonly before: (day: number) => number;
  /** The day, 0 being today, by whose end it comes to so much; it may be infinite. */
  readonly dayOf: (amount: number) => number;
};

/**
 * Where nothing is granted yet, it begins with the first day on which something is.
 * @returns the day at whose end nothing is left; infinite where there is none.
 */
function runOut({ leftNow, borders, leftOn }: Supply, demand: Demand): number {
  const consumed: Stretch[] = [];
  let hasBegun = leftNow > 0;
  let fromDay = 0;
  let used = 0;
  for (const border of [...borders, Number.POSITIVE_INFINITY]) {
    const left = leftOn(fromDay, consumed);
    if (left <= 0 && hasBegun) return fromDay;
    hasBegun = left > 0;
    const day = hasBegun ? demand.dayOf(used + left) : Number.POSITIVE_INFINITY;
    if (day < border || border === Number.POSITIVE_INFINITY) return day;
    const quantity = demand.before(border) - used;
    consumed.push({ fromDay, quantity });
    used += quantity;
    fromDay = border;
  }
  return Number.POSITIVE_INFINITY;
}

/** The mean, and the bounds of the interval. Today's part of the mean is what is missing of a mean day. */
function demandsOf(usedToday: number, { days, consumed }: Basis, totals: readonly number[]) {
  const stillToday = Math.max(0, consumed - usedToday * days);
  const weekly = weeklyOf(totals);
  const today = stillToday / days;
  const mean: Demand = {
    before: (day) => Math.floor((stillToday + (day - 1) * consumed) / days),
    dayOf: (amount) => Math.max(0, Math.ceil((amount * days - stillToday) / consumed)),
  };
  const most: Demand = {
    before: (day) => wholeUnits(today + boundOf(weekly, day - 1, 1)),
    dayOf: (amount) => wholeDays(weeksUntil(Math.max(0, amount - today), weekly).earliest),
  };
  // Nothing may come today: the late end of the interval does not count on it.
  const least: Demand = {
    before: (day) => wholeUnits(Math.max(0, boundOf(weekly, day - 1, -1))),
    dayOf: (amount) => wholeDays(weeksUntil(amount, weekly).latest),
  };
  return { mean, most, least };
}

/** What rounding adds to a whole number of days makes no further day, and what it takes from one of units takes no unit. */
const ROUNDING = 1e-9;
const wholeUnits = (amount: number): number => Math.floor(amount * (1 + ROUNDING));
const wholeDays = (weeks: number): number => Math.ceil(weeks * WEEK_DAYS * (1 - ROUNDING));

/** 90 % quantiles of Student's distribution with 3 to 12 degrees of freedom: 10 % lie beyond on either side. */
const STUDENT_90 = [1.638, 1.533, 1.476, 1.44, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356] as const;

type Weekly = {
  readonly mean: number;
  readonly weeks: number;
  /** Square of the quantile times the spread: the bounds of t weeks are `sqrt(width * (t + t² / weeks))` from their mean. */
  readonly width: number;
};

function weeklyOf(totals: readonly number[]): Weekly {
  const weeks = totals.length;
  const mean = totals.reduce((sum, total) => sum + total, 0) / weeks;
  const variance = totals.reduce((sum, total) => sum + (total - mean) ** 2, 0) / (weeks - 1);
  const quantile = STUDENT_90[weeks - WEEKS_MIN] ?? STUDENT_90[STUDENT_90.length - 1] ?? 0;
  return { mean, weeks, width: quantile ** 2 * variance };
}

/** The greatest (1) or least (-1) consumption that is to be reckoned with in some days. */
function boundOf({ mean, weeks, width }: Weekly, days: number, side: 1 | -1): number {
  const time = days / WEEK_DAYS;
  return mean * time + side * Math.sqrt(width * (time + time ** 2 / weeks));
}

/**
 * When the bounds come to an amount: the roots of `(amount - mean * t)² = width * (t + t² / weeks)`. The later one is
 * infinite where the mean cannot be told from nothing.
 */
function weeksUntil(amount: number, { mean, weeks, width }: Weekly) {
  const square = mean ** 2 - width / weeks;
  const half = amount * mean + width / 2;
  const root = Math.sqrt(width * (amount * mean + width / 4 + amount ** 2 / weeks));
  return {
    earliest: amount === 0 ? 0 : amount ** 2 / (half + root),
    latest: square > 0 ? (half + root) / square : Number.POSITIVE_INFINITY,
  };
}

/**
 * The calendar day on the customer's wall: that which holds the middle of the UTC day so many days after today's, and never
 * one in the past; null where it is after the last.
 */
function dayOf(window: Situation["window"], now: string, days: number): string | null {
  const { endsAt, timeZone } = window;
  const today = dayIn(now, timeZone);
  const last = lastDayOf(window, timeZone);
  if (days > daysBetween(utcDayOf(now), utcDayOf(endsAt)) + 1) return null;
  const day = dayIn(`${addDays(utcDayOf(now), days)}T12:00:00.000Z`, timeZone);
  if (day < today) return today;
  if (day <= last) return day;
  return days === 0 ? today : null;
}
