import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../local/faults.ts";
import { everything } from "../../src/consumption/chosen.ts";
import { ledgerIdOf } from "../../src/consumption/entry.ts";
import { linesOf, readFigures } from "../../src/consumption/figures.ts";
import { lastInstantOf, periodOfDays } from "../../src/reports/period.ts";
import { BLOCK_BYTES } from "../../src/reports/report-files.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { allBytesOf, inSection, recordsOf } from "./support/read-report.ts";
import { expectedFiles, filesOf } from "./support/second-version.ts";
import { type StandIns, startStandIns } from "./support/stand-ins.ts";
import { agreementId, customerId, issue, march, type World } from "./support/world.ts";

const DELIVERIES = 1_500;
/** Deliveries and additional cases. */
const LINE_SECTIONS = 2;
const lastDay = periodOfDays("2026-03-31", "2026-03-31");

let standIns: StandIns;
let world: World;
/** What befalls a request to Blob Storage, so that the client has to try again. */
let faultAt: (request: number) => Fault | undefined = () => undefined;
let requests = 0;
const kinds: readonly Fault[] = [
  { kind: "status", status: 503, retryAfterMs: 5 },
  { kind: "lost" },
  { kind: "refused" },
];

beforeAll(async () => {
  standIns = await startStandIns(() => faultAt(requests++));
  world = await standIns.world();
  await world.record(agreementEvent());
  const hostile = ["=1+1", '"quoted"', "two\r\nlines", "nul\u0000", "lone \uD800", "\u202Eback", "-1"];
  const deliveries = Array.from({ length: DELIVERIES }, (_, index) =>
    deliveryEvent(`d-${index}`, {
      deliveredAt: new Date(Date.UTC(2026, 2, 1 + (index % 31), 9, index % 60)).toISOString(),
      quantity: 1 + (index % 9),
      request: {
        number: `CASE-${index}`,
        title: hostile[index % hostile.length],
        category: index % 10 === 0 ? "SU" : null,
      },
    }),
  );
  for (let at = 0; at < deliveries.length; at += 90) await world.record(...deliveries.slice(at, at + 90));
  await world.record(reversalEvent("back", "d-7", { quantity: 3 }));
});
afterAll(() => standIns.close());

describe("reports on the real stores", () => {
  it("have the page's figures and every line, through faults of Blob Storage, and list a late one in version 2", async () => {
    faultAt = (request) => (request % 3 === 2 ? kinds[Math.floor(request / 3) % kinds.length] : undefined);
    const first = await issue(world);
    const records = await recordsOf(world, first);
    const bytes = await allBytesOf(world, first);
    const figures = await readFigures(world.activity, ledgerIdOf(customerId, agreementId), {
      chosen: everything,
      asOf: lastInstantOf(march),
      at: lastInstantOf(march),
    });
    const advisory = figures && linesOf(figures).find((line) => line.rows > 0);
    expect(inSection(records, "entitlement")).toContainEqual(
      expect.objectContaining({
        entitlementId: "ent-adv",
        consumed: String(advisory?.consumed),
        delivered: String(advisory?.consumed),
        rows: String(advisory?.rows),
      }),
    );
    expect(inSection(records, "delivery")).toHaveLength(DELIVERIES * 0.9 + 1);
    expect(inSection(records, "additionalCase")).toHaveLength(DELIVERIES / 10);

    await world.record(deliveryEvent("late", { deliveredAt: "2026-03-31T23:59:59.999Z" }));
    const second = await issue(world);
    expect(second.changes).toEqual({ added: 1, removed: 0, changed: 0 });
    expect(inSection(await recordsOf(world, second), "change")).toMatchObject([{ eventId: "late" }]);
    expect(await allBytesOf(world, first)).toEqual(bytes);
    await allBytesOf(world, second);
    expect(filesOf(second)).toEqual(expectedFiles(second));
    expect(requests).toBeGreaterThan(second.files.length * 2);
  });

  it("cost a request for each block of a file and one more, and one for each reading of a section before", async () => {
    faultAt = () => undefined;
    await issue(world, { period: lastDay, formats: ["csv"] });
    requests = 0;
    const report = await issue(world, { period: lastDay, languages: ["es", "pl"] });
    const writes = report.files.map(({ bytes }) => Math.ceil(bytes / BLOCK_BYTES) + 1);
    const readings = report.languages.length * 2;
    expect(requests).toBe(writes.reduce((sum, each) => sum + each) + readings * LINE_SECTIONS);
  });

  it("write a file in its blocks and one request, and whole or with an error whatever befalls one of them", async () => {
    faultAt = () => undefined;
    const files = await standIns.files();
    const content = randomBytes(2 * BLOCK_BYTES + 1);
    const file = { fileName: "CPOD.csv", contentType: "text/csv", reportId: "cpod" };
    requests = 0;
    await files.write({ ...file, blobName: "sound" }, inOne(content));
    expect(requests).toBe(4);
    for (const fault of kinds) {
      for (let at = 0; at < 4; at++) {
        requests = 0;
        faultAt = (request) => (request === at ? fault : undefined);
        const blobName = `${fault.kind}-${at}`;
        const { bytes } = await files.write({ ...file, blobName }, inOne(content));
        expect(bytes).toBe(content.length);
        expect(requests, blobName).toBeGreaterThan(4);
        faultAt = () => undefined;
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await files.readStream(blobName)) ?? []) chunks.push(chunk);
        expect(Buffer.compare(Buffer.concat(chunks), content)).toBe(0);
      }
    }
  });
});

async function* inOne(content: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}
