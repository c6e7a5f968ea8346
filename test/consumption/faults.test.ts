import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { checkConcurrent, checkCrashes, checkEveryFault } from "./checks.ts";
import { scenarios } from "./scenarios.ts";
import { worldArbitrary } from "./worlds.ts";

describe("faults at every await point (LE-04)", () => {
  it.each(scenarios)("count each event exactly once: $name", async (scenario) => {
    const pairs = await checkEveryFault(scenario);
    console.log(`${scenario.name}: ${pairs} pairs of await point and fault`);
    expect(pairs).toBeGreaterThan(0);
  });

  it("count each event exactly once, whatever fails however often", async () => {
    let faults = 0;
    await fc.assert(
      fc.asyncProperty(worldArbitrary, fc.integer(), async (batches, seed) => {
        faults += await checkCrashes(batches, seededRandom(seed));
      }),
      { numRuns: 300 },
    );
    console.log(`${faults} random faults`);
    expect(faults).toBeGreaterThan(1_000);
  });
});

describe("recorders at the same time (LE-04)", () => {
  it("count each event of one agreement once: eight of them, overlapping batches, repeats", async () => {
    const events = Array.from({ length: 60 }, (_, index) =>
      deliveryEvent(`d${index}`, {
        quantity: index + 1,
        deliveredAt: `2026-0${1 + (index % 3)}-10T10:00:00Z`,
      }),
    );
    const reversals = Array.from({ length: 20 }, (_, index) =>
      reversalEvent(
        `r${index}`,
        `d${index % 10}`,
        { quantity: 1 + (index % 4) },
        { time: `2026-05-01T00:00:${10 + index}Z` },
      ),
    );
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const shares = Array.from({ length: 8 }, () =>
        cut(random.shuffled([...events, ...reversals]).slice(0, 50), 1 + random.below(12)),
      );
      shares.push([...cut(events, 10), ...cut(reversals, 10)]);
      await checkConcurrent([[agreementEvent()]], shares, random);
    }
  });

  it("come to the same figures as one after another, agreement events among them", async () => {
    await fc.assert(
      fc.asyncProperty(
        worldArbitrary,
        fc.integer(),
        fc.integer({ min: 2, max: 4 }),
        async (batches, seed, count) => {
          const shares = Array.from({ length: count }, (_, share) =>
            batches.filter((_batch, index) => index % count === share),
          );
          await checkConcurrent([], shares, seededRandom(seed));
        },
      ),
      { numRuns: 300 },
    );
  });
});

function cut(events: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
    events.slice(index * size, (index + 1) * size),
  );
}
