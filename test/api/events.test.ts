import { ServiceBusClient, type ServiceBusMessage } from "@azure/service-bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../fakes/events.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi, UPSTREAM } from "./support/running-api.ts";
import {
  entitlementSchema,
  listSchema,
  postedSchema,
  type RejectedEvent,
  rejectedEventSchema,
} from "./support/shapes.ts";

const QUEUE = "delivery-events";
const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const ADMIN = { email: "admin@cust-t.example" };
const replayedSchema = z.object({ status: z.string(), error: z.object({ code: z.string() }).optional() });

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreementEvent()]);
});

afterAll(() => api.stack.stop());

function rejectedEvents(status?: "rejected" | "resolved"): Promise<RejectedEvent[]> {
  const query = { maxpagesize: "2", ...(status === undefined ? {} : { status }) };
  return readAll(api, UPSTREAM, { path: "rejectedEvents", query }, rejectedEventSchema);
}

async function rejectionOf(eventId: string): Promise<RejectedEvent> {
  const found = (await rejectedEvents()).find(({ event }) => event.id === eventId);
  if (found === undefined) throw new Error(`${eventId} is not listed`);
  return found;
}

async function consumed(entitlementId: string): Promise<number | null> {
  const path = `customers/${CUSTOMER}/entitlements/${entitlementId}`;
  const answer = await api.ask(ADMIN, { path });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(entitlementSchema).consumed;
}

async function replay(id: string) {
  const answer = await api.ask(CSAM, { method: "POST", path: `rejectedEvents/${id}/replay` });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(replayedSchema);
}

describe("a rejected event", () => {
  const agreementY = agreementEvent(
    {
      agreementId: "agr-y",
      number: "Y-1",
      packages: [basePackage({ packageId: "pkg-y", entitlements: [entitlement("ent-moved", "assessment")] })],
    },
    { id: "agr-y-activated", time: "2026-01-03T00:00:00Z" },
  );
  const agreementX = (id: string, time: string, entitlements: readonly unknown[]) =>
    agreementEvent(
      {
        agreementId: "agr-x",
        number: "X-1",
        packages: [basePackage({ packageId: "pkg-x", entitlements })],
      },
      { id, time },
    );

  test("is listed with its reason, and replayed it is rejected again as long as its cause lasts", async () => {
    await api.send([
      agreementX("agr-x-activated", "2026-01-02T00:00:00Z", [entitlement("ent-moved", "assessment")]),
      agreementY,
    ]);
    const rejection = await rejectionOf("agr-y-activated");
    expect(rejection).toMatchObject({
      status: "rejected",
      reason: { code: "entitlementInUse" },
      attempts: 1,
    });
    expect(await replay(rejection.id)).toMatchObject({
      status: "rejected",
      error: { code: "entitlementInUse" },
    });
    expect((await rejectionOf("agr-y-activated")).attempts).toBe(2);

    // Left out it has ended, and is still what was consumed on it in its first agreement.
    await api.send([agreementX("agr-x-amended", "2026-01-04T00:00:00Z", [])]);
    expect(await replay(rejection.id)).toMatchObject({
      status: "rejected",
      error: { code: "entitlementInUse" },
    });
    expect(await rejectionOf("agr-y-activated")).toMatchObject({ status: "rejected", attempts: 3 });
  });

  test("that only waited for its agreement counts by itself when that comes, and once", async () => {
    const events = ["w-1", "w-2"].map((id) =>
      deliveryEvent(id, { entitlementId: "ent-later", service: "proactive", quantity: 7 }),
    );
    const tally = await api.send(events);
    expect([...tally.reasons.keys()]).toEqual(["unknownEntitlement"]);
    const entitlements = [entitlement("ent-later", "proactive", { allowance: 100 })];
    await api.send([
      agreementEvent(
        { packages: [basePackage(), basePackage({ packageId: "pkg-later", entitlements })] },
        { id: "agr-t-amended", time: "2026-02-01T00:00:00Z" },
      ),
    ]);
    // The event names a package that does not have the entitlement: mending means the package too.
    const [first, second] = await Promise.all(["w-1", "w-2"].map(rejectionOf));
    expect([first?.status, second?.status]).toEqual(["rejected", "rejected"]);
    await api.send([
      agreementEvent(
        {
          packages: [
            basePackage({
              entitlements: [
                entitlement("ent-adv", "advisory"),
                entitlement("ent-later", "proactive", { allowance: 100 }),
              ],
            }),
          ],
        },
        { id: "agr-t-amended-2", time: "2026-02-02T00:00:00Z" },
      ),
    ]);
    await api.drained();
    expect((await rejectionOf("w-1")).status).toBe("resolved");
    expect(await consumed("ent-later")).toBe(14);
    expect(await replay((await rejectionOf("w-1")).id)).toEqual({ status: "repeated" });
    expect(await consumed("ent-later")).toBe(14);
  });

  test("is seen by those who look after its customer, and by nobody of another one", async () => {
    const all = await readAll(api, CSAM, { path: "rejectedEvents" }, rejectedEventSchema);
    expect(new Set(all.map(({ event }) => event.customerId))).toEqual(new Set([CUSTOMER]));
    const stranger = { email: "csam@elsewhere.example", roles: ["Csam"] } as const;
    expect((await api.ask(stranger, { path: "rejectedEvents" })).status).toBe(404);
  });

  test("leaves a trace of each replay in the customer's audit trail", async () => {
    const entry = z.object({ action: z.string(), actor: z.object({ email: z.string().optional() }) });
    const trail = await readAll(api, ADMIN, { path: `customers/${CUSTOMER}/auditEntries` }, entry);
    const replays = trail.filter(({ action }) => action === "rejectedEventReplayed");
    expect(replays.length).toBe(3);
    expect(new Set(replays.map(({ actor }) => actor.email))).toEqual(new Set([CSAM.email]));
  });
});

test("an event that is nested too deep is rejected for itself, however deep, and kept", async () => {
  const before = (await consumed("ent-adv")) ?? 0;
  const bad = [33, 65, 5_000, 1_000_000].map((levels) =>
    deliveryEvent(`deep-${levels}`, { detail: 0 }).replace(
      '"detail":0',
      `"detail":${"[".repeat(levels)}${"]".repeat(levels)}`,
    ),
  );
  const events = bad.flatMap((event, index) => [event, deliveryEvent(`near-deep-${index}`, { quantity: 2 })]);
  const json = `[${events.join(",")},${"[".repeat(5_000)}${"]".repeat(5_000)}]`;
  const answer = await api.ask(UPSTREAM, { method: "POST", path: "events", json });
  expect(answer.status, answer.text).toBe(202);
  const outcomes = answer.read(postedSchema).value.map(({ status, error }) => error?.code ?? status);
  expect(outcomes).toEqual([...bad.flatMap(() => ["nestedTooDeeply", "accepted"]), "nestedTooDeeply"]);
  await api.drained();
  expect(await consumed("ent-adv")).toBe(before + 2 * bad.length);
  const kept = await rejectionOf("deep-1000000");
  expect(kept.reason.code).toBe("nestedTooDeeply");
  expect(await replay(kept.id)).toMatchObject({ status: "rejected", error: { code: "nestedTooDeeply" } });
});

test("an answer's tag changes with the next delivery", async () => {
  const path = `customers/${CUSTOMER}/entitlements/ent-adv`;
  const before = (await api.ask(ADMIN, { path })).headers.get("etag") ?? "";
  await api.send([deliveryEvent("tag-1")]);
  const after = await api.ask(ADMIN, { path, headers: { "if-none-match": before } });
  expect(after.status).toBe(200);
  expect(after.headers.get("etag")).not.toBe(before);
});

describe("messages put on the queue directly", () => {
  let client: ServiceBusClient;

  beforeAll(() => {
    client = new ServiceBusClient(api.stack.settings["SERVICEBUS"] ?? "");
  });

  afterAll(() => client.close());

  async function put(...messages: ServiceBusMessage[]): Promise<void> {
    const sender = client.createSender(QUEUE);
    await sender.sendMessages(messages);
    await sender.close();
    await api.drained();
    expect(api.serviceBus.counts(QUEUE)).toMatchObject({ active: 0, locked: 0, deadLettered: 0 });
  }

  const structured = (id: string, overrides = {}): ServiceBusMessage => ({
    body: Buffer.from(deliveryEvent(id, overrides)),
    contentType: "application/cloudevents+json",
  });

  test("count even if they were dead-lettered, as after a long outage", async () => {
    const before = (await consumed("ent-adv")) ?? 0;
    // Expired before anybody can take it: the queue moves it to its dead letters.
    const late = { ...structured("late", { quantity: 7 }), timeToLive: 1 };
    const sender = client.createSender(QUEUE);
    await sender.sendMessages(Array.from({ length: 3 }, () => late));
    await sender.close();
    await expect.poll(() => consumed("ent-adv"), { timeout: 20_000 }).toBe(before + 7);
    await expect.poll(() => api.serviceBus.counts(QUEUE).deadLettered, { timeout: 20_000 }).toBe(0);
  });

  /** The binary mode of CloudEvents' AMQP binding: attributes beside the data. */
  function binary(id: string): ServiceBusMessage {
    const { data, ...attributes } = z
      .looseObject({ data: z.unknown() })
      .parse(JSON.parse(deliveryEvent(id, { quantity: 11 })));
    return {
      body: data,
      contentType: "application/json",
      applicationProperties: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [`cloudEvents:${name}`, String(value)]),
      ),
    };
  }

  test("count the same in structured and in binary mode, and once together with HTTP", async () => {
    const before = (await consumed("ent-adv")) ?? 0;
    await put(structured("sb-1", { quantity: 5 }), binary("sb-2"), binary("sb-2"));
    expect(await consumed("ent-adv")).toBe(before + 16);
    const tally = await api.send([
      deliveryEvent("sb-1", { quantity: 5 }),
      deliveryEvent("sb-2", { quantity: 11 }),
    ]);
    expect(tally).toMatchObject({ repeated: 2, recorded: 0 });
  });

  test("that are malformed are kept whole with a reason, and the good ones among them count", async () => {
    const before = (await consumed("ent-adv")) ?? 0;
    const listed = new Set((await rejectedEvents()).map(({ id }) => id));
    const malformed: readonly ServiceBusMessage[] = [
      { body: Buffer.from("{ not json") },
      { body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) },
      { body: Buffer.from("") },
      { body: "42" },
      { body: null },
      { body: [] },
      { body: Buffer.from(`[${deliveryEvent("in-a-list")}]`) },
      { body: { specversion: "1.0", id: "no-source" } },
      { body: Buffer.from(JSON.stringify({ big: "x".repeat(100_000) })) },
      { body: Buffer.from("no data"), applicationProperties: { "cloudEvents:id": "bare" } },
      structured("sb-unit", { unit: "credits" }),
      structured("sb-nobody", { customerId: "cust-nobody" }),
      { body: Buffer.from(deliveryEvent("sb-type", {}, { type: "support.unheard.of.v1" })) },
    ];
    await put(
      ...malformed.flatMap((message, index) => [message, structured(`among-${index}`, { quantity: 2 })]),
    );
    expect(await consumed("ent-adv")).toBe(before + 2 * malformed.length);
    const fresh = (await rejectedEvents()).filter(({ id }) => !listed.has(id));
    expect(fresh).toHaveLength(malformed.length);
    const codes = fresh.map(({ reason }) => reason.code);
    expect(new Set(codes)).toEqual(
      new Set([
        "invalidJson",
        "invalidEnvelope",
        "eventTooLarge",
        "wrongUnit",
        "unknownCustomer",
        "unknownType",
      ]),
    );
    expect(fresh.some(({ body }) => body === "{ not json")).toBe(true);
  });

  test("never stop the queue: what comes after them counts at once", async () => {
    const before = (await consumed("ent-adv")) ?? 0;
    await api.send([deliveryEvent("after-all", { quantity: 3 })]);
    expect(await consumed("ent-adv")).toBe(before + 3);
    expect(await api.verifyLedgers()).toMatchObject({ differences: 0 });
  });
});

test("a rejected event that names no customer is for upstream systems alone", async () => {
  const answer = await api.ask(CSAM, { path: "rejectedEvents", query: { maxpagesize: "1000" } });
  const { value } = answer.read(listSchema(rejectedEventSchema));
  expect(value.filter(({ event }) => event.customerId === undefined)).toEqual([]);
  expect((await rejectedEvents()).some(({ event }) => event.customerId === undefined)).toBe(true);
});
