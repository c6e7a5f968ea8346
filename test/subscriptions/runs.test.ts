import { describe, expect, it } from "vitest";
import type { Customer } from "../../src/agreements/customer.ts";
import { periodOfMonth } from "../../src/reports/period.ts";
import { NotReadyError } from "../../src/reports/period-ledger.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import { advanceRun } from "../../src/subscriptions/advance-run.ts";
import { planDue } from "../../src/subscriptions/plan-due.ts";
import type { Run } from "../../src/subscriptions/run.ts";
import { RECIPIENTS_MAX, type Subscription } from "../../src/subscriptions/subscription.ts";
import {
  deleteSubscription,
  pauseSubscription,
  resumeSubscription,
} from "../../src/subscriptions/subscription-change.ts";
import { expectEachOnce } from "./expect-exactly-once.ts";
import {
  agreementId,
  customer,
  customerId,
  owner,
  type SubscriptionWorld,
  subscriptionWorld,
} from "./subscription-world.ts";

const january = periodOfMonth("2026-01");
const DUE = "2026-02-03T07:00:00.000Z";
const HOUR_MS = 3_600_000;

/** January is due of one subscription. */
async function dueWorld(facts: Parameters<SubscriptionWorld["create"]>[0] = {}) {
  const world = subscriptionWorld();
  const subscription = await world.create(facts);
  world.deliver(january, 4);
  world.at(DUE);
  return { world, subscription };
}

const runs = (world: SubscriptionWorld): readonly Run[] => world.kept("reportRun");
const inShort = (world: SubscriptionWorld) =>
  runs(world).map(({ occurrence, isCorrection, status, reason }) =>
    [occurrence, ...(isCorrection ? ["correction"] : []), status, ...(reason ? [reason.code] : [])].join(" "),
  );
const messages = (world: SubscriptionWorld) => world.kept("message").map(({ content }) => content);

async function known(world: SubscriptionWorld, { subscriptionId }: Subscription) {
  const found = await world.subscriptions.read(customerId, subscriptionId);
  if (found === undefined) throw new Error("no subscription");
  return found;
}

function customerUntil(endDate: string, startDate = "2025-01-01"): Customer {
  const agreement = customer.agreements[agreementId];
  if (agreement === undefined) throw new Error("no agreement");
  return { ...customer, agreements: { [agreementId]: { ...agreement, startDate, endDate } } };
}

describe("a run", () => {
  it("asks for the report in its recipients' languages and formats, and sends each a link of their own", async () => {
    const { world, subscription } = await dueWorld();
    await world.tick();
    expect(inShort(world)).toEqual(["2026-02 making"]);
    expect(await world.allReports()).toMatchObject([
      {
        period: january,
        formats: ["csv", "xlsx", "pdf"],
        languages: ["es", "pl"],
        requestedBy: { subject: owner.subject, email: owner.email },
      },
    ]);
    await world.make();
    world.pass(HOUR_MS);
    await world.tick();
    expect(runs(world)).toMatchObject([{ status: "delivered", deliveries: 2, isReportKnown: false }]);
    expect(world.kept("reportDelivery")).toMatchObject([
      { email: "ana@cust-t.example", language: "es", expiresAt: "2026-02-10T08:00:00.000Z" },
      { email: "pawel@cust-t.example", language: "pl", downloads: [] },
    ]);
    const [first, second] = world.kept("reportDelivery");
    expect(world.kept("message")).toMatchObject([
      { language: "es", to: { email: "ana@cust-t.example" }, content: { deliveryId: first?.deliveryId } },
      { language: "pl", to: { email: "pawel@cust-t.example" }, content: { deliveryId: second?.deliveryId } },
    ]);
    expect(messages(world)[0]).toMatchObject({
      template: "reportReady",
      reportKind: "cpod",
      agreementNumber: "A-2026-17",
      period: january,
      version: 1,
      isCorrection: false,
      timeZone: "Europe/Madrid",
    });
    expect(world.kept("auditEntry").at(-1)).toMatchObject({
      action: "reportDelivered",
      target: `/customers/cust-t/reportSubscriptions/${subscription.subscriptionId}/runs/${runs(world)[0]?.runId}`,
      after: { recipients: ["ana@cust-t.example", "pawel@cust-t.example"] },
    });
    await expectEachOnce(world);
  });

  it("fits one transaction with as many recipients as there can be", async () => {
    const recipients = Array.from({ length: RECIPIENTS_MAX }, (_, index) => ({
      email: `p${index}@x.example`,
    }));
    const { world } = await dueWorld({ recipients });
    await world.settle();
    expect(world.kept("reportDelivery")).toHaveLength(RECIPIENTS_MAX);
  });

  it("uses the version that is there when it says the same in all that is wanted, and asks for another when not", async () => {
    for (const [languages, formats, isEnough] of [
      [["pl", "es", "it"], ["pdf", "xlsx"], true],
      [["es"], ["pdf", "xlsx"], false],
      [["es", "pl"], ["pdf"], false],
    ] as const) {
      const { world } = await dueWorld();
      await requestReport(world, customer, {
        scope: { reportKind: "cpod", agreementId },
        period: january,
        languages,
        formats,
        requestedBy: { subject: "somebody" },
        requestKey: "by hand",
      });
      await world.make();
      await world.settle();
      expect(runs(world)).toMatchObject([{ status: "delivered", isReportKnown: isEnough }]);
      expect(await world.allReports()).toHaveLength(isEnough ? 1 : 2);
    }
  });

  it("is skipped when nothing was delivered, where that is wanted", async () => {
    for (const [skipsWhenEmpty, expected] of [
      [true, "2026-02 skipped Empty"],
      [false, "2026-02 delivered"],
    ] as const) {
      const world = subscriptionWorld();
      await world.create({ skipsWhenEmpty });
      world.at(DUE);
      await world.settle();
      expect(inShort(world)).toEqual([expected]);
    }
  });

  it("fails when its report does, and tells the owner why", async () => {
    for (const [status, code] of [
      ["failed", "ReportFailed"],
      ["canceled", "ReportCanceled"],
    ] as const) {
      const { world } = await dueWorld();
      await world.tick();
      await world.make(status);
      await world.settle();
      expect(inShort(world)).toEqual([`2026-02 failed ${code}`]);
      expect(world.kept("message")).toMatchObject([
        { to: { email: owner.email }, content: { template: "reportRunFailed", period: january } },
      ]);
    }
  });

  it("fails when its report is refused, and is tried again when something is away", async () => {
    const { world } = await dueWorld();
    const { requestReport: ask } = world.dependencies;
    const away = { ...world.dependencies, requestReport: () => Promise.reject(new Error("away")) };
    expect(await world.tick(away)).toHaveLength(1);
    const [open] = runs(world);
    expect([open?.status, open?.lookAt]).toEqual(["due", "2026-02-03T07:00:30.000Z"]);
    const gone = {
      ...world.dependencies,
      requestReport: (each: typeof customer, request: Parameters<typeof ask>[1]) =>
        ask({ ...each, agreements: {} }, request),
    };
    world.pass(HOUR_MS);
    expect(await world.tick(gone)).toEqual([]);
    expect(inShort(world)).toEqual(["2026-02 failed ReportFailed"]);
  });

  it("is looked at again soon at first and seldom later, and its report has a job whenever nobody makes it", async () => {
    const { world } = await dueWorld();
    const queued: string[] = [];
    const dependencies = {
      ...world.dependencies,
      queueReport: async ({ id }: { readonly id: string }) => {
        queued.push(id);
      },
    };
    const pauses: number[] = [];
    for (let looks = 0; looks < 12; looks++) {
      await world.tick(dependencies);
      const lookAt = runs(world)[0]?.lookAt ?? "";
      pauses.push((Date.parse(lookAt) - Date.parse(world.now())) / 1_000);
      world.at(lookAt);
    }
    expect(pauses.slice(0, 4)).toEqual([30, 30, 30, 45]);
    expect(pauses.at(-1)).toBe(900);
    expect(queued).toHaveLength(12);
  });

  it("that waits for more than a day tells what for, stays open, and says no more of it when it goes on", async () => {
    const { world } = await dueWorld();
    const failingBy = (error: Error) => ({ ...world.dependencies, look: () => Promise.reject(error) });
    await world.tick(failingBy(new NotReadyError("the entries are being placed anew")));
    world.pass(24 * HOUR_MS - 1);
    await world.tick(failingBy(new NotReadyError("the entries are being placed anew")));
    expect(inShort(world)).toEqual(["2026-02 due"]);
    world.pass(HOUR_MS);
    await world.tick(failingBy(new NotReadyError("the entries are being placed anew")));
    expect(runs(world)).toMatchObject([
      { status: "due", reason: { code: "Delayed", message: expect.stringContaining("placed anew") } },
    ]);
    world.pass(HOUR_MS);
    await world.tick(failingBy(new Error("key abc of store 17")));
    expect(runs(world)[0]?.reason?.message).toMatch(/something that it needs is not available/);
    world.pass(HOUR_MS);
    await world.tick();
    expect(inShort(world)).toEqual(["2026-02 making"]);
    world.pass(25 * HOUR_MS);
    await world.make();
    await world.tick(failingBy(new Error("away")));
    expect(inShort(world)).toEqual(["2026-02 making Delayed"]);
    await world.settle();
    expect(inShort(world)).toEqual(["2026-02 delivered"]);
  });

  it("that always fails holds up no other", async () => {
    const { world, subscription: broken } = await dueWorld();
    world.pass(1);
    const other = await world.create({ name: "Another" });
    world.at("2026-03-03T07:00:00.000Z");
    for (const { subscriptionId } of [broken, other])
      await planDue(world.dependencies, customerId, subscriptionId);
    const { subscriptions, ...rest } = world.dependencies;
    const read: typeof subscriptions.read = (id, subscriptionId) =>
      subscriptionId === broken.subscriptionId
        ? Promise.reject(new Error("broken"))
        : subscriptions.read(id, subscriptionId);
    const openRuns = (now: string) => subscriptions.openRuns(now, 1);
    for (let ticks = 0; ticks < 4; ticks++)
      await world.tick({ ...rest, subscriptions: { ...subscriptions, read, openRuns } });
    const statuses = runs(world).map((run) => [run.subscriptionId === broken.subscriptionId, run.status]);
    expect(statuses).toEqual([
      [true, "due"],
      [true, "due"],
      [false, "making"],
    ]);
  });
});

describe("the right of a subscription is its owner's", () => {
  it("when it is made and when it is sent: lost before either, nothing is sent and the owner is told once", async () => {
    for (const isMadeBefore of [false, true]) {
      const { world, subscription } = await dueWorld();
      await world.tick(
        isMadeBefore
          ? world.dependencies
          : { ...world.dependencies, look: () => Promise.reject(new Error("away")) },
      );
      if (isMadeBefore) await world.make();
      world.setOwnerMay(false);
      world.pass(HOUR_MS);
      await Promise.all([world.tick(), world.tick(), world.tick()]);
      expect(inShort(world)).toEqual(["2026-02 skipped OwnerLostAccess"]);
      expect(await world.allReports()).toHaveLength(isMadeBefore ? 1 : 0);
      const { value } = await known(world, subscription);
      expect([value.pause?.code, value.nextDueAt]).toEqual(["OwnerLostAccess", null]);
      expect(world.kept("message")).toMatchObject([
        {
          to: { email: owner.email },
          content: { template: "subscriptionPaused", reason: "OwnerLostAccess" },
        },
      ]);
      expect(world.kept("auditEntry").map(({ action }) => action)).toEqual([
        "reportSubscriptionCreated",
        "reportSubscriptionPaused",
      ]);
      world.at("2026-06-01T00:00:00.000Z");
      await world.settle();
      expect(runs(world)).toHaveLength(1);
    }
  });

  it("and is that of whoever resumes it then; nothing is made up for", async () => {
    const { world, subscription } = await dueWorld();
    world.setOwnerMay(false);
    await world.tick();
    world.at("2026-04-10T00:00:00.000Z");
    const by = { ...owner, subject: "person-bea", email: "bea@cust-t.example" };
    await world.decide(resumeSubscription(world.doing(), await known(world, subscription), by));
    world.setOwnerMay(true);
    const { value } = await known(world, subscription);
    expect([value.owner.email, value.pause, value.nextDueAt]).toEqual([
      "bea@cust-t.example",
      undefined,
      "2026-05-03T06:00:00.000Z",
    ]);
    world.at("2026-05-03T06:00:00.000Z");
    await world.settle();
    expect(inShort(world)).toEqual(["2026-02 skipped OwnerLostAccess", "2026-05 delivered"]);
  });
});

describe("what is not wanted any more", () => {
  it("is not sent: of a subscription that was paused or deleted, whether its report is made or not", async () => {
    for (const [change, code] of [
      [pauseSubscription, "Paused"],
      [deleteSubscription, "Deleted"],
    ] as const) {
      for (const isMadeBefore of [false, true]) {
        const { world, subscription } = await dueWorld();
        await planDue(world.dependencies, customerId, subscription.subscriptionId);
        if (isMadeBefore) {
          await world.tick();
          await world.make();
        }
        await world.decide(change(world.doing(), await known(world, subscription)));
        await world.settle();
        expect(inShort(world)).toEqual([`2026-02 skipped ${code}`]);
        expect(world.kept("reportDelivery")).toEqual([]);
      }
    }
  });

  it("is told in the history also of what was due and not planned yet when it was paused", async () => {
    const { world, subscription } = await dueWorld();
    await world.decide(pauseSubscription(world.doing(), await known(world, subscription)));
    await world.settle();
    expect(inShort(world)).toEqual(["2026-02 skipped Paused"]);
    await world.decide(resumeSubscription(world.doing(), await known(world, subscription), owner));
    await world.settle();
    expect(runs(world)).toHaveLength(1);
  });

  it("is paused after an agreement is over, when all of its days are reported, and skipped before it begins", async () => {
    const days = async (startDate: string, endDate: string, months: number) => {
      const world = subscriptionWorld();
      const subscription = await world.create({ sendsCorrections: true });
      world.setCustomer(customerUntil(endDate, startDate));
      for (let month = 2; month < 2 + months; month++) {
        world.at(`2026-0${month}-03T07:00:00.000Z`);
        world.deliver(january, 1);
        await world.settle();
      }
      return { world, pause: (await known(world, subscription)).value.pause?.code };
    };
    const over = await days("2025-01-01", "2026-02-01", 3);
    expect(inShort(over.world)).toEqual([
      "2026-02 delivered",
      "2026-03 correction delivered",
      "2026-03 delivered",
      "2026-04 correction delivered",
      "2026-04 correction skipped Unchanged",
      "2026-04 skipped NothingToReport",
    ]);
    expect(over.pause).toBe("NothingToReport");
    expect(messages(over.world)).toContainEqual(
      expect.objectContaining({ template: "subscriptionPaused", reason: "NothingToReport" }),
    );
    // Its last day ends in February, UTC.
    const sooner = await days("2025-01-01", "2026-01-31", 2);
    expect(inShort(sooner.world).at(-1)).toBe("2026-03 skipped NothingToReport");
    const notYet = await days("2026-02-02", "2027-01-31", 2);
    expect([...inShort(notYet.world), notYet.pause]).toEqual([
      "2026-02 skipped NothingToReport",
      "2026-03 delivered",
      undefined,
    ]);
  });

  it("leaves the correction of what was sent last of an agreement that is over, whichever run comes first", async () => {
    for (const isCorrectionFirst of [true, false]) {
      const { world } = await dueWorld({ sendsCorrections: true });
      await world.settle();
      world.deliver(january, 1);
      world.setCustomer(customerUntil("2026-01-31"));
      world.at("2026-03-03T07:00:00.000Z");
      const { subscriptions, ...rest } = world.dependencies;
      const openRuns = async (now: string, limit: number) => {
        const jobs = await subscriptions.openRuns(now, limit);
        return isCorrectionFirst ? jobs : jobs.toReversed();
      };
      await world.tick({ ...rest, subscriptions: { ...subscriptions, openRuns } });
      await world.settle();
      expect(inShort(world).slice(1)).toEqual([
        "2026-03 correction delivered",
        "2026-03 skipped NothingToReport",
      ]);
    }
  });
});

describe("calls of one step", () => {
  it("are answered for what is over and for what never was", async () => {
    const { world } = await dueWorld();
    await world.settle();
    const [run] = runs(world);
    expect(await advanceRun(world.dependencies, customerId, run?.runId ?? "")).toBe("delivered");
    expect(await advanceRun(world.dependencies, customerId, "never")).toBeUndefined();
  });
});
