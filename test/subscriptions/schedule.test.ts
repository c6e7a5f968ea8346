import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Due,
  dueBetween,
  nextDue,
  periodOf,
  rescheduled,
  type Schedule,
} from "../../src/subscriptions/schedule.ts";
import { DECADE, naiveDues } from "./naive-schedule.ts";
import { days, schedules, schedulesIn, ZONES } from "./some-schedules.ts";

/** More than there are in any range that is looked at here. */
const ALL = 10_000;
const DAY_MS = 86_400_000;

const shifted = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();
const justBefore = (instant: string): string => shifted(instant, -1);

const withPeriod = (schedule: Schedule, due: Due) => ({ ...due, period: periodOf(schedule, due) });

const instantIn = (from: string, to: string) =>
  fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true }).map((date) => date.toISOString());
const instants = instantIn("1991-01-01", "2199-01-01");
/** Within a year or so after 2010 or another: many dues near each other, over changes of the clock. */
const nearInstants = (count: number) =>
  fc
    .tuple(
      fc.integer({ min: 1991, max: 2195 }),
      fc.array(fc.integer({ min: 0, max: 500 * DAY_MS }), { minLength: count, maxLength: count }),
    )
    .map(([year, offsets]) =>
      offsets.toSorted((one, other) => one - other).map((ms) => shifted(`${year}-01-01T00:00:00.000Z`, ms)),
    );

const madrid = { hour: 8, minute: 0, timeZone: "Europe/Madrid" } as const;
const monthly: Schedule = { every: "month", dayOfMonth: 5, ...madrid };

describe("over ten years, what is due is what the naive model finds", () => {
  const check = (schedule: Schedule): void => {
    const dues = dueBetween(schedule, justBefore(DECADE.from), justBefore(DECADE.to), ALL);
    expect(
      dues.map((due) => withPeriod(schedule, due)),
      JSON.stringify(schedule),
    ).toEqual(naiveDues(schedule));
  };
  /** The clock changes on a Sunday, in Europe on the last of March and October. */
  const HOURS_OF_CHANGES = [0, 1, 2, 3, 23];

  it.each(ZONES)("%s: every month, on each day, at two hours of the day by turns", (timeZone) => {
    for (const [index, day] of days.entries())
      for (const hour of [(index * 5) % 24, (index * 5 + 13) % 24])
        check({ every: "month", dayOfMonth: day, hour, minute: index % 2 ? 0 : 30, timeZone });
  });

  it.each(ZONES)("%s: every month, on days and at hours at which clocks change", (timeZone) => {
    for (const day of [1, 25, 28, 29, 31, "last" as const])
      for (const hour of HOURS_OF_CHANGES)
        check({ every: "month", dayOfMonth: day, hour, minute: 30, timeZone });
  });

  it.each(ZONES)("%s: every week, on each day", (timeZone) => {
    for (const weekday of [1, 2, 3, 4, 5, 6])
      check({ every: "week", weekday, hour: weekday * 3, minute: 0, timeZone });
    check({ every: "week", weekday: 1, hour: 0, minute: 0, timeZone });
    for (const hour of HOURS_OF_CHANGES) check({ every: "week", weekday: 7, hour, minute: 30, timeZone });
  });

  it.each(ZONES)("%s: every quarter, in each of its months", (timeZone) => {
    for (const monthOfQuarter of [1, 2, 3])
      for (const [index, day] of [1, 15, 29, 30, 31, "last" as const].entries())
        for (const hour of [0, 2 + index])
          check({ every: "quarter", monthOfQuarter, dayOfMonth: day, hour, minute: 30, timeZone });
  });

  it("at any minute, in all of them", () => {
    fc.assert(fc.property(schedulesIn(ZONES), check), { numRuns: 50 });
  });
});

describe("a due time", () => {
  const dueOf = (schedule: Schedule, after: string): string | undefined =>
    nextDue(schedule, after, 1)[0]?.dueAt;

  it("follows the clock of its zone through the year", () => {
    expect(nextDue(monthly, "2026-03-01T00:00:00.000Z", 2).map(({ dueAt }) => dueAt)).toEqual([
      "2026-03-05T07:00:00.000Z",
      "2026-04-05T06:00:00.000Z",
    ]);
  });

  it("that the clock skips comes as much later as the clock is set forward", () => {
    const sunday: Schedule = { every: "week", weekday: 7, ...madrid, hour: 2, minute: 30 };
    expect(dueOf(sunday, "2026-03-28T00:00:00.000Z")).toBe("2026-03-29T01:30:00.000Z");
    const midnight: Schedule = { ...sunday, hour: 0, minute: 0, timeZone: "America/Sao_Paulo" };
    expect(dueOf(midnight, "2018-11-03T12:00:00.000Z")).toBe("2018-11-04T03:00:00.000Z");
  });

  it("that the clock shows twice comes once, the first time", () => {
    const sunday: Schedule = { every: "week", weekday: 7, ...madrid, hour: 2, minute: 30 };
    expect(nextDue(sunday, "2026-10-24T00:00:00.000Z", 2)).toEqual([
      { dueAt: "2026-10-25T00:30:00.000Z", occurrence: "2026-W43" },
      { dueAt: "2026-11-01T01:30:00.000Z", occurrence: "2026-W44" },
    ]);
  });

  it("on a day that a zone left out comes on the next one, for the month that it belongs to", () => {
    const apia: Schedule = { every: "month", dayOfMonth: 30, hour: 9, minute: 0, timeZone: "Pacific/Apia" };
    expect(nextDue(apia, "2011-12-15T00:00:00.000Z", 1)).toEqual([
      { dueAt: "2011-12-30T19:00:00.000Z", occurrence: "2011-12" },
    ]);
  });

  it("on a month's last day, if a zone left that out, comes in the next month, and is found from there", () => {
    const last: Schedule = { ...monthly, dayOfMonth: "last", timeZone: "Pacific/Kiritimati" };
    const due = { dueAt: "1994-12-31T18:00:00.000Z", occurrence: "1994-12" };
    const newYear = "1994-12-31T12:00:00.000Z";
    expect(nextDue(last, newYear, 1)).toEqual([due]);
    expect(rescheduled(last, newYear, undefined, 1)).toEqual([due]);
    expect(rescheduled(last, newYear, "1994-12", 1)).toMatchObject([{ occurrence: "1995-01" }]);
    expect(dueBetween(last, newYear, due.dueAt, ALL)).toEqual([due]);
  });

  it("in a month that the clock then leaves again has come all the same", () => {
    const first: Schedule = {
      ...monthly,
      dayOfMonth: 1,
      hour: 0,
      minute: 0,
      timeZone: "America/St_Johns",
    };
    const due = { dueAt: "2009-11-01T02:30:00.000Z", occurrence: "2009-11" };
    const lateInOctober = "2009-11-01T02:45:00.000Z";
    expect(dueBetween(first, "2009-10-15T00:00:00.000Z", lateInOctober, ALL)).toEqual([due]);
    expect(nextDue(first, lateInOctober, 1)).toMatchObject([{ occurrence: "2009-12" }]);
  });

  it("on a day that a month does not have comes on its last", () => {
    const on31 = nextDue({ ...monthly, dayOfMonth: 31 }, "2028-01-31T12:00:00.000Z", 3);
    expect(on31.map(({ dueAt }) => dueAt.slice(0, 10))).toEqual(["2028-02-29", "2028-03-31", "2028-04-30"]);
    const on29 = nextDue({ ...monthly, dayOfMonth: 29 }, "2027-02-01T00:00:00.000Z", 2);
    expect(on29.map(({ dueAt }) => dueAt.slice(0, 10))).toEqual(["2027-02-28", "2027-03-29"]);
    fc.assert(
      fc.property(schedules, instants, (schedule, after) => {
        if (schedule.every === "week") return;
        const last = nextDue({ ...schedule, dayOfMonth: "last" }, after, 3);
        expect(nextDue({ ...schedule, dayOfMonth: 31 }, after, 3)).toEqual(last);
      }),
    );
  });

  it("before the period is over in UTC comes when it is, in zones ahead of UTC", () => {
    const first: Schedule = { ...monthly, dayOfMonth: 1, hour: 0 };
    const [due] = nextDue(first, "2026-10-15T00:00:00.000Z", 1);
    expect(due).toEqual({ dueAt: "2026-11-01T00:00:00.000Z", occurrence: "2026-11" });
    const monday: Schedule = {
      every: "week",
      weekday: 1,
      hour: 8,
      minute: 0,
      timeZone: "Pacific/Kiritimati",
    };
    expect(dueOf(monday, "2026-11-20T00:00:00.000Z")).toBe("2026-11-23T00:00:00.000Z");
  });
});

describe("an occurrence", () => {
  it("has the name of its week, month or quarter, whatever day, hour or zone is set", () => {
    fc.assert(
      fc.property(schedules, schedules, instants, (one, other, after) => {
        if (one.every !== other.every) return;
        const names = nextDue(one, after, 4).map(({ occurrence }) => occurrence);
        const others = dueBetween(other, shifted(after, -100 * DAY_MS), shifted(after, 600 * DAY_MS), ALL);
        expect(others.map(({ occurrence }) => occurrence)).toEqual(expect.arrayContaining(names));
      }),
    );
  });

  it("of a week is named by ISO 8601, whose years do not end with the year", () => {
    const weekly: Schedule = { every: "week", weekday: 5, ...madrid };
    const names = nextDue(weekly, "2026-12-20T00:00:00.000Z", 4).map(({ occurrence }) => occurrence);
    expect(names).toEqual(["2026-W52", "2026-W53", "2027-W01", "2027-W02"]);
  });

  it("has the period after that of the one before it, which is over when it is due", () => {
    fc.assert(
      fc.property(schedules, instants, (schedule, after) => {
        const dues = nextDue(schedule, after, 8).map((due) => withPeriod(schedule, due));
        for (const [index, { dueAt, occurrence, period }] of dues.entries()) {
          expect(period.from < period.to && period.to <= dueAt).toBe(true);
          const previous = dues[index - 1];
          if (previous === undefined) continue;
          expect(period.from).toBe(previous.period.to);
          expect(dueAt > previous.dueAt && occurrence > previous.occurrence).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("has the month, week or quarter before as its period", () => {
    expect(periodOf(monthly, { occurrence: "2027-01" })).toEqual({
      from: "2026-12-01T00:00:00.000Z",
      to: "2027-01-01T00:00:00.000Z",
    });
    expect(periodOf({ every: "week" }, { occurrence: "2027-W01" })).toEqual({
      from: "2026-12-28T00:00:00.000Z",
      to: "2027-01-04T00:00:00.000Z",
    });
    expect(periodOf({ every: "quarter" }, { occurrence: "2028-Q2" })).toEqual({
      from: "2028-01-01T00:00:00.000Z",
      to: "2028-04-01T00:00:00.000Z",
    });
  });

  it.each([
    ["month", "2026-13"],
    ["month", "2026-00"],
    ["month", "2026-Q1"],
    ["week", "2027-W53"],
    ["week", "2027-W1"],
    ["quarter", "2026-Q5"],
    ["quarter", "2026-04"],
    ["quarter", ""],
  ] as const)("of every %s is not named %s", (every, occurrence) => {
    expect(() => periodOf({ every }, { occurrence })).toThrow(RangeError);
  });
});

describe("what is due in a range", () => {
  it("is what is due in its parts: a repeated, late or missed tick changes nothing", () => {
    fc.assert(
      fc.property(schedules, nearInstants(3), (schedule, [a = "", b = "", c = ""]) => {
        const parts = [...dueBetween(schedule, a, b, ALL), ...dueBetween(schedule, b, c, ALL)];
        expect(dueBetween(schedule, a, c, ALL)).toEqual(parts);
      }),
      { numRuns: 200 },
    );
  });

  it("ends with it and does not begin with it", () => {
    fc.assert(
      fc.property(schedules, instants, (schedule, after) => {
        const [first, second] = nextDue(schedule, after, 2);
        if (first === undefined || second === undefined) throw new Error("there is always a next one");
        expect(dueBetween(schedule, after, first.dueAt, ALL)).toEqual([first]);
        expect(dueBetween(schedule, after, justBefore(first.dueAt), ALL)).toEqual([]);
        expect(dueBetween(schedule, first.dueAt, second.dueAt, ALL)).toEqual([second]);
        expect(nextDue(schedule, first.dueAt, 1)).toEqual([second]);
        expect(nextDue(schedule, justBefore(first.dueAt), 1)).toEqual([first]);
      }),
      { numRuns: 200 },
    );
  });

  it("is given as far as the newest so many, oldest first", () => {
    fc.assert(
      fc.property(
        schedules,
        nearInstants(2),
        fc.integer({ min: 1, max: 8 }),
        (schedule, [a = "", b = ""], max) => {
          expect(dueBetween(schedule, a, b, max)).toEqual(dueBetween(schedule, a, b, ALL).slice(-max));
        },
      ),
    );
    expect(dueBetween(monthly, "1995-01-01T00:00:00.000Z", "2026-11-21T00:00:00.000Z", 2)).toEqual([
      { dueAt: "2026-10-05T06:00:00.000Z", occurrence: "2026-10" },
      { dueAt: "2026-11-05T07:00:00.000Z", occurrence: "2026-11" },
    ]);
    expect(dueBetween(monthly, "2026-11-05T07:00:00.000Z", "2026-11-05T07:00:00.000Z", 2)).toEqual([]);
  });
});

describe("a schedule that is set, changed or resumed", () => {
  const first = (schedule: Schedule, at: string, last?: string) =>
    rescheduled(schedule, at, last, 1)[0]?.occurrence;

  it("is due only after that", () => {
    expect(first(monthly, "2026-11-05T06:59:59.999Z")).toBe("2026-11");
    expect(first(monthly, "2026-11-05T07:00:00.000Z")).toBe("2026-12");
    fc.assert(
      fc.property(schedules, instants, (schedule, at) => {
        expect(rescheduled(schedule, at, undefined, 3)).toEqual(nextDue(schedule, at, 3));
      }),
    );
  });

  it("is not due a second time in a month that is done, when its day is moved to a later one", () => {
    const later: Schedule = { ...monthly, dayOfMonth: 20 };
    expect(first(later, "2026-11-10T00:00:00.000Z", "2026-11")).toBe("2026-12");
    expect(first(later, "2026-11-10T00:00:00.000Z", "2026-10")).toBe("2026-11");
  });

  it("is due in the next month, when its day is moved to one that is over", () => {
    expect(first({ ...monthly, dayOfMonth: 3 }, "2026-11-04T00:00:00.000Z", "2026-10")).toBe("2026-12");
  });

  it("is not due again in a month that another zone is still in", () => {
    const honolulu: Schedule = { ...monthly, dayOfMonth: "last", hour: 23, timeZone: "Pacific/Honolulu" };
    expect(first(honolulu, "2026-11-01T01:00:00.000Z", "2026-11")).toBe("2026-12");
    expect(first(honolulu, "2026-11-01T01:00:00.000Z", "2026-10")).toBe("2026-11");
  });

  it("does not go by what was planned every so often otherwise", () => {
    expect(first(monthly, "2026-11-01T12:00:00.000Z", "2026-W44")).toBe("2026-11");
    expect(first(monthly, "2026-11-01T12:00:00.000Z", "2026-Q4")).toBe("2026-11");
  });

  it("plans no occurrence twice and none before its time, however often it is changed", () => {
    const step = fc.record({
      schedule: fc.option(schedules, { nil: undefined }),
      afterMs: fc.integer({ min: 0, max: 40 * DAY_MS }),
    });
    fc.assert(
      fc.property(schedules, instants, fc.array(step, { maxLength: 12 }), (initial, start, steps) => {
        const planned: Due[] = [];
        const newest = new Map<Schedule["every"], string>();
        let schedule = initial;
        let now = start;
        let from = rescheduled(schedule, now, undefined, 1)[0]?.dueAt ?? "";
        for (const { schedule: changed, afterMs } of steps) {
          now = shifted(now, afterMs);
          for (const due of dueBetween(schedule, justBefore(from), now, ALL)) {
            expect(newest.get(schedule.every) ?? "").not.toBe(due.occurrence);
            planned.push(due);
            newest.set(schedule.every, due.occurrence);
          }
          schedule = changed ?? schedule;
          from = rescheduled(schedule, now, newest.get(schedule.every), 1)[0]?.dueAt ?? "";
          expect(from > now).toBe(true);
        }
        const names = planned.map(({ occurrence }) => occurrence);
        expect(new Set(names).size).toBe(names.length);
        expect(planned.map(({ dueAt }) => dueAt)).toEqual(planned.map(({ dueAt }) => dueAt).toSorted());
      }),
      { numRuns: 200 },
    );
  });
});
