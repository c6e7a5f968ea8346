import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;
const MEMORY_LIMIT_MB = 512;

/** Azurite's own blob command, which is its public contract; the modules under it are not. */
const MAIN = join(
  dirname(createRequire(import.meta.url).resolve("azurite/package.json")),
  "dist/src/blob/main.js",
);
const END_WITH_PARENT = fileURLToPath(new URL("./end-with-parent.ts", import.meta.url));

export type RunningAzurite = { readonly port: number; readonly close: () => Promise<void> };

/** @throws when Azurite ends, or says nothing for 30 s, before it listens; what it printed is in the message. */
export async function startAzurite(options: {
  readonly port: number;
  readonly dataDir: string | undefined;
  readonly account: string;
  readonly accountKey: string;
}): Promise<RunningAzurite> {
  if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true });
  const place =
    options.dataDir === undefined
      ? ["--inMemoryPersistence", "--extentMemoryLimit", String(MEMORY_LIMIT_MB)]
      : ["--location", options.dataDir];
  const argv = ["--blobHost", "127.0.0.1", "--blobPort", String(options.port), ...place];
  const child = fork(MAIN, [...argv, "--silent", "--disableTelemetry", "--skipApiVersionCheck"], {
    execArgv: ["--import", END_WITH_PARENT],
    // A group of its own: Ctrl-C in a terminal reaches this process first, which then ends the parts in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: environment(options.account, options.accountKey),
  });
  try {
    const port = await portOnceListening(child);
    return { port, close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Only what Azurite needs: a variable such as AZURITE_DB of the caller would point it at another store. */
function environment(account: string, accountKey: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, TEMP, SystemRoot } = process.env;
  return { PATH, HOME, TMPDIR, TEMP, SystemRoot, AZURITE_ACCOUNTS: `${account}:${accountKey}` };
}

async function portOnceListening(child: ChildProcess): Promise<number> {
  const said: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on("line", (line) => {
      if (said.length < 20) said.push(line);
      const port = /listens on http:\/\/[\d.]+:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  }
  const fail = (what: string) => reject(new Error(`Azurite ${what}: ${said.join(" | ")}`));
  child.once("error", (error) => fail(error.message));
  child.once("exit", () => fail("ended before it listened"));
  const limit = setTimeout(() => fail(`did not listen within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  if (child.connected) child.disconnect();
  const limit = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(limit);
}
