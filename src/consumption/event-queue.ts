/** The queue between ingest and the consumer. Promise: when `send` returns, every event will be delivered at least once. */
import type { ServiceBusSender } from "@azure/service-bus";

/** Azure Service Bus, standard tier: 256 KB a message. An event is at most a quarter of that. */
export const DELIVERY_EVENTS_QUEUE = "delivery-events";

export type QueuedEvent = {
  /** JSON text of one CloudEvent. */
  readonly body: string;
  readonly messageId: string;
};

export type EventQueue = {
  readonly send: (events: readonly QueuedEvent[], traceparent: string | undefined) => Promise<void>;
};

export function serviceBusEventQueue(sender: () => ServiceBusSender): EventQueue {
  return {
    send: async (events, traceparent) => {
      const open = sender();
      let batch = await open.createMessageBatch();
      for (const { body, messageId } of events) {
        const message = {
          body: Buffer.from(body),
          messageId,
          contentType: "application/cloudevents+json",
          ...(traceparent === undefined ? {} : { applicationProperties: { traceparent } }),
        };
        if (batch.tryAddMessage(message)) continue;
        await open.sendMessages(batch);
        batch = await open.createMessageBatch();
        if (!batch.tryAddMessage(message)) throw new Error(`event ${messageId} does not fit in a message`);
      }
      if (batch.count > 0) await open.sendMessages(batch);
    },
  };
}
