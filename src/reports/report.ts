/**
 * A report: what was asked for, who makes it now, and what came of it. Pure.
 * Invariants: a succeeded or failed report never changes (EX-05); at most one maker holds the lease; a file is named only
 * by the report that it was issued with, so a file that no report names is no report.
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { customerIdSchema } from "../agreements/ids.ts";
import { sectionKeys } from "./content.ts";
import { periodSchema } from "./period.ts";
import { type ReportKind, reportScopeSchema } from "./report-scope.ts";

/** How often making a report is begun before it is given up. */
export const ATTEMPTS_MAX = 5;
/** A maker that has not been heard of for so long is taken for dead, in milliseconds. */
export const LEASE_MS = 120_000;
/** Pause after the first attempt; after each further one it is four times as long: 42 minutes in all. */
const RETRY_MS = 30_000;
/** How long a report may wait for something without the attempts being counted. */
export const WAIT_MAX_MS = 86_400_000;

// Cosmos DB refuses / \ ? # in document ids, and its address takes no control characters or spaces at the ends.
export const reportIdSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?! )[^/\\?#\p{Cc}\p{Cs}]*(?<! )$/u)
  .brand<"ReportId">();
export type ReportId = z.infer<typeof reportIdSchema>;

/** EX-04. In the order in which they are made. */
export const reportFormats = ["csv", "xlsx", "pdf"] as const;
export const reportFormatSchema = z.enum(reportFormats);
export type ReportFormat = z.infer<typeof reportFormatSchema>;

/** EX-04: what people read is the proof of delivery. */
export const formatsOfKind = {
  cpod: reportFormats,
  education: ["csv", "xlsx"],
} as const satisfies Readonly<Record<ReportKind, readonly ReportFormat[]>>;

/** The one that a version is compared with by the next, in the first of its languages. */
export const COMPARED_FORMAT = "csv" satisfies ReportFormat;

export const reportFileSchema = z.object({
  format: reportFormatSchema,
  language: languageSchema,
  /** Of a CSV: it has one section; the others have all. */
  section: z.enum(sectionKeys).nullable(),
  blobName: z.string(),
  fileName: z.string(),
  contentType: z.string(),
  bytes: z.int().min(1),
  /** Of its sections, headers apart. */
  rows: z.int().min(0),
  /** Of the file's bytes, in lower-case hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ReportFile = z.infer<typeof reportFileSchema>;

type FileKey = Pick<ReportFile, "format" | "section">;

/** As in its address: `pdf`, `xlsx`, `csv-delivery`. */
export const fileKeyOf = ({ format, section }: FileKey): string =>
  section === null ? format : `${format}-${section}`;

/** Rows that are written, and how many there will be at most: every reading for every file counts. */
const progressSchema = z.object({ rows: z.int().min(0), ofRows: z.int().min(0) });
export type Progress = z.infer<typeof progressSchema>;

/** Lines that differ from the version before. */
const changesSchema = z.object({ added: z.int(), removed: z.int(), changed: z.int() });
export type ReportChanges = z.infer<typeof changesSchema>;

const reportErrorSchema = z.object({ code: z.string(), message: z.string() });
export type ReportError = z.infer<typeof reportErrorSchema>;

const reportBase = z.object({
  id: reportIdSchema,
  customerId: customerIdSchema,
  kind: z.literal("report"),
  scope: reportScopeSchema,
  period: periodSchema,
  /** Of this scope and period, from 1 on without a gap. */
  version: z.int().min(1),
  formats: z.array(reportFormatSchema).min(1),
  /** Each format is made in each of them. */
  languages: z.array(languageSchema).min(1),
  requestedBy: z.object({ subject: z.string(), email: z.string().optional() }),
  requestedAt: z.iso.datetime(),
  /** Attempts begun. */
  attempt: z.int().min(0),
});

const notStartedSchema = reportBase.extend({ status: z.literal("notStarted") });
const runningSchema = reportBase.extend({
  status: z.literal("running"),
  /** Until then nobody else makes it: the maker's lease, or the pause after an attempt that ended without a report. */
  leaseUntil: z.iso.datetime(),
  /** Folder in which the attempt writes; unique to the attempt, so it also says whose the lease is. */
  blobName: z.string(),
  progress: progressSchema,
  /** Why the last attempt ended. */
  error: reportErrorSchema.optional(),
});
const succeededSchema = reportBase.extend({
  status: z.literal("succeeded"),
  generatedAt: z.iso.datetime(),
  /** Time of the last delivery that is included (CA-17); null when there is none. */
  dataAsOf: z.string().nullable(),
  /** By the setting of then. */
  filesKeptUntil: z.iso.datetime(),
  previousReportId: reportIdSchema.optional(),
  files: z.array(reportFileSchema).min(1),
  /** Digest of sums, numbers of lines, entitlements, benefits and contacts. */
  figures: z.string(),
  /** Digest of all else: as long as both are those of the ledgers, a new version would say the same. */
  context: z.string(),
  /** Deliveries and reversals in it. */
  lines: z.int().min(0),
  changes: changesSchema,
});
const failedSchema = reportBase.extend({
  status: z.literal("failed"),
  failedAt: z.iso.datetime(),
  error: reportErrorSchema,
  /** Folder of the last attempt, which may have been left behind. */
  blobName: z.string().optional(),
});

/** Nobody makes it any more, because somebody said so. Its version stays taken and is of no report. */
const canceledSchema = reportBase.extend({
  status: z.literal("canceled"),
  canceledAt: z.iso.datetime(),
  canceledBy: z.object({ subject: z.string(), email: z.string().optional() }),
  /** Folder of the attempt that was under way, which a maker that is gone leaves behind. */
  blobName: z.string().optional(),
});

export const reportSchema = z.discriminatedUnion("status", [
  notStartedSchema,
  runningSchema,
  succeededSchema,
  failedSchema,
  canceledSchema,
]);
export type Report = z.infer<typeof reportSchema>;
export type RunningReport = z.infer<typeof runningSchema>;
export type SucceededReport = z.infer<typeof succeededSchema>;
export type FailedReport = z.infer<typeof failedSchema>;
export type CanceledReport = z.infer<typeof canceledSchema>;
/** Nothing will ever change it. */
export type EndedReport = SucceededReport | FailedReport | CanceledReport;

export type NewReport = Pick<
  Report,
  | "id"
  | "customerId"
  | "scope"
  | "period"
  | "version"
  | "formats"
  | "languages"
  | "requestedBy"
  | "requestedAt"
>;

export function newReport(facts: NewReport): Report {
  return { ...facts, kind: "report", attempt: 0, status: "notStarted" };
}

export function isEnded(report: Report): report is EndedReport {
  return report.status !== "notStarted" && report.status !== "running";
}

export type Start =
  | { readonly outcome: "started"; readonly report: RunningReport }
  | { readonly outcome: "exhausted"; readonly report: FailedReport }
  | { readonly outcome: "busy"; readonly until: string }
  | { readonly outcome: "over"; readonly report: EndedReport };

/** What a maker that comes at `now` may do: take the lease, give the report up, wait, or nothing because it is over. */
export function start(report: Report, now: string, blobName: string): Start {
  switch (report.status) {
    case "succeeded":
    case "failed":
    case "canceled":
      return { outcome: "over", report };
    case "running":
      if (report.leaseUntil > now) return { outcome: "busy", until: report.leaseUntil };
      return begin(report, now, blobName, report.error);
    case "notStarted":
      return begin(report, now, blobName, undefined);
  }
}

function begin(report: Report, now: string, blobName: string, error: ReportError | undefined): Start {
  if (report.attempt >= ATTEMPTS_MAX) {
    const last = error ?? { code: "Interrupted", message: "every attempt was interrupted" };
    return {
      outcome: "exhausted",
      report: { ...baseOf(report), status: "failed", failedAt: now, error: last, ...attempted(report) },
    };
  }
  return {
    outcome: "started",
    report: {
      ...baseOf(report),
      attempt: report.attempt + 1,
      status: "running",
      leaseUntil: later(now, LEASE_MS),
      blobName,
      progress: { rows: 0, ofRows: 0 },
      ...(error === undefined ? {} : { error }),
    },
  };
}

/** Says that the maker lives, and how far it is. */
export function progressed(report: RunningReport, now: string, progress: Progress): RunningReport {
  return { ...report, leaseUntil: later(now, LEASE_MS), progress };
}

export type Issue = Pick<
  SucceededReport,
  "generatedAt" | "filesKeptUntil" | "dataAsOf" | "files" | "figures" | "context" | "lines" | "changes"
> & {
  readonly previousReportId: ReportId | undefined;
};

export function succeed(report: RunningReport, { previousReportId, ...issue }: Issue): SucceededReport {
  return {
    ...baseOf(report),
    status: "succeeded",
    ...issue,
    ...(previousReportId === undefined ? {} : { previousReportId }),
  };
}

/** The attempt ended without a report: after a pause another may begin, unless it was the last. */
export function fail(report: RunningReport, now: string, error: ReportError): RunningReport | FailedReport {
  if (report.attempt >= ATTEMPTS_MAX)
    return { ...baseOf(report), status: "failed", failedAt: now, error, ...attempted(report) };
  return { ...report, leaseUntil: later(now, RETRY_MS * 4 ** (report.attempt - 1)), error };
}

/** The attempt had to wait for something: for a day that is not counted as one. */
export function postpone(
  report: RunningReport,
  now: string,
  error: ReportError,
): RunningReport | FailedReport {
  if (later(report.requestedAt, WAIT_MAX_MS) < now) return fail(report, now, error);
  return { ...report, attempt: report.attempt - 1, leaseUntil: later(now, RETRY_MS), error };
}

/** It ends whatever makes it: the maker's next save finds another version than it holds the lease with. */
export function cancel(
  report: Exclude<Report, EndedReport>,
  now: string,
  by: CanceledReport["canceledBy"],
): CanceledReport {
  return { ...baseOf(report), status: "canceled", canceledAt: now, canceledBy: by, ...attempted(report) };
}

/** The name of a file of the attempt. */
export const blobNameOf = (
  { blobName }: Pick<RunningReport, "blobName">,
  file: FileKey & Pick<ReportFile, "language">,
): string => `${blobName}/${file.language}/${fileKeyOf(file)}`;

/** Where the attempt that is under way writes. */
const attempted = (report: Report): { readonly blobName?: string } =>
  report.status === "running" ? { blobName: report.blobName } : {};

/** Without what belongs to its status. */
const baseOf = (report: Report): z.infer<typeof reportBase> => reportBase.parse(report);

const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();
