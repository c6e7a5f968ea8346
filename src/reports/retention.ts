/**
 * How long the files of a report are kept. Pure. Invariants: what is offered is there, because files are removed a day
 * after they are offered for the last time, and a report that was issued for some days is never offered for more; its
 * document stays and says since when its files are gone.
 */
import type { SucceededReport } from "./report.ts";
import type { ReportFiles } from "./report-files.ts";

const DAY_MS = 86_400_000;
/** Whoever began to read in time reads to the end; the clocks of the account and the app may differ. */
const REMOVED_AFTER_DAYS = 1;

/** What a report says when it is issued: days of 24 hours after it was made. */
export const keptFor = (generatedAt: string, days: number): string =>
  new Date(Date.parse(generatedAt) + days * DAY_MS).toISOString();

type Kept = Pick<SucceededReport, "generatedAt" | "filesKeptUntil">;

/** The instant from which the report's files are not offered any more: the setting may shorten that and not bring it back. */
export function keptUntil({ generatedAt, filesKeptUntil }: Kept, days: number): string {
  const bySetting = keptFor(generatedAt, days);
  return Date.parse(bySetting) < Date.parse(filesKeptUntil) ? bySetting : filesKeptUntil;
}

export const isKept = (report: Kept, now: string, days: number): boolean =>
  Date.parse(now) < Date.parse(keptUntil(report, days));

/** What was written before this instant is of no report whose files are kept. */
export const removedBefore = (now: string, days: number): Date =>
  new Date(Date.parse(now) - (days + REMOVED_AFTER_DAYS) * DAY_MS);

/**
 * Protects the files of an issued report for as long as they are kept: never those of an attempt, which have to be
 * removable. It can be done again at any time.
 */
export async function protectReport(
  files: Pick<ReportFiles, "protect">,
  report: Kept & Pick<SucceededReport, "files">,
  days: number,
): Promise<void> {
  const until = new Date(keptUntil(report, days));
  for (const { blobName } of report.files) await files.protect(blobName, until);
}
