import { ServiceBusClient } from "@azure/service-bus";
import { afterEach, expect, test } from "vitest";
import { type ServiceBus, startServiceBus } from "../../local/service-bus/broker.ts";
import { completeAll, eventually, receiveOne } from "./service-bus-fixture.ts";

/** More than twice the 2,048 deliveries that rhea keeps in the buffer of a session. */
const MESSAGE_COUNT = 5_000;
const BATCH_SIZE = 500;

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(): Promise<{ serviceBus: ServiceBus; client: ServiceBusClient }> {
  const serviceBus = await startServiceBus({ port: 0, queues: { q: {} } });
  cleanups.push(() => serviceBus.close());
  const client = new ServiceBusClient(serviceBus.connectionString);
  cleanups.push(() => client.close());
  return { serviceBus, client };
}

async function sendNumbered(client: ServiceBusClient): Promise<void> {
  const sender = client.createSender("q");
  for (let from = 0; from < MESSAGE_COUNT; from += BATCH_SIZE) {
    await sender.sendMessages(Array.from({ length: BATCH_SIZE }, (_, index) => ({ body: from + index })));
  }
}

const numbered = Array.from({ length: MESSAGE_COUNT }, (_, index) => index);

test("5,000 messages go through one receiving link in order, with none lost and none left", async () => {
  const { serviceBus, client } = await start();
  await sendNumbered(client);
  expect(serviceBus.counts("q").active).toBe(MESSAGE_COUNT);
  const messages = await completeAll(client.createReceiver("q"), MESSAGE_COUNT);
  expect(messages.map((message) => message.body)).toEqual(numbered);
  expect(serviceBus.counts("q")).toMatchObject({ active: 0, locked: 0, deadLettered: 0 });
});

test("5,000 messages reach a subscription exactly once, sent while it runs", async () => {
  const { serviceBus, client } = await start();
  const seen: number[] = [];
  const subscription = client.createReceiver("q").subscribe(
    {
      processMessage: async (message) => {
        seen.push(message.body);
      },
      processError: async ({ error }) => {
        throw error;
      },
    },
    { maxConcurrentCalls: 16 },
  );
  await sendNumbered(client);
  await eventually(() => {
    const { active, locked } = serviceBus.counts("q");
    return (seen.length >= MESSAGE_COUNT && active + locked === 0) || undefined;
  }, 20_000);
  expect(seen.toSorted((left, right) => left - right)).toEqual(numbered);
  await subscription.close();
});

test("2,500 single sends are each accepted on one sending link", async () => {
  const { serviceBus, client } = await start();
  const sender = client.createSender("q");
  for (let from = 0; from < 2_500; from += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => sender.sendMessages({ body: from + index })));
  }
  expect(serviceBus.counts("q").active).toBe(2_500);
});

test("a client that holds one message until its window is full gets the others as soon as it has settled", async () => {
  const { serviceBus, client } = await start();
  await sendNumbered(client);
  const receiver = client.createReceiver("q", { maxAutoLockRenewalDurationInMs: 0 });
  const held = await receiveOne(receiver);
  const before = await completeAll(receiver, MESSAGE_COUNT - 1);
  expect(before.length).toBeLessThan(MESSAGE_COUNT - 1);
  expect(serviceBus.counts("q")).toMatchObject({ active: MESSAGE_COUNT - 1 - before.length, locked: 1 });
  await receiver.completeMessage(held);
  const after = await completeAll(receiver, MESSAGE_COUNT - 1 - before.length);
  expect([held, ...before, ...after].map((message) => message.body)).toEqual(numbered);
  expect(after.every((message) => message.deliveryCount === 0)).toBe(true);
});
