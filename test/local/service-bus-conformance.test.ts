/**
 * What the code of this project may rely on from Service Bus, asked of the stand-in or, with
 * SERVICEBUS_CONFORMANCE_CONNECTION and SERVICEBUS_CONFORMANCE_QUEUE, of the real service. The queue there must exist,
 * without sessions and duplicate detection, and is emptied.
 */
import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusReceiver,
  type ServiceBusReceiverOptions,
  type ServiceBusSender,
} from "@azure/service-bus";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ServiceBus, startServiceBus } from "../../local/service-bus/broker.ts";
import { completeAll, eventually, receiveOne } from "./service-bus-fixture.ts";

const realConnection = process.env["SERVICEBUS_CONFORMANCE_CONNECTION"];
const queue = process.env["SERVICEBUS_CONFORMANCE_QUEUE"] ?? "events";
const TEST_TIMEOUT_MS = realConnection === undefined ? 20_000 : 400_000;
const EMPTY_MS = realConnection === undefined ? 150 : 3_000;
const CLOCK_SKEW_MS = realConnection === undefined ? 100 : 2_000;
const MAX_MESSAGE_BYTES = 256 * 1024;

describe("a queue", { timeout: TEST_TIMEOUT_MS }, () => {
  let standIn: ServiceBus | undefined;
  let client: ServiceBusClient;
  let sender: ServiceBusSender;
  let receiver: ServiceBusReceiver;
  let deadLetters: ServiceBusReceiver;

  beforeAll(async () => {
    if (realConnection === undefined) {
      standIn = await startServiceBus({
        port: 0,
        queues: { [queue]: { LockDuration: "PT2S", MaxDeliveryCount: 3 } },
      });
    }
    client = new ServiceBusClient(realConnection ?? standIn?.connectionString ?? "");
    sender = client.createSender(queue);
    receiver = client.createReceiver(queue, { maxAutoLockRenewalDurationInMs: 0 });
    deadLetters = client.createReceiver(queue, {
      subQueueType: "deadLetter",
      maxAutoLockRenewalDurationInMs: 0,
    });
  });

  beforeEach(async () => {
    await Promise.all([
      sweep({ receiveMode: "receiveAndDelete" }),
      sweep({ receiveMode: "receiveAndDelete", subQueueType: "deadLetter" }),
    ]);
  }, TEST_TIMEOUT_MS);

  afterAll(async () => {
    await client.close();
    await standIn?.close();
  });

  async function sweep(options: ServiceBusReceiverOptions): Promise<void> {
    const sweeper = client.createReceiver(queue, options);
    while ((await sweeper.receiveMessages(100, { maxWaitTimeInMs: EMPTY_MS })).length > 0);
    await sweeper.close();
  }

  async function expectEmpty(): Promise<void> {
    expect(await receiver.receiveMessages(1, { maxWaitTimeInMs: EMPTY_MS })).toEqual([]);
  }

  test("hands on body, properties and content type as they were sent", async () => {
    const sent = {
      body: { minutes: 90, note: "żółć" },
      messageId: "event-1",
      contentType: "application/cloudevents+json",
      correlationId: "correlation",
      subject: "delivery.recorded",
      to: "to",
      replyTo: "reply",
      partitionKey: "agreement-1",
      timeToLive: 3_600_000,
      applicationProperties: {
        text: "t",
        whole: 7,
        large: 2 ** 31,
        negative: -5,
        fraction: 1.5,
        flag: true,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    };
    await sender.sendMessages(sent);
    const message = await receiveOne(receiver);
    expect(message).toMatchObject(sent);
    expect(message.enqueuedTimeUtc).toBeInstanceOf(Date);
    expect(message.sequenceNumber?.toNumber()).toBeGreaterThan(0);
    await receiver.completeMessage(message);
  });

  test("hands on binary bodies of many frames byte for byte", async () => {
    const body = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) % 256));
    await sender.sendMessages({ body });
    const message = await receiveOne(receiver);
    expect(body.equals(message.body)).toBe(true);
    await receiver.completeMessage(message);
  });

  test("gives a message without an id one of its own", async () => {
    await sender.sendMessages({ body: "x" });
    const message = await receiveOne(receiver);
    expect(message.messageId).toEqual(expect.stringMatching(/.+/));
    await receiver.completeMessage(message);
  });

  test("forgets a completed message", async () => {
    await sender.sendMessages({ body: "x" });
    await receiver.completeMessage(await receiveOne(receiver));
    await expectEmpty();
  });

  test("counts deliveries from 0 and adds the properties of an abandon", async () => {
    await sender.sendMessages({ body: "x" });
    const first = await receiveOne(receiver);
    expect(first.deliveryCount).toBe(0);
    await receiver.abandonMessage(first, { attempt: "one" });
    const second = await receiveOne(receiver);
    expect(second.deliveryCount).toBe(1);
    expect(second.applicationProperties).toEqual({ attempt: "one" });
    await receiver.completeMessage(second);
  });

  test("puts an abandoned message back in its place", async () => {
    await sender.sendMessages(["a", "b", "c"].map((body) => ({ body })));
    await receiver.abandonMessage(await receiveOne(receiver));
    const messages = await completeAll(receiver, 3);
    expect(messages.map((message) => message.body)).toEqual(["a", "b", "c"]);
  });

  test("dead-letters at the limit of deliveries, saying why", async () => {
    await sender.sendMessages({ body: "poison" });
    let deliveries = 0;
    for (;;) {
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: EMPTY_MS });
      if (message === undefined) break;
      deliveries++;
      await receiver.abandonMessage(message);
    }
    const dead = await receiveOne(deadLetters);
    expect(dead.deadLetterReason).toBe("MaxDeliveryCountExceeded");
    expect(dead.deadLetterErrorDescription).toContain(String(deliveries));
    expect(dead.deliveryCount).toBeGreaterThanOrEqual(deliveries);
    await deadLetters.completeMessage(dead);
  });

  test("dead-letters on request with reason, description and properties", async () => {
    await sender.sendMessages({ body: "x", messageId: "parked", applicationProperties: { kept: 1 } });
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: "Rejected",
      deadLetterErrorDescription: "no such entitlement",
      extra: "yes",
    });
    const dead = await receiveOne(deadLetters);
    expect(dead).toMatchObject({
      messageId: "parked",
      body: "x",
      deadLetterReason: "Rejected",
      deadLetterErrorDescription: "no such entitlement",
      applicationProperties: { kept: 1, extra: "yes" },
    });
    await deadLetters.completeMessage(dead);
  });

  test("hides a deferred message until it is asked for by its number", async () => {
    await sender.sendMessages({ body: "later" });
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    await expectEmpty();
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);
    expect(deferred?.body).toBe("later");
    if (deferred !== undefined) await receiver.completeMessage(deferred);
    await expect(receiver.receiveDeferredMessages(message.sequenceNumber ?? [])).rejects.toMatchObject({
      code: "MessageNotFound",
    });
  });

  test("delivers a scheduled message when its time has come", async () => {
    const due = new Date(Date.now() + 1_000);
    await sender.scheduleMessages({ body: "scheduled" }, due);
    await sender.sendMessages({ body: "sent with a time", scheduledEnqueueTimeUtc: due });
    await expectEmpty();
    const messages = await completeAll(receiver, 2, 3_000);
    expect(new Set(messages.map((message) => message.body))).toEqual(
      new Set(["scheduled", "sent with a time"]),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(due.getTime());
  });

  test("never delivers a scheduled message that was cancelled", async () => {
    const due = new Date(Date.now() + 500);
    const numbers = await sender.scheduleMessages([{ body: "cancelled" }, { body: "kept" }], due);
    await sender.cancelScheduledMessages(numbers[0] ?? []);
    const messages = await completeAll(receiver, 2, 1_500);
    expect(messages.map((message) => message.body)).toEqual(["kept"]);
  });

  test("shows messages to a peek in order and does not touch them", async () => {
    await sender.sendMessages(["a", "b"].map((body) => ({ body })));
    const peeked = await receiver.peekMessages(10);
    expect(peeked.map((message) => message.body)).toEqual(["a", "b"]);
    const received = await completeAll(receiver, 2);
    expect(received.map((message) => message.deliveryCount)).toEqual([0, 0]);
  });

  test("renews a lock", async () => {
    await sender.sendMessages({ body: "x" });
    const message = await receiveOne(receiver);
    const before = message.lockedUntilUtc?.getTime() ?? 0;
    await expectEmpty();
    const after = await receiver.renewMessageLock(message);
    expect(after.getTime()).toBeGreaterThan(before);
    await receiver.completeMessage(message);
  });

  test("delivers again when a lock has run out, and refuses what the old lock asks for", async () => {
    await sender.sendMessages({ body: "x" });
    const late = await receiveOne(receiver);
    const again = await receiveOne(receiver, TEST_TIMEOUT_MS);
    expect(again.deliveryCount).toBe(1);
    await expect(receiver.completeMessage(late)).rejects.toMatchObject({ code: "MessageLockLost" });
    await receiver.completeMessage(again);
    await expectEmpty();
  });

  test("answers settlements of one tick each with its own outcome", async () => {
    await sender.sendMessages([{ body: "late" }, { body: "in time" }]);
    const [late, inTime] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 5_000 });
    if (late === undefined || inTime === undefined) throw new Error("expected two messages");
    const lateMs = late.lockedUntilUtc?.getTime() ?? 0;
    await eventually(async () => {
      await receiver.renewMessageLock(inTime);
      return Date.now() > lateMs + CLOCK_SKEW_MS ? true : undefined;
    }, TEST_TIMEOUT_MS);
    const outcomes = await Promise.allSettled([
      receiver.completeMessage(late),
      receiver.completeMessage(inTime),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "fulfilled"]);
    expect((await completeAll(receiver, 2)).map((message) => message.body)).toEqual(["late"]);
  });

  test("gives every message to one receiver only", async () => {
    const count = 200;
    await sender.sendMessages(Array.from({ length: count }, (_, index) => ({ body: index })));
    const receivers = [1, 2, 3, 4].map(() => client.createReceiver(queue));
    const shares = await Promise.all(receivers.map((each) => completeAll(each, count)));
    const bodies = shares.flat().map((message): number => message.body);
    expect(bodies.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    await Promise.all(receivers.map((each) => each.close()));
  });

  test("takes hundreds of messages in one batch and keeps their order", async () => {
    const batch = await sender.createMessageBatch();
    for (let index = 0; index < 500; index++) expect(batch.tryAddMessage({ body: index })).toBe(true);
    await sender.sendMessages(batch);
    const messages = await completeAll(receiver, 500);
    expect(messages.map((message) => message.body)).toEqual(Array.from({ length: 500 }, (_, index) => index));
  });

  test("hands a message out for good in receive-and-delete mode", async () => {
    await sender.sendMessages({ body: "x" });
    const deleting = client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
    expect((await receiveOne(deleting)).body).toBe("x");
    await deleting.close();
    await expectEmpty();
  });

  test("lets a message be settled after the link that received it was closed", async () => {
    await sender.sendMessages({ body: "x" });
    const first = client.createReceiver(queue);
    const message = await receiveOne(first);
    await first.close();
    await receiver.completeMessage(message);
    await expectEmpty();
  });

  test("refuses a message above the limit of size", async () => {
    const tooLarge = sender.sendMessages({ body: Buffer.alloc(MAX_MESSAGE_BYTES + 1) });
    await expect(tooLarge).rejects.toMatchObject({ code: "MessageSizeExceeded" });
    await expectEmpty();
  });

  test("does not exist under a name nobody gave it", async () => {
    const stray = client.createSender(`${queue}-unknown`);
    await expect(stray.sendMessages({ body: "x" })).rejects.toSatisfy(
      (cause) => isServiceBusError(cause) && cause.code === "MessagingEntityNotFound",
    );
    await stray.close();
  });
});
