/** Runs of subscriptions, given reports as they are made here: what a run asks for, looks at and waits for. */
import type { AuditStore } from "../access/audit-store.ts";
import type { Message } from "../messages/message.ts";
import { lookAt } from "../reports/look.ts";
import type { MakerDependencies } from "../reports/make-report.ts";
import type { Report } from "../reports/report.ts";
import type { ReportQueue } from "../reports/report-queue.ts";
import { requestEntry } from "../reports/request-entry.ts";
import { requestReport } from "../reports/request-report.ts";
import type { RunDependencies } from "./advance-run.ts";
import { ownerMay } from "./owner-access.ts";
import { pendingReports } from "./pending-reports.ts";
import type { SubscriptionStore } from "./subscription-store.ts";

type Parts = {
  readonly subscriptions: SubscriptionStore;
  readonly reportMaker: MakerDependencies;
  readonly reportQueue: ReportQueue;
  readonly directory: RunDependencies["directory"];
  readonly audit: Pick<AuditStore, "append">;
  readonly notify: (messages: readonly Message[]) => Promise<void>;
  readonly onDelay: (error: unknown) => void;
  readonly linkMinutes: number;
};

export function subscriptionRuns({ reportMaker, reportQueue, audit, ...parts }: Parts) {
  const { reports, customers, activity, now } = reportMaker;
  const queueReport = ({ customerId, id }: Report): Promise<void> =>
    reportQueue.send([{ customerId, reportId: id }]);
  return {
    ...parts,
    customers,
    now,
    queueReport,
    ownerMay: (customer, owner, scope) => ownerMay(parts.directory, customer, owner, scope, now()),
    look: async (customer, scope, period) =>
      lookAt(reportMaker, {
        activity,
        directory: reportMaker.directory,
        customer,
        report: { scope, period },
        generatedAt: now(),
        restricted: await reportMaker.incentiveNumbers(customer.customerId),
      }),
    pending: ({ customerId }, scope, period) => pendingReports(reports, customerId, scope, period),
    report: async (customerId, reportId) => (await reports.read(customerId, reportId))?.value,
    // As whoever asks over HTTP; interrupted in between, it is asked for again under the same key.
    requestReport: async (customer, request) => {
      const report = await requestReport(reportMaker, customer, request);
      await audit.append(requestEntry(report));
      return report;
    },
  } satisfies RunDependencies;
}
