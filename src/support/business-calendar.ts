/**
 * When somebody works, and how much of that time lies between two instants. Pure.
 * Invariant: an instant is open when the wall clock of the calendar's zone shows a time of a span of that weekday, and the
 * day is no holiday. So nothing is ever disambiguated: what the clock skips in spring is no instant, which makes a span over
 * it shorter; what it shows twice in autumn is open both times, which makes it longer.
 * Amounts are whole milliseconds; instants are texts in UTC; spans are half-open.
 */
import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { dayText } from "../platform/instant.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const HOLIDAYS_MAX = 400;
const SPANS_PER_DAY_MAX = 2;
/** How far ahead working time is looked for. */
export const SEARCH_DAYS_MAX = 400;
/** More than a span of one day can last, even where the clock shows the whole day twice. */
const SPAN_MS_MAX = 3 * DAY_MS;

/** An offset is none: it would not follow the changes of the clock. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, "must be an IANA time zone, such as Europe/Madrid");

const spanSchema = z
  .strictObject({
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day, such as 09:00"),
    to: z
      .string()
      .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "must be a time of day, such as 17:30, or 24:00"),
  })
  .readonly()
  .refine(({ from, to }) => from < to, "must end after it begins");

const daySchema = z
  .array(spanSchema)
  .max(SPANS_PER_DAY_MAX)
  .readonly()
  .refine(
    (spans) => spans.every(({ from }, index) => from >= (spans[index - 1]?.to ?? "")),
    "must be in order and must not overlap",
  );

export const businessCalendarSchema = z
  .strictObject({
    timeZone: timeZoneSchema,
    week: z
      .strictObject({
        monday: daySchema,
        tuesday: daySchema,
        wednesday: daySchema,
        thursday: daySchema,
        friday: daySchema,
        saturday: daySchema,
        sunday: daySchema,
      })
      .readonly(),
    /** Days in the calendar's zone on which nothing is open. */
    holidays: z.array(dayText).max(HOLIDAYS_MAX).readonly(),
  })
  .readonly();

export type BusinessCalendar = z.infer<typeof businessCalendarSchema>;

const WHOLE_DAY = [{ from: "00:00", to: "24:00" }];

/** Round the clock: its time is the time that passes. */
export const ALWAYS_OPEN: BusinessCalendar = {
  timeZone: "UTC",
  week: {
    monday: WHOLE_DAY,
    tuesday: WHOLE_DAY,
    wednesday: WHOLE_DAY,
    thursday: WHOLE_DAY,
    friday: WHOLE_DAY,
    saturday: WHOLE_DAY,
    sunday: WHOLE_DAY,
  },
  holidays: [],
};

/** Milliseconds since 1970 in UTC. */
type Interval = { readonly startMs: number; readonly endMs: number };

export function isOpenAt(calendar: BusinessCalendar, instant: string): boolean {
  const atMs = Date.parse(instant);
  return openSpans(calendar, { startMs: atMs, endMs: atMs + 1 }).next().done !== true;
}

/** @returns milliseconds of open time; 0 where `to` is not after `from`. */
export function businessMsBetween(calendar: BusinessCalendar, from: string, to: string): number {
  const range = { startMs: Date.parse(from), endMs: Date.parse(to) };
  let sum = 0;
  for (const { startMs, endMs } of openSpans(calendar, range))
    sum += Math.min(endMs, range.endMs) - Math.max(startMs, range.startMs);
  return sum;
}

/**
 * The first instant by which so much open time has passed: the end of a working day, not the beginning of the next.
 * @param ms whole milliseconds, 0 or more.
 * @param until where the search ends; that instant may still be the answer.
 * @returns undefined where there is not so much open time until then.
 */
export function addBusinessTime(
  calendar: BusinessCalendar,
  from: string,
  ms: number,
  until: string = daysAfter(from, SEARCH_DAYS_MAX),
): string | undefined {
  if (ms === 0) return from;
  const range = { startMs: Date.parse(from), endMs: Date.parse(until) };
  let leftMs = ms;
  for (const span of openSpans(calendar, range)) {
    const startMs = Math.max(span.startMs, range.startMs);
    const openMs = Math.min(span.endMs, range.endMs) - startMs;
    if (leftMs <= openMs) return instantOf(startMs + leftMs);
    leftMs -= openMs;
  }
  return undefined;
}

export const instantOf = (epochMs: number): string => new Date(epochMs).toISOString();

/** Days of 24 hours. */
export const daysAfter = (instant: string, days: number): string =>
  instantOf(Date.parse(instant) + days * DAY_MS);

/**
 * The spans of the calendar that have instants in a range, in order, whole even where the range cuts them. Those of two days
 * or of one day stay two, also where they touch.
 */
export function* openSpans(calendar: BusinessCalendar, range: Interval): Generator<Interval, void> {
  if (range.startMs >= range.endMs) return;
  let open: Part | undefined;
  for (const part of partsOf(calendar, range)) {
    if (open?.localStartMs === part.localStartMs && open.endMs === part.startMs) {
      open = { ...open, endMs: part.endMs };
      continue;
    }
    if (open !== undefined && open.endMs > range.startMs) yield open;
    open = part;
    if (open.startMs >= range.endMs) return;
  }
  if (open !== undefined && open.endMs > range.startMs) yield open;
}

/** What of a span lies between two changes of the clock. */
type Part = Interval & {
  /** The beginning of the span on the wall clock, which tells one span from another. */
  readonly localStartMs: number;
};

function* partsOf(calendar: BusinessCalendar, range: Interval): Generator<Part, void> {
  const week = weekOf(calendar);
  const holidays = new Set(calendar.holidays.map((day) => Date.parse(day) / DAY_MS));
  for (const { startMs, endMs, offsetMs } of offsetsIn(calendar.timeZone, range)) {
    const lastDay = Math.floor((endMs - 1 + offsetMs) / DAY_MS);
    for (let day = Math.floor((startMs + offsetMs) / DAY_MS); day <= lastDay; day += 1) {
      if (holidays.has(day)) continue;
      for (const { fromMs, toMs } of week[weekdayOf(day)] ?? []) {
        const localStartMs = day * DAY_MS + fromMs;
        const part = {
          localStartMs,
          startMs: Math.max(startMs, localStartMs - offsetMs),
          endMs: Math.min(endMs, day * DAY_MS + toMs - offsetMs),
        };
        if (part.startMs < part.endMs) yield part;
      }
    }
  }
}

/** The offsets of a zone in a range that is wide enough for the spans at its ends to be whole. */
function* offsetsIn(timeZone: string, range: Interval) {
  const limitMs = range.endMs + SPAN_MS_MAX;
  let startMs = range.startMs - SPAN_MS_MAX;
  let local = Temporal.Instant.fromEpochMilliseconds(startMs).toZonedDateTimeISO(timeZone);
  while (startMs < limitMs) {
    const next = local.getTimeZoneTransition("next");
    const endMs = Math.min(next?.epochMilliseconds ?? limitMs, limitMs);
    yield { startMs, endMs, offsetMs: local.offsetNanoseconds / 1_000_000 };
    startMs = endMs;
    local = next ?? local;
  }
}

/** The spans of each weekday, from Sunday, in milliseconds after midnight on the wall clock. */
function weekOf({ week }: BusinessCalendar) {
  const { sunday, monday, tuesday, wednesday, thursday, friday, saturday } = week;
  return [sunday, monday, tuesday, wednesday, thursday, friday, saturday].map((spans) =>
    spans.map(({ from, to }) => ({ fromMs: timeOfDayMs(from), toMs: timeOfDayMs(to) })),
  );
}

const timeOfDayMs = (text: string): number =>
  (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) * MINUTE_MS;

/** 0 is Sunday; the day 0 of 1970 was a Thursday. Days before it are negative. */
const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

function isTimeZone(text: string): boolean {
  try {
    return (
      /^[A-Za-z]/.test(text) &&
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId.length > 0
    );
  } catch {
    return false;
  }
}
