import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { type FunctionSummary, type functionMetadata, type Order, type Report, report } from "./channel.ts";
import type { Log } from "./log.ts";

/**
 * Runs an app in a process of its own: the library keeps the first host it meets, so a process has one app. The app's
 * environment is its settings, and nothing of the caller's but what a process needs to run at all.
 */
export type FunctionsHost = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly functions: readonly FunctionSummary[];
  /** Opens functions whose `authLevel` is not anonymous. */
  readonly functionKey: string;
  /** The exit code, or null when a signal ended the process. Never rejects. */
  readonly exited: Promise<number | null>;
  /** Ends the app in good order, or after 15 s without ceremony. */
  stop(): Promise<void>;
};

export type FunctionsHostOptions = {
  /** Absolute path of the app's entry, an ECMAScript module in TypeScript or JavaScript. */
  readonly entry: string;
  /** Path of `host.json`. */
  readonly hostJson: string;
  readonly settings: Readonly<Record<string, string>>;
  /** On 127.0.0.1; 0 takes any that is free. */
  readonly port: number;
  readonly onLog: Log;
  /** Off: timer functions run on request alone. */
  readonly timers?: boolean;
  /** Such as `503=0.01,slow=0.02@500`, for the requests to HTTP functions; see `../faults.ts`. */
  readonly faults?: string;
  readonly functionKey?: string;
};

export type { LogLine } from "./log.ts";
export type DescribedFunction = Readonly<z.infer<typeof functionMetadata>>;

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
/** As the platform starts its worker. */
const WORKER_ARGUMENTS = "languageWorkers__node__arguments";
const KILL_AFTER_MS = 15_000;
const ERROR_TAIL_LINES = 20;

/** What programs need to find each other, their home and their temporary files, on every operating system. */
const INHERITED = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SystemRoot",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "NODE_EXTRA_CA_CERTS",
];

/** @throws Error with the message of what the app's entry point, or the start of its triggers, threw. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const app = spawnApp(options.settings, options.onLog);
  const functionKey = options.functionKey ?? randomUUID();
  const ready = await carryOut(app, {
    kind: "start",
    entry: options.entry,
    hostJson: options.hostJson,
    port: options.port,
    functionKey,
    timers: options.timers ?? true,
    faults: options.faults ?? "",
  });
  if (ready.kind !== "ready") throw new Error(`the app's process answered a start with "${ready.kind}"`);
  return {
    url: ready.url,
    port: ready.port,
    pid: app.child.pid ?? -1,
    functions: ready.functions,
    functionKey,
    exited: app.exited,
    stop: () => stopApp(app),
  };
}

/** What an app registers, with all bindings, without running anything of it but its entry point. */
export async function describeFunctions(options: {
  readonly entry: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly onLog: Log;
}): Promise<readonly DescribedFunction[]> {
  const app = spawnApp(options.settings, options.onLog);
  const described = await carryOut(app, { kind: "describe", entry: options.entry });
  await app.exited;
  if (described.kind !== "described")
    throw new Error(`the app's process answered a question with "${described.kind}"`);
  return described.functions;
}

type Outcome = Exclude<Report, { kind: "log" }>;

type AppProcess = {
  readonly child: ChildProcess;
  /** What came of the one order that a process gets; it never comes when the process ends before. */
  readonly outcome: Promise<Outcome>;
  readonly exited: Promise<number | null>;
  readonly errorTail: readonly string[];
};

function spawnApp(settings: Readonly<Record<string, string>>, onLog: Log): AppProcess {
  const child = fork(CHILD, [], {
    env: childEnvironment(settings),
    execArgv: (settings[WORKER_ARGUMENTS] ?? "").split(" ").filter((argument) => argument !== ""),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const errorTail: string[] = [];
  const outcome = Promise.withResolvers<Outcome>();
  const exited = Promise.withResolvers<number | null>();
  const writeError = (message: string): void => {
    errorTail.push(message);
    if (errorTail.length > ERROR_TAIL_LINES) errorTail.shift();
    onLog({ level: "error", category: "console", message });
  };
  passLines(child.stdout, (message) => onLog({ level: "information", category: "console", message }));
  passLines(child.stderr, writeError);
  child.once("close", exited.resolve);
  child.on("error", (error) => {
    writeError(error.message);
    // A process that never started never closes either.
    if (child.pid === undefined) exited.resolve(null);
  });
  child.on("message", (message) => {
    const parsed = report.parse(message);
    if (parsed.kind === "log") return onLog(parsed.line);
    if (parsed.kind === "failed") onLog({ level: "error", category: "system", message: parsed.message });
    outcome.resolve(parsed);
  });
  return { child, outcome: outcome.promise, exited: exited.promise, errorTail };
}

/** @throws Error with the failure that the process reported, or with its last words when it ended without. */
async function carryOut(app: AppProcess, order: Order): Promise<Exclude<Outcome, { kind: "failed" }>> {
  app.child.send(order);
  const outcome = await Promise.race([app.outcome, app.exited]);
  if (outcome === null || typeof outcome === "number") {
    const words = app.errorTail.join("\n");
    throw new Error(`the app's process ended with ${outcome ?? "a signal"} before it was ready\n${words}`);
  }
  if (outcome.kind !== "failed") return outcome;
  await app.exited;
  throw new Error(outcome.message);
}

async function stopApp({ child, exited }: AppProcess): Promise<void> {
  const kill = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  if (child.connected) child.send({ kind: "stop" } satisfies Order);
  await exited;
  clearTimeout(kill);
}

function childEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = INHERITED.map((name) => [name, process.env[name]] as const);
  return { ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)), ...settings };
}

function passLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", onLine);
}
