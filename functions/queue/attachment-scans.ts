import { app as functions, type InvocationContext } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";
import { ATTACHMENT_SCANS_QUEUE, attachmentJobSchema } from "../../src/support/attachment-queue.ts";
import { workOnAttachment } from "../../src/support/attachment-scan.ts";

/** Looks into one attachment at a time. It throws for what may succeed later: the host delivers the job again. */
export function registerAttachmentScans(app: App): void {
  functions.serviceBusQueue("scanAttachments", {
    connection: "SERVICEBUS",
    queueName: ATTACHMENT_SCANS_QUEUE,
    handler: (message: unknown, context: InvocationContext) => scanAttachment(app, message, context),
  });
}

/** The log has ids alone: neither names of files nor what is in them. */
async function scanAttachment(
  { support }: Pick<App, "support">,
  message: unknown,
  log: Pick<InvocationContext, "info" | "warn">,
): Promise<void> {
  const job = attachmentJobSchema.parse(message);
  const { outcome, cause } = await workOnAttachment(support, job);
  if (cause !== undefined) log.warn(`the attachment ${job.attachmentId} is left to the timer`, cause);
  log.info(JSON.stringify({ event: "scanAttachment", ...job, outcome }));
}
