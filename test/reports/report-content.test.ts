import { describe, expect, it } from "vitest";
import { columnsOf } from "../../src/reports/columns.ts";
import type { Cell, ReportContent, Row, Section } from "../../src/reports/content.ts";
import { openCpod } from "../../src/reports/cpod.ts";
import { printedContent, reportContent } from "../../src/reports/report-content.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { agreementId, ask, customerOf, type MemoryWorld, memoryWorld, type World } from "./support/world.ts";

const SECTIONS = [
  "report",
  "entitlement",
  "delivery",
  "additionalCase",
  "benefit",
  "contact",
  "total",
  "change",
];

/** More than fit on a page, on three entitlements, on none, reversed, and some at the same instant. */
async function busyWorld(): Promise<MemoryWorld> {
  const world = memoryWorld();
  const random = seededRandom(7);
  const entitlements = [
    entitlement("ent-adv", "advisory", { allowance: 600 }),
    entitlement("ent-prs", "problemResolution", { allowance: null }),
    entitlement("ent-idle", "proactive", { allowance: 60 }),
  ];
  await world.record(agreementEvent({ packages: [basePackage({ entitlements })] }));
  const services = ["advisory", "problemResolution"] as const;
  for (let index = 0; index < 1_300; index++) {
    const day = String(1 + random.below(28)).padStart(2, "0");
    const service = random.pick(services);
    const entitlementId = service === "advisory" ? "ent-adv" : "ent-prs";
    const request = { number: `CASE-${index}`, ...(random.below(9) === 0 ? { category: "DSA" } : {}) };
    const deliveredAt = `2026-03-${day}T10:00:00.000Z`;
    await world.record(
      deliveryEvent(`d-${index}`, { service, entitlementId, deliveredAt, quantity: 2, request }),
    );
  }
  await world.record(reversalEvent("back", "d-5", { quantity: 1 }));
  return world;
}

async function cpodOf(world: World) {
  const report = await ask(world);
  const facts = {
    customer: await customerOf(world),
    report,
    language: "es",
    generatedAt: world.clock.now(),
  } as const;
  const cpod = await openCpod({
    activity: world.activity,
    directory: world.ledgers.directory,
    ...facts,
    agreementId,
    period: report.period,
    version: report.version,
    restricted: new Set(),
    previous: undefined,
  });
  return { cpod, facts };
}

type ReadSection = Pick<Section, "key" | "group"> & { readonly rows: readonly Row[] };

async function readSections({ sections }: ReportContent): Promise<ReadSection[]> {
  const all: ReadSection[] = [];
  for (const { key, group, rows } of sections) {
    const read: Row[] = [];
    for await (const batch of rows) read.push(...batch);
    all.push({ key, rows: read, ...(group && { group }) });
  }
  return all;
}

const rowsIn = (sections: readonly ReadSection[], key: string): readonly Row[] =>
  sections.filter((section) => section.key === key).flatMap(({ rows }) => rows);

function column(rows: readonly Row[], key: "delivery" | "total" | "entitlement", name: string): Cell[] {
  const index = columnsOf[key].findIndex((each) => each.key === name);
  return rows.map((row) => row[index] ?? null);
}

describe("what writers get of a CPOD", () => {
  it("is every section in its order, each row with the columns of its section, and all lines", async () => {
    const { cpod, facts } = await cpodOf(await busyWorld());
    const sections = await readSections(reportContent(cpod, facts, cpod.rows));
    expect(sections.map(({ key }) => key)).toEqual(SECTIONS);
    for (const { key, rows } of sections) {
      for (const row of rows) expect(row).toHaveLength(columnsOf[key].length);
    }
    const lines = rowsIn(sections, "delivery").length + rowsIn(sections, "additionalCase").length;
    expect(lines).toBe(1_301);
    expect(rowsIn(sections, "change")).toEqual([]);
  });

  it("has a column for whatever a row says, so that nothing else decides what has changed", async () => {
    const world = memoryWorld();
    const adding = basePackage({ packageId: "pkg-add", section: "addOn", entitlements: [] });
    await world.record(
      agreementEvent({ packages: [basePackage(), adding] }),
      deliveryEvent("one"),
      deliveryEvent("none", { agreementId: undefined, packageId: undefined, entitlementId: undefined }),
    );
    const ending = { id: "ending", type: "support.agreement.amended.v1", time: "2026-03-10T23:30:00Z" };
    await world.record(agreementEvent({ packages: [adding] }, ending));
    const { cpod } = await cpodOf(world);
    for await (const rows of cpod.rows) {
      for (const { section, ...row } of rows) {
        const said = Object.entries(row).flatMap(([name, cell]) => (cell === undefined ? [] : [name]));
        expect(columnsOf[section].map(({ key }) => key)).toEqual(expect.arrayContaining(said));
      }
    }
  });

  it("is on paper the same lines, of each entitlement by themselves in order of time, and the same totals", async () => {
    const { cpod, facts } = await cpodOf(await busyWorld());
    const tools = await readSections(reportContent(cpod, facts, cpod.rows));
    const printed = await readSections(printedContent(cpod, facts));
    const groups = printed.filter(({ key }) => key === "delivery");
    expect(groups.map(({ group }) => group?.entitlementId)).toEqual(["ent-adv", "ent-prs"]);
    for (const { group, rows } of groups) {
      const all = rowsIn(tools, "delivery");
      const owners = column(all, "delivery", "entitlementId");
      expect(rows).toEqual(all.filter((_, index) => owners[index] === group?.entitlementId));
      expect(rows.length).toBeGreaterThan(500);
    }
    for (const key of ["report", "entitlement", "additionalCase", "benefit", "contact", "total"])
      expect(rowsIn(printed, key), key).toEqual(rowsIn(tools, key));
    expect(cpod.packages[0]?.entitlements.map(({ entitlementId, lines }) => [entitlementId, lines])).toEqual([
      ...groups.map(({ group, rows }) => [group?.entitlementId, rows.length]),
      ["ent-idle", 0],
    ]);
  });

  it("has a section for deliveries on paper where there are none", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const { cpod, facts } = await cpodOf(world);
    await readSections(reportContent(cpod, facts, cpod.rows));
    const printed = await readSections(printedContent(cpod, facts));
    expect(printed.map(({ key }) => key)).toEqual(SECTIONS);
    expect(rowsIn(printed, "delivery")).toEqual([]);
  });

  it("is not printed where a line is another than the one that was written", async () => {
    const world = await busyWorld();
    const changing: World = {
      ...world,
      activity: {
        ...world.activity,
        rows: async (ledgerId, query) =>
          (await world.activity.rows(ledgerId, query)).map((entry) =>
            entry.at.startsWith("2026-03-11") ? { ...entry, at: entry.at.replace("T10", "T11") } : entry,
          ),
      },
    };
    const { cpod, facts } = await cpodOf(changing);
    await readSections(reportContent(cpod, facts, cpod.rows));
    await expect(readSections(printedContent(cpod, facts))).rejects.toMatchObject({ code: "FiguresDiffer" });
  });

  it("ends what the rows come from when a section is left before its end", async () => {
    const { cpod, facts } = await cpodOf(await busyWorld());
    let isEnded = false;
    async function* watched() {
      try {
        yield* cpod.rows;
      } finally {
        isEnded = true;
      }
    }
    const [report] = reportContent(cpod, facts, watched()).sections;
    for await (const _rows of report?.rows ?? []) break;
    expect(isEnded).toBe(true);
  });
});
