import { randomUUID } from "node:crypto";
import * as z from "zod";
import { defineEndpoint, type Grant, type Scope } from "../../src/access/grant.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { type CustomerId, customerIdSchema } from "../../src/agreements/ids.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { ForbiddenError, NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import { cancellationEntry, cancelReport } from "../../src/reports/cancel-report.ts";
import { openDownload, ownLink } from "../../src/reports/download.ts";
import { isEnded, type Report, reportIdSchema } from "../../src/reports/report.ts";
import { seesScope } from "../../src/reports/report-access.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { requestEntry } from "../../src/reports/request-entry.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import { reportRequestSchema, reportView, reportViewSchema, requestedOf } from "./report-view.ts";

/** How long a client waits before it asks again. */
const RETRY_AFTER_SECONDS = 1;

const customerParams = z.object({ customerId: customerIdSchema });
const params = customerParams.extend({ reportId: reportIdSchema });

export function reportEndpoints(app: App) {
  const requestNewReport = defineEndpoint(
    {
      name: "requestReport",
      method: "POST",
      route: "customers/{customerId}/reports",
      tag: "Reports",
      summary: "Ask for a proof of delivery, or for an education report",
      description:
        "Makes the next version for the agreement, or the workspaces, and the period. Days are UTC days. `Operation-Location` names the report, whose status says how far it is. Whoever may see all that would be in it may ask.",
      access: { kind: "workspaces", permission: "reports.create" },
      params: customerParams,
      body: {
        kind: "json",
        schema: reportRequestSchema,
        example: { reportKind: "cpod", agreementId: "agr-a-base", period: { month: "2026-10" } },
      },
      repeatable: true,
      responses: {
        202: {
          description: "It is being made.",
          schema: reportViewSchema,
          headers: {
            "operation-location": "The report.",
            "retry-after": "Seconds to wait before asking for it.",
          },
        },
        409: { description: "There are as many versions of it as there can be (`TooManyVersions`)." },
      },
    },
    async ({ params: { customerId }, body, grant, principal, repeatKey, url }) => {
      const customer = await readCustomer(app.customers, customerId);
      const { languages, ...requested } = requestedOf(body);
      checkAccess(grant, customerId, requested.scope);
      const own = grant.person?.memberships[customerId]?.language;
      const report = await requestReport(app.reportMaker, customer, {
        ...requested,
        languages: languages ?? (own === undefined ? undefined : [own]),
        requestedBy: actorOf(principal),
        requestKey: `${principal.subject}:${repeatKey ?? randomUUID()}`,
      });
      await app.audit.append(requestEntry(report));
      await app.reportQueue.send([{ customerId, reportId: report.id }]);
      const location = locationOf(url, report);
      return {
        status: 202,
        headers: { "operation-location": location.href, "retry-after": String(RETRY_AFTER_SECONDS) },
        body: reportView(report, location, { download: app.download, recipient: principal }),
      };
    },
  );

  const listReports = defineEndpoint(
    {
      name: "listReports",
      method: "GET",
      route: "customers/{customerId}/reports",
      tag: "Reports",
      summary: "List the reports of a customer that the caller may see all data of, newest first",
      access: { kind: "workspaces", permission: "reports.read" },
      params: customerParams,
      query: z.object(pagingQuery(50)),
      responses: { 200: { description: "A page of reports.", schema: listSchema(reportViewSchema) } },
    },
    async ({ params: { customerId }, query, grant, url, now }) => {
      const scope = { name: "listReports", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.object({ requestedAt: z.string(), id: reportIdSchema }));
      const reports = await app.reportMaker.reports.page(customerId, {
        after: page.after,
        limit: page.limit + 1,
        workspaceIds: workspacesIn(grant.scope),
      });
      const { value, nextLink } = finishPage(scope, page, reports, ({ requestedAt, id }) => ({
        requestedAt,
        id,
      }));
      const reader = { download: app.download, recipient: undefined };
      const items = value.map((report) => reportView(report, locationOf(url, report), reader));
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
      access: { kind: "workspaces", permission: "reports.read" },
      params,
      responses: {
        200: {
          description: "The report; `Retry-After` while it is being made.",
          schema: reportViewSchema,
          headers: { "retry-after": "Seconds to wait before asking again." },
        },
      },
    },
    async ({ params: { customerId, reportId }, grant, principal, url }) => {
      const { value: report, etag } = await readReport(app, grant, customerId, reportId);
      const headers = isEnded(report) ? {} : { "retry-after": String(RETRY_AFTER_SECONDS) };
      // Weak: the links in it are new with every answer.
      return {
        status: 200,
        headers,
        etag: `W/${etag}`,
        body: reportView(report, ownLocation(url), { download: app.download, recipient: principal }),
      };
    },
  );

  const cancel = defineEndpoint(
    {
      name: "cancelReport",
      method: "POST",
      route: "customers/{customerId}/reports/{reportId}/cancel",
      tag: "Reports",
      summary: "Cancel a report that is not made yet",
      description:
        "Nobody goes on making it, and nothing of it is kept; its version stays taken. Cancelled already: nothing changes.",
      access: { kind: "workspaces", permission: "reports.create" },
      params,
      repeatable: true,
      responses: {
        200: { description: "It is cancelled.", schema: reportViewSchema },
        403: {
          description:
            "Somebody else asked for it (`NotTheirReport`), who may cancel it as may whoever sees all of the customer's.",
        },
        409: { description: "It has ended: there is nothing to cancel (`ReportEnded`)." },
      },
    },
    async ({ params: { customerId, reportId }, grant, principal, url, now }) => {
      const { value: known } = await readReport(app, grant, customerId, reportId);
      checkOwn(known, principal, grant);
      const by = { at: now.toISOString(), actor: actorOf(principal) };
      const { value: report } = await cancelReport(app.reportMaker.reports, customerId, reportId, by);
      await app.audit.append(cancellationEntry(report));
      const location = ownLocation(url);
      location.pathname = location.pathname.slice(0, -"/cancel".length);
      return {
        status: 200,
        body: reportView(report, location, { download: app.download, recipient: principal }),
      };
    },
  );

  const downloadReport = defineEndpoint(
    {
      name: "downloadReport",
      method: "GET",
      route: "customers/{customerId}/reports/{reportId}/files/{file}",
      tag: "Reports",
      summary: "Download a file of a report",
      description:
        "`pdf`, `xlsx`, or a section as CSV, such as `csv-delivery`. Redirects to a link that opens this file for a minute. Who downloads is in the audit trail.",
      access: { kind: "workspaces", permission: "reports.read" },
      // Who asks for the file is taken for its downloader, and a HEAD downloads nothing.
      head: false,
      params: params.extend({ file: z.string().max(32) }),
      query: z.object({
        language: languageSchema
          .optional()
          .meta({ description: "The first of the report's, unless it is named." }),
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
    async ({ params: { customerId, reportId, file }, query, grant, principal }) => {
      const { value: report } = await readReport(app, grant, customerId, reportId);
      const choice = { name: file, language: query.language };
      const token = query.link ?? ownLink(app.download, principal, report, choice).token;
      const asked = { customerId, reportId, name: file, language: query.language };
      const { url } = await openDownload(app.download, principal, asked, token);
      return { status: 302, headers: { location: url } };
    },
  );

  return [requestNewReport, listReports, getReport, cancel, downloadReport];
}

/** Of whoever sees single workspaces alone. */
const workspacesIn = (scope: Scope): readonly string[] | undefined =>
  scope.kind === "all" ? undefined : [...scope.workspaceIds];

/** @throws NotFoundError, as for a scope that there is not (AC-08). */
function checkAccess(grant: Grant, customerId: CustomerId, scope: ReportScope): void {
  if (!seesScope(grant.customers.get(customerId), scope)) throw new NotFoundError("not all of it is seen");
}

/** What others asked for, subscriptions too, is stopped by whoever looks after the whole customer. */
function checkOwn({ requestedBy }: Report, { subject }: Principal, { scope }: Grant): void {
  if (requestedBy.subject === subject || scope.kind === "all") return;
  throw new ForbiddenError("NotTheirReport", "Somebody else asked for this report: ask them to cancel it.");
}

async function readReport(
  app: App,
  grant: Grant,
  customerId: CustomerId,
  reportId: string,
): Promise<Versioned<Report>> {
  const report = await app.reportMaker.reports.read(customerId, reportId);
  if (report === undefined) throw new NotFoundError(`no report ${reportId}`);
  checkAccess(grant, customerId, report.value.scope);
  return report;
}

/** The address that was asked for, without what is of this request alone. */
function ownLocation(url: URL): URL {
  const location = new URL(url.pathname, url);
  location.searchParams.set("api-version", url.searchParams.get("api-version") ?? "");
  return location;
}

function locationOf(url: URL, { id }: Report): URL {
  const location = ownLocation(url);
  location.pathname += `/${encodeURIComponent(id)}`;
  return location;
}

function actorOf({ subject, email }: Principal) {
  return { subject, ...(email === undefined ? {} : { email }) };
}
