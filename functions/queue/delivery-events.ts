import { setTimeout as delay } from "node:timers/promises";
import { app as functions, type InvocationContext } from "@azure/functions";
import { DELIVERY_EVENTS_QUEUE } from "../../src/consumption/event-queue.ts";
import { messageTexts } from "../../src/consumption/message.ts";
import type { Outcome } from "../../src/consumption/outcome.ts";
import type { App } from "../../src/platform/wiring.ts";

/** Pauses before a batch is tried again here: a message has only ten deliveries, and one hiccup must not cost one. */
const PAUSES_MS = [200, 1_000, 4_000];

/**
 * Consumes delivery events in batches. It throws only for what may succeed later: the host then delivers the whole batch
 * again, and what was recorded meanwhile is repeated, which changes nothing.
 *
 * What was delivered too often during a long outage, or lay too long in the queue, is a dead letter. Dead letters are
 * consumed in the same way and have no number of deliveries: so no event is ever out of sight (LE-09).
 */
export function registerDeliveryEvents(app: App): void {
  const queues = {
    consumeDeliveryEvents: DELIVERY_EVENTS_QUEUE,
    consumeDeadLetteredEvents: `${DELIVERY_EVENTS_QUEUE}/$deadletterqueue`,
  };
  for (const [name, queueName] of Object.entries(queues)) {
    functions.serviceBusQueue(name, {
      connection: "SERVICEBUS",
      queueName,
      cardinality: "many",
      handler: async (messages: unknown, context: InvocationContext) => {
        const outcomes = await recordPatiently(app, messageTexts(messages, context.triggerMetadata), context);
        const counts = Object.fromEntries(
          [...Map.groupBy(outcomes, ({ status }) => status)].map(([status, group]) => [status, group.length]),
        );
        context.info(JSON.stringify({ event: name, ...counts }));
      },
    });
  }
}

async function recordPatiently(
  app: App,
  bodies: readonly string[],
  context: InvocationContext,
): Promise<readonly Outcome[]> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await app.recorder.record(bodies);
    } catch (error) {
      context.warn(`a batch of ${bodies.length} events is tried again in ${pauseMs} ms`, error);
      await delay(pauseMs);
    }
  }
  return app.recorder.record(bodies);
}
