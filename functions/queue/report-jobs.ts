import { app as functions, type InvocationContext } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";
import { makeReport } from "../../src/reports/make-report.ts";
import { REPORT_JOBS_QUEUE, reportJobSchema } from "../../src/reports/report-queue.ts";

/** Makes one report at a time. It throws for what may succeed later: the host delivers the job again. */
export function registerReportJobs(app: App): void {
  functions.serviceBusQueue("makeReports", {
    connection: "SERVICEBUS",
    queueName: REPORT_JOBS_QUEUE,
    handler: async (message: unknown, context: InvocationContext) => {
      const job = reportJobSchema.parse(message);
      const made = await makeReport(app.reportMaker, job.customerId, job.reportId);
      if (made.outcome === "later") await app.reportQueue.send([job], made.retryAfterSeconds);
      if ("cause" in made && made.cause !== undefined)
        context.warn("the attempt at a report ended", made.cause);
      context.info(JSON.stringify({ event: "makeReport", ...job, outcome: made.outcome }));
    },
  });
}
