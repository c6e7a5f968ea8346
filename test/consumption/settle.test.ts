import { describe, expect, it } from "vitest";
import { ledgerIdSchema } from "../../src/consumption/entry.ts";
import { createLedgerCache } from "../../src/consumption/ledger-cache.ts";
import { createRecorder, type RecorderStores } from "../../src/consumption/record.ts";
import { settleLedger } from "../../src/consumption/settle.ts";
import { aroundStores } from "../fakes/around-stores.ts";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { checkRebuild, figuresOf } from "./checks.ts";
import { NOW, now } from "./state.ts";

const ledgerId = ledgerIdSchema.parse(`${CUSTOMER}/${AGREEMENT}`);
const LATER = "2026-11-20T01:00:00.000Z";
const other = agreementEvent({ agreementId: "agr-other", packages: [] }, { id: "other" });
const oneMonth = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    deliveryEvent(`case-${index}`, { deliveredAt: "2026-03-15T10:00:00Z" }),
  );
const back = [3, 150].map((index) => reversalEvent(`back-${index}`, `case-${index}`, { quantity: 2 }));

/** Cases of one month that an agreement comes after. */
async function unsettled(count: number): Promise<MemoryStores> {
  const stores = memoryStores();
  await createRecorder(stores, now).record([other]);
  await createRecorder(stores, now).record([...oneMonth(count), ...back]);
  const [outcome] = await createRecorder(stores, afterEventOf(stores)).record([agreementEvent()]);
  expect(outcome).toEqual({ status: "recorded" });
  expect(moved(stores)).toBe(0);
  return stores;
}

/** A clock that leaves no time for anything that follows an agreement event. */
function afterEventOf(stores: MemoryStores): () => string {
  const isThere = () => stores.documents(ledgerId).some((each) => each.kind === "agreementEntry");
  return () => (isThere() ? LATER : NOW);
}

const rowsOf = (stores: MemoryStores, account: string): number =>
  Object.entries(figuresOf(stores).counts).reduce(
    (sum, [key, [, rows]]) => (key.includes(account) ? sum + rows : sum),
    0,
  );
const moved = (stores: MemoryStores): number => rowsOf(stores, "e:ent-adv");

const settle = (stores: RecorderStores, clock: () => string, rowsMax?: number) =>
  settleLedger(
    { store: stores.store, cache: createLedgerCache(stores.store), now: clock },
    ledgerId,
    NOW,
    rowsMax,
  );

describe("settling (CA-16)", () => {
  it("stops within a month when the time is over, and goes on there", async () => {
    const stores = await unsettled(200);
    let commits = 0;
    const slow = aroundStores(stores, (method, run) => {
      if (method === "commit") commits += 1;
      return run();
    });
    let before = 0;
    for (;;) {
      const budget = commits + 1;
      if (await settle(slow, () => (commits < budget ? NOW : LATER))) break;
      expect(moved(stores)).toBeGreaterThanOrEqual(before);
      expect(moved(stores) - before).toBeLessThanOrEqual(40);
      before = moved(stores);
      expect(moved(stores) + rowsOf(stores, "a:")).toBe(202);
      expect(commits).toBeLessThan(30);
    }
    expect(commits).toBeGreaterThan(4);
    expect(moved(stores)).toBe(202);
    expect(rowsOf(stores, "a:")).toBe(0);
    await checkRebuild(stores);
  });

  it("holds no more than a few entries of a month that is large", async () => {
    const stores = await unsettled(200);
    let largest = 0;
    const watching = aroundStores(stores, async (_method, run) => {
      const answer = await run();
      if (Array.isArray(answer)) largest = Math.max(largest, answer.length);
      return answer;
    });
    const moving: number[] = [];
    const { commit } = watching.store;
    const counting = {
      ...watching,
      store: {
        ...watching.store,
        commit: (id: typeof ledgerId, operations: Parameters<typeof commit>[1]) => {
          moving.push(operations.filter(({ document }) => document.kind === "entry").length);
          return commit(id, operations);
        },
      },
    };
    expect(await settle(counting, now)).toBe(true);
    expect(largest).toBeLessThanOrEqual(40);
    expect(Math.max(...moving)).toBeLessThanOrEqual(40);
    // The first page is moved before the second is read.
    expect(moving[0]).toBeLessThan(100);
  });

  it("says that it is not done, and does not throw, when others are always faster", async () => {
    const stores = await unsettled(3);
    const contended = aroundStores(stores, (method, run, refusals) => {
      const [refused] = refusals;
      return method === "commit" && refused !== undefined ? Promise.resolve(refused) : run();
    });
    expect(await settle(contended, now)).toBe(false);
    expect(await settle(stores, now)).toBe(true);
    expect(moved(stores)).toBe(3);
  });

  it("of a large ledger is left to the timer, whatever time a batch has", async () => {
    const stores = memoryStores();
    const { record, catchUp } = createRecorder(stores, now);
    await record([other]);
    await record(oneMonth(5_001));
    expect(await record([agreementEvent()])).toEqual([{ status: "recorded" }]);
    expect(moved(stores)).toBe(0);
    expect(await stores.store.unsettled()).toEqual([ledgerId]);
    expect(await catchUp(ledgerId, NOW)).toBe(true);
    expect(moved(stores)).toBe(5_001);
    expect(await stores.store.unsettled()).toEqual([]);
  });

  it("leaves a ledger alone that has more rows to settle than it may read", async () => {
    const stores = await unsettled(10);
    expect(await settle(stores, now, 10)).toBe(false);
    expect(moved(stores)).toBe(0);
    expect(await settle(stores, now, 11)).toBe(true);
  });
});
