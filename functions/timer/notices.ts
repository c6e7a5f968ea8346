import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { AgreementId, CustomerId } from "../../src/agreements/ids.ts";
import { watchAgreement } from "../../src/notices/watch.ts";
import { currentAgreements, nextRound } from "../../src/notices/watch-round.ts";
import type { App } from "../../src/platform/wiring.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/** Deliveries in one run. What is not sent until the next has two jobs then, of which the first does the work. */
const DELIVERIES_PER_RUN = 1_000;
/** Of what failed, so much is looked at again by the next run. */
const FAILED_MAX = 1_000;

/** All current agreements of a customer, or one. */
type Look = { readonly customerId: CustomerId; readonly agreementId?: AgreementId };
/**
 * What failed and has not succeeded since, of this process. What is not among them, after a restart or beyond the limit, is
 * found by the next change or on the customer's next day.
 */
export type FailedLooks = Map<string, Look>;

/** Gives a notice of everything that was crossed since the run before; repeated and overlapping runs give no other. */
export function registerNotices(app: App): void {
  const failed: FailedLooks = new Map();
  functions.timer("giveNotices", {
    schedule: "%NOTICE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => giveNotices(app, runOf(context), failed),
  });
}

/** @throws Error when any look failed; the mark is kept all the same, so one that always fails holds up nothing. */
export async function giveNotices(
  { watch, watcher }: Pick<App, "watch" | "watcher">,
  run: Run,
  failed: FailedLooks,
): Promise<void> {
  const now = new Date(run.now()).toISOString();
  const mark = await watch.mark();
  const round = await nextRound(watch, mark?.value, now);
  const looks = new Map<string, Look>(failed);
  for (const customerId of round.customers) looks.set(customerId, { customerId });
  for (const look of round.agreements) looks.set(`${look.customerId}/${look.agreementId}`, look);
  let given = 0;
  let turns = 0;
  const lookAt = async ({ customerId, agreementId }: Look): Promise<void> => {
    const agreementIds =
      agreementId === undefined ? await currentOf(watcher, customerId, now) : [agreementId];
    for (const id of agreementIds) given += await watchAgreement(watcher, customerId, id);
  };
  const turn = async (id: string): Promise<void> => {
    turns += 1;
    const look = looks.get(id);
    if (look === undefined) return;
    try {
      await lookAt(look);
      failed.delete(id);
    } catch (error) {
      if (failed.size < FAILED_MAX) failed.set(id, look);
      throw error;
    }
  };
  try {
    await inTurn(run, "giveNotices", [...looks.keys()], turn, () => ({ given }));
  } finally {
    // What a run had no time for is looked at by the next. Of two runs one keeps its mark, and either is true.
    if (turns === looks.size) await watch.saveMark(round.next, mark?.etag);
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
