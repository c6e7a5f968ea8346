import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient, type ServiceBusReceiver } from "@azure/service-bus";
import { afterEach, describe, expect, test } from "vitest";
import { type ServiceBus, type ServiceBusOptions, startServiceBus } from "../../local/service-bus/broker.ts";
import { completeAll, eventually, receiveOne } from "./service-bus-fixture.ts";

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: Omit<ServiceBusOptions, "port">): Promise<ServiceBus> {
  const serviceBus = await startServiceBus({ port: 0, ...options });
  cleanups.push(() => serviceBus.close());
  return serviceBus;
}

/** With a short timeout, since the SDK waits that long for the answer to what it sent into a dropped connection. */
function connect(serviceBus: ServiceBus, maxRetries = 3): ServiceBusClient {
  const client = new ServiceBusClient(serviceBus.connectionString, {
    retryOptions: { maxRetries, retryDelayInMs: 20, timeoutInMs: 1_000 },
  });
  cleanups.push(() => client.close());
  return client;
}

function receiverOf(client: ServiceBusClient, subQueueType?: "deadLetter"): ServiceBusReceiver {
  return client.createReceiver("q", {
    maxAutoLockRenewalDurationInMs: 0,
    ...(subQueueType && { subQueueType }),
  });
}

describe("the counts of a queue", () => {
  test("follow each message to where it is", async () => {
    const serviceBus = await start({ queues: { q: {} } });
    const client = connect(serviceBus);
    const sender = client.createSender("q");
    const receiver = receiverOf(client);
    await sender.sendMessages([1, 2, 3, 4].map((body) => ({ body })));
    await sender.scheduleMessages({ body: 5 }, new Date(Date.now() + 60_000));
    const [locked, deferred, dead] = await receiver.receiveMessages(3, { maxWaitTimeInMs: 2_000 });
    if (!locked || !deferred || !dead) throw new Error("expected three messages");
    await receiver.deferMessage(deferred);
    await receiver.deadLetterMessage(dead);
    expect(serviceBus.counts("Q")).toEqual({
      active: 1,
      locked: 1,
      scheduled: 1,
      deferred: 1,
      deadLettered: 1,
    });
  });

  test("are not given for a queue that does not exist", async () => {
    const serviceBus = await start({ queues: { q: {} } });
    expect(() => serviceBus.counts("other")).toThrow(RangeError);
  });
});

describe("expiry", () => {
  test("dead-letters what has outlived its time if the queue says so", async () => {
    const serviceBus = await start({ queues: { q: { DeadLetteringOnMessageExpiration: true } } });
    const client = connect(serviceBus);
    await client.createSender("q").sendMessages({ body: "x", timeToLive: 100 });
    const dead = await receiveOne(receiverOf(client, "deadLetter"));
    expect(dead.deadLetterReason).toBe("TTLExpiredException");
  });

  test("discards it otherwise, by the shorter of the message's and the queue's time", async () => {
    const serviceBus = await start({ queues: { q: { DefaultMessageTimeToLive: "PT0.1S" } } });
    await connect(serviceBus).createSender("q").sendMessages({ body: "x", timeToLive: 60_000 });
    await eventually(() => serviceBus.counts("q").active === 0 || undefined);
    expect(serviceBus.counts("q").deadLettered).toBe(0);
  });

  test("never comes to a message whose time is longer than a timer can wait", async () => {
    const serviceBus = await start({ queues: { q: { DefaultMessageTimeToLive: "P10675199D" } } });
    const client = connect(serviceBus);
    await client.createSender("q").sendMessages({ body: "x", timeToLive: 2 ** 32 - 1 });
    const due = new Date(Date.now() + 30 * 24 * 3_600_000);
    await client.createSender("q").scheduleMessages({ body: "in a month" }, due);
    expect(serviceBus.counts("q")).toMatchObject({ active: 1, scheduled: 1 });
    expect((await receiveOne(receiverOf(client))).body).toBe("x");
  });
});

describe("duplicate detection", () => {
  const queues = {
    q: { RequiresDuplicateDetection: true, DuplicateDetectionHistoryTimeWindow: "PT1S" },
  };

  test("keeps the first of the same id, within a batch too", async () => {
    const serviceBus = await start({ queues });
    const client = connect(serviceBus);
    const sender = client.createSender("q");
    await sender.sendMessages({ body: 1, messageId: "same" });
    await sender.sendMessages({ body: 2, messageId: "same" });
    await sender.sendMessages([
      { body: 3, messageId: "same" },
      { body: 4, messageId: "twice" },
      { body: 5, messageId: "twice" },
    ]);
    const messages = await completeAll(receiverOf(client), 2);
    expect(messages.map((message) => message.body)).toEqual([1, 4]);
    expect(serviceBus.counts("q").active).toBe(0);
  });

  test("forgets an id after its window", async () => {
    const serviceBus = await start({ queues });
    const sender = connect(serviceBus).createSender("q");
    await eventually(async () => {
      await sender.sendMessages({ body: 1, messageId: "same" });
      return serviceBus.counts("q").active > 1 ? true : undefined;
    });
    expect(serviceBus.counts("q").active).toBe(2);
  });
});

describe("what is not served", () => {
  test("is refused in the properties of a queue", async () => {
    const refused = [
      { RequiresSession: true },
      { ForwardTo: "other" },
      { LockDuration: "a minute" },
      { Unknown: 1 },
    ];
    for (const properties of refused) {
      const queues: ServiceBusOptions["queues"] = JSON.parse(JSON.stringify({ q: properties }));
      await expect(startServiceBus({ port: 0, queues })).rejects.toThrow();
    }
  });

  test("is refused by name: sessions, topics", async () => {
    const client = connect(await start({ queues: { q: {} } }), 0);
    await expect(client.acceptSession("q", "s")).rejects.toThrow("session");
    const subscription = client.createReceiver("topic", "subscription");
    await expect(subscription.receiveMessages(1, { maxWaitTimeInMs: 1_000 })).rejects.toThrow("topics");
  });
});

describe("settlements", () => {
  test("keep outcomes apart when they are made one at a time", async () => {
    const serviceBus = await start({ queues: { q: {} } });
    const client = connect(serviceBus);
    const receiver = receiverOf(client);
    await client.createSender("q").sendMessages([1, 2, 3, 4].map((body) => ({ body })));
    const messages = await receiver.receiveMessages(4, { maxWaitTimeInMs: 2_000 });
    for (const message of messages) {
      if (message.body % 2 === 0) await receiver.deadLetterMessage(message);
      else await receiver.completeMessage(message);
    }
    expect(serviceBus.counts("q")).toMatchObject({ active: 0, locked: 0, deadLettered: 2 });
  });

  test("of a message from the dead-letter queue can complete it or put it back", async () => {
    const serviceBus = await start({ queues: { q: { MaxDeliveryCount: 1 } } });
    const client = connect(serviceBus);
    await client.createSender("q").sendMessages({ body: "x" });
    const receiver = receiverOf(client);
    await receiver.abandonMessage(await receiveOne(receiver));
    const deadLetters = receiverOf(client, "deadLetter");
    for (let round = 0; round < 3; round++) await deadLetters.abandonMessage(await receiveOne(deadLetters));
    await deadLetters.completeMessage(await receiveOne(deadLetters));
    expect(serviceBus.counts("q").deadLettered).toBe(0);
  });
});

describe("a dropped connection", () => {
  test("loses no message and no count", async () => {
    const serviceBus = await start({ queues: { q: { LockDuration: "PT1S" } } });
    const client = connect(serviceBus);
    await client.createSender("q").sendMessages({ body: "x" });
    const receiver = receiverOf(client);
    await receiveOne(receiver);
    serviceBus.dropConnections();
    expect(serviceBus.counts("q")).toMatchObject({ active: 0, locked: 1 });
    const again = await receiveOne(receiverOf(connect(serviceBus)));
    expect(again.deliveryCount).toBe(1);
  });

  test("does not end a subscription or a sender", async () => {
    const serviceBus = await start({ queues: { q: { LockDuration: "PT1S" } } });
    const client = connect(serviceBus);
    const sender = client.createSender("q");
    const seen = new Set<number>();
    const subscription = receiverOf(client).subscribe({
      processMessage: async (message) => {
        seen.add(message.body);
      },
      processError: async () => undefined,
    });
    for (let body = 0; body < 30; body++) {
      await sender.sendMessages({ body });
      if (body % 20 === 5) serviceBus.dropConnections();
    }
    await eventually(() => seen.size === 30 || undefined);
    await subscription.close();
  });
});

describe("a data file", () => {
  function dataFile(): string {
    const directory = mkdtempSync(join(tmpdir(), "service-bus-"));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    return join(directory, "messages.sqlite");
  }

  test("keeps messages in every state over a restart, and counts a lock as a delivery", async () => {
    const options = { queues: { q: {} }, dataFile: dataFile() };
    const before = await start(options);
    const client = connect(before);
    const sender = client.createSender("q");
    const receiver = receiverOf(client);
    const properties = { applicationProperties: { whole: 7, flag: true }, contentType: "x/y" };
    await sender.sendMessages(
      ["locked", "deferred", "dead", "active"].map((body) => ({ body, ...properties })),
    );
    await sender.scheduleMessages({ body: "scheduled" }, new Date(Date.now() + 3_000));
    const [, deferred, dead] = await receiver.receiveMessages(3, { maxWaitTimeInMs: 2_000 });
    if (!deferred || !dead) throw new Error("expected three messages");
    await receiver.deferMessage(deferred);
    await receiver.deadLetterMessage(dead, {
      deadLetterReason: "why",
      deadLetterErrorDescription: "because",
    });
    await client.close();
    await before.close();

    const after = await start(options);
    expect(after.counts("q")).toEqual({ active: 2, locked: 0, scheduled: 1, deferred: 1, deadLettered: 1 });
    const restarted = connect(after);
    const messages = await completeAll(receiverOf(restarted), 3, 5_000);
    expect(messages.map((message) => [message.body, message.deliveryCount])).toEqual([
      ["locked", 1],
      ["active", 0],
      ["scheduled", 0],
    ]);
    expect(messages[0]).toMatchObject(properties);
    const [kept] = await receiverOf(restarted).receiveDeferredMessages(deferred.sequenceNumber ?? []);
    expect(kept?.body).toBe("deferred");
    const parked = await receiveOne(receiverOf(restarted, "deadLetter"));
    expect(parked).toMatchObject({ body: "dead", deadLetterReason: "why" });
  });

  test("keeps the history of duplicates and never gives a number twice", async () => {
    const options = { queues: { q: { RequiresDuplicateDetection: true } }, dataFile: dataFile() };
    const before = await start(options);
    const earlier = connect(before);
    await earlier.createSender("q").sendMessages({ body: 1, messageId: "same" });
    const [first] = await completeAll(receiverOf(earlier), 1);
    await earlier.close();
    await before.close();

    const client = connect(await start(options));
    await client.createSender("q").sendMessages([
      { body: 2, messageId: "same" },
      { body: 3, messageId: "new" },
    ]);
    const second = await receiveOne(receiverOf(client));
    expect(second.body).toBe(3);
    expect(second.sequenceNumber?.toNumber()).toBeGreaterThan(first?.sequenceNumber?.toNumber() ?? 0);
  });

  test("dead-letters at a restart what was locked for the last time", async () => {
    const options = { queues: { q: { MaxDeliveryCount: 1 } }, dataFile: dataFile() };
    const before = await start(options);
    const client = connect(before);
    await client.createSender("q").sendMessages({ body: "x" });
    await receiveOne(receiverOf(client));
    await client.close();
    await before.close();
    expect((await start(options)).counts("q")).toMatchObject({ active: 0, deadLettered: 1 });
  });

  test("is let go of when the port is taken", async () => {
    const taken = await start({ queues: { q: {} } });
    const options = { queues: { q: {} }, dataFile: dataFile() };
    await expect(startServiceBus({ ...options, port: taken.port })).rejects.toThrow("EADDRINUSE");
    expect((await start(options)).counts("q").active).toBe(0);
  });
});
