/** What came of a subscription: its runs, what was sent to whom, and the links to it. */
import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { type Delivery, downloadSchema, isOpen } from "../../src/subscriptions/delivery.ts";
import { revokeDelivery } from "../../src/subscriptions/delivery-change.ts";
import { type Run, runReasonSchema, runStatusSchema } from "../../src/subscriptions/run.ts";
import {
  subscriptionAccess,
  subscriptionParams,
  subscriptionRoute,
  subscriptionTag,
} from "./report-subscriptions.ts";
import { periodSchema } from "./report-view.ts";
import { changing, keptSubscription } from "./seen-subscription.ts";

const runViewSchema = z
  .object({
    runId: z.string(),
    occurrence: z
      .string()
      .meta({ description: "That it was planned by, also where it corrects one before." }),
    isCorrection: z
      .boolean()
      .meta({ description: "It looked whether a period that was sent before has changed since." }),
    dueAt: z.iso.datetime(),
    period: periodSchema,
    status: runStatusSchema,
    reason: runReasonSchema
      .nullable()
      .meta({ description: "Of what was skipped or failed, or is open for too long." }),
    reportId: z.string().nullable(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    deliveries: z.int().meta({ description: "Recipients that it was sent to." }),
  })
  .meta({ id: "ReportRun" });

const runView = (run: Run) => ({
  runId: run.runId,
  occurrence: run.occurrence,
  isCorrection: run.isCorrection,
  dueAt: run.dueAt,
  period: run.period,
  status: run.status,
  reason: run.reason ?? null,
  reportId: run.reportId ?? null,
  startedAt: run.startedAt ?? null,
  endedAt: run.endedAt ?? null,
  deliveries: run.deliveries,
});

const deliveryViewSchema = z
  .object({
    deliveryId: z.string(),
    recipient: z.object({ email: z.string(), name: z.string().nullable() }),
    language: languageSchema,
    sentAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    status: z.enum(["open", "expired", "revoked"]).meta({ description: "Of the recipient's own link." }),
    revokedAt: z.iso.datetime().nullable(),
    downloads: z
      .array(downloadSchema)
      .meta({ description: "The newest hundred, the newest last; the audit trail has all." }),
  })
  .meta({ id: "ReportDelivery" });

const deliveryView = (delivery: Delivery, now: string) => ({
  deliveryId: delivery.deliveryId,
  recipient: { email: delivery.email, name: delivery.name ?? null },
  language: delivery.language,
  sentAt: delivery.createdAt,
  expiresAt: delivery.expiresAt,
  status: statusOf(delivery, now),
  revokedAt: delivery.revoked?.at ?? null,
  downloads: delivery.downloads,
});

function statusOf(delivery: Delivery, now: string) {
  if (delivery.revoked !== undefined) return "revoked" as const;
  return isOpen(delivery, now) ? ("open" as const) : ("expired" as const);
}

const runParams = subscriptionParams.extend({ runId: z.string().regex(/^[\w~-]{1,128}$/) });
const deliveryParams = runParams.extend({ reportDeliveryId: z.string().regex(/^[\w-]{1,64}$/) });
const positionSchema = z.object({ createdAt: z.string(), id: z.string() });

export function reportSubscriptionRunEndpoints(app: App) {
  const store = app.subscriptions.subscriptions;
  const shared = { tag: subscriptionTag, access: subscriptionAccess } as const;
  const route = `${subscriptionRoute}/{subscriptionId}/runs`;

  const listRuns = defineEndpoint(
    {
      ...shared,
      name: "listReportSubscriptionRuns",
      method: "GET",
      route,
      summary: "List what came of a subscription each time that it was due, newest first",
      params: subscriptionParams,
      query: z.object(pagingQuery(50)),
      responses: { 200: { description: "A page of runs.", schema: listSchema(runViewSchema) } },
    },
    async (request) => {
      const { params, query, url, now } = request;
      const { customerId, subscriptionId } = params;
      await keptSubscription(app, request);
      const scope = { name: "listReportSubscriptionRuns", url, key: app.config.signingKey, now };
      const { after, ...page } = startPage(scope, query, positionSchema);
      const runs = await store.runs(customerId, subscriptionId, { after, limit: page.limit + 1 });
      const { value, nextLink } = finishPage(scope, { after, ...page }, runs, ({ createdAt, id }) => ({
        createdAt,
        id,
      }));
      const items = value.map(runView);
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );

  const listDeliveries = defineEndpoint(
    {
      ...shared,
      name: "listReportDeliveries",
      method: "GET",
      route: `${route}/{runId}/deliveries`,
      summary: "List to whom a run sent its report, what became of their links, and what they downloaded",
      params: runParams,
      responses: { 200: { description: "All of them.", schema: listSchema(deliveryViewSchema) } },
    },
    async (request) => {
      const { params, now } = request;
      await keptSubscription(app, request);
      await readRun(params);
      const deliveries = await store.deliveries(params.customerId, params.runId);
      const at = now.toISOString();
      return { status: 200, body: { value: deliveries.map(({ value }) => deliveryView(value, at)) } };
    },
  );

  const revoke = defineEndpoint(
    {
      ...shared,
      name: "revokeReportDelivery",
      method: "POST",
      route: `${route}/{runId}/deliveries/{reportDeliveryId}/revoke`,
      summary: "Revoke a recipient's link: it opens no more, for good",
      description:
        "Revoked already: nothing changes. It can be done after the subscription was deleted, too.",
      params: deliveryParams,
      repeatable: true,
      responses: { 200: { description: "It is revoked.", schema: deliveryViewSchema } },
    },
    async (request) => {
      const { params, now } = request;
      const doing = doingOf(request, params.customerId);
      await keptSubscription(app, request);
      const current = () => readDelivery(params);
      const { value } = await changing(store, current, async () => revokeDelivery(doing, await current()));
      return { status: 200, body: deliveryView(value, now.toISOString()) };
    },
  );

  type OfRun = {
    readonly customerId: CustomerId;
    readonly subscriptionId: string;
    readonly runId: string;
  };

  /** @throws NotFoundError also for a run of another subscription. */
  async function readRun({ customerId, subscriptionId, runId }: OfRun): Promise<Versioned<Run>> {
    const run = await store.run(customerId, runId);
    if (run?.value.subscriptionId !== subscriptionId) throw new NotFoundError(`no run ${runId}`);
    return run;
  }

  async function readDelivery({
    customerId,
    subscriptionId,
    runId,
    reportDeliveryId,
  }: OfRun & { readonly reportDeliveryId: string }): Promise<Versioned<Delivery>> {
    const delivery = await store.delivery(customerId, reportDeliveryId);
    if (delivery?.value.runId !== runId || delivery.value.subscriptionId !== subscriptionId)
      throw new NotFoundError(`no delivery ${reportDeliveryId}`);
    return delivery;
  }

  return [listRuns, listDeliveries, revoke];
}
