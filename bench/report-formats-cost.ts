/** CPU time of a row of a spreadsheet, beside that of other writers of the same rows, in turns. */
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Bench } from "./figure.ts";
import { run } from "./processes.ts";
import { median } from "./statistics.ts";

const ROWS = 100_000;
const TURNS = 3;
const NAMES = ["none", "csv", "csv-stringify", "xlsx", "hucre", "exceljs"] as const;
type Name = (typeof NAMES)[number];
const RATIO_LIMIT = { atMost: 1.3 };
const PROGRAM = fileURLToPath(new URL("./report-formats-cost-process.ts", import.meta.url));

const costSchema = z.object({ bytes: z.int(), cpuMicroseconds: z.number() });
type Cost = z.infer<typeof costSchema>;

export const reportFormatsCost: Bench = {
  name: "report-formats-cost",
  summary: "CPU time of a row in CSV and XLSX, against the bare libraries on the same rows",
  run: async function* ({ progress }) {
    const costs = new Map<Name, Cost[]>();
    for (let turn = 1; turn <= TURNS; turn++) {
      progress(`turn ${turn} of ${TURNS}`);
      for (const name of NAMES) costs.set(name, [...(costs.get(name) ?? []), await costOf(name)]);
    }
    const perRow = (name: Name): number =>
      median((costs.get(name) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds / ROWS));
    const rowsAlone = perRow("none");
    const written = (name: Name): number => perRow(name) - rowsAlone;
    for (const name of NAMES) {
      const megabytes = (costs.get(name)?.[0]?.bytes ?? 0) / 1_000_000;
      const detail =
        name === "none" ? "making the rows, which the others are without" : `${megabytes.toFixed(1)} MB`;
      const value = name === "none" ? rowsAlone : written(name);
      yield { name: `CPU for a row, ${name}`, value, unit: "µs", digits: 1, detail };
    }
    const ratio = { digits: 2, limit: RATIO_LIMIT };
    yield { name: "CSV over csv-stringify", value: written("csv") / written("csv-stringify"), ...ratio };
    yield { name: "XLSX over hucre", value: written("xlsx") / written("hucre"), ...ratio };
    yield { name: "XLSX over exceljs", value: written("xlsx") / written("exceljs"), digits: 2 };
  },
};

async function costOf(name: Name): Promise<Cost> {
  const { exitCode, stdout, stderr } = await run(process.execPath, [PROGRAM, name, String(ROWS)]);
  if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
  return costSchema.parse(JSON.parse(stdout));
}
