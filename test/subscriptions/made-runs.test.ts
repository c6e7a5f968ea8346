import { describe, expect, it } from "vitest";
import { periodOfMonth } from "../../src/reports/period.ts";
import type { SubscriptionFacts } from "../../src/subscriptions/subscription.ts";
import { changeSubscription } from "../../src/subscriptions/subscription-change.ts";
import { expectEachOnce } from "./expect-exactly-once.ts";
import { customerId, type SubscriptionWorld, subscriptionWorld } from "./subscription-world.ts";

const HOUR_MS = 3_600_000;

/** The report of January is made, and not sent yet. */
async function madeWorld(facts: Parameters<SubscriptionWorld["create"]>[0] = {}) {
  const world = subscriptionWorld();
  const { subscriptionId } = await world.create(facts);
  world.deliver(periodOfMonth("2026-01"), 4);
  world.at("2026-02-03T07:00:00.000Z");
  await world.tick();
  await world.make();
  const subscription = await world.subscriptions.read(customerId, subscriptionId);
  if (subscription === undefined) throw new Error("no subscription");
  return { world, subscription };
}

describe("a report that is made and not sent yet", () => {
  it("goes to those who are recipients when it is sent, in all formats and languages that are wanted then", async () => {
    const facts: readonly Partial<SubscriptionFacts>[] = [
      { recipients: [{ email: "new@cust-t.example", language: "it" }] },
      { formats: ["csv", "pdf", "xlsx"] },
    ];
    for (const patch of facts) {
      const { world, subscription } = await madeWorld({ formats: ["pdf"] });
      await world.decide(changeSubscription(world.doing(), subscription, patch));
      await world.settle();
      const [second] = await world.allReports();
      expect(second).toMatchObject(
        patch.formats === undefined ? { languages: ["it"] } : { formats: ["csv", "xlsx", "pdf"] },
      );
      expect(world.kept("reportRun")).toMatchObject([{ status: "delivered", reportId: second?.id }]);
      await expectEachOnce(world);
    }
  });

  it("is not sent when it leaves out less than is to be left out by now: another is made (SR-06)", async () => {
    const { world } = await madeWorld();
    world.setContext("without the number of a request");
    await world.settle();
    const [second, first] = await world.allReports();
    expect(world.kept("reportRun")).toMatchObject([
      { status: "delivered", reportId: second?.id, unsent: [first?.id], isReportKnown: false },
    ]);
    expect(second).toMatchObject({ version: 2, context: "without the number of a request" });
    await expectEachOnce(world);
  });

  it("is given up, with a reason, when it is never the same when it is made", async () => {
    const { world } = await madeWorld();
    for (let turn = 0; turn < 7; turn++) {
      world.setContext(`after ${turn}`);
      world.pass(HOUR_MS);
      await world.tick();
      await world.make();
    }
    expect(world.kept("reportRun")).toMatchObject([{ status: "failed", reason: { code: "ReportFailed" } }]);
    expect(await world.allReports()).toHaveLength(6);
    expect(world.kept("message")).toMatchObject([{ content: { template: "reportRunFailed" } }]);
  });
});
