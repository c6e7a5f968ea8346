/** What the grants of an entitlement leave on days to come, for the projection. Pure. */
import { windowOf } from "../agreements/window.ts";
import {
  type Balance,
  balanceOf,
  bordersOf,
  type GrantBalance,
  type Slice,
  windowOfGrant,
} from "./grants.ts";
import type { Entitled } from "./history-points.ts";
import { addDays, utcDayOf } from "./intervals.ts";
import type { Supply } from "./projection.ts";

const DAY_MS = 86_400_000;

/**
 * Days of grants begin and end at midnight in the customer's time zone, those of consumption in UTC: all of a UTC day is
 * taken to be consumed in its middle, or now where that is over.
 * @param slices what everybody consumed, never across a border.
 * @returns undefined where the entitlement is unmetered.
 */
export function supplyOf(entitled: Entitled, slices: readonly Slice[], now: string): Supply | undefined {
  const { terms, line } = entitled;
  const today = utcDayOf(now);
  const lastInstant = new Date(Date.parse(usableWindow(entitled).endsAt) - 1).toISOString();
  const middleOf = (day: number): string => {
    const noon = `${addDays(today, day)}T12:00:00.000Z`;
    const middle = noon > now ? noon : now;
    return middle < lastInstant ? middle : lastInstant;
  };
  const total = slices.reduce((sum, { quantity }) => sum + quantity, 0);
  const balanceAt = (at: string, later: readonly Slice[]): Balance => {
    const used = later.reduce((sum, { quantity }) => sum + quantity, total);
    return balanceOf(terms, line, { total: used, slices: [...slices, ...later] }, at);
  };
  // Of what is over, what its last instant left: after that nothing is active any more.
  const { remaining: leftNow, grants } = balanceAt(now < lastInstant ? now : lastInstant, []);
  if (leftNow === undefined) return undefined;
  const days = bordersOf(line.entitlement.grants ?? []).map((border) => firstDayAfter(border, today));
  return {
    leftNow,
    isUsedUp: leftNow <= 0 && !isYetToBegin(grants),
    borders: [...new Set(days)].filter((day) => day > 0),
    leftOn: (day, consumed) => {
      const later = consumed.map(({ fromDay, quantity }) => ({ at: middleOf(fromDay), quantity }));
      return balanceAt(middleOf(day), later).remaining ?? 0;
    },
  };
}

/** Nothing is granted now, but something will be. */
function isYetToBegin(grants: readonly GrantBalance[]): boolean {
  const statuses = grants.filter(({ granted }) => granted > 0).map(({ status }) => status);
  return !statuses.includes("active") && statuses.includes("upcoming");
}

/** The first UTC day whose middle is not before the border, counted from today. */
const firstDayAfter = (border: string, today: string): number =>
  Math.ceil((Date.parse(border) - Date.parse(today)) / DAY_MS - 1 / 2);

/** When an entitlement may be used: its package's time, or as long as it has a grant. */
export function usableWindow({ terms, line }: Entitled) {
  const window = windowOf(terms, line.package, line.entitlement);
  const ends = (line.entitlement.grants ?? [])
    .map(windowOfGrant)
    .flatMap(({ startsAt, endsAt }) => (startsAt < endsAt && startsAt < window.endsAt ? [endsAt] : []));
  const last = ends.reduce((latest, end) => (end > latest ? end : latest), "");
  return ends.length > 0 && last < window.endsAt ? { ...window, endsAt: last } : window;
}
