/**
 * How long the files of a report are kept. Pure. Invariants: what is offered is there, because files are removed a day
 * after they are offered for the last time; the report's document stays, and with the number of days it says since when
 * its files are gone.
 */
import type { SucceededReport } from "./report.ts";
import type { ReportFiles } from "./report-files.ts";

const DAY_MS = 86_400_000;
/** Whoever began to read in time reads to the end; the clocks of the account and the app may differ. */
const REMOVED_AFTER_DAYS = 1;

/** The instant from which the report's files are not offered any more, days of 24 hours after it was made. */
export const keptUntil = (generatedAt: string, days: number): string =>
  new Date(Date.parse(generatedAt) + days * DAY_MS).toISOString();

export const isKept = (generatedAt: string, now: string, days: number): boolean =>
  Date.parse(now) < Date.parse(keptUntil(generatedAt, days));

/** What was written before this instant is of no report whose files are kept. */
export const removedBefore = (now: string, days: number): Date =>
  new Date(Date.parse(now) - (days + REMOVED_AFTER_DAYS) * DAY_MS);

/**
 * Protects the files of an issued report for as long as they are kept: never those of an attempt, which have to be
 * removable. It can be done again at any time.
 */
export async function protectReport(
  files: Pick<ReportFiles, "protect">,
  report: Pick<SucceededReport, "generatedAt" | "files">,
  days: number,
): Promise<void> {
  const until = new Date(keptUntil(report.generatedAt, days));
  for (const { blobName } of report.files) await files.protect(blobName, until);
}
