import { describe, expect, it } from "vitest";
import { entryIdOf } from "../../src/consumption/entry.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import {
  DEFAULT,
  educationWorld,
  issueEducation,
  learning,
  linesOf,
  openedEducation,
  send,
} from "./support/education-world.ts";
import { bytesOf, inSection, recordsOf } from "./support/read-report.ts";
import { agreementId, march, memoryWorld } from "./support/world.ts";
import { cellsOf, partsOf } from "./support/xlsx-parts.ts";

const SECRET = "zzsecret";
const detail = {
  learner: "Łucja Nowak",
  activityTitle: "Azure basics",
  format: "onDemand",
  product: "Azure",
  level: "100",
  language: "pl",
  startedAt: "2026-03-10T12:00:00+02:00",
  completedAt: "no time at all",
};

describe("an education report", () => {
  it("has a line for each activity started with the columns of the grid, and a negative one for each reversal", async () => {
    const world = await educationWorld({ "ws-a": "Logistics" });
    await world.record(
      learning("one", "ent-edu", { workspaceId: "ws-a", detail }),
      learning("other", "ent-more", { deliveredAt: "2026-03-20T08:00:00Z" }),
    );
    await world.record(reversalEvent("back", "one", { reason: "started twice" }));
    const lines = await linesOf(world, await issueEducation(world));
    const shared = {
      learner: detail.learner,
      activityTitle: detail.activityTitle,
      format: detail.format,
      product: detail.product,
      level: detail.level,
      language: detail.language,
      started: "2026-03-10T10:00:00.000Z",
      completed: "",
      workspaceName: "Logistics",
      workspaceId: "ws-a",
      agreementId,
      entitlementId: "ent-edu",
      entitlementName: "On-demand education",
      unit: "activities",
    };
    const idOf = (id: string): string => entryIdOf({ source: "/servicedesk", id });
    const both = [
      { ...shared, eventId: "one", quantity: "1", reversesId: "", reversalReason: "" },
      { ...shared, eventId: "back", quantity: "-1", reversesId: "one", reversalReason: "started twice" },
    ].toSorted((left, right) => (idOf(left.eventId) < idOf(right.eventId) ? -1 : 1));
    expect(lines).toMatchObject([
      ...both,
      { eventId: "other", quantity: "1", workspaceId: DEFAULT, workspaceName: "Default workspace" },
    ]);
  });

  it("names customer, period, version, and whether its workspaces were chosen", async () => {
    const world = await educationWorld({ "ws-a": "Logistics", "ws-b": "Sales" });
    await world.record(
      learning("one", "ent-edu", { workspaceId: "ws-a" }),
      learning("later", "ent-edu", { deliveredAt: "2026-03-11T10:00:00Z" }),
    );
    const factsOf = async (workspaceIds: readonly string[] | null) => {
      const records = await recordsOf(world, await issueEducation(world, { workspaceIds }));
      return inSection(records, "report").map(({ name, value }) => [name, value]);
    };
    const facts = (workspaces: readonly string[][], dataAsOf: string) => [
      ["report", "education"],
      ["customerId", "cust-t"],
      ["customerName", "Customer T"],
      ["timeZone", "Europe/Madrid"],
      ["periodFrom", march.from],
      ["periodTo", march.to],
      ...workspaces,
      ["version", "1"],
      ["generatedAt", "2026-04-01T00:00:00.000Z"],
      ["dataAsOf", dataAsOf],
    ];
    const named = ["Default workspace", "Logistics", "Sales"].map((name) => ["workspace", name]);
    expect(await factsOf(null)).toEqual(facts([["workspaces", "all"], ...named], "2026-03-11T10:00:00.000Z"));
    expect(await factsOf(["ws-a"])).toEqual(
      facts(
        [
          ["workspaces", "chosen"],
          ["workspace", "Logistics"],
        ],
        "2026-03-10T10:00:00.000Z",
      ),
    );
  });

  it("has names of files that say which workspaces it is of", async () => {
    const world = await educationWorld({ "ws-a": "A", "ws-b": "B", "ws é": "C" });
    const nameOf = async (workspaceIds: readonly string[] | null) => {
      const { files } = await issueEducation(world, { workspaceIds, formats: ["csv", "xlsx"] });
      return files.find(({ format }) => format === "xlsx")?.fileName;
    };
    expect(await nameOf(null)).toBe("Education-cust-t-2026-03-v1-es.xlsx");
    expect(await nameOf(["ws-a"])).toBe("Education-cust-t-ws-a-2026-03-v1-es.xlsx");
    const several = await nameOf(["ws-b", "ws-a"]);
    expect(several).toMatch(/^Education-cust-t-2-workspaces-[A-Za-z0-9_-]{8}-2026-03-v1-es\.xlsx$/);
    expect(await nameOf(["ws-a", "ws-b"])).toBe(several?.replace("-v1-", "-v2-"));
    expect(await nameOf(["ws-a", DEFAULT])).not.toBe(several);
    expect(await nameOf(["ws é"])).toMatch(/^Education-cust-t-1-workspaces-/);
  });

  it("has totals by unit, and is for tools alone", async () => {
    const world = await educationWorld();
    await world.record(
      learning("one", "ent-edu"),
      learning("two", "ent-more", { quantity: 3 }),
      learning("class", "ent-class", { quantity: 90 }),
    );
    await world.record(reversalEvent("back", "class", { quantity: 30 }));
    const report = await issueEducation(world);
    const totals = inSection(await recordsOf(world, report), "total");
    expect(totals.toSorted((left, right) => ((left["unit"] ?? "") < (right["unit"] ?? "") ? -1 : 1))).toEqual(
      [
        { section: "total", name: "learning", unit: "activities", rows: "2", quantity: "4" },
        { section: "total", name: "learning", unit: "minutes", rows: "2", quantity: "60" },
      ],
    );
    expect(new Set(report.files.map(({ format }) => format))).toEqual(new Set(["csv", "xlsx"]));
    expect((await openedEducation(world)).printed()).toEqual([]);
  });

  it("is one without lines for a customer without education, with deliveries of other kinds only or with none", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    for (const bodies of [[], [deliveryEvent("case")]]) {
      await world.record(...bodies);
      const report = await issueEducation(world);
      expect(report).toMatchObject({
        lines: 0,
        dataAsOf: null,
        changes: { added: 0, removed: 0, changed: 0 },
      });
      const records = await recordsOf(world, report);
      expect(inSection(records, "learning")).toEqual([]);
      expect(inSection(records, "total")).toMatchObject([{ name: "learning", rows: "0", quantity: "0" }]);
    }
  });

  it("has nothing of an activity that no entitlement accounts for: that is rejected, and no additional case", async () => {
    const world = await educationWorld();
    const nowhere = { agreementId: undefined, packageId: undefined, entitlementId: undefined };
    const unknown = { ...nowhere, agreementId: "agr-nobody" };
    await send(world, learning("nowhere", "ent-edu", nowhere), learning("unknown", "ent-edu", unknown));
    expect(world.ledgers.rejected()).toHaveLength(2);
    expect(await linesOf(world, await issueEducation(world))).toEqual([]);
  });

  it("keeps what was learnt on an entitlement that an amendment ended, and says what it was called", async () => {
    const world = await educationWorld();
    await world.record(learning("one", "ent-edu"));
    await world.record(
      agreementEvent(
        {},
        { id: "amended", type: "support.agreement.amended.v1", time: "2026-03-20T00:00:00Z" },
      ),
    );
    expect(await linesOf(world, await issueEducation(world))).toMatchObject([
      { eventId: "one", entitlementName: "On-demand education" },
    ]);
  });

  it("names no request, in no column: who manages learning may not know of it (SR-02)", async () => {
    const world = await educationWorld();
    const request = { number: "CASE-7", title: "CASE-7 title" };
    await world.record(learning("sr:CASE-7", "ent-edu", { quantity: 3, request, detail }));
    await world.record(
      reversalEvent("back:CASE-7", "sr:CASE-7", { quantity: 1, reason: "CASE-7 was closed" }),
    );
    const report = await issueEducation(world);
    const sheets = await partsOf(await bytesOf(world, report, { name: "xlsx" }));
    const records = await recordsOf(world, report);
    expect(JSON.stringify([records, [...sheets.values()]])).not.toContain("CASE-7");
    const idOf = (id: string): string => entryIdOf({ source: "/servicedesk", id });
    const line = { learner: detail.learner, eventSource: "/servicedesk", reversalReason: "" };
    const [given, back] = [idOf("sr:CASE-7"), idOf("back:CASE-7")];
    const lines = inSection(records, "learning").toSorted(
      (left, right) => Number(right["quantity"]) - Number(left["quantity"]),
    );
    expect(lines).toMatchObject([
      { ...line, quantity: "3", eventId: given, lineId: given, reversesId: "" },
      { ...line, quantity: "-1", eventId: back, lineId: back, reversesId: given },
    ]);
  });

  it("says nothing of a request that nobody may know of, nor of what the version before said of it (SR-06)", async () => {
    const world = await educationWorld();
    const secret = (name: string) => ({
      request: { number: `${SECRET}-1`, title: `${SECRET} bonus` },
      detail: { ...detail, learner: `${SECRET} ${name}`, activityTitle: `${SECRET} title` },
    });
    await world.record(
      learning("plain", "ent-edu", { detail: { learner: "Ana" } }),
      learning(`${SECRET}-one`, "ent-edu", { quantity: 3, ...secret("one") }),
      learning(`${SECRET}-two`, "ent-edu", secret("two")),
    );
    const back = { reason: `${SECRET} error`, quantity: 1 };
    await world.record(
      reversalEvent(`${SECRET}-late`, `${SECRET}-two`, back, { time: "2026-03-09T08:00:00Z" }),
    );
    const said = async (report: Awaited<ReturnType<typeof issueEducation>>) => {
      const sheets = await partsOf(await bytesOf(world, report, { name: "xlsx" }));
      return [JSON.stringify(await recordsOf(world, report)), [...sheets.values()].join("\n")];
    };
    for (const text of await said(await issueEducation(world))) expect(text).toContain(SECRET);

    const first = reversalEvent(`${SECRET}-first`, `${SECRET}-two`, back, { time: "2026-03-08T08:00:00Z" });
    await send(world, first, reversalEvent(`${SECRET}-back`, `${SECRET}-one`, back));
    const report = await issueEducation({ ...world, restricted: new Set([`${SECRET}-1`]) });
    expect(report.changes).toEqual({ added: 2, removed: 1, changed: 0 });
    for (const text of await said(report)) {
      expect(text).not.toContain(SECRET);
      expect(text).toContain("Ana");
    }
    const lines = await linesOf(world, report);
    expect(lines.map(({ quantity }) => Number(quantity)).toSorted((left, right) => left - right)).toEqual([
      -1, -1, 1, 1, 3,
    ]);
  });

  it("has hostile texts as texts, whatever column they are in (EX-07)", async () => {
    const hostile = [
      "=1+1",
      "+cmd|' /C calc'!A0",
      "-2",
      "@x",
      "constructor",
      "</t></is></c>",
      "a;=1",
      "\uFEFF=1",
    ];
    const world = await educationWorld({ "ws-a": "=HYPERLINK(1)" });
    await world.record(
      ...hostile.map((text, index) =>
        learning(`${text[0]}event-${index}`, "ent-edu", {
          workspaceId: "ws-a",
          detail: {
            learner: text,
            activityTitle: text,
            format: text,
            product: text,
            level: text,
            language: text,
            startedAt: text,
          },
        }),
      ),
    );
    const report = await issueEducation(world);
    const csv = (await bytesOf(world, report, { name: "csv-learning" })).toString("utf8");
    expect(csv).not.toMatch(/[";]\p{Cf}*[=+\-@]/u);
    const lines = await linesOf(world, report);
    expect(lines).toHaveLength(hostile.length);
    for (const { learner, format, started, workspaceName } of lines)
      expect([format, started, workspaceName]).toEqual([learner, "", "'=HYPERLINK(1)"]);
    // Reading the cells fails where one is a formula.
    const parts = await partsOf(await bytesOf(world, report, { name: "xlsx" }));
    const cells = [...parts].flatMap(([path, xml]) => (path.includes("/sheet") ? cellsOf(xml) : []));
    for (const { learner } of lines) expect(cells.filter(({ text }) => text === learner)).toHaveLength(6);
  });

  it("has other figures whenever a line came or went or the data are of a later time, and the same ones otherwise", async () => {
    const world = await educationWorld({ "ws-a": "Logistics" });
    const seen = new Set<string>();
    const look = async () => (await openedEducation(world, { workspaceIds: ["ws-a"] })).figures;
    const inA = { workspaceId: "ws-a" };
    seen.add(await look());
    await world.record(learning("before", "ent-edu", { ...inA, deliveredAt: "2026-02-10T10:00:00Z" }));
    seen.add(await look());
    await world.record(learning("one", "ent-edu", inA));
    seen.add(await look());
    await world.record(learning("same instant", "ent-edu", inA));
    seen.add(await look());
    await world.record(reversalEvent("back", "one"));
    seen.add(await look());
    expect(seen.size).toBe(5);
    await world.record(
      learning("elsewhere", "ent-edu"),
      learning("after", "ent-edu", { ...inA, deliveredAt: "2026-04-01T00:00:00Z" }),
      deliveryEvent("case", { ...inA, deliveredAt: "2026-03-30T00:00:00Z" }),
    );
    seen.add(await look());
    expect(seen.size).toBe(5);
  });
});
