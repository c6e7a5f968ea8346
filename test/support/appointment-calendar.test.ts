import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { renderMessage } from "../../src/messages/render-message.ts";
import { ConflictError } from "../../src/platform/errors.ts";
import {
  BOOKINGS_MAX,
  type Booking,
  type CalendarDocument,
  HOLD_MS,
  slotAt,
  staleHolds,
  withHold,
} from "../../src/support/advocate-calendar.ts";
import { appointmentInvitation, invitationsFor } from "../../src/support/appointment-invitation.ts";
import { contents, LANGUAGES, NO_LINKS, someMessage } from "../messages/some-messages.ts";
import { emptyCalendar, keyOf, later, slotAt as startOf } from "./booking-world.ts";

const morning = [{ from: "09:00", to: "11:00" }];
const inMadrid = (): CalendarDocument => {
  const week = Object.fromEntries(Object.keys(emptyCalendar().hours.week).map((day) => [day, morning]));
  const { hours, ...rest } = emptyCalendar();
  return { ...rest, hours: { ...hours, timeZone: "Europe/Madrid", week: { ...hours.week, ...week } } };
};

const attempt = (at: string, request = 0, attemptId = "one") => ({ key: keyOf(request), attemptId, at });

const refusalSchema = z.object({ freeSlots: z.array(z.string()), timeZone: z.string() });

/** Where nobody works at that time: what is told instead. */
function toldInstead(start: string, timeZone: string, at: string): readonly string[] {
  try {
    slotAt(inMadrid(), attempt(at), start, timeZone);
  } catch (error) {
    if (error instanceof ConflictError) return refusalSchema.parse(error.innererror).freeSlots;
    throw error;
  }
  throw new Error("there was a slot");
}

describe("slots in the zone of whoever asks", () => {
  test("follow the advocate's clock over its change, and the own clock where that changes another day", () => {
    const at = "2027-03-12T00:00:00.000Z";
    // The clock changes on the 14th in New York and on the 28th in Madrid.
    const around = (start: string, zone: string) =>
      toldInstead(start, zone, at).filter((each) => each.slice(8, 10) >= "13");
    expect(around("2027-03-14T00:30:00.000Z", "America/New_York").slice(0, 4)).toEqual([
      "2027-03-13T03:00:00-05:00",
      "2027-03-13T04:00:00-05:00",
      "2027-03-14T04:00:00-04:00",
      "2027-03-14T05:00:00-04:00",
    ]);
    expect(around("2027-03-28T00:30:00.000Z", "America/New_York").slice(0, 4)).toEqual([
      "2027-03-27T04:00:00-04:00",
      "2027-03-27T05:00:00-04:00",
      "2027-03-28T03:00:00-04:00",
      "2027-03-28T04:00:00-04:00",
    ]);
    expect(around("2027-03-28T00:30:00.000Z", "Europe/Madrid").slice(0, 4)).toEqual([
      "2027-03-27T09:00:00+01:00",
      "2027-03-27T10:00:00+01:00",
      "2027-03-28T09:00:00+02:00",
      "2027-03-28T10:00:00+02:00",
    ]);
  });

  test("can each be asked for as they are told", () => {
    const at = "2027-03-26T00:00:00.000Z";
    for (const zone of ["Europe/Warsaw", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"])
      for (const told of toldInstead("2027-03-28T00:30:00.000Z", zone, at)) {
        const start = new Date(told).toISOString();
        expect(slotAt(inMadrid(), attempt(at), start, zone)).toEqual({ start, end: later(start, 3_600_000) });
      }
  });
});

describe("a calendar", () => {
  const at = "2026-11-20T10:00:00.000Z";
  const none = { appointmentId: "a", leaves: undefined };
  const slot = { start: startOf(0), end: startOf(1) };

  test("takes a hold exactly as long as it lasts", () => {
    const held = withHold(emptyCalendar(), attempt(at), none, slot);
    expect(staleHolds(held, keyOf(1), slot, later(at, HOLD_MS - 1))).toEqual([]);
    expect(staleHolds(held, keyOf(1), slot, later(at, HOLD_MS))).toHaveLength(1);
    expect(staleHolds(held, keyOf(0), slot, later(at, HOLD_MS))).toEqual([]);
    expect(staleHolds(held, keyOf(1), { start: startOf(1), end: startOf(2) }, later(at, HOLD_MS))).toEqual(
      [],
    );
  });

  test("forgets what is over, and is full with as many as it may have", () => {
    const { customerId, number } = keyOf(1);
    const booking = (index: number, end: string): Booking => ({
      bookingId: `b${index}`,
      start: "2026-11-01T00:00:00.000Z",
      end,
      customerId,
      number,
      appointmentId: `a${index}`,
      state: "confirmed",
      heldAt: at,
      heldBy: `b${index}`,
    });
    const full = (end: string) => ({
      ...emptyCalendar(),
      bookings: Array.from({ length: BOOKINGS_MAX }, (_, index) => booking(index, end)),
    });
    expect(withHold(full(at), attempt(at), none, slot).bookings).toHaveLength(1);
    expect(() => withHold(full(later(at, 1)), attempt(at), none, slot)).toThrow(/1000 appointments/);
  });

  test("has bookings of one request beside each other, and never those of two", () => {
    const requests = fc.array(fc.record({ request: fc.nat(2), slot: fc.nat(2) }), { maxLength: 12 });
    fc.assert(
      fc.property(requests, (asked) => {
        let calendar = emptyCalendar();
        for (const [index, { request, slot: wanted }] of asked.entries()) {
          const own = attempt(at, request, `attempt ${index}`);
          try {
            calendar = withHold(calendar, own, none, slotAt(calendar, own, startOf(wanted), "UTC"));
          } catch (error) {
            expect(error).toMatchObject({ code: "SlotTaken" });
          }
        }
        for (const one of calendar.bookings)
          for (const other of calendar.bookings)
            if (one.start === other.start) expect(one.number).toBe(other.number);
      }),
    );
  });
});

describe("what is attached to a message about an appointment", () => {
  const content = contents.supportRequestAppointment;
  const event = { summary: "S", description: "D" };

  test("asks for it to be put into calendars, or taken out, and nothing is attached to other messages", () => {
    for (const [change, method] of [
      ["booked", "REQUEST"],
      ["moved", "REQUEST"],
      ["cancelled", "CANCEL"],
    ] as const) {
      const { contentType, content: file } = appointmentInvitation({ ...content, change }, event);
      expect(contentType).toBe(`text/calendar; charset=utf-8; method=${method}`);
      expect(file).toContain(`METHOD:${method}\r\n`);
    }
    expect(invitationsFor(content, event)).toHaveLength(1);
    expect(invitationsFor(contents.welcome, undefined)).toEqual([]);
  });

  test.each(LANGUAGES)("is worded as the message is: %s", (language) => {
    const message = renderMessage(someMessage({ content, language }), {
      ...NO_LINKS,
      webClientUrl: new URL("https://c.example"),
    });
    expect(message.event?.summary).toContain(content.number);
    expect(message.event?.description).toContain(content.advocate.name);
    expect(message.event?.description).toContain("https://c.example/supportRequests/cust-t~SR-7K2M");
    const hidden = { ...content, requestId: null };
    const toContact = renderMessage(someMessage({ content: hidden, language }), {
      ...NO_LINKS,
      webClientUrl: new URL("https://c.example"),
    });
    expect(`${toContact.text}${toContact.html}${toContact.event?.description}`).not.toContain("c.example/");
  });
});
