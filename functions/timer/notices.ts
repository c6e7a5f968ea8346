import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { AgreementId, CustomerId } from "../../src/agreements/ids.ts";
import { queueDue } from "../../src/notices/due-deliveries.ts";
import { watchAgreement } from "../../src/notices/watch.ts";
import { currentAgreements, markAfter, nextRound } from "../../src/notices/watch-round.ts";
import type { App } from "../../src/platform/wiring.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/** Of more deliveries, those that have waited longest are first in the next run. */
const DELIVERIES_PER_RUN = 1_000;
/** Gives a notice of everything that was crossed since the run before; repeated and overlapping runs give no other. */
export function registerNotices(app: App): void {
  functions.timer("giveNotices", {
    schedule: "%NOTICE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => giveNotices(app, runOf(context)),
  });
}

/** @throws Error when any look failed; the mark moves on all the same, so one that always fails holds up nothing. */
export async function giveNotices(
  { watch, watcher }: Pick<App, "watch" | "watcher">,
  run: Run,
): Promise<void> {
  const now = new Date(run.now()).toISOString();
  const mark = await watch.mark();
  const round = await nextRound(watch, mark?.value, now);
  const missed = new Map(round.looks);
  let given = 0;
  const turn = async (name: string): Promise<void> => {
    const look = round.looks.get(name);
    if (look === undefined) return;
    const { customerId, agreementId } = look;
    const agreementIds =
      agreementId === undefined ? await currentOf(watcher, customerId, now) : [agreementId];
    for (const id of agreementIds) given += await watchAgreement(watcher, customerId, id);
    missed.delete(name);
  };
  try {
    await inTurn(run, "giveNotices", [...round.looks.keys()], turn, () => ({ given }));
  } finally {
    const next = markAfter(round, [...missed.values()]);
    if (next !== undefined) await watch.saveMark(next, mark?.etag);
  }
}

async function currentOf(
  { customers }: App["watcher"],
  customerId: CustomerId,
  now: string,
): Promise<AgreementId[]> {
  const found = await customers.read(customerId);
  return found === undefined ? [] : currentAgreements(found.value, now);
}

/** Sees to every delivery that is due. */
export function registerDueWebhooks(app: App): void {
  functions.timer("queueDueWebhooks", {
    schedule: "%MESSAGE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => queueDueWebhooks(app, runOf(context)),
  });
}

export async function queueDueWebhooks(
  app: Pick<App, "webhooks" | "notices" | "webhookQueue">,
  { log, now }: Run,
): Promise<void> {
  const jobs = await queueDue(app, new Date(now()).toISOString(), DELIVERIES_PER_RUN);
  if (jobs > 0) log.info(JSON.stringify({ event: "queueDueWebhooks", jobs }));
}
