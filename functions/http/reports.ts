import { randomUUID } from "node:crypto";
import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { agreementIdSchema, customerIdSchema } from "../../src/agreements/ids.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { InvalidRequestError, NotFoundError } from "../../src/platform/errors.ts";
import { dayText, monthText } from "../../src/platform/instant.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import { openDownload, ownLink } from "../../src/reports/download.ts";
import { type Period, periodOfDays, periodOfMonth } from "../../src/reports/period.ts";
import {
  type Report,
  type ReportFile,
  reportFormatSchema,
  reportFormats,
  reportIdSchema,
} from "../../src/reports/report.ts";
import { requestEntry } from "../../src/reports/request-entry.ts";
import { requestReport } from "../../src/reports/request-report.ts";

/** How long a client waits before it asks again. */
const RETRY_AFTER_SECONDS = 1;

const params = z.object({ customerId: customerIdSchema, reportId: reportIdSchema });

const reportSchema = z
  .object({
    id: z.string(),
    reportKind: z.literal("cpod"),
    agreementId: z.string(),
    period: z.object({ from: z.iso.datetime(), to: z.iso.datetime().meta({ description: "Exclusive." }) }),
    version: z.int(),
    formats: z.array(reportFormatSchema),
    language: languageSchema,
    status: z.enum(["notStarted", "running", "succeeded", "failed"]),
    requestedAt: z.iso.datetime(),
    generatedAt: z.iso.datetime().nullable(),
    dataAsOf: z.iso.datetime().nullable(),
    rowsWritten: z.int().nullable().meta({ description: "Progress while it is made." }),
    previousReportId: z.string().nullable(),
    changes: z
      .object({ added: z.int(), removed: z.int(), changed: z.int() })
      .nullable()
      .meta({ description: "Lines that differ from the version before; the file lists them." }),
    files: z.array(
      z.object({
        format: reportFormatSchema,
        language: languageSchema,
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
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "Report" });

const periodChoice = z.union([
  z.strictObject({ month: monthText }),
  z.strictObject({ firstDay: dayText, lastDay: dayText.meta({ description: "Inclusive." }) }),
]);

export function reportEndpoints(app: App) {
  const requestNewReport = defineEndpoint(
    {
      name: "requestReport",
      method: "POST",
      route: "customers/{customerId}/reports",
      tag: "Reports",
      summary: "Ask for a proof of delivery",
      description:
        "Makes the next version for the agreement and period. Days are UTC days. `Operation-Location` names the report, whose status says how far it is.",
      access: { kind: "customer", permission: "reports.create" },
      params: z.object({ customerId: customerIdSchema }),
      body: {
        kind: "json",
        schema: z.strictObject({
          reportKind: z.literal("cpod").default("cpod"),
          agreementId: agreementIdSchema,
          period: periodChoice,
          formats: z
            .array(reportFormatSchema)
            .min(1)
            .max(reportFormats.length)
            .default([...reportFormats])
            .meta({ description: "CSV is always among them: the next version is compared with it." }),
          language: languageSchema
            .optional()
            .meta({ description: "Of its PDF and XLSX. The caller's at the customer, unless it is named." }),
        }),
        example: { reportKind: "cpod", agreementId: "agr-a-base", period: { month: "2026-10" } },
      },
      repeatable: true,
      responses: {
        202: {
          description: "It is being made.",
          schema: reportSchema,
          headers: {
            "operation-location": "The report.",
            "retry-after": "Seconds to wait before asking for it.",
          },
        },
      },
    },
    async ({ params: { customerId }, body, grant, principal, repeatKey, url }) => {
      const customer = await readCustomer(app.customers, customerId);
      const report = await requestReport(app.reportMaker, customer, {
        agreementId: body.agreementId,
        period: chosenPeriod(body.period),
        formats: body.formats,
        language: body.language ?? grant.person?.memberships[customerId]?.language,
        requestedBy: actorOf(principal),
        requestKey: `${principal.subject}:${repeatKey ?? randomUUID()}`,
      });
      await app.audit.append(requestEntry(report));
      await app.reportQueue.send([{ customerId, reportId: report.id }]);
      const location = new URL(url);
      location.pathname += `/${encodeURIComponent(report.id)}`;
      return {
        status: 202,
        headers: { "operation-location": location.href, "retry-after": String(RETRY_AFTER_SECONDS) },
        body: view(report, location, principal),
      };
    },
  );

  const listReports = defineEndpoint(
    {
      name: "listReports",
      method: "GET",
      route: "customers/{customerId}/reports",
      tag: "Reports",
      summary: "List the reports of a customer, newest first",
      access: { kind: "customer", permission: "reports.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object(pagingQuery(50)),
      responses: { 200: { description: "A page of reports.", schema: listSchema(reportSchema) } },
    },
    async ({ params: { customerId }, query, url, now }) => {
      const scope = { name: "listReports", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.object({ requestedAt: z.string(), id: reportIdSchema }));
      const reports = await app.reportMaker.reports.page(customerId, page.after, page.limit + 1);
      const { value, nextLink } = finishPage(scope, page, reports, ({ requestedAt, id }) => ({
        requestedAt,
        id,
      }));
      const items = value.map((report) => view(report, locationOf(url, report)));
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );

  const getReport = defineEndpoint(
    {
      name: "getReport",
      method: "GET",
      route: "customers/{customerId}/reports/{reportId}",
      tag: "Reports",
      summary: "Get a report: how far it is, its figures' time, its files",
      description:
        "The tag names the report and not its links: whoever needs a fresh link asks without `If-None-Match`.",
      access: { kind: "customer", permission: "reports.read" },
      params,
      responses: {
        200: {
          description: "The report; `Retry-After` while it is being made.",
          schema: reportSchema,
          headers: { "retry-after": "Seconds to wait before asking again." },
        },
      },
    },
    async ({ params: { customerId, reportId }, principal, url }) => {
      const { value: report, etag } = await readReport(app, customerId, reportId);
      const isOver = report.status === "succeeded" || report.status === "failed";
      const headers = isOver ? {} : { "retry-after": String(RETRY_AFTER_SECONDS) };
      const location = new URL(url.pathname, url);
      location.searchParams.set("api-version", url.searchParams.get("api-version") ?? "");
      // Weak: the links in it are new with every answer.
      return { status: 200, headers, etag: `W/${etag}`, body: view(report, location, principal) };
    },
  );

  const downloadReport = defineEndpoint(
    {
      name: "downloadReport",
      method: "GET",
      route: "customers/{customerId}/reports/{reportId}/files/{format}",
      tag: "Reports",
      summary: "Download a file of a report",
      description:
        "Redirects to a link that opens this file for a minute. Who downloads is in the audit trail.",
      access: { kind: "customer", permission: "reports.read" },
      // Who asks for the file is taken for its downloader, and a HEAD downloads nothing.
      head: false,
      params: params.extend({ format: z.string().max(16) }),
      query: z.object({
        link: z
          .string()
          .max(2_048)
          .optional()
          .meta({ description: "From downloadLink; not made by clients." }),
      }),
      responses: {
        302: { description: "Where the file is.", headers: { location: "The file, for a minute." } },
      },
    },
    async ({ params: { customerId, reportId, format }, query, principal }) => {
      const { value: report } = await readReport(app, customerId, reportId);
      const token = query.link ?? ownLink(app.download, principal, report, format).token;
      const { url } = await openDownload(app.download, principal, customerId, token);
      return { status: 302, headers: { location: url } };
    },
  );

  /**
   * A recipient's links carry who may use them and until when. Without one they are the same for everybody at any time,
   * so that a list keeps its tag.
   */
  function view(report: Report, location: URL, recipient?: Principal) {
    const isSucceeded = report.status === "succeeded";
    return {
      id: report.id,
      reportKind: report.reportKind,
      agreementId: report.agreementId,
      period: report.period,
      version: report.version,
      formats: report.formats,
      language: report.language,
      status: report.status,
      requestedAt: report.requestedAt,
      generatedAt: isSucceeded ? report.generatedAt : null,
      dataAsOf: isSucceeded ? report.dataAsOf : null,
      rowsWritten: report.status === "running" ? report.progress.rows : null,
      previousReportId: isSucceeded ? (report.previousReportId ?? null) : null,
      changes: isSucceeded ? report.changes : null,
      files: isSucceeded ? report.files.map((file) => fileView(file, report, location, recipient)) : [],
      error: report.status === "failed" ? report.error : null,
    };
  }

  function fileView(file: ReportFile, report: Report, location: URL, recipient: Principal | undefined) {
    const own = recipient && ownLink(app.download, recipient, report, file.format);
    const link = new URL(location);
    link.pathname += `/files/${file.format}`;
    if (own !== undefined) link.searchParams.set("link", own.token);
    const { blobName: _blobName, ...told } = file;
    return {
      ...told,
      language: report.language,
      downloadLink: link.href,
      linkExpiresAt: own?.expiresAt ?? null,
    };
  }

  return [requestNewReport, listReports, getReport, downloadReport];
}

async function readReport(
  app: App,
  customerId: z.infer<typeof customerIdSchema>,
  reportId: string,
): Promise<Versioned<Report>> {
  const report = await app.reportMaker.reports.read(customerId, reportId);
  if (report === undefined) throw new NotFoundError(`no report ${reportId}`);
  return report;
}

function locationOf(url: URL, { id }: Report): URL {
  const location = new URL(`${url.pathname}/${encodeURIComponent(id)}`, url);
  location.searchParams.set("api-version", url.searchParams.get("api-version") ?? "");
  return location;
}

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

function actorOf({ subject, email }: Principal) {
  return { subject, ...(email === undefined ? {} : { email }) };
}
