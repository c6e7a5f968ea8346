import { describe, expect, it } from "vitest";
import { createRecorder } from "../../src/consumption/record.ts";
import { aroundStores } from "../fakes/around-stores.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { checkAgainstModel, checkConcurrent, figuresOf } from "./checks.ts";
import { expectedOf } from "./naive-model.ts";
import { now, settleAll } from "./state.ts";

describe("a mapping that is made later (CA-16)", () => {
  const cases = Array.from({ length: 60 }, (_, index) =>
    deliveryEvent(`case-${index}`, {
      quantity: index + 1,
      deliveredAt: `2026-0${1 + (index % 4)}-15T10:00:00Z`,
      ...(index % 5 === 0 ? { request: { number: `C${index}`, category: "SU" } } : {}),
    }),
  );
  const back = [3, 4, 5].map((index) => reversalEvent(`back-${index}`, `case-${index}`, { quantity: 2 }));
  const other = agreementEvent({ agreementId: "agr-other", packages: [] }, { id: "other" });

  it("moves every case with its reversals to the entitlement, and each counts exactly once", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([other]);
    await record([...cases, ...back]);
    const accounts = () => new Set(Object.keys(figuresOf(stores).counts).map((key) => key.split(" | ")[1]));
    expect(accounts()).toEqual(new Set(["a:advisory:minutes"]));
    await record([agreementEvent()]);
    expect(accounts()).toEqual(new Set(["a:advisory:minutes", "e:ent-adv"]));
    await checkAgainstModel([[other], [...cases, ...back], [agreementEvent()]]);
  });

  it("does not depend on whether a case in another unit came before its agreement or after it", async () => {
    const inCredits = agreementEvent({
      packages: [basePackage({ entitlements: [entitlement("ent-adv", "advisory", { unit: "credits" })] })],
    });
    const minutes = deliveryEvent("minutes");
    const credits = deliveryEvent("credits", { unit: "credits", quantity: 2 });
    const ends = [];
    for (const order of [
      [other, minutes, credits, inCredits],
      [other, inCredits, minutes, credits],
      [other, minutes, inCredits, credits],
    ]) {
      const stores = memoryStores();
      const { record } = createRecorder(stores, now);
      for (const body of order) await record([body]);
      ends.push(figuresOf(stores).counts);
    }
    expect(Object.keys(ends[0] ?? {})).toHaveLength(2);
    expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
  });

  it("refuses an amendment that gives an entitlement another unit, and leaves its figures alone", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([agreementEvent(), deliveryEvent("before")]);
    const before = figuresOf(stores).counts;
    const packages = [
      basePackage({ entitlements: [entitlement("ent-adv", "advisory", { unit: "credits" })] }),
    ];
    const envelope = { id: "changed", time: "2026-02-01T00:00:00Z", type: "support.agreement.amended.v1" };
    const [outcome] = await record([agreementEvent({ packages }, envelope)]);
    expect(outcome).toMatchObject({ status: "rejected", rejection: { code: "entitlementChanged" } });
    expect(figuresOf(stores).counts).toEqual(before);
  });

  it("refuses an amendment when all that was ever named no longer fits a document, and goes on without it", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    const description = "地".repeat(1_300);
    const year = (round: number): string =>
      agreementEvent(
        {
          packages: [
            basePackage({
              entitlements: Array.from({ length: 12 }, (_, index) =>
                entitlement(`ent-${round}-${index}`, "other", { description }),
              ),
            }),
          ],
        },
        { id: `amended-${round}`, time: new Date(Date.UTC(2026, 0, 2, round)).toISOString() },
      );
    const outcomes = [];
    for (let round = 0; round < 24; round++) outcomes.push(...(await record([year(round)])));
    const codes = outcomes.map((each) => (each.status === "rejected" ? each.rejection.code : each.status));
    expect(new Set(codes)).toEqual(new Set(["recorded", "agreementTooLarge"]));
    expect(await record([deliveryEvent("after")])).toEqual([{ status: "recorded" }]);
  });

  it("moves events of any size: no move is larger than a transaction may be", async () => {
    const note = "地".repeat(20_000);
    const events = cases.map((body) => {
      const event = JSON.parse(body);
      return JSON.stringify({ ...event, data: { ...event.data, deliveredAt: "2026-03-15T10:00:00Z", note } });
    });
    await checkAgainstModel([[other], events, [agreementEvent()]]);
  });

  it("moves them back when an amendment takes the entitlement away, and again when it gives it back", async () => {
    const amendment = (id: string, time: string) => ({ id, time, type: "support.agreement.amended.v1" });
    const without = agreementEvent({ packages: [] }, amendment("without", "2026-01-02T00:00:00Z"));
    const again = agreementEvent({}, amendment("again", "2026-01-03T00:00:00Z"));
    for (const order of [
      [agreementEvent(), without, again],
      [again, without, agreementEvent()],
      [without, again, agreementEvent()],
    ]) {
      await checkAgainstModel([cases, [other], cases, ...order.map((event) => [event]), back]);
    }
  });

  it("counts each case exactly once while events keep arriving at other recorders", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const shares = [0, 1, 2].map((share) =>
        cases.filter((_, index) => index >= 20 && index % 3 === share).map((body) => [body]),
      );
      await checkConcurrent(
        [[other], cases.slice(0, 20)],
        [...shares, [back], [[agreementEvent()]], [cases.slice(0, 10)]],
        random,
      );
    }
  });

  it("shows each case in exactly one account at every moment of the move", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([other]);
    await record(cases);
    const total = () =>
      Object.values(figuresOf(stores).counts).reduce((sum, [quantity]) => sum + quantity, 0);
    const before = total();
    let moments = 0;
    let isDone = false;
    const watch = async (): Promise<void> => {
      while (!isDone) {
        expect(total()).toBe(before);
        moments += 1;
        await Promise.resolve();
      }
    };
    const move = record([agreementEvent()]).finally(() => {
      isDone = true;
    });
    await Promise.all([move, watch()]);
    expect(moments).toBeGreaterThan(10);
    expect(total()).toBe(before);
  });

  it("leaves nothing where outdated terms put it, when a slow mover ends just after newer terms were settled", async () => {
    const amendment = (id: string, time: string) => ({ id, time, type: "support.agreement.amended.v1" });
    const without = agreementEvent({ packages: [] }, amendment("without", "2026-01-02T00:00:00Z"));
    const again = agreementEvent({}, amendment("again", "2026-01-03T00:00:00Z"));
    const setup = [agreementEvent(), ...cases.slice(0, 2)];
    /** Newer terms are settled before call `pause`, and the mover ends `more` calls after it. */
    const run = async (pause: number, more: number): Promise<boolean> => {
      const stores = memoryStores();
      await createRecorder(stores, now).record(setup);
      let calls = 0;
      const mover = aroundStores(stores, async (_method, call) => {
        calls += 1;
        if (calls > pause + more) throw new Error("the mover has ended");
        if (calls === pause) await createRecorder(stores, now).record([again]);
        return call();
      });
      await createRecorder(mover, now)
        .record([without])
        .catch(() => undefined);
      await createRecorder(stores, now).record([without, again]);
      await settleAll(stores);
      const expected = expectedOf([...setup, without, again]);
      expect(figuresOf(stores), `newer terms before call ${pause}, end ${more} later`).toEqual(expected);
      return calls >= pause;
    };
    for (let pause = 1; await run(pause, 0); pause++) {
      for (const more of [1, 2, 3]) await run(pause, more);
    }
  });
});
