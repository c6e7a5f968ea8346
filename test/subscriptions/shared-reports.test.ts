import { describe, expect, it } from "vitest";
import { periodOfMonth } from "../../src/reports/period.ts";
import { start } from "../../src/reports/report.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import { expectEachOnce } from "./expect-exactly-once.ts";
import {
  agreementId,
  customer,
  customerId,
  type SubscriptionWorld,
  subscriptionWorld,
} from "./subscription-world.ts";

const january = periodOfMonth("2026-01");
const DUE = "2026-02-03T07:00:00.000Z";
const HOUR_MS = 3_600_000;

async function dueWorld(...facts: readonly Parameters<SubscriptionWorld["create"]>[0][]) {
  const world = subscriptionWorld();
  for (const each of facts) {
    await world.create(each);
    world.pass(1);
  }
  world.deliver(january, 4);
  world.at(DUE);
  return world;
}

const ask = (world: SubscriptionWorld) =>
  requestReport(world, customer, {
    scope: { reportKind: "cpod", agreementId },
    period: january,
    languages: ["es", "pl"],
    requestedBy: { subject: "somebody" },
    requestKey: "by hand",
  });

const inShort = (world: SubscriptionWorld) =>
  world
    .kept("reportRun")
    .map(({ reportId, status, isReportKnown }) => [reportId?.slice(-2), status, isReportKnown]);

describe("subscriptions that are due together", () => {
  it("share the report that the first of them asks for, when it is all that the other wants", async () => {
    const english = [{ email: "eve@cust-t.example", language: "en" as const }];
    const world = await dueWorld({}, { name: "The same", formats: ["xlsx"] }, { recipients: english });
    await world.tick();
    expect(inShort(world)).toEqual([
      ["v1", "making", false],
      ["v1", "making", true],
      ["v2", "making", false],
    ]);
    await world.settle();
    expect(inShort(world).map(([, status]) => status)).toEqual(["delivered", "delivered", "delivered"]);
    expect(await world.allReports()).toHaveLength(2);
    await expectEachOnce(world);
  });

  it("ask for their own when somebody else's fails or is canceled", async () => {
    for (const status of ["failed", "canceled"] as const) {
      const world = await dueWorld({});
      await ask(world);
      await world.tick();
      expect(inShort(world)).toEqual([["v1", "making", true]]);
      await world.make(status);
      await world.settle();
      expect(inShort(world)).toEqual([["v2", "delivered", false]]);
      await expectEachOnce(world);
    }
  });

  it("send no correction that is as what was sent, because it was being made before the figures changed", async () => {
    const world = await dueWorld({ sendsCorrections: true, skipsWhenEmpty: true });
    await world.settle();
    world.at("2026-03-03T07:00:00.000Z");
    const { id } = await ask(world);
    const asked = await world.reports.read(customerId, id);
    if (asked === undefined) throw new Error("no report");
    const begun = start(asked.value, world.now(), "folder");
    if (begun.outcome !== "started") throw new Error(begun.outcome);
    const etag = await world.reports.save(begun.report, asked.etag);
    if (etag === undefined) throw new Error("not saved");
    world.deliver(january, 1);
    await world.tick();
    expect(inShort(world)[1]).toEqual(["v2", "making", true]);
    world.deliver(january, -1);
    await world.reports.save(asked.value, etag);
    await world.make();
    world.deliver(january, 1);
    world.pass(HOUR_MS);
    await world.settle();
    expect(inShort(world)[1]).toEqual(["v3", "delivered", false]);
    await expectEachOnce(world);
  });
});
