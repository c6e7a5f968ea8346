import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { auditEntrySchema } from "../../src/access/audit-entry.ts";
import type { Language } from "../../src/agreements/agreement-event.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { type DownloadAudit, LINK_MINUTES, openDownload, ownLink } from "../../src/reports/download.ts";
import { fileKeyOf, type Report } from "../../src/reports/report.ts";
import { AGREEMENT, agreementEvent } from "../fakes/events.ts";
import { ask, customerId, issue, memoryWorld, RETENTION_DAYS } from "./support/world.ts";

const DAY_MS = 86_400_000;
const signingKey = new Uint8Array(32).fill(7);
const alice = { subject: "alice", email: "alice@cust-t.example" };
const bob = { subject: "bob" };

async function scene() {
  const world = memoryWorld();
  await world.record(agreementEvent());
  const report = await issue(world);
  const trail: Parameters<DownloadAudit>[0][] = [];
  const dependencies = {
    reports: world.reports,
    files: world.files,
    audit: async (entry: Parameters<DownloadAudit>[0]) => {
      trail.push(auditEntrySchema.parse(entry) && entry);
    },
    signingKey,
    retentionDays: RETENTION_DAYS,
    now: world.clock.now,
    newId: randomUUID,
  };
  return { world, report, trail, dependencies };
}

const asked = (report: Report, name: string, language?: Language) => ({
  customerId,
  reportId: report.id,
  name,
  language,
});

describe("a recipient's own link", () => {
  it("opens for its recipient, who is in the audit trail before the file can be had", async () => {
    const { report, trail, dependencies } = await scene();
    const { token } = ownLink(dependencies, alice, report, { name: "xlsx" });
    const download = await openDownload(dependencies, alice, asked(report, "xlsx"), token);
    const xlsx = report.files.find(({ format }) => format === "xlsx");
    expect(download.file).toEqual(xlsx);
    expect(download.url).toContain(xlsx?.blobName);
    expect(trail).toMatchObject([
      {
        customerId,
        actor: alice,
        action: "reportDownloaded",
        target: `/customers/${customerId}/reports/${report.id}`,
        after: { file: "xlsx", language: "es", version: 1, sha256: xlsx?.sha256 },
      },
    ]);
  });

  it("opens for nobody else, at no other customer, not when changed, and not after 15 minutes", async () => {
    const { world, report, trail, dependencies } = await scene();
    const { token } = ownLink(dependencies, alice, report, { name: "xlsx" });
    const refused = { code: "ResourceNotFound" };
    const other = customerIdSchema.parse("cust-u");
    await expect(openDownload(dependencies, bob, asked(report, "xlsx"), token)).rejects.toMatchObject(
      refused,
    );
    await expect(
      openDownload(dependencies, alice, { ...asked(report, "xlsx"), customerId: other }, token),
    ).rejects.toMatchObject(refused);
    await expect(openDownload(dependencies, alice, asked(report, "xlsx"), `${token}A`)).rejects.toMatchObject(
      refused,
    );
    world.clock.forward(LINK_MINUTES * 60_000);
    await expect(openDownload(dependencies, alice, asked(report, "xlsx"), token)).rejects.toMatchObject(
      refused,
    );
    expect(trail).toEqual([]);
  });

  it("opens no other report and no other file than the one whose address it has", async () => {
    const { world, report, trail, dependencies } = await scene();
    const other = await issue(world, { languages: ["pl", "en"] });
    const { token } = ownLink(dependencies, alice, other, { name: "xlsx", language: "en" });
    const refused = { code: "ResourceNotFound" };
    for (const wrong of [asked(report, "xlsx"), asked(other, "pdf"), asked(other, "xlsx", "pl")])
      await expect(openDownload(dependencies, alice, wrong, token)).rejects.toMatchObject(refused);
    expect(trail).toEqual([]);
    const { file } = await openDownload(dependencies, alice, asked(other, "xlsx"), token);
    expect(file.language).toBe("en");
  });

  it("gives no file when the audit trail cannot be written", async () => {
    const { report, dependencies } = await scene();
    const { token } = ownLink(dependencies, alice, report, { name: "xlsx" });
    const away = async () => {
      throw new Error("the audit trail is away");
    };
    await expect(
      openDownload({ ...dependencies, audit: away }, alice, asked(report, "xlsx"), token),
    ).rejects.toThrow("the audit trail is away");
  });

  it("opens each file of a report and no other, in the first language unless another is named", async () => {
    const { world, dependencies } = await scene();
    const report = await issue(world, { languages: ["pl", "en"] });
    const opened = async (name: string, language?: Language) => {
      const { token } = ownLink(dependencies, alice, report, { name, language });
      return (await openDownload(dependencies, alice, asked(report, name, language), token)).file;
    };
    for (const file of report.files) expect(await opened(fileKeyOf(file), file.language)).toEqual(file);
    expect(await opened("csv-delivery")).toMatchObject({ section: "delivery", language: "pl" });
    expect(new Set(report.files.map(({ fileName }) => fileName)).size).toBe(report.files.length);
    expect(report.files.map(({ fileName }) => fileName)).toEqual(
      expect.arrayContaining([
        `CPOD-${AGREEMENT}-2026-03-v2-pl.pdf`,
        `CPOD-${AGREEMENT}-2026-03-v2-en.xlsx`,
        `CPOD-${AGREEMENT}-2026-03-v2-en-additionalCase.csv`,
      ]),
    );
    expect(() => ownLink(dependencies, alice, report, { name: "pdf", language: "it" })).toThrow(
      "no such resource",
    );
  });

  it("opens while the file is kept, and not from the instant on at which it is not", async () => {
    const { world, report, dependencies } = await scene();
    world.clock.forward(RETENTION_DAYS * DAY_MS - 1);
    const { token } = ownLink(dependencies, alice, report, { name: "pdf" });
    await openDownload(dependencies, alice, asked(report, "pdf"), token);
    world.clock.forward(1);
    await expect(openDownload(dependencies, alice, asked(report, "pdf"), token)).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
    expect(() => ownLink(dependencies, alice, report, { name: "pdf" })).toThrow("no such resource");
  });

  it("is made for no report that is not issued, and for no file that it does not have", async () => {
    const { world, report, dependencies } = await scene();
    const waiting = await ask(world);
    expect(() => ownLink(dependencies, alice, waiting, { name: "xlsx" })).toThrow("no such resource");
    for (const name of ["docx", "csv", "csv-learning", ""])
      expect(() => ownLink(dependencies, alice, report, { name })).toThrow("no such resource");
  });
});
