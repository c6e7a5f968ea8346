/** Reports that somebody asked for and that are not over yet. */
import type { CustomerId } from "../agreements/ids.ts";
import type { Period } from "../reports/period.ts";
import { isEnded, type Report } from "../reports/report.ts";
import type { ReportScope } from "../reports/report-scope.ts";
import { reportIdOf, seriesIdOf } from "../reports/report-series.ts";
import type { ReportStore } from "../reports/report-store.ts";

/**
 * Newest first. Versions are made in their order, so none is looked for before one that was issued.
 * Cost: point reads of the series and of its versions down to the newest that was issued.
 */
export async function pendingReports(
  reports: Pick<ReportStore, "read" | "readSeries">,
  customerId: CustomerId,
  scope: ReportScope,
  period: Period,
): Promise<readonly Report[]> {
  const pending: Report[] = [];
  const series = await reports.readSeries(customerId, seriesIdOf(scope, period));
  for (let version = series?.value.lastVersion ?? 0; version >= 1; version--) {
    const report = (await reports.read(customerId, reportIdOf(scope, period, version)))?.value;
    if (report?.status === "succeeded") break;
    if (report !== undefined && !isEnded(report)) pending.push(report);
  }
  return pending;
}
