import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recountTargets } from "../../functions/timer/response-targets.ts";
import { defaultCalendar } from "../../src/support/target-calendar.ts";
import { withTargets } from "../../src/support/target-check.ts";
import { SETTLE_MS } from "../../src/support/target-watch.ts";
import { keptLog } from "../timers/kept-log.ts";
import { type Around, openTargetStores, type TargetWorld, targetWorld } from "./target-world.ts";

// A Tuesday, 10:00 in Madrid; eight business hours from then end on Wednesday at 10:00 there.
const OPENED = "2026-06-02T08:00:00.000Z";
const IN_MADRID = "2026-06-03T08:00:00.001Z";
// 13:30 in Kolkata: three and a half hours are left of that day.
const IN_KOLKATA = "2026-06-03T08:00:00.001Z";
// 4:00 in New York: the day there begins at 9:00 and is whole.
const IN_NEW_YORK = "2026-06-02T21:00:00.001Z";
const later = (ms: number): string => new Date(Date.parse(OPENED) + ms).toISOString();

let stores: Awaited<ReturnType<typeof openTargetStores>>;
beforeAll(async () => {
  stores = await openTargetStores();
});
afterAll(() => stores.close());

async function recount(world: TargetWorld, now: string, around?: Around): Promise<string> {
  const log = keptLog();
  await recountTargets(world.timers(around), { log, now: () => Date.parse(now) });
  return log.infos.join();
}

async function minimalWorld(): Promise<TargetWorld> {
  const world = await targetWorld(stores.container);
  await world.open("INC1", OPENED, { severity: "minimal" });
  expect(await checkOf(world)).toBe(IN_MADRID);
  return world;
}
const checkOf = async (world: TargetWorld) => (await world.request("INC1")).nextTargetCheckAt;

describe("a customer that moved to another time zone", () => {
  it("has its open requests counted anew there, and is looked at until nobody can still count by the old one", async () => {
    const world = await minimalWorld();
    await world.moveTo("America/New_York");
    expect(await recount(world, later(60_000))).toContain('"counted":1');
    expect(await checkOf(world)).toBe(IN_NEW_YORK);
    // An instance that kept the old one wrote it once more.
    const stale = { calendar: defaultCalendar("Europe/Madrid"), revision: 0 };
    await world.rewrite("INC1", (request) => withTargets(request, stale, OPENED));
    await recount(world, later(60_000 + SETTLE_MS));
    expect(await checkOf(world)).toBe(IN_NEW_YORK);
    expect((await world.customer())?.zoneChange).toEqual({ seenAt: later(60_000) });
    await recount(world, later(60_001 + SETTLE_MS));
    expect((await world.customer())?.zoneChange).toBeUndefined();
    expect(await recount(world, later(60_002 + SETTLE_MS))).toContain('"done":0');
  });

  it("has it done whatever is refused at whichever call, and again when it moves on meanwhile", async () => {
    for (let refusedCall = 0; refusedCall < 6; refusedCall += 1) {
      const world = await minimalWorld();
      await world.moveTo("America/New_York");
      let calls = 0;
      const around: Around = async (_method, call) => {
        calls += 1;
        if (calls - 1 === refusedCall) throw Object.assign(new Error("refused"), { code: 500 });
        return call();
      };
      await recount(world, later(60_000), around).catch(() => undefined);
      await recount(world, later(120_000));
      expect(await checkOf(world), `call ${refusedCall}`).toBe(IN_NEW_YORK);
      await world.moveTo("Asia/Kolkata");
      expect((await world.customer())?.zoneChange).toEqual({ seenAt: null });
      await recount(world, later(180_000));
      expect(await checkOf(world), `call ${refusedCall}`).toBe(IN_KOLKATA);
    }
  });

  it("counts nothing anew where it has a calendar of its own, and settles all the same", async () => {
    const world = await minimalWorld();
    await world.setCalendar(OPENED, defaultCalendar("Europe/Madrid"));
    await recount(world, later(2 * SETTLE_MS));
    await world.moveTo("America/New_York");
    expect(await recount(world, later(3 * SETTLE_MS))).toContain('"counted":0');
    await recount(world, later(5 * SETTLE_MS));
    expect(await checkOf(world)).toBe(IN_MADRID);
    expect((await world.customer())?.zoneChange).toBeUndefined();
  });

  it("is not one that is told the same zone again", async () => {
    const world = await minimalWorld();
    await world.moveTo("Europe/Madrid");
    expect((await world.customer())?.zoneChange).toBeUndefined();
  });
});
