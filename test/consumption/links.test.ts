import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementIdSchema, customerIdSchema } from "../../src/agreements/ids.ts";
import { ledgerIdOf } from "../../src/consumption/entry.ts";
import { createLedgerCache } from "../../src/consumption/ledger-cache.ts";
import { createRecorder, type RecorderStores } from "../../src/consumption/record.ts";
import { relink } from "../../src/consumption/record-links.ts";
import { aroundStores } from "../fakes/around-stores.ts";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { callFaults, type FaultPlan, faultyStores, writeFaults } from "../fakes/faulty-stores.ts";
import { interleavedStores } from "../fakes/interleaved-stores.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { figuresOf } from "./checks.ts";
import { checkLinkedFigures, decide, follow, openWorkspaces, WHENEVER } from "./link-checks.ts";
import { createQueue, NOW, now, settleAll, stateOf } from "./state.ts";
import { type LinkChange, linkChangeArbitrary, workspacesWorldArbitrary } from "./worlds.ts";

const customerId = customerIdSchema.parse(CUSTOMER);
const agreementId = agreementIdSchema.parse(AGREEMENT);
const ledgerId = ledgerIdOf(customerId, agreementId);

const linkA: LinkChange = {
  workspaceId: "ws-a",
  agreementId: AGREEMENT,
  link: { isLinked: true, packageIds: [] },
};
const unlinkA: LinkChange = { ...linkA, link: { isLinked: false, packageIds: [] } };
const unlinkDefault: LinkChange = { ...unlinkA, workspaceId: "ws-default" };

const cases = Array.from({ length: 30 }, (_, index) =>
  deliveryEvent(`case-${index}`, {
    quantity: index + 1,
    workspaceId: index % 3 === 0 ? undefined : "ws-a",
    deliveredAt: `2026-0${1 + (index % 3)}-15T10:00:00Z`,
  }),
);
const back = [3, 4, 5].map((index) => reversalEvent(`back-${index}`, `case-${index}`, { quantity: 2 }));

async function openedStores(): Promise<MemoryStores> {
  const stores = memoryStores();
  await openWorkspaces(stores);
  return stores;
}

const headOf = async (stores: RecorderStores) => (await stores.store.readHead(ledgerId))?.value;
const accessOf = (stores: RecorderStores) => ({ ...stores, cache: createLedgerCache(stores.store), now });
const minutesOn = (stores: MemoryStores, account: string): number =>
  Object.entries(figuresOf(stores).counts).reduce(
    (sum, [key, [quantity]]) => (key.includes(account) ? sum + quantity : sum),
    0,
  );

describe("the links of a ledger", () => {
  it("are the customer's, and a case moves with them and counts exactly once (CA-16)", async () => {
    const stores = await openedStores();
    const { record } = createRecorder(stores, now);
    await record([agreementEvent()]);
    await record([...cases, ...back]);
    const total = minutesOn(stores, "");
    expect(minutesOn(stores, "a:")).toBeGreaterThan(0);
    await decide(stores, linkA);
    await follow(() => stores, linkA);
    expect(minutesOn(stores, "a:")).toBe(0);
    expect(minutesOn(stores, "e:ent-adv")).toBe(total);
    await decide(stores, unlinkDefault);
    await follow(() => stores, unlinkDefault);
    expect(minutesOn(stores, "a:")).toBeGreaterThan(0);
    expect(minutesOn(stores, "")).toBe(total);
    await checkLinkedFigures(stores, [agreementEvent(), ...cases, ...back]);
  });

  it("are of no concern where there is no ledger", async () => {
    const stores = await openedStores();
    await decide(stores, linkA);
    expect(await createRecorder(stores, now).relink(customerId, agreementId, WHENEVER)).toBe(true);
    expect(await headOf(stores)).toBeUndefined();
  });

  it("leave everything as it is where nothing differs, but for the version that was looked at", async () => {
    const stores = await openedStores();
    const { record, relink: again } = createRecorder(stores, now);
    await record([agreementEvent(), ...cases]);
    const before = await headOf(stores);
    await decide(stores, { ...linkA, agreementId: "agr-another" });
    expect(await again(customerId, agreementId, WHENEVER)).toBe(true);
    expect(await headOf(stores)).toEqual({ ...before, linksVersion: (before?.linksVersion ?? 0) + 1 });
    const tag = (await stores.store.readHead(ledgerId))?.etag;
    expect(await again(customerId, agreementId, WHENEVER)).toBe(true);
    expect((await stores.store.readHead(ledgerId))?.etag).toBe(tag);
  });

  it("never go back to those of an older customer, in whatever order two changes reach the ledger", async () => {
    for (const first of [unlinkA, linkA]) {
      const stores = await openedStores();
      await createRecorder(stores, now).record([agreementEvent(), ...cases]);
      await decide(stores, first);
      await follow(() => stores, first);
      await decide(stores, unlinkA);
      const older = await stores.customers.read(customerId);
      await decide(stores, linkA);
      let isLate = false;
      const slow = aroundStores(stores, async (method, run) => {
        // Between the read of the customer and the write to its ledger the newer one is there, all of it.
        if (method === "readHead" && !isLate) {
          isLate = true;
          await follow(() => stores, linkA);
        }
        return run();
      });
      const outdated = { ...slow, customers: { ...slow.customers, read: async () => older } };
      await relink(accessOf(outdated), customerId, agreementId);
      expect((await headOf(stores))?.links).toEqual({ "ws-a": linkA.link });
      await checkLinkedFigures(stores, [agreementEvent(), ...cases]);
    }
  });

  it("are given up on with an error, and no harm, when others are always faster", async () => {
    const stores = await openedStores();
    await createRecorder(stores, now).record([agreementEvent(), ...cases]);
    const before = stateOf(stores);
    await decide(stores, linkA);
    const contended = aroundStores(stores, (method, run, refusals) => {
      const [refused] = refusals;
      return method === "commit" && refused !== undefined ? Promise.resolve(refused) : run();
    });
    await expect(relink(accessOf(contended), customerId, agreementId)).rejects.toThrow("contended");
    expect(JSON.parse(stateOf(stores)).ledgers).toEqual(JSON.parse(before).ledgers);
  });

  it("are not settled to in time where there is none left, and the timer goes on", async () => {
    const stores = await openedStores();
    await createRecorder(stores, now).record([agreementEvent(), ...cases]);
    await decide(stores, linkA);
    const { relink: late } = createRecorder(stores, () => "2026-11-21T00:00:00.000Z");
    expect(await late(customerId, agreementId, NOW)).toBe(false);
    expect(await stores.store.unsettled()).toEqual([ledgerId]);
    await checkLinkedFigures(stores, [agreementEvent(), ...cases]);
    expect(await stores.store.unsettled()).toEqual([]);
  });

  it("are not lost in whatever order the link, the agreement and its deliveries come", async () => {
    const ends = new Set<string>();
    const agreement = [agreementEvent()];
    const steps = {
      link: linkA,
      agreement,
      deliveries: cases.slice(0, 6),
      more: cases.slice(6, 12),
    } as const;
    for (const order of permutations(Object.values(steps))) {
      const stores = await openedStores();
      const queue = createQueue(() => stores);
      for (const step of order) {
        if ("link" in step) await decide(stores, step).then(() => follow(() => stores, step));
        else await queue.deliver([step]);
      }
      await checkLinkedFigures(stores, [...agreement, ...cases.slice(0, 12)]);
      ends.add(stateOf(stores));
    }
    expect(ends.size).toBe(1);
  });
});

const stepArbitrary = workspacesWorldArbitrary.chain((batches) =>
  fc
    .array(fc.tuple(fc.nat(batches.length), linkChangeArbitrary), { maxLength: 6 })
    .map((changes) => ({ batches, changes })),
);

describe("links that change among events", () => {
  it("come to the figures that the last ones give alone, at whatever moments they are made and unmade", async () => {
    await fc.assert(
      fc.asyncProperty(stepArbitrary, async ({ batches, changes }) => {
        const stores = await openedStores();
        const queue = createQueue(() => stores);
        for (let index = 0; index <= batches.length; index++) {
          for (const [, change] of changes.filter(([at]) => at === index)) {
            await decide(stores, change);
            await follow(() => stores, change);
          }
          await queue.deliver(batches.slice(index, index + 1));
        }
        await checkLinkedFigures(stores, batches.flat());
      }),
      { numRuns: 300 },
    );
  });

  it("come to the same while events keep arriving and several links are made at once", async () => {
    await fc.assert(
      fc.asyncProperty(stepArbitrary, fc.integer(), async ({ batches, changes }, seed) => {
        const stores = await openedStores();
        const interleaved = interleavedStores(stores, seededRandom(seed));
        const shares = [0, 1].map((share) => batches.filter((_, index) => index % 2 === share));
        const linkers = changes.map(async ([, change]) => {
          await decide(interleaved, change);
          await follow(() => interleaved, change);
        });
        await Promise.all([
          ...shares.map((share) => createQueue(() => interleaved).deliver(share)),
          ...linkers,
        ]);
        await checkLinkedFigures(stores, batches.flat());
      }),
      { numRuns: 300 },
    );
  });

  it("come to the same whatever fails, however often", async () => {
    let faults = 0;
    await fc.assert(
      fc.asyncProperty(stepArbitrary, fc.integer(), async ({ batches, changes }, seed) => {
        const stores = await openedStores();
        const random = seededRandom(seed);
        const plan: FaultPlan = ({ canBeRefused }) => {
          if (random.below(8) > 0) return undefined;
          faults += 1;
          return random.pick(canBeRefused ? [...callFaults, ...writeFaults] : callFaults);
        };
        const failing = (failures: number): RecorderStores => {
          const faulty = faultyStores(stores, failures < 15 ? plan : () => undefined);
          faulty.arm();
          return faulty.stores;
        };
        for (let index = 0; index <= batches.length; index++) {
          for (const [, change] of changes.filter(([at]) => at === index)) {
            await decide(stores, change);
            await follow(failing, change);
          }
          await createQueue(failing).deliver(batches.slice(index, index + 1));
        }
        await checkLinkedFigures(stores, batches.flat());
      }),
      { numRuns: 150 },
    );
    expect(faults).toBeGreaterThan(500);
  });

  it("count each case exactly once whatever befalls any call of the move", async () => {
    const bodies = [agreementEvent(), ...cases.slice(0, 9), ...back];
    const endOf = async (plan: FaultPlan) => {
      const stores = await openedStores();
      await createQueue(() => stores).deliver([bodies]);
      await decide(stores, linkA);
      const faulty = faultyStores(stores, plan);
      faulty.arm();
      await follow((failures) => (failures === 0 ? faulty.stores : stores), linkA);
      await settleAll(stores);
      return { stores, state: stateOf(stores), calls: faulty.calls() };
    };
    const clean = await endOf(() => undefined);
    await checkLinkedFigures(clean.stores, bodies);
    let pairs = 0;
    for (const [index, { method, canBeRefused }] of clean.calls.entries()) {
      for (const fault of canBeRefused ? [...callFaults, ...writeFaults] : callFaults) {
        const { state } = await endOf((call) => (call.index === index ? fault : undefined));
        expect(JSON.parse(state), `${fault} at call ${index} (${method})`).toEqual(JSON.parse(clean.state));
        pairs += 1;
      }
    }
    expect(pairs).toBeGreaterThan(100);
  });

  it("show each case in exactly one account at every moment of the move", async () => {
    const stores = await openedStores();
    await createRecorder(stores, now).record([agreementEvent(), ...cases, ...back]);
    const before = minutesOn(stores, "");
    const seen = new Set<number>();
    let isDone = false;
    const watch = async (): Promise<void> => {
      while (!isDone) {
        expect(minutesOn(stores, "")).toBe(before);
        seen.add(minutesOn(stores, "a:"));
        await Promise.resolve();
      }
    };
    await decide(stores, linkA);
    const move = follow(() => stores, linkA).finally(() => {
      isDone = true;
    });
    await Promise.all([move, watch()]);
    // Month by month: neither all at once nor not at all.
    expect(seen.size).toBeGreaterThan(2);
    expect(minutesOn(stores, "")).toBe(before);
  });
});

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}
