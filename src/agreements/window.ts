/**
 * Calendar days as instants. Invariant: a window is half-open and in UTC; the last day of what it stands for is inclusive,
 * in the customer's time zone (LE-07).
 */
import { Temporal } from "temporal-polyfill";
import { dayIn } from "../platform/instant.ts";

export type Window = { readonly startsAt: string; readonly endsAt: string };

/** The days, and the window that they are. */
export function windowOfDays(
  { startDate, endDate }: { readonly startDate: string; readonly endDate: string },
  timeZone: string,
) {
  const startsAt = startOfDay(Temporal.PlainDate.from(startDate), timeZone);
  const endsAt = startOfDay(Temporal.PlainDate.from(endDate).add({ days: 1 }), timeZone);
  return { startDate, endDate, startsAt, endsAt };
}

function startOfDay(date: Temporal.PlainDate, timeZone: string): string {
  return new Date(date.toZonedDateTime(timeZone).epochMilliseconds).toISOString();
}

type Ending = { readonly endedAt?: string | undefined };

/** When the package applies, and of an entitlement of it that one: within the agreement, up to what ended it early. */
export function windowOf(agreement: Window, item: Window & Ending, entitlement: Ending = {}): Window {
  const startsAt = agreement.startsAt > item.startsAt ? agreement.startsAt : item.startsAt;
  let { endsAt } = agreement;
  for (const end of [item.endsAt, item.endedAt, entitlement.endedAt])
    if (end !== undefined && end < endsAt) endsAt = end;
  return { startsAt, endsAt };
}

export type Status = "upcoming" | "active" | "inactive";

/** What was left out before it began has no time: it is never active, and nothing is to come of it. */
export function statusAt({ startsAt, endsAt }: Window, at: string): Status {
  if (at >= endsAt || startsAt >= endsAt) return "inactive";
  return at < startsAt ? "upcoming" : "active";
}

/** The day that it ends with, inclusive, in that time zone: where `windowOf` gave the window, whatever ends it first. */
export function lastDayOf({ endsAt }: Window, timeZone: string): string {
  return dayIn(new Date(Date.parse(endsAt) - 1).toISOString(), timeZone);
}
