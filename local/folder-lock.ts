import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "./alive.ts";

const ATTEMPTS = 8;
/** Two who ask at the same moment see each other and both step back, for times that differ. */
const STEP_BACK_MAX_MS = 60;

const LOCK = /^lock\.([1-9]\d*)$/;

/** Locks of this process: one that has its process id and is not here was left by an earlier process. */
const held = new Set<string>();

/**
 * Makes the folder this process's own until the returned function is called.
 * Invariant: of those who ask for the same folder at most one has it, and a process that has ended has none. Each
 * makes a file named after its process before it looks for those of others, so of two at least one sees the other; and
 * nobody ever removes a file that a living process may rely on. One file for all would need a safe way to take it over
 * from a process that has ended, which there is none of.
 * @throws Error that names the process that has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const file = join(resolve(folder), `lock.${process.pid}`);
  if (held.has(file)) throw inUse(folder, process.pid);
  held.add(file);
  const release = async (): Promise<void> => {
    held.delete(file);
    await rm(file, { force: true });
  };
  try {
    await claim(folder, file);
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

async function claim(folder: string, file: string): Promise<void> {
  await rm(file, { force: true });
  for (let attempt = 1; ; attempt += 1) {
    await writeFile(file, "", { flag: "wx" });
    const [owner] = await livingOwners(folder);
    if (owner === undefined) return;
    if (attempt === ATTEMPTS) throw inUse(folder, owner);
    await rm(file);
    await delay(Math.random() * STEP_BACK_MAX_MS);
  }
}

/** Other processes that have a lock in the folder; what those left that have ended is removed. */
async function livingOwners(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  const others = names.map((name) => Number(LOCK.exec(name)?.[1])).filter((pid) => pid !== process.pid);
  const owners = others.filter(Number.isSafeInteger);
  const ended = owners.filter((pid) => !isAlive(pid));
  await Promise.all(ended.map((pid) => rm(join(folder, `lock.${pid}`), { force: true })));
  return owners.filter((pid) => !ended.includes(pid));
}

function inUse(folder: string, pid: number): Error {
  return new Error(
    `${folder} is in use by process ${pid}. If that is no local stack, remove the file lock.${pid} in it`,
  );
}
