/**
 * Makes one report and tells what it took, in a process of its own because a peak of memory is one of a process:
 * `node report-process.ts FORMATS ROWS CONTAINER`, with the connection string in BLOB_CONNECTION_STRING.
 */
import { randomUUID } from "node:crypto";
import { BlobServiceClient } from "@azure/storage-blob";
import * as z from "zod";
import { agreementIdSchema } from "../src/agreements/ids.ts";
import { readFonts } from "../src/platform/report-fonts.ts";
import { makeReport } from "../src/reports/make-report.ts";
import { periodOfMonth } from "../src/reports/period.ts";
import {
  newReport,
  type Report,
  type ReportFormat,
  reportFormatSchema,
  reportIdSchema,
} from "../src/reports/report.ts";
import { blobReportFiles } from "../src/reports/report-files.ts";
import type { ReportStore } from "../src/reports/report-store.ts";
import { AGREEMENT } from "./events.ts";
import { customer, generatedLedger, MONTH } from "./generated-ledger.ts";
import { usedSoFar } from "./report-used.ts";

const RETENTION_DAYS = 366;
const argumentsSchema = z.tuple([
  z.string().transform((names) => z.array(reportFormatSchema).parse(names.split(","))),
  z.coerce.number().int().min(1),
  z.string(),
]);
const connectionString = z.string().parse(process.env["BLOB_CONNECTION_STRING"]);
const id = reportIdSchema.parse("report");
const now = (): string => new Date().toISOString();
type Written = { readonly rows: number; readonly fileBytes: number };

const written = await make(process.argv.slice(2));
console.log(JSON.stringify({ ...written, ...usedSoFar() }));

async function make(given: readonly string[]): Promise<Written> {
  const [formats, rows, containerName] = argumentsSchema.parse(given);
  const made = await makeReport(
    {
      reports: oneReport(formats),
      files: blobReportFiles(BlobServiceClient.fromConnectionString(connectionString), containerName),
      activity: generatedLedger(rows),
      directory: { supportContacts: async () => undefined, members: async () => [] },
      customers: { read: async () => ({ value: customer, etag: "0" }) },
      incentiveNumbers: async () => new Set(),
      fonts: readFonts,
      retentionDays: RETENTION_DAYS,
      now,
      newId: randomUUID,
    },
    customer.customerId,
    id,
  );
  if (made.outcome !== "issued")
    throw new Error(`the report is ${made.outcome}`, { cause: "cause" in made && made.cause });
  const fileBytes = made.report.files.reduce((sum, { bytes }) => sum + bytes, 0);
  return { rows, fileBytes };
}

/** A store that holds this report and no other. */
function oneReport(formats: ReportFormat[]): ReportStore {
  let version = 0;
  let report: Report = newReport({
    id,
    customerId: customer.customerId,
    scope: { reportKind: "cpod", agreementId: agreementIdSchema.parse(AGREEMENT) },
    period: periodOfMonth(MONTH),
    version: 1,
    formats,
    languages: ["en"],
    requestedBy: { subject: "bench" },
    requestedAt: now(),
  });
  const unserved = (): never => {
    throw new Error("a maker does not ask for this");
  };
  return {
    read: async () => ({ value: report, etag: String(version) }),
    save: async (next, etag) => {
      if (etag !== String(version)) return undefined;
      report = next;
      version += 1;
      return String(version);
    },
    readSeries: unserved,
    create: unserved,
    page: unserved,
    waiting: unserved,
  };
}
