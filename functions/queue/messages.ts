import { app as functions, type InvocationContext } from "@azure/functions";
import { MESSAGES_QUEUE, messageJobSchema } from "../../src/messages/message-queue.ts";
import { deliverMessage } from "../../src/messages/send-message.ts";
import type { App } from "../../src/platform/wiring.ts";

/** Sends one message at a time. It throws for what may succeed later; a mail that failed waits for the timer instead. */
export function registerMessages(app: App): void {
  functions.serviceBusQueue("sendMessages", {
    connection: "SERVICEBUS",
    queueName: MESSAGES_QUEUE,
    handler: (message: unknown, context: InvocationContext) => sendMessage(app, message, context),
  });
}

/** The log has ids alone: neither whom a message is for nor what it says. */
export async function sendMessage(
  { delivery }: Pick<App, "delivery">,
  message: unknown,
  log: Pick<InvocationContext, "info" | "warn">,
): Promise<void> {
  const job = messageJobSchema.parse(message);
  const delivered = await deliverMessage(delivery, job.customerId, job.messageId);
  if ("cause" in delivered && delivered.cause !== undefined)
    log.warn("the attempt at a message failed", delivered.cause);
  log.info(JSON.stringify({ event: "sendMessage", ...job, outcome: delivered.outcome }));
}
