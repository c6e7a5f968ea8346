import { describe, expect, it } from "vitest";
import { entryIdOf } from "../../src/consumption/entry.ts";
import type { SucceededReport } from "../../src/reports/report.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { readPdf } from "./support/read-pdf.ts";
import { allBytesOf, bytesOf, inSection, recordsOf } from "./support/read-report.ts";
import { issue, type MemoryWorld, memoryWorld, type World } from "./support/world.ts";
import { partsOf } from "./support/xlsx-parts.ts";

const SECRET = "zzsecret";
const request = {
  number: `${SECRET}-1`,
  title: `${SECRET} bonus`,
  product: `${SECRET} product`,
  severity: "critical",
  status: "closed",
  openedAt: "2026-03-01T08:00:00Z",
  closedAt: "2026-03-02T08:00:00Z",
  primaryContact: `${SECRET} person`,
};
const restricted: ReadonlySet<string> = new Set([request.number]);
const idOf = (id: string): string => entryIdOf({ source: "/servicedesk", id });

async function secretWorld(): Promise<MemoryWorld> {
  const world = memoryWorld();
  await world.record(
    agreementEvent(),
    deliveryEvent("plain", { deliveredAt: "2026-03-05T10:00:00Z", quantity: 20 }),
    deliveryEvent(`${SECRET}-event`, {
      deliveredAt: "2026-03-06T10:00:00Z",
      quantity: 30,
      request,
      detail: { engagement: `${SECRET} visit` },
    }),
    deliveryEvent(`${SECRET}-additional`, {
      deliveredAt: "2026-03-07T10:00:00Z",
      quantity: 45,
      request: { ...request, category: "DSA" },
    }),
    deliveryEvent(`${SECRET}-nowhere`, {
      agreementId: undefined,
      packageId: undefined,
      entitlementId: undefined,
      deliveredAt: "2026-03-08T10:00:00Z",
      request,
    }),
  );
  await world.record(
    reversalEvent(`${SECRET}-back`, `${SECRET}-event`, { quantity: 10, reason: `${SECRET} error` }),
  );
  return world;
}

async function csvOf(world: World, report: SucceededReport): Promise<string> {
  const all = [...(await allBytesOf(world, report))].filter(([name]) => name.endsWith(".csv"));
  return all.map(([, bytes]) => bytes.toString("utf8")).join("\n");
}

/** What can be read in each of its files. */
async function textsOf(world: World, report: SucceededReport): Promise<readonly string[]> {
  const sheets = await partsOf(await bytesOf(world, report, { name: "xlsx" }));
  const { pages } = await readPdf(await bytesOf(world, report, { name: "pdf" }));
  return [
    await csvOf(world, report),
    [...sheets.values()].join("\n"),
    pages.map(({ text }) => text).join("\n"),
  ];
}

describe("a report with lines of a request that nobody may know of", () => {
  it("says nothing of the request, and as much as ever of what was delivered", async () => {
    const world = await secretWorld();
    const whole = await recordsOf(world, await issue(world));
    const report = await issue({ ...world, restricted });
    const records = await recordsOf(world, report);
    for (const text of await textsOf(world, report)) {
      expect(text).not.toContain(SECRET);
      expect(text).toContain("CASE-plain");
    }

    for (const section of ["entitlement", "total", "benefit", "contact"] as const)
      expect(inSection(records, section)).toEqual(inSection(whole, section));
    for (const section of ["delivery", "additionalCase"] as const) {
      const before = inSection(whole, section);
      expect(before.some(({ caseNumber }) => caseNumber === request.number)).toBe(true);
      expect(inSection(records, section)).toEqual(
        before.map((line) =>
          line["caseNumber"] === request.number
            ? {
                ...line,
                ...Object.fromEntries(BLANK.map((column) => [column, ""])),
                eventId: line["lineId"],
                reversesId: line["reversesId"] === "" ? "" : idOf(`${SECRET}-event`),
              }
            : line,
        ),
      );
    }
  });

  it("lists as changed nothing that it only says no more", async () => {
    const world = await secretWorld();
    await issue(world);
    const second = await issue({ ...world, restricted });
    expect(second.changes).toEqual({ added: 0, removed: 0, changed: 0 });
  });

  it("lists no change either where a reversal names what a file cannot hold as it is", async () => {
    const world = memoryWorld();
    const source = "urn:x;=y";
    await world.record(agreementEvent(), deliveryEvent("-event", { quantity: 30, request }, { source }));
    await world.record(reversalEvent("back", "-event", { quantity: 10, reverses: { source, id: "-event" } }));
    await issue(world);
    const second = await issue({ ...world, restricted });
    expect(second.changes).toEqual({ added: 0, removed: 0, changed: 0 });
    expect(second.lines).toBe(2);
  });

  it("says nothing of it where its lines changed, came or went since the version before, which said it all", async () => {
    const world = await secretWorld();
    const later = { agreementId: "agr-later", packageId: undefined, entitlementId: undefined };
    await world.record(
      deliveryEvent(`${SECRET}-gone`, { ...later, deliveredAt: "2026-03-09T10:00:00Z", request }),
    );
    const first = await issue(world);
    expect(await csvOf(world, first)).toContain(`${SECRET}-gone`);

    const advisory = entitlement("ent-adv", "advisory", { allowance: 600 });
    await world.record(
      agreementEvent(
        { packages: [basePackage({ entitlements: [advisory], endDate: "2026-03-05" })] },
        { id: "shorter", type: "support.agreement.amended.v1", time: "2026-02-02T00:00:00Z" },
      ),
      agreementEvent(
        {
          agreementId: later.agreementId,
          kind: "addOn",
          packages: [
            basePackage({ packageId: "pkg-later", entitlements: [entitlement("ent-x", "advisory")] }),
          ],
        },
        { id: "later-activated" },
      ),
      deliveryEvent(`${SECRET}-late`, { deliveredAt: "2026-03-04T10:00:00Z", request }),
    );
    const second = await issue({ ...world, restricted });
    expect(second.changes).toEqual({ added: 1, removed: 1, changed: 3 });
    expect(await csvOf(world, second)).not.toContain(SECRET);
  });
});

const BLANK = [
  "caseNumber",
  "caseTitle",
  "category",
  "product",
  "severity",
  "status",
  "openedAt",
  "closedAt",
  "primaryContact",
  "reversalReason",
  "detail",
] as const;
