import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { calendarEntry, settingsOf, withSettings } from "../../src/support/advocate-calendar-change.ts";
import { aroundBooking } from "../fakes/memory-booking.ts";
import { seededRandom } from "../fakes/random.ts";
import { openRealBooking, type RealBooking } from "./booking-targets.ts";
import {
  ADVOCATE,
  checkAtLast,
  emptyCalendar,
  outcomeOf,
  perform,
  requests,
  START_AT,
} from "./booking-world.ts";

const RACES = 100;
const DELAY_MS = 3;

let real: RealBooking;
beforeAll(async () => {
  real = await openRealBooking();
});
afterAll(() => real.close());

describe("on the real stores", () => {
  test(`in ${RACES} races of two instances for one slot one has it, and the other is told what is free`, async () => {
    const random = seededRandom(7);
    const slow = () =>
      aroundBooking(real.instance(), async (_, call) => {
        await delay(random.below(DELAY_MS));
        return call();
      });
    const instances = [slow(), slow()] as const;
    const looking = real.instance();
    for (let race = 1; race <= RACES; race++) {
      await real.put(emptyCalendar());
      for (const request of requests) await real.put(request);
      const outcomes = await Promise.all(
        instances.map((stores, request) =>
          outcomeOf(perform(stores, { type: "book", request, slot: 1, key: `race ${race}` }, START_AT)),
        ),
      );
      const told = outcomes.map((outcome) => outcome ?? "booked");
      expect(told.toSorted(), `race ${race}`).toEqual(["SlotTaken", "booked"]);
      await checkAtLast(looking, START_AT, { race });
    }
  }, 60_000);

  test("a calendar is changed only as it was read, once for the same request, and keeps its bookings", async () => {
    const email = "other@provider.example";
    const settings = { ...settingsOf(emptyCalendar()), slotMinutes: 30 };
    const calendar = withSettings(undefined, email, settings);
    const entry = (key: string, after = calendar) =>
      calendarEntry({ actor: { subject: "s", email }, at: START_AT, key, before: undefined, after });
    expect(await real.calendars.change(calendar, undefined, entry("first"))).toBe("committed");
    expect(await real.calendars.change(calendar, undefined, entry("second"))).toBe("overtaken");
    const known = await real.calendars.read(email);
    if (known === undefined) throw new Error("it is not there");
    expect(known.value).toEqual(calendar);
    expect(await real.calendars.change(calendar, known.etag, entry("first"))).toBe("repeated");
    expect(await real.calendars.save(calendar, '"other"')).toBe(false);
    const booking = {
      bookingId: "b",
      start: START_AT,
      end: "2026-11-20T10:30:00.000Z",
      customerId: requests[0]?.customerId ?? "",
      number: requests[0]?.number ?? "",
      appointmentId: "a",
      state: "confirmed",
      heldAt: START_AT,
      heldBy: "b",
    };
    const booked = { ...known.value, bookings: [booking] };
    expect(withSettings(JSON.parse(JSON.stringify(booked)), ADVOCATE, settings).bookings).toEqual([booking]);
  });
});
