/** What people do to webhooks, each with its entry in the audit trail; no entry has a secret. Pure. */
import { type AuditAction, auditEntry, type Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import type { NoticeChange } from "./notice-store.ts";
import {
  type DisabledReason,
  newWebhook,
  WEBHOOKS_MAX,
  type Webhook,
  type WebhookFacts,
  withNextSecret,
} from "./webhook.ts";
import { askedAgain, type WebhookDelivery } from "./webhook-delivery.ts";

/** @throws ConflictError at the limit. */
export function createWebhook(
  doing: Doing,
  others: readonly Webhook[],
  facts: WebhookFacts,
): [NoticeChange, Webhook] {
  if (others.length >= WEBHOOKS_MAX)
    throw new ConflictError("TooManyWebhooks", `A customer has at most ${WEBHOOKS_MAX} webhooks.`);
  const webhook = newWebhook(doing, facts);
  return [changeTo(doing, "webhookCreated", undefined, webhook), webhook];
}

export type WebhookPatch = {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly events?: Webhook["events"] | undefined;
  readonly status?: "active" | "disabled" | undefined;
};

export function changeWebhook(
  doing: Doing,
  known: Versioned<Webhook>,
  { url, description, events, status }: WebhookPatch,
): [NoticeChange, Webhook] {
  const { description: before, ...rest } = known.value;
  const said = description === undefined ? before : (description ?? undefined);
  const changed: Webhook = {
    ...rest,
    url: url ?? rest.url,
    events: events ?? rest.events,
    ...(said === undefined ? {} : { description: said }),
    revision: rest.revision + 1,
  };
  const webhook = status === undefined ? changed : withStatus(changed, status, doing.at);
  return [changeTo(doing, "webhookChanged", known, webhook), webhook];
}

/** Switched on again it has its failures behind it. */
function withStatus(webhook: Webhook, status: "active" | "disabled", at: string): Webhook {
  if (webhook.status === status) return webhook;
  const { disabled: _reason, failingSince: _since, ...rest } = webhook;
  return status === "active"
    ? { ...rest, status }
    : { ...rest, status, disabled: { at, reason: "byRequest" } };
}

export function rotateSecret(doing: Doing, known: Versioned<Webhook>): [NoticeChange, Webhook] {
  const webhook = { ...withNextSecret(known.value, doing.at), revision: known.value.revision + 1 };
  return [changeTo(doing, "webhookSecretRotated", known, webhook), webhook];
}

export function deleteWebhook(doing: Doing, known: Versioned<Webhook>): [NoticeChange, Webhook] {
  const webhook: Webhook = { ...known.value, status: "deleted", revision: known.value.revision + 1 };
  return [changeTo(doing, "webhookDeleted", known, webhook), webhook];
}

/** Nothing is sent any more, because of what the receiver answered or did not. */
export function disabledFor(webhook: Webhook, reason: DisabledReason, at: string): Webhook {
  return { ...webhook, status: "disabled", disabled: { at, reason }, revision: webhook.revision + 1 };
}

export function disablingEntry(doing: Doing, before: Webhook, after: Webhook) {
  return entryOf(doing, "webhookDisabled", before, after);
}

/** @throws ConflictError when nothing is sent to the webhook. */
export function resendDelivery(
  doing: Doing,
  webhook: Webhook,
  known: Versioned<WebhookDelivery>,
): [NoticeChange, WebhookDelivery] {
  const { customerId, at } = doing;
  if (webhook.status !== "active")
    throw new ConflictError("WebhookDisabled", "Nothing is sent to a webhook that is disabled: enable it.");
  const delivery = askedAgain(known.value, at);
  const entry = auditEntry(doing, {
    action: "webhookDeliveryResent",
    target: `${targetOf(webhook)}/deliveries/${delivery.deliveryId}`,
  });
  return [{ customerId, writes: [{ document: delivery, etag: known.etag }], created: [entry] }, delivery];
}

function changeTo(
  doing: Doing,
  action: AuditAction,
  known: Versioned<Webhook> | undefined,
  webhook: Webhook,
): NoticeChange {
  return {
    customerId: doing.customerId,
    writes: [{ document: webhook, etag: known?.etag }],
    created: [entryOf(doing, action, known?.value, webhook)],
  };
}

function entryOf(doing: Doing, action: AuditAction, before: Webhook | undefined, after: Webhook) {
  return auditEntry(doing, {
    action,
    target: targetOf(after),
    ...(before === undefined ? {} : { before: audited(before) }),
    after: audited(after),
  });
}

const targetOf = ({ customerId, webhookId }: Webhook): string =>
  `/customers/${customerId}/webhooks/${webhookId}`;

const audited = ({ url, description, events, status, secret, disabled }: Webhook) => ({
  url,
  ...(description === undefined ? {} : { description }),
  events,
  status,
  secret,
  ...(disabled === undefined ? {} : { disabled: disabled.reason }),
});
