/**
 * The balance history of one entitlement (CA-19): what was consumed in each day, week or month, and what was left after it.
 * It is made from the days of the entitlement's roll-ups, so that its cost does not depend on the number of facts: two
 * queries in one partition (its ledger and its days), with "as of" two more (that day's entries and `dataAsOf`), and where
 * there are grants at most two more (what was delivered around their borders).
 * Invariants: `consumedToDate` is what the page shows "as of" the last instant of the point; of the range that is taken
 * where none is asked for, `consumed` adds up to the total of the drill-down. As on the page, only what is left of an
 * allowance is everybody's.
 */
import type { Customer } from "../agreements/customer.ts";
import type { EntitlementInPackage } from "../agreements/terms.ts";
import { InvalidRequestError } from "../platform/errors.ts";
import type { ActivityStore, RollupDays } from "./activity-store.ts";
import { type Chosen, includes } from "./chosen.ts";
import { type DrillDown, readDrillDown } from "./drill-down.ts";
import { entitlementAccount } from "./entry.ts";
import { latest } from "./figures.ts";
import { bordersOf, type Slice } from "./grants.ts";
import {
  type Consumption,
  type DaySum,
  daySums,
  type Entitled,
  type HistoryPoint,
  pointsOf,
} from "./history-points.ts";
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
import { supplyOf, usableWindow } from "./supply.ts";

/** Three years by day. */
export const POINTS_MAX = 1_100;

export type HistoryQuery = {
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly now: string;
  /** Undefined: the finest of which the range has no more points than allowed. */
  readonly interval: Interval | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
};

export type History = {
  readonly line: EntitlementInPackage;
  readonly interval: Interval;
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
  const { chosen, asOf, now } = query;
  const at = asOf ?? now;
  const drillDown = await readDrillDown(store, customer, entitlementId, chosen, undefined, at);
  const { line, ledgerId } = drillDown;
  const account = entitlementAccount(entitlementId);
  const [rollups, lastDay, lastAt] = await Promise.all([
    store.daysOf(ledgerId, account),
    asOf === undefined ? [] : store.counted(ledgerId, startOfUtcDay(utcDayOf(asOf)), asOf),
    asOf === undefined ? undefined : store.lastAt(ledgerId, { chosen, account, upTo: asOf }),
  ]);
  const last = asOf && { asOf, entries: lastDay.filter((entry) => entry.account === account) };
  const days = daySums({ rollups, onBorders: onBorders(drillDown), last: last || undefined }, chosen);
  const range = rangeOf(query, line, days);
  const interval = intervalOf(range, query.interval);
  const entitled = recordedEntitlement(drillDown);
  return {
    line,
    interval,
    range,
    before: sumOf(days.filter(({ day }) => day < range.from)),
    points: entitled === undefined ? [] : pointsOf(entitled, days, divide(range, interval), asOf),
    projection: entitled && projectionOf(entitled, days, at),
    lastAt: asOf === undefined ? lastOf(rollups, chosen) : lastAt,
  };
}

/** Undefined where nothing is recorded over time. */
function recordedEntitlement({ line, figures }: DrillDown): Entitled | undefined {
  const { terms } = figures.head;
  const isRecorded =
    line.entitlement.class === "consumable" && line.entitlement.service !== "supportContacts";
  return terms !== undefined && isRecorded ? { terms, line } : undefined;
}

/** What was delivered on days that a grant begins or ends on: the drill-down has read it by its time. */
function onBorders({ line: { entitlement }, figures }: DrillDown): Slice[] {
  const days = new Set(
    bordersOf(entitlement.grants ?? [])
      .filter((border) => border !== startOfUtcDay(utcDayOf(border)))
      .map(utcDayOf),
  );
  const slices = figures.slices.get(entitlementAccount(entitlement.entitlementId)) ?? [];
  return slices.filter(({ at }) => days.has(utcDayOf(at)));
}

/**
 * Where none is asked for: the days of the package until now or "as of", and whatever was delivered on others. Nothing is
 * shown after "as of".
 */
function rangeOf(query: HistoryQuery, line: EntitlementInPackage, days: readonly DaySum[]): DayRange {
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

/** @throws InvalidRequestError `TooManyPoints`, which names the interval that fits. */
function intervalOf(range: DayRange, wanted: Interval | undefined): Interval {
  const fitting = intervals.find((each) => partCount(range, each) <= POINTS_MAX);
  const interval = wanted ?? fitting ?? "month";
  const count = partCount(range, interval);
  if (count <= POINTS_MAX) return interval;
  const remedy =
    fitting === undefined ? "choose a shorter range" : `choose the interval ${fitting}, or a shorter range`;
  throw new InvalidRequestError(
    "TooManyPoints",
    `interval: from ${range.from} to ${range.to} there are ${count} points by ${interval}, more than ${POINTS_MAX}: ${remedy}.`,
    { target: "interval", ...(fitting === undefined ? {} : { innererror: { fittingInterval: fitting } }) },
  );
}

const sumOf = (days: readonly DaySum[]): Consumption => ({
  consumed: days.reduce((sum, { consumed }) => sum + consumed, 0),
  rows: days.reduce((sum, { rows }) => sum + rows, 0),
});

function projectionOf(entitled: Entitled, days: readonly DaySum[], at: string): Projection {
  const slices = days.flatMap((day) => day.slices);
  return project({
    days: new Map(days.map(({ day, everybody }) => [day, everybody])),
    supply: supplyOf(entitled, slices, at),
    window: { ...usableWindow(entitled), timeZone: entitled.terms.timeZone },
    now: at,
  });
}

const lastOf = (rollups: readonly RollupDays[], chosen: Chosen): string | undefined =>
  latest(
    rollups.flatMap(({ lastAt }) =>
      Object.entries(lastAt).flatMap(([workspaceId, at]) => (includes(chosen, workspaceId) ? [at] : [])),
    ),
  );
