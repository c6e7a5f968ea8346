/**
 * Weeks, months and quarters, after which occurrences of a schedule are named, and the periods of their reports. Pure.
 * Invariant: each is known by its first day, each day is of one, and the name of one says which it is.
 */
import { Temporal } from "temporal-polyfill";
import type { Period } from "../reports/period.ts";

export type Every = "week" | "month" | "quarter";

/** A Monday, the first of a month or of a quarter. */
export type FirstDay = Temporal.PlainDate;

export function startOf(every: Every, day: Temporal.PlainDate): FirstDay {
  switch (every) {
    case "week":
      return day.subtract({ days: day.dayOfWeek - 1 });
    case "month":
      return day.with({ day: 1 });
    case "quarter":
      return day.with({ day: 1, month: day.month - ((day.month - 1) % 3) });
  }
}

export function moved(every: Every, firstDay: FirstDay, steps: number): FirstDay {
  switch (every) {
    case "week":
      return firstDay.add({ weeks: steps });
    case "month":
      return firstDay.add({ months: steps });
    case "quarter":
      return firstDay.add({ months: 3 * steps });
  }
}

export function nameOf(every: Every, firstDay: FirstDay): string {
  switch (every) {
    case "week":
      return `${firstDay.yearOfWeek}-W${String(firstDay.weekOfYear).padStart(2, "0")}`;
    case "month":
      return firstDay.toPlainYearMonth().toString();
    case "quarter":
      return `${firstDay.year}-Q${(firstDay.month + 2) / 3}`;
  }
}

/** Undefined for what names no occurrence of that kind. */
export function firstDayOf(every: Every, occurrence: string): FirstDay | undefined {
  const [, year, number] = /^(\d{4})-[WQ]?(\d{1,2})$/.exec(occurrence) ?? [];
  if (year === undefined || number === undefined) return undefined;
  // In ISO 8601 the fourth of January is in the first week of its year.
  const first = startOf(every, Temporal.PlainDate.from(`${year}-01-04`));
  const firstDay = moved(every, first, Number(number) - 1);
  return nameOf(every, firstDay) === occurrence ? firstDay : undefined;
}

/** The one before, in UTC (LE-07): it ends where the one that begins with that day begins. */
export const periodBefore = (every: Every, firstDay: FirstDay): Period => ({
  from: startInUtc(moved(every, firstDay, -1)),
  to: startInUtc(firstDay),
});

const startInUtc = (day: Temporal.PlainDate): string => `${day.toString()}T00:00:00.000Z`;
