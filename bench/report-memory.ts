/** Peak memory of making a CSV report: it must not depend on how many rows there are. */
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

const FEW_ROWS = 10_000;
const MANY_ROWS = 1_000_000;
const PROGRAM = fileURLToPath(new URL("./report-process.ts", import.meta.url));
const CONTAINER = "reports";
const MB = 1_048_576;
const PEAK_LIMIT = { atMost: 160 };
const GROWTH_LIMIT = { atMost: 16 };

const madeSchema = z.object({
  rows: z.int(),
  fileBytes: z.int(),
  peakBytes: z.number(),
  aliveBytes: z.number(),
  cpuSeconds: z.number(),
});
type Made = z.infer<typeof madeSchema>;

export const reportMemory: Bench = {
  name: "report-memory",
  summary: "peak memory of a CSV report of 10,000 and of 1,000,000 rows",
  run: async function* ({ progress }) {
    const folder = await mkdtemp(join(tmpdir(), "bench-report-"));
    await using running = new AsyncDisposableStack();
    running.defer(() => rm(folder, { recursive: true, force: true }));
    const blob = await startBlob({ port: 0, dataDir: folder });
    running.defer(blob.close);
    await BlobServiceClient.fromConnectionString(blob.connectionString).createContainer(CONTAINER);

    const program = join(folder, "report.mjs");
    await bundle(program);
    const made: Made[] = [];
    for (const rows of [FEW_ROWS, MANY_ROWS]) {
      progress(`${rows.toLocaleString("en-US")} rows`);
      made.push(await makeReport(program, rows, blob.connectionString));
    }
    const [few, many] = made;
    if (few !== undefined && many !== undefined) yield* figuresOf(few, many);
  },
};

function* figuresOf(few: Made, many: Made): Generator<Figure> {
  const common = { unit: "MB", digits: 0 };
  yield { name: "peak memory, 10,000 rows", value: few.peakBytes / MB, ...common, detail: detailOf(few) };
  const peak = { name: "peak memory, 1,000,000 rows", value: many.peakBytes / MB, ...common };
  yield { ...peak, limit: PEAK_LIMIT, detail: detailOf(many) };
  const growth = (many.peakBytes - few.peakBytes) / MB;
  yield { name: "what 1,000,000 rows take more", value: growth, ...common, limit: GROWTH_LIMIT };
  yield { name: "most that was alive, 10,000 rows", value: few.aliveBytes / MB, ...common };
  yield { name: "most that was alive, 1,000,000 rows", value: many.aliveBytes / MB, ...common };
  const perRow = (1_000_000 * (many.cpuSeconds - few.cpuSeconds)) / (many.rows - few.rows);
  yield { name: "CPU for a row", value: perRow, unit: "µs", digits: 0 };
}

const detailOf = ({ rows, fileBytes, cpuSeconds }: Made): string =>
  `${rows.toLocaleString("en-US")} rows, ${(fileBytes / MB).toFixed(0)} MB of file, ${cpuSeconds.toFixed(1)} s of CPU`;

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

async function makeReport(program: string, rows: number, connectionString: string): Promise<Made> {
  const env = { PATH: process.env["PATH"], BLOB_CONNECTION_STRING: connectionString };
  const { exitCode, stdout, stderr } = await run(process.execPath, [program, String(rows), CONTAINER], {
    env,
  });
  if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
  return madeSchema.parse(JSON.parse(stdout));
}
