/** Child processes of a benchmark, with what they used. Invariant: none of them outlives the benchmark. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const repositoryPath = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export type Finished = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/** Runs to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "env" | "cwd"> = {},
): Promise<Finished> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const output = collect(child);
  try {
    const [exitCode] = await once(child, "close");
    return { exitCode: typeof exitCode === "number" ? exitCode : null, ...output() };
  } finally {
    child.kill("SIGKILL");
  }
}

/** What it wrote so far. */
export function collect(child: ChildProcess): () => { readonly stdout: string; readonly stderr: string } {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return () => ({ stdout, stderr });
}

/** Kernel ticks of all processes are hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds that a process, those it started and those that ended before used so far. Linux only.
 * @throws where there is no /proc.
 */
export async function cpuSecondsOfTree(pid: number): Promise<number> {
  let ticks = 0;
  for (const id of await treeOf(pid)) {
    const stat = await readFile(`/proc/${id}/stat`, "utf8").catch(() => undefined);
    if (stat === undefined) continue;
    // Behind the name, which is in brackets and may hold anything: user, system, and both of children that ended.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return ticks / TICKS_PER_SECOND;
}

async function treeOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const ids = children.split(" ").filter((id) => id !== "");
  const below = await Promise.all(ids.map((id) => treeOf(Number(id))));
  return [pid, ...below.flat()];
}
