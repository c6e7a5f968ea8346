import { ServiceBusClient, type ServiceBusMessage } from "@azure/service-bus";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { FunctionsHost } from "../../local/functions-host/host.ts";
import { type ServiceBus, startServiceBus } from "../../local/service-bus/broker.ts";
import { useSample } from "./sample-app/start-sample.ts";

const QUEUES = {
  batches: { LockDuration: "PT10S", MaxDeliveryCount: 3 },
  singles: { LockDuration: "PT2S", MaxDeliveryCount: 3 },
  short: { LockDuration: "PT1S", MaxDeliveryCount: 2 },
  manual: { LockDuration: "PT5M" },
};
const WITHIN = { timeout: 15_000, interval: 50 };

const told = z.object({
  batches: z.array(
    z.object({
      messages: z.array(z.unknown()),
      triggerMetadata: z.looseObject({
        deliveryCountArray: z.array(z.number()),
        messageIdArray: z.array(z.string()),
        applicationPropertiesArray: z.array(z.record(z.string(), z.unknown())),
      }),
    }),
  ),
  singles: z.array(
    z.object({
      message: z.unknown(),
      trace: z.string(),
      triggerMetadata: z.looseObject({ deliveryCount: z.number().optional() }),
    }),
  ),
  mostRunning: z.object({ batch: z.number(), single: z.number() }),
});

async function ask(host: FunctionsHost): Promise<z.infer<typeof told>> {
  return told.parse(await (await fetch(`${host.url}/api/told`)).json());
}

async function send(bus: ServiceBus, queue: string, messages: ServiceBusMessage[]): Promise<void> {
  const client = new ServiceBusClient(bus.connectionString);
  try {
    await client.createSender(queue).sendMessages(messages);
  } finally {
    await client.close();
  }
}

const settingsFor = (bus: ServiceBus): Record<string, string> => ({
  BUS: bus.connectionString,
  BATCH_QUEUE: "batches",
});

async function startBus(port = 0): Promise<ServiceBus & AsyncDisposable> {
  const bus = await startServiceBus({ port, queues: QUEUES });
  return { ...bus, [Symbol.asyncDispose]: () => bus.close() };
}

const isEmpty = (bus: ServiceBus, queue: string) => (): boolean => {
  const { active, locked } = bus.counts(queue);
  return active === 0 && locked === 0;
};

describe("a queue function that takes batches", () => {
  test("gets all that waits, at most the batch size of host.json, with one entry for each message", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const orders = Array.from({ length: 13 }, (_, index) => ({
      body: { id: `order ${index}` },
      messageId: `id-${index}`,
      applicationProperties: { index },
    }));
    await send(bus, "batches", orders);
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    await expect.poll(isEmpty(bus, "batches"), WITHIN).toBe(true);
    const { batches, mostRunning } = await ask(host);
    expect(batches[0]?.messages.length).toBe(10);
    expect(batches.flatMap(({ messages }) => messages)).toEqual(orders.map(({ body }) => body));
    const metadata = batches.map(({ triggerMetadata }) => triggerMetadata);
    expect(metadata.flatMap((one) => one.messageIdArray)).toEqual(orders.map(({ messageId }) => messageId));
    expect(metadata.flatMap((one) => one.applicationPropertiesArray)).toEqual(
      orders.map(({ applicationProperties }) => applicationProperties),
    );
    expect(new Set(metadata.flatMap((one) => one.deliveryCountArray))).toEqual(new Set([1]));
    expect(mostRunning.batch).toBe(1);
  });

  test("that throws gets the batch again, counted from 1, until the broker dead-letters it", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    await send(bus, "batches", [{ body: { fail: true }, messageId: "bad" }]);
    await expect.poll(() => bus.counts("batches").deadLettered, WITHIN).toBe(1);
    const { batches } = await ask(host);
    expect(batches.map(({ triggerMetadata }) => triggerMetadata.deliveryCountArray)).toEqual([[1], [2], [3]]);
    expect(sample.logged.map(({ message }) => message).join()).toContain("one order is bad");
  });

  test("gets the next batch only when the one before has ended", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    await send(bus, "batches", [{ body: { durationMs: 600 } }]);
    await expect.poll(async () => (await ask(host)).batches.length, WITHIN).toBe(1);
    await send(bus, "batches", [{ body: { id: "next" } }]);
    expect(bus.counts("batches")).toMatchObject({ active: 1, locked: 1 });
    await expect.poll(isEmpty(bus, "batches"), WITHIN).toBe(true);
    expect(await ask(host)).toMatchObject({ batches: [{}, {}], mostRunning: { batch: 1 } });
  });

  test("loses its lock when it takes too long, and gets the batch again", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", {
      settings: { ...settingsFor(bus), BATCH_QUEUE: "short" },
    });
    await send(bus, "short", [{ body: { durationMs: 1500 } }]);
    await expect.poll(() => bus.counts("short").deadLettered, WITHIN).toBe(1);
    const { batches } = await ask(host);
    expect(batches.map(({ triggerMetadata }) => triggerMetadata.deliveryCountArray)).toEqual([[1], [2]]);
    expect(sample.logged.map(({ message }) => message).join()).toContain("could not be settled");
  });

  test("ends its batch before the app goes", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    await send(bus, "batches", [{ body: { durationMs: 800 } }]);
    await expect.poll(async () => (await ask(host)).batches.length, WITHIN).toBe(1);
    await host.stop();
    expect(await host.exited).toBe(0);
    expect(bus.counts("batches")).toMatchObject({ active: 0, locked: 0, deadLettered: 0 });
  });
});

describe("a queue function that takes single messages", () => {
  test("gets bodies as JSON, text or bytes, and what the message says of itself", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await send(bus, "singles", [
      {
        body: { a: 1 },
        messageId: "json",
        subject: "s",
        contentType: "application/json",
        applicationProperties: { traceparent },
      },
    ]);
    await expect.poll(async () => (await ask(host)).singles.length, WITHIN).toBe(1);
    await send(bus, "singles", [{ body: Buffer.from("plain") }, { body: Buffer.from([255, 0]) }]);
    await expect.poll(isEmpty(bus, "singles"), WITHIN).toBe(true);
    const { singles } = await ask(host);
    expect(singles[0]).toMatchObject({
      message: { a: 1 },
      trace: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/),
      triggerMetadata: {
        messageId: "json",
        deliveryCount: 1,
        contentType: "application/json",
        subject: "s",
        applicationProperties: { traceparent },
      },
    });
    expect(singles.slice(1).map(({ message }) => message)).toEqual(
      expect.arrayContaining(["plain", { type: "Buffer", data: [255, 0] }]),
    );
  });

  test("runs them side by side, and fails for the bad one alone", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    const bodies = [{ durationMs: 300 }, { durationMs: 300 }, { durationMs: 100, fail: true }];
    await send(
      bus,
      "singles",
      bodies.map((body) => ({ body })),
    );
    await expect
      .poll(() => bus.counts("singles"), WITHIN)
      .toMatchObject({
        active: 0,
        locked: 0,
        deadLettered: 1,
      });
    const { singles, mostRunning } = await ask(host);
    expect(singles.length).toBe(5);
    expect(mostRunning.single).toBeGreaterThan(1);
  });

  test("keeps its lock for as long as it runs", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    await send(bus, "singles", [{ body: { durationMs: 3000 } }]);
    await expect.poll(async () => (await ask(host)).singles.length, WITHIN).toBe(1);
    await expect.poll(isEmpty(bus, "singles"), WITHIN).toBe(true);
    expect((await ask(host)).singles.length).toBe(1);
  });

  test("leaves them locked when it does not complete them by itself", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    await send(bus, "manual", [{ body: "kept" }]);
    await expect.poll(() => bus.counts("manual"), WITHIN).toMatchObject({ active: 0, locked: 1 });
  });
});

describe("an app with queue functions", () => {
  test("runs a queue function on request, with the input as its message", async () => {
    await using bus = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(bus) });
    const trigger = async (name: string, input: object): Promise<[number, string]> => {
      const body = JSON.stringify({ input: JSON.stringify(input) });
      const response = await fetch(`${host.url}/admin/functions/${name}?wait=true`, { method: "POST", body });
      return [response.status, await response.text()];
    };
    expect(await trigger("batch", { id: "by hand" })).toEqual([200, ""]);
    expect(await trigger("single", { fail: true })).toEqual([500, '{"message":"one order is bad"}']);
    const { batches, singles } = await ask(host);
    expect(batches[0]?.triggerMetadata.deliveryCountArray).toEqual([1]);
    expect(singles[0]?.message).toEqual({ fail: true });
  });

  test("takes up its work again when the broker comes back, and says once that it was away", async () => {
    const first = await startBus();
    await using sample = useSample();
    const host = await sample.start("queue-app.ts", { settings: settingsFor(first) });
    await send(first, "singles", [{ body: { id: "before" } }]);
    await expect.poll(async () => (await ask(host)).singles.length, WITHIN).toBe(1);
    await first.close();
    await expect.poll(() => warnings().length, WITHIN).toBeGreaterThan(2);
    await using second = await startBus(first.port);
    await send(second, "singles", [{ body: { id: "after" } }]);
    await expect.poll(async () => (await ask(host)).singles.length, { timeout: 25_000 }).toBe(2);
    expect(warnings().length).toBe(3);

    function warnings(): readonly string[] {
      return sample.logged.filter(({ level }) => level === "warning").map(({ message }) => message);
    }
  });

  test("does not start without its connection, or without a setting that a binding names", async () => {
    await using sample = useSample();
    await expect(sample.start("queue-app.ts", { settings: { BATCH_QUEUE: "q" } })).rejects.toThrow(
      "the setting BUS (or BUS__fullyQualifiedNamespace) is missing",
    );
    await expect(sample.start("queue-app.ts", { settings: { BUS: "x" } })).rejects.toThrow(
      'function "batch": the setting BATCH_QUEUE is missing',
    );
  });
});
