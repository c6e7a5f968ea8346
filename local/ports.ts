import { createServer } from "node:http";
import { closeServer, listenOnLoopback } from "./http-faults.ts";

const HIGHEST_PORT = 65_535;

/**
 * The first `count` free ports from `preferred` upwards. Somebody else may take one before it is used; then its part
 * fails to start and says which port it was.
 * @throws when there are not so many.
 */
export async function freePorts(preferred: number, count: number): Promise<readonly number[]> {
  const free: number[] = [];
  for (let port = preferred; free.length < count; port += 1) {
    if (port > HIGHEST_PORT) throw new Error(`There are no ${count} free ports from ${preferred} upwards`);
    if (await isFree(port)) free.push(port);
  }
  return free;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await listenOnLoopback(server, port);
  } catch (error) {
    if (error instanceof Error && "code" in error && UNUSABLE.has(String(error.code))) return false;
    throw error;
  }
  await closeServer(server);
  return true;
}

/** Taken, or reserved by the operating system. */
const UNUSABLE = new Set(["EADDRINUSE", "EACCES"]);
