/** Peak memory of making a report in each format: it must not depend on how many rows there are. */
import { DEFAULT_SETTINGS } from "../local/settings.ts";
import type { Bench, Figure } from "./figure.ts";
import {
  detailOf,
  type Engine,
  LEFT_TO_ITSELF,
  type Made,
  MB,
  openReportProgram,
} from "./report-programs.ts";

const FEW_ROWS = 10_000;
const REPORTS = [
  { formats: "csv", manyRows: 1_000_000 },
  { formats: "xlsx", manyRows: 1_000_000 },
  // The lines of a PDF are checked against those of a file for tools, so it is never made alone.
  { formats: "csv,pdf", manyRows: 100_000 },
  { formats: "csv,xlsx,pdf", manyRows: 100_000 },
] as const;
const PEAK_LIMIT = { atMost: 200 };
const GROWTH_LIMIT = { atMost: 16 };

/**
 * As the app is started. Left to itself the engine takes up to 128 MB for what is new before it clears away what is rubbish
 * of it, and more the longer it is busy; and memory is taken in turns from one place for each of its threads. The limit of
 * 512 MB is none that a report comes near: fewer than 20 MB are alive.
 */
const AS_STARTED: Engine = {
  flags: DEFAULT_SETTINGS.languageWorkers__node__arguments.split(" "),
  env: { MALLOC_ARENA_MAX: DEFAULT_SETTINGS.MALLOC_ARENA_MAX },
};

export const reportMemory: Bench = {
  name: "report-memory",
  summary: "peak memory of reports of 10,000 and of 1,000,000 rows, as PDF of 100,000",
  run: async function* ({ progress }) {
    await using program = await openReportProgram("report-process.ts");
    const make = (engine: Engine, formats: string, rows: number): Promise<Made> => {
      progress(`${rows.toLocaleString("en-US")} rows as ${formats} ${engine.flags.join(" ")}`);
      return program.make([formats, String(rows)], engine);
    };
    for (const { formats, manyRows } of REPORTS) {
      const few = await make(AS_STARTED, formats, FEW_ROWS);
      const many = await make(AS_STARTED, formats, manyRows);
      yield* figuresOf(formats, few, many);
      const [fewLeft, left] = [
        await make(LEFT_TO_ITSELF, formats, FEW_ROWS),
        await make(LEFT_TO_ITSELF, formats, manyRows),
      ];
      yield { ...peakOf(formats, left), name: `${formats}: peak, engine left to itself` };
      const name = `${formats}: CPU for a row, of that of an engine left to itself`;
      yield { name, value: cpuOfRow(few, many) / cpuOfRow(fewLeft, left), limit: { atMost: 1.2 } };
    }
  },
};

function* figuresOf(formats: string, few: Made, many: Made): Generator<Figure> {
  yield { ...peakOf(formats, few), limit: PEAK_LIMIT };
  yield { ...peakOf(formats, many), limit: PEAK_LIMIT };
  const growth = { value: (many.peakBytes - few.peakBytes) / MB, unit: "MB", digits: 0 };
  yield { name: `${formats}: what so many rows take more`, ...growth, limit: GROWTH_LIMIT };
  yield { name: `${formats}: CPU for a row`, value: cpuOfRow(few, many), unit: "µs", digits: 0 };
}

const peakOf = (formats: string, made: Made): Figure => ({
  name: `${formats}: peak, ${made.rows.toLocaleString("en-US")} rows`,
  value: made.peakBytes / MB,
  unit: "MB",
  digits: 0,
  detail: detailOf(made),
});

const cpuOfRow = (few: Made, many: Made): number =>
  (1_000_000 * (many.cpuSeconds - few.cpuSeconds)) / (many.rows - few.rows);
