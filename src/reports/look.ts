/**
 * What a report would say now, without making it: whether anything is in it, and whether one that was issued says the same.
 * It reads figures and contacts, and no lines.
 */
import { openReport, type ReportSource } from "./open-report.ts";
import type { SucceededReport } from "./report.ts";
import { reportIdOf, seriesIdOf } from "./report-series.ts";
import type { ReportStore } from "./report-store.ts";
import { isKept } from "./retention.ts";

export type Look = {
  readonly isEmpty: boolean;
  readonly figures: string;
  /**
   * The newest version that was issued, if its files are kept still and a new one would be called and placed the same in all
   * that its figures do not tell: it names no request that a new one would not (SR-06), nor anything otherwise.
   */
  readonly newest: SucceededReport | undefined;
};

export type LookDependencies = {
  readonly reports: Pick<ReportStore, "read" | "readSeries">;
  /** How long files are kept, in days. */
  readonly retentionDays: number;
};

/** `generatedAt`: now. */
type LookSource = Omit<ReportSource, "report" | "previous"> & {
  readonly report: Omit<ReportSource["report"], "version">;
};

/** @throws NotReadyError while the figures cannot be told. */
export async function lookAt(
  { reports, retentionDays }: LookDependencies,
  source: LookSource,
): Promise<Look> {
  const opened = await openReport({
    ...source,
    report: { ...source.report, version: 0 },
    previous: undefined,
  });
  const newest = await newestIssued(reports, source);
  const isThere =
    newest !== undefined &&
    isKept(newest, source.generatedAt, retentionDays) &&
    newest.context === opened.context;
  return {
    isEmpty: opened.lines === 0,
    figures: opened.figures,
    newest: isThere ? newest : undefined,
  };
}

async function newestIssued(
  reports: Pick<ReportStore, "read" | "readSeries">,
  { customer: { customerId }, report: { scope, period } }: LookSource,
): Promise<SucceededReport | undefined> {
  const series = await reports.readSeries(customerId, seriesIdOf(scope, period));
  for (let version = series?.value.lastVersion ?? 0; version >= 1; version--) {
    const found = await reports.read(customerId, reportIdOf(scope, period, version));
    if (found?.value.status === "succeeded") return found.value;
  }
  return undefined;
}
