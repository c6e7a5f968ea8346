/**
 * One attempt at making a report. Promise: it either issues the report, by one save over the version that it holds the
 * lease with, or throws and has issued nothing; what throws in that save leaves both open.
 */
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { ContactDirectory } from "./cpod-contacts.ts";
import { NotReadyError } from "./cpod-ledgers.ts";
import { openReport } from "./open-report.ts";
import type { PdfFonts } from "./pdf.ts";
import { previousSections } from "./previous-version.ts";
import {
  isEnded,
  LEASE_MS,
  type Progress,
  progressed,
  type Report,
  type RunningReport,
  type SucceededReport,
  succeed,
} from "./report.ts";
import type { ReportFiles } from "./report-files.ts";
import { reportIdOf } from "./report-series.ts";
import type { ReportStore } from "./report-store.ts";
import { writeFiles } from "./report-writing.ts";
import { isKept, keptFor } from "./retention.ts";

/** Rows between two saves of the progress, unless the lease is to be renewed sooner. */
const PROGRESS_ROWS = 50_000;

export type AttemptDependencies = {
  readonly reports: ReportStore;
  readonly files: ReportFiles;
  readonly activity: ActivityStore;
  readonly directory: ContactDirectory;
  readonly customers: Pick<CustomerStore, "read">;
  /** SR-06: numbers of requests that a report says nothing of. One query, once for each attempt. */
  readonly incentiveNumbers: (customerId: CustomerId) => Promise<ReadonlySet<string>>;
  readonly fonts: () => Promise<PdfFonts>;
  /** How long files are kept, in days: a version without them is not compared with. */
  readonly retentionDays: number;
  readonly now: () => string;
};

/** Somebody else has the report now. */
class SupersededError extends Error {
  readonly code = "Superseded";
}

/** @throws NotReadyError, FiguresDifferError, SupersededError, and what the stores throw. */
export async function attemptReport(
  dependencies: AttemptDependencies,
  begun: Versioned<RunningReport>,
): Promise<SucceededReport> {
  const { reports, files, fonts, customers, now } = dependencies;
  const report = begun.value;
  const lease = leaseOf(dependencies, begun);
  const customer = (await customers.read(report.customerId))?.value;
  if (customer === undefined) throw new NotReadyError("the customer is not known yet");
  const generatedAt = now();
  const newest = await previousOf(reports, report);
  const previous =
    newest !== undefined && isKept(newest, generatedAt, dependencies.retentionDays) ? newest : undefined;
  const restricted = await dependencies.incentiveNumbers(report.customerId);
  const source = {
    ...dependencies,
    customer,
    report,
    generatedAt,
    restricted,
    previous: previous && previousSections(files, previous),
  };
  const writing = { files, fonts, report, customer, generatedAt, progress: lease.progress };
  const written = await writeFiles(writing, () => openReport(source));
  const { opened } = written;
  return lease.issue({
    generatedAt,
    filesKeptUntil: keptFor(generatedAt, dependencies.retentionDays),
    dataAsOf: opened.dataAsOf,
    previousReportId: previous?.id,
    files: [...written.files],
    figures: opened.figures,
    context: opened.context,
    lines: opened.lines,
    changes: opened.changes(),
  });
}

type Lease = {
  /** Now and then says how many rows there are: so the lease never runs out while rows come. */
  readonly progress: (progress: Progress) => Promise<void>;
  readonly issue: (issue: Parameters<typeof succeed>[1]) => Promise<SucceededReport>;
};

function leaseOf({ reports, now }: AttemptDependencies, begun: Versioned<RunningReport>): Lease {
  let held = begun;
  const save = async <Next extends Report>(next: Next): Promise<Versioned<Next>> => {
    const etag = await reports.save(next, held.etag);
    if (etag === undefined) throw new SupersededError(`report ${next.id} is made by somebody else`);
    return { value: next, etag };
  };
  return {
    progress: async (progress) => {
      const leftMs = Date.parse(held.value.leaseUntil) - Date.parse(now());
      if (progress.rows - held.value.progress.rows < PROGRESS_ROWS && leftMs > LEASE_MS / 2) return;
      held = await save(progressed(held.value, now(), progress));
    },
    issue: async (issue) => (await save(succeed(held.value, issue))).value,
  };
}

/**
 * The newest version before this one that was issued; one that failed or was cancelled has no lines to compare with.
 * @throws NotReadyError while one is still to be made: versions are issued in their order.
 */
async function previousOf(reports: ReportStore, report: Report): Promise<SucceededReport | undefined> {
  const { customerId, scope, period } = report;
  for (let version = report.version - 1; version >= 1; version--) {
    const found = await reports.read(customerId, reportIdOf(scope, period, version));
    if (found?.value.status === "succeeded") return found.value;
    if (found === undefined || isEnded(found.value)) continue;
    throw new NotReadyError(`version ${version} is to be issued first`);
  }
  return undefined;
}
