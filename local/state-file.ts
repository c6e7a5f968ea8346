import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { isAlive } from "./alive.ts";
import { readIfPresent } from "./kept.ts";

/** Where the running stack is, so that the commands beside it need no arguments. It holds no secret. */
const stateSchema = z.object({
  pid: z.int(),
  apiUrl: z.url(),
  /** Absent when the issuer is another one than the stack's own. */
  issuer: z.url().optional(),
});
export type RunningState = Readonly<z.infer<typeof stateSchema>>;

function stateFile(): string {
  return join(tmpdir(), "customer-activity-local.json");
}

/** The stack that started last, or undefined when none runs. */
export async function readState(): Promise<RunningState | undefined> {
  const parsed = stateSchema.safeParse(parseJson((await readIfPresent(stateFile())) ?? ""));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined;
}

export async function writeState(state: RunningState): Promise<void> {
  await writeFile(stateFile(), JSON.stringify(state), { mode: 0o600 });
}

/** Leaves the file of a stack that started later alone. */
export async function removeState(pid: number): Promise<void> {
  const parsed = stateSchema.safeParse(parseJson((await readIfPresent(stateFile())) ?? ""));
  if (parsed.success && parsed.data.pid === pid) await rm(stateFile(), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
