/** Peak memory of writing one file of a report: it must not depend on how many rows there are. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BlobServiceClient } from "@azure/storage-blob";
import { build } from "esbuild";
import * as z from "zod";
import { startBlob } from "../local/blob/server.ts";
import type { Bench, Figure } from "./figure.ts";
import { run } from "./processes.ts";

const FORMATS = ["csv", "xlsx"] as const;
type Format = (typeof FORMATS)[number];
const FEW_ROWS = 10_000;
const MANY_ROWS = 1_000_000;
const PROGRAM = fileURLToPath(new URL("./report-formats-process.ts", import.meta.url));
const CONTAINER = "reports";
const MB = 1_048_576;
const PEAK_LIMIT = { atMost: 200 };
const GROWTH_LIMIT = { atMost: 16 };

/**
 * Left to itself the engine takes up to 128 MB for what is new before it clears away what is rubbish of it, and more the
 * longer it is busy. These are no limits that a report comes near: a heap is 20 MB of the 256.
 */
const SPARING = ["--max-semi-space-size=1", "--max-old-space-size=256"];

const madeSchema = z.object({
  rows: z.int(),
  fileBytes: z.int(),
  peakBytes: z.number(),
  cpuSeconds: z.number(),
});
type Made = z.infer<typeof madeSchema>;

export const reportFormatsMemory: Bench = {
  name: "report-formats-memory",
  summary: "peak memory of a CSV and of an XLSX file of 10,000 and of 1,000,000 rows",
  run: async function* ({ progress }) {
    const folder = await mkdtemp(join(tmpdir(), "bench-report-"));
    await using running = new AsyncDisposableStack();
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const blob = await startBlob({ port: 0, dataDir: folder });
    running.defer(blob.close);
    const container = BlobServiceClient.fromConnectionString(blob.connectionString).getContainerClient(
      CONTAINER,
    );
    await container.create();
    const program = join(folder, "report.mjs");
    await bundle(program);
    const make = async (format: Format, rows: number, flags: readonly string[]): Promise<Made> => {
      progress(`${rows.toLocaleString("en-US")} rows as ${format} ${flags.join(" ")}`);
      const made = await makeReport(
        [...flags, program, format, String(rows), CONTAINER],
        blob.connectionString,
      );
      await container.deleteBlob(`${format}-${rows}`);
      return made;
    };
    for (const format of FORMATS) {
      const few = await make(format, FEW_ROWS, SPARING);
      const many = await make(format, MANY_ROWS, SPARING);
      yield* figuresOf(format, few, many);
      const left = await make(format, MANY_ROWS, []);
      const name = `${format}: peak, 1,000,000 rows, engine left to itself`;
      yield { name, value: left.peakBytes / MB, unit: "MB", digits: 0, detail: detailOf(left) };
    }
  },
};

function* figuresOf(format: Format, few: Made, many: Made): Generator<Figure> {
  const common = { unit: "MB", digits: 0 };
  const fewPeak = { name: `${format}: peak, 10,000 rows`, value: few.peakBytes / MB };
  yield { ...fewPeak, ...common, limit: PEAK_LIMIT, detail: detailOf(few) };
  const manyPeak = { name: `${format}: peak, 1,000,000 rows`, value: many.peakBytes / MB };
  yield { ...manyPeak, ...common, limit: PEAK_LIMIT, detail: detailOf(many) };
  const growth = (many.peakBytes - few.peakBytes) / MB;
  yield { name: `${format}: what 1,000,000 rows take more`, value: growth, ...common, limit: GROWTH_LIMIT };
}

const detailOf = ({ fileBytes, cpuSeconds }: Made): string =>
  `${(fileBytes / MB).toFixed(0)} MB of file, ${cpuSeconds.toFixed(1)} s of CPU`;

/** As the app is deployed: what Node needs to run TypeScript is no part of the figure. */
async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [PROGRAM],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    mainFields: ["module", "main"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}

async function makeReport(args: readonly string[], connectionString: string): Promise<Made> {
  const env = { PATH: process.env["PATH"], BLOB_CONNECTION_STRING: connectionString };
  const { exitCode, stdout, stderr } = await run(process.execPath, args, { env });
  if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
  return madeSchema.parse(JSON.parse(stdout));
}
