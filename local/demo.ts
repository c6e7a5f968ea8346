import { createReadStream } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readIfPresent } from "./kept.ts";
import { createEventsClient } from "./send/client.ts";
import { sendEvents } from "./send/send-events.ts";
import { count, newTally, type Tally } from "./send/tally.ts";
import type { Stack } from "./stack.ts";

const DEMO_FOLDER = fileURLToPath(new URL("./demo/", import.meta.url));
const DEMO_SENDER = { email: "upstream@customer-activity.example", roles: ["Events.Send"] } as const;

/**
 * Loads the demo data into a store that holds nothing, and says in a few words what it did.
 * Invariant: a store that has data of its own gets none; one that was being loaded when the stack ended gets the rest.
 */
export async function loadDemoOnce(
  stack: Stack,
  options: { readonly dataDir: string | undefined; readonly signal: AbortSignal },
): Promise<string> {
  const { tokens, cosmos } = stack;
  if (tokens === undefined || cosmos === undefined) return "none: it goes only into the stand-ins";
  const files = await demoFiles();
  if (files.length === 0) return "none";
  const unfinished = options.dataDir === undefined ? undefined : join(options.dataDir, "demo-unfinished");
  const wasInterrupted = unfinished !== undefined && (await readIfPresent(unfinished)) !== undefined;
  if (!stack.startedEmpty && !wasInterrupted) return "none: there is data already";
  if (unfinished !== undefined) await writeFile(unfinished, "");
  const token = () => tokens.tokenFor(DEMO_SENDER);
  const tally = await sendFiles(files, { apiUrl: stack.apiUrl, token, signal: options.signal });
  if (unfinished !== undefined) await rm(unfinished);
  const rejected = tally.rejected === 0 ? "" : `, ${count(tally.rejected)} rejected`;
  return `${count(tally.recorded + tally.repeated)} events${rejected}`;
}

async function demoFiles(): Promise<readonly string[]> {
  const names = await readdir(DEMO_FOLDER).catch(() => []);
  return names.filter((name) => name.endsWith(".ndjson")).sort();
}

/** One after another, in the order of their names, through the ingest endpoint as any upstream would. */
async function sendFiles(
  files: readonly string[],
  target: Parameters<typeof createEventsClient>[0],
): Promise<Tally> {
  const tally = newTally();
  const client = createEventsClient(target);
  for (const file of files) {
    const chunks = createReadStream(join(DEMO_FOLDER, file));
    await sendEvents({ chunks, client, tally, signal: target.signal });
  }
  return tally;
}
