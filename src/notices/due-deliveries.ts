/**
 * Deliveries whose time has come: their job was never sent or lost, their sender is gone, or the pause after an attempt is
 * over. Promise: each has a job in time, and no other until that is taken for lost, however long the queue is and however
 * often the timer runs. Pure but for its stores.
 */
import type { JobQueue } from "../platform/job-queue.ts";
import type { NoticeStore } from "./notice-store.ts";
import { isToQueue, queued } from "./webhook-delivery.ts";
import type { WebhookJob } from "./webhook-queue.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Marked side by side, and sent in one request. */
const AT_ONCE = 25;

export type DueDeliveries = {
  readonly webhooks: Pick<WebhookStore, "due" | "delivery">;
  readonly notices: Pick<NoticeStore, "commit">;
  readonly webhookQueue: JobQueue<WebhookJob>;
};

/** @returns how many jobs it sent, at most `limit`. Cost: a query, and for each job a read and a write. */
export async function queueDue(deliveries: DueDeliveries, now: string, limit: number): Promise<number> {
  const due = await deliveries.webhooks.due(now, limit);
  let sent = 0;
  for (let at = 0; at < due.length; at += AT_ONCE) {
    const marked = await Promise.all(
      due.slice(at, at + AT_ONCE).map((job) => markedJob(deliveries, job, now)),
    );
    const jobs = marked.filter((job) => job !== undefined);
    if (jobs.length > 0) await deliveries.webhookQueue.send(jobs);
    sent += jobs.length;
  }
  return sent;
}

/** @returns undefined when somebody else has it by now. */
async function markedJob(
  { webhooks, notices }: DueDeliveries,
  job: WebhookJob,
  now: string,
): Promise<WebhookJob | undefined> {
  try {
    const found = await webhooks.delivery(job.customerId, job.deliveryId);
    if (found === undefined || !isToQueue(found.value, now)) return undefined;
    const writes = [{ document: queued(found.value, now), etag: found.etag }];
    const { outcome } = await notices.commit({ customerId: job.customerId, writes, created: [] });
    return outcome === "committed" ? job : undefined;
  } catch {
    // The mark saves jobs and no more. Whoever has the job says in the log what is wrong with the delivery.
    return job;
  }
}
