import { describe, expect, it } from "vitest";
import { periodOfMonth } from "../../src/reports/period.ts";
import type { Schedule } from "../../src/subscriptions/schedule.ts";
import { type Random, seededRandom } from "../fakes/random.ts";
import { faults, faultyTimer, randomTimer } from "./around-timer.ts";
import { expectEachOnce, expectNoneLost } from "./expect-exactly-once.ts";
import { type SubscriptionWorld, subscriptionWorld } from "./subscription-world.ts";

const HOUR_MS = 3_600_000;

/** Something was sent of December; now January is due, and December has changed since. */
async function twoDue(): Promise<SubscriptionWorld> {
  const world = subscriptionWorld();
  world.at("2026-01-01T12:00:00.000Z");
  await world.create({ sendsCorrections: true });
  world.deliver(periodOfMonth("2025-12"), 3);
  world.at("2026-01-03T07:00:00.000Z");
  await world.settle();
  world.deliver(periodOfMonth("2025-12"), 1);
  world.deliver(periodOfMonth("2026-01"), 5);
  world.at("2026-02-03T07:00:00.000Z");
  return world;
}

describe("each due occurrence is delivered exactly once (EX-10)", () => {
  it("whatever fails at whichever call of the timer, when it runs again", async () => {
    const dry = await twoDue();
    const { faulty: watched, calls } = faultyTimer(dry, () => undefined);
    await dry.tick(watched);
    await dry.make();
    dry.pass(HOUR_MS);
    await dry.tick(watched);
    await expectEachOnce(dry);
    expect(calls()).toBeGreaterThan(30);
    let pairs = 0;
    for (let index = 0; index < calls(); index++) {
      for (const fault of faults) {
        const world = await twoDue();
        const { faulty } = faultyTimer(world, (call) => (call === index ? fault : undefined));
        await world.tick(faulty);
        await world.make();
        world.pass(HOUR_MS);
        await world.tick(faulty);
        await world.settle();
        await expectEachOnce(world);
        const delivered = world.kept("reportRun").filter(({ status }) => status === "delivered");
        expect(delivered.map(({ runId }) => runId.slice(23)).toSorted()).toEqual([
          "2026-01",
          "2026-02",
          "2026-02~correction-2026-01",
        ]);
        expect((await world.allReports()).length).toBe(3);
        pairs += 1;
      }
    }
    console.log(`${pairs} pairs of call and fault`);
  });

  it("by several timers at once, with faults, missed runs and outages, through months of any schedules", async () => {
    let delivered = 0;
    let corrections = 0;
    let skipped = 0;
    let left = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const world = subscriptionWorld();
      const subscriptions = [];
      for (let count = 1 + random.below(2); count > 0; count--)
        subscriptions.push(
          await world.create({
            name: `Subscription ${count}`,
            schedule: someSchedule(random),
            skipsWhenEmpty: random.below(2) === 0,
            sendsCorrections: random.below(2) === 0,
          }),
        );
      for (let steps = 0; steps < 20; steps++) await step(world, random);
      await world.settle();
      await expectEachOnce(world);
      for (const each of subscriptions) left += expectNoneLost(world, each);
      const runs = world.kept("reportRun");
      const sent = runs.filter(({ status }) => status === "delivered");
      delivered += sent.length;
      corrections += sent.filter(({ isCorrection }) => isCorrection).length;
      skipped += runs.filter(({ status }) => status === "skipped").length;
    }
    console.log(JSON.stringify({ delivered, corrections, skipped, left }));
    expect(Math.min(delivered, corrections, skipped, left)).toBeGreaterThan(50);
  }, 60_000);
});

function someSchedule(random: Random): Schedule {
  const timeZone = random.pick(["Europe/Madrid", "America/Sao_Paulo", "Asia/Kolkata"]);
  const at = { hour: random.below(24), minute: random.below(60), timeZone };
  switch (random.below(3)) {
    case 0:
      return { every: "week", weekday: 1 + random.below(7), ...at };
    case 1:
      return { every: "month", dayOfMonth: random.pick([1, 3, 15, 31, "last"]), ...at };
    default:
      return { every: "quarter", monthOfQuarter: 1 + random.below(3), dayOfMonth: 2, ...at };
  }
}

/** Time passes, something is delivered, and timers run or do not, in step or not; now and then a maker has its turn. */
async function step(world: SubscriptionWorld, random: Random): Promise<void> {
  world.pass(random.pick([1, 5, 20, 40, 80, 200, 200, 300, random.pick([500, 1_500])]) * HOUR_MS);
  const month = String(1 + random.below(12)).padStart(2, "0");
  const known = world.kept("reportRun").map(({ period }) => period);
  world.deliver(known[random.below(2 * known.length + 1)] ?? periodOfMonth(`2026-${month}`), 1);
  if (random.below(6) === 0) return;
  const timers = Array.from({ length: 1 + random.below(3) }, () => randomTimer(world, random, 12));
  await Promise.all(timers.map((each) => world.tick(each)));
  if (random.below(3) > 0) await world.make();
  await world.tick(randomTimer(world, random, 12));
}
