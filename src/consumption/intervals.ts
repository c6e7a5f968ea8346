/** UTC days, `YYYY-MM-DD`, and what ranges of them divide into: days, ISO weeks (from Monday) and months. Pure. */

const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;

/** From the finest on. */
export const intervals = ["day", "week", "month"] as const;
export type Interval = (typeof intervals)[number];

/** Half-open: `to` is the first day that is outside. */
export type DayRange = { readonly from: string; readonly to: string };

export const utcDayOf = (instant: string): string => instant.slice(0, 10);
export const startOfUtcDay = (day: string): string => `${day}T00:00:00.000Z`;
export const addDays = (day: string, days: number): string =>
  utcDayOf(new Date(Date.parse(day) + days * DAY_MS).toISOString());
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** The parts of a range in order, without gaps; the first and the last are cut where the range begins and ends. */
export function divide(range: DayRange, interval: Interval): DayRange[] {
  const parts: DayRange[] = [];
  for (let from = range.from; from < range.to; ) {
    const next = startOfNext(from, interval);
    const to = next < range.to ? next : range.to;
    parts.push({ from, to });
    from = to;
  }
  return parts;
}

/** How many parts `divide` gives, without making them. */
export function partCount({ from, to }: DayRange, interval: Interval): number {
  if (from >= to) return 0;
  const days = daysBetween(from, to);
  if (interval === "day") return days;
  if (interval === "week") return Math.ceil((daysSinceMonday(from) + days) / WEEK_DAYS);
  return monthNumber(addDays(to, -1)) - monthNumber(from) + 1;
}

function startOfNext(day: string, interval: Interval): string {
  if (interval === "day") return addDays(day, 1);
  if (interval === "week") return addDays(day, WEEK_DAYS - daysSinceMonday(day));
  const month = monthNumber(day) + 1;
  return utcDayOf(new Date(Date.UTC(Math.floor(month / 12), month % 12)).toISOString());
}

const daysSinceMonday = (day: string): number => (new Date(day).getUTCDay() + WEEK_DAYS - 1) % WEEK_DAYS;
const monthNumber = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
