/** What printing a report takes: memory must not depend on how many rows there are, and CPU time be near the bare library's. */
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BlobServiceClient } from "@azure/storage-blob";
import { build } from "esbuild";
import * as z from "zod";
import { startBlob } from "../local/blob/server.ts";
import { FONT_FILES } from "../src/platform/report-fonts.ts";
import type { Bench, Figure } from "./figure.ts";
import { run } from "./processes.ts";

const FEW_ROWS = 10_000;
const MANY_ROWS = 100_000;
const PROGRAM = fileURLToPath(new URL("./report-pdf-process.ts", import.meta.url));
const CONTAINER = "reports";
const MB = 1_048_576;
const PEAK_LIMIT = { atMost: 200 };
const GROWTH_LIMIT = { atMost: 16 };
const CPU_LIMIT = { atMost: 1.3 };
/** Of a process that is to take little: by default the engine clears away when it has nothing better to do. */
const SMALL_HEAP = ["--max-semi-space-size=4", "--max-old-space-size=100"];

const madeSchema = z.object({
  rows: z.int(),
  fileBytes: z.int(),
  peakBytes: z.number(),
  cpuSeconds: z.number(),
});
type Made = z.infer<typeof madeSchema>;
type Make = (writer: "pdf" | "pdfkit", rows: number, options?: readonly string[]) => Promise<Made>;

export const reportPdf: Bench = {
  name: "report-pdf",
  summary: "peak memory and CPU of a PDF report of 10,000 and of 100,000 rows",
  run: async function* ({ progress }) {
    const folder = await mkdtemp(join(tmpdir(), "bench-pdf-"));
    await using running = new AsyncDisposableStack();
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const blob = await startBlob({ port: 0, dataDir: folder });
    running.defer(blob.close);
    await BlobServiceClient.fromConnectionString(blob.connectionString).createContainer(CONTAINER);
    const program = await bundle(join(folder, "app"));
    const make: Make = async (writer, rows, options = []) => {
      progress(`${writer}, ${rows.toLocaleString("en-US")} rows ${options.join(" ")}`);
      const env = { PATH: process.env["PATH"], BLOB_CONNECTION_STRING: blob.connectionString };
      const args = [...options, program, writer, String(rows), CONTAINER];
      const { exitCode, stdout, stderr } = await run(process.execPath, args, { env });
      if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
      return madeSchema.parse(JSON.parse(stdout));
    };
    yield* memory("", await make("pdf", FEW_ROWS), await make("pdf", MANY_ROWS));
    const [few, many] = [await make("pdf", FEW_ROWS, SMALL_HEAP), await make("pdf", MANY_ROWS, SMALL_HEAP)];
    yield* memory(", small heap", few, many);
    yield* cpu(make);
  },
};

function* memory(how: string, few: Made, many: Made): Generator<Figure> {
  const common = { unit: "MB", digits: 0 };
  yield {
    name: `peak memory, 10,000 rows${how}`,
    value: few.peakBytes / MB,
    ...common,
    detail: detailOf(few),
  };
  const peak = { name: `peak memory, 100,000 rows${how}`, value: many.peakBytes / MB, ...common };
  yield { ...peak, limit: PEAK_LIMIT, detail: detailOf(many) };
  const growth = (many.peakBytes - few.peakBytes) / MB;
  yield { name: `what 100,000 rows take more${how}`, value: growth, ...common, limit: GROWTH_LIMIT };
}

/** In turns: whatever else the machine does meets both. */
async function* cpu(make: Make): AsyncGenerator<Figure> {
  const perRow = async (writer: "pdf" | "pdfkit"): Promise<number> => {
    const few = await make(writer, FEW_ROWS / 10);
    const many = await make(writer, 2 * FEW_ROWS);
    return (1_000_000 * (many.cpuSeconds - few.cpuSeconds)) / (many.rows - few.rows);
  };
  const printed = await perRow("pdf");
  const bare = await perRow("pdfkit");
  yield { name: "CPU for a row, with tags", value: printed, unit: "µs", digits: 0 };
  yield { name: "CPU for a row, its texts with bare pdfkit", value: bare, unit: "µs", digits: 0 };
  yield { name: "CPU for a row, of that of bare pdfkit", value: printed / bare, limit: CPU_LIMIT };
}

const detailOf = ({ rows, fileBytes, cpuSeconds }: Made): string =>
  `${rows.toLocaleString("en-US")} rows, ${(fileBytes / MB).toFixed(0)} MB of file, ${cpuSeconds.toFixed(1)} s of CPU`;

/** As the app is deployed: what Node needs to run TypeScript is no part of the figure. */
async function bundle(folder: string): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  await mkdir(folder);
  const outfile = join(folder, "report.mjs");
  await Promise.all([
    ...FONT_FILES.map(({ from, to }) => cp(resolve(from), join(folder, "fonts", to))),
    build({
      entryPoints: [PROGRAM],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node24",
      mainFields: ["module", "main"],
      banner: {
        js: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
      },
      logLevel: "warning",
    }),
  ]);
  return outfile;
}
