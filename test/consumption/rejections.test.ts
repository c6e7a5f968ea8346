import { describe, expect, it } from "vitest";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { checkRebuild, figuresOf } from "./checks.ts";
import { malformedKinds } from "./malformed-events.ts";
import { now, openRejections } from "./state.ts";

const KINDS_MIN = 40;
const EVENTS = 1_000;
const BATCH = 50;

async function withAgreement() {
  const stores = memoryStores();
  const recorder = createRecorder(stores, now);
  await recorder.record([agreementEvent()]);
  return { stores, record: recorder.record };
}

const rows = (stores: MemoryStores): number =>
  Object.values(figuresOf(stores).counts).reduce((sum, [, count]) => sum + count, 0);

describe("events that cannot be accepted (LE-09)", () => {
  it("leave their 99 neighbours in a batch of 100 recorded", async () => {
    const { stores, record } = await withAgreement();
    const bodies = Array.from({ length: 100 }, (_, index) =>
      index === 37 ? "{ not JSON" : deliveryEvent(`d${index}`),
    );
    const outcomes = await record(bodies);
    expect(outcomes.filter(({ status }) => status === "recorded")).toHaveLength(99);
    expect(outcomes[37]).toMatchObject({ status: "rejected", rejection: { code: "invalidJson" } });
    expect(rows(stores)).toBe(99);
    expect(stores.rejected().map(({ body }) => body)).toEqual(["{ not JSON"]);
  });

  it.each(malformedKinds)("are rejected for what they are: $kind", async ({ code, target, body }) => {
    const { stores, record } = await withAgreement();
    const outcomes = await record([deliveryEvent("before"), body(1), deliveryEvent("after")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["recorded", "rejected", "recorded"]);
    const [kept, ...others] = stores.rejected();
    expect(others).toEqual([]);
    expect(kept?.reason.code).toBe(code);
    expect(kept?.reason.target).toBe(target);
    expect(kept?.reason.message).not.toBe("");
    expect(kept?.body).toBe(body(1));
  });

  it("are all kept, a thousand of them of at least 40 kinds, and hold up none of their neighbours", async () => {
    const kinds = new Set(malformedKinds.map(({ kind }) => kind));
    expect(kinds.size).toBeGreaterThanOrEqual(KINDS_MIN);
    expect(kinds.size).toBe(malformedKinds.length);

    const bad = Array.from(
      { length: EVENTS },
      (_, index) => malformedKinds[index % malformedKinds.length]?.body(1 + index) ?? "",
    );
    const good = bad.map((_, index) => deliveryEvent(`good-${index}`));
    const { stores, record } = await withAgreement();
    for (let start = 0; start < EVENTS; start += BATCH) {
      const bodies = bad
        .slice(start, start + BATCH)
        .flatMap((body, index) => [body, good[start + index] ?? ""]);
      const outcomes = await record(bodies);
      expect(outcomes.map(({ status }) => status)).toEqual(
        bodies.map((_, index) => (index % 2 === 0 ? "rejected" : "recorded")),
      );
    }
    expect(new Set(bad).size).toBe(EVENTS);
    expect(new Set(stores.rejected().map(({ body }) => body))).toEqual(new Set(bad));
    expect(rows(stores)).toBe(EVENTS);
    await checkRebuild(stores);
  });

  it("are one rejection with more attempts when they come again", async () => {
    const { stores, record } = await withAgreement();
    const bad = deliveryEvent("bad", { unit: "credits" });
    for (let attempt = 1; attempt <= 3; attempt++) {
      await record([bad]);
      expect(stores.rejected()).toHaveLength(1);
      expect(stores.rejected()[0]).toMatchObject({ attempts: attempt, status: "rejected" });
    }
  });

  it("count one attempt for a reversal that asks for too much, however it is found refused", async () => {
    const { stores, record } = await withAgreement();
    await record([deliveryEvent("d1"), reversalEvent("r1", "d1", { quantity: 16 })]);
    expect(stores.rejected()).toHaveLength(1);
    expect(stores.rejected()[0]).toMatchObject({ attempts: 1, reason: { code: "reversalExceedsDelivery" } });
  });

  it("count exactly once when they are replayed after their cause was mended", async () => {
    const { stores, record } = await withAgreement();
    const early = deliveryEvent("early", {
      service: "education",
      entitlementId: "ent-edu",
      unit: "activities",
    });
    await record([early, deliveryEvent("other")]);
    expect(openRejections(stores)).toEqual(["early: unknownEntitlement"]);
    const amended = basePackage();
    const more = [
      ...(Array.isArray(amended["entitlements"]) ? amended["entitlements"] : []),
      entitlement("ent-edu", "education", { unit: "activities" }),
    ];
    const amendment = { id: "amended", time: "2026-02-01T00:00:00Z", type: "support.agreement.amended.v1" };
    await record([agreementEvent({ packages: [{ ...amended, entitlements: more }] }, amendment)]);
    expect(openRejections(stores)).toEqual([]);
    expect(rows(stores)).toBe(2);
    expect((await record([early]))[0]).toEqual({ status: "repeated" });
    expect(rows(stores)).toBe(2);
    await checkRebuild(stores);
  });

  it("do not stand in the way of a mended event with the same id, in the same batch or a later one", async () => {
    const bad = deliveryEvent("d1", { unit: "credits" });
    const mended = deliveryEvent("d1");
    for (const batches of [[[bad, mended]], [[bad], [mended]], [[bad, bad, mended, mended]]]) {
      const { stores, record } = await withAgreement();
      for (const batch of batches) await record(batch);
      expect(openRejections(stores)).toEqual(["d1: wrongUnit"]);
      expect(rows(stores)).toBe(1);
    }
  });

  it("are not rejected by terms that the recorder remembers and another one has changed", async () => {
    const { stores, record } = await withAgreement();
    await record([deliveryEvent("warm", { service: "proactive", entitlementId: "ent-pro" })]);
    const longer = { endDate: "2027-12-31", packages: [basePackage({ endDate: "2027-12-31" })] };
    const amendment = { id: "amended", time: "2026-02-01T00:00:00Z", type: "support.agreement.amended.v1" };
    await createRecorder(stores, now).record([agreementEvent(longer, amendment)]);
    await record([
      deliveryEvent("late", {
        service: "proactive",
        entitlementId: "ent-pro",
        deliveredAt: "2027-06-01T09:00:00Z",
      }),
    ]);
    expect(openRejections(stores)).toEqual([]);
    expect(rows(stores)).toBe(2);
  });

  it("refuse the reversals of one delivery beyond a transaction's size, and record the delivery", async () => {
    const { stores, record } = await withAgreement();
    const reversals = Array.from({ length: 120 }, (_, index) =>
      reversalEvent(`r${index}`, "d1", { quantity: 1 }),
    );
    await record(reversals);
    const [outcome] = await record([deliveryEvent("d1", { quantity: 500 })]);
    expect(outcome).toEqual({ status: "recorded" });
    expect(openRejections(stores).filter((text) => text.endsWith(": tooManyReversals"))).toHaveLength(40);
    expect(rows(stores)).toBe(81);
    await checkRebuild(stores);
  });

  it("are not made of a batch whose texts are many bytes and few characters", async () => {
    const { stores, record } = await withAgreement();
    const outcomes = await record(
      Array.from({ length: 99 }, (_, index) => deliveryEvent(`d${index}`, { note: "\u5730".repeat(20_000) })),
    );
    expect(outcomes.every(({ status }) => status === "recorded")).toBe(true);
    expect(rows(stores)).toBe(99);
  });
});
