/**
 * The points of a balance history, from what counts on each day. Pure.
 * Invariant: what is left at the end of a point is what `balanceOf` says of that instant and of what was delivered until
 * then; so no border of a grant may lie inside of what is taken together here.
 */
import type { EntitlementInPackage, Terms } from "../agreements/terms.ts";
import type { CountedEntry, RollupDays } from "./activity-store.ts";
import { type Chosen, includes } from "./chosen.ts";
import { balanceOf, bordersOf, type Slice } from "./grants.ts";
import { type DayRange, startOfUtcDay, utcDayOf } from "./intervals.ts";

export type Consumption = { readonly consumed: number; readonly rows: number };

/** What counts on one UTC day: in the chosen workspaces, and of everybody, which is cut where a grant begins or ends. */
export type DaySum = Consumption & {
  readonly day: string;
  readonly everybody: number;
  readonly slices: readonly Slice[];
};

export type HistoryPoint = DayRange &
  Consumption & {
    readonly consumedToDate: number;
    /** What was bought by then; null where it is unmetered, as the next two. */
    readonly purchased: number | null;
    readonly remaining: number | null;
    readonly overage: number | null;
  };

/** An entitlement and the terms that it is part of. */
export type Entitled = { readonly terms: Terms; readonly line: EntitlementInPackage };

/** Of one account. */
export type DaySource = {
  readonly rollups: readonly RollupDays[];
  /** What counts of everybody on the days that a grant begins or ends on, by its time. */
  readonly onBorders: readonly Slice[];
  /** Until then, with what counts of that day. */
  readonly last?: { readonly asOf: string; readonly entries: readonly CountedEntry[] } | undefined;
};

/** @returns the days on which something counts, in order. */
export function daySums({ rollups, onBorders, last }: DaySource, chosen: Chosen): DaySum[] {
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
  const lastDay = last === undefined ? undefined : utcDayOf(last.asOf);
  for (const { month, days } of rollups) {
    for (const [workspaceId, byDay] of Object.entries(days)) {
      for (const [dayOfMonth, [quantity, rows]] of Object.entries(byDay)) {
        const day = `${month}-${dayOfMonth}`;
        if (lastDay === undefined || day < lastDay) add(day, workspaceId, quantity, rows);
      }
    }
  }
  const cut = Map.groupBy(onBorders, ({ at }) => utcDayOf(at));
  if (last !== undefined) cut.set(utcDayOf(last.asOf), [...last.entries]);
  for (const { at, workspaceId, quantity } of last?.entries ?? [])
    add(utcDayOf(at), workspaceId, quantity, 1);
  return [...sums]
    .map(([day, sum]): DaySum => {
      const whole = [{ at: startOfUtcDay(day), quantity: sum.everybody }];
      return { day, ...sum, slices: (cut.get(day) ?? whole).toSorted(byTime) };
    })
    .toSorted((left, right) => (left.day < right.day ? -1 : 1));
}

const byTime = (left: Slice, right: Slice): number => (left.at < right.at ? -1 : left.at > right.at ? 1 : 0);

/**
 * @param days in order.
 * @param parts without gaps.
 * @param asOf nothing after it is in `days`; a part that it lies in ends there.
 */
export function pointsOf(
  entitled: Entitled,
  days: readonly DaySum[],
  parts: readonly DayRange[],
  asOf: string | undefined,
): HistoryPoint[] {
  const used = newUsed(entitled);
  const start = parts[0]?.from ?? "";
  let next = 0;
  let consumedToDate = 0;
  for (let day = days[next]; day !== undefined && day.day < start; day = days[++next]) {
    used.add(day);
    consumedToDate += day.consumed;
  }
  return parts.map((part) => {
    let consumed = 0;
    let rows = 0;
    for (let day = days[next]; day !== undefined && day.day < part.to; day = days[++next]) {
      used.add(day);
      consumed += day.consumed;
      rows += day.rows;
    }
    consumedToDate += consumed;
    const last = new Date(Date.parse(part.to) - 1).toISOString();
    const balance = used.balanceAt(asOf !== undefined && asOf < last ? asOf : last);
    return { ...part, consumed, consumedToDate, ...balance, rows };
  });
}

/** Adds up what everybody used, in no more slices than grants need: their number does not grow with the days. */
function newUsed({ terms, line }: Entitled) {
  const borders = bordersOf(line.entitlement.grants ?? []);
  const slices: Slice[] = [];
  let total = 0;
  const addSlice = (slice: Slice): void => {
    const before = slices.at(-1);
    const isCut = borders.some((border) => before !== undefined && before.at < border && border <= slice.at);
    if (before === undefined || isCut) slices.push(slice);
    else slices[slices.length - 1] = { at: before.at, quantity: before.quantity + slice.quantity };
  };
  return {
    add: (day: DaySum): void => {
      total += day.everybody;
      for (const slice of day.slices) addSlice(slice);
    },
    balanceAt: (at: string) => {
      const { purchased, remaining, overage } = balanceOf(terms, line, { total, slices }, at);
      return { purchased: purchased ?? null, remaining: remaining ?? null, overage: overage ?? null };
    },
  };
}
