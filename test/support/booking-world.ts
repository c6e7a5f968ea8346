/** One advocate, requests of two customers, and people who book, move and cancel; with what must hold whatever happens. */
import { expect } from "vitest";
import type { Doing } from "../../src/access/audit-entry.ts";
import { customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { isServiceError } from "../../src/platform/errors.ts";
import { type CalendarDocument, HOLD_MS } from "../../src/support/advocate-calendar.ts";
import { withSettings } from "../../src/support/advocate-calendar-change.ts";
import { type BookingAccess, changeAppointment, slotsWith } from "../../src/support/appointment-booking.ts";
import {
  findAppointment,
  planBooking,
  planCancellation,
  planMove,
} from "../../src/support/appointment-plan.ts";
import { ALWAYS_OPEN } from "../../src/support/business-calendar.ts";
import { newRequestNumber, openRequest } from "../../src/support/open-request.ts";
import type { RequestKey, SupportRequest } from "../../src/support/request.ts";
import type { BookingStores } from "../fakes/memory-booking.ts";

export const START_AT = "2026-11-20T10:00:00.000Z";
export const ADVOCATE = "advocate@provider.example";
const HOUR_MS = 3_600_000;
const CUSTOMERS = ["cust-a", "cust-b"] as const;
export const REQUESTS = 3;
/** On the first hours of the next day, each an hour long. */
export const SLOTS = 3;
export const slotAt = (slot: number): string =>
  new Date(Date.parse("2026-11-21T00:00:00.000Z") + slot * HOUR_MS).toISOString();
const END = slotAt(SLOTS);

export const later = (instant: string, ms: number): string =>
  new Date(Date.parse(instant) + ms).toISOString();

const doingAt = (request: number, key: string, at: string): Doing => ({
  customerId: customerIdSchema.parse(CUSTOMERS[request % CUSTOMERS.length]),
  actor: { subject: `person-${request}`, email: `person-${request}@cust.example` },
  at,
  key,
});

/** Its request, as it is opened; the advocate works on each. */
function requestOf(request: number): SupportRequest {
  const doing = doingAt(request, `open ${request}`, START_AT);
  const opened = openRequest(doing, newRequestNumber(doing), `person-${request}@cust.example`, {
    title: `Request ${request}`,
    description: "",
    problemType: "advice",
    product: null,
    severity: "minimal",
    primaryContact: { name: null, email: `person-${request}@cust.example` },
    workspaceId: workspaceIdSchema.parse("ws-default"),
    agreementId: null,
    country: null,
    language: "en",
    isIncentiveRelated: false,
    sharedWith: [],
    groupId: null,
  });
  return { ...opened.after, advocate: { name: "Alma", email: ADVOCATE } };
}
export const requests = Array.from({ length: REQUESTS }, (_, index) => requestOf(index));

export const emptyCalendar = (): CalendarDocument =>
  withSettings(undefined, ADVOCATE, {
    timeZone: ALWAYS_OPEN.timeZone,
    week: ALWAYS_OPEN.week,
    holidays: [],
    slotMinutes: 60,
    leadMinutes: 0,
    language: "en",
  });

export const keyOf = (request: number): RequestKey => {
  const found = requests[request];
  if (found === undefined) throw new RangeError(`there is no request ${request}`);
  return { customerId: found.customerId, number: found.number };
};

export type Operation =
  | { readonly type: "book"; readonly request: number; readonly slot: number; readonly key: string }
  | { readonly type: "move"; readonly request: number; readonly slot: number; readonly key: string }
  | { readonly type: "cancel"; readonly request: number; readonly key: string };

let ids = 0;
const accessTo = (stores: BookingStores): BookingAccess => ({
  ...stores,
  withTargets: async (after) => after,
  notify: async () => undefined,
  onDelay: () => undefined,
  newId: () => `attempt-${++ids}`,
});

const NO_CONDITIONS = { ifMatch: undefined, ifNoneMatch: undefined };

/** Moves and cancels what the request has then; nothing where it has none. */
export async function perform(stores: BookingStores, operation: Operation, at: string): Promise<void> {
  const key = keyOf(operation.request);
  const doing = doingAt(operation.request, operation.key, at);
  const access = {
    parts: stores.parts,
    directory: { members: async () => [], ofPerson: async () => ({ members: [], assignments: [] }) },
    customers: { read: async () => undefined },
  };
  await changeAppointment(accessTo(stores), key, at, async (known) => {
    if (known === undefined) throw new Error("the request is gone");
    if (operation.type === "book")
      return planBooking(access, doing, known, {
        start: slotAt(operation.slot),
        timeZone: "UTC",
        bookedBy: { email: `person-${operation.request}@cust.example`, name: null, language: "en" },
        attendees: undefined,
        isByAdvocate: false,
      });
    const appointmentId = known.value.appointment?.appointmentId;
    if (appointmentId === undefined) return undefined;
    const asked = { appointmentId, conditions: NO_CONDITIONS };
    return operation.type === "cancel"
      ? planCancellation(access, doing, known, asked)
      : planMove(access, doing, known, { ...asked, start: slotAt(operation.slot), timeZone: undefined });
  });
}

/** What was refused for a reason is a result like any other. @returns the code, undefined where it was done. */
export async function outcomeOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (isServiceError(error)) return error.code;
    throw error;
  }
}

/** Which slot each request has. */
export async function bookedSlots(stores: BookingStores): Promise<readonly (number | undefined)[]> {
  return Promise.all(
    requests.map(async (_, index) => {
      const start = (await stores.requests.read(keyOf(index)))?.value.appointment?.start;
      return start === undefined
        ? undefined
        : Math.round((Date.parse(start) - Date.parse(slotAt(0))) / HOUR_MS);
    }),
  );
}

/** Holds at every moment: no slot is booked twice, requests and their appointments agree, each is in the calendar. */
export async function checkAlways(stores: BookingStores, story: unknown): Promise<void> {
  const booked = await bookedSlots(stores);
  const taken = booked.filter((slot) => slot !== undefined);
  expect(new Set(taken).size, `booked twice: ${JSON.stringify({ story, booked })}`).toBe(taken.length);
  const calendar = await stores.advocateCalendars.read(ADVOCATE);
  for (const [index] of requests.entries()) {
    const key = keyOf(index);
    const appointment = (await stores.requests.read(key))?.value.appointment;
    if (appointment === null || appointment === undefined) continue;
    const kept = await findAppointment(stores, key, appointment.appointmentId);
    expect(kept?.value, JSON.stringify(story)).toMatchObject({ status: "booked", start: appointment.start });
    const isHeld = calendar?.value.bookings.some(
      (each) => each.number === key.number && each.start === appointment.start,
    );
    expect(isHeld, `not in the calendar: ${JSON.stringify({ story, index, calendar })}`).toBe(true);
  }
}

/** Holds some time after everything ended: exactly what is booked is taken. A request without advocate's time looks. */
export async function checkAtLast(stores: BookingStores, at: string, story: unknown): Promise<void> {
  await checkAlways(stores, story);
  const onlooker = requestOf(REQUESTS);
  const now = later(at, HOLD_MS);
  const query = { from: slotAt(0), to: END, now, limit: 100 };
  const { slots } = await slotsWith(accessTo(stores), ADVOCATE, onlooker, query);
  const booked = new Set(await bookedSlots(stores));
  const free = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => !booked.has(slot));
  expect(
    slots.map(({ start }) => start),
    `free at last: ${JSON.stringify(story)}`,
  ).toEqual(free.map(slotAt));
}
