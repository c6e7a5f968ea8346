import { randomUUID } from "node:crypto";
import type { Customer } from "../../../src/agreements/customer.ts";
import { agreementIdSchema, customerIdSchema } from "../../../src/agreements/ids.ts";
import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import { createRecorder, type RecorderStores } from "../../../src/consumption/record.ts";
import { readFonts } from "../../../src/platform/report-fonts.ts";
import { type Made, makeReport } from "../../../src/reports/make-report.ts";
import { type Period, periodOfMonth } from "../../../src/reports/period.ts";
import type { Report, SucceededReport } from "../../../src/reports/report.ts";
import type { ReportFiles } from "../../../src/reports/report-files.ts";
import type { ReportScope } from "../../../src/reports/report-scope.ts";
import type { ReportStore } from "../../../src/reports/report-store.ts";
import { type ReportRequest, requestReport } from "../../../src/reports/request-report.ts";
import { AGREEMENT, CUSTOMER } from "../../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../../fakes/memory-stores.ts";
import { memoryActivityStore } from "./memory-activity.ts";
import { type MemoryFiles, memoryReportFiles, memoryReportStore } from "./memory-reports.ts";

export const customerId = customerIdSchema.parse(CUSTOMER);
export const agreementId = agreementIdSchema.parse(AGREEMENT);
export const cpod: ReportScope = { reportKind: "cpod", agreementId };
export const RETENTION_DAYS = 366;
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

export type Asked = Partial<Pick<ReportRequest, "scope" | "period" | "formats" | "languages" | "requestKey">>;

/** The proof of delivery of March, anew each time, unless something else is named. */
export async function ask(world: World, asked: Asked = {}): Promise<Report> {
  const dependencies = { reports: world.reports, now: world.clock.now };
  return requestReport(dependencies, await customerOf(world), {
    scope: cpod,
    period: march,
    requestedBy: { subject: "person-1" },
    requestKey: randomUUID(),
    ...asked,
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
    retentionDays: RETENTION_DAYS,
    now: clock.now,
    newId: randomUUID,
  };
  const id = report.id;
  return makeReport(dependencies, customerId, id);
}

export async function issue(world: World, asked: Asked = {}): Promise<SucceededReport> {
  const made = await make(world, await ask(world, asked));
  if (made.outcome !== "issued") throw new Error(`not issued: ${JSON.stringify(made)}`, { cause: made });
  return made.report;
}
