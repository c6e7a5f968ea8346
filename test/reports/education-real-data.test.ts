import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { openEducation } from "../../src/reports/education.ts";
import { periodOfDays } from "../../src/reports/period.ts";
import type { Row } from "../../src/reports/report-row.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { expectedLines } from "./support/education-model.ts";
import { educationScope } from "./support/education-world.ts";
import { memoryActivityStore } from "./support/memory-activity.ts";

const log = new URL("../../../shared/data/deliveries.ndjson", import.meta.url);
/** Within the agreements of these two customers. */
const period = periodOfDays("2016-02-02", "2017-01-30");
const CUSTOMERS = ["a", "c"];

const eventSchema = z.looseObject({ type: z.string(), data: z.looseObject({ customerId: z.string() }) });

async function recorded(bodies: readonly string[]): Promise<MemoryStores> {
  const stores = memoryStores();
  const recorder = createRecorder(stores, () => "2026-11-20T00:00:00.000Z");
  for (let start = 0; start < bodies.length; start += 99)
    await recorder.record(bodies.slice(start, start + 99));
  return stores;
}

async function linesOf(stores: MemoryStores, name: string): Promise<readonly Row[]> {
  const customer = (await stores.customers.read(customerIdSchema.parse(`cust-${name}`)))?.value;
  if (customer === undefined) throw new Error(`there is no customer ${name}`);
  const report = await openEducation({
    activity: memoryActivityStore(stores),
    customer,
    scope: educationScope(null),
    period,
    version: 1,
    generatedAt: "2026-11-20T00:00:00.000Z",
    restricted: new Set(),
    previous: undefined,
  });
  const all: Row[] = [];
  for await (const rows of report.rows) all.push(...rows);
  const lines = all.filter(({ section }) => section === "learning");
  expect(lines).toHaveLength(report.lines);
  return lines;
}

/** The delivery as if an activity had been started then. */
function asLearning(body: string): string {
  const event = eventSchema.parse(JSON.parse(body));
  if (event.type !== "support.delivery.recorded.v1") return body;
  const name = event.data.customerId.slice(-1);
  const target = { agreementId: `agr-${name}-base`, packageId: `pkg-${name}-base` };
  const entitlementId = `ent-${name}-edu`;
  const what = { service: "education", entitlementId, quantity: 1, unit: "activities", request: undefined };
  return JSON.stringify({ ...event, data: { ...event.data, ...target, ...what } });
}

/** A year of a real service desk's log. It is not part of the project: where it is absent this is skipped. */
describe.skipIf(!existsSync(log))(
  "the education reports of a year of real deliveries",
  {
    timeout: 120_000,
  },
  () => {
    it("are without lines, as the log is of support cases alone", async () => {
      const stores = await recorded(readFileSync(log, "utf8").trimEnd().split("\n"));
      for (const name of CUSTOMERS) expect(await linesOf(stores, name)).toEqual([]);
    });

    it("have each line once, were every delivery of it a learning activity", async () => {
      const bodies = readFileSync(log, "utf8").trimEnd().split("\n").map(asLearning);
      const stores = await recorded(bodies);
      for (const name of CUSTOMERS) {
        const own = bodies.filter((body) => body.includes(`"customerId":"cust-${name}"`));
        const expected = expectedLines(own, null)
          .filter(({ deliveredAt }) => deliveredAt >= period.from && deliveredAt < period.to)
          .map(({ eventId }) => eventId);
        expect(expected.length).toBeGreaterThan(1_000);
        const lines = await linesOf(stores, name);
        expect(lines.map(({ eventId }) => String(eventId)).toSorted()).toEqual(expected.toSorted());
      }
    });
  },
);
