import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { webhookEventSchema } from "../../src/notices/webhook.ts";
import { resendDelivery } from "../../src/notices/webhook-change.ts";
import { deliveryIdSchema, type WebhookDelivery } from "../../src/notices/webhook-delivery.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { changing, readWebhook, webhookParams } from "./webhooks.ts";

const deliverySchema = z
  .object({
    deliveryId: z.string().meta({ description: "The `webhook-id` of every attempt." }),
    noticeId: z.string(),
    event: webhookEventSchema,
    createdAt: z.iso.datetime(),
    status: z.enum(["queued", "delivered", "failed"]),
    nextAttemptAt: z.iso.datetime().nullable(),
    attempts: z.array(
      z.object({
        at: z.iso.datetime(),
        status: z.int().nullable().meta({ description: "Of the answer; null where there was none." }),
        durationMs: z.int(),
        error: z.string().nullable().meta({ description: "Why it failed; null where it went well." }),
      }),
    ),
  })
  .meta({ id: "WebhookDelivery" });

const deliveryView = (delivery: WebhookDelivery) => ({
  deliveryId: delivery.deliveryId,
  noticeId: delivery.noticeId,
  event: delivery.event,
  createdAt: delivery.at,
  status: delivery.status,
  nextAttemptAt: delivery.nextAttemptAt,
  attempts: delivery.attempts,
});

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function webhookDeliveryEndpoints(app: App) {
  const route = "customers/{customerId}/webhooks/{webhookId}/deliveries";
  const access = { kind: "customer", permission: "notices.manage" } as const;
  const tag = "Webhooks";

  const listDeliveries = defineEndpoint(
    {
      name: "listWebhookDeliveries",
      method: "GET",
      route,
      tag,
      summary: "List what was sent to a webhook, newest first, with every attempt",
      access,
      params: webhookParams,
      query: z.object(pagingQuery(50)),
      responses: { 200: { description: "A page of deliveries.", schema: listSchema(deliverySchema) } },
    },
    async ({ params: { customerId, webhookId }, query, url: address, now }) => {
      await readWebhook(app, customerId, webhookId);
      const scope = { name: "listWebhookDeliveries", url: address, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const after = { webhookId, after: page.after, limit: page.limit + 1 };
      const deliveries = await app.webhooks.deliveries(customerId, after);
      const { value, nextLink } = finishPage(scope, page, deliveries, ({ at, id }) => ({ at, id }));
      const body = { value: value.map(deliveryView), ...(nextLink === undefined ? {} : { nextLink }) };
      return { status: 200, body };
    },
  );

  const resend = defineEndpoint(
    {
      name: "resendWebhookDelivery",
      method: "POST",
      route: `${route}/{deliveryId}/resend`,
      tag,
      summary: "Send a delivery once more, whatever became of it",
      access,
      params: webhookParams.extend({ deliveryId: deliveryIdSchema }),
      repeatable: true,
      responses: { 202: { description: "It is sent in a moment.", schema: deliverySchema } },
    },
    async (request) => {
      const { customerId, webhookId, deliveryId } = request.params;
      const current = async (): Promise<Versioned<WebhookDelivery>> => {
        const known = await app.webhooks.delivery(customerId, deliveryId);
        if (known?.value.webhookId !== webhookId) throw new NotFoundError(`no delivery ${deliveryId}`);
        return known;
      };
      const { value } = await changing(app, current, async () => {
        const webhook = await readWebhook(app, customerId, webhookId);
        return resendDelivery(doingOf(request, customerId), webhook.value, await current());
      });
      await app.watcher.hurry([], [value]);
      return { status: 202, body: deliveryView(value) };
    },
  );

  return [listDeliveries, resend];
}
