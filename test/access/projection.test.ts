import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../fakes/random.ts";
import { checkDirectory } from "./checks.ts";
import { checkLagging } from "./follow-up-checks.ts";
import { lives } from "./random-operations.ts";
import { liveAlone, liveTogether, liveWithFaults, watchVersions } from "./run.ts";

describe("after anything that happens to two customers, access follows from their documents", () => {
  it("when it happens one after another: at once, without the timer", async () => {
    await fc.assert(
      fc.asyncProperty(lives, async (life) => {
        const watch = watchVersions();
        checkDirectory(await liveAlone(life, watch.adapt));
        watch.check();
      }),
      { numRuns: 300 },
    );
  });

  it("when it happens at the same time, and nobody's access ever goes back to an older state", async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.integer({ min: 2, max: 5 }), fc.integer(), async (life, count, seed) => {
        const watch = watchVersions();
        checkDirectory(await liveTogether(life, count, seededRandom(seed), watch.adapt));
        watch.check();
      }),
      { numRuns: 300 },
    );
  });

  it("and never goes back to an older state where a store answers with what was", async () => {
    await fc.assert(
      fc.asyncProperty(lives, fc.integer(), (life, seed) => checkLagging(life, seededRandom(seed))),
      { numRuns: 200 },
    );
  });

  it("when calls fail and processes end anywhere: once the timer has run", async () => {
    let faultsSeen = 0;
    await fc.assert(
      fc.asyncProperty(lives, fc.integer(), async (life, seed) => {
        const watch = watchVersions();
        const { stores, faults } = await liveWithFaults(life, seededRandom(seed), watch.adapt);
        faultsSeen += faults;
        checkDirectory(stores);
        watch.check();
      }),
      { numRuns: 150 },
    );
    console.log(`${faultsSeen} random faults`);
    expect(faultsSeen).toBeGreaterThan(1_000);
  });
});
