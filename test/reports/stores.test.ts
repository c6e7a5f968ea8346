import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { blocksOf } from "../../src/platform/blob.ts";
import { cancelReport } from "../../src/reports/cancel-report.ts";
import {
  newReport,
  type Report,
  type RunningReport,
  reportIdSchema,
  start,
} from "../../src/reports/report.ts";
import type { FileToWrite, ReportFiles } from "../../src/reports/report-files.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { allocate, reportIdOf, seriesIdOf } from "../../src/reports/report-series.ts";
import type { ReportStore } from "../../src/reports/report-store.ts";
import { type Random, seededRandom } from "../fakes/random.ts";
import { memoryReportFiles, memoryReportStore } from "./support/memory-reports.ts";
import { type StandIns, startStandIns } from "./support/stand-ins.ts";
import { cpod, customerId, march } from "./support/world.ts";

const MEBIBYTE = 1_048_576;

let standIns: StandIns;
beforeAll(async () => {
  standIns = await startStandIns();
});
afterAll(() => standIns.close());

const seriesId = seriesIdOf(cpod, march);

function reportOf(version: number, requestedAt = "2026-04-01T00:00:00.000Z"): Report {
  const id = reportIdOf(cpod, march, version);
  const requestedBy = { subject: "person-1", email: "person@cust-t.example" };
  const facts = { id, customerId, scope: cpod, period: march, version, requestedBy, requestedAt };
  return newReport({ ...facts, formats: ["csv"], languages: ["es"] });
}

async function createNext(store: ReportStore, requestedAt?: string): Promise<Report> {
  const before = await store.readSeries(customerId, seriesId);
  const allocation = allocate(before?.value, { id: seriesId, customerId }, { requestKey: randomUUID() });
  if (allocation.outcome !== "allocated") throw new Error("there is no version left");
  const report = reportOf(allocation.version, requestedAt);
  expect(await store.create(report, allocation.series, before?.etag)).toBe(true);
  return report;
}

async function startedIn(store: ReportStore, { id }: Report, now: string): Promise<RunningReport> {
  const found = await store.read(customerId, id);
  const begun = found && start(found.value, now, "folder");
  if (begun?.outcome !== "started") throw new Error("cannot start");
  expect(await store.save(begun.report, found?.etag ?? "")).toBeDefined();
  return begun.report;
}

const WORKSPACES = ["ws-0", "ws-1", "ws-2", "ws-3"] as const;
/** Only the oldest report is of it. */
const RARE = "ws-rare";
/** More than are read at once where only some are wanted. */
const SCOPED_REPORTS = 200;

/** Of an agreement, of the whole customer, or of some workspaces. */
function scopeOf(random: Random, isOldest: boolean): ReportScope {
  if (isOldest) return inWorkspaces([RARE]);
  if (random.below(4) === 0) return cpod;
  if (random.below(6) === 0) return { reportKind: "education", workspaceIds: null };
  const first = random.pick(WORKSPACES);
  const others = WORKSPACES.filter(() => random.below(3) === 0);
  return inWorkspaces([...new Set([first, ...others])]);
}

const inWorkspaces = (ids: readonly string[]): ReportScope => ({
  reportKind: "education",
  workspaceIds: ids.map((id) => workspaceIdSchema.parse(id)),
});

const isOf = (scope: ReportScope, chosen: readonly string[]): boolean =>
  scope.reportKind === "education" && (scope.workspaceIds?.every((id) => chosen.includes(id)) ?? false);

async function createOf(store: ReportStore, index: number, random: Random): Promise<Report> {
  const requestedAt = new Date(Date.UTC(2026, 3, 1, 0, index)).toISOString();
  const report = {
    ...reportOf(1, requestedAt),
    id: reportIdSchema.parse(`report-${index}`),
    scope: scopeOf(random, index === 0),
  };
  const series = {
    id: `series-${index}`,
    customerId,
    kind: "reportSeries",
    lastVersion: 1,
    requests: {},
  } as const;
  expect(await store.create(report, series, undefined)).toBe(true);
  return report;
}

const stores = [
  { name: "in memory", open: async () => memoryReportStore() },
  { name: "on the Cosmos DB stand-in", open: () => standIns.reports() },
];

describe.each(stores)("a report store $name", ({ open }) => {
  it("gives back what was written, and nothing of what is not there", async () => {
    const store = await open();
    expect(await store.read(customerId, "cpod-x-2026-03-v1")).toBeUndefined();
    expect(await store.readSeries(customerId, seriesId)).toBeUndefined();
    const report = await createNext(store);
    expect((await store.read(customerId, report.id))?.value).toEqual(report);
    expect((await store.readSeries(customerId, seriesId))?.value).toMatchObject({ lastVersion: 1 });
  });

  it("creates a report and the new state of its series both or neither", async () => {
    const store = await open();
    await createNext(store);
    const stale = await store.readSeries(customerId, seriesId);
    if (stale === undefined) throw new Error("there is no series");
    await createNext(store);
    const series = { ...stale.value, lastVersion: 3 };
    expect(await store.create(reportOf(3), series, stale.etag)).toBe(false);
    expect(await store.create(reportOf(3), series, undefined)).toBe(false);
    expect(await store.read(customerId, reportOf(3).id)).toBeUndefined();
    const current = await store.readSeries(customerId, seriesId);
    expect(await store.create(reportOf(2), series, current?.etag)).toBe(false);
    expect((await store.readSeries(customerId, seriesId))?.value.lastVersion).toBe(2);
  });

  it("saves only over the version that was read, and names the new one", async () => {
    const store = await open();
    const report = await createNext(store);
    const found = await store.read(customerId, report.id);
    const begun = start(report, "2026-04-01T00:00:00.000Z", "blob-1");
    if (found === undefined || begun.outcome !== "started") throw new Error("cannot start");
    const etag = await store.save(begun.report, found.etag);
    expect(await store.save(report, found.etag)).toBeUndefined();
    const saved = await store.read(customerId, report.id);
    expect(saved).toEqual({ value: begun.report, etag });
  });

  it("lists newest first, page after page, without repeating or leaving out any of one instant", async () => {
    const store = await open();
    const instants = ["2026-04-01T00:00:00.000Z", "2026-04-02T00:00:00.000Z", "2026-04-02T00:00:00.000Z"];
    for (const instant of [...instants, "2026-04-03T00:00:00.000Z"]) await createNext(store, instant);
    const seen: Report[] = [];
    for (let page = await store.page(customerId, { after: undefined, limit: 1 }); page.length > 0; ) {
      seen.push(...page);
      page = await store.page(customerId, { after: page.at(-1), limit: 1 });
    }
    expect(seen.map(({ version }) => version)).toEqual([4, 3, 2, 1]);
    expect(seen).toEqual(await store.page(customerId, { after: undefined, limit: 10 }));
  });

  it("finds what waits for a maker, oldest first, however much there is that is over or being made", async () => {
    const store = await open();
    const [first, second, over, left, made] = [
      await createNext(store, "2026-04-02T00:00:00.000Z"),
      await createNext(store, "2026-04-01T00:00:00.000Z"),
      await createNext(store, "2026-04-03T00:00:00.000Z"),
      await createNext(store, "2026-04-04T00:00:00.000Z"),
      await createNext(store, "2026-04-05T00:00:00.000Z"),
    ];
    await cancelReport(store, customerId, over.id, {
      at: "2026-04-05T00:00:00.000Z",
      actor: { subject: "a" },
    });
    const lost = await startedIn(store, left, "2026-04-05T00:00:00.000Z");
    const busy = await startedIn(store, made, "2026-04-05T00:00:00.001Z");
    expect(await store.waiting(customerId, lost.leaseUntil, 10)).toEqual([second, first, lost]);
    expect(await store.waiting(customerId, lost.leaseUntil, 2)).toEqual([second, first]);
    expect(await store.waiting(customerId, busy.leaseUntil, 10)).toEqual([second, first, lost, busy]);
    expect(await store.waiting(customerIdSchema.parse("cust-other"), busy.leaseUntil, 10)).toEqual([]);
  });

  it("lists for some workspaces what is of them alone, page after page, however much else lies between", async () => {
    const store = await open();
    const random = seededRandom(3);
    const reports: Report[] = [];
    for (let index = 0; index < SCOPED_REPORTS; index++) reports.push(await createOf(store, index, random));
    const newestFirst = reports.toReversed();
    for (const chosen of [[], [RARE], ["ws-0"], ["ws-0", "ws-1"], WORKSPACES.toSpliced(2, 1), WORKSPACES]) {
      const expected = newestFirst.filter(({ scope }) => isOf(scope, chosen)).map(({ id }) => id);
      for (const limit of [1, 7, 2 * SCOPED_REPORTS]) {
        const seen: string[] = [];
        let after: Report | undefined;
        do {
          const page = await store.page(customerId, { after, limit, workspaceIds: chosen });
          expect(page).toHaveLength(Math.min(limit, expected.length - seen.length));
          seen.push(...page.map(({ id }) => id));
          after = page.at(-1);
        } while (after !== undefined);
        expect(seen, `${chosen.join()} by ${limit}`).toEqual(expected);
      }
    }
    for (const each of ["ws-0", RARE])
      expect(newestFirst.filter(({ scope }) => isOf(scope, [each])).length).toBeGreaterThan(0);
  });
});

const fileStores = [
  { name: "in memory", open: async (): Promise<ReportFiles> => memoryReportFiles() },
  { name: "on the Blob Storage stand-in", open: () => standIns.files() },
];

const named = (blobName: string): FileToWrite => ({
  blobName,
  fileName: "CPOD.csv",
  contentType: "text/csv; charset=utf-8",
  reportId: "cpod-ñ-2026-03-v1",
});

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** A block lasts until the one after it is asked for. */
async function* copied(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) yield Uint8Array.from(block);
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function readAll(files: ReportFiles, blobName: string): Promise<Buffer | undefined> {
  const content = await files.readStream(blobName);
  return content === undefined ? undefined : Buffer.concat(await collected(content));
}

describe.each(fileStores)("a file store $name", ({ open }) => {
  it("gives back byte for byte what was written, whatever the size of its parts, with its length and digest", async () => {
    const files = await open();
    const bytes = randomBytes(9 * MEBIBYTE + 7);
    const written = await files.write(named("a/b.csv"), chunks(bytes, 1_000_003));
    expect(written).toEqual({
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
    expect(Buffer.compare((await readAll(files, "a/b.csv")) ?? Buffer.of(), bytes)).toBe(0);
  });

  it("has no file when its content ends with an error, or is empty", async () => {
    const files = await open();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* chunks(randomBytes(5 * MEBIBYTE), MEBIBYTE);
      throw new Error("no more");
    }
    await expect(files.write(named("broken.csv"), broken())).rejects.toThrow("no more");
    await expect(files.write(named("empty.csv"), chunks(Buffer.of(), 1))).rejects.toThrow();
    expect(await readAll(files, "broken.csv")).toBeUndefined();
    expect(await readAll(files, "empty.csv")).toBeUndefined();
  });

  it("never writes over a file", async () => {
    const files = await open();
    await files.write(named("once.csv"), chunks(Buffer.from("first"), 5));
    await expect(files.write(named("once.csv"), chunks(Buffer.from("second"), 6))).rejects.toThrow();
    expect((await readAll(files, "once.csv"))?.toString()).toBe("first");
  });

  it("removes a file, and one that is not there without an error", async () => {
    const files = await open();
    await files.write(named("gone.csv"), chunks(Buffer.from("first"), 5));
    await files.remove("gone.csv");
    await files.remove("gone.csv");
    expect(await readAll(files, "gone.csv")).toBeUndefined();
  });
});

describe("a download link of Blob Storage", () => {
  it("opens one file, as a download, for reading only, until it expires", async () => {
    const files = await standIns.files();
    await files.write(named("dir/one.csv"), chunks(Buffer.from("content"), 7));
    await files.write(named("dir/two.csv"), chunks(Buffer.from("secret"), 6));
    const link = await files.downloadLink("dir/one.csv", "CPOD.csv", new Date(Date.now() + 60_000));
    const response = await fetch(link);
    expect(await response.text()).toBe("content");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="CPOD.csv"');
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    for (const [url, method] of [
      [link.replace("one.csv", "two.csv"), "GET"],
      [link, "DELETE"],
      [await files.downloadLink("dir/one.csv", "CPOD.csv", new Date(Date.now() - 60_000)), "GET"],
    ] as const) {
      const refused = await fetch(url, { method });
      await refused.text();
      expect(refused.status).toBe(403);
    }
  });
});

describe("blocks", () => {
  it("hold the same bytes, all of one size but the last", async () => {
    const bytes = randomBytes(10_000);
    for (const size of [1, 333, 1_000, 9_999, 20_000]) {
      const blocks = await collected(copied(blocksOf(chunks(bytes, size), 1_000)));
      expect(blocks.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 1_000));
      expect(Buffer.compare(Buffer.concat(blocks), bytes)).toBe(0);
    }
    expect((await collected(blocksOf(chunks(bytes, 7), 6_000))).map(({ length }) => length)).toEqual([
      6_000, 4_000,
    ]);
  });

  it("are in one piece of memory, however many there are", async () => {
    const blocks = await collected(blocksOf(chunks(randomBytes(10_000), 333), 1_000));
    expect(new Set(blocks.map(({ buffer }) => buffer)).size).toBe(1);
  });
});
