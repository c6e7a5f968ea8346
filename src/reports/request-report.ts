/**
 * Asking for a report. Promise: a request becomes one version however often it is repeated, and two requests never the
 * same one; nothing is made here.
 */
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import { ConflictError, InvalidRequestError, NotFoundError, UnavailableError } from "../platform/errors.ts";
import type { Period } from "./period.ts";
import { COMPARED_FORMAT, formatsOfKind, newReport, type Report, type ReportFormat } from "./report.ts";
import { normalizedScope, type ReportScope } from "./report-scope.ts";
import { allocate, reportIdOf, seriesIdOf, VERSIONS_MAX } from "./report-series.ts";
import type { ReportStore } from "./report-store.ts";

/** How often a version is allocated anew because somebody else was faster. */
const ALLOCATIONS_MAX = 16;

export type ReportRequest = {
  readonly scope: ReportScope;
  readonly period: Period;
  /** All that there are of its kind, unless some are named. The one that the next version is compared with is always made. */
  readonly formats?: readonly ReportFormat[] | undefined;
  /** The customer's, unless others are named: one at least. */
  readonly languages?: readonly Language[] | undefined;
  readonly requestedBy: Report["requestedBy"];
  /** The same key is the same request: it holds who asks, so that nobody meets the request of somebody else. */
  readonly requestKey: string;
  /** Version 1 is enough, whoever asked for it. */
  readonly onlyFirst?: boolean;
};

export type RequestDependencies = {
  readonly reports: Pick<ReportStore, "read" | "readSeries" | "create">;
  readonly now: () => string;
};

/**
 * The next version of the report of this agreement and period, or the one that this request made before.
 * @throws NotFoundError when the customer has no such agreement or workspace.
 * @throws InvalidRequestError `PeriodNotOver` when the period ends in the future: its report would be out of date at once.
 * @throws ConflictError `TooManyVersions`, UnavailableError.
 * @throws RangeError when languages are given and there is none.
 */
export async function requestReport(
  { reports, now }: RequestDependencies,
  customer: Customer,
  request: ReportRequest,
): Promise<Report> {
  const { customerId } = customer;
  const { period, requestedBy } = request;
  const languages = [...new Set(request.languages ?? [customer.language])];
  if (languages.length === 0) throw new RangeError("a report is in one language at least");
  const scope = normalizedScope(request.scope);
  checkScope(customer, scope);
  const requestedAt = now();
  if (period.to > requestedAt) {
    const message = "The month, or the last day, of the period must be over in UTC.";
    throw new InvalidRequestError("PeriodNotOver", message, { target: "period" });
  }
  const id = seriesIdOf(scope, period);
  for (let attempt = 0; attempt < ALLOCATIONS_MAX; attempt++) {
    const series = await reports.readSeries(customerId, id);
    const allocation = allocate(series?.value, { id, customerId }, request);
    if (allocation.outcome === "full") {
      const message = `There are ${VERSIONS_MAX} versions of this report, which is as many as there can be.`;
      throw new ConflictError("TooManyVersions", message, { target: "period" });
    }
    const reportId = reportIdOf(scope, period, allocation.version);
    if (allocation.outcome === "known") {
      const known = await reports.read(customerId, reportId);
      if (known === undefined) throw new Error(`report ${reportId} is in its series and not in the store`);
      return known.value;
    }
    const { version } = allocation;
    const report = newReport({
      id: reportId,
      customerId,
      scope,
      period,
      version,
      formats: formatsOf(request),
      languages,
      requestedBy,
      requestedAt,
    });
    if (await reports.create(report, allocation.series, series?.etag)) return report;
  }
  throw new UnavailableError(1, `report series ${id} is contended`);
}

/** @throws NotFoundError */
export function checkScope(customer: Customer, scope: ReportScope): void {
  if (scope.reportKind === "cpod") {
    if (customer.agreements[scope.agreementId] === undefined)
      throw new NotFoundError(`no agreement ${scope.agreementId}`);
    return;
  }
  const known = new Set<string>(customer.workspaces.map(({ workspaceId }) => workspaceId));
  const unknown = scope.workspaceIds?.find((workspaceId) => !known.has(workspaceId));
  if (unknown !== undefined) throw new NotFoundError(`no workspace ${unknown}`);
}

/** Each once, in the order in which they are made. */
const formatsOf = ({ scope, formats }: ReportRequest): ReportFormat[] =>
  formatsOfKind[scope.reportKind].filter(
    (format) => format === COMPARED_FORMAT || formats === undefined || formats.includes(format),
  );
