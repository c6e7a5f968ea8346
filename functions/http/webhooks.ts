import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { type CustomerId, customerIdSchema } from "../../src/agreements/ids.ts";
import type { NoticeChange } from "../../src/notices/notice-store.ts";
import {
  disabledReasonSchema,
  newWebhookId,
  secretText,
  validSecrets,
  type Webhook,
  webhookEventSchema,
  webhookIdSchema,
} from "../../src/notices/webhook.ts";
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  rotateSecret,
} from "../../src/notices/webhook-change.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError, UnavailableError } from "../../src/platform/errors.ts";
import { listSchema } from "../../src/platform/paging.ts";
import { outboundUrlFault } from "../../src/platform/public-address.ts";
import type { App } from "../../src/platform/wiring.ts";
import { MERGE_PATCH, readCustomer } from "./directory.ts";

const ATTEMPTS_MAX = 5;
const DESCRIPTION_MAX = 1_000;

const params = z.object({ customerId: customerIdSchema });
export const webhookParams = params.extend({ webhookId: webhookIdSchema });
const description = z.string().trim().max(DESCRIPTION_MAX);
const events = z.array(webhookEventSchema).min(1).max(webhookEventSchema.options.length);

const webhookSchema = z
  .object({
    webhookId: z.string(),
    url: z.url(),
    description: z.string().nullable(),
    events: z.array(webhookEventSchema),
    status: z.enum(["active", "disabled"]),
    disabledReason: disabledReasonSchema.nullable(),
    disabledAt: z.iso.datetime().nullable(),
    failingSince: z.iso
      .datetime()
      .nullable()
      .meta({ description: "The first attempt that failed since one went well." }),
    previousSecretValidUntil: z.iso
      .datetime()
      .nullable()
      .meta({ description: "Until then deliveries are signed with the secret before too." }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "Webhook" });

const withSecretSchema = webhookSchema
  .extend({ secret: z.string().meta({ description: "For checking signatures. It is shown only here." }) })
  .meta({ id: "WebhookWithSecret" });

const view = (webhook: Webhook, now: string) => ({
  webhookId: webhook.webhookId,
  url: webhook.url,
  description: webhook.description ?? null,
  events: webhook.events,
  status: webhook.status === "active" ? ("active" as const) : ("disabled" as const),
  disabledReason: webhook.disabled?.reason ?? null,
  disabledAt: webhook.disabled?.at ?? null,
  failingSince: webhook.failingSince ?? null,
  previousSecretValidUntil:
    validSecrets(webhook, now).length > 1 ? (webhook.previousSecret?.validUntil ?? null) : null,
  createdAt: webhook.createdAt,
});

export function webhookEndpoints(app: App) {
  const route = "customers/{customerId}/webhooks";
  const access = { kind: "customer", permission: "notices.manage" } as const;
  const tag = "Webhooks";
  const url = z.string().superRefine((text, context) => {
    const fault = outboundUrlFault(text, app.config.webhooksAllowLoopback);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

  const list = defineEndpoint(
    {
      name: "listWebhooks",
      method: "GET",
      route,
      tag,
      summary: "List the addresses that are told of notices",
      access,
      params,
      responses: { 200: { description: "All of them.", schema: listSchema(webhookSchema) } },
    },
    async ({ params: { customerId }, now }) => {
      const all = await app.webhooks.webhooks(customerId);
      return { status: 200, body: { value: all.map(({ value }) => view(value, now.toISOString())) } };
    },
  );

  const get = defineEndpoint(
    {
      name: "getWebhook",
      method: "GET",
      route: `${route}/{webhookId}`,
      tag,
      summary: "Get a webhook",
      access,
      params: webhookParams,
      responses: { 200: { description: "The webhook.", schema: webhookSchema } },
    },
    async ({ params: { customerId, webhookId }, now }) => {
      const { value, etag } = await readWebhook(app, customerId, webhookId);
      return { status: 200, etag, body: view(value, now.toISOString()) };
    },
  );

  const create = defineEndpoint(
    {
      name: "createWebhook",
      method: "POST",
      route,
      tag,
      summary: "Tell an address of every notice from now on",
      description:
        "Deliveries follow the Standard Webhooks specification. Each is sent at least once, and again for about a day until it is answered with a status of 200 to 299. Redirects are not followed.",
      access,
      params,
      body: {
        kind: "json",
        schema: z.strictObject({ url, description: description.optional(), events }),
        example: { url: "https://customer.example/notices", events: ["notice.created"] },
      },
      repeatable: true,
      responses: { 201: { description: "It is there, with its secret.", schema: withSecretSchema } },
    },
    async (request) => {
      const { customerId } = request.params;
      const doing = doingOf(request, customerId);
      await readCustomer(app, customerId);
      const webhookId = newWebhookId(doing);
      const current = () => readWebhook(app, customerId, webhookId);
      const { value, etag } = await changing(app, current, async () => {
        const known = await app.webhooks.webhook(customerId, webhookId);
        if (known !== undefined) return known;
        const others = await app.webhooks.webhooks(customerId);
        return createWebhook(
          doing,
          others.map((each) => each.value),
          request.body,
        );
      });
      return { status: 201, etag, body: withSecret(value, doing.at) };
    },
  );

  const update = defineEndpoint(
    {
      name: "updateWebhook",
      method: "PATCH",
      route: `${route}/{webhookId}`,
      tag,
      summary: "Change, disable or enable a webhook",
      access,
      params: webhookParams,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject({
          url: url.optional(),
          description: description.nullable().optional(),
          events: events.optional(),
          status: z.enum(["active", "disabled"]).optional(),
        }),
        example: { status: "active" },
      },
      responses: { 200: { description: "As it is now.", schema: webhookSchema } },
    },
    async (request) => {
      const { value, etag } = await changingKnown(request, (known) =>
        changeWebhook(doingOf(request, request.params.customerId), known, request.body),
      );
      return { status: 200, etag, body: view(value, request.now.toISOString()) };
    },
  );

  const rotate = defineEndpoint(
    {
      name: "rotateWebhookSecret",
      method: "POST",
      route: `${route}/{webhookId}/rotateSecret`,
      tag,
      summary: "Make a new secret; the one before is valid for 24 hours more",
      access,
      params: webhookParams,
      repeatable: true,
      conditional: true,
      responses: { 200: { description: "The webhook with its new secret.", schema: withSecretSchema } },
    },
    async (request) => {
      const { value, etag } = await changingKnown(request, (known) =>
        rotateSecret(doingOf(request, request.params.customerId), known),
      );
      return { status: 200, etag, body: withSecret(value, request.now.toISOString()) };
    },
  );

  const remove = defineEndpoint(
    {
      name: "deleteWebhook",
      method: "DELETE",
      route: `${route}/{webhookId}`,
      tag,
      summary: "Delete a webhook: nothing is sent to it any more",
      access,
      params: webhookParams,
      responses: { 204: { description: "It is gone." } },
    },
    async (request) => {
      await changingKnown(request, (known) =>
        deleteWebhook(doingOf(request, request.params.customerId), known),
      );
      return { status: 204 };
    },
  );

  const withSecret = (webhook: Webhook, now: string) => ({
    ...view(webhook, now),
    secret: secretText(webhook, webhook.secret, app.config.signingKey),
  });

  type OfWebhook = {
    readonly params: { readonly customerId: CustomerId; readonly webhookId: string };
    readonly conditions: Parameters<typeof requireMatch>[0];
  };

  function changingKnown(
    { params: { customerId, webhookId }, conditions }: OfWebhook,
    decide: (known: Versioned<Webhook>) => [NoticeChange, Webhook],
  ): Promise<Versioned<Webhook>> {
    const current = () => readWebhook(app, customerId, webhookId);
    return changing(app, current, async () => {
      const known = await current();
      requireMatch(conditions, known.etag);
      return decide(known);
    });
  }

  return [list, get, create, update, rotate, remove];
}

/** @throws NotFoundError also for one that was deleted. */
export async function readWebhook(
  app: App,
  customerId: CustomerId,
  webhookId: string,
): Promise<Versioned<Webhook>> {
  const webhook = await app.webhooks.webhook(customerId, webhookId);
  if (webhook === undefined || webhook.value.status === "deleted")
    throw new NotFoundError(`no webhook ${webhookId}`);
  return webhook;
}

/**
 * Reads, decides and writes, and again while somebody else is faster.
 * @param current what a repeated request answers: it changes nothing.
 * @param decide what to change, or what is there already.
 */
export async function changing<Document extends { readonly id: string }>(
  app: App,
  current: () => Promise<Versioned<Document>>,
  decide: () => Promise<readonly [NoticeChange, Document] | Versioned<Document>>,
): Promise<Versioned<Document>> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const decided = await decide();
    if ("value" in decided) return decided;
    const [change, after] = decided;
    const result = await app.notices.commit(change);
    if (result.outcome === "committed") return { value: after, etag: result.etags.get(after.id) ?? "" };
    if (result.outcome === "repeated") return current();
  }
  throw new UnavailableError(1, "others are always faster");
}
