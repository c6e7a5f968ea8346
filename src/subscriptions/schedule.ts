/**
 * When a report is due, and of which period it is then. Pure.
 * Invariants: a schedule has one occurrence in each month, ISO week or quarter of its own time zone's calendar, and the name
 * of the occurrence says which, whatever day, hour or zone is set; so what is made once for each name is made once. The
 * report is of the month, week or quarter before that one, in UTC (LE-07): from one occurrence to the next no period is left
 * out and none comes twice. Nothing is due before its period is over: where the clock of the zone is ahead of UTC, an
 * occurrence in the first hours of the first day is due when the period ends.
 */
import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import { isTimeZone } from "../agreements/agreement-event.ts";
import type { Period } from "../reports/period.ts";
import { type FirstDay, firstDayOf, moved, nameOf, periodBefore, startOf } from "./schedule-period.ts";

const TIME_ZONE_LENGTH_MAX = 64;

const wholeNumber = (min: number, max: number, error: string) =>
  z.int({ error }).min(min, { error }).max(max, { error });

const NO_DAY = 'must be a day of the month, a whole number from 1 to 31, or "last"';
const NO_ZONE = "must be the name of an IANA time zone, such as Europe/Madrid";

const dayOfMonth = z
  .union([wholeNumber(1, 31, NO_DAY), z.literal("last", { error: NO_DAY })], { error: NO_DAY })
  .meta({ description: "A month that has fewer days is due on its last one." });

const timeOfDay = {
  hour: wholeNumber(0, 23, "must be an hour of the day, a whole number from 0 to 23").meta({
    description:
      "On the wall clock of the time zone. What the clock skips in spring is due as much later; what it shows twice in autumn is due once, the first time.",
  }),
  minute: wholeNumber(0, 59, "must be a minute, a whole number from 0 to 59").default(0),
  timeZone: z
    .string({ error: NO_ZONE })
    .max(TIME_ZONE_LENGTH_MAX, { error: NO_ZONE, abort: true })
    // An offset would not follow the changes of the clock.
    .regex(/^[A-Za-z]/, { error: NO_ZONE, abort: true })
    .refine(isTimeZone, { error: NO_ZONE })
    .meta({
      description:
        "IANA name, such as Europe/Madrid. Periods are in UTC all the same: what falls before the end of its period is due at that end.",
    }),
};

const error: z.core.$ZodErrorMap = (issue) =>
  issue.code === "unrecognized_keys"
    ? `must not have ${issue.keys.join(", ")}: such a schedule has none`
    : undefined;

const weekScheduleSchema = z.strictObject(
  {
    every: z.literal("week").meta({ description: "Of the ISO week before, Monday to Sunday in UTC." }),
    weekday: wholeNumber(
      1,
      7,
      "must be a day of the week, a whole number from 1 (Monday) to 7 (Sunday)",
    ).meta({ description: "1 is Monday, 7 is Sunday (ISO 8601)." }),
    ...timeOfDay,
  },
  { error },
);

const monthScheduleSchema = z.strictObject(
  {
    every: z.literal("month").meta({ description: "Of the calendar month before, in UTC." }),
    dayOfMonth,
    ...timeOfDay,
  },
  { error },
);

const quarterScheduleSchema = z.strictObject(
  {
    every: z.literal("quarter").meta({ description: "Of the calendar quarter before, in UTC." }),
    monthOfQuarter: wholeNumber(1, 3, "must be a month of the quarter, a whole number from 1 to 3").meta({
      description: "1 is January, April, July and October.",
    }),
    dayOfMonth,
    ...timeOfDay,
  },
  { error },
);

export const scheduleSchema = z.discriminatedUnion(
  "every",
  [weekScheduleSchema, monthScheduleSchema, quarterScheduleSchema],
  {
    error: ({ code }) =>
      code === "invalid_union"
        ? 'must be "week", "month" or "quarter"'
        : "must be an object that says every week, month or quarter, and on which day and hour",
  },
);
export type Schedule = Readonly<z.infer<typeof scheduleSchema>>;

export type Due = {
  /** UTC, with milliseconds. */
  readonly dueAt: string;
  /** `2026-W47` (ISO week and its year), `2026-11`, `2026-Q4`: names of one kind are in the order of time. */
  readonly occurrence: string;
};

/**
 * The next occurrences, oldest first.
 * @param after exclusive.
 */
export function nextDue(schedule: Schedule, after: string, count: number): readonly Due[] {
  return dueFrom(schedule, firstDayNear(schedule, after, -1), after, count);
}

/**
 * What became due in a range, oldest first: what a timer has to make up for. At most so many: of more, the newest, and the
 * older ones are left out for good.
 */
export function dueBetween(
  schedule: Schedule,
  afterExclusive: string,
  untilInclusive: string,
  max: number,
): readonly Due[] {
  const found: Due[] = [];
  let firstDay = firstDayNear(schedule, untilInclusive, 1);
  while (found.length < max) {
    const due = dueIn(schedule, firstDay);
    if (due.dueAt <= afterExclusive) break;
    if (due.dueAt <= untilInclusive) found.push(due);
    firstDay = moved(schedule.every, firstDay, -1);
  }
  return found.reverse();
}

/**
 * The next occurrences of a schedule that is set, changed or resumed: those that are due after that instant and were not
 * planned before. So a day that is moved to a later one of a month that is done is not due in it again, and one that is
 * moved to an earlier day that is over is due in the next month. What was due before under another schedule and is not
 * planned yet is for the caller to plan first (`dueBetween` of that schedule).
 * @param lastOccurrence The newest that was planned. One of another kind, a week where
 * these are months, does not matter.
 */
export function rescheduled(
  schedule: Schedule,
  at: string,
  lastOccurrence: string | undefined,
  count: number,
): readonly Due[] {
  const { every } = schedule;
  const near = firstDayNear(schedule, at, -1);
  const last = lastOccurrence === undefined ? undefined : firstDayOf(every, lastOccurrence);
  if (last === undefined) return dueFrom(schedule, near, at, count);
  const next = moved(every, last, 1);
  return dueFrom(schedule, Temporal.PlainDate.compare(near, next) < 0 ? next : near, at, count);
}

/**
 * The period that the report of an occurrence is of; over when it is due.
 * @throws RangeError for an occurrence that is not of such a schedule.
 */
export function periodOf(
  { every }: Pick<Schedule, "every">,
  { occurrence }: Pick<Due, "occurrence">,
): Period {
  const firstDay = firstDayOf(every, occurrence);
  if (firstDay === undefined) throw new RangeError(`${occurrence} is no occurrence of every ${every}`);
  return periodBefore(every, firstDay);
}

function dueFrom(schedule: Schedule, start: FirstDay, after: string, count: number): readonly Due[] {
  const found: Due[] = [];
  for (let firstDay = start; found.length < count; firstDay = moved(schedule.every, firstDay, 1)) {
    const due = dueIn(schedule, firstDay);
    if (due.dueAt > after) found.push(due);
  }
  return found;
}

function dueIn(schedule: Schedule, firstDay: FirstDay): Due {
  const { hour, minute, timeZone } = schedule;
  const shown = dayIn(schedule, firstDay)
    .toPlainDateTime({ hour, minute })
    .toZonedDateTime(timeZone, { disambiguation: "compatible" });
  const shownAt = new Date(shown.epochMilliseconds).toISOString();
  const periodEnd = periodBefore(schedule.every, firstDay).to;
  return {
    dueAt: shownAt < periodEnd ? periodEnd : shownAt,
    occurrence: nameOf(schedule.every, firstDay),
  };
}

function dayIn(schedule: Schedule, firstDay: FirstDay): Temporal.PlainDate {
  switch (schedule.every) {
    case "week":
      return firstDay.add({ days: schedule.weekday - 1 });
    case "month":
      return withDay(firstDay, schedule.dayOfMonth);
    case "quarter":
      return withDay(firstDay.add({ months: schedule.monthOfQuarter - 1 }), schedule.dayOfMonth);
  }
}

const withDay = (firstDay: FirstDay, day: number | "last"): Temporal.PlainDate =>
  firstDay.with({ day: day === "last" ? firstDay.daysInMonth : day }, { overflow: "constrain" });

/**
 * That of the week, month or quarter which an instant lies in, or so many further on. Where the clock skips midnight an
 * occurrence can be due in the one after its own, and where it goes back over midnight one that was due can be in the next:
 * a step to each side is enough.
 */
function firstDayNear({ every, timeZone }: Schedule, instant: string, steps: number): FirstDay {
  const day = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate();
  return moved(every, startOf(every, day), steps);
}
