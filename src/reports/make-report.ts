/**
 * Making a report. Promise: interrupted anywhere, run again, or run by two makers at once, it ends with exactly one
 * complete report or none: a maker writes to a file name of its own, and what issues the report is one conditional save.
 */
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import type { FailedReport, ReportId, SucceededReport } from "./report.ts";
import type { ReportFiles } from "./report-files.ts";
import type { ReportStore } from "./report-store.ts";

export type MakerDependencies = {
  readonly reports: ReportStore;
  readonly files: ReportFiles;
  readonly activity: Pick<ActivityStore, "ledger" | "days" | "counted" | "lastAt" | "entriesBetween">;
  readonly customers: Pick<CustomerStore, "read">;
  readonly now: () => string;
  readonly newId: () => string;
};

export type Made =
  | { readonly outcome: "issued"; readonly report: SucceededReport }
  | { readonly outcome: "failed"; readonly report: FailedReport }
  /** Somebody else makes it, or something has to be waited for: to be run again after that time. */
  | { readonly outcome: "later"; readonly retryAfterSeconds: number }
  | { readonly outcome: "missing" };

/** @throws what the stores throw, when it is to be run again: nothing is lost and nothing half done is visible. */
export async function makeReport(
  dependencies: MakerDependencies,
  customerId: CustomerId,
  reportId: ReportId,
): Promise<Made> {
  const found = await dependencies.reports.read(customerId, reportId);
  if (found === undefined) return { outcome: "missing" };
  throw new Error("not written yet");
}
