import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";

/** In one run. What is not done until the next has two jobs then, of which the first does the work. */
const ATTACHMENTS_PER_RUN = 1_000;

/**
 * Sees to every attachment that is due: whose scan was never queued or lost, whose upload was never completed, or of which
 * something is left that has to go. A run that is repeated or overlaps another sends some jobs twice, which changes nothing.
 */
export function registerDueAttachments(app: App): void {
  functions.timer("queueDueAttachments", {
    schedule: "%ATTACHMENT_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => queueDueAttachments(app, context),
  });
}

async function queueDueAttachments(
  { support }: Pick<App, "support">,
  log: Pick<InvocationContext, "info">,
): Promise<void> {
  const jobs = await support.attachments.due(support.now(), ATTACHMENTS_PER_RUN);
  await support.attachmentQueue.send(jobs);
  if (jobs.length > 0) log.info(JSON.stringify({ event: "queueDueAttachments", jobs: jobs.length }));
}
