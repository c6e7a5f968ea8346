/**
 * How long the deployed bundle takes to load, against a Node process that loads nothing: both in turns, so that whatever
 * else the machine does meets both alike.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { build } from "../infra/build.ts";
import type { Bench, Figure } from "./figure.ts";
import { run } from "./processes.ts";
import { SETTINGS } from "./settings.ts";
import { median } from "./statistics.ts";

const TURNS = 15;
const MICROSECONDS = 1_000_000;
const RATIO_LIMIT = { atMost: 2 };

/** Supplies the one module that only the platform has, as its worker does, and counts what registers. */
const WORKER = `
import Module from "node:module";
let functions = 0;
const core = {
  version: "4.0.0",
  setProgrammingModel: () => undefined,
  registerFunction: () => { functions += 1; },
  registerHook: () => undefined,
  log: () => undefined,
};
const { require: original } = Module.prototype;
Module.prototype.require = function (id) {
  return id === "@azure/functions-core" ? core : original.call(this, id);
};
`;
const COUNT_FILES = `
let files = 0;
Module.registerHooks({
  load: (url, context, next) => {
    if (url.startsWith("file:")) files += 1;
    return next(url, context);
  },
});
`;
const TELL = `
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ cpu: user + system, functions }), () => process.exit());
`;

const toldSchema = z.object({ cpu: z.number(), functions: z.int(), files: z.int().optional() });
type Told = z.infer<typeof toldSchema> & { readonly wallMs: number };

export const load: Bench = {
  name: "load",
  summary: "time and files to load the bundle, against an empty Node process",
  run: async function* ({ progress }) {
    const folder = await mkdtemp(join(tmpdir(), "bench-load-"));
    try {
      progress("bundling");
      await build(folder);
      const url = JSON.stringify(pathToFileURL(join(folder, "main.js")).href);
      yield* figuresOf(`await import(${url});`, progress);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function* figuresOf(importApp: string, progress: (text: string) => void): AsyncGenerator<Figure> {
  const counted = await probe(
    `${WORKER}${COUNT_FILES}${importApp}${TELL.replace("functions }", "functions, files }")}`,
  );
  if (counted.functions === 0) throw new Error("the bundle registered no function");
  progress(`${TURNS} turns`);
  const empty: Told[] = [];
  const bundle: Told[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    empty.push(await probe(`${WORKER}${TELL}`));
    bundle.push(await probe(`${WORKER}${importApp}${TELL}`));
  }
  yield { name: "files loaded", value: counted.files ?? 0, digits: 0, limit: { atMost: 1 } };
  yield { name: "functions registered", value: counted.functions, digits: 0 };
  yield ratio("CPU time", (told) => told.cpu / (MICROSECONDS / 1_000), empty, bundle);
  yield ratio("time from spawn to exit", (told) => told.wallMs, empty, bundle);
}

/** Of the medians. */
function ratio(
  name: string,
  milliseconds: (told: Told) => number,
  empty: readonly Told[],
  bundle: readonly Told[],
): Figure {
  const of = (list: readonly Told[]): number => median(list.map(milliseconds));
  const detail = `${of(bundle).toFixed(0)} ms against ${of(empty).toFixed(0)} ms`;
  return {
    name: `${name} of an empty process`,
    value: of(bundle) / of(empty),
    unit: "times",
    limit: RATIO_LIMIT,
    detail,
  };
}

async function probe(source: string): Promise<Told> {
  const startedAt = performance.now();
  const env = { ...SETTINGS, PATH: process.env["PATH"] };
  const { exitCode, stdout, stderr } = await run(
    process.execPath,
    ["--input-type=module", "--eval", source],
    { env },
  );
  const wallMs = performance.now() - startedAt;
  if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
  return { ...toldSchema.parse(JSON.parse(stdout)), wallMs };
}
