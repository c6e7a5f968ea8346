import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeRequestedReport } from "../../functions/queue/report-jobs.ts";
import type { AuditEntry } from "../../src/access/audit-entry.ts";
import { readFonts } from "../../src/platform/report-fonts.ts";
import { cancellationEntry, cancelReport } from "../../src/reports/cancel-report.ts";
import { LEASE_MS } from "../../src/reports/report.ts";
import { requestEntry } from "../../src/reports/request-entry.ts";
import { keptFor } from "../../src/reports/retention.ts";
import { agreementEvent } from "../fakes/events.ts";
import { agreementId, ask, customerId, memoryWorld, RETENTION_DAYS } from "./support/world.ts";

const log = { info: () => undefined, warn: () => undefined };

/** A report that was asked for, its audit trail, and a maker of it. */
async function requestedReport(reportsAreImmutable = false) {
  const world = memoryWorld();
  await world.record(agreementEvent());
  const report = await ask(world);
  const trail = new Map<string, AuditEntry>();
  const app = {
    audit: {
      append: async (entry: AuditEntry) => {
        if (!trail.has(entry.id)) trail.set(entry.id, entry);
      },
    },
    reportMaker: {
      reports: world.reports,
      files: world.files,
      activity: world.activity,
      directory: world.ledgers.directory,
      customers: { ...world.ledgers.customers, all: () => neverAsked() },
      incentiveNumbers: async () => new Set<string>(),
      fonts: readFonts,
      retentionDays: RETENTION_DAYS,
      now: world.clock.now,
      newId: randomUUID,
    },
    reportQueue: { send: async () => undefined },
    config: { reportsAreImmutable },
  };
  const statusNow = async () => (await world.reports.read(customerId, report.id))?.value.status;
  return { app, world, report, trail, statusNow, job: { customerId, reportId: report.id } };
}

async function* neverAsked(): AsyncGenerator<never[]> {
  yield await Promise.resolve([]);
}

describe("a report job", () => {
  it("puts the request into the audit trail, once, also when whoever asked could not (AC-09)", async () => {
    const { app, report, trail, statusNow, job } = await requestedReport();
    await makeRequestedReport(app, job, log);
    await makeRequestedReport(app, job, log);
    expect(await statusNow()).toBe("succeeded");
    expect([...trail.values()]).toEqual([
      expect.objectContaining({
        id: `${report.id}~requested~person-1`,
        actor: { subject: "person-1" },
        action: "reportRequested",
        target: `/customers/${customerId}/reports/${report.id}`,
        after: expect.objectContaining({ scope: { reportKind: "cpod", agreementId }, version: 1 }),
      }),
    ]);
    expect([...trail.values()]).toEqual([requestEntry(report)]);
  });

  it("puts a cancellation into the audit trail, once, also when whoever cancelled could not (AC-09)", async () => {
    const { app, world, report, trail, job } = await requestedReport();
    const by = { at: world.clock.now(), actor: { subject: "alice" } };
    const { value: canceled } = await cancelReport(world.reports, customerId, report.id, by);
    world.clock.forward(1);
    await makeRequestedReport(app, job, log);
    await makeRequestedReport(app, job, log);
    expect([...trail.values()]).toEqual([requestEntry(report), cancellationEntry(canceled)]);
  });

  it("is not over while a cancellation cannot be put into the audit trail", async () => {
    const { app, world, report, job } = await requestedReport();
    const by = { at: world.clock.now(), actor: { subject: "alice" } };
    await cancelReport(world.reports, customerId, report.id, by);
    const away = {
      append: async ({ action }: AuditEntry) => {
        if (action === "reportCanceled") throw new Error("no audit trail today");
      },
    };
    await expect(makeRequestedReport({ ...app, audit: away }, job, log)).rejects.toThrow("no audit trail");
  });

  it("makes nothing while the request cannot be put into the audit trail", async () => {
    const { app, job, statusNow } = await requestedReport();
    const away = {
      append: async () => {
        throw new Error("no audit trail today");
      },
    };
    await expect(makeRequestedReport({ ...app, audit: away }, job, log)).rejects.toThrow("no audit trail");
    expect(await statusNow()).toBe("notStarted");
  });

  it("protects the files of an issued report for as long as they are kept, where they are immutable, and no other", async () => {
    const { app, world, job, statusNow } = await requestedReport(true);
    const broken = {
      ...app.reportMaker,
      files: {
        ...world.files,
        write: async () => {
          throw new Error("no space today");
        },
      },
    };
    await makeRequestedReport({ ...app, reportMaker: broken }, job, log);
    expect(world.files.policies.size).toBe(0);
    world.clock.forward(LEASE_MS);
    await makeRequestedReport(app, job, log);
    expect(await statusNow()).toBe("succeeded");
    const until = new Date(keptFor(world.clock.now(), RETENTION_DAYS));
    expect(new Map(world.files.policies)).toEqual(
      new Map([...world.files.contents.keys()].map((blobName) => [blobName, until])),
    );
  });

  it("protects nothing where files are not immutable", async () => {
    const { app, world, job } = await requestedReport();
    await makeRequestedReport(app, job, log);
    expect(world.files.policies.size).toBe(0);
    expect(world.files.contents.size).toBeGreaterThan(0);
  });
});
