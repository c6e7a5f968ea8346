import { describe, expect, it } from "vitest";
import type { Fault } from "../../local/faults.ts";
import { canonicalJson } from "../../src/consumption/entry.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { verifyLedger } from "../../src/consumption/verify.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { createQueue, NOW, settleAll } from "./state.ts";
import { openFaultyCosmos } from "./store-targets.ts";

const faults: readonly Fault[] = [
  { kind: "status", status: 429, retryAfterMs: 1 },
  { kind: "status", status: 503, retryAfterMs: 1 },
  { kind: "refused" },
  { kind: "lost" },
];

/** Runs at the same time: most of the time of one passes while the client waits before it tries again. */
const RUNS_AT_ONCE = 12;

const setup = [
  [deliveryEvent("early"), reversalEvent("back", "case-1", { quantity: 5 })],
  [deliveryEvent("case-0", { agreementId: "agr-t-base" })],
];
const batches = [
  [
    agreementEvent(),
    deliveryEvent("case-1"),
    deliveryEvent("april", { deliveredAt: "2026-04-01T00:00:00Z" }),
  ],
  [deliveryEvent("case-1"), deliveryEvent("proactive", { service: "proactive", entitlementId: "ent-pro" })],
  [reversalEvent("too-much", "proactive", { quantity: 16 }), deliveryEvent("bad", { unit: "credits" })],
];

describe("faults of every HTTP request to the store, through the real SDK (LE-04)", () => {
  it("count each event exactly once", { timeout: 120_000 }, async () => {
    const clean = await runWith(-1, undefined);
    const pairs = Array.from({ length: clean.requests }, (_, index) => index).flatMap((index) =>
      faults.map((fault) => ({ index, fault })),
    );
    const ends: string[] = [];
    const waiting = [...pairs];
    const work = async (): Promise<void> => {
      for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
        const { state } = await runWith(pair.index, pair.fault);
        if (state !== clean.state) ends.push(`${canonicalJson(pair)}: ${state}`);
      }
    };
    await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
    console.log(`${pairs.length} pairs of HTTP request and fault`);
    expect(pairs.length).toBeGreaterThan(100);
    expect(JSON.parse(clean.state).counts).toEqual({
      "cust-t/agr-t-base | e:ent-adv | 2026-03": [40, 4],
      "cust-t/agr-t-base | e:ent-adv | 2026-04": [15, 1],
      "cust-t/agr-t-base | e:ent-pro | 2026-03": [15, 1],
    });
    expect(ends).toEqual([]);
  });
});

/** @param index of the request that suffers `fault`, counted from the first after the setup. */
async function runWith(index: number, fault: Fault | undefined) {
  let requests = 0;
  let armed = false;
  const cosmos = await openFaultyCosmos(() => (armed && requests++ === index ? fault : undefined));
  try {
    const stores = await cosmos.freshStores();
    const queue = createQueue(() => stores);
    await queue.deliver(setup);
    armed = true;
    await queue.deliver(batches);
    armed = false;
    await settleAll(stores);
    return { requests, state: await stateThrough(stores) };
  } finally {
    await cosmos.close();
  }
}

/** What the stores hold, read as the product reads it. */
async function stateThrough({ store, rejectedEvents }: RecorderStores): Promise<string> {
  const counts: Record<string, readonly [number, number]> = {};
  const postings: Record<string, unknown> = {};
  for await (const ledgerIds of store.allLedgers()) {
    for (const ledgerId of ledgerIds) {
      expect((await verifyLedger(store, ledgerId))?.differences).toEqual([]);
      for (const { value } of await store.allRollups(ledgerId)) {
        const [total] = Object.values(value.totals);
        if (total !== undefined) counts[`${ledgerId} | ${value.account} | ${value.month}`] = total;
      }
      for await (const page of store.entries(ledgerId)) {
        for (const { value } of page)
          postings[value.event.id] = [value.account, value.at, value.quantity, value.state, value.code];
      }
    }
  }
  const page = {
    month: NOW.slice(0, 7),
    after: undefined,
    status: "rejected",
    customerIds: undefined,
    limit: 100,
  } as const;
  const rejections = (await rejectedEvents.page(page)).map(
    ({ event, reason }) => `${event.id}: ${reason.code}`,
  );
  return canonicalJson({ counts, postings, rejections: rejections.toSorted() });
}
