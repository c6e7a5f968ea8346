import * as z from "zod";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { agreementIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { InvalidRequestError } from "../../src/platform/errors.ts";
import { dayText, monthText } from "../../src/platform/instant.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import { sectionKeys } from "../../src/reports/content.ts";
import { ownLink } from "../../src/reports/download.ts";
import { type Period, periodOfDays, periodOfMonth } from "../../src/reports/period.ts";
import {
  fileKeyOf,
  formatsOfKind,
  type Report,
  type ReportChanges,
  type ReportFile,
  reportFormatSchema,
  type SucceededReport,
} from "../../src/reports/report.ts";
import { type ReportScope, SCOPE_WORKSPACES_MAX } from "../../src/reports/report-scope.ts";
import { isKept, keptUntil } from "../../src/reports/retention.ts";

const statusSchema = z.enum(["notStarted", "running", "succeeded", "failed", "canceled"]);

export const periodSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime().meta({ description: "Exclusive." }),
});

export const scopeViewShape = {
  reportKind: z.enum(["cpod", "education"]),
  agreementId: z.string().nullable().meta({ description: "Of a proof of delivery." }),
  workspaceIds: z
    .array(z.string())
    .nullable()
    .meta({ description: "Of an education report; null: all of the customer." }),
};

export const scopeView = (scope: ReportScope) => ({
  reportKind: scope.reportKind,
  agreementId: scope.reportKind === "cpod" ? scope.agreementId : null,
  workspaceIds: scope.reportKind === "education" ? scope.workspaceIds : null,
});

export const reportViewSchema = z
  .object({
    id: z.string(),
    ...scopeViewShape,
    period: periodSchema,
    version: z.int(),
    formats: z.array(reportFormatSchema),
    languages: z.array(languageSchema),
    status: statusSchema,
    requestedAt: z.iso.datetime(),
    generatedAt: z.iso.datetime().nullable(),
    dataAsOf: z.iso.datetime().nullable(),
    progress: z
      .object({
        rowsWritten: z.int(),
        rowsExpected: z.int().meta({ description: "0 until it is known. Each reading of a line counts." }),
      })
      .nullable()
      .meta({ description: "While it is made." }),
    previousReportId: z.string().nullable(),
    changes: z.object({ added: z.int(), removed: z.int(), changed: z.int() }).nullable().meta({
      description:
        "Lines that differ from the version before; the files list them. null: there is none before.",
    }),
    files: z.array(
      z.object({
        name: z.string().meta({ description: "As in its address: `pdf`, `xlsx`, `csv-delivery`." }),
        format: reportFormatSchema,
        language: languageSchema,
        section: z
          .enum(sectionKeys)
          .nullable()
          .meta({ description: "Of a CSV: the one section that it has." }),
        fileName: z.string(),
        contentType: z.string(),
        bytes: z.int(),
        rows: z.int(),
        sha256: z.string(),
        downloadLink: z.url().meta({ description: "Opens for the caller alone, until linkExpiresAt." }),
        linkExpiresAt: z.iso
          .datetime()
          .nullable()
          .meta({ description: "null in lists: their links open for whoever may read the report." }),
      }),
    ),
    filesKeptUntil: z.iso
      .datetime()
      .nullable()
      .meta({ description: "From then on there are no files of it; what is said of it stays." }),
    canceledAt: z.iso.datetime().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "Report" });

const periodChoice = z.union([
  z.strictObject({ month: monthText }),
  z.strictObject({ firstDay: dayText, lastDay: dayText.meta({ description: "Inclusive." }) }),
]);

/** @throws InvalidRequestError `InvalidPeriod`. */
function chosenPeriod(choice: z.infer<typeof periodChoice>): Period {
  if ("month" in choice) return periodOfMonth(choice.month);
  try {
    return periodOfDays(choice.firstDay, choice.lastDay);
  } catch (cause) {
    const message =
      cause instanceof z.ZodError ? (cause.issues[0]?.message ?? "is not valid") : "is not valid";
    throw new InvalidRequestError("InvalidPeriod", `period: ${message}.`, { target: "period", cause });
  }
}

const languagesSchema = z
  .array(languageSchema)
  .min(1)
  .max(languageSchema.options.length)
  .meta({ description: "Each format is made in each." });

const common = {
  period: periodChoice,
  languages: languagesSchema.optional().meta({
    description: "The caller's at the customer, unless some are named. The first is that of links.",
  }),
};
const formatsSchema = <Format extends string>(formats: readonly [Format, ...Format[]]) =>
  z.array(z.enum(formats)).min(1).max(formats.length).optional().meta({
    description:
      "All, unless some are named. CSV is always among them: the next version is compared with it.",
  });

/** Of an education report that somebody asks for. */
export const workspacesChoice = z
  .array(workspaceIdSchema)
  .min(1)
  .max(SCOPE_WORKSPACES_MAX)
  .nullish()
  .meta({ description: "All of the customer, unless some are named." });

export const reportRequestSchema = z.discriminatedUnion("reportKind", [
  z.strictObject({
    reportKind: z.literal("cpod"),
    agreementId: agreementIdSchema,
    formats: formatsSchema(formatsOfKind.cpod),
    ...common,
  }),
  z.strictObject({
    reportKind: z.literal("education"),
    workspaceIds: workspacesChoice,
    formats: formatsSchema(formatsOfKind.education),
    ...common,
  }),
]);

export function requestedOf(body: z.infer<typeof reportRequestSchema>) {
  const { formats, languages } = body;
  const scope: ReportScope =
    body.reportKind === "cpod"
      ? { reportKind: "cpod", agreementId: body.agreementId }
      : { reportKind: "education", workspaceIds: body.workspaceIds ?? null };
  return { scope, period: chosenPeriod(body.period), formats, languages };
}

type Reader = { readonly download: App["download"]; readonly recipient: Principal | undefined };

/**
 * A recipient's links carry who may use them and until when. Without a recipient they are the same for everybody at any
 * time, so that a list keeps its tag.
 * @param location of the report.
 */
export function reportView(report: Report, location: URL, reader: Reader) {
  const isSucceeded = report.status === "succeeded";
  return {
    id: report.id,
    ...scopeView(report.scope),
    period: report.period,
    version: report.version,
    formats: report.formats,
    languages: report.languages,
    status: report.status,
    requestedAt: report.requestedAt,
    generatedAt: isSucceeded ? report.generatedAt : null,
    dataAsOf: isSucceeded ? report.dataAsOf : null,
    progress:
      report.status === "running"
        ? { rowsWritten: report.progress.rows, rowsExpected: report.progress.ofRows }
        : null,
    previousReportId: isSucceeded ? (report.previousReportId ?? null) : null,
    changes: isSucceeded ? changesOf(report) : null,
    files: keptFiles(report, reader).map((file) => fileView(file, report, location, reader)),
    filesKeptUntil: isSucceeded ? keptUntil(report, reader.download.retentionDays) : null,
    canceledAt: report.status === "canceled" ? report.canceledAt : null,
    error: report.status === "failed" ? report.error : null,
  };
}

/** Null where there was nothing to change: of the first version all lines would be new. */
export const changesOf = ({ previousReportId, changes }: SucceededReport): ReportChanges | null =>
  previousReportId === undefined ? null : changes;

function keptFiles(report: Report, { download: { retentionDays, now } }: Reader): readonly ReportFile[] {
  if (report.status !== "succeeded") return [];
  return isKept(report, now(), retentionDays) ? report.files : [];
}

function fileView(file: ReportFile, report: Report, location: URL, { download, recipient }: Reader) {
  const name = fileKeyOf(file);
  const { language } = file;
  const own = recipient && ownLink(download, recipient, report, { name, language });
  const link = new URL(location);
  link.pathname += `/files/${name}`;
  link.searchParams.set("language", language);
  if (own !== undefined) link.searchParams.set("link", own.token);
  const { blobName: _blobName, ...told } = file;
  return { name, ...told, downloadLink: link.href, linkExpiresAt: own?.expiresAt ?? null };
}
