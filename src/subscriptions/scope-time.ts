/** Whether there is anything to report of a scope and a period. Pure. */
import { Temporal } from "temporal-polyfill";
import type { Customer } from "../agreements/customer.ts";
import type { Period } from "../reports/period.ts";
import type { ReportScope } from "../reports/report-scope.ts";

/**
 * `over`: nor is there of any later period, since the agreement has ended or is none of the customer's. The days of an
 * agreement are days in the customer's time zone, its last one inclusive (LE-07).
 */
export function scopeTime(
  { agreements, timeZone }: Pick<Customer, "agreements" | "timeZone">,
  scope: ReportScope,
  period: Period,
): "notYet" | "within" | "over" {
  if (scope.reportKind === "education") return "within";
  const agreement = agreements[scope.agreementId];
  if (agreement === undefined) return "over";
  const { startDate, endDate } = agreement;
  const startsAt = startOfDay(Temporal.PlainDate.from(startDate), timeZone);
  const endsAt = startOfDay(Temporal.PlainDate.from(endDate).add({ days: 1 }), timeZone);
  if (endsAt <= period.from) return "over";
  return startsAt >= period.to ? "notYet" : "within";
}

const startOfDay = (date: Temporal.PlainDate, timeZone: string): string =>
  new Date(date.toZonedDateTime(timeZone).epochMilliseconds).toISOString();
