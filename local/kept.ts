import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * A secret of this machine: the same after every start that names the same `file`, another one each time without it.
 * The file is readable by its owner only, and is either complete or absent.
 */
export async function keptSecret(file: string | undefined, make: () => Promise<string>): Promise<string> {
  if (file === undefined) return make();
  const kept = await readIfPresent(file);
  if (kept !== undefined) return kept;
  const secret = await make();
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, secret, { mode: 0o600 });
  await rename(draft, file);
  return secret;
}

export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
