import { describe, expect, it } from "vitest";
import { createRecorder, type RecorderStores } from "../../src/consumption/record.ts";
import { MENDABLE_PAGE } from "../../src/consumption/rejected-event-store.ts";
import { aroundStores } from "../fakes/around-stores.ts";
import { agreementEvent, deliveryEvent } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { checkAgainstModel, figuresOf } from "./checks.ts";
import { NOW, now, openRejections, settleAll } from "./state.ts";

const proactive = { service: "proactive", entitlementId: "ent-pro" };
const early = Array.from({ length: 2 * MENDABLE_PAGE + 50 }, (_, index) =>
  deliveryEvent(`early-${index}`, proactive),
);

const rows = (stores: MemoryStores): number =>
  Object.values(figuresOf(stores).counts).reduce((sum, [, count]) => sum + count, 0);

/** A clock that jumps past every budget once the list of mendable rejections was read so often. */
function slowAfter(stores: RecorderStores, reads: number) {
  let count = 0;
  const slow = aroundStores(stores, (method, run) => {
    if (method === "rejectedEvents.mendable") count += 1;
    return run();
  });
  const clock = (): string => (count < reads ? NOW : "2026-11-20T01:00:00.000Z");
  return createRecorder(slow, clock);
}

describe("deliveries that waited for their agreement (CA-16)", () => {
  it("count in the end when catching up ran out of time, and each call goes on where the last one stopped", async () => {
    const stores = memoryStores();
    await createRecorder(stores, now).record(early);
    expect(openRejections(stores)).toHaveLength(early.length);
    await slowAfter(stores, 1).record([agreementEvent()]);
    const [ledgerId, ...others] = await stores.store.unsettled();
    if (ledgerId === undefined) throw new Error("the ledger is forgotten");
    expect(others).toEqual([]);
    const first = rows(stores);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(early.length);
    expect(await slowAfter(stores, 1).catchUp(ledgerId, NOW)).toBe(false);
    expect(rows(stores)).toBeGreaterThan(first);
    expect(await createRecorder(stores, now).catchUp(ledgerId, NOW)).toBe(true);
    expect(rows(stores)).toBe(early.length);
    expect(openRejections(stores)).toEqual([]);
    expect(await stores.store.unsettled()).toEqual([]);
  });

  it("count in the end when the process ended before the customer was known with its agreement", async () => {
    const stores = memoryStores();
    const recorder = createRecorder(stores, now);
    await recorder.record(early.slice(0, 3));
    const ending = aroundStores(stores, (method, run) =>
      method === "directory.commit" ? Promise.reject(new Error("the process has ended")) : run(),
    );
    await expect(createRecorder(ending, now).record([agreementEvent()])).rejects.toThrow("has ended");
    await settleAll(stores);
    expect(openRejections(stores)).toHaveLength(3);
    await recorder.record([agreementEvent()]);
    expect(openRejections(stores)).toEqual([]);
    expect(rows(stores)).toBe(3);
  });

  it("are tried again for a newer agreement event that comes while they are being tried", async () => {
    const stores = memoryStores();
    await createRecorder(stores, now).record(early);
    const without = agreementEvent({ packages: [] });
    const amendment = { id: "amended", time: "2026-02-01T00:00:00Z", type: "support.agreement.amended.v1" };
    const amended = agreementEvent({}, amendment);
    let reads = 0;
    const stopping = aroundStores(stores, async (method, run) => {
      if (method === "rejectedEvents.mendable" && ++reads === 3) {
        const { record } = createRecorder(crashingAtList(stores), now);
        await record([amended]).catch(() => undefined);
      }
      return run();
    });
    await createRecorder(stopping, now).record([without]);
    expect(openRejections(stores)).not.toEqual([]);
    await settleAll(stores);
    expect(openRejections(stores)).toEqual([]);
    expect(rows(stores)).toBe(early.length);
  });

  it("do not hold up each other: what is tried in vain is not tried again by the next call", async () => {
    const stores = memoryStores();
    await createRecorder(stores, now).record(early);
    await slowAfter(stores, 1).record([agreementEvent({ packages: [] })]);
    let calls = 0;
    for (const [ledgerId] = await stores.store.unsettled(); ledgerId !== undefined; ) {
      calls += 1;
      if (await slowAfter(stores, 1).catchUp(ledgerId, NOW)) break;
      expect(calls).toBeLessThan(3);
    }
    expect(calls).toBe(2);
    expect(openRejections(stores)).toHaveLength(early.length);
  });

  it("are all resolved where the same text was rejected in several months", async () => {
    const stores = memoryStores();
    const bodies = early.slice(0, MENDABLE_PAGE);
    for (const at of ["2026-09-20T00:00:00.000Z", "2026-10-20T00:00:00.000Z", NOW])
      await createRecorder(stores, () => at).record(bodies);
    expect(openRejections(stores)).toHaveLength(3 * MENDABLE_PAGE);
    await createRecorder(stores, now).record([agreementEvent()]);
    expect(openRejections(stores)).toEqual([]);
    expect(rows(stores)).toBe(MENDABLE_PAGE);
  });

  it("stay one rejection when they are tried again in vain in a later month", async () => {
    const stores = memoryStores();
    const other = deliveryEvent("other", { ...proactive, agreementId: "agr-nobody-knows" });
    await createRecorder(stores, () => "2026-10-20T00:00:00.000Z").record([other]);
    await createRecorder(stores, now).record([agreementEvent()]);
    expect(stores.rejected()).toHaveLength(1);
    expect(stores.rejected()[0]).toMatchObject({ month: "2026-10", reason: { code: "unknownAgreement" } });
  });

  it("come to the figures of the model, however many there are", async () => {
    await checkAgainstModel([early, [agreementEvent()]]);
  });
});

const crashingAtList = (stores: RecorderStores): RecorderStores =>
  aroundStores(stores, (method, run) =>
    method === "rejectedEvents.mendable" ? Promise.reject(new Error("the process has ended")) : run(),
  );
