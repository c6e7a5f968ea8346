import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { demoEvents, workspaceEvents } from "./demo/events.ts";
import { setUpPeople } from "./demo/people.ts";
import { subscribeToReports } from "./demo/reports.ts";
import { openedRequest, setUpAdvocate } from "./demo/support.ts";
import { answerEvents, requestEvents } from "./demo/support-events.ts";
import { readIfPresent } from "./kept.ts";
import { createEventsClient } from "./send/client.ts";
import { sendEvents } from "./send/send-events.ts";
import { count, newTally, type Tally } from "./send/tally.ts";
import type { Stack } from "./stack.ts";

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
  const unfinished = options.dataDir === undefined ? undefined : join(options.dataDir, "demo-unfinished");
  const wasInterrupted = unfinished !== undefined && (await readIfPresent(unfinished)) !== undefined;
  if (!stack.startedEmpty && !wasInterrupted) return "none: there is data already";
  if (unfinished !== undefined) await writeFile(unfinished, "");
  const target = { apiUrl: stack.apiUrl, token: () => tokens.tokenFor(DEMO_SENDER), signal: options.signal };
  const today = new Date().toISOString().slice(0, 10);
  const tally = newTally();
  const asPeople = { ...target, tokenFor: tokens.tokenFor };
  const deliveries = demoEvents(today);
  await sendDemo(target, deliveries, tally);
  const workspaceId = await setUpPeople(asPeople);
  const ofWorkspace = workspaceEvents(today, workspaceId);
  await sendDemo(target, [...ofWorkspace, ...requestEvents([...deliveries, ...ofWorkspace])], tally);
  await sendDemo(target, answerEvents(await openedRequest(asPeople)), tally);
  await setUpAdvocate(asPeople);
  await subscribeToReports(asPeople);
  if (unfinished !== undefined) await rm(unfinished);
  // The timer's own run, a little sooner: a newcomer finds proofs of delivery without waiting for the clock.
  await fetch(`${stack.apiUrl}/admin/functions/requestMonthlyCpods`, {
    method: "POST",
    body: "{}",
    signal: options.signal,
  });
  const rejected = tally.rejected === 0 ? "" : `, and ${count(tally.rejected)} that are rejected on purpose`;
  return `${count(tally.recorded + tally.repeated)} events${rejected}`;
}

/** Through the ingest endpoint, as any upstream would. */
async function sendDemo(
  target: Parameters<typeof createEventsClient>[0],
  events: readonly string[],
  tally: Tally,
): Promise<void> {
  const client = createEventsClient(target);
  const chunks = Readable.from([Buffer.from(events.join("\n"))]);
  await sendEvents({ chunks, client, tally, signal: target.signal });
}
