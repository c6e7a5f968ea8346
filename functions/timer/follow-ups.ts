import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import { follow } from "../../src/access/apply-change.ts";
import type { App } from "../../src/platform/wiring.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/** What is younger is still the request's own work. */
const AGE_MS = 30_000;
const FOLLOW_UPS_MAX = 1_000;

/** Goes on with what should have followed from a change of a customer's documents and did not. */
export function registerFollowUps(app: App): void {
  functions.timer("followUpChanges", {
    schedule: "%FOLLOW_UP_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => followUpChanges(app, runOf(context)),
  });
}

export async function followUpChanges({ directory }: Pick<App, "directory">, run: Run): Promise<void> {
  const before = new Date(run.now() - AGE_MS).toISOString();
  const waiting = await directory.directory.waiting(before, FOLLOW_UPS_MAX);
  const byId = new Map(waiting.map((each) => [`${each.value.customerId}/${each.value.id}`, each]));
  await inTurn(run, "followUpChanges", [...byId.keys()], async (id) => {
    const each = byId.get(id);
    if (each === undefined) return;
    try {
      await follow(directory, each.value, each.etag);
    } catch (error) {
      await directory.directory.postpone(each.value, each.etag, new Date(run.now()).toISOString());
      throw error;
    }
  });
}
