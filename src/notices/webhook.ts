/**
 * A webhook: an address of the customer's that is told of every notice, after the Standard Webhooks specification
 * (https://www.standardwebhooks.com).
 * Invariants: a secret is kept nowhere: it follows from the app's signing key, the webhook and the number of the secret,
 * and is shown when it is made; after a rotation the one before is valid for 24 hours more; a deleted webhook stays deleted.
 */
import { createHash, createHmac } from "node:crypto";
import * as z from "zod";
import type { Doing } from "../access/audit-entry.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";

export const WEBHOOKS_MAX = 5;
/** For how long the secret before the current one is valid, in milliseconds. */
const ROTATION_MS = 24 * 3_600_000;

export const webhookEventSchema = z.enum(["notice.created"]);
export const webhookIdSchema = z.string().regex(/^wh-[\w-]{22}$/);

/** Why nothing is sent: a person decided so, the receiver is gone (410), or everything failed for about a day. */
export const disabledReasonSchema = z.enum(["byRequest", "gone", "persistentFailure"]);
export type DisabledReason = z.infer<typeof disabledReasonSchema>;

export const webhookSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("webhook"),
  webhookId: webhookIdSchema,
  url: z.url(),
  description: z.string().optional(),
  events: z.array(webhookEventSchema),
  status: z.enum(["active", "disabled", "deleted"]),
  disabled: z.object({ at: z.string(), reason: disabledReasonSchema }).optional(),
  /** Number of the current secret, from 1. */
  secret: z.int().min(1),
  /** The one before, while it is valid too. */
  previousSecret: z.object({ secret: z.int().min(1), validUntil: z.string() }).optional(),
  /** Time of the first failure since the last success. */
  failingSince: z.string().optional(),
  createdAt: z.string(),
  revision: z.int().min(1),
});
export type Webhook = z.infer<typeof webhookSchema>;

export const webhookDocumentId = (webhookId: string): string => `webhook~${webhookId}`;

/** The id follows from the request, so that a repeat of it finds the webhook that the first one made. */
export const newWebhookId = ({ customerId, key }: Doing): string =>
  `wh-${createHash("sha256").update(`webhook\n${customerId}\n${key}`).digest("base64url").slice(0, 22)}`;

export type WebhookFacts = Pick<Webhook, "url" | "events"> & { readonly description?: string | undefined };

export const newWebhook = (doing: Doing, { url, description, events }: WebhookFacts): Webhook => {
  const webhookId = newWebhookId(doing);
  return {
    id: webhookDocumentId(webhookId),
    customerId: doing.customerId,
    kind: "webhook",
    webhookId,
    url,
    ...(description === undefined ? {} : { description }),
    events,
    status: "active",
    secret: 1,
    createdAt: doing.at,
    revision: 1,
  };
};

/** The next secret; of those before it only the last stays valid. */
export function withNextSecret(webhook: Webhook, now: string): Webhook {
  const validUntil = new Date(Date.parse(now) + ROTATION_MS).toISOString();
  const { secret } = webhook;
  return { ...webhook, secret: secret + 1, previousSecret: { secret, validUntil } };
}

/** Numbers of the secrets that are valid, the current one first. */
export function validSecrets({ secret, previousSecret }: Webhook, now: string): number[] {
  const isBoth = previousSecret !== undefined && now < previousSecret.validUntil;
  return isBoth ? [secret, previousSecret.secret] : [secret];
}

type Owner = { readonly customerId: CustomerId; readonly webhookId: string };

function secretBytes({ customerId, webhookId }: Owner, secret: number, signingKey: Uint8Array): Buffer {
  const purpose = ["webhook secret", customerId, webhookId, secret].join("\n");
  return createHmac("sha256", signingKey).update(purpose).digest();
}

/** As receivers are given it: `whsec_` and 32 bytes in base64. */
export const secretText = (owner: Owner, secret: number, signingKey: Uint8Array): string =>
  `whsec_${secretBytes(owner, secret, signingKey).toString("base64")}`;

/** One signature for each valid secret, in the form of the header `webhook-signature`. */
export function signaturesOf(
  webhook: Webhook,
  message: { readonly id: string; readonly timestampSeconds: number; readonly body: string },
  now: string,
  signingKey: Uint8Array,
): string {
  const { id, timestampSeconds, body } = message;
  const signatures = validSecrets(webhook, now).map((secret) => {
    const mac = createHmac("sha256", secretBytes(webhook, secret, signingKey));
    return `v1,${mac.update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
  });
  return signatures.join(" ");
}
