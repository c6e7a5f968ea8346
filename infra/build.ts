import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle, type Metafile } from "esbuild";
import * as z from "zod";
import { DOCS_FILES } from "../src/platform/docs.ts";
import { FONT_FILES } from "../src/platform/report-fonts.ts";

/**
 * Makes the folder that is deployed: the app with all it needs in one file, so that a cold start opens one.
 * Invariant: nothing is installed on the platform; the worker supplies `@azure/functions-core`, and no more.
 */

const require = createRequire(import.meta.url);
const repositoryPath = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const packageSchema = z.object({ name: z.string(), version: z.string() });

/** Packages that are CommonJS call `require` for what Node itself brings, which a module does not have. */
const REQUIRE_BANNER = [
  'import { createRequire as createBundleRequire } from "node:module";',
  "const require = createBundleRequire(import.meta.url);",
].join(" ");

/** Replaces `folder`. Returns what went into which file. */
export async function build(folder: string): Promise<Metafile> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, "swagger-ui"), { recursive: true });
  const [{ metafile }] = await Promise.all([
    bundleApp(join(folder, "main.js")),
    cp(repositoryPath("host.json"), join(folder, "host.json")),
    writePackage(join(folder, "package.json")),
    ...FONT_FILES.map(({ from, to }) => cp(require.resolve(from), join(folder, "fonts", to))),
    ...DOCS_FILES.map((file) => copyDocsFile(file, join(folder, "swagger-ui", file))),
  ]);
  return metafile;
}

function bundleApp(outfile: string) {
  return bundle({
    absWorkingDir: repositoryPath(""),
    entryPoints: ["functions/main.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Modules before CommonJS: a third less to load.
    mainFields: ["module", "main"],
    banner: { js: REQUIRE_BANNER },
    external: ["@azure/functions-core"],
    // Names stay: stack traces and the SDKs' errors tell them. Shorter ones would save no measurable time.
    minifySyntax: true,
    minifyWhitespace: true,
    // For whoever reads a stack trace; the platform does not load it.
    sourcemap: "external",
    sourcesContent: false,
    legalComments: "external",
    metafile: true,
    logLevel: "warning",
  });
}

async function writePackage(file: string): Promise<void> {
  const text = await readFile(repositoryPath("package.json"), "utf8");
  const { name, version } = packageSchema.parse(JSON.parse(text));
  const content = { name, version, private: true, type: "module", main: "main.js" };
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

function copyDocsFile(file: string, target: string): Promise<void> {
  const folder = dirname(require.resolve("swagger-ui-dist/package.json"));
  return cp(join(folder, file), target);
}

if (import.meta.main) {
  const { outputs } = await build(repositoryPath("dist"));
  for (const [file, { bytes }] of Object.entries(outputs))
    console.log(`${file}  ${Math.ceil(bytes / 1024)} KB`);
}
