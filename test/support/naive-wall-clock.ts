/**
 * The naive model of working time: what Intl shows on the wall in each minute of a fortnight, one after the other. It shares
 * nothing with the product but the shape of a calendar.
 */
import fc from "fast-check";
import type { BusinessCalendar } from "../../src/support/business-calendar.ts";

export const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const FORTNIGHT_MINUTES = 16 * DAY_MINUTES;

/** Sixteen days of a zone; in most of them the clock changes on the ninth. */
type Fortnight = { readonly timeZone: string; readonly middle: string };

const fortnights: readonly Fortnight[] = [
  { timeZone: "Europe/Madrid", middle: "2026-03-29" },
  { timeZone: "Europe/Madrid", middle: "2026-10-25" },
  { timeZone: "Europe/Warsaw", middle: "2027-03-28" },
  { timeZone: "Europe/Warsaw", middle: "2026-10-25" },
  { timeZone: "Europe/Rome", middle: "2028-03-26" },
  { timeZone: "Europe/Rome", middle: "2027-10-31" },
  // At midnight: a day without its first hour, and one that has its last hour twice.
  { timeZone: "America/Sao_Paulo", middle: "2018-11-04" },
  { timeZone: "America/Sao_Paulo", middle: "2018-02-18" },
  { timeZone: "America/Sao_Paulo", middle: "2026-11-01" },
  { timeZone: "Asia/Kolkata", middle: "2026-03-29" },
  // Half an hour.
  { timeZone: "Australia/Lord_Howe", middle: "2026-04-05" },
  { timeZone: "Australia/Lord_Howe", middle: "2026-10-04" },
  // A whole day is missing.
  { timeZone: "Pacific/Apia", middle: "2011-12-30" },
];

type Weekday = keyof BusinessCalendar["week"];
type WallMinute = { readonly day: string; readonly weekday: Weekday; readonly time: string };

const shown = new Map<Fortnight, readonly WallMinute[]>();

function wallMinutes(fortnight: Fortnight): readonly WallMinute[] {
  const known = shown.get(fortnight);
  if (known !== undefined) return known;
  // Swedes write days and times as ISO 8601 does.
  const clock = new Intl.DateTimeFormat("sv-SE", {
    timeZone: fortnight.timeZone,
    dateStyle: "short",
    timeStyle: "short",
  });
  const startMs = startOf(fortnight);
  const minutes = Array.from({ length: FORTNIGHT_MINUTES }, (_, minute) => {
    const [day = "", time = ""] = clock.format(startMs + minute * MINUTE_MS).split(" ");
    return { day, weekday: weekdays[new Date(day).getUTCDay()] ?? "sunday", time };
  });
  shown.set(fortnight, minutes);
  return minutes;
}

const startOf = ({ middle }: Fortnight): number => Date.parse(middle) - 8 * DAY_MINUTES * MINUTE_MS;

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** A calendar in a fortnight, minute by minute. */
export type NaiveWorld = {
  readonly calendar: BusinessCalendar;
  readonly minutes: number;
  readonly startMs: number;
  /** For each minute the name of the span that it is in; undefined where nothing is open. */
  readonly spans: readonly (string | undefined)[];
  /** The instant so many minutes and milliseconds after the beginning. */
  readonly at: (minute: number, ms?: number) => string;
};

function naiveWorld(fortnight: Fortnight, calendar: BusinessCalendar): NaiveWorld {
  const startMs = startOf(fortnight);
  const spans = wallMinutes(fortnight).map(({ day, weekday, time }) => {
    if (calendar.holidays.includes(day)) return undefined;
    const index = calendar.week[weekday].findIndex(({ from, to }) => from <= time && time < to);
    return index < 0 ? undefined : `${day}#${index}`;
  });
  const at = (minute: number, ms = 0): string => new Date(startMs + minute * MINUTE_MS + ms).toISOString();
  return { calendar, minutes: FORTNIGHT_MINUTES, startMs, spans, at };
}

const timeText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Borders near the hours in which clocks change, and at midnight, come often. */
const border = fc.oneof(
  fc.integer({ min: 0, max: DAY_MINUTES }),
  fc.integer({ min: 0, max: 16 }).map((quarter) => quarter * 15),
  fc.constantFrom(0, DAY_MINUTES - 60, DAY_MINUTES),
);

/** No span, one or two; of three borders, two that touch. */
const daySpans = fc.uniqueArray(border, { maxLength: 4 }).map((borders) => {
  const [first, second, third, fourth] = borders.toSorted((one, other) => one - other).map(timeText);
  if (first === undefined || second === undefined) return [];
  const morning = { from: first, to: second };
  if (third === undefined) return [morning];
  return [morning, fourth === undefined ? { from: second, to: third } : { from: third, to: fourth }];
});

const wholeDay = fc.constant([{ from: "00:00", to: "24:00" }]);
const officeDay = fc.constant([
  { from: "09:00", to: "13:00" },
  { from: "14:00", to: "18:00" },
]);
const day = fc.oneof({ weight: 4, arbitrary: daySpans }, officeDay, wholeDay);

export const naiveWorlds: fc.Arbitrary<NaiveWorld> = fc
  .record({
    fortnight: fc.constantFrom(...fortnights),
    week: fc.record({
      monday: day,
      tuesday: day,
      wednesday: day,
      thursday: day,
      friday: day,
      saturday: day,
      sunday: day,
    }),
    holidays: fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 3 }),
  })
  .map(({ fortnight, week, holidays }) =>
    naiveWorld(fortnight, {
      timeZone: fortnight.timeZone,
      week,
      holidays: holidays.map((days) =>
        new Date(startOf(fortnight) + days * DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10),
      ),
    }),
  );

/** Calendars with the same spans every day. */
export function everyDay(timeZone: string, spans: readonly { from: string; to: string }[]): BusinessCalendar {
  const week = {
    monday: spans,
    tuesday: spans,
    wednesday: spans,
    thursday: spans,
    friday: spans,
    saturday: spans,
    sunday: spans,
  };
  return { timeZone, week, holidays: [] };
}

/** From Monday to Friday, nine to five. */
export function officeHours(timeZone: string, holidays: readonly string[] = []): BusinessCalendar {
  const { week } = everyDay(timeZone, [{ from: "09:00", to: "17:00" }]);
  return { timeZone, week: { ...week, saturday: [], sunday: [] }, holidays };
}
