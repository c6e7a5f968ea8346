import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";

/** In one run. What is not sent until the next has two jobs then, of which the first does the work. */
const MESSAGES_PER_RUN = 1_000;

/**
 * Sees to every message that is due: whose job was never sent or lost, whose sender is gone, or whose pause is over. A run
 * that is repeated or overlaps another sends some jobs twice, which changes nothing.
 */
export function registerDueMessages(app: App): void {
  functions.timer("queueDueMessages", {
    schedule: "%MESSAGE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => queueDueMessages(app, context),
  });
}

export async function queueDueMessages(
  { delivery, messageQueue }: Pick<App, "delivery" | "messageQueue">,
  log: Pick<InvocationContext, "info">,
): Promise<void> {
  const jobs = await delivery.messages.due(delivery.now(), MESSAGES_PER_RUN);
  await messageQueue.send(jobs);
  if (jobs.length > 0) log.info(JSON.stringify({ event: "queueDueMessages", jobs: jobs.length }));
}
