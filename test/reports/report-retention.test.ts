import { randomUUID } from "node:crypto";
import { BlobServiceClient } from "@azure/storage-blob";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { removeOldReportFiles } from "../../functions/timer/report-retention.ts";
import { type RunningBlob, startBlob } from "../../local/blob/server.ts";
import { blobReportFiles, type ReportFiles } from "../../src/reports/report-files.ts";
import { isKept, keptFor, keptUntil, protectReport, removedBefore } from "../../src/reports/retention.ts";
import { keptLog } from "../timers/kept-log.ts";
import { startImmutableAccount } from "./support/immutable-account.ts";
import { memoryReportFiles } from "./support/memory-reports.ts";

const DAY_MS = 86_400_000;
const GENERATED_AT = "2026-04-01T00:10:20.345Z";

const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

const issuedFor = (days: number, generatedAt: string = GENERATED_AT) => ({
  generatedAt,
  filesKeptUntil: keptFor(generatedAt, days),
});

describe("the files of a report", () => {
  test("are kept for the days that are said, to the millisecond, whatever clocks do in between", () => {
    expect(keptFor(GENERATED_AT, 2_557)).toBe("2033-04-01T00:10:20.345Z");
    const report = issuedFor(31);
    expect(report.filesKeptUntil).toBe("2026-05-02T00:10:20.345Z");
    expect(isKept(report, GENERATED_AT, 31)).toBe(true);
    expect(isKept(report, later(report.filesKeptUntil, -1), 31)).toBe(true);
    expect(isKept(report, report.filesKeptUntil, 31)).toBe(false);
    const atSeconds = issuedFor(31, "2026-04-01T00:10:20Z");
    expect(isKept(atSeconds, "2026-05-02T00:10:20.000Z", 31)).toBe(false);
  });

  test("are not offered again by a longer setting, and at once not any more by a shorter one", () => {
    const report = issuedFor(31);
    expect(keptUntil(report, 2_557)).toBe(report.filesKeptUntil);
    expect(isKept(report, later(GENERATED_AT, 40 * DAY_MS), 2_557)).toBe(false);
    expect(keptUntil(report, 10)).toBe("2026-04-11T00:10:20.345Z");
    expect(isKept(report, later(GENERATED_AT, 10 * DAY_MS), 10)).toBe(false);
  });

  test("are never removed while they are offered or protected, and a day later they are", () => {
    const instant = fc.date({
      min: new Date("2020-01-01"),
      max: new Date("2120-01-01"),
      noInvalidDate: true,
    });
    const days = fc.integer({ min: 31, max: 36_500 });
    const aroundTheEnd = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS });
    fc.assert(
      fc.property(instant, days, aroundTheEnd, fc.nat(3_600_000), (generated, kept, offsetMs, tookMs) => {
        const generatedAt = generated.toISOString();
        const report = issuedFor(kept, generatedAt);
        const now = later(report.filesKeptUntil, offsetMs);
        // The account keeps whole seconds of what it wrote.
        const written = new Date(Math.floor((generated.getTime() + tookMs) / 1_000) * 1_000);
        const isRemoved = written < removedBefore(now, kept);
        expect(isRemoved && isKept(report, now, kept)).toBe(false);
        expect(isRemoved).toBe(offsetMs > DAY_MS + (written.getTime() - generated.getTime()));
      }),
    );
  });
});

let blob: RunningBlob;
beforeAll(async () => {
  blob = await startBlob({ port: 0 });
});
afterAll(() => blob.close());

async function onAzurite(): Promise<ReportFiles> {
  const service = BlobServiceClient.fromConnectionString(blob.connectionString);
  const name = `reports-${randomUUID()}`;
  await service.createContainer(name);
  return blobReportFiles(service, name);
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("content"));
}

const write = (files: ReportFiles, blobName: string) =>
  files.write(
    { blobName, fileName: "a.csv", contentType: "text/csv; charset=utf-8", reportId: "report-1" },
    bytes(),
  );

const fileStores: readonly (readonly [string, () => Promise<ReportFiles>])[] = [
  ["in memory", async () => memoryReportFiles()],
  ["on the Blob Storage stand-in", onAzurite],
];

describe.each(fileStores)("a file store %s", (_, open) => {
  test("removes what was written before an instant, and nothing else", async () => {
    const files = await open();
    await write(files, "a/one");
    await write(files, "a/two");
    const nothing = await files.removeWrittenBefore(new Date(Date.now() - DAY_MS), 10);
    expect(nothing).toEqual({ removed: 0, refused: 0 });
    expect(await files.readStream("a/one")).toBeDefined();
    const all = await files.removeWrittenBefore(new Date(Date.now() + DAY_MS), 10);
    expect(all).toEqual({ removed: 2, refused: 0 });
    expect(await files.readStream("a/one")).toBeUndefined();
    expect(await files.readStream("a/two")).toBeUndefined();
  });

  test("removes no more at a time than it is told, and the rest the next time", async () => {
    const files = await open();
    for (const name of ["one", "two", "three"]) await write(files, name);
    const tomorrow = new Date(Date.now() + DAY_MS);
    expect((await files.removeWrittenBefore(tomorrow, 2)).removed).toBe(2);
    expect((await files.removeWrittenBefore(tomorrow, 2)).removed).toBe(1);
    expect((await files.removeWrittenBefore(tomorrow, 2)).removed).toBe(0);
  });
});

describe("protection", () => {
  let account: Awaited<ReturnType<typeof startImmutableAccount>> | undefined;
  afterEach(() => account?.close());

  async function accountWith(blobNames: readonly string[], isEnabled = true) {
    const started = await startImmutableAccount(isEnabled);
    account = started;
    for (const name of blobNames) started.blobs.set(name, { createdOn: new Date("2026-04-01") });
    const service = new BlobServiceClient(started.url, undefined, { retryOptions: { maxTries: 1 } });
    return { account: started, files: blobReportFiles(service, "reports") };
  }

  const report = (...blobNames: string[]): Parameters<typeof protectReport>[1] => ({
    ...issuedFor(2_557),
    files: blobNames.map((blobName) => ({
      blobName,
      format: "xlsx",
      language: "en",
      section: null,
      fileName: "a.xlsx",
      contentType: "application/octet-stream",
      bytes: 1,
      rows: 1,
      sha256: "0".repeat(64),
    })),
  });

  test("of a report gives each of its files a policy that ends when they are not kept any more, and is not locked", async () => {
    const { account, files } = await accountWith(["r/a", "r/b", "other"]);
    await protectReport(files, report("r/a", "r/b"), 2_557);
    const policy = { until: "Fri, 01 Apr 2033 00:10:20 GMT", mode: "Unlocked" };
    expect(account.requests).toEqual([
      { path: "r/a", ...policy },
      { path: "r/b", ...policy },
    ]);
  });

  test("is set once, however often it is asked for", async () => {
    const { account, files } = await accountWith(["r/a"]);
    for (let again = 0; again < 3; again++) await protectReport(files, report("r/a"), 31);
    expect(account.requests).toHaveLength(1);
    await protectReport(files, report("r/a"), 32);
    expect(account.requests).toHaveLength(2);
  });

  test("never makes a longer time shorter, nor touches what somebody locked", async () => {
    const { account, files } = await accountWith(["long", "locked"]);
    const until = new Date("2050-01-01T00:00:00.000Z");
    account.blobs.set("long", { createdOn: until, policy: { until, mode: "Unlocked" } });
    account.blobs.set("locked", { createdOn: until, policy: { until, mode: "Locked" } });
    await protectReport(files, report("long", "locked"), 2_557);
    expect(account.requests).toEqual([]);
  });

  test("ends with an error where the container is not made for it, or the file is not there", async () => {
    const { files } = await accountWith(["r/a"], false);
    await expect(protectReport(files, report("r/a"), 31)).rejects.toMatchObject({ statusCode: 409 });
    await expect(protectReport(files, report("r/none"), 31)).rejects.toMatchObject({ statusCode: 404 });
  });

  test("keeps a file from removal until it is over, and no other file", async () => {
    const { account, files } = await accountWith(["a", "b", "c"]);
    const createdOn = new Date("2026-04-01");
    const inAYear = new Date(Date.now() + 365 * DAY_MS);
    account.blobs.set("a", { createdOn, policy: { until: inAYear, mode: "Locked" } });
    account.blobs.set("b", { createdOn, policy: { until: new Date("2026-05-01"), mode: "Locked" } });
    account.blobs.set("young", { createdOn: inAYear });
    const result = await files.removeWrittenBefore(new Date(Date.now() + DAY_MS), 10);
    expect(result).toEqual({ removed: 2, refused: 1 });
    expect([...account.blobs.keys()]).toEqual(["a", "young"]);
  });
});

describe("the timer", () => {
  const config = { reportRetentionDays: 31 };

  test("removes files of reports a day after they are offered for the last time, and says how many", async () => {
    let now = GENERATED_AT;
    const files = memoryReportFiles(() => new Date(now));
    await write(files, "old");
    now = later(GENERATED_AT, 10 * DAY_MS);
    await write(files, "young");
    const run = { log: keptLog(), now: () => Date.parse(now) };
    now = later(GENERATED_AT, 32 * DAY_MS);
    await removeOldReportFiles({ reportMaker: { files }, config }, run);
    expect([...files.contents.keys()]).toEqual(["old", "young"]);
    expect(run.log.infos).toEqual([]);
    now = later(now, 1);
    await removeOldReportFiles({ reportMaker: { files }, config }, run);
    expect([...files.contents.keys()]).toEqual(["young"]);
    expect(run.log.infos).toEqual(['{"event":"removeOldReportFiles","removed":1,"refused":0}']);
  });

  test("changes nothing when it runs again, or twice at once", async () => {
    const files = memoryReportFiles(() => new Date(GENERATED_AT));
    await write(files, "old");
    const run = { log: keptLog(), now: () => Date.parse(later(GENERATED_AT, 100 * DAY_MS)) };
    const remove = () => removeOldReportFiles({ reportMaker: { files }, config }, run);
    await Promise.all([remove(), remove()]);
    await remove();
    expect(files.contents.size).toBe(0);
  });
});
