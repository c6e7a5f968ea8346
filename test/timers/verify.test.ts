import { describe, expect, it } from "vitest";
import { ledgerIdOf } from "../../src/consumption/entry.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { verifyLedger } from "../../src/consumption/verify.ts";
import { aroundStores } from "../fakes/around-stores.ts";
import { agreementEvent, basePackage, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { agreementId, customerId, type MemoryWorld, memoryWorld } from "../reports/support/world.ts";

const ledgerId = ledgerIdOf(customerId, agreementId);

async function busyWorld(): Promise<MemoryWorld> {
  const world = memoryWorld();
  await world.record(
    agreementEvent(),
    deliveryEvent("feb", { deliveredAt: "2026-02-10T00:00:00Z" }),
    deliveryEvent("march"),
  );
  await world.record(reversalEvent("back", "march", { quantity: 5 }));
  return world;
}

/** The same ledgers, to which something happens just before the call of this number. */
function disturbed(world: MemoryWorld, at: number, happen: () => Promise<void>) {
  let calls = 0;
  const { store }: RecorderStores = aroundStores(world.ledgers, async (_method, run) => {
    calls += 1;
    if (calls === at) await happen();
    return run();
  });
  return { store, calls: () => calls };
}

const happenings: readonly (readonly [string, readonly string[]])[] = [
  ["a delivery is recorded", [deliveryEvent("late")]],
  ["a delivery of a new month is recorded", [deliveryEvent("new", { deliveredAt: "2026-05-01T00:00:00Z" })]],
  ["a delivery is reversed", [reversalEvent("undo", "feb")]],
  [
    "the terms change",
    [
      agreementEvent(
        { packages: [basePackage({ packageId: "pkg-new" })] },
        { id: "amended", type: "support.agreement.amended.v1", time: "2026-01-02T00:00:00Z" },
      ),
    ],
  ],
];

describe("the proof of the roll-ups", () => {
  it.each(happenings)("raises no false alarm when %s while it reads", async (_, bodies) => {
    let undecided = 0;
    for (let at = 1; ; at++) {
      const world = await busyWorld();
      const { store, calls } = disturbed(world, at, () => world.record(...bodies));
      const verification = await verifyLedger(store, ledgerId);
      if (calls() < at) break;
      expect(verification?.differences, `call ${at}`).toEqual([]);
      if (verification?.undecided === "changed") undecided += 1;
      expect(await verifyLedger(world.ledgers.store, ledgerId)).toMatchObject({
        differences: [],
        undecided: undefined,
      });
    }
    if (!bodies.some((body) => body.includes("amended"))) expect(undecided).toBeGreaterThan(0);
  });

  it("tells no difference of a ledger that is not settled to its terms", async () => {
    const world = await busyWorld();
    const { store } = world.ledgers;
    world.ledgers.dropRollups();
    const unsettled = {
      ...store,
      readHead: async (id: typeof ledgerId) => {
        const head = await store.readHead(id);
        return head && { ...head, value: { ...head.value, revision: head.value.settledRevision + 1 } };
      },
    };
    expect(await verifyLedger(unsettled, ledgerId)).toMatchObject({
      differences: [],
      undecided: "unsettled",
    });
  });

  it("tells a difference of a month that is still, also while another month is written to", async () => {
    const world = await busyWorld();
    const { store } = world.ledgers;
    const wrong = {
      ...store,
      allRollups: async (id: typeof ledgerId) =>
        (await store.allRollups(id)).filter(({ value }) => value.month !== "2026-02"),
    };
    let pages = 0;
    const busy = {
      ...wrong,
      async *entries(id: typeof ledgerId) {
        pages += 1;
        if (pages === 1) await world.record(deliveryEvent("late"));
        yield* store.entries(id);
      },
    };
    const verification = await verifyLedger(busy, ledgerId);
    expect(verification).toMatchObject({
      differences: [{ rollupId: expect.stringContaining("2026-02"), stored: undefined }],
      undecided: "changed",
    });
  });
});
