import { describe, expect, it } from "vitest";
import { memberSchema } from "../../src/access/member.ts";
import { supportContactsSchema } from "../../src/access/support-contacts.ts";
import { DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { everything } from "../../src/consumption/chosen.ts";
import { ledgerIdOf } from "../../src/consumption/entry.ts";
import { linesOf, readFigures } from "../../src/consumption/figures.ts";
import { seatContacts } from "../../src/consumption/grid-contacts.ts";
import { lastInstantOf, periodOfDays } from "../../src/reports/period.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { allBytesOf, inSection, type Records, recordsOf } from "./support/read-report.ts";
import {
  agreementId,
  customerId,
  customerOf,
  issue,
  type MemoryWorld,
  march,
  memoryWorld,
} from "./support/world.ts";

const at = (deliveredAt: string, more: Record<string, unknown> = {}) => ({ deliveredAt, ...more });

const WORKSPACE = DEFAULT_WORKSPACE_ID;
const memberOf = (memberId: string) =>
  memberSchema.parse({
    id: `member~${memberId}`,
    customerId,
    kind: "member",
    memberId,
    personId: "person",
    workspaceId: WORKSPACE,
    email: "p@t.example",
    name: "Person",
    language: "es",
    status: "active",
    roles: ["supportContact"],
    permissions: [],
    groupIds: [],
    namedBy: [],
    revision: 1,
    createdAt: "2026-01-01T00:00:00Z",
    changedAt: "2026-01-01T00:00:00Z",
  });

async function busyWorld(): Promise<MemoryWorld> {
  const world = memoryWorld();
  await world.record(
    agreementEvent(),
    deliveryEvent("feb", at("2026-02-28T23:59:59.999Z", { quantity: 7 })),
    deliveryEvent("first", at("2026-03-01T00:00:00.000Z", { quantity: 11 })),
    deliveryEvent("mid", at("2026-03-10T10:00:00Z", { quantity: 30 })),
    deliveryEvent("last", at("2026-03-31T23:59:59.999Z", { quantity: 13 })),
    deliveryEvent("apr", at("2026-04-01T00:00:00.000Z", { quantity: 17 })),
    deliveryEvent("credits", {
      ...at("2026-03-05T10:00:00Z"),
      entitlementId: "ent-crd",
      service: "proactiveCredits",
      unit: "credits",
      quantity: 3,
      request: undefined,
      detail: { engagement: "Workshop", status: "delivered", scheduledMinutes: 240 },
    }),
    deliveryEvent("coded", {
      ...at("2026-03-06T10:00:00Z", { quantity: 45 }),
      request: { number: "CASE-coded", category: "DSA" },
    }),
    deliveryEvent("nowhere", {
      ...at("2026-03-07T10:00:00Z", { quantity: 25 }),
      agreementId: undefined,
      packageId: undefined,
      entitlementId: undefined,
    }),
  );
  await world.record(reversalEvent("back", "mid", { quantity: 10 }));
  return world;
}

const numbers = (records: Records, column: string): number[] =>
  records.map((record) => Number(record[column]));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("the content of a CPOD", () => {
  it("has the figures of the page at the last instant of the period (EX-06)", async () => {
    const world = await busyWorld();
    const records = await recordsOf(world, await issue(world));

    const figures = await readFigures(world.activity, ledgerIdOf(customerId, agreementId), {
      chosen: everything,
      asOf: lastInstantOf(march),
      at: lastInstantOf(march),
    });
    if (figures === undefined) throw new Error("there are no figures");
    const page = linesOf(figures).filter((line) => line.entitlement.class === "consumable");
    expect(inSection(records, "entitlement")).toMatchObject(
      page.map((line) => ({
        entitlementId: line.entitlement.entitlementId,
        purchased: line.purchased === null ? "Included" : String(line.purchased),
        consumed: String(line.consumed),
        remaining: line.remaining === undefined ? "" : String(line.remaining),
        overage: line.overage === undefined ? "" : String(line.overage),
        unit: line.entitlement.unit,
        packageStart: "2026-01-01",
        packageEnd: "2026-12-31",
      })),
    );
    expect(records).toContainEqual(
      expect.objectContaining({ section: "report", name: "dataAsOf", value: figures.lastAt }),
    );
  });

  it("has every line of the half-open period, in order, a reversal as its own negative one", async () => {
    const world = await busyWorld();
    const deliveries = inSection(await recordsOf(world, await issue(world)), "delivery");
    expect(deliveries.map(({ eventId, quantity }) => [eventId, quantity])).toEqual([
      ["first", "11"],
      ["credits", "3"],
      ...["mid", "back"]
        .map((eventId) => [eventId, eventId === "mid" ? "30" : "-10"])
        .toSorted(([left], [right]) => (idOf(deliveries, left) < idOf(deliveries, right) ? -1 : 1)),
      ["last", "13"],
    ]);
    expect(deliveries.find(({ eventId }) => eventId === "back")).toMatchObject({
      reversesSource: "/servicedesk",
      reversesId: "mid",
      reversalReason: "booked twice",
      deliveredAt: "2026-03-10T10:00:00.000Z",
      caseNumber: "CASE-mid",
    });
    expect(deliveries.find(({ eventId }) => eventId === "credits")?.["detail"]).toBe(
      '{"engagement":"Workshop","scheduledMinutes":240,"status":"delivered"}',
    );
  });

  it("has lines that add up to what was delivered, and totals that add up to the lines", async () => {
    const world = await busyWorld();
    const records = await recordsOf(world, await issue(world));
    const deliveries = inSection(records, "delivery");
    for (const row of inSection(records, "entitlement")) {
      const own = deliveries.filter((line) => line["entitlementId"] === row["entitlementId"]);
      expect(row["delivered"]).toBe(String(sum(numbers(own, "quantity"))));
      expect(row["rows"]).toBe(String(own.length));
    }
    for (const section of ["delivery", "additionalCase"] as const) {
      for (const total of inSection(records, "total").filter(({ name }) => name === section)) {
        const own = inSection(records, section).filter(({ unit }) => unit === total["unit"]);
        expect(total).toMatchObject({
          rows: String(own.length),
          quantity: String(sum(numbers(own, "quantity"))),
        });
      }
    }
  });

  it("has the additional cases with their reasons, those of no agreement too in the base agreement's", async () => {
    const world = await busyWorld();
    const cases = inSection(await recordsOf(world, await issue(world)), "additionalCase");
    expect(cases).toMatchObject([
      { eventId: "coded", reasons: "category", category: "DSA", quantity: "45", agreementId },
      { eventId: "nowhere", quantity: "25", agreementId: "" },
    ]);
  });

  it("has the cases of agreements that nobody knows in the base agreement's, and its own once one is known", async () => {
    const world = await busyWorld();
    for (const [unknown, id] of [
      ["agr-typo", "typo"],
      ["agr-later", "later"],
    ] as const) {
      await world.record(
        deliveryEvent(id, {
          ...at("2026-03-08T10:00:00Z", { quantity: 35 }),
          agreementId: unknown,
          packageId: undefined,
          entitlementId: undefined,
        }),
      );
    }
    const before = await issue(world);
    const cases = inSection(await recordsOf(world, before), "additionalCase");
    expect(Object.fromEntries(cases.map((line) => [line["eventId"], line["agreementId"]]))).toEqual({
      coded: agreementId,
      nowhere: "",
      typo: "agr-typo",
      later: "agr-later",
    });

    const packages = [
      basePackage({ packageId: "pkg-later", entitlements: [entitlement("ent-x", "advisory")] }),
    ];
    await world.record(
      agreementEvent({ agreementId: "agr-later", kind: "addOn", packages }, { id: "later-activated" }),
    );
    const after = await issue(world);
    const changes = inSection(await recordsOf(world, after), "change");
    expect(changes).toMatchObject([{ change: "removed", eventId: "later" }]);
  });

  it("names customer, agreement, plan, period, workspace, version and benefits", async () => {
    const world = await busyWorld();
    const records = await recordsOf(world, await issue(world));
    const facts = Object.fromEntries(
      inSection(records, "report").map(({ name = "", value }) => [name, value]),
    );
    expect(facts).toMatchObject({
      customerName: "Customer T",
      agreementNumber: "T-2026-001",
      plan: "unified",
      periodFrom: "2026-03-01T00:00:00.000Z",
      periodTo: "2026-04-01T00:00:00.000Z",
      workspace: "Default workspace",
      version: "1",
      generatedAt: "2026-04-01T00:00:00.000Z",
    });
    expect(inSection(records, "benefit")).toMatchObject([{ entitlementId: "ent-sdm", service: "other" }]);
    expect(inSection(records, "contact")).toEqual([]);
  });

  it("has the contacts that the page counts at the end of the period, and names them (EX-06)", async () => {
    const world = memoryWorld();
    const seats = entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 1 });
    const more = entitlement("ent-more", "supportContacts", { unit: "contacts", allowance: 5 });
    await world.record(agreementEvent({ packages: [basePackage({ entitlements: [seats, more] })] }));
    const people = ["2026-02-01T10:00:00Z", "2026-03-31T22:30:00.000Z", "2026-04-01T00:00:00.000Z"].map(
      (since, index) => ({ memberId: `member-${index}`.padEnd(22, "0"), workspaceId: WORKSPACE, since }),
    );
    const [first] = people;
    const document = { id: "supportContacts", customerId, kind: "supportContacts", contacts: people };
    const directory = {
      ...world.ledgers.directory,
      supportContacts: async () => ({ value: supportContactsSchema.parse(document), etag: "0" }),
      members: async () => [{ value: memberOf(first?.memberId ?? ""), etag: "0" }],
    };
    const records = await recordsOf(
      world,
      await issue({ ...world, ledgers: { ...world.ledgers, directory } }),
    );

    const at = lastInstantOf(march);
    const figures = await readFigures(world.activity, ledgerIdOf(customerId, agreementId), {
      chosen: everything,
      asOf: at,
      at,
      contacts: seatContacts(await customerOf(world), people, at),
    });
    const page = figures === undefined ? [] : linesOf(figures);
    expect(page.map(({ consumed }) => consumed)).toEqual([1, 1]);
    expect(inSection(records, "entitlement").map(({ consumed }) => consumed)).toEqual(["1", "1"]);
    expect(inSection(records, "contact")).toMatchObject([
      { agreementId, name: "Person", email: "p@t.example", workspaceId: WORKSPACE, since: "2026-02-01" },
      { agreementId, name: "", email: "", workspaceId: WORKSPACE, since: "2026-04-01" },
    ]);
  });

  it("says of each entitlement and package the day that it really ends with", async () => {
    const world = memoryWorld();
    const packages = [
      basePackage({ entitlements: [entitlement("ent-a", "advisory", { allowance: 5 })] }),
      basePackage({ packageId: "pkg-none", endDate: "2026-08-31", entitlements: [] }),
    ];
    await world.record(agreementEvent({ packages, endDate: "2026-09-30" }));
    const left = packages.slice(1);
    await world.record(
      agreementEvent(
        { packages: left, endDate: "2026-09-30" },
        { id: "without-base", time: "2026-03-10T23:30:00Z" },
      ),
    );
    const records = await recordsOf(world, await issue(world));
    expect(
      Object.fromEntries(
        inSection(records, "entitlement").map(({ packageId = "", expiresOn }) => [packageId, expiresOn]),
      ),
    ).toEqual({ "pkg-base": "2026-03-11", "pkg-none": "2026-08-31" });
  });

  it("names the agreement with a package that has no entitlements too", async () => {
    const world = memoryWorld();
    const empty = basePackage({ packageId: "pkg-none", name: "Nothing yet", entitlements: [] });
    await world.record(agreementEvent({ packages: [basePackage(), empty] }));
    const rows = inSection(await recordsOf(world, await issue(world)), "entitlement");
    expect(new Set(rows.map(({ agreementId: named }) => named))).toEqual(new Set<string>([agreementId]));
    expect(rows.at(-1)).toMatchObject({ packageId: "pkg-none", entitlementId: "" });
  });

  it("is a report with no lines for a period without deliveries, and never an empty file", async () => {
    const world = await busyWorld();
    const report = await issue(world, { period: periodOfDays("2026-01-01", "2026-01-31") });
    const records = await recordsOf(world, report);
    expect(inSection(records, "delivery")).toEqual([]);
    expect(inSection(records, "total")).toContainEqual(
      expect.objectContaining({ name: "delivery", rows: "0", quantity: "0" }),
    );
    expect(inSection(records, "entitlement")).toHaveLength(4);
    expect(report).toMatchObject({ dataAsOf: null, changes: { added: 0, removed: 0, changed: 0 } });
    expect(report).toMatchObject({ lines: 0 });
    expect(report.files.filter(({ format }) => format === "xlsx")).toMatchObject([{ rows: records.length }]);
  });

  it("lists in its next version what a late delivery, a reversal and new terms changed (LE-08, EX-05)", async () => {
    const world = await busyWorld();
    const first = await issue(world);
    const firstBytes = await allBytesOf(world, first);
    await world.record(
      deliveryEvent("late", at("2026-03-20T08:00:00Z", { quantity: 5 })),
      reversalEvent("undo", "first", {}),
      agreementEvent(
        {
          packages: [
            basePackage(),
            {
              ...basePackage({ packageId: "pkg-more", name: "More" }),
              entitlements: [entitlement("ent-more", "designatedSupportEngineering")],
            },
          ],
        },
        { id: "amended", type: "support.agreement.amended.v1", time: "2026-03-15T00:00:00Z" },
      ),
    );
    const second = await issue(world);
    const changes = inSection(await recordsOf(world, second), "change");
    expect(changes.map(({ change, eventId, quantity }) => [change, eventId, quantity])).toEqual([
      ["added", "undo", "-11"],
      ["added", "late", "5"],
    ]);
    expect(second).toMatchObject({
      version: 2,
      previousReportId: first.id,
      changes: { added: 2, removed: 0, changed: 0 },
    });
    expect(await allBytesOf(world, first)).toEqual(firstBytes);
  });

  it("lists a line that moved from additional cases to its entitlement as changed, with what it was", async () => {
    const world = memoryWorld();
    await world.record(
      agreementEvent({ packages: [basePackage({ entitlements: [] })] }),
      deliveryEvent("moved", at("2026-03-10T10:00:00Z")),
    );
    await issue(world);
    await world.record(
      agreementEvent(
        {},
        { id: "amended", type: "support.agreement.amended.v1", time: "2026-01-02T00:00:00Z" },
      ),
    );
    const second = await issue(world);
    const [change, ...others] = inSection(await recordsOf(world, second), "change");
    expect(others).toEqual([]);
    expect(change).toMatchObject({ change: "changed", lineSection: "delivery", entitlementId: "ent-adv" });
    expect(JSON.parse(change?.["before"] ?? "")).toEqual({
      lineSection: "additionalCase",
      entitlementId: "",
      reasons: "noMatchingEntitlement",
    });
  });

  it("is the same with the figures of an unchanged version: no change is listed", async () => {
    const world = await busyWorld();
    await issue(world);
    const second = await issue(world);
    expect(second.changes).toEqual({ added: 0, removed: 0, changed: 0 });
    expect(inSection(await recordsOf(world, second), "change")).toEqual([]);
  });
});

function idOf(records: Records, eventId: string | undefined): string {
  return (records.find((record) => record["eventId"] === eventId)?.["lineId"] ?? "").replace(/^'/, "");
}
