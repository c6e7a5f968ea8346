/**
 * The naive model of schedules: ten years, day by day, and on the days in question minute by minute as Intl shows them on
 * the wall. It shares nothing with the product but the shape of a schedule.
 */
import type { Due, Schedule } from "../../src/subscriptions/schedule.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Brazil changed its clocks at midnight until 2019; two leap years and a year of 53 weeks are among them. */
export const DECADE = { from: "2017-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" } as const;
const DECADE_MS = Date.parse(DECADE.from);
const DAYS = (Date.parse(DECADE.to) - DECADE_MS) / DAY_MS;
/** Days before and after are shown too, for zones whose days begin sooner or end later. */
const MARGIN_HOURS = 72;
const HOURS = DAYS * 24 + 2 * MARGIN_HOURS;
const SHOWN_MS = DECADE_MS - MARGIN_HOURS * HOUR_MS;

/** What the wall shows, as if it were UTC. */
type Wall = (epochMs: number) => number;
type Shown = {
  readonly wall: Wall;
  /** What it shows at each whole hour of UTC. */
  readonly hours: Float64Array;
};

const zones = new Map<string, Shown>();

function shownIn(timeZone: string): Shown {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  // Swedes write days and times as ISO 8601 does.
  const clock = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  const wall: Wall = (epochMs) => Date.parse(`${clock.format(epochMs).replace(" ", "T")}Z`);
  const hours = Float64Array.from({ length: HOURS }, (_, hour) => wall(SHOWN_MS + hour * HOUR_MS));
  const shown = { wall, hours };
  zones.set(timeZone, shown);
  return shown;
}

/**
 * The first minute that shows a time; where none does, what it would be had the clock not been changed. A clock that goes
 * back by more than two hours at once would be more than this looks back.
 */
function firstShown({ wall, hours }: Shown, wantedMs: number): number {
  const startHour = Math.floor((wantedMs - SHOWN_MS) / HOUR_MS) - 15;
  let hour = startHour;
  while ((hours[hour] ?? Number.POSITIVE_INFINITY) < wantedMs) hour += 1;
  // In most weeks the clock is not changed: then no minute needs to be looked at.
  const hourMs = SHOWN_MS + hour * HOUR_MS;
  const isSteady = Array.from({ length: 4 }, (_, back) => hours[hour - back] ?? 0).every(
    (each, back) => each === (hours[hour] ?? 0) - back * HOUR_MS,
  );
  if (isSteady) return hourMs - ((hours[hour] ?? 0) - wantedMs);
  let minuteMs = hourMs - 3 * HOUR_MS;
  while (wall(minuteMs) < wantedMs) minuteMs += MINUTE_MS;
  const lastMs = minuteMs - MINUTE_MS;
  return lastMs + (wantedMs - wall(lastMs));
}

const dateText = (dayMs: number): string => new Date(dayMs).toISOString().slice(0, 10);
const dayOfMonth = (dayMs: number): number => new Date(dayMs).getUTCDate();
const monthOf = (dayMs: number): number => new Date(dayMs).getUTCMonth() + 1;
const weekdayOf = (dayMs: number): number => new Date(dayMs).getUTCDay() || 7;

function isOn(dayMs: number, wanted: number | "last"): boolean {
  if (dayOfMonth(dayMs) === wanted) return true;
  const isLast = dayOfMonth(dayMs + DAY_MS) === 1;
  return isLast && (wanted === "last" || wanted > dayOfMonth(dayMs));
}

function isDueOn(schedule: Schedule, dayMs: number): boolean {
  switch (schedule.every) {
    case "week":
      return weekdayOf(dayMs) === schedule.weekday;
    case "month":
      return isOn(dayMs, schedule.dayOfMonth);
    case "quarter":
      return monthOf(dayMs) % 3 === schedule.monthOfQuarter % 3 && isOn(dayMs, schedule.dayOfMonth);
  }
}

/** Whether a month, quarter or week begins with the day. */
function isFirst(every: Schedule["every"], dayMs: number): boolean {
  if (every === "week") return weekdayOf(dayMs) === 1;
  return dayOfMonth(dayMs) === 1 && (every === "month" || [1, 4, 7, 10].includes(monthOf(dayMs)));
}

function firstDayBefore(every: Schedule["every"], dayMs: number): number {
  let firstMs = dayMs;
  while (!isFirst(every, firstMs)) firstMs -= DAY_MS;
  return firstMs;
}

function nameOf(every: Schedule["every"], firstMs: number): string {
  const year = dateText(firstMs).slice(0, 4);
  if (every === "month") return dateText(firstMs).slice(0, 7);
  if (every === "quarter")
    return `${year}-Q${["01", "04", "07", "10"].indexOf(dateText(firstMs).slice(5, 7)) + 1}`;
  // A week is of the year that its Thursday is in, and has the number of that Thursday.
  const thursday = dateText(firstMs + 3 * DAY_MS);
  let number = 0;
  for (
    let dayMs = firstMs + 3 * DAY_MS;
    dateText(dayMs).slice(0, 4) === thursday.slice(0, 4);
    dayMs -= 7 * DAY_MS
  )
    number += 1;
  return `${thursday.slice(0, 4)}-W${String(number).padStart(2, "0")}`;
}

export type NaiveDue = Due & { readonly period: { readonly from: string; readonly to: string } };

/** Whatever is due in these ten years, oldest first. */
export function naiveDues(schedule: Schedule): readonly NaiveDue[] {
  const shown = shownIn(schedule.timeZone);
  const dues: NaiveDue[] = [];
  for (let day = -1; day <= DAYS; day += 1) {
    const dayMs = DECADE_MS + day * DAY_MS;
    if (!isDueOn(schedule, dayMs)) continue;
    const shownMs = firstShown(shown, dayMs + schedule.hour * HOUR_MS + schedule.minute * MINUTE_MS);
    const toMs = firstDayBefore(schedule.every, dayMs);
    const fromMs = firstDayBefore(schedule.every, toMs - DAY_MS);
    const dueAt = new Date(Math.max(shownMs, toMs)).toISOString();
    if (dueAt < DECADE.from || dueAt >= DECADE.to) continue;
    const period = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    dues.push({ dueAt, occurrence: nameOf(schedule.every, toMs), period });
  }
  return dues;
}
