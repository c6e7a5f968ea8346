import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { auditEntrySchema } from "../../src/access/audit-entry.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { type DownloadAudit, LINK_MINUTES, openDownload, ownLink } from "../../src/reports/download.ts";
import { agreementEvent } from "../fakes/events.ts";
import { ask, customerId, issue, memoryWorld } from "./support/world.ts";

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
    now: world.clock.now,
    newId: randomUUID,
  };
  return { world, report, trail, dependencies };
}

describe("a recipient's own link", () => {
  it("opens for its recipient, who is in the audit trail before the file can be had", async () => {
    const { report, trail, dependencies } = await scene();
    const { token } = ownLink(dependencies, alice, report, "csv");
    const download = await openDownload(dependencies, alice, customerId, token);
    expect(download.url).toContain(report.files[0]?.blobName);
    expect(trail).toMatchObject([
      {
        customerId,
        actor: alice,
        action: "reportDownloaded",
        target: `/customers/${customerId}/reports/${report.id}`,
        after: { format: "csv", version: 1, sha256: report.files[0]?.sha256 },
      },
    ]);
  });

  it("opens for nobody else, at no other customer, not when changed, and not after 15 minutes", async () => {
    const { world, report, trail, dependencies } = await scene();
    const { token } = ownLink(dependencies, alice, report, "csv");
    const refused = { code: "ResourceNotFound" };
    const other = customerIdSchema.parse("cust-u");
    await expect(openDownload(dependencies, bob, customerId, token)).rejects.toMatchObject(refused);
    await expect(openDownload(dependencies, alice, other, token)).rejects.toMatchObject(refused);
    await expect(openDownload(dependencies, alice, customerId, `${token}A`)).rejects.toMatchObject(refused);
    world.clock.forward(LINK_MINUTES * 60_000);
    await expect(openDownload(dependencies, alice, customerId, token)).rejects.toMatchObject(refused);
    expect(trail).toEqual([]);
  });

  it("gives no file when the audit trail cannot be written", async () => {
    const { report, dependencies } = await scene();
    const { token } = ownLink(dependencies, alice, report, "csv");
    const away = async () => {
      throw new Error("the audit trail is away");
    };
    await expect(openDownload({ ...dependencies, audit: away }, alice, customerId, token)).rejects.toThrow(
      "the audit trail is away",
    );
  });

  it("is made for no report that is not issued, and for no format that it does not have", async () => {
    const { world, report, dependencies } = await scene();
    const waiting = await ask(world);
    expect(() => ownLink(dependencies, alice, waiting, "csv")).toThrow("no such resource");
    expect(() => ownLink(dependencies, alice, report, "docx")).toThrow("no such resource");
  });
});
