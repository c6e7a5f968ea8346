import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { banner } from "./banner.ts";
import { readStartOptions, START_USAGE, type StartOptions } from "./command-line.ts";
import { loadDemoOnce } from "./demo.ts";
import type { LogLine } from "./functions-host/host.ts";
import { readGivenSettings } from "./settings.ts";
import { interruptOnSignals } from "./signals.ts";
import { type Stack, startStack } from "./stack.ts";
import { removeState, writeState } from "./state-file.ts";

const LOCAL_SETTINGS = fileURLToPath(new URL("../local.settings.json", import.meta.url));
const LOUD_LEVELS: ReadonlySet<LogLine["level"]> = new Set(["warning", "error", "critical"]);

const EXIT_WELL = 0;
const EXIT_APP_ENDED = 1;
const EXIT_NOT_STARTED = 2;

/**
 * `npm start`: runs until Ctrl-C and returns the exit code. The first Ctrl-C ends everything in good order, a second
 * one at once; the parts in other processes end with this one either way. `entry` replaces the product's own app.
 */
export async function runStart(args: readonly string[], entry?: string): Promise<number> {
  try {
    const options = readStartOptions(args, process.env);
    if (options !== "help") return await runStack(options, entry);
    console.log(START_USAGE);
    return EXIT_WELL;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return EXIT_NOT_STARTED;
  }
}

async function runStack(options: StartOptions, entry: string | undefined): Promise<number> {
  const startedAt = performance.now();
  const interrupt = interruptOnSignals(() => console.error("\nEnding. Once more ends at once."));
  const { port, faults } = options;
  const dataDir = options.dataDir === undefined ? undefined : resolve(options.dataDir);
  const { settings: given, origins } = await readGivenSettings(process.env, LOCAL_SETTINGS);
  const onLog = logPrinter(options.verbose);
  const stack = await startStack({ port, dataDir, given, origins, faults, entry, onLog });
  try {
    const { apiUrl, tokens } = stack;
    await writeState({ pid: process.pid, apiUrl, ...(tokens && { issuer: tokens.issuer }) });
    const demo = await loadDemo(stack, { ...options, dataDir }, interrupt);
    const secondsToReady = (performance.now() - startedAt) / 1000;
    if (!interrupt.aborted)
      console.log(banner(stack, { preferredPort: port, dataDir, secondsToReady, demo }));
    return await untilTheEnd(stack, interrupt);
  } finally {
    await removeState(process.pid);
    await stack.stop();
  }
}

/** A stack without its demo data is still of use, so a failure is a note. */
async function loadDemo(
  stack: Stack,
  { demo, dataDir }: Pick<StartOptions, "demo" | "dataDir">,
  signal: AbortSignal,
): Promise<string> {
  if (!demo) return "none (--no-demo)";
  try {
    return await loadDemoOnce(stack, { dataDir, signal });
  } catch (error) {
    return `not loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function untilTheEnd(stack: Stack, interrupt: AbortSignal): Promise<number> {
  const interrupted = Promise.withResolvers<"interrupted">();
  const onAbort = (): void => interrupted.resolve("interrupted");
  interrupt.addEventListener("abort", onAbort);
  if (interrupt.aborted) onAbort();
  const outcome = await Promise.race([interrupted.promise, stack.host.exited]);
  if (outcome === "interrupted") return EXIT_WELL;
  console.error(`The app ended by itself with ${outcome ?? "a signal"}.`);
  return EXIT_APP_ENDED;
}

/** What the app itself says, and what went wrong; not the host's account of every call. */
function logPrinter(isVerbose: boolean): (line: LogLine) => void {
  return ({ level, functionName, message }) => {
    if (!isVerbose && !LOUD_LEVELS.has(level)) return;
    const from = functionName === undefined ? "" : ` ${functionName}:`;
    console.error(`[${level}]${from} ${message}`);
  };
}
