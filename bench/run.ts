/** `npm run bench`: runs the benchmarks and prints each figure with its limit beside it. */
import { parseArgs } from "node:util";
import { type Bench, type Figure, isWithinLimit, rowOf, type TableRow } from "./figure.ts";
import { load } from "./load.ts";
import { readCost } from "./read-cost.ts";
import { reportFormatsCost } from "./report-formats-cost.ts";
import { reportMemory } from "./report-memory.ts";
import { reportPdf } from "./report-pdf.ts";
import { requestCost } from "./request-cost.ts";
import { start } from "./start.ts";
import { supportCost } from "./support-cost.ts";
import { writeCost } from "./write-cost.ts";

const benches: readonly Bench[] = [
  writeCost,
  readCost,
  supportCost,
  requestCost,
  load,
  start,
  reportMemory,
  reportFormatsCost,
  reportPdf,
];

const USAGE = `Usage: npm run bench -- [NAME ...] [--events FILE]

Without a name all of them run, one after another:

${benches.map(({ name, summary }) => `  ${name.padEnd(23)}${summary}`).join("\n")}

  --events FILE   CloudEvents, one JSON event a line, to be recorded beside the generated ones

Ends with 0 when every figure is within its limit, 1 when one is not, 2 when a benchmark could not run.`;

const EXIT = { well: 0, overLimit: 1, failed: 2 } as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { events: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(USAGE);
    return EXIT.well;
  }
  const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}.\n\n${USAGE}`);
  const chosen =
    positionals.length === 0 ? benches : benches.filter(({ name }) => positionals.includes(name));
  const exits: number[] = [];
  for (const bench of chosen) exits.push(await runOne(bench, values.events));
  return Math.max(...exits);
}

async function runOne(bench: Bench, eventsFile: string | undefined): Promise<number> {
  const figures: Figure[] = [];
  const progress = (text: string): void => console.error(`${bench.name}: ${text}`);
  try {
    for await (const figure of bench.run({ eventsFile, progress })) figures.push(figure);
    return figures.every(isWithinLimit) ? EXIT.well : EXIT.overLimit;
  } catch (error) {
    console.error(`${bench.name} could not run:`, error);
    return EXIT.failed;
  } finally {
    console.log(table(bench.name, figures));
  }
}

function table(name: string, figures: readonly Figure[]): string {
  const head: TableRow = [name, "measured", "limit", "ok", ""];
  const rows = [head, ...figures.map(rowOf)];
  const [nameWidth, measuredWidth, limitWidth] = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map(([figure, measured, limit, ok, detail]) =>
    [
      figure.padEnd(nameWidth ?? 0),
      measured.padStart(measuredWidth ?? 0),
      limit.padEnd(limitWidth ?? 0),
      ok.padEnd(3),
      detail,
    ]
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = EXIT.failed;
}
