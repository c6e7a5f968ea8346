/** The queue between asking for a report and making it. Promise: a job that was sent is delivered at least once. */
import type { ServiceBusSender } from "@azure/service-bus";
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { reportIdSchema } from "./report.ts";

export const REPORT_JOBS_QUEUE = "report-jobs";

export const reportJobSchema = z.object({ customerId: customerIdSchema, reportId: reportIdSchema });
export type ReportJob = z.infer<typeof reportJobSchema>;

export type ReportQueue = {
  /** @param delaySeconds how long the job waits before it is delivered. */
  readonly send: (jobs: readonly ReportJob[], delaySeconds?: number) => Promise<void>;
};

export function serviceBusReportQueue(sender: () => ServiceBusSender): ReportQueue {
  return {
    send: async (jobs, delaySeconds = 0) => {
      const scheduledEnqueueTimeUtc = new Date(Date.now() + delaySeconds * 1_000);
      for (const body of jobs) {
        await sender().sendMessages({
          body,
          contentType: "application/json",
          ...(delaySeconds === 0 ? {} : { scheduledEnqueueTimeUtc }),
        });
      }
    },
  };
}
