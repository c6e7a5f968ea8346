import { createHash, randomUUID } from "node:crypto";
import { parse } from "csv-parse/sync";
import * as z from "zod";
import type { Customer } from "../../../src/agreements/customer.ts";
import { agreementIdSchema, customerIdSchema } from "../../../src/agreements/ids.ts";
import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import { createRecorder, type RecorderStores } from "../../../src/consumption/record.ts";
import { readFonts } from "../../../src/platform/report-fonts.ts";
import { type Made, makeReport } from "../../../src/reports/make-report.ts";
import { type Period, periodOfMonth } from "../../../src/reports/period.ts";
import type { Report, ReportFormat, SucceededReport } from "../../../src/reports/report.ts";
import type { ReportFiles } from "../../../src/reports/report-files.ts";
import type { ReportStore } from "../../../src/reports/report-store.ts";
import { requestReport } from "../../../src/reports/request-report.ts";
import { AGREEMENT, CUSTOMER } from "../../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../../fakes/memory-stores.ts";
import { memoryActivityStore } from "./memory-activity.ts";
import { type MemoryFiles, memoryReportFiles, memoryReportStore } from "./memory-reports.ts";

export const customerId = customerIdSchema.parse(CUSTOMER);
export const agreementId = agreementIdSchema.parse(AGREEMENT);
export const march: Period = periodOfMonth("2026-03");

/** A clock that stands still until it is moved. */
type Clock = { readonly now: () => string; readonly forward: (milliseconds: number) => void };

function clockAt(instant: string): Clock {
  let time = Date.parse(instant);
  return {
    now: () => new Date(time).toISOString(),
    forward: (milliseconds) => {
      time += milliseconds;
    },
  };
}

export type World = {
  readonly clock: Clock;
  readonly ledgers: RecorderStores;
  readonly activity: ActivityStore;
  readonly reports: ReportStore;
  readonly files: ReportFiles;
  /** Numbers of requests of which nobody but their creators may know. */
  readonly restricted?: ReadonlySet<string>;
  readonly record: (...bodies: readonly string[]) => Promise<void>;
};

export type MemoryWorld = World & { readonly ledgers: MemoryStores; readonly files: MemoryFiles };

export function memoryWorld(): MemoryWorld {
  const ledgers = memoryStores();
  return worldOf({
    ledgers,
    activity: memoryActivityStore(ledgers),
    reports: memoryReportStore(),
    files: memoryReportFiles(),
  });
}

export function worldOf<Stores extends Omit<World, "clock" | "record">>(
  stores: Stores,
): Stores & Pick<World, "clock" | "record"> {
  const clock = clockAt("2026-04-01T00:00:00.000Z");
  const recorder = createRecorder(stores.ledgers, clock.now);
  return {
    ...stores,
    clock,
    record: async (...bodies) => {
      for (const outcome of await recorder.record(bodies)) {
        if (outcome.status === "rejected") throw new Error(`rejected: ${outcome.rejection.message}`);
      }
    },
  };
}

export async function customerOf(world: Pick<World, "ledgers">): Promise<Customer> {
  const found = await world.ledgers.customers.read(customerId);
  if (found === undefined) throw new Error("there is no customer");
  return found.value;
}

export async function ask(
  world: World,
  requestKey: string = randomUUID(),
  period = march,
  formats?: readonly ReportFormat[],
): Promise<Report> {
  const requestedBy = { subject: "person-1" };
  const dependencies = { reports: world.reports, now: world.clock.now };
  return requestReport(dependencies, await customerOf(world), {
    agreementId,
    period,
    requestedBy,
    requestKey,
    formats,
  });
}

export function make(world: World, report: Pick<Report, "id">): Promise<Made> {
  const { ledgers, activity, reports, files, clock } = world;
  const dependencies = {
    reports,
    files,
    activity,
    directory: ledgers.directory,
    customers: ledgers.customers,
    incentiveNumbers: async () => world.restricted ?? new Set(),
    fonts: readFonts,
    now: clock.now,
    newId: randomUUID,
  };
  const id = report.id;
  return makeReport(dependencies, customerId, id);
}

export async function issue(
  world: World,
  period = march,
  formats?: readonly ReportFormat[],
): Promise<SucceededReport> {
  const made = await make(world, await ask(world, randomUUID(), period, formats));
  if (made.outcome !== "issued") throw new Error(`not issued: ${JSON.stringify(made)}`, { cause: made });
  return made.report;
}

const recordsSchema = z.array(z.record(z.string(), z.string()));
export type Records = z.infer<typeof recordsSchema>;

/** The file as another library than its writer reads it, its digest checked. */
export async function recordsOf(world: Pick<World, "files">, report: SucceededReport): Promise<Records> {
  const bytes = await bytesOf(world, report);
  return recordsSchema.parse(parse(bytes, { bom: true, columns: true }));
}

export async function bytesOf(
  world: Pick<World, "files">,
  report: SucceededReport,
  format: ReportFormat = "csv",
): Promise<Buffer> {
  const file = report.files.find(({ format: each }) => each === format);
  const content = file === undefined ? undefined : await world.files.readStream(file.blobName);
  if (file === undefined || content === undefined) throw new Error("there is no file");
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
  const bytes = Buffer.concat(chunks);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== file.sha256 || bytes.length !== file.bytes)
    throw new Error("these are not the bytes issued");
  return bytes;
}

export const inSection = (records: Records, section: string): Records =>
  records.filter((record) => record["section"] === section);
