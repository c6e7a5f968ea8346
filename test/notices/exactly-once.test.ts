import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGREEMENT, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type Random, seededRandom } from "../fakes/random.ts";
import { aroundWatcher, type Fault, faults, faultyWatcher } from "./around-watcher.ts";
import { inShort, type NoticeWorld, noticeWorld, oneAllowance } from "./notice-world.ts";
import { addWebhook } from "./some-notices.ts";

/** A customer with a webhook, that has used what crosses 75 and 90 percent, and whose package ends soon. */
async function crossedWorld(): Promise<NoticeWorld> {
  const world = noticeWorld("2026-12-01T12:00:00.000Z");
  await addWebhook(world);
  await world.record(oneAllowance(), deliveryEvent("d-1", { quantity: 550 }));
  return world;
}

const EXPECTED = ["allowanceUsed 75 #1", "allowanceUsed 90 #1", "packageExpiring 30 #1"];

/** Each notice once, one message of each crossing for each person, one delivery of each notice. */
function expectExactlyOnce(world: NoticeWorld, expected: readonly string[] = EXPECTED): void {
  expect(inShort(world.kept("notice")).toSorted()).toEqual(expected);
  const told = world.kept("message").map(({ to, content }) => `${to.email} ${content.template}`);
  expect(told.toSorted()).toEqual([
    "admin@cust-t.example allowanceUsed",
    "admin@cust-t.example packageExpiring",
  ]);
  const delivered = world.kept("webhookDelivery").map(({ noticeId }) => noticeId);
  expect(delivered.toSorted()).toEqual(
    world
      .kept("notice")
      .map(({ noticeId }) => noticeId)
      .toSorted(),
  );
}

describe("a notice is given exactly once (CA-20)", () => {
  it("whatever fails at whichever call, when the next run comes", async () => {
    const dry = await crossedWorld();
    const { faulty: watched, calls } = faultyWatcher(dry.watcher, () => undefined);
    await dry.look(watched);
    expectExactlyOnce(dry);
    expect(calls()).toBeGreaterThan(10);
    let pairs = 0;
    for (let index = 0; index < calls(); index++) {
      for (const fault of faults) {
        const world = await crossedWorld();
        const { faulty } = faultyWatcher(world.watcher, (call) => (call === index ? fault : undefined));
        await world.look(faulty).catch(() => []);
        await world.look();
        await world.look();
        expectExactlyOnce(world);
        pairs += 1;
      }
    }
    console.log(`${pairs} pairs of call and fault`);
  });

  it("by runs that overlap, whichever overtakes which", async () => {
    let overtaken = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const world = await crossedWorld();
      const random = seededRandom(seed);
      const counting = aroundWatcher(pausing(world, random), async (_method, run) => {
        const value = await run();
        if (isOvertaken(value)) overtaken += 1;
        return value;
      });
      await Promise.all(Array.from({ length: 4 }, () => world.look(counting)));
      expectExactlyOnce(world);
    }
    expect(overtaken).toBeGreaterThan(100);
  });

  it("while what is used rises and falls between the reads of overlapping runs: never more than it rose", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const world = noticeWorld();
      const random = seededRandom(seed);
      await world.setRules({ expiryDays: [], allowancePercents: [75] });
      await world.record(oneAllowance(), deliveryEvent("d-0", { quantity: 400 }));
      let rises = 0;
      const use = async (): Promise<void> => {
        for (let turn = 1; turn <= 3; turn++) {
          await pause(random);
          await world.record(deliveryEvent(`up-${turn}`, { quantity: 100 }));
          rises += 1;
          await pause(random);
          if (turn < 3) await world.record(reversalEvent(`down-${turn}`, `up-${turn}`));
        }
      };
      const runs = Array.from({ length: 3 }, async () => {
        for (let looks = 0; looks < 4; looks++) await world.look(pausing(world, random));
      });
      await Promise.all([use(), ...runs]);
      await world.look();
      const given = world.kept("notice").map(({ crossing }) => crossing);
      // The last rise stays: it is told. Others may have been over before anybody looked.
      expect(given.length).toBeGreaterThan(0);
      expect(given.length).toBeLessThanOrEqual(rises);
      expect(given).toEqual(Array.from(given, (_, index) => index + 1));
    }
  });

  it("by a run that has read what is used, when it falls and another run sees that first", async () => {
    const world = noticeWorld();
    await world.record(oneAllowance(), deliveryEvent("d-1", { quantity: 450 }));
    expect(await world.look()).toHaveLength(1);
    const late = aroundWatcher(world.watcher, async (method, run) => {
      const value = await run();
      if (method === "ledger") {
        await world.record(reversalEvent("r-1", "d-1"));
        expect(await world.look()).toEqual([]);
      }
      return value;
    });
    expect(await world.look(late)).toEqual([]);
    expect(world.kept("noticeState")).toMatchObject([{ levels: { 75: { isReached: false, crossings: 1 } } }]);
  });

  it("through any number of runs with any faults among any events, as often as a look at each state would tell", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("use" as const), quantity: fc.integer({ min: 1, max: 600 }) }),
      fc.record({ kind: fc.constant("back" as const), of: fc.nat(20) }),
      fc.record({ kind: fc.constant("repeat" as const), of: fc.nat(20) }),
    );
    let crossings = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.integer(), async (steps, seed) => {
        const random = seededRandom(seed);
        const world = noticeWorld();
        const calm = noticeWorld();
        for (const each of [world, calm]) {
          await each.setRules({ expiryDays: [] });
          await each.record(oneAllowance());
        }
        const events: string[] = [];
        for (const [index, each] of steps.entries()) {
          const event = eventOf(each, index, events);
          events.push(event);
          for (const one of [world, calm]) await recordAnyway(one, event);
          await calm.look();
          for (let runs = random.below(3); runs > 0; runs--)
            await world.look(failing(world, random)).catch(() => []);
          await world.look();
        }
        crossings += calm.kept("notice").length;
        expect(inShort(world.kept("notice"))).toEqual(inShort(calm.kept("notice")));
        expect(world.kept("message").map(({ id }) => id)).toEqual(calm.kept("message").map(({ id }) => id));
      }),
      { numRuns: 200 },
    );
    expect(crossings).toBeGreaterThan(100);
  });
});

const isOvertaken = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "outcome" in value && value.outcome === "overtaken";

type Step =
  | { readonly kind: "use"; readonly quantity: number }
  | { readonly kind: "back" | "repeat"; readonly of: number };

function eventOf(step: Step, index: number, events: readonly string[]): string {
  if (step.kind === "use") return deliveryEvent(`d-${index}`, { quantity: step.quantity });
  const of = step.of % (index + 1);
  if (step.kind === "back") return reversalEvent(`r-${index}`, `d-${of}`, { agreementId: AGREEMENT });
  return events[of] ?? oneAllowance();
}

/** A reversal may name what was never delivered, or is taken back already. */
const recordAnyway = (world: NoticeWorld, event: string): Promise<void> =>
  world.record(event).catch(() => undefined);

const failing = (world: NoticeWorld, random: Random) =>
  faultyWatcher(world.watcher, (): Fault | undefined =>
    random.below(6) === 0 ? random.pick(faults) : undefined,
  ).faulty;

async function pause(random: Random): Promise<void> {
  for (let turns = random.below(12); turns > 0; turns--) await Promise.resolve();
}

const pausing = (world: NoticeWorld, random: Random) =>
  aroundWatcher(world.watcher, async (_method, run) => {
    await pause(random);
    const value = await run();
    await pause(random);
    return value;
  });
