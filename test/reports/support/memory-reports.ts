import { createHash } from "node:crypto";
import type { Versioned } from "../../../src/platform/cosmos.ts";
import type { Report } from "../../../src/reports/report.ts";
import type { ReportFiles } from "../../../src/reports/report-files.ts";
import type { ReportScope } from "../../../src/reports/report-scope.ts";
import type { ReportSeries } from "../../../src/reports/report-series.ts";
import type { ReportStore } from "../../../src/reports/report-store.ts";

/** Keeps the promise of the real store in memory; the contract tests run on both. */
export function memoryReportStore(): ReportStore {
  const reports = new Map<string, Versioned<Report>>();
  const series = new Map<string, Versioned<ReportSeries>>();
  let tags = 0;
  const nextTag = (): string => `"${++tags}"`;
  return {
    read: async (customerId, id) => structuredClone(reports.get(keyOf(customerId, id))),
    readSeries: async (customerId, id) => structuredClone(series.get(keyOf(customerId, id))),
    create: async (report, next, seriesEtag) => {
      const reportKey = keyOf(report.customerId, report.id);
      const seriesKey = keyOf(next.customerId, next.id);
      if (reports.has(reportKey) || series.get(seriesKey)?.etag !== seriesEtag) return false;
      reports.set(reportKey, { value: structuredClone(report), etag: nextTag() });
      series.set(seriesKey, { value: structuredClone(next), etag: nextTag() });
      return true;
    },
    save: async (report, etag) => {
      const key = keyOf(report.customerId, report.id);
      if (reports.get(key)?.etag !== etag) return undefined;
      const saved = { value: structuredClone(report), etag: nextTag() };
      reports.set(key, saved);
      return saved.etag;
    },
    page: async (customerId, { after, limit, workspaceIds }) =>
      [...reports.values()]
        .map(({ value }) => value)
        .filter((report) => report.customerId === customerId)
        .filter(({ scope }) => workspaceIds === undefined || isIn(scope, workspaceIds))
        .filter((report) => after === undefined || sortKey(report) < sortKey(after))
        .toSorted((left, right) => (sortKey(left) < sortKey(right) ? 1 : -1))
        .slice(0, limit),
    waiting: async (customerId, now, limit) =>
      [...reports.values()]
        .map(({ value }) => value)
        .filter((report) => report.customerId === customerId && isWaiting(report, now))
        .toSorted((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1))
        .slice(0, limit),
  };
}

const isWaiting = (report: Report, now: string): boolean =>
  report.status === "notStarted" || (report.status === "running" && report.leaseUntil <= now);

const isIn = (scope: ReportScope, workspaceIds: readonly string[]): boolean =>
  scope.reportKind === "education" &&
  scope.workspaceIds !== null &&
  scope.workspaceIds.every((workspaceId) => workspaceIds.includes(workspaceId));

const keyOf = (customerId: string, id: string): string => `${customerId}\n${id}`;
const sortKey = ({ requestedAt, id }: Pick<Report, "requestedAt" | "id">): string => `${requestedAt}\n${id}`;

export type MemoryFiles = ReportFiles & {
  /** The bytes of every file there is, by name. */
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Until when a file is protected, by its name. */
  readonly policies: ReadonlyMap<string, Date>;
};

/** Keeps the promise of the real store in memory; the contract tests run on both. */
export function memoryReportFiles(now: () => Date = () => new Date()): MemoryFiles {
  const contents = new Map<string, Buffer>();
  const writtenAt = new Map<string, Date>();
  const policies = new Map<string, Date>();
  const isProtected = (blobName: string): boolean => (policies.get(blobName) ?? new Date(0)) > now();
  return {
    contents,
    policies,
    write: async ({ blobName }, content) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
      const bytes = Buffer.concat(chunks);
      if (bytes.length === 0) throw new RangeError("a file without content is never a report");
      if (contents.has(blobName)) throw new Error(`${blobName} is taken`);
      contents.set(blobName, bytes);
      writtenAt.set(blobName, now());
      return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    },
    readStream: async (blobName) => {
      const bytes = contents.get(blobName);
      return bytes === undefined ? undefined : inChunks(bytes);
    },
    remove: async (blobName) => {
      if (isProtected(blobName)) throw new Error(`${blobName} is protected`);
      contents.delete(blobName);
    },
    protect: async (blobName, until) => {
      if (!contents.has(blobName)) throw new Error(`there is no ${blobName}`);
      const before = policies.get(blobName);
      if (before === undefined || before < until) policies.set(blobName, until);
    },
    removeWrittenBefore: async (instant, filesMax) => {
      const old = [...contents.keys()].filter((name) => (writtenAt.get(name) ?? instant) < instant);
      const removable = old.filter((name) => !isProtected(name)).slice(0, filesMax);
      for (const name of removable) contents.delete(name);
      return { removed: removable.length, refused: old.filter(isProtected).length };
    },
    downloadLink: async (blobName, fileName, expiresAt) =>
      `https://files.example/${blobName}?name=${fileName}&until=${expiresAt.toISOString()}`,
  };
}

const CHUNK_BYTES = 1_000;

async function* inChunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    yield await Promise.resolve(bytes.subarray(start, start + CHUNK_BYTES));
  }
}
