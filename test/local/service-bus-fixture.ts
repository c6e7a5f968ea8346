import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";

const POLL_MS = 20;

/** Polls until the check gives something else than undefined. @throws when that takes too long. */
export async function eventually<Result>(
  check: () => Result | undefined | Promise<Result | undefined>,
  deadlineMs = 10_000,
): Promise<Result> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const result = await check();
    if (result !== undefined) return result;
    if (Date.now() > endMs) throw new Error(`not so within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Receives exactly one message. @throws when none comes. */
export async function receiveOne(
  receiver: ServiceBusReceiver,
  maxWaitTimeInMs = 10_000,
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs });
  if (message === undefined) throw new Error(`no message within ${maxWaitTimeInMs} ms`);
  return message;
}

/** Receives and completes, one after another, until there are so many, or none for a while. */
export async function completeAll(
  receiver: ServiceBusReceiver,
  count: number,
  idleMs = 500,
): Promise<readonly ServiceBusReceivedMessage[]> {
  const completed: ServiceBusReceivedMessage[] = [];
  while (completed.length < count) {
    const batch = await receiver.receiveMessages(Math.min(200, count - completed.length), {
      maxWaitTimeInMs: idleMs,
    });
    if (batch.length === 0) break;
    for (const message of batch) await receiver.completeMessage(message);
    completed.push(...batch);
  }
  return completed;
}
