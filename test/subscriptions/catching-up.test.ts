import { describe, expect, it } from "vitest";
import { periodOfMonth } from "../../src/reports/period.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import { planDue, recentRuns } from "../../src/subscriptions/plan-due.ts";
import { planned } from "../../src/subscriptions/planned.ts";
import { changeSubscription } from "../../src/subscriptions/subscription-change.ts";
import { expectEachOnce } from "./expect-exactly-once.ts";
import {
  agreementId,
  customer,
  customerId,
  type SubscriptionWorld,
  subscriptionWorld,
} from "./subscription-world.ts";

const month = (number: number) => periodOfMonth(`2026-${String(number).padStart(2, "0")}`);
const inShort = (world: SubscriptionWorld, from = 0) =>
  world
    .kept("reportRun")
    .slice(from)
    .map(({ occurrence, isCorrection, corrects, status, reason }) =>
      [
        occurrence,
        ...(corrects === undefined ? [] : [isCorrection ? "corrects" : "is late of", corrects.occurrence]),
        status,
        ...(reason ? [reason.code] : []),
      ].join(" "),
    );

const told = (world: SubscriptionWorld) =>
  world.kept("message").flatMap(({ content }) => (content.template === "reportReady" ? [content] : []));

/** At the hour of the third of the month, in Madrid. */
const third = (number: number): string =>
  `2026-${String(number).padStart(2, "0")}-03T0${number > 3 && number < 11 ? 6 : 7}:00:00.000Z`;

describe("what was missed", () => {
  it("by an outage of a day is made as soon as the timer runs again, of the period that it was due for", async () => {
    const world = subscriptionWorld();
    await world.create();
    world.deliver(month(1), 1);
    world.at("2026-02-04T09:30:00.000Z");
    await world.settle();
    expect(world.kept("reportRun")).toMatchObject([
      { occurrence: "2026-02", dueAt: third(2), period: month(1), status: "delivered" },
    ]);
    world.at("2026-03-03T06:59:59.999Z");
    await world.settle();
    expect(world.kept("reportRun")).toHaveLength(1);
  });

  it("by a long outage is made for the newest six, and the others are named", async () => {
    const world = subscriptionWorld();
    const { subscriptionId } = await world.create({ sendsCorrections: true });
    world.at(third(9));
    const first = await planDue(world.dependencies, customerId, subscriptionId);
    expect(first.leftOut).toEqual(["2026-02", "2026-03"]);
    expect(first.runs.map(({ occurrence }) => occurrence)).toEqual(
      [4, 5, 6, 7, 8, 9].map((number) => `2026-0${number}`),
    );
    expect(first.runs.map(({ period }) => period)).toEqual([3, 4, 5, 6, 7, 8].map(month));
    expect(await planDue(world.dependencies, customerId, subscriptionId)).toEqual({ runs: [], leftOut: [] });
    await world.settle();
    await expectEachOnce(world);
    world.at(third(11));
    const next = await planDue(world.dependencies, customerId, subscriptionId);
    expect(next.leftOut).toEqual([]);
    expect(next.runs.map(({ runId }) => runId.slice(23))).toEqual([
      "2026-10~correction-2026-07",
      "2026-10~correction-2026-08",
      "2026-10~correction-2026-09",
      "2026-10",
      "2026-11",
    ]);
  });

  it("is planned once also where the rules of a time zone have changed since it was known when it is due", async () => {
    const world = subscriptionWorld();
    const subscription = await world.create();
    for (const minutes of [-60, 60]) {
      const nextDueAt = new Date(Date.parse(third(2)) + minutes * 60_000).toISOString();
      const now = new Date(Date.parse(third(2)) + 120 * 60_000).toISOString();
      const { after, runs } = planned({ ...subscription, nextDueAt }, [], now);
      expect(runs).toMatchObject([{ occurrence: "2026-02", dueAt: third(2) }]);
      expect(after.nextDueAt).toBe(third(3));
    }
    const early = planned(
      { ...subscription, nextDueAt: "2026-02-03T06:00:00.000Z" },
      [],
      "2026-02-03T06:30:00.000Z",
    );
    expect([early.runs, early.after.nextDueAt]).toEqual([[], third(2)]);
  });

  it("is not planned again when it was, whatever was kept of when it is due", async () => {
    const world = subscriptionWorld();
    const subscription = await world.create();
    const again = { ...subscription, lastOccurrences: { month: "2026-02" } };
    const { after, runs } = planned(again, [], third(2));
    expect([runs, after.nextDueAt, after.lastOccurrences]).toEqual([[], third(3), { month: "2026-02" }]);
  });

  it("is not planned when there is nothing due, or no such subscription", async () => {
    const world = subscriptionWorld();
    const { subscriptionId } = await world.create();
    const nothing = { runs: [], leftOut: [] };
    expect(await planDue(world.dependencies, customerId, subscriptionId)).toEqual(nothing);
    expect(await planDue(world.dependencies, customerId, "never")).toEqual(nothing);
  });
});

describe("a correction (LE-08)", () => {
  /** January was sent on the third of February. */
  async function sent() {
    const world = subscriptionWorld();
    await world.create({ sendsCorrections: true, skipsWhenEmpty: true });
    world.deliver(month(1), 4);
    world.at(third(2));
    await world.settle();
    return world;
  }

  it("is sent by the next occurrence when the period has changed since", async () => {
    const world = await sent();
    world.deliver(month(1), 2);
    world.deliver(month(2), 1);
    world.at(third(3));
    await world.settle();
    expect(inShort(world)).toEqual([
      "2026-02 delivered",
      "2026-03 corrects 2026-02 delivered",
      "2026-03 delivered",
    ]);
    expect(told(world).filter(({ isCorrection }) => isCorrection)).toMatchObject([
      { period: month(1), version: 2 },
      { period: month(1), version: 2 },
    ]);
    await expectEachOnce(world);
  });

  it("is skipped when nothing has, and compared with what was sent last, not with the first version", async () => {
    const world = await sent();
    world.deliver(month(1), 2);
    for (const number of [3, 4, 5]) {
      world.at(third(number));
      await world.settle();
    }
    expect(inShort(world)).toEqual([
      "2026-02 delivered",
      "2026-03 corrects 2026-02 delivered",
      "2026-03 skipped Empty",
      "2026-04 corrects 2026-02 skipped Unchanged",
      "2026-04 is late of 2026-03 skipped Empty",
      "2026-04 skipped Empty",
      "2026-05 corrects 2026-02 skipped Unchanged",
      "2026-05 is late of 2026-03 skipped Empty",
      "2026-05 is late of 2026-04 skipped Empty",
      "2026-05 skipped Empty",
    ]);
  });

  it("sends a newer version that somebody asked for, which the recipients never had", async () => {
    const world = await sent();
    world.deliver(month(1), 2);
    await requestReport(world, customer, {
      scope: { reportKind: "cpod", agreementId },
      period: month(1),
      languages: ["es", "pl"],
      requestedBy: { subject: "somebody" },
      requestKey: "by hand",
    });
    await world.make();
    world.at(third(3));
    await world.settle();
    expect(inShort(world, 1)).toEqual(["2026-03 corrects 2026-02 delivered", "2026-03 skipped Empty"]);
    expect(await world.allReports()).toHaveLength(2);
  });

  it("is sent also when all that was delivered was taken back since", async () => {
    const world = await sent();
    world.deliver(month(1), -4);
    world.at(third(3));
    await world.settle();
    expect(inShort(world)[1]).toBe("2026-03 corrects 2026-02 delivered");
  });

  it("looks at the newest three occurrences, and at none before them", async () => {
    const world = await sent();
    for (const number of [2, 3]) world.deliver(month(number), 1);
    for (const number of [3, 4]) {
      world.at(third(number));
      await world.settle();
    }
    world.deliver(month(1), 1);
    world.at(third(5));
    const before = world.kept("reportRun").length;
    await world.settle();
    expect(inShort(world, before)).toEqual([
      "2026-05 corrects 2026-02 delivered",
      "2026-05 corrects 2026-03 skipped Unchanged",
      "2026-05 corrects 2026-04 skipped Unchanged",
      "2026-05 skipped Empty",
    ]);
    world.deliver(month(1), 1);
    world.at(third(6));
    await world.settle();
    expect(inShort(world).filter((each) => each.startsWith("2026-06"))).toEqual([
      "2026-06 corrects 2026-03 skipped Unchanged",
      "2026-06 corrects 2026-04 skipped Unchanged",
      "2026-06 is late of 2026-05 skipped Empty",
      "2026-06 skipped Empty",
    ]);
    await expectEachOnce(world);
  });

  it("of what nothing was sent of, being empty or having failed, is a first sending and called no correction", async () => {
    for (const status of ["succeeded", "failed"] as const) {
      const world = subscriptionWorld();
      await world.create({ sendsCorrections: true, skipsWhenEmpty: status === "succeeded" });
      world.at(third(2));
      await world.tick();
      await world.make(status);
      await world.settle();
      world.deliver(month(1), 3);
      world.at(third(3));
      await world.settle();
      expect(inShort(world, 1)[0]).toBe("2026-03 is late of 2026-02 delivered");
      expect(told(world)[0]).toMatchObject({ period: month(1), isCorrection: false });
      world.deliver(month(1), 1);
      world.at(third(4));
      await world.settle();
      expect(inShort(world)).toContain("2026-04 corrects 2026-02 delivered");
      expect(told(world).filter(({ isCorrection }) => isCorrection)).toMatchObject([
        { period: month(1) },
        { period: month(1) },
      ]);
      await expectEachOnce(world);
    }
  });

  it("sends no empty report late, also where empty ones are wanted by now", async () => {
    const world = subscriptionWorld();
    const { subscriptionId } = await world.create({ sendsCorrections: true, skipsWhenEmpty: true });
    world.at(third(2));
    await world.settle();
    const known = await world.subscriptions.read(customerId, subscriptionId);
    if (known === undefined) throw new Error("no subscription");
    await world.decide(changeSubscription(world.doing(), known, { skipsWhenEmpty: false }));
    world.at(third(3));
    await world.settle();
    expect(inShort(world, 1)).toEqual(["2026-03 is late of 2026-02 skipped Empty", "2026-03 delivered"]);
  });

  it("is planned once only while one of the same occurrence is open", async () => {
    const world = await sent();
    world.deliver(month(1), 1);
    for (const number of [3, 4]) {
      world.at(third(number));
      await world.tick({ ...world.dependencies, look: () => Promise.reject(new Error("away")) });
    }
    await world.settle();
    expect(inShort(world)).toEqual([
      "2026-02 delivered",
      "2026-03 corrects 2026-02 delivered",
      "2026-03 skipped Empty",
      "2026-04 skipped Empty",
    ]);
    await expectEachOnce(world);
  });

  it("is planned with another schedule, too, when one was due by the old", async () => {
    const world = await sent();
    world.deliver(month(1), 1);
    world.at(third(3));
    const [subscription] = await world.subscriptions.list(customerId);
    if (subscription === undefined) throw new Error("no subscription");
    const schedule = { ...subscription.value.schedule, minute: 30 };
    const recent = await recentRuns(world.subscriptions, customerId, subscription.value.subscriptionId);
    await world.decide(changeSubscription(world.doing(), subscription, { schedule }, recent));
    await world.settle();
    expect(inShort(world, 1)).toEqual(["2026-03 corrects 2026-02 delivered", "2026-03 skipped Empty"]);
  });

  it("is not looked for where nobody wants it, or nothing was sent yet", async () => {
    const world = subscriptionWorld();
    await world.create({ sendsCorrections: true, skipsWhenEmpty: true });
    await world.create({ sendsCorrections: false, name: "Another" });
    for (const number of [2, 3]) {
      world.at(third(number));
      await world.settle();
    }
    expect(world.kept("reportRun").some(({ isCorrection }) => isCorrection)).toBe(false);
  });
});
