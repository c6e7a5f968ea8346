import { Cron } from "croner";
import type { RetryOptions } from "./core-types.ts";

/**
 * NCRONTAB: six fields from second to day of week, in UTC, a day has to match both day fields. There is no time zone,
 * because the platform has none for timers on the plans where this product runs.
 */
export type Schedule = {
  /** The first occurrence after that time; none when the schedule has no more. */
  after(time: Date): Date | undefined;
};

/** croner understands more than the platform does (`L`, `#`, `?`, `@daily`): what the platform rejects is rejected here. */
const FIELD = /^(\*|[A-Za-z]{3}|\d+)(-([A-Za-z]{3}|\d+))?(\/\d+)?$/;
const FIELD_COUNT = 6;
const DAYS_OF_WEEK_ABOVE_SATURDAY = /(^|[,-])[7-9]/;

/** @throws Error when the platform would not take the expression, or when it never occurs. */
export function parseSchedule(expression: string): Schedule {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== FIELD_COUNT)
    throw new Error(`schedule "${expression}" has ${fields.length} fields instead of ${FIELD_COUNT}`);
  for (const field of fields)
    if (!field.split(",").every((part) => FIELD.test(part)))
      throw new Error(`schedule "${expression}": "${field}" is not understood`);
  if (DAYS_OF_WEEK_ABOVE_SATURDAY.test(fields.at(-1) ?? ""))
    throw new Error(`schedule "${expression}": days of the week go from 0 (Sunday) to 6`);

  const cron = new Cron(fields.join(" "), {
    paused: true,
    mode: "6-part",
    domAndDow: true,
    sloppyRanges: true,
    timezone: "Etc/UTC",
  });
  const schedule: Schedule = { after: (time) => cron.nextRun(time) ?? undefined };
  if (schedule.after(new Date()) === undefined) throw new Error(`schedule "${expression}" never occurs`);
  return schedule;
}

/**
 * How long to wait before the retry with that number, counted from 1, in milliseconds; none when there is no more retry.
 * `random` is a number from 0 up to 1: exponential delays vary by a tenth, so that retries spread.
 */
export function retryDelayMs(
  retry: RetryOptions | undefined,
  retryNumber: number,
  random: number,
): number | undefined {
  if (retry === undefined) return undefined;
  if (retry.maxRetryCount >= 0 && retryNumber > retry.maxRetryCount) return undefined;
  if (retry.retryStrategy === "fixedDelay") return (retry.delayInterval?.seconds ?? 0) * 1000;
  const minimumMs = (retry.minimumInterval?.seconds ?? 0) * 1000;
  const maximumMs = (retry.maximumInterval?.seconds ?? 0) * 1000;
  const delayMs = minimumMs * 2 ** (retryNumber - 1) * (0.9 + 0.2 * random);
  return Math.min(Math.max(delayMs, minimumMs), Math.max(maximumMs, minimumMs));
}
