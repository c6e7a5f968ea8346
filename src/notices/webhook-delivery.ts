/**
 * One notice on its way to one webhook, and every attempt at it. Pure.
 * Invariants: it is written in the transaction of its notice; its id and body are the same in every attempt, so that a
 * receiver can tell a repeat; nothing that was attempted is forgotten, up to a limit.
 */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";
import { type Notice, noticeView } from "./notice.ts";
import { type Webhook, webhookEventSchema, webhookIdSchema } from "./webhook.ts";

/** How often a delivery is tried before it is given up. */
const ATTEMPTS_MAX = 10;
/** Pause after the first attempt; each further one is two and a half times as long: 21 hours in all. */
const RETRY_MS = 30_000;
const RETRY_FACTOR = 2.5;
/** A pause is longer or shorter by so much, so that not all that failed together comes back together. */
const JITTER = 0.2;
/** A sender that has not been heard of for so long is taken for dead, in milliseconds: longer than any attempt takes. */
export const LEASE_MS = 60_000;
/** A job that has not come to anything for so long is taken for lost, in milliseconds. */
const JOB_LOST_MS = 5 * 60_000;
/** Attempts that are kept, the newest: more than two rounds of them. */
const KEPT_ATTEMPTS_MAX = 25;

export const deliveryIdSchema = z.string().regex(/^[\w-]{22}$/);

const attemptSchema = z.object({
  at: z.string(),
  /** Of the answer; null where there was none. */
  status: z.int().nullable(),
  durationMs: z.int(),
  /** Why it failed; null where it went well. */
  error: z.string().nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

export const webhookDeliverySchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("webhookDelivery"),
  deliveryId: deliveryIdSchema,
  webhookId: webhookIdSchema,
  noticeId: z.string(),
  event: webhookEventSchema,
  body: z.string(),
  /** When it was made. */
  at: z.string(),
  status: z.enum(["queued", "delivered", "failed"]),
  /** Nobody sends it before: a sender has it, or the pause after an attempt that failed. Null: it is over. */
  nextAttemptAt: z.string().nullable(),
  /** It is due, and the timer has sent a job for it: until then it sends no other. */
  queuedUntil: z.string().optional(),
  /** Attempts that failed since it was made or asked for again. */
  failures: z.int().min(0),
  attempts: z.array(attemptSchema),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

export const deliveryDocumentId = (deliveryId: string): string => `webhookDelivery~${deliveryId}`;

export function newDelivery(notice: Notice, { webhookId }: Pick<Webhook, "webhookId">): WebhookDelivery {
  const { customerId, noticeId, at } = notice;
  const deliveryId = digest(["notice.created", customerId, noticeId, webhookId].join("\n"));
  const payload = { type: "notice.created", timestamp: at, data: { customerId, ...noticeView(notice) } };
  return {
    id: deliveryDocumentId(deliveryId),
    customerId,
    kind: "webhookDelivery",
    deliveryId,
    webhookId,
    noticeId,
    event: "notice.created",
    body: JSON.stringify(payload),
    at,
    status: "queued",
    nextAttemptAt: at,
    failures: 0,
    attempts: [],
  };
}

export const isDue = ({ status, nextAttemptAt }: WebhookDelivery, now: string): boolean =>
  status === "queued" && nextAttemptAt !== null && nextAttemptAt <= now;

/** It is due, and there is no job for it that anybody knows of. */
export const isToQueue = (delivery: WebhookDelivery, now: string): boolean =>
  isDue(delivery, now) && (delivery.queuedUntil ?? now) <= now;

/** A job for it is on its way. */
export const queued = (delivery: WebhookDelivery, now: string): WebhookDelivery => ({
  ...delivery,
  queuedUntil: later(now, JOB_LOST_MS),
});

/** When it is due again it wants another job. */
function unqueued({ queuedUntil: _until, ...delivery }: WebhookDelivery): WebhookDelivery {
  return delivery;
}

/** One sender has it now. If that sender is never heard of again, another may send it after the lease. */
export const taken = (delivery: WebhookDelivery, now: string): WebhookDelivery => ({
  ...unqueued(delivery),
  nextAttemptAt: later(now, LEASE_MS),
});

/** It is to be sent once more, whatever became of it. */
export const askedAgain = (delivery: WebhookDelivery, now: string): WebhookDelivery => ({
  ...unqueued(delivery),
  status: "queued",
  nextAttemptAt: now,
  failures: 0,
});

/**
 * @param isFinal the receiver does not want to be asked again.
 * @param random from 0 to 1.
 */
export function afterAttempt(
  sent: WebhookDelivery,
  attempt: Attempt,
  { isFinal, random, now }: { readonly isFinal: boolean; readonly random: number; readonly now: string },
): WebhookDelivery {
  const delivery = unqueued(sent);
  const attempts = [...delivery.attempts, attempt].slice(-KEPT_ATTEMPTS_MAX);
  if (attempt.error === null) return { ...delivery, status: "delivered", nextAttemptAt: null, attempts };
  const failures = delivery.failures + 1;
  if (isFinal || failures >= ATTEMPTS_MAX)
    return { ...delivery, status: "failed", nextAttemptAt: null, failures, attempts };
  const pauseMs = RETRY_MS * RETRY_FACTOR ** (failures - 1) * (1 - JITTER + 2 * JITTER * random);
  return { ...delivery, status: "queued", nextAttemptAt: later(now, pauseMs), failures, attempts };
}

const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + Math.round(milliseconds)).toISOString();
