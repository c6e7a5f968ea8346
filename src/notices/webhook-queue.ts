/** The queue between writing a delivery and sending it. Promise: a job that was sent is delivered at least once. */
import type { ServiceBusSender } from "@azure/service-bus";
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { deliveryIdSchema } from "./webhook-delivery.ts";

export const WEBHOOKS_QUEUE = "webhooks";

export const webhookJobSchema = z.object({ customerId: customerIdSchema, deliveryId: deliveryIdSchema });
export type WebhookJob = z.infer<typeof webhookJobSchema>;

/** A job is a wish to be quick and no more: the timer finds every delivery that is due. */
export type WebhookQueue = {
  readonly send: (jobs: readonly WebhookJob[]) => Promise<void>;
};

/** Who waits for an answer does not wait for a queue that is away. */
const SEND_LIMIT_MS = 2_000;
/** In one request; far under the 256 KB that a request may have. */
const JOBS_PER_REQUEST = 100;

export function serviceBusWebhookQueue(sender: () => ServiceBusSender): WebhookQueue {
  return {
    send: async (jobs) => {
      for (let at = 0; at < jobs.length; at += JOBS_PER_REQUEST) {
        const bodies = jobs.slice(at, at + JOBS_PER_REQUEST);
        await sender().sendMessages(
          bodies.map((body) => ({ body, contentType: "application/json" })),
          { abortSignal: AbortSignal.timeout(SEND_LIMIT_MS) },
        );
      }
    },
  };
}
