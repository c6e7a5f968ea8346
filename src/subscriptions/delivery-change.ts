/** What happens to a recipient's own link, each with its entry in the audit trail (EX-08). Pure. */
import { auditEntry, type Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { DownloadedFile } from "../reports/download.ts";
import { type Delivery, DOWNLOADS_MAX } from "./delivery.ts";
import { subscriptionTarget } from "./subscription.ts";
import type { SubscriptionChange } from "./subscription-store.ts";

/** `change` undefined: the delivery is as it should be. */
export type DeliveryDecision = {
  readonly change: SubscriptionChange | undefined;
  readonly after: Delivery;
};

/** Whoever opens the link is known by it alone. */
export const downloadDoing = (
  { customerId, deliveryId, email }: Delivery,
  at: string,
  requestId: string,
): Doing => ({
  customerId,
  actor: { subject: `reportDelivery:${deliveryId}`, email },
  at,
  key: `${deliveryId}\n${requestId}`,
});

/** To be committed before the file can be had. The caller has made sure that the link is open. */
export function recordDownload(
  doing: Doing,
  known: Versioned<Delivery>,
  file: DownloadedFile,
): DeliveryDecision {
  const downloads = [...known.value.downloads, { at: doing.at, file: file.file }].slice(-DOWNLOADS_MAX);
  const after = { ...known.value, downloads };
  const entry = auditEntry(doing, {
    action: "reportDownloaded",
    target: deliveryTarget(after),
    after: { reportId: after.reportId, email: after.email, ...file },
  });
  return { change: changeOf(known, after, entry), after };
}

/** The link opens no more, for good. By whoever manages the subscription: for the caller to make sure of. */
export function revokeDelivery(doing: Doing, known: Versioned<Delivery>): DeliveryDecision {
  if (known.value.revoked !== undefined) return { change: undefined, after: known.value };
  const after = { ...known.value, revoked: { at: doing.at, by: doing.actor.email ?? doing.actor.subject } };
  const entry = auditEntry(doing, {
    action: "reportLinkRevoked",
    target: deliveryTarget(after),
    after: { reportId: after.reportId, email: after.email },
  });
  return { change: changeOf(known, after, entry), after };
}

const changeOf = (
  { etag }: Versioned<Delivery>,
  after: Delivery,
  entry: SubscriptionChange["created"][number],
): SubscriptionChange => ({
  customerId: after.customerId,
  writes: [{ document: after, etag }],
  created: [entry],
});

const deliveryTarget = ({ customerId, subscriptionId, runId, deliveryId }: Delivery): string =>
  `${subscriptionTarget(customerId, subscriptionId)}/runs/${runId}/deliveries/${deliveryId}`;
