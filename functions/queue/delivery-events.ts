import { app as functions, type InvocationContext } from "@azure/functions";
import { DELIVERY_EVENTS_QUEUE } from "../../src/consumption/event-queue.ts";
import { messageTexts } from "../../src/consumption/message.ts";
import type { App } from "../../src/platform/wiring.ts";

/**
 * Consumes delivery events in batches. It throws only for what may succeed later: the host then delivers the whole batch
 * again, and what was recorded meanwhile is repeated, which changes nothing.
 */
export function registerDeliveryEvents(app: App): void {
  functions.serviceBusQueue("consumeDeliveryEvents", {
    connection: "SERVICEBUS",
    queueName: DELIVERY_EVENTS_QUEUE,
    cardinality: "many",
    handler: async (messages: unknown, context: InvocationContext) => {
      const outcomes = await app.recorder.record(messageTexts(messages, context.triggerMetadata));
      const counts = Object.fromEntries(
        [...Map.groupBy(outcomes, ({ status }) => status)].map(([status, group]) => [status, group.length]),
      );
      context.info(JSON.stringify({ event: "deliveryEvents", ...counts }));
    },
  });
}
