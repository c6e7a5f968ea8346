import { describe, expect, it } from "vitest";
import type { ReportFiles } from "../../src/reports/report-files.ts";
import { agreementEvent } from "../fakes/events.ts";
import { endlessActivity } from "./support/endless-activity.ts";
import { ask, customerId, make, march, memoryWorld } from "./support/world.ts";

const DELIVERIES = 120_000;
/** Pages that may be on their way between the store that gives them and the one that takes the file. */
const PAGES_BETWEEN = 5;

describe("a large report", () => {
  it("reads no further than what has been taken of it, and says how far it is (EX-09)", {
    timeout: 60_000,
  }, async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const report = await ask(world, "csv", march, ["csv"]);
    const { activity, pagesAsked } = endlessActivity(world.activity, DELIVERIES);
    let lead = 0;
    const progress = new Set<number>();
    const files: ReportFiles = {
      ...world.files,
      write: async (_file, content) => {
        let bytes = 0;
        let chunks = 0;
        for await (const chunk of content) {
          bytes += chunk.length;
          chunks += 1;
          lead = Math.max(lead, pagesAsked() - 2 * chunks);
          const found = await world.reports.read(customerId, report.id);
          if (found?.value.status === "running") progress.add(found.value.progress.rows);
        }
        return { bytes, sha256: "0".repeat(64) };
      },
    };
    const made = await make({ ...world, activity, files }, report);
    expect(made).toMatchObject({ outcome: "issued", report: { files: [{ bytes: expect.any(Number) }] } });
    expect(lead).toBeLessThanOrEqual(PAGES_BETWEEN);
    expect(progress.size).toBe(3);
  });
});
