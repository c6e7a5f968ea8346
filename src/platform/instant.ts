import { Temporal } from "temporal-polyfill";
import * as z from "zod";

/**
 * Instants and days as clients write them. Outside these years an instant in UTC has no text of fixed length, and
 * comparing texts would lie.
 */

export const YEARS = "the years 1990 to 2199";

/** @param text ISO 8601, in UTC where it is an instant. */
export const isInYears = (text: string): boolean => text >= "1990" && text < "2200";

/** RFC 3339 with an offset; becomes UTC with milliseconds, so that the order of texts is the order in time. */
export const instantText = z.iso
  .datetime({ offset: true, error: "must be an RFC 3339 time, such as 2026-03-31T23:59:59Z" })
  .transform((text) => new Date(text).toISOString())
  .refine(isInYears, `must lie in ${YEARS}`);

export const dayText = z.iso
  .date({ error: "must be a day, such as 2026-10-05", abort: true })
  .refine(isInYears, `must lie in ${YEARS}`);

export const monthText = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, { error: "must be a month, such as 2026-10", abort: true })
  .refine(isInYears, `must lie in ${YEARS}`);

/** The calendar day of an instant, `YYYY-MM-DD`. */
export const dayIn = (instant: string, timeZone: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate().toString();
