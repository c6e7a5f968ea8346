/**
 * How a request and the calendar of its advocate come to agree, though they are in two partitions and no transaction has
 * both (SR-12). An attempt first holds the slot in the calendar, then writes the appointment with the request, then confirms.
 * Invariants: whatever ends or stands still at any point, no time of an advocate is booked for two requests, and none is
 * taken for longer than a hold lasts where there is no appointment.
 * - An appointment is written only over the request as it was read before the attempt held the slot.
 * - A hold of another attempt is taken away only after its request was written anew without that appointment, so that what
 *   was read before can no longer be written; and only as the calendar was before that, so that who held it anew keeps it.
 */

import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, UnavailableError } from "../platform/errors.ts";
import {
  type Attempt,
  type Booking,
  type CalendarDocument,
  type Reservation,
  slotAt,
  slotFrom,
  slotsFor,
  staleHolds,
  withChecked,
  withHold,
  withOutcome,
} from "./advocate-calendar.ts";
import type { AdvocateCalendarStore } from "./advocate-calendar-store.ts";
import { freeSlots, type Slot, type SlotQuery } from "./appointment-slots.ts";
import { type ChangeAccess, changeRequest, type Decided } from "./change-request.ts";
import type { RequestKey, SupportRequest } from "./request.ts";

const ATTEMPTS_MAX = 20;
const RETRY_AFTER_SECONDS = 1;
/** Holds that one request looks into; of more, others do. */
const CHECKS_MAX = 10;

export type BookingAccess = ChangeAccess & {
  readonly advocateCalendars: Pick<AdvocateCalendarStore, "read" | "save">;
  readonly newId: () => string;
};

/** What is to be done with an appointment, before its time is held in the calendar and after. */
export type Plan = Reservation & {
  /** Address of the advocate. */
  readonly email: string;
} & (
    | {
        readonly kind: "hold";
        readonly start: string;
        /** In which whoever asks is told what is free instead. */
        readonly timeZone: string;
        readonly decide: (held: Held) => NonNullable<Decided>;
      }
    /** `keep`: its time stays as it is, and so does the calendar. */
    | { readonly kind: "release" | "keep"; readonly decide: () => NonNullable<Decided> }
  );

/** The slot that is held, and the calendar that it is of. */
type Held = { readonly slot: Slot; readonly calendar: CalendarDocument };

/** Unknown while it is open what became of a write: then the booking waits to be looked into. */
type Outcome = "written" | "notWritten" | "unknown";

/**
 * @param plan is given the request as it is, and asked again while others are faster; undefined: it is as it should be.
 * @returns the request as it is now.
 * @throws whatever `plan` throws; ConflictError where the slot cannot be had; UnavailableError when others are always faster.
 */
export async function changeAppointment(
  access: BookingAccess,
  key: RequestKey,
  at: string,
  plan: (known: Versioned<SupportRequest> | undefined) => Promise<Plan | undefined>,
): Promise<Versioned<SupportRequest>> {
  const attempt: Attempt = { key, attemptId: access.newId(), at };
  // By advocate: the request may come to another one while others are faster. What was held of the one so far is not written.
  const held = new Map<string, Outcome>();
  let advocate = "";
  const commit: BookingAccess["requests"]["commit"] = async (change) => {
    held.set(advocate, "unknown");
    const result = await access.requests.commit(change);
    held.set(advocate, result.outcome === "committed" ? "written" : "notWritten");
    return result;
  };
  const decide = async (known: Versioned<SupportRequest> | undefined): Promise<Decided> => {
    const planned = await plan(known);
    if (planned === undefined) return undefined;
    advocate = planned.email;
    if (planned.kind === "keep") return planned.decide();
    held.set(advocate, "notWritten");
    if (planned.kind === "hold") return planned.decide(await hold(access, attempt, planned));
    await changeCalendar(access, planned.email, (calendar) =>
      withHold(calendar, attempt, planned, undefined),
    );
    return planned.decide();
  };
  try {
    const requests = { read: access.requests.read, commit };
    return await changeRequest({ ...access, requests }, key, decide);
  } finally {
    await conclude(access, held, attempt);
  }
}

/** @throws ConflictError where the slot cannot be had. */
async function hold(
  access: BookingAccess,
  attempt: Attempt,
  planned: Extract<Plan, { readonly kind: "hold" }>,
): Promise<Held> {
  const { email, start, timeZone } = planned;
  for (let round = 0; round < ATTEMPTS_MAX; round++) {
    const found = await access.advocateCalendars.read(email);
    if (found === undefined) throw noCalendar();
    const calendar = await checked(access, found.value, attempt, slotFrom(found.value, start));
    const slot = slotAt(calendar, attempt, start, timeZone);
    // Also where nothing is new in it: the tag is another one then, and who looked into the hold so far looks again.
    const isSaved = await access.advocateCalendars.save(
      withHold(calendar, attempt, planned, slot),
      found.etag,
    );
    if (isSaved) return { slot, calendar };
  }
  throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster to write the calendar");
}

const noCalendar = (): ConflictError =>
  new ConflictError(
    "NoCalendar",
    "The advocate of the request has not said when appointments can be had: write to the advocate, or add a note.",
  );

/** Best effort: what this forgets is found when somebody wants the slot. */
async function conclude(
  access: BookingAccess,
  held: ReadonlyMap<string, Outcome>,
  { attemptId }: Attempt,
): Promise<void> {
  try {
    for (const [email, outcome] of held) {
      if (outcome === "unknown") continue;
      await changeCalendar(access, email, (calendar) => withOutcome(calendar, attemptId, outcome));
    }
  } catch (error) {
    access.onDelay(error);
  }
}

async function changeCalendar(
  { advocateCalendars }: BookingAccess,
  email: string,
  change: (calendar: CalendarDocument) => CalendarDocument,
): Promise<void> {
  for (let round = 0; round < ATTEMPTS_MAX; round++) {
    const found = await advocateCalendars.read(email);
    if (found === undefined || (await advocateCalendars.save(change(found.value), found.etag))) return;
  }
  throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster to write the calendar");
}

/** The calendar without holds that came to nothing, so far as they stand in the way of a time. It is not saved. */
async function checked(
  access: BookingAccess,
  calendar: CalendarDocument,
  { key, at }: Pick<Attempt, "key" | "at">,
  time: Slot,
): Promise<CalendarDocument> {
  const stale = staleHolds(calendar, key, time, at).slice(0, CHECKS_MAX);
  if (stale.length === 0) return calendar;
  const outcomes = new Map<Booking, "booked" | "abandoned">();
  for (const booking of stale) {
    try {
      outcomes.set(booking, await outcomeOf(access, booking));
    } catch (error) {
      // It stands in the way as long as nobody knows.
      access.onDelay(error);
    }
  }
  return withChecked(calendar, outcomes, at);
}

/**
 * Whether the appointment of a booking came about. If not, it cannot any more: its request is written anew first.
 * @throws NotFoundError while the request cannot be seen.
 */
async function outcomeOf(access: BookingAccess, booking: Booking): Promise<"booked" | "abandoned"> {
  const { customerId, number, appointmentId, start } = booking;
  let isBooked = false;
  await changeRequest(access, { customerId, number }, (known) => {
    if (known === undefined) return undefined;
    const { appointment, revision } = known.value;
    isBooked = appointment?.appointmentId === appointmentId && appointment.start === start;
    return isBooked ? undefined : { after: { ...known.value, revision: revision + 1 }, audit: [] };
  });
  return isBooked ? "booked" : "abandoned";
}

type FreeSlots = { readonly slotMinutes: number; readonly slots: readonly Slot[] };

/** What is free for a request with an advocate. @throws ConflictError `NoCalendar`. */
export async function slotsWith(
  access: BookingAccess,
  email: string,
  request: SupportRequest,
  query: Omit<SlotQuery, "leadMinutes">,
): Promise<FreeSlots> {
  const found = await access.advocateCalendars.read(email);
  if (found === undefined) throw noCalendar();
  const range = { start: query.from, end: query.to };
  const calendar = await checked(access, found.value, { key: request, at: query.now }, range);
  // Overtaken or not: what was found out holds for this answer.
  if (calendar !== found.value) await access.advocateCalendars.save(calendar, found.etag);
  const own = request.appointment === null ? [] : [request.appointment];
  const view = slotsFor(calendar, request, own);
  const { slotMinutes, leadMinutes } = calendar;
  return { slotMinutes, slots: freeSlots(view, { ...query, leadMinutes }) };
}
