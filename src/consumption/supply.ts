/** What the grants of an entitlement leave on days to come, for the projection. Pure. */
import { windowOf } from "../agreements/window.ts";
import { balanceOf, bordersOf, type Slice } from "./grants.ts";
import type { Entitled } from "./history-points.ts";
import { addDays, startOfUtcDay, utcDayOf } from "./intervals.ts";
import type { Supply } from "./projection.ts";

const DAY_MS = 86_400_000;

/**
 * Days of grants begin and end at midnight in the customer's time zone, those of consumption in UTC: a border counts from
 * the UTC day whose middle lies after it.
 * @param slices what everybody consumed, never across a border.
 * @returns undefined where the entitlement is unmetered.
 */
export function supplyOf(
  { terms, line }: Entitled,
  slices: readonly Slice[],
  now: string,
): Supply | undefined {
  const today = utcDayOf(now);
  const noonOf = (day: number): string => `${addDays(today, day)}T12:00:00.000Z`;
  const total = slices.reduce((sum, { quantity }) => sum + quantity, 0);
  const leftAt = (at: string, later: readonly Slice[]): number | undefined => {
    const used = later.reduce((sum, { quantity }) => sum + quantity, total);
    return balanceOf(terms, line, { total: used, slices: [...slices, ...later] }, at).remaining;
  };
  if (leftAt(now, []) === undefined) return undefined;
  const days = bordersOf(line.entitlement.grants ?? [])
    .filter((border) => border > now)
    .map((border) =>
      Math.max(1, Math.round((Date.parse(border) - Date.parse(startOfUtcDay(today))) / DAY_MS)),
    );
  return {
    borders: [...new Set(days)],
    leftOn: (day, consumed) => {
      const later = consumed.map(({ fromDay, quantity }) => ({
        at: fromDay === 0 ? now : noonOf(fromDay),
        quantity,
      }));
      return leftAt(day === 0 ? now : noonOf(day), later) ?? 0;
    },
  };
}

/** When an entitlement may be used: its package's time, or as long as it has a grant. */
export function usableWindow({ terms, line }: Entitled) {
  const window = windowOf(terms, line.package, line.entitlement);
  const ends = (line.entitlement.grants ?? []).map(({ endsAt, endedAt }) =>
    endedAt !== undefined && endedAt < endsAt ? endedAt : endsAt,
  );
  const last = ends.reduce((latest, end) => (end > latest ? end : latest), "");
  return ends.length > 0 && last < window.endsAt ? { ...window, endsAt: last } : window;
}
