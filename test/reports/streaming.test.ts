import { describe, expect, it } from "vitest";
import type { ReportFiles } from "../../src/reports/report-files.ts";
import { agreementEvent } from "../fakes/events.ts";
import { endlessActivity } from "./support/endless-activity.ts";
import { ask, customerId, make, memoryWorld } from "./support/world.ts";

const DELIVERIES = 120_000;
/** Pages that may be on their way between the store that gives them and the one that takes the file. */
const PAGES_BETWEEN = 5;

describe("a large report", () => {
  it("reads no further than what has been taken of it, and says how far it is (EX-09)", {
    timeout: 60_000,
  }, async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const report = await ask(world, { formats: ["csv"] });
    const { activity, pagesAsked } = endlessActivity(world.activity, DELIVERIES);
    let lead = 0;
    const progress = new Set<string>();
    const files: ReportFiles = {
      ...world.files,
      write: async ({ blobName }, content) => {
        let bytes = 0;
        let chunks = 0;
        for await (const chunk of content) {
          bytes += chunk.length;
          chunks += 1;
          if (blobName.endsWith("/csv-delivery")) lead = Math.max(lead, pagesAsked() - 2 * chunks);
          const found = await world.reports.read(customerId, report.id);
          if (found?.value.status === "running") progress.add(JSON.stringify(found.value.progress));
        }
        return { bytes, sha256: "0".repeat(64) };
      },
    };
    const made = await make({ ...world, activity, files }, report);
    expect(made).toMatchObject({ outcome: "issued", report: { lines: DELIVERIES } });
    expect(lead).toBeLessThanOrEqual(PAGES_BETWEEN);
    expect([...progress]).toEqual(
      [{ rows: 0, ofRows: 0 }, ...[50_000, 100_000].map((rows) => ({ rows, ofRows: DELIVERIES }))].map(
        (each) => JSON.stringify(each),
      ),
    );
    expect(lead).toBeGreaterThan(0);
  });
});
