import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Schedule, scheduleSchema } from "../../src/subscriptions/schedule.ts";
import { schedules } from "./some-schedules.ts";

const monthly: Schedule = {
  every: "month",
  dayOfMonth: 5,
  hour: 8,
  minute: 0,
  timeZone: "Europe/Madrid",
};

describe("a schedule as it is written", () => {
  const faultsOf = (value: unknown): readonly (readonly [string, string])[] =>
    (scheduleSchema.safeParse(value).error?.issues ?? []).map(({ path, message }) => [
      path.join("."),
      message,
    ]);

  it("has a whole hour unless the minute is named", () => {
    const { minute: _, ...written } = monthly;
    expect(scheduleSchema.parse(written)).toEqual(monthly);
  });

  it("may be any that can be due", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(scheduleSchema.parse(schedule)).toEqual(schedule);
      }),
    );
  });

  it("says of each member what it must be, when it is absent and when it is wrong", () => {
    const absent = [{ every: "week" }, { every: "month" }, { every: "quarter" }].map(faultsOf);
    const wrong = [
      { every: "week", weekday: 8, hour: 24, minute: 60, timeZone: "+01:00" },
      { every: "month", dayOfMonth: 32, hour: "8", minute: -1, timeZone: "Mars/Phobos" },
      { every: "quarter", monthOfQuarter: 0, dayOfMonth: "first", hour: 1.5, timeZone: "x".repeat(65) },
    ].map(faultsOf);
    const rules = {
      weekday: "must be a day of the week, a whole number from 1 (Monday) to 7 (Sunday)",
      monthOfQuarter: "must be a month of the quarter, a whole number from 1 to 3",
      dayOfMonth: 'must be a day of the month, a whole number from 1 to 31, or "last"',
      hour: "must be an hour of the day, a whole number from 0 to 23",
      minute: "must be a minute, a whole number from 0 to 59",
      timeZone: "must be the name of an IANA time zone, such as Europe/Madrid",
    };
    const told = (...names: readonly (keyof typeof rules)[]) => names.map((name) => [name, rules[name]]);
    expect(absent).toEqual([
      told("weekday", "hour", "timeZone"),
      told("dayOfMonth", "hour", "timeZone"),
      told("monthOfQuarter", "dayOfMonth", "hour", "timeZone"),
    ]);
    expect(wrong).toEqual([
      told("weekday", "hour", "minute", "timeZone"),
      told("dayOfMonth", "hour", "minute", "timeZone"),
      told("monthOfQuarter", "dayOfMonth", "hour", "timeZone"),
    ]);
  });

  it("says how often there can be a report, and which members are not of a schedule", () => {
    const often = [["every", 'must be "week", "month" or "quarter"']];
    expect([{}, { every: "day" }].map(faultsOf)).toEqual([often, often]);
    const whole = "must be an object that says every week, month or quarter, and on which day and hour";
    expect([null, "month", 5].map(faultsOf)).toEqual([[["", whole]], [["", whole]], [["", whole]]]);
    expect(faultsOf({ ...monthly, weekday: 1 })).toEqual([
      ["", "must not have weekday: such a schedule has none"],
    ]);
  });

  it("has a sentence for people about each member that needs one, in the API's description", () => {
    const { oneOf } = z
      .object({ oneOf: z.array(z.object({ properties: z.record(z.string(), z.unknown()) })) })
      .parse(z.toJSONSchema(scheduleSchema, { io: "input" }));
    for (const { properties } of oneOf)
      for (const [name, property] of Object.entries(properties))
        if (name !== "minute") expect(property, name).toHaveProperty("description");
    expect(oneOf).toHaveLength(3);
  });
});
