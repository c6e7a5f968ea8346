import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { workspaceIdSchema } from "../../src/agreements/ids.ts";
import {
  accountSchema,
  canonicalJson,
  entitlementAccount,
  ledgerIdSchema,
  monthOf,
} from "../../src/consumption/entry.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import {
  addPosting,
  apply,
  type CountedPosting,
  newRollup,
  type Rollup,
  totalOf,
} from "../../src/consumption/rollup.ts";
import { rebuildLedger } from "../../src/consumption/verify.ts";
import { agreementEvent, deliveryEvent } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { checkAgainstModel, checkRebuild, figuresOf } from "./checks.ts";
import { now, stateOf } from "./state.ts";
import { worldArbitrary } from "./worlds.ts";

const ledgerId = ledgerIdSchema.parse("cust-t/agr-t-base");
const account = entitlementAccount("ent-adv");

const posting = fc.record({
  account: fc.constantFrom(account, accountSchema.parse("a:advisory:minutes")),
  at: fc
    .date({
      min: new Date("2026-01-01T00:00:00Z"),
      max: new Date("2026-03-31T23:59:59Z"),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
  workspaceId: fc
    .constantFrom("ws-default", "ws-a", "10", "9", "09")
    .map((id) => workspaceIdSchema.parse(id)),
  quantity: fc.integer({ min: -1_000_000, max: 1_000_000 }),
  state: fc.constant("posted" as const),
});

const bytesOf = (rollups: ReadonlyMap<string, Rollup>): string =>
  JSON.stringify([...rollups].toSorted(([left], [right]) => (left < right ? -1 : 1)));

function folded(postings: readonly CountedPosting[]): Map<string, Rollup> {
  const rollups = new Map<string, Rollup>();
  for (const each of postings) addPosting(rollups, ledgerId, 1, each);
  return rollups;
}

const ofOneMonth = (postings: readonly CountedPosting[]): CountedPosting[] =>
  postings.map((each) => ({ ...each, account, at: `2026-03${each.at.slice(7)}` }));

describe("a roll-up", () => {
  it("has the same bytes whatever the order of its postings", () => {
    fc.assert(
      fc.property(
        fc
          .array(posting, { maxLength: 30 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([postings, shuffled]) => {
          expect(bytesOf(folded(shuffled))).toBe(bytesOf(folded(postings)));
        },
      ),
    );
  });

  it("has the counts it had before once a posting is applied and taken back, whatever came between", () => {
    fc.assert(
      fc.property(fc.array(posting, { maxLength: 20 }), posting, (all, extra) => {
        const [one, ...others] = ofOneMonth([extra, ...all]);
        if (one === undefined) return;
        const start = newRollup(ledgerId, account, "2026-03", 1);
        const without = others.reduce((rollup, each) => apply(rollup, each), start);
        const between = others.reduce((rollup, each) => apply(rollup, each), apply(start, one));
        const { lastAt: _, ...after } = apply(between, one, -1);
        const { lastAt: __, ...expected } = without;
        expect(canonicalJson(after)).toBe(canonicalJson(expected));
      }),
    );
  });

  it("adds up to its postings, in integers (LE-01)", () => {
    fc.assert(
      fc.property(fc.array(posting, { maxLength: 50 }), (all) => {
        const rollups = [...folded(all).values()];
        const sums = rollups.map((rollup) => totalOf(rollup));
        expect(sums.reduce((sum, [quantity]) => sum + quantity, 0)).toBe(
          all.reduce((sum, { quantity }) => sum + quantity, 0),
        );
        expect(sums.reduce((sum, [, rows]) => sum + rows, 0)).toBe(all.length);
        for (const { totals, days } of rollups) {
          for (const [workspaceId, total] of Object.entries(totals)) {
            const counts = Object.values(days[workspaceId] ?? {});
            expect(counts.reduce((sum, [quantity]) => sum + quantity, 0)).toBe(total[0]);
            expect([...total, ...counts.flat()].every(Number.isSafeInteger)).toBe(true);
          }
        }
      }),
    );
  });

  it("stays exact at the largest amounts that a month could hold", () => {
    const one: CountedPosting = {
      account,
      at: "2026-03-01T00:00:00.000Z",
      workspaceId: workspaceIdSchema.parse("ws-default"),
      quantity: 1_000_000,
      state: "posted",
    };
    let rollup = newRollup(ledgerId, account, "2026-03", 1);
    for (let count = 0; count < 10_000; count++) rollup = apply(rollup, one);
    expect(totalOf(rollup)).toEqual([10_000_000_000, 10_000]);
  });

  it("is no larger for a hundred thousand postings than for a thousand", () => {
    const size = (count: number): number => {
      const postings = Array.from({ length: count }, (_, index) => ({
        account,
        at: `2026-03-${String(1 + (index % 31)).padStart(2, "0")}T${String(index % 24).padStart(2, "0")}:00:00.000Z`,
        workspaceId: workspaceIdSchema.parse(`ws-${index % 3}`),
        quantity: 15,
        state: "posted" as const,
      }));
      return JSON.stringify([...folded(postings).values()]).length;
    };
    // Only the numbers get longer: three workspaces of 31 days, at most six digits more each.
    expect(size(100_000)).toBeLessThan(size(1_000) + 3 * 32 * 6);
  });

  it("puts every posting in the UTC month of its instant", () => {
    fc.assert(
      fc.property(posting, (one) => {
        const [rollup] = folded([one]).values();
        expect(rollup?.month).toBe(new Date(one.at).toISOString().slice(0, 7));
        expect(rollup?.month).toBe(monthOf(one.at));
        expect(rollup?.lastAt).toEqual({ [one.workspaceId]: one.at });
      }),
    );
  });
});

describe("the rebuild (LE-06)", () => {
  it("gives back the live roll-ups after any history, when all of them are thrown away", async () => {
    await fc.assert(
      fc.asyncProperty(worldArbitrary, async (batches) => {
        const stores = await checkAgainstModel(batches);
        const live = stateOf(stores);
        stores.dropRollups();
        for (const id of stores.ledgerIds()) await rebuildLedger(stores.store, id);
        expect(stateOf(stores)).toBe(live);
        await checkRebuild(stores);
        // A second one finds nothing to change, and what comes after it counts on top.
        for (const id of stores.ledgerIds()) await rebuildLedger(stores.store, id);
        expect(stateOf(stores)).toBe(live);
      }),
      { numRuns: 150 },
    );
  });

  it("is gone on from by a recorder that remembers the roll-ups from before", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([agreementEvent(), deliveryEvent("d1")]);
    stores.dropRollups();
    for (const id of stores.ledgerIds()) await rebuildLedger(stores.store, id);
    await record([deliveryEvent("d2")]);
    expect(Object.values(figuresOf(stores).counts)).toEqual([[30, 2]]);
    await checkRebuild(stores);
  });

  it("is what tells of a roll-up that somebody changed", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([agreementEvent(), deliveryEvent("d1")]);
    const [rollup] = await stores.store.allRollups(ledgerId);
    if (rollup === undefined) throw new Error("a delivery makes a roll-up");
    const document = { ...rollup.value, totals: { "ws-default": [16, 1] as [number, number] } };
    await stores.store.commit(ledgerId, [{ type: "replace", document, etag: rollup.etag }]);
    await expect(checkRebuild(stores)).rejects.toThrow();
    await rebuildLedger(stores.store, ledgerId);
    await checkRebuild(stores);
  });
});
