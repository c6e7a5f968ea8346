/**
 * Which monthly CPODs are due. Promise: a timer that is repeated, late or overlaps another makes each due report once
 * (EX-10): its id follows from agreement and month, and there is one report of an id.
 */
import { Temporal } from "temporal-polyfill";
import type { Customer } from "../agreements/customer.ts";
import { agreementIdSchema } from "../agreements/ids.ts";
import { type Period, periodOfMonth } from "./period.ts";
import type { Report, ReportId } from "./report.ts";
import type { ReportScope } from "./report-scope.ts";
import { reportIdOf, seriesIdOf, VERSIONS_MAX } from "./report-series.ts";
import type { ReportStore } from "./report-store.ts";
import { type RequestDependencies, requestReport } from "./request-report.ts";

/** How many months back a month is made up for that was missed. */
export const MONTHS_BACK = 3;

const TIMER_SUBJECT = "timer:cpod";

export type DueReport = {
  readonly id: ReportId;
  readonly scope: ReportScope;
  readonly period: Period;
};

/**
 * Pure: every complete UTC month of the last three that the days of an agreement touch, oldest first. The agreement's
 * days are days in the customer's time zone, its last one inclusive (LE-07).
 */
export function dueReports(customer: Pick<Customer, "agreements" | "timeZone">, now: string): DueReport[] {
  const months = Array.from({ length: MONTHS_BACK }, (_, index) => monthBack(now, MONTHS_BACK - index));
  return months.flatMap((period) =>
    Object.entries(customer.agreements).flatMap(([id, { startDate, endDate }]): DueReport[] => {
      const startsAt = startOfDay(Temporal.PlainDate.from(startDate), customer.timeZone);
      const endsAt = startOfDay(Temporal.PlainDate.from(endDate).add({ days: 1 }), customer.timeZone);
      if (endsAt <= period.from || startsAt >= period.to) return [];
      const scope: ReportScope = { reportKind: "cpod", agreementId: agreementIdSchema.parse(id) };
      return [{ id: reportIdOf(scope, period, 1), scope, period }];
    }),
  );
}

/** Reports, newest first, among which one is looked for whose maker was never told or is gone. */
const RECENT_REPORTS = 100;

/**
 * Makes sure that every due report is asked for, and asked for again when it failed.
 * @returns those that wait for a maker now, on demand or due: just asked for, or left behind by a maker that is gone.
 */
export async function requestDueReports(
  dependencies: RequestDependencies & { readonly reports: ReportStore },
  customer: Customer,
): Promise<readonly Report[]> {
  const { reports, now } = dependencies;
  const asked = new Map<ReportId, Report>();
  for (const due of dueReports(customer, now())) {
    const report = await askFor(dependencies, customer, due);
    asked.set(report.id, report);
  }
  for (const report of await reports.page(customer.customerId, {
    after: undefined,
    limit: RECENT_REPORTS,
  })) {
    asked.set(report.id, report);
  }
  return [...asked.values()].filter((report) => isWaiting(report, now()));
}

/**
 * The first version, whoever asked for it; when the newest one failed or was cancelled, the next, at most once a UTC day: what broke it may
 * have been mended.
 */
async function askFor(
  dependencies: RequestDependencies,
  customer: Customer,
  { id, scope, period }: DueReport,
): Promise<Report> {
  const { reports, now } = dependencies;
  const requestedBy = { subject: TIMER_SUBJECT };
  const first = await reports.read(customer.customerId, id);
  if (first === undefined) {
    const request = { scope, period, requestedBy, requestKey: TIMER_SUBJECT, onlyFirst: true };
    return requestReport(dependencies, customer, request);
  }
  const series = await reports.readSeries(customer.customerId, seriesIdOf(scope, period));
  const newestVersion = series?.value.lastVersion ?? 1;
  const newestId = reportIdOf(scope, period, newestVersion);
  const newest =
    newestVersion === 1 ? first.value : (await reports.read(customer.customerId, newestId))?.value;
  if (newest === undefined) throw new Error(`report ${newestId} is in its series and not in the store`);
  const today = dayOf(now());
  const isDead =
    (newest.status === "failed" || newest.status === "canceled") && dayOf(newest.requestedAt) < today;
  if (!isDead || newestVersion >= VERSIONS_MAX) return newest;
  const request = { scope, period, requestedBy, requestKey: `${TIMER_SUBJECT}:${today}` };
  return requestReport(dependencies, customer, request);
}

const dayOf = (instant: string): string => instant.slice(0, 10);

/** Nobody makes it at this instant, and it is not over. */
function isWaiting(report: Report, now: string): boolean {
  switch (report.status) {
    case "notStarted":
      return true;
    case "running":
      return report.leaseUntil <= now;
    case "succeeded":
    case "failed":
    case "canceled":
      return false;
  }
}

function monthBack(now: string, months: number): Period {
  const first = new Date(`${now.slice(0, 7)}-01T00:00:00.000Z`);
  first.setUTCMonth(first.getUTCMonth() - months);
  return periodOfMonth(first.toISOString().slice(0, 7));
}

const startOfDay = (date: Temporal.PlainDate, timeZone: string): string =>
  new Date(date.toZonedDateTime(timeZone).epochMilliseconds).toISOString();
