import { describe, expect, it } from "vitest";
import { supportContactsSchema } from "../../src/access/support-contacts.ts";
import { DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { cancelReport } from "../../src/reports/cancel-report.ts";
import { type Look, lookAt } from "../../src/reports/look.ts";
import { type Period, periodOfDays } from "../../src/reports/period.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { faultyWorld } from "./support/around-world.ts";
import { makeUntilOver } from "./support/second-version.ts";
import {
  ask,
  cpod,
  customerId,
  customerOf,
  issue,
  type MemoryWorld,
  march,
  memoryWorld,
  RETENTION_DAYS,
  type World,
} from "./support/world.ts";

const DAY_MS = 86_400_000;

async function look(
  world: World,
  period: Period = march,
  scope: ReportScope = cpod,
  restricted: ReadonlySet<string> = new Set(),
): Promise<Look> {
  return lookAt(
    { reports: world.reports, retentionDays: RETENTION_DAYS },
    {
      activity: world.activity,
      directory: world.ledgers.directory,
      customer: await customerOf(world),
      report: { scope, period },
      generatedAt: world.clock.now(),
      restricted,
    },
  );
}

const seats = entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 5 });
const advisory = (allowance: number) => entitlement("ent-adv", "advisory", { allowance });
const benefit = (name: string) => ({ entitlementId: "ent-ben", name, service: "other", class: "benefit" });
const terms = (...entitlements: readonly unknown[]) => ({ packages: [basePackage({ entitlements })] });
const amended = (...entitlements: readonly unknown[]): string =>
  agreementEvent(terms(...entitlements), {
    id: "amended",
    type: "support.agreement.amended.v1",
    time: "2026-01-02T00:00:00Z",
  });

/** One delivery, a seat, a benefit. */
async function plainWorld(since = "2026-02-01T10:00:00Z"): Promise<MemoryWorld> {
  const world = memoryWorld();
  await world.record(
    agreementEvent(terms(advisory(600), seats, benefit("Reviews"))),
    deliveryEvent("one", { deliveredAt: "2026-03-10T10:00:00Z" }),
  );
  return withContact(world, since);
}

function withContact(world: MemoryWorld, since: string): MemoryWorld {
  const contacts = [{ memberId: "member".padEnd(22, "0"), workspaceId: DEFAULT_WORKSPACE_ID, since }];
  const document = { id: "supportContacts", customerId, kind: "supportContacts", contacts };
  const directory = {
    ...world.ledgers.directory,
    supportContacts: async () => ({ value: supportContactsSchema.parse(document), etag: "0" }),
  };
  return { ...world, ledgers: { ...world.ledgers, directory } };
}

const additional = { agreementId: undefined, packageId: undefined, entitlementId: undefined };

describe("what a report would say", () => {
  it("is the same figures when something begins or ends after the period alone, though in another context", async () => {
    const world = await plainWorld();
    const before = await look(world);
    const next = basePackage({
      packageId: "pkg-next",
      startDate: "2026-04-01",
      entitlements: [entitlement("ent-next", "proactive")],
    });
    const now = basePackage({ entitlements: [advisory(600), seats, benefit("Reviews")] });
    const packages = [
      { ...now, endDate: "2027-06-30" },
      { ...next, endDate: "2027-06-30" },
    ];
    const envelope = { id: "longer", type: "support.agreement.amended.v1", time: "2026-01-02T00:00:00Z" };
    const issued = await issue(world);
    await world.record(agreementEvent({ endDate: "2027-06-30", packages }, envelope));
    const after = await look(world);
    expect(after.figures).toBe(before.figures);
    expect(issued.figures).toBe(before.figures);
    expect(after.newest).toBeUndefined();
  });

  it("is not what a version says that was issued before a request came to be incentive-related (SR-06), though its figures are the same", async () => {
    const world = await plainWorld();
    const issued = await issue(world);
    expect((await look(world)).newest?.id).toBe(issued.id);
    const later = await look(world, march, cpod, new Set(["INC1"]));
    expect(later).toEqual({ isEmpty: false, figures: issued.figures, newest: undefined });
  });

  it("is as long as nothing changes what was issued, whatever its version, languages and formats", async () => {
    const world = await plainWorld();
    const first = await issue(world, { formats: ["csv"], languages: ["pl", "en"] });
    world.clock.forward(DAY_MS);
    const second = await issue(world, { formats: ["xlsx"] });
    const { figures, isEmpty } = await look(world);
    expect([first.figures, second.figures]).toEqual([figures, figures]);
    expect([first.lines, second.lines]).toEqual([1, 1]);
    expect(isEmpty).toBe(false);
  });

  it.each<[string, (world: MemoryWorld) => Promise<unknown>]>([
    ["a line came", (world) => world.record(deliveryEvent("late", { deliveredAt: "2026-03-05T08:00:00Z" }))],
    ["a line was reversed to nothing", (world) => world.record(reversalEvent("back", "one", {}))],
    [
      "an additional case came",
      (world) => world.record(deliveryEvent("none", { ...additional, deliveredAt: "2026-03-05T08:00:00Z" })),
    ],
    ["an allowance changed", (world) => world.record(amended(advisory(601), seats, benefit("Reviews")))],
    ["a benefit changed", (world) => world.record(amended(advisory(600), seats, benefit("Monthly reviews")))],
    ["a benefit went", (world) => world.record(amended(advisory(600), seats))],
    [
      "something was delivered before the period, of which less remains",
      (world) => world.record(deliveryEvent("before", { deliveredAt: "2026-02-05T08:00:00Z" })),
    ],
  ])("is something else when %s", async (_what, change) => {
    const world = await plainWorld();
    const { figures } = await look(world);
    await change(world);
    expect((await look(world)).figures).not.toBe(figures);
  });

  it("is something else when a contact changed", async () => {
    const world = await plainWorld();
    const { figures } = await look(world);
    expect((await look(withContact(world, "2026-02-01T10:00:00Z"))).figures).toBe(figures);
    expect((await look(withContact(world, "2026-02-02T10:00:00Z"))).figures).not.toBe(figures);
  });

  it.each([
    ["after the period", { deliveredAt: "2026-04-01T00:00:00.000Z" }],
    ["after the period, on nothing that it says", { ...additional, deliveredAt: "2026-04-01T00:00:00.000Z" }],
    [
      "before the period, on nothing that it says",
      { ...additional, deliveredAt: "2026-02-28T23:59:59.999Z" },
    ],
  ])("is the same when something was delivered %s", async (_when, delivery) => {
    const world = await plainWorld();
    const { figures } = await look(world);
    await world.record(deliveryEvent("outside", delivery));
    expect((await look(world)).figures).toBe(figures);
  });

  it("is the same of what was learnt when only something before the period was", async () => {
    const world = memoryWorld();
    const courses = entitlement("ent-edu", "education", { unit: "activities", allowance: 10 });
    const labs = entitlement("ent-lab", "education", { unit: "activities", allowance: 10 });
    await world.record(agreementEvent(terms(courses, labs)));
    const learnt = (id: string, entitlementId: string, deliveredAt: string) =>
      deliveryEvent(id, {
        entitlementId,
        service: "education",
        unit: "activities",
        quantity: 1,
        deliveredAt,
      });
    await world.record(learnt("one", "ent-edu", "2026-03-10T10:00:00Z"));
    const ofAll: ReportScope = { reportKind: "education", workspaceIds: null };
    const { figures } = await look(world, march, ofAll);
    await world.record(learnt("before", "ent-lab", "2026-02-10T10:00:00Z"));
    expect((await look(world, march, ofAll)).figures).toBe(figures);
    await world.record(learnt("late", "ent-lab", "2026-03-09T10:00:00Z"));
    expect((await look(world, march, ofAll)).figures).not.toBe(figures);
  });

  it("is nothing when no line is in the period", async () => {
    const world = await plainWorld();
    expect(await look(world, periodOfDays("2026-03-11", "2026-03-20"))).toMatchObject({ isEmpty: true });
    expect(await look(world, periodOfDays("2026-03-10", "2026-03-10"))).toMatchObject({ isEmpty: false });
    const unused = memoryWorld();
    await unused.record(agreementEvent());
    expect(await look(unused)).toMatchObject({ isEmpty: true, newest: undefined });
  });

  it("is asked for without reading a line", async () => {
    const world = await plainWorld();
    const counted = faultyWorld(world, () => undefined);
    await look(counted.world);
    const lines = ["activity.page", "activity.rows", "files.readStream", "files.write"];
    expect(counted.calls().filter((call) => lines.includes(call))).toEqual([]);
    expect(counted.calls()).toContain("activity.ledger");
  });
});

describe("the version that a report is looked at beside", () => {
  it("is the newest one that was issued, not one that failed, was cancelled, or is being made", async () => {
    const world = await plainWorld();
    expect((await look(world)).newest).toBeUndefined();
    const waiting = await ask(world);
    expect((await look(world)).newest).toBeUndefined();
    await cancelReport(world.reports, customerId, waiting.id, {
      at: world.clock.now(),
      actor: { subject: "alice" },
    });
    expect((await look(world)).newest).toBeUndefined();

    const issued = await issue(world, { formats: ["csv"] });
    expect(issued.version).toBe(2);
    const failing = await ask(world);
    const broken = faultyWorld(world, (_index, method) =>
      method === "files.write" ? "status500" : undefined,
    );
    expect(await makeUntilOver(broken.world, failing)).toMatchObject({ outcome: "failed" });
    const canceled = await ask(world);
    await cancelReport(world.reports, customerId, canceled.id, {
      at: world.clock.now(),
      actor: { subject: "alice" },
    });
    await ask(world);
    expect((await look(world)).newest).toEqual(issued);

    const later = await issueNext(world);
    expect((await look(world)).newest).toEqual(later);
  });

  it("has files that are kept still", async () => {
    const world = await plainWorld();
    const issued = await issue(world, { formats: ["csv"] });
    world.clock.forward(RETENTION_DAYS * DAY_MS - 1);
    expect((await look(world)).newest).toEqual(issued);
    world.clock.forward(1);
    expect((await look(world)).newest).toBeUndefined();
    const second = await issue(world, { formats: ["csv"] });
    expect(second).not.toHaveProperty("previousReportId");
    expect(second.changes).toEqual({ added: 0, removed: 0, changed: 0 });
  });
});

/** What waits is made first: versions are issued in their order. */
async function issueNext(world: World) {
  const waiting = (await world.reports.page(customerId, { after: undefined, limit: 1 }))[0];
  if (waiting === undefined) throw new Error("nothing waits");
  const made = await makeUntilOver(world, waiting);
  if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
  return made.report;
}
