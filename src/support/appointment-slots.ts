/**
 * The appointments that can be had with an advocate (SR-12). Pure.
 * Invariants: a slot lies in one span of the advocate's working time, a whole number of slots after the beginning of that
 * span, and overlaps nothing that the advocate has to do; every such slot is offered. Slots follow each other in time that
 * passes, so after a change of the clock in the midst of a span they have other minutes on the wall.
 * Who looks at them has a time zone of its own, which says how an instant is written and nothing else.
 */
import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { instantText } from "../platform/instant.ts";
import { businessCalendarSchema, daysAfter, instantOf, openSpans } from "./business-calendar.ts";

const MINUTE_MS = 60_000;
const SLOT_MINUTES_MIN = 15;
const SLOT_MINUTES_MAX = 240;
const BUSY_MAX = 1_000;
const DAYS_AHEAD_MAX = 60;

/** Half-open instants, in UTC. */
const intervalSchema = z
  .object({ start: instantText, end: instantText })
  .readonly()
  .refine(({ start, end }) => start < end, "must end after it begins");

export const advocateCalendarSchema = z
  .object({
    hours: businessCalendarSchema,
    slotMinutes: z.int().min(SLOT_MINUTES_MIN).max(SLOT_MINUTES_MAX),
    /** In any order; they may overlap. */
    busy: z.array(intervalSchema).max(BUSY_MAX).readonly(),
  })
  .readonly();

export type AdvocateCalendar = z.infer<typeof advocateCalendarSchema>;

export type Slot = z.infer<typeof intervalSchema>;

export type SlotQuery = {
  /** Half-open: slots that start in it, so that ranges side by side have each slot once. */
  readonly from: string;
  readonly to: string;
  readonly now: string;
  /** A slot starts no sooner than so long after now. */
  readonly leadMinutes: number;
  readonly limit: number;
};

/** The first so many free slots, in order. None starts more than 60 days after now. */
export function freeSlots(calendar: AdvocateCalendar, query: SlotQuery): Slot[] {
  const { hours, slotMinutes } = calendar;
  const slotMs = slotMinutes * MINUTE_MS;
  const firstMs = Math.max(Date.parse(query.from), Date.parse(query.now) + query.leadMinutes * MINUTE_MS);
  const endMs = Math.min(Date.parse(query.to), Date.parse(daysAfter(query.now, DAYS_AHEAD_MAX)) + 1);
  const isBusy = busyCheck(calendar.busy);
  const slots: Slot[] = [];
  for (const span of openSpans(hours, { startMs: firstMs, endMs })) {
    const skipped = Math.max(0, Math.ceil((firstMs - span.startMs) / slotMs));
    const lastMs = Math.min(span.endMs - slotMs, endMs - 1);
    for (let startMs = span.startMs + skipped * slotMs; startMs <= lastMs; startMs += slotMs) {
      if (slots.length >= query.limit) return slots;
      if (!isBusy(startMs, startMs + slotMs))
        slots.push({ start: instantOf(startMs), end: instantOf(startMs + slotMs) });
    }
  }
  return slots;
}

/**
 * Whether a slot that starts then can be taken. Without a lead: whoever was offered a slot had time to choose, as long as it
 * has not begun.
 */
export function isFreeSlot(calendar: AdvocateCalendar, start: string, now: string): boolean {
  const to = instantOf(Date.parse(start) + 1);
  return freeSlots(calendar, { from: start, to, now, leadMinutes: 0, limit: 1 }).length === 1;
}

/** For slots that are asked for in the order of time: what is over before one of them is not looked at again. */
function busyCheck(busy: readonly Slot[]): (startMs: number, endMs: number) => boolean {
  const taken = busy
    .map(({ start, end }) => ({ startMs: Date.parse(start), endMs: Date.parse(end) }))
    .toSorted((one, other) => one.startMs - other.startMs);
  let next = 0;
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  return (startMs, endMs) => {
    for (let one = taken[next]; one !== undefined && one.startMs < endMs; one = taken[next]) {
      busyUntilMs = Math.max(busyUntilMs, one.endMs);
      next += 1;
    }
    return busyUntilMs > startMs;
  };
}

export type ZonedTime = {
  /** `YYYY-MM-DDTHH:MM:SS+HH:MM` */
  readonly local: string;
  readonly timeZone: string;
};

/** An instant as the wall clock of a zone shows it. */
export function inZone(instant: string, timeZone: string): ZonedTime {
  const zoned = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone);
  return { local: zoned.toString({ timeZoneName: "never", fractionalSecondDigits: 0 }), timeZone };
}
