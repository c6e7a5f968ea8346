import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { CustomerId } from "../../src/agreements/ids.ts";
import { watchAgreement } from "../../src/notices/watch.ts";
import { currentAgreements, nextRound } from "../../src/notices/watch-round.ts";
import type { App } from "../../src/platform/wiring.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/** Deliveries in one run. What is not sent until the next has two jobs then, of which the first does the work. */
const DELIVERIES_PER_RUN = 1_000;

/** Gives a notice of everything that was crossed since the run before; repeated and overlapping runs give no other. */
export function registerNotices(app: App): void {
  functions.timer("giveNotices", {
    schedule: "%NOTICE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => giveNotices(app, runOf(context)),
  });
}

export async function giveNotices(
  { watch, watcher }: Pick<App, "watch" | "watcher">,
  run: Run,
): Promise<void> {
  const now = new Date(run.now()).toISOString();
  const mark = await watch.mark();
  const round = await nextRound(watch, mark?.value, now);
  let given = 0;
  let looks = 0;
  const customer = async (customerId: CustomerId): Promise<void> => {
    const found = await watcher.customers.read(customerId);
    for (const agreementId of found === undefined ? [] : currentAgreements(found.value, now))
      given += await watchAgreement(watcher, customerId, agreementId);
  };
  const work = new Map<string, () => Promise<void>>(round.customers.map((id) => [id, () => customer(id)]));
  for (const { customerId, agreementId } of round.agreements) {
    work.set(`${customerId}/${agreementId}`, async () => {
      given += await watchAgreement(watcher, customerId, agreementId);
    });
  }
  const look = async (id: string): Promise<void> => {
    await work.get(id)?.();
    looks += 1;
  };
  await inTurn(run, "giveNotices", [...work.keys()], look, () => ({ given }));
  // What a run had no time for is looked at by the next. Of two runs one keeps its mark, and either is true.
  if (looks === work.size) await watch.saveMark(round.next, mark?.etag);
}

/** Sees to every delivery that is due: whose job was never sent or lost, whose sender is gone, or whose pause is over. */
export function registerDueWebhooks(app: App): void {
  functions.timer("queueDueWebhooks", {
    schedule: "%MESSAGE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => queueDueWebhooks(app, context),
  });
}

export async function queueDueWebhooks(
  { webhooks, webhookQueue }: Pick<App, "webhooks" | "webhookQueue">,
  log: Pick<InvocationContext, "info">,
): Promise<void> {
  const jobs = await webhooks.due(new Date().toISOString(), DELIVERIES_PER_RUN);
  await webhookQueue.send(jobs);
  if (jobs.length > 0) log.info(JSON.stringify({ event: "queueDueWebhooks", jobs: jobs.length }));
}
