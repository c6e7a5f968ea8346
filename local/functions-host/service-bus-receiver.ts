import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";

/**
 * A receiver of one queue whose settlements go one at a time, because rhea up to 3.0.5 can give two of one tick the
 * outcome of the first.
 */
export type QueueReceiver = {
  /** Waits for a message and takes what is there besides. @throws when the queue cannot be reached, or on the signal. */
  receive(maxCount: number, stopping: AbortSignal): Promise<readonly ServiceBusReceivedMessage[]>;
  /** @throws when the lock is lost, or the queue cannot be reached. */
  settle(message: ServiceBusReceivedMessage, outcome: "complete" | "abandon"): Promise<void>;
  /** Never throws: a connection that broke is closed enough. */
  close(): Promise<void>;
};

/** One message is waited for long, what follows it shortly: an SDK call that waits for many answers a second late. */
const FIRST_MESSAGE_WAIT_MS = 60_000;
const FURTHER_MESSAGES_WAIT_MS = 20;

export function openReceiver(
  client: ServiceBusClient,
  queueName: string,
  lockRenewalMs: number,
): QueueReceiver {
  const receiver = client.createReceiver(queueName, {
    receiveMode: "peekLock",
    skipParsingBodyAsJson: true,
    maxAutoLockRenewalDurationInMs: lockRenewalMs,
  });
  let lastSettlement: Promise<unknown> = Promise.resolve();
  return {
    async receive(maxCount, stopping) {
      const wait = { maxWaitTimeInMs: FIRST_MESSAGE_WAIT_MS, abortSignal: stopping };
      const first = await receiver.receiveMessages(1, wait);
      if (first.length === 0 || maxCount === 1) return first;
      // A stop does not abort this, nor does an outage: the first message has to reach its function.
      const further = await receiver
        .receiveMessages(maxCount - 1, { maxWaitTimeInMs: FURTHER_MESSAGES_WAIT_MS })
        .catch(() => []);
      return [...first, ...further];
    },
    settle(message, outcome) {
      const settled = lastSettlement.then(() =>
        outcome === "complete" ? receiver.completeMessage(message) : receiver.abandonMessage(message),
      );
      lastSettlement = settled.catch(() => undefined);
      return settled;
    },
    async close() {
      await receiver.close().catch(() => undefined);
    },
  };
}
