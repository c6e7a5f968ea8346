import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALWAYS_OPEN,
  addBusinessTime,
  businessCalendarSchema,
  businessMsBetween,
  isOpenAt,
} from "../../src/support/business-calendar.ts";
import { everyDay, MINUTE_MS, type NaiveWorld, naiveWorlds, officeHours } from "./naive-wall-clock.ts";

const HOUR_MS = 60 * MINUTE_MS;
const hours = (count: number): number => count * HOUR_MS;

/** An instant as minutes and milliseconds of a fortnight. */
const moment = (lastMinute: number) =>
  fc.record({
    minute: fc.integer({ min: 0, max: lastMinute }),
    ms: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: MINUTE_MS - 1 })),
  });
const LAST_MINUTE = 16 * 1_440 - 1;

/** Every minute that is open, and of it what lies in the range. */
function naiveMsBetween({ spans, startMs }: NaiveWorld, from: string, to: string): number {
  const fromMs = Date.parse(from);
  const toMs = Date.parse(to);
  return spans.reduce((sum, span, minute) => {
    if (span === undefined) return sum;
    const minuteMs = startMs + minute * MINUTE_MS;
    return sum + Math.max(0, Math.min(minuteMs + MINUTE_MS, toMs) - Math.max(minuteMs, fromMs));
  }, 0);
}

describe("open time", () => {
  it("is what a clock on the wall shows minute by minute, in every zone and over every change of the clock", () => {
    fc.assert(
      fc.property(naiveWorlds, moment(LAST_MINUTE), moment(LAST_MINUTE), (world, one, other) => {
        const from = world.at(one.minute, one.ms);
        const to = world.at(other.minute, other.ms);
        expect(businessMsBetween(world.calendar, from, to)).toBe(naiveMsBetween(world, from, to));
        expect(isOpenAt(world.calendar, from)).toBe(world.spans[one.minute] !== undefined);
      }),
      { numRuns: 300 },
    );
  });

  it("adds up: of a range it is that of its parts", () => {
    const moments = fc.tuple(moment(LAST_MINUTE), moment(LAST_MINUTE), moment(LAST_MINUTE));
    fc.assert(
      fc.property(naiveWorlds, moments, ({ calendar, at }, three) => {
        const [a = "", b = "", c = ""] = three.map(({ minute, ms }) => at(minute, ms)).toSorted();
        const parts = businessMsBetween(calendar, a, b) + businessMsBetween(calendar, b, c);
        expect(businessMsBetween(calendar, a, c)).toBe(parts);
      }),
    );
  });

  it("is added by going to the first instant by which so much of it has passed", () => {
    const amounts = fc.oneof(fc.integer({ min: 0, max: hours(20) }), fc.integer({ min: 0, max: hours(300) }));
    fc.assert(
      fc.property(naiveWorlds, moment(LAST_MINUTE), amounts, (world, { minute, ms }, amount) => {
        const from = world.at(minute, ms);
        const until = world.at(world.minutes);
        const reached = addBusinessTime(world.calendar, from, amount, until);
        if (reached === undefined) {
          expect(naiveMsBetween(world, from, until)).toBeLessThan(amount);
          return;
        }
        expect(naiveMsBetween(world, from, reached)).toBe(amount);
        const before = new Date(Date.parse(reached) - 1).toISOString();
        if (amount > 0) expect(naiveMsBetween(world, from, before)).toBe(amount - 1);
        else expect(reached).toBe(from);
      }),
      { numRuns: 300 },
    );
  });

  it("ends with the working day, not with the beginning of the next", () => {
    const calendar = officeHours("Europe/Madrid");
    const friday = "2026-06-05T07:00:00.000Z";
    expect(addBusinessTime(calendar, friday, hours(8))).toBe("2026-06-05T15:00:00.000Z");
    expect(addBusinessTime(calendar, friday, hours(8) + 1)).toBe("2026-06-08T07:00:00.001Z");
    expect(isOpenAt(calendar, "2026-06-05T14:59:59.999Z")).toBe(true);
    expect(isOpenAt(calendar, "2026-06-05T15:00:00.000Z")).toBe(false);
    expect(isOpenAt(calendar, "2026-06-05T07:00:00.000Z")).toBe(true);
    expect(isOpenAt(calendar, "2026-06-05T06:59:59.999Z")).toBe(false);
  });

  it("leaves out holidays, which are days of the calendar's zone", () => {
    const calendar = {
      ...everyDay("Asia/Kolkata", [{ from: "00:00", to: "24:00" }]),
      holidays: ["2026-08-15"],
    };
    expect(isOpenAt(calendar, "2026-08-14T18:29:59.999Z")).toBe(true);
    expect(isOpenAt(calendar, "2026-08-14T18:30:00.000Z")).toBe(false);
    expect(isOpenAt(calendar, "2026-08-15T18:29:59.999Z")).toBe(false);
    expect(isOpenAt(calendar, "2026-08-15T18:30:00.000Z")).toBe(true);
  });

  const changes = [
    ["an hour skipped", "Europe/Madrid", "2026-03-29", { from: "01:00", to: "04:00" }, 2],
    ["an hour twice", "Europe/Madrid", "2026-10-25", { from: "01:00", to: "04:00" }, 4],
    ["all of a span skipped", "Europe/Warsaw", "2026-03-29", { from: "02:00", to: "03:00" }, 0],
    ["all of a span twice", "Europe/Warsaw", "2026-10-25", { from: "02:15", to: "02:45" }, 1],
    ["half an hour skipped", "Australia/Lord_Howe", "2026-10-04", { from: "01:00", to: "04:00" }, 2.5],
    ["half an hour twice", "Australia/Lord_Howe", "2026-04-05", { from: "01:00", to: "04:00" }, 3.5],
    ["the first hour skipped", "America/Sao_Paulo", "2018-11-04", { from: "00:00", to: "24:00" }, 23],
    ["the last hour twice", "America/Sao_Paulo", "2018-02-17", { from: "00:00", to: "24:00" }, 25],
    ["the whole day skipped", "Pacific/Apia", "2011-12-30", { from: "00:00", to: "24:00" }, 0],
    ["nothing", "Asia/Kolkata", "2026-03-29", { from: "01:00", to: "04:00" }, 3],
  ] as const;

  it.each(changes)("counts what passes where the clock has %s, in %s on %s", (_, zone, day, span, open) => {
    const noon = Date.parse(`${day}T12:00:00.000Z`);
    const around = ([-3, 3] as const).map((days) => new Date(noon + days * hours(24)).toISOString());
    const [from = "", to = ""] = around;
    const usual = { ...everyDay(zone, [span]), holidays: [day] };
    const all = businessMsBetween(everyDay(zone, [span]), from, to);
    expect(all - businessMsBetween(usual, from, to)).toBe(hours(open));
  });

  it("is all the time where everything is open, and none from later to earlier", () => {
    const from = "2026-01-01T00:00:00.000Z";
    const to = "2027-01-01T00:00:00.123Z";
    const always = everyDay("Europe/Rome", [{ from: "00:00", to: "24:00" }]);
    for (const calendar of [ALWAYS_OPEN, always]) {
      expect(businessMsBetween(calendar, from, to)).toBe(Date.parse(to) - Date.parse(from));
      expect(businessMsBetween(calendar, to, from)).toBe(0);
      expect(businessMsBetween(calendar, from, from)).toBe(0);
    }
  });

  it("is not looked for longer than 400 days ahead", () => {
    const from = "2026-01-01T00:00:00.000Z";
    const nothing = everyDay("UTC", []);
    expect(addBusinessTime(nothing, from, 1)).toBeUndefined();
    expect(businessMsBetween(nothing, from, "2030-01-01T00:00:00.000Z")).toBe(0);
    // 400 days of one minute each, the last one among them, and not one more.
    const minute = everyDay("UTC", [{ from: "23:59", to: "24:00" }]);
    expect(addBusinessTime(minute, from, 400 * MINUTE_MS)).toBe("2027-02-05T00:00:00.000Z");
    expect(addBusinessTime(minute, from, 400 * MINUTE_MS + 1)).toBeUndefined();
    const yearOff = Array.from({ length: 400 }, (_, day) =>
      new Date(Date.parse(from) + day * hours(24)).toISOString().slice(0, 10),
    );
    expect(addBusinessTime({ ...minute, holidays: yearOff }, from, 1)).toBeUndefined();
  });
});

describe("a calendar", () => {
  const valid = officeHours("Europe/Madrid", ["2026-12-25"]);
  const withMonday = (...monday: readonly unknown[]) => ({ ...valid, week: { ...valid.week, monday } });
  const span = (from: string, to: string) => ({ from, to });

  it("is taken with all its limits just kept", () => {
    const most = Array.from({ length: 400 }, () => "2026-12-25");
    const touching = withMonday(span("00:00", "12:00"), span("12:00", "24:00"));
    for (const calendar of [valid, touching, ALWAYS_OPEN, { ...valid, holidays: most }])
      expect(businessCalendarSchema.parse(calendar)).toEqual(calendar);
  });

  const refused: readonly (readonly [string, unknown])[] = [
    ["an unknown zone", { ...valid, timeZone: "Europe/Atlantis" }],
    ["an offset for a zone", { ...valid, timeZone: "+02:00" }],
    ["a time with a zone for a zone", { ...valid, timeZone: "2026-01-01T00:00[Europe/Madrid]" }],
    ["an empty zone", { ...valid, timeZone: "" }],
    ["three spans a day", withMonday(span("01:00", "02:00"), span("03:00", "04:00"), span("05:00", "06:00"))],
    ["spans that overlap", withMonday(span("09:00", "13:00"), span("12:59", "17:00"))],
    ["spans out of order", withMonday(span("14:00", "17:00"), span("09:00", "13:00"))],
    ["an empty span", withMonday(span("09:00", "09:00"))],
    ["a span over midnight", withMonday(span("22:00", "06:00"))],
    ["a beginning at 24:00", withMonday(span("24:00", "24:00"))],
    ["a time after midnight", withMonday(span("09:00", "24:01"))],
    ["a time without a zero", withMonday(span("9:00", "17:00"))],
    ["a week without a Monday", { ...valid, week: { ...valid.week, monday: undefined } }],
    ["a day that is none", { ...valid, holidays: ["2026-02-30"] }],
    ["too many holidays", { ...valid, holidays: Array.from({ length: 401 }, () => "2026-12-25") }],
  ];

  it.each(refused)("is refused with %s", (_, calendar) => {
    expect(businessCalendarSchema.safeParse(calendar).success).toBe(false);
  });
});
