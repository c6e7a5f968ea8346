/**
 * Sending a notice to a webhook. Promise: every delivery that was written is sent at least once, or failed and says why.
 * Interrupted at any point it is sent by whoever comes after the lease, perhaps for the second time, and then with the same
 * id and body.
 */
import type { CustomerId } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { OutboundPost, PostResult } from "../platform/outbound-post.ts";
import type { NoticeChange, NoticeStore } from "./notice-store.ts";
import { type DisabledReason, signaturesOf, type Webhook } from "./webhook.ts";
import { disabledFor, disablingEntry } from "./webhook-change.ts";
import { type Attempt, afterAttempt, isDue, taken, type WebhookDelivery } from "./webhook-delivery.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** How often the end of an attempt is recorded anew: what is sent and not recorded is sent again. */
const RECORDINGS_MAX = 4;
/** The receiver says that it will never want anything again. */
const GONE = 410;
/** Who disables a webhook when it is no person. */
const SENDER = { subject: "/webhooks" };

export type WebhookSending = {
  readonly webhooks: Pick<WebhookStore, "delivery" | "webhook">;
  readonly notices: Pick<NoticeStore, "commit">;
  readonly post: OutboundPost;
  readonly signingKey: Uint8Array;
  readonly now: () => string;
  /** From 0 to 1. */
  readonly random: () => number;
};

/**
 * `delivered` and `failed`: it is over. `later`: it is tried again when it is due. `notDue`: nothing to do: it is over,
 * somebody else's, or not due yet.
 */
export type SendOutcome = "delivered" | "failed" | "later" | "notDue" | "missing";

/** Can be run any number of times, at once too. @throws what the store throws. */
export async function sendDelivery(
  sending: WebhookSending,
  customerId: CustomerId,
  deliveryId: string,
): Promise<SendOutcome> {
  const { webhooks, notices, now } = sending;
  const found = await webhooks.delivery(customerId, deliveryId);
  if (found === undefined) return "missing";
  if (!isDue(found.value, now())) return "notDue";
  const webhook = await webhooks.webhook(customerId, found.value.webhookId);
  if (webhook === undefined) return "missing";
  if (webhook.value.status !== "active") {
    const at = now();
    const attempt = { at, status: null, durationMs: 0, error: "WebhookDisabled" };
    const delivery = afterAttempt(found.value, attempt, { isFinal: true, random: 0, now: at });
    await notices.commit({ customerId, writes: [{ document: delivery, etag: found.etag }], created: [] });
    return "failed";
  }
  const delivery = taken(found.value, now());
  const lease = await notices.commit({
    customerId,
    writes: [{ document: delivery, etag: found.etag }],
    created: [],
  });
  if (lease.outcome !== "committed") return "notDue";
  const at = now();
  const result = await postTo(sending, webhook.value, delivery, at);
  return record(sending, delivery, attemptOf(result, at));
}

function postTo(
  { post, signingKey }: WebhookSending,
  webhook: Webhook,
  { deliveryId, body }: WebhookDelivery,
  at: string,
): Promise<PostResult> {
  const timestampSeconds = Math.floor(Date.parse(at) / 1_000);
  const message = { id: deliveryId, timestampSeconds, body };
  const headers = {
    "content-type": "application/json",
    "user-agent": "Customer-Activity-Webhooks/1",
    "webhook-id": deliveryId,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signaturesOf(webhook, message, at, signingKey),
  };
  return post(new URL(webhook.url), headers, body);
}

function attemptOf(result: PostResult, at: string): Attempt {
  const durationMs = Math.round(result.durationMs);
  if ("error" in result) return { at, status: null, durationMs, error: result.error };
  const { status } = result;
  const error =
    status >= 200 && status < 300 ? null : status >= 300 && status < 400 ? "Redirected" : "Refused";
  return { at, status, durationMs, error };
}

/**
 * The outcome belongs to the delivery, whoever has it by now: what was sent is sent. Only a failure is for whoever has it
 * to count. Also after an error, whose save may have been done: what is there is read first.
 */
async function record(
  sending: WebhookSending,
  sent: WebhookDelivery,
  attempt: Attempt,
): Promise<SendOutcome> {
  const { webhooks, notices } = sending;
  const { customerId, deliveryId, webhookId } = sent;
  let reason: unknown;
  for (let recording = 0; recording < RECORDINGS_MAX; recording += 1) {
    try {
      const [delivery, webhook] = await Promise.all([
        webhooks.delivery(customerId, deliveryId),
        webhooks.webhook(customerId, webhookId),
      ]);
      if (delivery === undefined || webhook === undefined) return "missing";
      const isLost = delivery.value.nextAttemptAt !== sent.nextAttemptAt;
      if (delivery.value.status !== "queued" || (isLost && attempt.error !== null))
        return outcomeOf(delivery.value);
      const [change, next] = changeAfter(sending, delivery, webhook, attempt);
      if ((await notices.commit(change)).outcome === "committed") return outcomeOf(next);
    } catch (error) {
      reason = error;
    }
  }
  throw new Error(`what sending came to could not be recorded (${attempt.error ?? "sent"})`, {
    cause: reason,
  });
}

const outcomeOf = ({ status }: WebhookDelivery): SendOutcome => (status === "queued" ? "later" : status);

function changeAfter(
  { now, random }: WebhookSending,
  delivery: Versioned<WebhookDelivery>,
  webhook: Versioned<Webhook>,
  attempt: Attempt,
): [NoticeChange, WebhookDelivery] {
  const { customerId } = delivery.value;
  const at = now();
  const isFinal = attempt.status === GONE;
  const next = afterAttempt(delivery.value, attempt, { isFinal, random: random(), now: at });
  const known = webhook.value;
  const changed = webhookAfter(known, next, attempt, at);
  const isDisabled = changed.status === "disabled" && known.status === "active";
  const doing = { customerId, actor: SENDER, at, key: `${next.deliveryId}\n${attempt.at}` };
  return [
    {
      customerId,
      writes: [
        { document: next, etag: delivery.etag },
        ...(changed === known ? [] : [{ document: changed, etag: webhook.etag }]),
      ],
      created: isDisabled ? [disablingEntry(doing, known, changed)] : [],
    },
    next,
  ];
}

/** Only a failure after a success, a success after a failure, and the end change it: others have no part in each attempt. */
function webhookAfter(webhook: Webhook, delivery: WebhookDelivery, attempt: Attempt, at: string): Webhook {
  const { failingSince, ...rest } = webhook;
  if (attempt.error === null) return failingSince === undefined ? webhook : rest;
  const failing = failingSince === undefined ? { ...webhook, failingSince: attempt.at } : webhook;
  if (webhook.status !== "active" || delivery.status !== "failed") return failing;
  const reason = reasonToDisable(failing, delivery, attempt);
  return reason === undefined ? failing : disabledFor(failing, reason, at);
}

/** Nothing arrived since before the first attempt of this round. */
function reasonToDisable(
  { failingSince = "" }: Webhook,
  { attempts, failures }: WebhookDelivery,
  { status }: Attempt,
): DisabledReason | undefined {
  if (status === GONE) return "gone";
  const first = attempts.at(-failures)?.at ?? "";
  return failingSince <= first ? "persistentFailure" : undefined;
}
