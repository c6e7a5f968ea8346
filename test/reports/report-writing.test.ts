import { describe, expect, it } from "vitest";
import { readFonts } from "../../src/platform/report-fonts.ts";
import { openReport } from "../../src/reports/open-report.ts";
import { periodOfDays } from "../../src/reports/period.ts";
import { LEASE_MS, type Progress, type RunningReport, start } from "../../src/reports/report.ts";
import { writeFiles } from "../../src/reports/report-writing.ts";
import { agreementEvent, deliveryEvent } from "../fakes/events.ts";
import { makeQuietly } from "./support/second-version.ts";
import { type Asked, ask, customerOf, issue, make, memoryWorld, type World } from "./support/world.ts";

const DELIVERIES = 1_200;

async function worldWithLines(deliveries = DELIVERIES): Promise<ReturnType<typeof memoryWorld>> {
  const world = memoryWorld();
  await world.record(agreementEvent());
  for (let index = 0; index < deliveries; index++) {
    const deliveredAt = new Date(Date.UTC(2026, 2, 1 + (index % 31), 9, index % 60)).toISOString();
    const request = { number: `CASE-${index}`, category: index % 10 === 0 ? "SU" : null };
    await world.record(deliveryEvent(`d-${index}`, { deliveredAt, request }));
  }
  return world;
}

async function begun(world: World, asked: Asked): Promise<RunningReport> {
  const started = start(await ask(world, asked), world.clock.now(), "folder");
  if (started.outcome !== "started") throw new Error(started.outcome);
  return started.report;
}

async function progressOf(world: World, asked: Asked, told: Progress[] = []): Promise<readonly Progress[]> {
  const report = await begun(world, asked);
  const customer = await customerOf(world);
  const generatedAt = world.clock.now();
  const writing = {
    files: { ...memoryWorld().files },
    fonts: readFonts,
    report,
    customer,
    generatedAt,
    progress: async (progress: Progress) => {
      told.push(progress);
    },
  };
  const { activity, ledgers } = world;
  await writeFiles(writing, () =>
    openReport({
      activity,
      directory: ledgers.directory,
      customer,
      report,
      generatedAt,
      restricted: new Set(),
      previous: undefined,
    }),
  );
  return told;
}

describe("progress", () => {
  it.each<[string, Asked, number]>([
    ["CSV", { formats: ["csv"] }, 1],
    ["CSV and XLSX, which are one reading", { formats: ["csv", "xlsx"] }, 1],
    ["all formats, with another reading for paper", {}, 2],
    ["CSV in two languages", { formats: ["csv"], languages: ["pl", "en"] }, 2],
    ["all formats in two languages", { languages: ["pl", "en"] }, 4],
  ])("goes to exactly all lines of every reading: %s", async (_formats, asked, readings) => {
    const world = await worldWithLines();
    const told = await progressOf(world, asked);
    const ofRows = readings * DELIVERIES;
    expect(told.at(-1)).toEqual({ rows: ofRows, ofRows });
    expect(new Set(told.map((each) => each.ofRows))).toEqual(new Set([ofRows]));
    const rows = told.map((each) => each.rows);
    expect(rows).toEqual(rows.toSorted((left, right) => left - right));
    expect(new Set(rows).size).toBeGreaterThan(2 * readings);
  });

  it("is never beyond what was expected, also when lines come while they are read", async () => {
    const world = await worldWithLines(5);
    let isFirst = true;
    const growing: World = {
      ...world,
      activity: {
        ...world.activity,
        async *entriesBetween(...range) {
          if (isFirst) await world.record(deliveryEvent("late"));
          isFirst = false;
          yield* world.activity.entriesBetween(...range);
        },
      },
    };
    const told: Progress[] = [];
    await expect(progressOf(growing, { formats: ["csv"] }, told)).rejects.toMatchObject({
      code: "FiguresDiffer",
    });
    expect(told.at(-1)).toEqual({ rows: 5, ofRows: 5 });
  });

  it("is none of none where there are no lines", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const told = await progressOf(world, { period: periodOfDays("2026-03-01", "2026-03-02") });
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map((each) => JSON.stringify(each)))).toEqual(new Set(['{"rows":0,"ofRows":0}']));
  });

  it("keeps the lease also while changes are looked for on paper, none of which there are", async () => {
    const world = await worldWithLines(3_200);
    await issue(world, { formats: ["csv"] });
    const report = await ask(world);
    let isOnPaper = false;
    let pages = 0;
    const slow: World = {
      ...world,
      files: {
        ...world.files,
        write: (file, content) => {
          isOnPaper ||= file.blobName.endsWith("/pdf");
          return world.files.write(file, content);
        },
      },
      activity: {
        ...world.activity,
        // On paper it is read for the changes alone.
        async *entriesBetween(...range) {
          for await (const page of world.activity.entriesBetween(...range)) {
            if (isOnPaper) {
              pages += 1;
              world.clock.forward(LEASE_MS * 0.16);
              expect(await makeQuietly(world, report)).toMatchObject({ outcome: "later" });
            }
            yield page;
          }
        },
      },
    };
    expect(await make(slow, report)).toMatchObject({ outcome: "issued", report: { attempt: 1 } });
    expect(pages).toBe(7);
  });
});
