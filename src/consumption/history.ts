/**
 * The balance history of one entitlement (CA-19): what was consumed in each day, week or month, and what was left after it.
 * It is made from the days of the entitlement's roll-ups, so that its cost does not depend on the number of facts: two
 * queries in one partition (its ledger and its days), and with "as of" two more (that day's entries and `dataAsOf`).
 * Invariants: `consumedToDate` is what the page shows "as of" the last instant of the point; of the range that is taken
 * where none is asked for, `consumed` adds up to the total of the drill-down. As on the page, only what is left of an
 * allowance is everybody's.
 */
import type { Customer } from "../agreements/customer.ts";
import { InvalidRequestError } from "../platform/errors.ts";
import type { ActivityStore, CountedEntry, RollupDays } from "./activity-store.ts";
import { type Chosen, includes } from "./chosen.ts";
import { readDrillDown } from "./drill-down.ts";
import { entitlementAccount } from "./entry.ts";
import { type Line, latest } from "./figures.ts";
import {
  addDays,
  type DayRange,
  divide,
  type Interval,
  intervals,
  partCount,
  startOfUtcDay,
  utcDayOf,
} from "./intervals.ts";
import { type Projection, project } from "./projection.ts";

/** Three years by day. */
export const POINTS_MAX = 1_100;

export type HistoryQuery = {
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly now: string;
  readonly interval: Interval;
  readonly from: string | undefined;
  readonly to: string | undefined;
};

export type Balance = { readonly remaining: number | null; readonly overage: number | null };
type Consumption = { readonly consumed: number; readonly rows: number };
export type HistoryPoint = DayRange & Consumption & Balance & { readonly consumedToDate: number };

export type History = {
  readonly line: Line;
  readonly range: DayRange;
  /** In the chosen workspaces, before the range. */
  readonly before: Consumption;
  readonly points: readonly HistoryPoint[];
  /** Undefined where nothing is recorded over time: a benefit has no consumption, and support contacts are counted as they are. */
  readonly projection: Projection | undefined;
  readonly lastAt: string | undefined;
};

/**
 * @throws NotFoundError as the drill-down does.
 * @throws InvalidRequestError when the range is empty, or has too many points.
 */
export async function readHistory(
  store: ActivityStore,
  customer: Customer,
  entitlementId: string,
  query: HistoryQuery,
): Promise<History> {
  const { chosen, asOf } = query;
  const { line, ledgerId, figures } = await readDrillDown(
    store,
    customer,
    entitlementId,
    chosen,
    undefined,
    asOf ?? query.now,
  );
  const account = entitlementAccount(entitlementId);
  const [rollups, lastDay, lastAt] = await Promise.all([
    store.daysOf(ledgerId, account),
    asOf === undefined ? [] : store.counted(ledgerId, startOfUtcDay(utcDayOf(asOf)), asOf),
    asOf === undefined ? undefined : store.lastAt(ledgerId, { chosen, account, upTo: asOf }),
  ]);
  const ofLastDay = lastDay.filter((entry) => entry.account === account);
  const days = daySums(rollups, ofLastDay, chosen, asOf);
  const range = rangeOf(query, line, days);
  refuseTooMany(range, query.interval);
  const isRecorded =
    line.entitlement.class === "consumable" && line.entitlement.service !== "supportContacts";
  const allowance = line.purchased ?? null;
  return {
    line,
    range,
    before: sumOf(days.filter(({ day }) => day < range.from)),
    points: isRecorded ? pointsOf(days, divide(range, query.interval), allowance) : [],
    projection: isRecorded
      ? projectionOf(days, line, allowance, query, figures.head.terms?.timeZone)
      : undefined,
    lastAt: asOf === undefined ? lastOf(rollups, chosen) : lastAt,
  };
}

/** What counts on one UTC day: in the chosen workspaces, and of everybody. */
export type DaySum = Consumption & { readonly day: string; readonly everybody: number };

/**
 * @param ofLastDay what was delivered on the day of `asOf` until then; not looked at without it.
 * @returns the days on which something counts, in order.
 */
export function daySums(
  rollups: readonly RollupDays[],
  ofLastDay: readonly CountedEntry[],
  chosen: Chosen,
  asOf: string | undefined,
): DaySum[] {
  const sums = new Map<string, { consumed: number; rows: number; everybody: number }>();
  const add = (day: string, workspaceId: string, quantity: number, rows: number): void => {
    const sum = sums.get(day) ?? { consumed: 0, rows: 0, everybody: 0 };
    sum.everybody += quantity;
    if (includes(chosen, workspaceId)) {
      sum.consumed += quantity;
      sum.rows += rows;
    }
    sums.set(day, sum);
  };
  const end = asOf === undefined ? undefined : utcDayOf(asOf);
  for (const { month, days } of rollups) {
    for (const [workspaceId, byDay] of Object.entries(days)) {
      for (const [dayOfMonth, [quantity, rows]] of Object.entries(byDay)) {
        const day = `${month}-${dayOfMonth}`;
        if (end === undefined || day < end) add(day, workspaceId, quantity, rows);
      }
    }
  }
  if (end !== undefined)
    for (const { workspaceId, quantity } of ofLastDay) add(end, workspaceId, quantity, 1);
  return [...sums]
    .map(([day, sum]) => ({ day, ...sum }))
    .toSorted((left, right) => (left.day < right.day ? -1 : 1));
}

/**
 * Where none is asked for: the days of the package until now or "as of", and whatever was delivered on others. Nothing is
 * shown after "as of".
 */
function rangeOf(query: HistoryQuery, line: Line, days: readonly DaySum[]): DayRange {
  const shown = days.filter(({ rows }) => rows > 0);
  const until = query.asOf ?? query.now;
  const lastInstant = new Date(Date.parse(line.package.endsAt) - 1).toISOString();
  const firstDays = [utcDayOf(line.package.startsAt), ...shown.slice(0, 1).map(({ day }) => day)];
  const lastDays = [
    utcDayOf(until < lastInstant ? until : lastInstant),
    ...shown.slice(-1).map(({ day }) => day),
  ];
  const wanted = query.to ?? addDays(lastDays.toSorted().at(-1) ?? utcDayOf(until), 1);
  const from = query.from ?? firstDays.toSorted()[0] ?? utcDayOf(until);
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to) {
    throw new InvalidRequestError(
      "InvalidQueryParameterValue",
      "to: is the first day after the range and must be later than from",
      { target: "to" },
    );
  }
  const afterAsOf = query.asOf === undefined ? wanted : addDays(utcDayOf(query.asOf), 1);
  const to = wanted < afterAsOf ? wanted : afterAsOf;
  return { from, to: to < from ? from : to };
}

function refuseTooMany(range: DayRange, interval: Interval): void {
  const count = partCount(range, interval);
  if (count <= POINTS_MAX) return;
  const fitting = intervals.find((each) => partCount(range, each) <= POINTS_MAX);
  const remedy =
    fitting === undefined ? "choose a shorter range" : `choose the interval ${fitting}, or a shorter range`;
  throw new InvalidRequestError(
    "TooManyPoints",
    `interval: from ${range.from} to ${range.to} there are ${count} points by ${interval}, more than ${POINTS_MAX}: ${remedy}.`,
    { target: "interval", ...(fitting === undefined ? {} : { innererror: { fittingInterval: fitting } }) },
  );
}

/** @param parts without gaps. */
export function pointsOf(
  days: readonly DaySum[],
  parts: readonly DayRange[],
  allowance: number | null,
): HistoryPoint[] {
  const start = parts[0]?.from ?? "";
  let next = days.findIndex(({ day }) => day >= start);
  if (next < 0) next = days.length;
  let consumedToDate = sumOf(days.slice(0, next)).consumed;
  let everybody = days.slice(0, next).reduce((sum, day) => sum + day.everybody, 0);
  return parts.map((part) => {
    let consumed = 0;
    let rows = 0;
    for (let day = days[next]; day !== undefined && day.day < part.to; day = days[++next]) {
      consumed += day.consumed;
      rows += day.rows;
      everybody += day.everybody;
    }
    consumedToDate += consumed;
    return { ...part, consumed, consumedToDate, ...balanceOf(allowance, everybody), rows };
  });
}

const balanceOf = (allowance: number | null, used: number): Balance =>
  allowance === null
    ? { remaining: null, overage: null }
    : { remaining: Math.max(0, allowance - used), overage: Math.max(0, used - allowance) };

const sumOf = (days: readonly DaySum[]): Consumption => ({
  consumed: days.reduce((sum, { consumed }) => sum + consumed, 0),
  rows: days.reduce((sum, { rows }) => sum + rows, 0),
});

function projectionOf(
  days: readonly DaySum[],
  { package: { startsAt, endsAt, endedAt }, entitlement }: Line,
  allowance: number | null,
  { asOf, now }: HistoryQuery,
  timeZone = "UTC",
): Projection {
  const used = days.reduce((sum, { everybody }) => sum + everybody, 0);
  const ends = [endsAt, endedAt, entitlement.endedAt].flatMap((end) => end ?? []).toSorted();
  return project({
    days: new Map(days.map(({ day, everybody }) => [day, everybody])),
    left: balanceOf(allowance, used).remaining,
    window: { startsAt, endsAt: ends[0] ?? endsAt, timeZone },
    now: asOf ?? now,
  });
}

const lastOf = (rollups: readonly RollupDays[], chosen: Chosen): string | undefined =>
  latest(
    rollups.flatMap(({ lastAt }) =>
      Object.entries(lastAt).flatMap(([workspaceId, at]) => (includes(chosen, workspaceId) ? [at] : [])),
    ),
  );
