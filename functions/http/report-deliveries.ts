/**
 * A recipient's own link: the page behind it, and the files. Invariants: nobody signs in, the link alone opens it; to look at
 * the page downloads nothing, and a file can be had only after its download is in the delivery and in the audit trail (EX-08).
 * Whatever does not open is one and the same page, whatever the reason.
 */
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { type Language, languageSchema } from "../../src/agreements/agreement-event.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { preferredLanguage } from "../../src/platform/accept-language.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import type { App } from "../../src/platform/wiring.ts";
import { downloadedFile, storeLink } from "../../src/reports/download.ts";
import { fileKeyOf, type SucceededReport } from "../../src/reports/report.ts";
import { isKept } from "../../src/reports/retention.ts";
import { type Delivery, isFileOf, isOpen } from "../../src/subscriptions/delivery.ts";
import { downloadDoing, recordDownload } from "../../src/subscriptions/delivery-change.ts";
import { openDeliveryToken } from "../../src/subscriptions/delivery-link.ts";
import {
  busyLinkPage,
  closedLinkPage,
  deliveryPage,
  PAGE_TYPE,
  pageHeaders,
} from "../../src/subscriptions/delivery-page.ts";
import { changesOf } from "./report-view.ts";

/** How often a download is written down when others are faster. */
const ATTEMPTS_MAX = 12;
/** Before each further attempt a part of it by chance, so that those who come together part; twice as long each time. */
const PAUSE_MS = 20;
const PAUSE_MAX_MS = 1_000;
const BUSY_SECONDS = 5;
/** The first for whoever names none of them. */
const PAGE_LANGUAGES: readonly [Language, ...Language[]] = ["en", ...languageSchema.options];

const tag = "Report subscriptions";
const route = "reportDeliveries/{reportDeliveryId}";
// What is wrong with a part of the address is no other answer than that the link does not open.
const params = z.object({ reportDeliveryId: z.string() });
const link = z
  .string()
  .optional()
  .meta({ description: "From the recipient's message; not made by clients." });
const headers = z.object({
  "accept-language": z
    .string()
    .optional()
    .meta({ description: "Of the pages that say that a link does not open, or that too many do at once." }),
});
const access = { kind: "anonymous" } as const;
const closed = {
  404: { description: "The link does not open, whatever the reason: a page.", contentTypes: [PAGE_TYPE] },
} as const;

type Opened = {
  readonly delivery: Versioned<Delivery>;
  readonly report: SucceededReport;
  readonly customer: Customer;
};

export function reportDeliveryEndpoints(app: App) {
  const shared = { tag, access, headers, versioned: false } as const;

  const show = defineEndpoint(
    {
      ...shared,
      name: "showReportDelivery",
      method: "GET",
      route,
      summary: "Show what a recipient was sent, as a page: the recipient's own link",
      description: "To open it downloads nothing: scanners of mail open links.",
      params,
      query: z.object({ link }),
      responses: { 200: { description: "The page.", contentTypes: [PAGE_TYPE] }, ...closed },
    },
    async ({ params: { reportDeliveryId }, query, headers: { "accept-language": accepted }, url, now }) => {
      const opened = await openLink(reportDeliveryId, query.link, now.toISOString());
      if (opened === undefined) return closedAnswer(accepted);
      const { delivery, report, customer } = opened;
      const { language, expiresAt } = delivery.value;
      const page = deliveryPage({
        language,
        customerName: customer.name,
        reportKind: report.scope.reportKind,
        period: report.period,
        version: report.version,
        generatedAt: report.generatedAt,
        dataAsOf: report.dataAsOf,
        changes: changesOf(report),
        expiresAt,
        timeZone: customer.timeZone,
        files: report.files.filter((each) => isFileOf(delivery.value, each)),
        address: url,
      });
      return { status: 200, ...pageAnswer(page) };
    },
  );

  const download = defineEndpoint(
    {
      ...shared,
      name: "downloadReportDelivery",
      method: "POST",
      route: `${route}/files/{file}`,
      summary: "Download a file by a recipient's own link",
      description:
        "What the buttons of the page do. Redirects to a link that opens this file for a minute. The download is in the audit trail.",
      params: params.extend({ file: z.string() }),
      query: z.object({ link, language: z.string().optional() }),
      responses: {
        303: { description: "Where the file is.", headers: { location: "The file, for a minute." } },
        503: {
          description: "Too many downloads by this link at once, to be tried again soon: a page.",
          contentTypes: [PAGE_TYPE],
          headers: { "retry-after": "In seconds." },
        },
        ...closed,
      },
    },
    async ({
      params: { reportDeliveryId, file },
      query,
      headers: { "accept-language": accepted },
      requestId,
      now,
    }) => {
      const at = now.toISOString();
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const opened = await openLink(reportDeliveryId, query.link, at);
        const found = opened && fileIn(opened, file, query.language);
        if (opened === undefined || found === undefined) return closedAnswer(accepted);
        const doing = downloadDoing(opened.delivery.value, at, requestId);
        const { change } = recordDownload(doing, opened.delivery, downloadedFile(opened.report, found));
        const isWritten =
          change === undefined ||
          (await app.subscriptions.subscriptions.commit(change)).outcome !== "overtaken";
        if (!isWritten) {
          await delay(Math.random() * Math.min(PAUSE_MS * 2 ** attempt, PAUSE_MAX_MS));
          continue;
        }
        const location = await storeLink(app.reportMaker.files, found, at);
        return { status: 303, headers: { ...pageHeaders(app.download.filesOrigin), location } };
      }
      return busyAnswer(accepted);
    },
  );

  /** @returns undefined for whatever does not open: unknown, changed, expired, revoked, its report kept no longer. */
  async function openLink(
    deliveryId: string,
    token: string | undefined,
    at: string,
  ): Promise<Opened | undefined> {
    const opened = openDeliveryToken(app.config.signingKey, token ?? "", new Date(at));
    if (opened.kind !== "valid" || opened.payload.deliveryId !== deliveryId) return undefined;
    const { customerId } = opened.payload;
    const delivery = await app.subscriptions.subscriptions.delivery(customerId, deliveryId);
    if (delivery === undefined || !isOpen(delivery.value, at)) return undefined;
    const [report, customer] = await Promise.all([
      app.reportMaker.reports.read(customerId, delivery.value.reportId),
      app.customers.read(customerId),
    ]);
    if (report?.value.status !== "succeeded" || customer === undefined) return undefined;
    if (!isKept(report.value, at, app.reportMaker.retentionDays)) return undefined;
    return { delivery, report: report.value, customer: customer.value };
  }

  const pageAnswer = (page: string) => ({
    body: Buffer.from(page),
    contentType: PAGE_TYPE,
    // A button leads to the file's own store.
    headers: pageHeaders(app.download.filesOrigin),
  });

  const closedAnswer = (accepted: string | undefined) => ({
    status: 404 as const,
    ...pageAnswer(closedLinkPage(languageOf(accepted))),
  });

  const busyAnswer = (accepted: string | undefined) => {
    const answer = pageAnswer(busyLinkPage(languageOf(accepted)));
    const headers = { ...answer.headers, "retry-after": String(BUSY_SECONDS) };
    return { status: 503 as const, ...answer, headers };
  };

  return [show, download];
}

const languageOf = (accepted: string | undefined): Language =>
  preferredLanguage(accepted ?? null, PAGE_LANGUAGES);

/** Of those that the page shows. A language need not be named: they are all in one. */
const fileIn = ({ delivery, report }: Opened, name: string, language: string | undefined) =>
  report.files.find(
    (file) =>
      isFileOf(delivery.value, file) &&
      fileKeyOf(file) === name &&
      (language === undefined || file.language === language),
  );
