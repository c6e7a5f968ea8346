/**
 * Calendar days as instants. Invariant: a window is half-open and in UTC; the last day of what it stands for is inclusive,
 * in the customer's time zone (LE-07).
 */
import { Temporal } from "temporal-polyfill";

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
