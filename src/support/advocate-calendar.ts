/**
 * When an advocate works, and what is booked of that time. Pure.
 * Invariants: one document has all of an advocate's bookings, of every customer, so that a slot is taken by one conditional
 * save; bookings of different requests never overlap. A booking is made by one attempt to arrange an appointment, is that
 * attempt's own, and is `held` while it is open whether the appointment came about; nobody takes it away before that is
 * known. Two bookings of one request may overlap: of its appointments at most one is open.
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { customerIdSchema } from "../agreements/ids.ts";
import { ConflictError } from "../platform/errors.ts";
import { type AdvocateCalendar, freeSlots, inZone, isFreeSlot, type Slot } from "./appointment-slots.ts";
import { businessCalendarSchema, daysAfter, instantOf } from "./business-calendar.ts";
import { type RequestKey, requestNumberSchema } from "./request.ts";

export const ADVOCATE_CALENDAR_DOCUMENT_ID = "advocateCalendar";

export const SLOT_MINUTES_MIN = 15;
export const SLOT_MINUTES_MAX = 240;
/** Two weeks. */
export const LEAD_MINUTES_MAX = 20_160;
/** More appointments than anybody has in the 60 days that are offered. */
export const BOOKINGS_MAX = 1_000;
/** An attempt that has not been heard of for so long is looked into: longer than any takes. */
export const HOLD_MS = 300_000;
const NOBODY = "";
const MINUTE_MS = 60_000;
/** Slots that whoever was too late is told of. */
const FRESH_SLOTS_MAX = 20;
const FRESH_DAYS_BEFORE = 1;
const FRESH_DAYS_AFTER = 7;

const bookingSchema = z.object({
  bookingId: z.string(),
  start: z.string(),
  end: z.string(),
  customerId: customerIdSchema,
  number: requestNumberSchema,
  appointmentId: z.string(),
  state: z.enum(["held", "confirmed"]),
  /** When it was held, for the first time or anew because the appointment may go. */
  heldAt: z.string(),
  /** The attempt that did so, and may confirm it or give it up; nobody: it waits to be looked into. */
  heldBy: z.string(),
});
export type Booking = z.infer<typeof bookingSchema>;

/** The document in the container `people`, beside the person of that address. */
export const calendarDocumentSchema = z.object({
  id: z.literal(ADVOCATE_CALENDAR_DOCUMENT_ID),
  email: z.string(),
  kind: z.literal("advocateCalendar"),
  hours: businessCalendarSchema,
  slotMinutes: z.int().min(SLOT_MINUTES_MIN).max(SLOT_MINUTES_MAX),
  leadMinutes: z.int().min(0).max(LEAD_MINUTES_MAX),
  /** Of messages to the advocate. */
  language: languageSchema,
  bookings: z.array(bookingSchema).max(BOOKINGS_MAX),
});
export type CalendarDocument = z.infer<typeof calendarDocumentSchema>;

/** What an appointment is arranged by: unique to the attempt, and the same for its tries while others are faster. */
export type Attempt = {
  readonly key: RequestKey;
  readonly attemptId: string;
  readonly at: string;
};

/** What an attempt does with an appointment, as far as the calendar is concerned. */
export type Reservation = {
  readonly appointmentId: string;
  /** Where it begins so far; undefined: it is new. */
  readonly leaves: string | undefined;
};

const isOfRequest = (booking: Booking, { customerId, number }: RequestKey): boolean =>
  booking.customerId === customerId && booking.number === number;

const overlaps = (one: Slot, other: Slot): boolean => one.start < other.end && other.start < one.end;

/** Bookings of others that are held for longer than any attempt takes, and stand in the way of this time; oldest first. */
export function staleHolds(
  { bookings }: CalendarDocument,
  key: RequestKey,
  time: Slot,
  now: string,
): readonly Booking[] {
  const heldBefore = instantOf(Date.parse(now) - HOLD_MS);
  return bookings
    .filter((each) => each.state === "held" && each.heldAt <= heldBefore)
    .filter((each) => !isOfRequest(each, key) && overlaps(each, time))
    .toSorted((one, other) => (one.heldAt < other.heldAt ? -1 : 1));
}

/**
 * @param checked `abandoned`: the appointment is not there, and never will be. `booked`: it was there a moment ago, which
 * confirms nothing, since it may be leaving; the booking stays held and is looked into again after some time.
 */
export function withChecked(
  calendar: CalendarDocument,
  checked: ReadonlyMap<Booking, "booked" | "abandoned">,
  now: string,
): CalendarDocument {
  const bookings = calendar.bookings
    .filter((each) => checked.get(each) !== "abandoned")
    .map((each) => (checked.get(each) === "booked" ? { ...each, heldAt: now } : each));
  return { ...calendar, bookings };
}

/** The calendar as a request sees it: it does not stand in its own way but by the appointment that it has. */
export function slotsFor(
  { hours, slotMinutes, bookings }: CalendarDocument,
  key: RequestKey,
  own: readonly Slot[] = [],
): AdvocateCalendar {
  const others = bookings.filter((each) => !isOfRequest(each, key));
  return { hours, slotMinutes, busy: [...others, ...own].map(({ start, end }) => ({ start, end })) };
}

/** One that begins then, whether or not there is one. */
export const slotFrom = ({ slotMinutes }: CalendarDocument, start: string): Slot => ({
  start,
  end: instantOf(Date.parse(start) + slotMinutes * MINUTE_MS),
});

/**
 * @param timeZone in which whoever asks is told what is free instead.
 * @throws ConflictError `NotASlot` or `SlotTaken`.
 */
export function slotAt(
  calendar: CalendarDocument,
  { key, at }: Attempt,
  start: string,
  timeZone: string,
): Slot {
  const view = slotsFor(calendar, key);
  const isOnGrid = isFreeSlot({ ...view, busy: [] }, start, at);
  if (isOnGrid && isFreeSlot(view, start, at)) return slotFrom(calendar, start);
  const [code, message] = isOnGrid
    ? ["SlotTaken", "The slot was taken meanwhile: choose one of freeSlots."]
    : ["NotASlot", "The advocate has no slot that begins then: choose one of freeSlots."];
  throw new ConflictError(code, `start: ${message}`, {
    target: "start",
    innererror: {
      code,
      slotMinutes: calendar.slotMinutes,
      timeZone,
      freeSlots: freshSlots(calendar, view, start, at, timeZone),
    },
  });
}

/** Around the one that was asked for, as the wall clock of the zone shows them: each can be given as `start`. */
function freshSlots(
  { leadMinutes }: CalendarDocument,
  view: AdvocateCalendar,
  start: string,
  now: string,
  timeZone: string,
): readonly string[] {
  const from = daysAfter(start, -FRESH_DAYS_BEFORE);
  const to = daysAfter(start, FRESH_DAYS_AFTER);
  const near = freeSlots(view, { from, to, now, leadMinutes, limit: FRESH_SLOTS_MAX });
  const soon = { from: now, to: daysAfter(now, FRESH_DAYS_AFTER), now, leadMinutes, limit: FRESH_SLOTS_MAX };
  // Who asks for a day on which nothing is offered, such as one long ago, is told of the next ones.
  const slots = near.length > 0 ? near : freeSlots(view, soon);
  return slots.map((each) => inZone(each.start, timeZone).local);
}

/**
 * With a booking of the attempt for the slot. What the appointment may leave is held from now on, so that nobody confirms it
 * any more; what others held of it is not the attempt's to give up. What is over is forgotten.
 * @throws ConflictError where the calendar is full.
 */
export function withHold(
  calendar: CalendarDocument,
  { key, attemptId, at }: Attempt,
  { appointmentId, leaves }: Reservation,
  slot: Slot | undefined,
): CalendarDocument {
  const isLeft = (each: Booking): boolean =>
    isOfRequest(each, key) && each.appointmentId === appointmentId && each.start === leaves;
  const left = (each: Booking): Booking => {
    if (each.state === "confirmed") return { ...each, state: "held", heldAt: at, heldBy: attemptId };
    return each.heldBy === attemptId ? each : { ...each, heldBy: NOBODY };
  };
  const rest = calendar.bookings
    .filter((each) => each.end > at && each.bookingId !== attemptId)
    .map((each) => (isLeft(each) ? left(each) : each));
  if (slot === undefined) return { ...calendar, bookings: rest };
  if (rest.length >= BOOKINGS_MAX) {
    throw new ConflictError(
      "CalendarFull",
      `The advocate has ${BOOKINGS_MAX} appointments, which is as many as there can be: choose a later day when some are over.`,
    );
  }
  const { customerId, number } = key;
  const own = { bookingId: attemptId, ...slot, customerId, number, appointmentId };
  return { ...calendar, bookings: [...rest, { ...own, state: "held", heldAt: at, heldBy: attemptId }] };
}

/**
 * After an attempt: what wrote its appointment confirms its own booking and gives up what the appointment left; what did not
 * gives up its own booking, and leaves the rest to be looked into.
 */
export function withOutcome(
  calendar: CalendarDocument,
  attemptId: string,
  outcome: "written" | "notWritten",
): CalendarDocument {
  const isWritten = outcome === "written";
  const bookings = calendar.bookings.flatMap((each): Booking[] => {
    if (each.bookingId === attemptId) {
      if (!isWritten) return [];
      return [each.heldBy === attemptId ? { ...each, state: "confirmed" } : each];
    }
    return isWritten && each.heldBy === attemptId && each.state === "held" ? [] : [each];
  });
  return { ...calendar, bookings };
}
