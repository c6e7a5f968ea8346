/** The queue between writing a message and sending it. Promise: a job that was sent is delivered at least once. */
import type { ServiceBusSender } from "@azure/service-bus";
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { messageIdSchema } from "./message.ts";

export const MESSAGES_QUEUE = "messages";

export const messageJobSchema = z.object({ customerId: customerIdSchema, messageId: messageIdSchema });
export type MessageJob = z.infer<typeof messageJobSchema>;

/**
 * A job is a wish to be quick and no more: one that is never sent, or sent twice, changes nothing, because the timer
 * finds every message that is due.
 */
export type MessageQueue = {
  readonly send: (jobs: readonly MessageJob[]) => Promise<void>;
};

/** Who waits for an answer does not wait for a queue that is away. */
const SEND_LIMIT_MS = 2_000;
/** In one request; far under the 256 KB that a request may have. */
const JOBS_PER_REQUEST = 100;

export function serviceBusMessageQueue(sender: () => ServiceBusSender): MessageQueue {
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
