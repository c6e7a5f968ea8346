/** Schedules of every kind, on days and at hours at which clocks change and months end more often than on others. */
import fc from "fast-check";
import type { Schedule } from "../../src/subscriptions/schedule.ts";

/** Where customers are. */
export const ZONES = [
  "Europe/Madrid",
  "Europe/Warsaw",
  "Europe/Rome",
  "America/Sao_Paulo",
  "Asia/Kolkata",
] as const;
/** Whose days begin first and last, whose clocks change by half an hour, by two, a minute after midnight, or by a day. */
const ODD_ZONES = [
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "Australia/Lord_Howe",
  "Antarctica/Troll",
  "America/St_Johns",
  "Pacific/Apia",
  "UTC",
] as const;

/** Days of a month, as schedules name them. */
export const days = [...Array.from({ length: 31 }, (_, index) => index + 1), "last" as const];
const dayOfMonth = fc.oneof(fc.constantFrom(...days), fc.constantFrom(1, 29, 30, 31, "last" as const));

export const schedulesIn = (timeZones: readonly string[]): fc.Arbitrary<Schedule> => {
  const time = {
    hour: fc.oneof(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 2, 3, 23)),
    minute: fc.oneof(fc.constantFrom(0, 30, 59), fc.integer({ min: 0, max: 59 })),
    timeZone: fc.constantFrom(...timeZones),
  };
  return fc.oneof(
    fc.record({ every: fc.constant("week" as const), weekday: fc.integer({ min: 1, max: 7 }), ...time }),
    fc.record({ every: fc.constant("month" as const), dayOfMonth, ...time }),
    fc.record({
      every: fc.constant("quarter" as const),
      monthOfQuarter: fc.integer({ min: 1, max: 3 }),
      dayOfMonth,
      ...time,
    }),
  );
};
export const schedules = schedulesIn([...ZONES, ...ODD_ZONES]);
