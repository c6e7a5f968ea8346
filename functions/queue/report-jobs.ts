import { app as functions, type InvocationContext } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";
import { cancellationEntry } from "../../src/reports/cancel-report.ts";
import { makeReport } from "../../src/reports/make-report.ts";
import { REPORT_JOBS_QUEUE, type ReportJob, reportJobSchema } from "../../src/reports/report-queue.ts";
import { requestEntry } from "../../src/reports/request-entry.ts";
import { protectReport } from "../../src/reports/retention.ts";
import { advanceWaiting } from "../../src/subscriptions/advance-waiting.ts";

/** Makes one report at a time. It throws for what may succeed later: the host delivers the job again. */
export function registerReportJobs(app: App): void {
  functions.serviceBusQueue("makeReports", {
    connection: "SERVICEBUS",
    queueName: REPORT_JOBS_QUEUE,
    handler: async (message: unknown, context: InvocationContext) => {
      const { customerId, reportId, isOver } = await makeRequestedReport(app, message, context);
      if (isOver) await advanceWaiting(app.subscriptions, customerId, reportId);
    },
  });
}

type JobDone = ReportJob & { readonly isOver: boolean };

/**
 * Whoever asked may have failed right after: the request is in the audit trail before anything is made of it. So may
 * whoever cancelled it: whatever finds it cancelled puts that there.
 */
export async function makeRequestedReport(
  {
    audit,
    reportMaker,
    reportQueue,
    config: { reportsAreImmutable },
  }: Pick<App, "reportMaker" | "reportQueue"> & {
    readonly audit: Pick<App["audit"], "append">;
    readonly config: Pick<App["config"], "reportsAreImmutable">;
  },
  message: unknown,
  log: Pick<InvocationContext, "info" | "warn">,
): Promise<JobDone> {
  const job = reportJobSchema.parse(message);
  const requested = await reportMaker.reports.read(job.customerId, job.reportId);
  if (requested !== undefined) await audit.append(requestEntry(requested.value));
  const made = await makeReport(reportMaker, job.customerId, job.reportId);
  if (made.outcome === "canceled") await audit.append(cancellationEntry(made.report));
  // Only what is issued: files of an attempt have to be removable. What fails here is done again with the job.
  if (made.outcome === "issued" && reportsAreImmutable)
    await protectReport(reportMaker.files, made.report, reportMaker.retentionDays);
  if (made.outcome === "later") await reportQueue.send([job], made.retryAfterSeconds);
  if ("cause" in made && made.cause !== undefined) log.warn("the attempt at a report ended", made.cause);
  log.info(JSON.stringify({ event: "makeReport", ...job, outcome: made.outcome }));
  return { ...job, isOver: made.outcome !== "later" && made.outcome !== "missing" };
}
