import { setTimeout as pause } from "node:timers/promises";
import { app as functions, type InvocationContext } from "@azure/functions";
import * as z from "zod";
import { sendDelivery } from "../../src/notices/send-delivery.ts";
import { LEASE_MS } from "../../src/notices/webhook-delivery.ts";
import { WEBHOOKS_QUEUE, type WebhookJob, webhookJobSchema } from "../../src/notices/webhook-queue.ts";
import type { App } from "../../src/platform/wiring.ts";

/**
 * Sends the deliveries of a batch side by side, so that a receiver that takes long holds up no other. A job never fails, and
 * is over with its lease, when another may send the delivery: what was not delivered, for whatever reason, waits for the
 * timer.
 */
export function registerWebhooks(app: App): void {
  functions.serviceBusQueue("sendWebhooks", {
    connection: "SERVICEBUS",
    queueName: WEBHOOKS_QUEUE,
    cardinality: "many",
    handler: (messages: unknown, context: InvocationContext) => sendWebhooks(app, messages, context),
  });
}

/** The log has ids alone: neither addresses nor content. */
export async function sendWebhooks(
  { webhookSending }: Pick<App, "webhookSending">,
  messages: unknown,
  log: Pick<InvocationContext, "info" | "warn">,
  jobMs = LEASE_MS,
): Promise<void> {
  const jobs = z.array(webhookJobSchema).parse(messages);
  const send = async (job: WebhookJob): Promise<void> => {
    try {
      const outcome = await within(jobMs, sendDelivery(webhookSending, job.customerId, job.deliveryId));
      log.info(JSON.stringify({ event: "sendWebhook", ...job, outcome }));
    } catch (error) {
      log.warn(`the delivery ${job.deliveryId} is left to the timer`, error);
    }
  };
  await Promise.all(jobs.map(send));
}

async function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  const settled = new AbortController();
  const limit = async (): Promise<never> => {
    await pause(milliseconds, undefined, { signal: settled.signal });
    throw new Error(`not over after ${milliseconds} ms`);
  };
  try {
    return await Promise.race([work, limit()]);
  } finally {
    settled.abort();
  }
}
