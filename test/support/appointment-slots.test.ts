import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AdvocateCalendar,
  advocateCalendarSchema,
  freeSlots,
  inZone,
  isFreeSlot,
  type Slot,
  type SlotQuery,
} from "../../src/support/appointment-slots.ts";
import { everyDay, MINUTE_MS, type NaiveWorld, naiveWorlds, officeHours } from "./naive-wall-clock.ts";

const LAST_MINUTE = 16 * 1_440 - 1;
/** The naive model sees nothing before its fortnight, so a span that began before it is left out. */
const FIRST_MINUTE = 2 * 1_440;

const minutes = fc.integer({ min: FIRST_MINUTE, max: LAST_MINUTE });
const ms = fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: MINUTE_MS - 1 }));
const cases = fc.record({
  world: naiveWorlds,
  slotMinutes: fc.oneof(fc.constantFrom(15, 30, 60), fc.integer({ min: 15, max: 240 })),
  busy: fc.array(fc.record({ minute: minutes, ms, length: fc.integer({ min: 1, max: 3_000 }) }), {
    maxLength: 8,
  }),
  range: fc.tuple(minutes, ms, minutes, ms),
  now: fc.tuple(fc.integer({ min: 0, max: LAST_MINUTE }), ms),
  leadMinutes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
  limit: fc.oneof(fc.constant(10_000), fc.integer({ min: 0, max: 20 })),
});
type Case = typeof cases extends fc.Arbitrary<infer Value> ? Value : never;

function asked({ world, slotMinutes, busy, range, now, leadMinutes, limit }: Case) {
  const calendar: AdvocateCalendar = {
    hours: world.calendar,
    slotMinutes,
    busy: busy.map((one) => ({
      start: world.at(one.minute, one.ms),
      end: world.at(one.minute + one.length, one.ms),
    })),
  };
  const [from = "", to = ""] = [world.at(range[0], range[1]), world.at(range[2], range[3])].toSorted();
  const query: SlotQuery = { from, to, now: world.at(...now), leadMinutes, limit };
  return { calendar, query };
}

/** Walks through the minutes: so many of one span in a row are a slot. */
function naiveGrid({ spans, at }: NaiveWorld, slotMinutes: number): Slot[] {
  const slots: Slot[] = [];
  let inRow = 0;
  for (const [minute, span] of spans.entries()) {
    if (span === undefined || span !== spans[minute - 1]) inRow = 0;
    if (span !== undefined) inRow += 1;
    if (inRow === slotMinutes) {
      slots.push({ start: at(minute + 1 - slotMinutes), end: at(minute + 1) });
      inRow = 0;
    }
  }
  return slots;
}

function naiveSlots(world: NaiveWorld, { slotMinutes, busy }: AdvocateCalendar, query: SlotQuery): Slot[] {
  const soonest = new Date(Date.parse(query.now) + query.leadMinutes * MINUTE_MS).toISOString();
  return naiveGrid(world, slotMinutes)
    .filter(({ start }) => start >= query.from && start < query.to && start >= soonest)
    .filter((slot) => busy.every(({ start, end }) => end <= slot.start || slot.end <= start))
    .slice(0, query.limit);
}

describe("free slots (SR-12)", () => {
  it("are those that one finds going through the calendar minute by minute: none missing, none too many", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { calendar, query } = asked(drawn);
        // What ends after the fortnight is not seen by the model.
        const end = drawn.world.at(drawn.world.minutes);
        const seen = freeSlots(calendar, query).filter((slot) => slot.end <= end);
        expect(seen).toEqual(naiveSlots(drawn.world, calendar, query));
      }),
      { numRuns: 500 },
    );
  });

  it("can be taken, and no other start can", () => {
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: FIRST_MINUTE, max: LAST_MINUTE - 240 }),
        ms,
        (drawn, minute, extra) => {
          const { calendar, query } = asked(drawn);
          for (const { start } of freeSlots(calendar, { ...query, limit: 10 }))
            expect(isFreeSlot(calendar, start, query.now)).toBe(true);
          const start = drawn.world.at(minute, extra);
          const all = { ...query, from: drawn.world.at(0), to: drawn.world.at(LAST_MINUTE), leadMinutes: 0 };
          const free = naiveSlots(drawn.world, calendar, { ...all, limit: 10_000 });
          expect(isFreeSlot(calendar, start, query.now)).toBe(free.some((slot) => slot.start === start));
        },
      ),
      { numRuns: 300 },
    );
  });

  const now = "2026-06-01T00:00:00.000Z";
  const office: AdvocateCalendar = { hours: officeHours("Europe/Warsaw"), slotMinutes: 60, busy: [] };
  const day: SlotQuery = { from: now, to: "2026-06-02T00:00:00.000Z", now, leadMinutes: 0, limit: 100 };
  const starts = (calendar: AdvocateCalendar, query: SlotQuery = day) =>
    freeSlots(calendar, query).map(({ start }) => start.slice(11, 16));

  it("touch what the advocate has to do, and never overlap it by a millisecond", () => {
    const busy = (start: string, end: string) => [
      { start: `2026-06-01T${start}Z`, end: `2026-06-01T${end}Z` },
    ];
    expect(starts(office)).toEqual(["07:00", "08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]);
    const exactly = busy("08:00:00.000", "13:00:00.000");
    expect(starts({ ...office, busy: exactly })).toEqual(["07:00", "13:00", "14:00"]);
    const more = busy("07:59:59.999", "13:00:00.001");
    expect(starts({ ...office, busy: more })).toEqual(["14:00"]);
    const within = [...busy("07:00:00.000", "14:00:00.000"), ...busy("07:30:00.000", "08:00:00.000")];
    expect(starts({ ...office, busy: within })).toEqual(["14:00"]);
  });

  it("start the lead after now at the soonest, and 60 days after now at the latest", () => {
    expect(starts(office, { ...day, now: "2026-06-01T11:00:00.000Z", leadMinutes: 120 })).toEqual([
      "13:00",
      "14:00",
    ]);
    expect(starts(office, { ...day, now: "2026-06-01T11:00:00.001Z", leadMinutes: 120 })).toEqual(["14:00"]);
    const last = "2026-07-31T08:00:00.000Z";
    const sixtyDaysBefore = "2026-06-01T08:00:00.000Z";
    const july = { ...day, from: "2026-07-31T00:00:00.000Z", to: "2026-09-01T00:00:00.000Z" };
    expect(starts(office, { ...july, now: sixtyDaysBefore })).toEqual(["07:00", "08:00"]);
    expect(isFreeSlot(office, last, sixtyDaysBefore)).toBe(true);
    expect(isFreeSlot(office, last, "2026-06-01T07:59:59.999Z")).toBe(false);
    expect(isFreeSlot(office, last, last)).toBe(true);
    expect(isFreeSlot(office, last, "2026-07-31T08:00:00.001Z")).toBe(false);
  });

  it("of ranges side by side are those of the whole, each once", () => {
    const border = "2026-06-01T09:00:00.000Z";
    const both = [...starts(office, { ...day, to: border }), ...starts(office, { ...day, from: border })];
    expect(both).toEqual(starts(office));
  });

  it("begin with each span anew, also where spans or days touch, and leave a rest that is too short", () => {
    const touching = everyDay("UTC", [
      { from: "09:00", to: "11:15" },
      { from: "11:15", to: "12:45" },
    ]);
    expect(starts({ ...office, hours: touching })).toEqual(["09:00", "10:00", "11:15"]);
    const always = everyDay("UTC", [{ from: "00:00", to: "24:00" }]);
    const long = { ...office, hours: always, slotMinutes: 235 };
    const twoDays = { ...day, from: "2026-06-02T01:00:00.000Z", to: "2026-06-03T01:00:00.000Z" };
    expect(starts(long, twoDays)).toEqual(["03:55", "07:50", "11:45", "15:40", "19:35", "00:00"]);
  });
});

describe("the calendar of an advocate", () => {
  const valid = { hours: officeHours("Europe/Rome"), slotMinutes: 30, busy: [] };
  const hour = { start: "2026-06-01T10:00:00+02:00", end: "2026-06-01T09:00:00Z" };

  it("is taken with instants of any offset, which become UTC", () => {
    expect(advocateCalendarSchema.parse({ ...valid, busy: [hour] }).busy).toEqual([
      { start: "2026-06-01T08:00:00.000Z", end: "2026-06-01T09:00:00.000Z" },
    ]);
    for (const slotMinutes of [15, 240])
      expect(advocateCalendarSchema.safeParse({ ...valid, slotMinutes }).success).toBe(true);
  });

  it.each([
    ["slots that are too short", { ...valid, slotMinutes: 14 }],
    ["slots that are too long", { ...valid, slotMinutes: 241 }],
    ["slots of part of a minute", { ...valid, slotMinutes: 15.5 }],
    ["an empty appointment", { ...valid, busy: [{ start: hour.end, end: hour.end }] }],
    ["an appointment that ends before it begins", { ...valid, busy: [{ start: hour.end, end: hour.start }] }],
    ["too many appointments", { ...valid, busy: Array.from({ length: 1_001 }, () => hour) }],
    ["no hours", { ...valid, hours: undefined }],
  ])("is refused with %s", (_, calendar) => {
    expect(advocateCalendarSchema.safeParse(calendar).success).toBe(false);
  });
});

describe("an instant in somebody's time zone", () => {
  it.each([
    ["Europe/Madrid", "2026-03-29T00:59:59.999Z", "2026-03-29T01:59:59+01:00"],
    ["Europe/Madrid", "2026-03-29T01:00:00.000Z", "2026-03-29T03:00:00+02:00"],
    // The same hour twice, told apart by the offset.
    ["Europe/Warsaw", "2026-10-25T00:30:00.000Z", "2026-10-25T02:30:00+02:00"],
    ["Europe/Warsaw", "2026-10-25T01:30:00.000Z", "2026-10-25T02:30:00+01:00"],
    ["America/Sao_Paulo", "2026-01-01T01:00:00.000Z", "2025-12-31T22:00:00-03:00"],
    ["Asia/Kolkata", "2026-01-01T00:00:00.000Z", "2026-01-01T05:30:00+05:30"],
    ["Australia/Lord_Howe", "2026-06-01T00:00:00.000Z", "2026-06-01T10:30:00+10:30"],
    ["UTC", "2026-06-01T00:00:00.000Z", "2026-06-01T00:00:00+00:00"],
  ])("in %s is what the clock shows and how far it is from UTC", (timeZone, instant, local) => {
    expect(inZone(instant, timeZone)).toEqual({ local, timeZone });
    expect(Date.parse(local)).toBe(Math.floor(Date.parse(instant) / 1_000) * 1_000);
  });
});
