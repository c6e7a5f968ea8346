/** Programs that write reports into the Blob Storage stand-in, as they are deployed: bundled, with fonts beside them. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BlobServiceClient } from "@azure/storage-blob";
import { build } from "esbuild";
import * as z from "zod";
import { startBlob } from "../local/blob/server.ts";
import { FONT_FILES } from "../src/platform/report-fonts.ts";
import { run } from "./processes.ts";

const CONTAINER = "reports";
export const MB = 1_048_576;

const madeSchema = z.object({
  rows: z.int(),
  fileBytes: z.int(),
  peakBytes: z.number(),
  cpuSeconds: z.number(),
});
export type Made = z.infer<typeof madeSchema>;

export type ReportProgram = AsyncDisposable & {
  /**
   * Runs it once, in a process of its own: it finds `args` and the name of a container after its name, and a connection
   * string in BLOB_CONNECTION_STRING. What it wrote is removed.
   */
  readonly make: (args: readonly string[], engine?: Engine) => Promise<Made>;
};

/** How the process is started. */
export type Engine = {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export const LEFT_TO_ITSELF: Engine = { flags: [], env: {} };

/** @param name of the file beside this one. */
export async function openReportProgram(name: string): Promise<ReportProgram> {
  const folder = await mkdtemp(join(tmpdir(), "bench-report-"));
  await using opening = new AsyncDisposableStack();
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const blob = await startBlob({ port: 0, dataDir: join(folder, "blobs") });
  opening.defer(blob.close);
  const container = BlobServiceClient.fromConnectionString(blob.connectionString).getContainerClient(
    CONTAINER,
  );
  await container.create();
  const program = await bundle(name, folder);
  const running = opening.move();
  const make: ReportProgram["make"] = async (args, { flags, env: given } = LEFT_TO_ITSELF) => {
    const env = { ...given, PATH: process.env["PATH"], BLOB_CONNECTION_STRING: blob.connectionString };
    const { exitCode, stdout, stderr } = await run(
      process.execPath,
      [...flags, program, ...args, CONTAINER],
      { env },
    );
    if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
    for await (const { name: blobName } of container.listBlobsFlat()) await container.deleteBlob(blobName);
    return madeSchema.parse(JSON.parse(stdout));
  };
  return { make, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** What Node needs to run TypeScript is no part of a figure. */
async function bundle(name: string, folder: string): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const outfile = join(folder, "report.mjs");
  await Promise.all([
    ...FONT_FILES.map(({ from, to }) => cp(resolve(from), join(folder, "fonts", to))),
    build({
      entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node24",
      mainFields: ["module", "main"],
      banner: {
        js: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
      },
      minifySyntax: true,
      minifyWhitespace: true,
      legalComments: "none",
      logLevel: "warning",
    }),
  ]);
  return outfile;
}

export const detailOf = ({ rows, fileBytes, cpuSeconds }: Made): string =>
  `${rows.toLocaleString("en-US")} rows, ${(fileBytes / MB).toFixed(0)} MB of file, ${cpuSeconds.toFixed(1)} s of CPU`;
