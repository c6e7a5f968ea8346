/**
 * What a report would say now, without making it: whether anything is in it, and whether one that was issued says the same.
 * It reads figures and contacts, and no lines.
 */
import { openReport, type ReportSource } from "./open-report.ts";
import type { SucceededReport } from "./report.ts";
import { reportIdOf, seriesIdOf } from "./report-series.ts";
import type { ReportStore } from "./report-store.ts";

export type Look = {
  readonly isEmpty: boolean;
  readonly figures: string;
  /** The newest version that was issued. */
  readonly newest: SucceededReport | undefined;
};

/** @throws NotReadyError while the figures cannot be told. */
export async function lookAt(
  reports: Pick<ReportStore, "read" | "readSeries">,
  source: Omit<ReportSource, "report" | "previous"> & {
    readonly report: Omit<ReportSource["report"], "version">;
  },
): Promise<Look> {
  const opened = await openReport({
    ...source,
    report: { ...source.report, version: 0 },
    previous: undefined,
  });
  return {
    isEmpty: opened.lines === 0,
    figures: opened.figures,
    newest: await newestIssued(reports, source),
  };
}

async function newestIssued(
  reports: Pick<ReportStore, "read" | "readSeries">,
  { customer: { customerId }, report: { scope, period } }: Parameters<typeof lookAt>[1],
): Promise<SucceededReport | undefined> {
  const series = await reports.readSeries(customerId, seriesIdOf(scope, period));
  for (let version = series?.value.lastVersion ?? 0; version >= 1; version--) {
    const found = await reports.read(customerId, reportIdOf(scope, period, version));
    if (found?.value.status === "succeeded") return found.value;
  }
  return undefined;
}
