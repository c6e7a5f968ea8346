import { describe, expect, it } from "vitest";
import type { ActivityStore } from "../../src/consumption/activity-store.ts";
import type { Chosen } from "../../src/consumption/chosen.ts";
import { ledgerIdOf } from "../../src/consumption/entry.ts";
import type { OpenedReport } from "../../src/reports/opened-report.ts";
import type { Row } from "../../src/reports/report-row.ts";
import { deliveryEvent } from "../fakes/events.ts";
import {
  DEFAULT,
  educationScope,
  educationWorld,
  issueEducation,
  learning,
  openedEducation,
} from "./support/education-world.ts";
import { ask, customerId, customerOf, make, type World } from "./support/world.ts";

async function rowsOf(report: OpenedReport): Promise<readonly Row[]> {
  const all: Row[] = [];
  for await (const rows of report.rows) all.push(...rows);
  return all;
}

describe("reading for an education report", () => {
  it("takes entries of the chosen workspaces and of education alone, a page at a time, whatever their number", async () => {
    const world = await educationWorld({ "ws-a": "Logistics" });
    const many = (target: "ent-edu" | "ent-more", count: number, workspaceId: string) =>
      Array.from({ length: count }, (_, index) =>
        learning(`${target}-${workspaceId}-${index}`, target, {
          workspaceId,
          deliveredAt: `2026-03-0${1 + (index % 3)}T10:00:00Z`,
        }),
      );
    await world.record(...many("ent-edu", 1_300, "ws-a"), ...many("ent-more", 700, "ws-a"));
    await world.record(...many("ent-edu", 50, DEFAULT), deliveryEvent("case", { workspaceId: "ws-a" }));
    const read: { readonly chosen: Chosen; readonly limit: number; readonly entries: number }[] = [];
    const activity: ActivityStore = {
      ...world.activity,
      rows: async (ledgerId, query) => {
        const rows = await world.activity.rows(ledgerId, query);
        read.push({ chosen: query.chosen, limit: query.limit, entries: rows.length });
        return rows;
      },
      entriesBetween: () => {
        throw new Error("this would read everything");
      },
    };
    const report = await openedEducation(world, { activity, workspaceIds: ["ws-a"] });
    expect([report.lines, read.length]).toEqual([2_000, 0]);
    const rows = report.rows[Symbol.asyncIterator]();
    const taken: Row[] = [];
    for (let step = await rows.next(); step.done !== true; step = await rows.next()) {
      taken.push(...step.value.filter(({ section }) => section === "learning"));
      const ahead = read.reduce((sum, { entries }) => sum + entries, 0) - taken.length;
      expect(ahead).toBeLessThanOrEqual(1_000);
    }
    expect(new Set(taken.map(({ lineId }) => lineId)).size).toBe(2_000);
    for (const { chosen, limit } of read) {
      expect(limit).toBeLessThanOrEqual(500);
      expect(chosen.kind === "workspaces" && [...chosen.ids]).toEqual(["ws-a"]);
    }
  });

  it("ends with an error before its last row where the lines are not those of the figures (EX-06)", async () => {
    const world = await educationWorld();
    await world.record(learning("one", "ent-edu"), learning("two", "ent-edu"), learning("more", "ent-more"));
    const { rows } = world.activity;
    const others: Readonly<Record<string, ActivityStore["rows"]>> = {
      missing: async (...query) => (await rows(...query)).slice(1),
      more: async (...query) => (await rows(...query)).flatMap((row) => [row, { ...row, id: `${row.id}x` }]),
      larger: async (...query) =>
        (await rows(...query)).map((row) => ({ ...row, quantity: row.quantity + 1 })),
    };
    for (const [what, instead] of Object.entries(others)) {
      const report = await openedEducation(world, { activity: { ...world.activity, rows: instead } });
      await expect(rowsOf(report), what).rejects.toMatchObject({ code: "FiguresDiffer" });
    }
    expect(await rowsOf(await openedEducation(world))).toHaveLength(4 + 11);
  });

  it("ends with an error where a line changed between writing it and comparing it", async () => {
    const world = await educationWorld();
    await world.record(learning("one", "ent-edu"));
    await issueEducation(world);
    let readings = 0;
    const changing: World = {
      ...world,
      activity: {
        ...world.activity,
        rows: async (...query) =>
          (await world.activity.rows(...query)).map((row) => ({
            ...row,
            at: `2026-03-1${readings++}${row.at.slice(10)}`,
          })),
      },
    };
    const second = await ask(changing, { scope: educationScope(null) });
    expect(await make(changing, second)).toMatchObject({ outcome: "later" });
    expect((await world.reports.read(customerId, second.id))?.value).toMatchObject({
      error: { code: "FiguresDiffer" },
    });
  });

  it("waits for an agreement whose terms are not there yet or whose entries are being placed anew", async () => {
    const world = await educationWorld();
    await world.record(learning("one", "ent-edu"));
    const { head, ledger } = world.activity;
    const more = ledgerIdOf(customerId, (await customerOf(world)).ledgers[1]);
    const states: Readonly<Record<string, Partial<ActivityStore>>> = {
      absent: { head: async (id) => (id === more ? undefined : head(id)) },
      unsettled: {
        head: async (id) => {
          const found = await head(id);
          return found && id === more ? { ...found, value: { ...found.value, revision: 99 } } : found;
        },
      },
      mending: {
        head: async (id) => {
          const found = await head(id);
          const mending = { entryId: "e", afterId: "a" };
          return found && id === more ? { ...found, value: { ...found.value, mending } } : found;
        },
      },
      "settled between": {
        ledger: async (id) => {
          const found = await ledger(id);
          const revisions = { revision: 99, settledRevision: 99 };
          return found && { ...found, head: { ...found.head, ...revisions } };
        },
      },
    };
    for (const [what, state] of Object.entries(states)) {
      const activity = { ...world.activity, ...state };
      await expect(openedEducation(world, { activity }), what).rejects.toMatchObject({ code: "NotReady" });
    }
  });

  it("finds no workspace that the customer does not have", async () => {
    const world = await educationWorld();
    await expect(openedEducation(world, { workspaceIds: [DEFAULT, "ws-x"] })).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
  });
});
