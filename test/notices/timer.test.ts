import { describe, expect, it } from "vitest";
import { sendWebhooks } from "../../functions/queue/webhooks.ts";
import { RUN_BUDGET_MS } from "../../functions/timer/in-turn.ts";
import { giveNotices } from "../../functions/timer/notices.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { ledgerIdSchema } from "../../src/consumption/entry.ts";
import type { WebhookSending } from "../../src/notices/send-delivery.ts";
import { MISSED_MAX } from "../../src/notices/watch-round.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { memoryWatch } from "../fakes/memory-notices.ts";
import { keptLog } from "../timers/kept-log.ts";
import { noticeWorld } from "./notice-world.ts";

const MINUTE_MS = 60_000;
const ZONES = { "cust-lima": "America/Lima", "cust-madrid": "Europe/Madrid", "cust-tokyo": "Asia/Tokyo" };

/** Customers of three zones, each with an allowance and a package until the end of the year. */
async function timerWorld(start: string) {
  const world = noticeWorld(start);
  for (const [customerId, timeZone] of Object.entries(ZONES)) {
    const packages = [basePackage({ entitlements: [entitlement("ent-adv", "advisory")] })];
    await world.record(agreementEvent({ customerId, timeZone, packages }, { id: customerId }));
  }
  const changes: { ledgerId: ReturnType<typeof ledgerIdSchema.parse>; at: string }[] = [];
  const watch = memoryWatch({
    customers: () =>
      world.stores.customersKept().map(({ customerId, timeZone }) => ({ customerId, timeZone })),
    changes: () => changes,
  });
  let looks: string[] = [];
  const watcher = {
    ...world.watcher,
    activity: {
      ...world.watcher.activity,
      ledger: async (ledgerId: ReturnType<typeof ledgerIdSchema.parse>) => {
        looks.push(ledgerId);
        return world.watcher.activity.ledger(ledgerId);
      },
    },
  };
  let time = Date.parse(start);
  const log = keptLog();
  return {
    ...world,
    watch,
    log,
    forward: (milliseconds: number) => {
      time += milliseconds;
      world.at(new Date(time).toISOString());
    },
    use: async (customerId: string, id: string, quantity: number) => {
      await world.record(deliveryEvent(id, { customerId, quantity }));
      changes.push({
        ledgerId: ledgerIdSchema.parse(`${customerId}/agr-t-base`),
        at: new Date(time).toISOString(),
      });
    },
    /** The customers whose reading fails are not looked at. */
    failingAt: (...ids: readonly string[]) => ({
      customers: {
        read: async (id: ReturnType<typeof customerIdSchema.parse>) => {
          if (ids.includes(id)) throw new Error("not now");
          return world.watcher.customers.read(id);
        },
      },
    }),
    /** @returns the customers that were looked at. */
    run: async (over: Partial<typeof watcher> = {}): Promise<string[]> => {
      looks = [];
      await giveNotices({ watch, watcher: { ...watcher, ...over } }, { log, now: () => time });
      return looks.map((ledgerId) => ledgerId.split("/")[0] ?? "").toSorted();
    },
  };
}

describe("the timer of notices", () => {
  it("looks at everything once, then at what changed since the run before, and at nothing while all is quiet", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    expect(await world.run()).toEqual(Object.keys(ZONES));
    world.forward(4 * MINUTE_MS);
    expect(await world.run()).toEqual([]);
    await world.use("cust-madrid", "d-1", 450);
    world.forward(MINUTE_MS);
    expect(await world.run()).toEqual(["cust-madrid"]);
    expect(world.kept("notice")).toMatchObject([{ customerId: "cust-madrid", threshold: 75 }]);
    // Once more, because clocks differ; then no more.
    world.forward(5 * MINUTE_MS);
    expect(await world.run()).toEqual(["cust-madrid"]);
    world.forward(MINUTE_MS);
    expect(await world.run()).toEqual([]);
    expect(world.kept("notice")).toHaveLength(1);
    expect(world.log.infos.at(-1)).toBe('{"event":"giveNotices","done":0,"failed":0,"left":0,"given":0}');
  });

  it("looks again at what a run failed at, and the others of that run have their notices", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    await world.run();
    world.forward(10 * MINUTE_MS);
    await world.use("cust-lima", "d-1", 450);
    await world.use("cust-tokyo", "d-2", 450);
    world.forward(MINUTE_MS);
    await expect(world.run(world.failingAt("cust-lima"))).rejects.toThrow("giveNotices: 1 of 2 failed");
    expect(world.kept("notice")).toMatchObject([{ customerId: "cust-tokyo" }]);
    world.forward(30 * MINUTE_MS);
    expect(await world.run()).toContain("cust-lima");
    expect(world.kept("notice").map(({ customerId }) => customerId)).toEqual(["cust-tokyo", "cust-lima"]);
  });

  it("gets on although one fails in every run, and looks at that one alone until it succeeds", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    const failing = world.failingAt("cust-lima");
    await expect(world.run(failing)).rejects.toThrow("giveNotices: 1 of 3 failed");
    expect((await world.watch.mark())?.value.changesUntil).toBe("2026-06-01T12:00:00.000Z");
    for (let run = 0; run < 2; run++) {
      world.forward(5 * MINUTE_MS);
      await expect(world.run(failing)).rejects.toThrow("giveNotices: 1 of 1 failed");
    }
    expect((await world.watch.mark())?.value.changesUntil).toBe("2026-06-01T12:10:00.000Z");
    expect(await world.run()).toEqual(["cust-lima"]);
    expect(await world.run()).toEqual([]);
  });

  it("keeps what failed beside the mark, and nothing of it in the process: a restart loses none", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    await world.run();
    world.forward(10 * MINUTE_MS);
    await world.use("cust-lima", "d-1", 450);
    const failing = world.failingAt("cust-lima");
    // The second run is past the overlap: the change alone would no longer be found.
    for (let run = 0; run < 2; run++) {
      await expect(world.run(failing)).rejects.toThrow("giveNotices: 1 of 1 failed");
      world.forward(4 * MINUTE_MS);
    }
    expect((await world.watch.mark())?.value).toEqual({
      changesUntil: "2026-06-01T12:14:00.000Z",
      daysUntil: "2026-06-01T12:00:00.000Z",
      missed: [{ customerId: "cust-lima", agreementId: "agr-t-base" }],
    });
    expect(await world.run()).toEqual(["cust-lima"]);
    expect(world.kept("notice")).toMatchObject([{ customerId: "cust-lima", threshold: 75 }]);
    expect((await world.watch.mark())?.value.missed).toEqual([]);
    world.forward(MINUTE_MS);
    expect(await world.run()).toEqual([]);
  });

  it("looks in the next run at what a run had no time for, and at nothing twice", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    const slow = {
      customers: {
        read: async (id: ReturnType<typeof customerIdSchema.parse>) => {
          world.forward(RUN_BUDGET_MS / 3);
          return world.watcher.customers.read(id);
        },
      },
    };
    const seen: string[] = [];
    for (let run = 0; run < 3; run++) {
      const looked = await world.run(slow);
      expect(looked.length, `run ${run}`).toBeLessThan(3);
      seen.push(...looked);
    }
    expect(seen.toSorted()).toEqual(Object.keys(ZONES));
  });

  it("leaves the mark where it was when more failed than it can name, and looks at all of it again", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    const ids = (count: number) =>
      Array.from({ length: count }, (_, index) => customerIdSchema.parse(`cust-${index}`));
    const runOver = async (customers: readonly ReturnType<typeof customerIdSchema.parse>[]) => {
      const listed = customers.map((customerId) => ({ customerId, timeZone: "Europe/Madrid" }));
      const watch = memoryWatch({ customers: () => listed, changes: () => [] });
      const app = { watch, watcher: { ...world.watcher, ...world.failingAt(...customers) } };
      const run = { log: world.log, now: () => Date.parse("2026-06-01T12:00:00.000Z") };
      await expect(giveNotices(app, run)).rejects.toThrow(`giveNotices: ${customers.length} of`);
      return (await watch.mark())?.value;
    };
    expect((await runOver(ids(MISSED_MAX)))?.missed).toHaveLength(MISSED_MAX);
    expect(await runOver(ids(MISSED_MAX + 1))).toBeUndefined();
  });

  it("tells of an end on the customer's own day, within a quarter of an hour of its midnight", async () => {
    const world = await timerWorld("2026-11-29T00:00:00.000Z");
    const told = new Map<string, string>();
    const looked: string[] = [];
    for (let minute = 0; minute < 3 * 24 * 60; minute++) {
      looked.push(...(await world.run()));
      for (const { customerId, threshold, at } of world.kept("notice"))
        if (threshold === 30) told.set(customerId, at);
      world.forward(MINUTE_MS);
    }
    expect(Object.fromEntries(told)).toEqual({
      "cust-tokyo": "2026-11-30T15:00:00.000Z",
      "cust-madrid": "2026-11-30T23:00:00.000Z",
      "cust-lima": "2026-12-01T05:00:00.000Z",
    });
    // The first run, and once on each of the days that began since.
    expect(looked.toSorted()).toEqual(
      Object.keys(ZONES).flatMap((id) => Array.from({ length: 4 }, () => id)),
    );
    expect(world.watch.listings()).toBe(3 * 24 * 4);
  });

  it("keeps the one mark of two runs at the same time, and gives each notice once", async () => {
    const world = await timerWorld("2026-06-01T12:00:00.000Z");
    await world.use("cust-madrid", "d-1", 600);
    await Promise.all([world.run(), world.run()]);
    expect(world.kept("notice")).toHaveLength(3);
    expect((await world.watch.mark())?.value.changesUntil).toBe("2026-06-01T12:00:00.000Z");
  });
});

describe("the jobs of webhooks", () => {
  const customerId = customerIdSchema.parse("cust-t");
  const job = (index: number) => ({ customerId, deliveryId: String(index).padStart(22, "0") });

  it("of one batch are done side by side, and one that fails, fails no other", async () => {
    const log = keptLog();
    const seen: string[] = [];
    const webhookSending = sendingOf(async (deliveryId) => {
      seen.push(deliveryId);
      if (deliveryId.endsWith("1")) throw new Error("the store is away");
    });
    const context = { ...log, warn: log.error };
    await sendWebhooks({ webhookSending }, [job(1), job(2), job(3)], context);
    expect(seen).toHaveLength(3);
    expect(log.errors).toEqual([`the delivery ${job(1).deliveryId} is left to the timer`]);
    expect(log.infos).toHaveLength(2);
  });

  it("of one batch are over in time, also when one of them never ends", async () => {
    const log = keptLog();
    const webhookSending = sendingOf(async (deliveryId) => {
      if (deliveryId.endsWith("1")) await new Promise(() => undefined);
    });
    await sendWebhooks({ webhookSending }, [job(1), job(2)], { ...log, warn: log.error }, 20);
    expect(log.errors).toEqual([`the delivery ${job(1).deliveryId} is left to the timer`]);
    expect(log.infos).toHaveLength(1);
  });
});

/** Finds no delivery, after what looking for it does. */
const sendingOf = (look: (deliveryId: string) => Promise<void>): WebhookSending => ({
  webhooks: {
    delivery: async (_customer, deliveryId) => {
      await look(deliveryId);
      return undefined;
    },
    webhook: async () => undefined,
  },
  notices: { commit: async () => ({ outcome: "overtaken" }) },
  post: async () => ({ status: 204, durationMs: 1 }),
  signingKey: new Uint8Array(32),
  now: () => "2026-06-01T12:00:00.000Z",
  random: () => 0,
});
