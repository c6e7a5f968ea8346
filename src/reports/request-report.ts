/**
 * Asking for a report. Promise: a request becomes one version however often it is repeated, and two requests never the
 * same one; nothing is made here.
 */
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import type { AgreementId } from "../agreements/ids.ts";
import { ConflictError, InvalidRequestError, NotFoundError, UnavailableError } from "../platform/errors.ts";
import type { Period } from "./period.ts";
import { COMPARED_FORMAT, newReport, type Report, type ReportFormat, reportFormats } from "./report.ts";
import { allocate, reportIdOf, seriesIdOf, VERSIONS_MAX } from "./report-series.ts";
import type { ReportStore } from "./report-store.ts";

/** How often a version is allocated anew because somebody else was faster. */
const ALLOCATIONS_MAX = 16;

export type ReportRequest = {
  readonly agreementId: AgreementId;
  readonly period: Period;
  /** Every format, unless some are named. The one that the next version is compared with is always made. */
  readonly formats?: readonly ReportFormat[] | undefined;
  /** The customer's, unless another is named. */
  readonly language?: Language | undefined;
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
 * @throws NotFoundError when the customer has no such agreement.
 * @throws InvalidRequestError `PeriodNotOver` when the period ends in the future: its report would be out of date at once.
 * @throws ConflictError `TooManyVersions`, UnavailableError.
 */
export async function requestReport(
  { reports, now }: RequestDependencies,
  customer: Customer,
  request: ReportRequest,
): Promise<Report> {
  const { customerId } = customer;
  const { agreementId, period, requestedBy } = request;
  if (customer.agreements[agreementId] === undefined) throw new NotFoundError(`no agreement ${agreementId}`);
  const requestedAt = now();
  if (period.to > requestedAt) {
    throw new InvalidRequestError("PeriodNotOver", "The period must end before the present UTC day.", {
      target: "period.to",
    });
  }
  const id = seriesIdOf(agreementId, period);
  for (let attempt = 0; attempt < ALLOCATIONS_MAX; attempt++) {
    const series = await reports.readSeries(customerId, id);
    const allocation = allocate(series?.value, { id, customerId }, request);
    if (allocation.outcome === "full") {
      const message = `There are ${VERSIONS_MAX} versions of this report, which is as many as there can be.`;
      throw new ConflictError("TooManyVersions", message, { target: "period" });
    }
    const reportId = reportIdOf(agreementId, period, allocation.version);
    if (allocation.outcome === "known") {
      const known = await reports.read(customerId, reportId);
      if (known === undefined) throw new Error(`report ${reportId} is in its series and not in the store`);
      return known.value;
    }
    const { version } = allocation;
    const report = newReport({
      id: reportId,
      customerId,
      agreementId,
      period,
      version,
      formats: formatsOf(request),
      language: request.language ?? customer.language,
      requestedBy,
      requestedAt,
    });
    if (await reports.create(report, allocation.series, series?.etag)) return report;
  }
  throw new UnavailableError(1, `report series ${id} is contended`);
}

/** Each once, in the order in which they are made. */
const formatsOf = ({ formats = reportFormats }: ReportRequest): ReportFormat[] =>
  reportFormats.filter((format) => format === COMPARED_FORMAT || formats.includes(format));
