import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const START = fileURLToPath(new URL("./start-with-app.ts", import.meta.url));
export const TOKEN = fileURLToPath(new URL("../../../local/cli/token.ts", import.meta.url));
export const SEND = fileURLToPath(new URL("../../../local/cli/send.ts", import.meta.url));

export type Command = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly output: () => string;
  readonly errors: () => string;
  readonly exited: Promise<number | null>;
};

/** Runs a command of the repository; `temporary` is where it finds, or leaves, the state file. */
export function run(script: string, args: readonly string[], temporary: string): Command {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = once(child, "close").then(() => child.exitCode);
  return { child, pid: child.pid ?? -1, output: () => output, errors: () => errors, exited };
}

/** @throws Error with `what` when it is not so in time. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`In ${limitMs} ms it was not so: ${what}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 20);
    await promise;
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
