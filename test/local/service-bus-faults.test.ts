import { ServiceBusClient, type ServiceBusReceiver, type ServiceBusSender } from "@azure/service-bus";
import { afterEach, describe, expect, test } from "vitest";
import type { Fault } from "../../local/faults.ts";
import { type QueueProperties, type ServiceBus, startServiceBus } from "../../local/service-bus/broker.ts";
import { completeAll, eventually, receiveOne } from "./service-bus-fixture.ts";

const BUSY: Fault = { kind: "status", status: 503, retryAfterMs: 0 };
const LOST: Fault = { kind: "lost" };
const REFUSED: Fault = { kind: "refused" };
const SLOW: Fault = { kind: "slow", delayMs: 200 };

type Fixture = {
  readonly serviceBus: ServiceBus;
  readonly sender: ServiceBusSender;
  readonly receiver: ServiceBusReceiver;
  /** The next request of this operation meets this fault, after so many that do not. */
  readonly plan: (operation: string, fault: Fault, after?: number) => void;
  readonly operations: readonly string[];
};

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(properties: QueueProperties = {}, maxRetries = 3): Promise<Fixture> {
  const operations: string[] = [];
  let planned: { operation: string; fault: Fault; after: number } | undefined;
  const serviceBus = await startServiceBus({
    port: 0,
    queues: { q: { LockDuration: "PT1S", ...properties } },
    faults: ({ index, operation }) => {
      expect(index).toBe(operations.length);
      operations.push(operation);
      if (planned?.operation !== operation) return undefined;
      if (planned.after-- > 0) return undefined;
      const { fault } = planned;
      planned = undefined;
      return fault;
    },
  });
  cleanups.push(() => serviceBus.close());
  const client = new ServiceBusClient(serviceBus.connectionString, {
    retryOptions: { maxRetries, retryDelayInMs: 20, timeoutInMs: 1_000 },
  });
  cleanups.push(() => client.close());
  return {
    serviceBus,
    sender: client.createSender("q"),
    receiver: client.createReceiver("q", { maxAutoLockRenewalDurationInMs: 0 }),
    plan: (operation, fault, after = 0) => {
      planned = { operation, fault, after };
    },
    operations,
  };
}

describe("a send", () => {
  test("that is refused for now is made again by the SDK and stored once", async () => {
    const { sender, serviceBus, plan, operations } = await start();
    plan("send", BUSY);
    await sender.sendMessages({ body: "x" });
    expect(serviceBus.counts("q").active).toBe(1);
    expect(operations).toEqual(["send", "send"]);
  });

  test("that is refused for now says so to a client that does not retry", async () => {
    const { sender, serviceBus, plan } = await start({}, 0);
    plan("send", BUSY);
    await expect(sender.sendMessages({ body: "x" })).rejects.toMatchObject({ code: "ServiceBusy" });
    expect(serviceBus.counts("q").active).toBe(0);
  });

  test("refused between two accepted ones of the same tick is the only one refused", async () => {
    const { sender, serviceBus, plan } = await start({}, 0);
    await sender.sendMessages({ body: "opens the link" });
    plan("send", BUSY, 1);
    const outcomes = await Promise.allSettled(["a", "b", "c"].map((body) => sender.sendMessages({ body })));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(serviceBus.counts("q").active).toBe(3);
  });

  test("whose answer is lost is stored, and a retry of it is a duplicate that is found", async () => {
    const { sender, serviceBus, plan } = await start({ RequiresDuplicateDetection: true });
    plan("send", LOST);
    await sender.sendMessages({ body: "x", messageId: "once" });
    expect(serviceBus.counts("q").active).toBe(1);
  });

  test("whose answer is lost is stored twice where duplicates are not looked for", async () => {
    const { sender, serviceBus, plan } = await start();
    plan("send", LOST);
    await sender.sendMessages({ body: "x", messageId: "twice" });
    expect(serviceBus.counts("q").active).toBe(2);
  });

  test("that never arrives is made again and stored once", async () => {
    const { sender, serviceBus, plan } = await start();
    plan("send", REFUSED);
    await sender.sendMessages({ body: "x" });
    expect(serviceBus.counts("q").active).toBe(1);
  });

  test("that is slow is answered late", async () => {
    const { sender, plan } = await start();
    plan("send", SLOW);
    const before = Date.now();
    await sender.sendMessages({ body: "x" });
    expect(Date.now() - before).toBeGreaterThanOrEqual(SLOW.kind === "slow" ? SLOW.delayMs - 5 : 0);
  });
});

describe("a receive", () => {
  test("whose messages are lost gives them again when their locks have run out, and counts that", async () => {
    const { sender, receiver, plan, serviceBus } = await start();
    await sender.sendMessages({ body: "x" });
    plan("receive", LOST);
    const received = receiver.receiveMessages(1, { maxWaitTimeInMs: 300 }).catch(() => []);
    await eventually(() => serviceBus.counts("q").locked === 1 || undefined);
    expect(await received).toEqual([]);
    expect((await receiveOne(receiver)).deliveryCount).toBe(1);
  });

  test.each([BUSY, REFUSED])(
    "that is refused ($kind) leaves the message and its count alone",
    async (fault) => {
      const { sender, receiver, plan } = await start();
      await sender.sendMessages({ body: "x" });
      plan("receive", fault);
      const message = await eventually(async () => {
        const [first] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 500 }).catch(() => []);
        return first;
      });
      expect(message.deliveryCount).toBe(0);
    },
  );

  test("that is slow brings the message late", async () => {
    const { sender, receiver, plan } = await start();
    await sender.sendMessages({ body: "x" });
    plan("receive", SLOW);
    expect((await receiveOne(receiver)).body).toBe("x");
  });
});

describe("a settlement", () => {
  test("whose answer is lost has happened", async () => {
    const { sender, receiver, plan, serviceBus } = await start({}, 0);
    await sender.sendMessages({ body: "x" });
    const message = await receiveOne(receiver);
    plan("settle", LOST);
    await expect(receiver.completeMessage(message)).rejects.toThrow();
    expect(serviceBus.counts("q")).toMatchObject({ active: 0, locked: 0 });
  });

  test.each([BUSY, REFUSED])("that is refused ($kind) has not happened", async (fault) => {
    const { sender, receiver, plan } = await start({}, 0);
    await sender.sendMessages({ body: "x" });
    const message = await receiveOne(receiver);
    plan("settle", fault);
    await expect(receiver.completeMessage(message)).rejects.toThrow();
    expect((await receiveOne(receiver)).deliveryCount).toBe(1);
  });
});

describe("a management request", () => {
  test.each([BUSY, REFUSED, LOST, SLOW])("that meets a fault ($kind) can be made again", async (fault) => {
    const { sender, receiver, plan } = await start();
    await sender.sendMessages({ body: "x" });
    plan("management", fault);
    const peeked = await eventually(async () => {
      const messages = await receiver.peekMessages(1).catch(() => []);
      return messages.length > 0 ? messages : undefined;
    });
    expect(peeked[0]?.body).toBe("x");
    expect(await completeAll(receiver, 1)).toHaveLength(1);
  });
});
