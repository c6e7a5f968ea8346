import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/consumption/entry.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { checkAgainstModel, figuresOf } from "./checks.ts";
import { expectedOf } from "./naive-model.ts";
import { now, stateOf } from "./state.ts";
import { worldArbitrary } from "./worlds.ts";

/** Two deliveries in two months, three reversals of the first that ask for more than it has, a repeat, one of the second. */
const seven = [
  deliveryEvent("d1", { quantity: 60, deliveredAt: "2026-03-31T23:30:00Z" }),
  deliveryEvent("d2", { quantity: 25, deliveredAt: "2026-04-01T00:00:00Z" }),
  reversalEvent("r1", "d1", { quantity: 20 }, { time: "2026-04-02T08:00:00Z" }),
  reversalEvent("r2", "d1", { quantity: 50 }, { time: "2026-04-03T08:00:00Z" }),
  reversalEvent("r3", "d1", {}, { time: "2026-04-04T08:00:00Z" }),
  deliveryEvent("d1", { quantity: 60, deliveredAt: "2026-03-31T23:30:00Z" }),
  reversalEvent("r4", "d2", {}, { time: "2026-04-02T08:00:00Z" }),
] as const;

describe("the order of events (LE-05)", () => {
  it("leaves the same bytes whichever of the 5,040 orders seven events come in", async () => {
    const agreement = agreementEvent();
    const ends = new Set<string>();
    let orders = 0;
    for (const order of permutations(seven)) {
      const stores = memoryStores();
      const recorder = createRecorder(stores, now);
      await recorder.record([agreement]);
      for (const body of order) await recorder.record([body]);
      ends.add(`${rollupBytes(stores)}\n${stateOf(stores)}`);
      orders += 1;
      if (orders === 1) assert.deepEqual(figuresOf(stores), expectedOf([agreement, ...seven]));
    }
    expect(orders).toBe(5_040);
    expect([...ends]).toHaveLength(1);
  });

  it("leaves the same bytes whichever order the agreement and two amendments come in, among cases and others", async () => {
    const events = [
      agreementEvent(),
      agreementEvent({ endDate: "2027-03-31" }, amended("amended-1", "2026-02-01T00:00:00Z")),
      agreementEvent({ packages: [] }, amended("amended-2", "2026-08-01T00:00:00Z")),
      deliveryEvent("c1"),
      deliveryEvent("c2", { deliveredAt: "2026-09-01T09:00:00Z" }),
      reversalEvent("r1", "c1", { quantity: 5 }),
    ];
    const ends = new Set<string>();
    for (const order of permutations(events)) {
      const stores = memoryStores();
      const recorder = createRecorder(stores, now);
      for (const body of order) await recorder.record([body]);
      ends.add(stateOf(stores));
      if (ends.size > 1) break;
    }
    expect([...ends]).toHaveLength(1);
  });

  it("comes to the naive model's figures for any events in any order, repeated and batched in any way", async () => {
    await fc.assert(
      fc.asyncProperty(worldArbitrary, async (batches) => {
        await checkAgainstModel(batches);
      }),
      { numRuns: 400 },
    );
  });

  it("counts exactly one of two events with one id and different contents, and lists the other", async () => {
    const one = deliveryEvent("d1", { quantity: 10 });
    const other = deliveryEvent("d1", { quantity: 11 });
    for (const batches of [[[one], [other]], [[other], [one]], [[one, other]], [[other, one, other]]]) {
      const stores = memoryStores();
      const recorder = createRecorder(stores, now);
      await recorder.record([agreementEvent()]);
      for (const batch of batches) await recorder.record(batch);
      const { counts, refused } = figuresOf(stores);
      const first = batches[0]?.[0] === one ? 10 : 11;
      expect(Object.values(counts)).toEqual([[first, 1]]);
      expect(refused).toEqual(["d1"]);
    }
  });
});

const amended = (id: string, time: string) => ({ id, time, type: "support.agreement.amended.v1" });

/** Roll-ups and facts byte by byte, apart from tags and `recordedAt`. */
function rollupBytes(stores: MemoryStores): string {
  const documents = stores.ledgerIds().flatMap((ledgerId) => stores.documents(ledgerId));
  const kept = documents.flatMap((document) => (document.kind === "rollup" ? [document] : []));
  return canonicalJson(kept.toSorted((left, right) => (left.id < right.id ? -1 : 1)));
}

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}
