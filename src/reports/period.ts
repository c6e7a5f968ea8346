/** The period of a report: half-open, in whole UTC days (LE-07). Pure. */
import * as z from "zod";

const DAY_MS = 86_400_000;
/** Longest period of one report: three years. */
const PERIOD_DAYS_MAX = 1_096;

const midnight = z.iso
  .datetime()
  .regex(/T00:00:00\.000Z$/, "must be the first instant of a UTC day, such as 2026-10-01T00:00:00.000Z");

export const periodSchema = z
  .object({ from: midnight, to: midnight })
  .refine(({ from, to }) => from < to, { message: "to is exclusive and must be after from", path: ["to"] })
  .refine((period) => daysOf(period) <= PERIOD_DAYS_MAX, {
    message: `a period has at most ${PERIOD_DAYS_MAX} days`,
    path: ["to"],
  });
export type Period = Readonly<z.infer<typeof periodSchema>>;

/** @param month UTC calendar month, `YYYY-MM`. */
export function periodOfMonth(month: string): Period {
  const from = new Date(`${month}-01T00:00:00.000Z`);
  const to = new Date(from);
  to.setUTCMonth(to.getUTCMonth() + 1);
  return { from: from.toISOString(), to: to.toISOString() };
}

/**
 * @param firstDay `YYYY-MM-DD`
 * @param lastDay `YYYY-MM-DD`, inclusive, as people say it
 * @throws ZodError when the last day is before the first, or the period is too long.
 */
export function periodOfDays(firstDay: string, lastDay: string): Period {
  const to = new Date(Date.parse(`${lastDay}T00:00:00.000Z`) + DAY_MS);
  return periodSchema.parse({ from: `${firstDay}T00:00:00.000Z`, to: to.toISOString() });
}

/** `2026-10` for a calendar month, else first and last day: `2026-10-05_2026-10-11`. One text for one period. */
export function periodText(period: Period): string {
  const month = period.from.slice(0, 7);
  const whole = period.from.slice(8, 10) === "01" && periodOfMonth(month).to === period.to;
  return whole ? month : `${period.from.slice(0, 10)}_${lastInstantOf(period).slice(0, 10)}`;
}

/** The last instant inside: what an inclusive "as of" names. */
export const lastInstantOf = ({ to }: Period): string => before(to);
/** The last instant before the period. */
export const eveOf = ({ from }: Period): string => before(from);

const before = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();
const daysOf = ({ from, to }: { from: string; to: string }): number =>
  (Date.parse(to) - Date.parse(from)) / DAY_MS;
