import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "../../local/folder-lock.ts";
import { type Command, run, until } from "./support/commands.ts";

const LOCK_FOLDER = fileURLToPath(new URL("./support/lock-folder.ts", import.meta.url));

let folder: string;
const commands: Command[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
});

afterEach(async () => {
  for (const { child } of commands) child.kill("SIGKILL");
  await Promise.all(commands.splice(0).map(({ exited }) => exited));
  await rm(folder, { recursive: true });
});

function otherProcess(): Command {
  const started = run(LOCK_FOLDER, [folder], tmpdir());
  commands.push(started);
  return started;
}

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--eval", ""]);
  await once(child, "exit");
  return child.pid ?? -1;
}

const isLocked = ({ output }: Command): boolean => output() === "locked\n";

test("a folder that another process has is refused, with its process", async () => {
  const other = otherProcess();
  await until("it has the folder", () => isLocked(other));
  await expect(lockFolder(folder)).rejects.toThrow(`${folder} is in use by process ${other.pid}.`);
  expect(await readdir(folder)).toEqual([`lock.${other.pid}`]);
});

test("a folder whose process was killed is free", async () => {
  const other = otherProcess();
  await until("it has the folder", () => isLocked(other));
  other.child.kill("SIGKILL");
  await other.exited;
  const release = await lockFolder(folder);
  expect(await readdir(folder)).toEqual([`lock.${process.pid}`]);
  await release();
});

test("of processes that ask at the same moment at most one has the folder, stale locks or not", async () => {
  await writeFile(join(folder, `lock.${await endedProcess()}`), "");
  const others = Array.from({ length: 4 }, otherProcess);
  await until("each has an answer", () => others.every(({ output }) => output() !== ""));
  expect(others.filter(isLocked).length).toBeLessThanOrEqual(1);
  const refused = others.filter((other) => !isLocked(other));
  for (const { output } of refused) expect(output()).toContain(`${folder} is in use by process`);
});

test("within a process one has the folder, until it is released", async () => {
  const release = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${process.pid}`);
  await release();
  expect(await readdir(folder)).toEqual([]);
  const again = await lockFolder(folder);
  await again();
});

test("a lock that an earlier process with this one's id left is stale", async () => {
  await writeFile(join(folder, `lock.${process.pid}`), "");
  const release = await lockFolder(folder);
  await release();
  expect(await readdir(folder)).toEqual([]);
});

test("a folder is made when it is not there", async () => {
  const release = await lockFolder(join(folder, "new"));
  expect(await readdir(join(folder, "new"))).toEqual([`lock.${process.pid}`]);
  await release();
});
