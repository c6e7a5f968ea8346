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

/** Reports of a customer that are given to makers at once; the others are when these are over. */
const WAITING_MAX = 1_000;

/**
 * Makes sure that every due report is asked for, and asked for again when it failed.
 * @returns those that wait for a maker now, on demand or due: just asked for, or left behind by a maker that is gone.
 */
export async function requestDueReports(
  dependencies: RequestDependencies & { readonly reports: Pick<ReportStore, "waiting"> },
  customer: Customer,
): Promise<readonly Report[]> {
  const { reports, now } = dependencies;
  for (const due of dueReports(customer, now())) await askFor(dependencies, customer, due);
  return reports.waiting(customer.customerId, now(), WAITING_MAX);
}

/**
 * The first version, whoever asks for it; when all that there are failed or were cancelled, the next, at most once a UTC
 * day: what broke it may have been mended.
 */
async function askFor(
  dependencies: RequestDependencies,
  customer: Customer,
  { id, scope, period }: DueReport,
): Promise<void> {
  const { reports, now } = dependencies;
  const requestedBy = { subject: TIMER_SUBJECT };
  if ((await reports.read(customer.customerId, id)) === undefined) {
    const request = { scope, period, requestedBy, requestKey: TIMER_SUBJECT, onlyFirst: true };
    await requestReport(dependencies, customer, request);
    return;
  }
  const today = dayOf(now());
  const isDead = await isDeadBefore(today, reports, customer, { scope, period });
  if (!isDead) return;
  const request = { scope, period, requestedBy, requestKey: `${TIMER_SUBJECT}:${today}` };
  await requestReport(dependencies, customer, request);
}

/** Whether no version of it is issued or will be, the newest is from another day, and there can be one more. */
async function isDeadBefore(
  today: string,
  reports: RequestDependencies["reports"],
  { customerId }: Customer,
  { scope, period }: Pick<DueReport, "scope" | "period">,
): Promise<boolean> {
  const newest = (await reports.readSeries(customerId, seriesIdOf(scope, period)))?.value.lastVersion ?? 1;
  if (newest >= VERSIONS_MAX) return false;
  for (let version = newest; version >= 1; version--) {
    const id = reportIdOf(scope, period, version);
    const report = (await reports.read(customerId, id))?.value;
    if (report === undefined) throw new Error(`report ${id} is in its series and not in the store`);
    if (report.status !== "failed" && report.status !== "canceled") return false;
    if (dayOf(report.requestedAt) >= today) return false;
  }
  return true;
}

const dayOf = (instant: string): string => instant.slice(0, 10);

function monthBack(now: string, months: number): Period {
  const first = new Date(`${now.slice(0, 7)}-01T00:00:00.000Z`);
  first.setUTCMonth(first.getUTCMonth() - months);
  return periodOfMonth(first.toISOString().slice(0, 7));
}

const startOfDay = (date: Temporal.PlainDate, timeZone: string): string =>
  new Date(date.toZonedDateTime(timeZone).epochMilliseconds).toISOString();
