import { LEASE_MS } from "../../../src/reports/report.ts";
import type { Random } from "../../fakes/random.ts";
import { aroundWorld } from "./around-world.ts";
import type { World } from "./world.ts";

/** Pauses anywhere, now and then until its lease has run out, and fails now and then. */
export function unluckyMaker(world: World, random: Random): World {
  const pause = async (): Promise<void> => {
    for (let turns = random.below(12); turns > 0; turns--) await Promise.resolve();
    if (random.below(40) === 0) world.clock.forward(LEASE_MS);
  };
  return aroundWorld(world, async (method, run) => {
    await pause();
    const luck = random.below(60);
    if (luck === 0) throw new Error(`${method} was not done`);
    const value = await run();
    if (luck === 1) throw new Error(`the answer of ${method} was lost`);
    await pause();
    return value;
  });
}

/** The save that issues the report fails, and is done all the same just before a later call. */
export function lateIssue(world: World, arrivesBefore: string): World {
  let arrive: (() => Promise<unknown>) | undefined;
  const around = aroundWorld(world, async (method, run) => {
    if (method === arrivesBefore && arrive !== undefined) {
      const landing = arrive;
      arrive = undefined;
      await landing();
    }
    return run();
  });
  return {
    ...around,
    reports: {
      ...around.reports,
      save: async (report, etag) => {
        if (report.status !== "succeeded") return around.reports.save(report, etag);
        arrive = () => world.reports.save(report, etag);
        throw new Error("no answer came");
      },
    },
  };
}
