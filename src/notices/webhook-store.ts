import type { Container } from "@azure/cosmos";
import type { CustomerId } from "../agreements/ids.ts";
import {
  firstOf,
  queryAll,
  queryPages,
  readItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import { type Webhook, webhookDocumentId, webhookSchema } from "./webhook.ts";
import { deliveryDocumentId, type WebhookDelivery, webhookDeliverySchema } from "./webhook-delivery.ts";
import { type WebhookJob, webhookJobSchema } from "./webhook-queue.ts";

/** A page of deliveries, newest first. */
type DeliveryPage = {
  readonly webhookId: string;
  readonly after: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
};

/** Reads of webhooks and their deliveries, beside their customer; they are written by `NoticeStore.commit`. */
export type WebhookStore = {
  /** All of the customer's but those that were deleted, oldest first. */
  readonly webhooks: (customerId: CustomerId) => Promise<readonly Versioned<Webhook>[]>;
  /** Also one that was deleted. */
  readonly webhook: (customerId: CustomerId, webhookId: string) => Promise<Versioned<Webhook> | undefined>;
  readonly delivery: (
    customerId: CustomerId,
    deliveryId: string,
  ) => Promise<Versioned<WebhookDelivery> | undefined>;
  readonly deliveries: (customerId: CustomerId, page: DeliveryPage) => Promise<readonly WebhookDelivery[]>;
  /** Of all customers, at most `limit` for which there is no job, those that have waited longest first. */
  readonly due: (now: string, limit: number) => Promise<readonly WebhookJob[]>;
};

export function cosmosWebhookStore(container: Container): WebhookStore {
  return {
    webhooks: (customerId) =>
      queryAll(
        container,
        customerId,
        sql("SELECT * FROM c WHERE c.kind = 'webhook' AND c.status != 'deleted' ORDER BY c.createdAt"),
        versioned(webhookSchema),
      ),
    webhook: (customerId, webhookId) =>
      readItem(container, webhookDocumentId(webhookId), customerId, webhookSchema),
    delivery: (customerId, deliveryId) =>
      readItem(container, deliveryDocumentId(deliveryId), customerId, webhookDeliverySchema),
    deliveries: (customerId, { webhookId, after, limit }) => {
      const keyset = after === undefined ? "" : " AND (c.at < @at OR (c.at = @at AND c.id < @id))";
      const query = sql(
        `SELECT TOP @limit * FROM c WHERE c.kind = 'webhookDelivery' AND c.webhookId = @webhookId${keyset} ORDER BY c.at DESC, c.id DESC`,
        { limit, webhookId, ...(after === undefined ? {} : { at: after.at, id: after.id }) },
      );
      return queryAll(container, customerId, query, webhookDeliverySchema);
    },
    due: async (now, limit) => {
      // Names alone: one document that does not fit its schema holds up no other.
      const query = sql(
        `SELECT c.customerId, c.deliveryId FROM c
         WHERE c.kind = 'webhookDelivery' AND c.status = 'queued' AND c.nextAttemptAt <= @now
           AND (NOT IS_DEFINED(c.queuedUntil) OR c.queuedUntil <= @now) ORDER BY c.nextAttemptAt`,
        { now },
      );
      return firstOf(limit, queryPages(container, undefined, query, webhookJobSchema, limit));
    },
  };
}
