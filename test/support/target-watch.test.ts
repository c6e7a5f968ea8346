import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  noticeMissedTargets,
  recountTargets,
  type TargetTimers,
} from "../../functions/timer/response-targets.ts";
import { assignRole } from "../../src/access/role-assignment.ts";
import { withResponse } from "../../src/support/request-responses.ts";
import { defaultCalendar } from "../../src/support/target-calendar.ts";
import { withTargets } from "../../src/support/target-check.ts";
import { SETTLE_MS } from "../../src/support/target-watch.ts";
import { keptLog } from "../timers/kept-log.ts";
import {
  ADVOCATE,
  type Around,
  CSAM,
  openTargetStores,
  type TargetWorld,
  targetWorld,
} from "./target-world.ts";

const HOUR_MS = 3_600_000;
// A Tuesday, 10:00 in Madrid.
const OPENED = "2026-06-02T08:00:00.000Z";
const DUE = "2026-06-02T10:00:00.000Z";
const later = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();
const NOW = later(DUE, 60_000);

let stores: Awaited<ReturnType<typeof openTargetStores>>;
beforeAll(async () => {
  stores = await openTargetStores();
});
afterAll(() => stores.close());

async function run(
  work: typeof noticeMissedTargets,
  timers: TargetTimers,
  now = NOW,
): Promise<ReturnType<typeof keptLog>> {
  const log = keptLog();
  await work(timers, { log, now: () => Date.parse(now) });
  return log;
}
const notice = (world: TargetWorld, now = NOW, around?: Around) =>
  run(noticeMissedTargets, world.timers(around), now);
const recount = (world: TargetWorld, now: string, around?: Around) =>
  run(recountTargets, world.timers(around), now);

async function missedWorld(): Promise<TargetWorld> {
  const world = await targetWorld(stores.container);
  await world.open("INC1", OPENED);
  return world;
}

async function expectNoticedOnce(world: TargetWorld, context: string): Promise<void> {
  const request = await world.request("INC1");
  expect(
    {
      milestones: (await world.milestones()).map(({ target, missedAt, at }) => ({ target, missedAt, at })),
      told: await world.told(),
      nextTargetCheckAt: request.nextTargetCheckAt,
      noticed: request.targetMarks?.noticed,
    },
    context,
  ).toEqual({
    milestones: [{ target: "firstResponse", missedAt: DUE, at: DUE }],
    told: [ADVOCATE, CSAM],
    nextTargetCheckAt: null,
    noticed: { firstResponse: OPENED, nextUpdate: null },
  });
}

class Injected extends Error {
  readonly code: number | string;
  constructor(code: number | string) {
    super(`injected ${code}`);
    this.code = code;
  }
}

const faults = [
  "crashBefore",
  "crashAfter",
  "lost",
  "412",
  "429",
  "503",
  "refused",
  "doneThenRefused",
] as const;

/** Suffers one fault at one call. A process that crashed does nothing more. */
function suffering(at: number, fault: (typeof faults)[number]) {
  let calls = 0;
  let ended = false;
  const around: Around = async (_method, work, [refusal]) => {
    if (ended) throw new Injected("ENDED");
    const isHere = calls++ === at;
    if (!isHere) return work();
    ended = fault.startsWith("crash");
    if (fault === "crashBefore") throw new Injected("ENDED");
    if (fault === "crashAfter" || fault === "lost") {
      await work();
      throw new Injected("ECONNRESET");
    }
    if (fault === "refused") return refusal ?? work();
    if (fault !== "doneThenRefused") throw new Injected(Number(fault));
    const done = await work();
    return refusal ?? done;
  };
  return { around, calls: () => calls };
}

describe("what was missed is noticed exactly once (SR-14)", () => {
  it("whatever fails at whichever call, when the next run comes", async () => {
    const dry = await missedWorld();
    const counting = suffering(-1, "lost");
    await notice(dry, NOW, counting.around);
    await expectNoticedOnce(dry, "without a fault");
    expect(counting.calls()).toBeGreaterThanOrEqual(8);
    for (let at = 0; at < counting.calls(); at += 1) {
      for (const fault of faults) {
        const world = await missedWorld();
        await notice(world, NOW, suffering(at, fault).around).catch(() => undefined);
        await notice(world, later(NOW, 60_000));
        await expectNoticedOnce(world, `${fault} at call ${at}`);
      }
    }
  });

  it("by runs that overlap, wherever the second one comes in between", async () => {
    const counting = suffering(-1, "lost");
    await notice(await missedWorld(), NOW, counting.around);
    for (let at = 0; at < counting.calls(); at += 1) {
      const world = await missedWorld();
      let calls = 0;
      await notice(world, NOW, async (_method, work) => {
        if (calls++ === at) await notice(world, later(NOW, 1));
        return work();
      });
      await expectNoticedOnce(world, `before call ${at}`);
    }
    const world = await missedWorld();
    await Promise.all(Array.from({ length: 8 }, () => notice(world)));
    await expectNoticedOnce(world, "eight at once");
  });

  it("and nothing is written where another run was faster", async () => {
    const world = await missedWorld();
    const called: string[] = [];
    await notice(world, NOW, async (method, work) => {
      if (method === "facts") await notice(world);
      called.push(method);
      return work();
    });
    expect(called).toEqual(["dueChecks", "facts", "read"]);
  });

  it("however often the timer runs after it, and each clock has its own", async () => {
    const world = await missedWorld();
    for (let minute = 0; minute < 5; minute += 1) await notice(world, later(NOW, minute * 60_000));
    await expectNoticedOnce(world, "after five runs");
    const respondedAt = later(DUE, HOUR_MS);
    await world.rewrite("INC1", (request) => {
      const answered = { ...request, responses: withResponse(request.responses, respondedAt) };
      return withTargets(answered, { calendar: defaultCalendar("UTC"), revision: 0 }, respondedAt);
    });
    const updateDue = later(respondedAt, 2 * HOUR_MS);
    await notice(world, updateDue);
    expect(await world.milestones()).toHaveLength(1);
    for (let ms = 1; ms < 4; ms += 1) await notice(world, later(updateDue, ms));
    expect((await world.milestones()).map(({ target, missedAt }) => [target, missedAt])).toEqual([
      ["firstResponse", DUE],
      ["nextUpdate", updateDue],
    ]);
    expect(await world.told()).toEqual([ADVOCATE, ADVOCATE, CSAM, CSAM]);
  });

  it("also of those behind one that cannot be read, and the run shows as failed", async () => {
    const world = await missedWorld();
    await stores.container.items.create({
      id: "request~BROKEN",
      kind: "supportRequest",
      customerId: world.customerId,
      number: "BROKEN",
      nextTargetCheckAt: OPENED,
    });
    await expect(notice(world)).rejects.toThrow("noticeMissedTargets: 1 of 2 failed");
    await expectNoticedOnce(world, "beside a broken one");
  });
});

describe("who is told that a target was missed", () => {
  it("is nobody of an incentive-related request, though its creator finds it on the timeline", async () => {
    const world = await targetWorld(stores.container);
    await world.open("INC1", OPENED, { isIncentiveRelated: true });
    await notice(world);
    expect(await world.milestones()).toHaveLength(1);
    expect(await world.messages()).toEqual([]);
  });

  it("is nobody of what was missed a day before it was noticed, or earlier", async () => {
    const world = await missedWorld();
    await world.open("INC2", OPENED);
    await notice(world, later(DUE, 24 * HOUR_MS));
    expect([(await world.milestones()).length, await world.told()]).toEqual([2, []]);
    const other = await missedWorld();
    await notice(other, later(DUE, 24 * HOUR_MS - 1));
    expect(await other.told()).toEqual([ADVOCATE, CSAM]);
  });

  it("are account managers whom somebody assigned too, and no advocate who could not open it", async () => {
    const world = await targetWorld(stores.container, { accountTeam: [{ email: CSAM, role: "csam" }] });
    const assigned = { email: "second@provider.example", role: "csam" } as const;
    const doing = { customerId: world.customerId, actor: { subject: "csam" }, at: OPENED, key: "assign" };
    const [change] = assignRole(doing, undefined, assigned);
    await world.directory.commit(change);
    await world.open("INC1", OPENED);
    await notice(world);
    expect(await world.told()).toEqual([CSAM, assigned.email]);
  });
});

describe("somebody who is named as advocate and sees another agreement's requests alone", () => {
  it("is not told", async () => {
    const accountTeam = [
      { email: CSAM, role: "csam" },
      { email: ADVOCATE, role: "incidentManager" },
    ];
    const world = await targetWorld(stores.container, { accountTeam });
    await world.open("INC1", OPENED);
    await notice(world);
    expect(await world.told()).toEqual([CSAM]);
  });
});

describe("a changed calendar", () => {
  const madrid = defaultCalendar("Europe/Madrid");
  const always = [{ from: "00:00", to: "24:00" }];
  const roundTheClock = {
    ...madrid,
    week: {
      monday: always,
      tuesday: always,
      wednesday: always,
      thursday: always,
      friday: always,
      saturday: always,
      sunday: always,
    },
  };
  const closedToday = { ...madrid, holidays: ["2026-06-02"] };
  const CHANGED = later(OPENED, 60_000);

  async function minimalWorld(): Promise<TargetWorld> {
    const world = await targetWorld(stores.container);
    await world.open("INC1", OPENED, { severity: "minimal" });
    return world;
  }
  const checkOf = async (world: TargetWorld) => (await world.request("INC1")).nextTargetCheckAt;

  it("counts open requests anew, sooner or later, whatever fails at whichever call", async () => {
    const expected = [
      [roundTheClock, later(OPENED, 8 * HOUR_MS + 1)],
      [closedToday, "2026-06-03T15:00:00.001Z"],
    ] as const;
    for (const [calendar, check] of expected) {
      const dry = await minimalWorld();
      expect(await checkOf(dry)).toBe("2026-06-03T08:00:00.001Z");
      await dry.setCalendar(CHANGED, calendar);
      const counting = suffering(-1, "lost");
      await recount(dry, CHANGED, counting.around);
      expect(await checkOf(dry)).toBe(check);
      for (let at = 0; at < counting.calls(); at += 1) {
        for (const fault of faults) {
          const world = await minimalWorld();
          await world.setCalendar(CHANGED, calendar);
          await recount(world, CHANGED, suffering(at, fault).around).catch(() => undefined);
          await recount(world, later(CHANGED, 60_000));
          expect(await checkOf(world), `${fault} at call ${at}`).toBe(check);
        }
      }
    }
  });

  it("is settled only when nobody can still count by the one before, and then looked at no more", async () => {
    const world = await minimalWorld();
    const stale = { calendar: madrid, revision: 0 };
    await world.setCalendar(CHANGED, roundTheClock);
    await recount(world, later(CHANGED, 60_000));
    // An instance that kept the old one wrote it once more.
    await world.rewrite("INC1", (request) => withTargets(request, stale, CHANGED));
    expect((await world.calendars.read(world.customerId))?.value.isSettled).toBe(false);
    await recount(world, later(CHANGED, SETTLE_MS));
    expect(await checkOf(world)).toBe(later(OPENED, 8 * HOUR_MS + 1));
    expect((await world.calendars.read(world.customerId))?.value.isSettled).toBe(false);
    await recount(world, later(CHANGED, SETTLE_MS + 1));
    expect((await world.calendars.read(world.customerId))?.value.isSettled).toBe(true);
    const log = await recount(world, later(CHANGED, SETTLE_MS + 2));
    expect(log.infos).toEqual(['{"event":"recountTargets","done":0,"failed":0,"left":0,"counted":0}']);
    await world.setCalendar(later(CHANGED, 2 * SETTLE_MS), closedToday);
    expect((await recount(world, later(CHANGED, 2 * SETTLE_MS))).infos[0]).toContain('"counted":1');
  });

  it("counts those beside one that cannot be read, is not settled then, and shows as failed", async () => {
    const world = await targetWorld(stores.container);
    await stores.container.items.create({
      id: "request~BROKEN",
      kind: "supportRequest",
      customerId: world.customerId,
      number: "BROKEN",
      nextTargetCheckAt: OPENED,
      targetMarks: { calendarRevision: 0 },
    });
    await world.open("INC1", OPENED, { severity: "minimal" });
    await world.setCalendar(CHANGED, roundTheClock);
    await expect(recount(world, later(CHANGED, 2 * SETTLE_MS))).rejects.toThrow("1 of 1 failed");
    expect(await checkOf(world)).toBe(later(OPENED, 8 * HOUR_MS + 1));
    expect((await world.calendars.read(world.customerId))?.value.isSettled).toBe(false);
  });

  it("notices nothing again that was noticed by the one before", async () => {
    const world = await targetWorld(stores.container);
    await world.open("INC1", OPENED, { severity: "minimal" });
    const due = "2026-06-03T08:00:00.000Z";
    await notice(world, later(due, 1));
    expect(await world.milestones()).toMatchObject([{ missedAt: due }]);
    await world.setCalendar(later(due, 2), { ...madrid, holidays: ["2026-06-02", "2026-06-03"] });
    await recount(world, later(due, 60_000));
    await world.rewrite("INC1", (request) => ({ ...request, nextTargetCheckAt: due }));
    await notice(world, "2026-07-01T00:00:00.000Z");
    expect(await world.milestones()).toHaveLength(1);
    expect(await checkOf(world)).toBeNull();
  });

  it("is what decides when a check is due, although it was found by the one before", async () => {
    const world = await minimalWorld();
    const timers = world.timers();
    // This instance has the one before in its cache.
    await timers.support.calendars.current(world.customerId);
    await world.setCalendar(CHANGED, closedToday);
    await run(noticeMissedTargets, timers, "2026-06-03T08:00:00.001Z");
    expect(await world.milestones()).toEqual([]);
    expect(await checkOf(world)).toBe("2026-06-03T15:00:00.001Z");
  });
});
