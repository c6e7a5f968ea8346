import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { seesScope } from "../../src/reports/report-access.ts";
import { checkScope } from "../../src/reports/request-report.ts";
import { recentRuns } from "../../src/subscriptions/plan-due.ts";
import { ownerFrom, type Subscription } from "../../src/subscriptions/subscription.ts";
import {
  changeSubscription,
  createSubscription,
  deleteSubscription,
  newSubscriptionId,
  pauseSubscription,
  resumeSubscription,
} from "../../src/subscriptions/subscription-change.ts";
import { MERGE_PATCH } from "./directory.ts";
import {
  dueTimeSchema,
  dueTimes,
  factsOf,
  mergedSchedule,
  namedScheduleSchema,
  newSubscriptionSchema,
  subscriptionPatchSchema,
  subscriptionView,
  subscriptionViewSchema,
} from "./report-subscription-view.ts";
import { changing, changingSeen, requireScope, seenSubscription } from "./seen-subscription.ts";

/** With what is planned come first the second looks at earlier occurrences, of which there are three at most. */
const NEWEST_RUNS = 4;

const customerParams = z.object({ customerId: customerIdSchema });
export const subscriptionParams = customerParams.extend({
  subscriptionId: z.string().regex(/^[\w-]{1,64}$/),
});
export const subscriptionRoute = "customers/{customerId}/reportSubscriptions";
/** Of one subscription it also depends on what it is of: on what the caller may see. */
export const subscriptionAccess = { kind: "workspaces", permission: "reports.create" } as const;
export const subscriptionTag = "Report subscriptions";

const positionSchema = z.object({ createdAt: z.string(), id: z.string() });
const exampleSchedule = { every: "month", dayOfMonth: 2, hour: 7, minute: 30, timeZone: "Europe/Madrid" };

export function reportSubscriptionEndpoints(app: App) {
  const store = app.subscriptions.subscriptions;
  const shared = { tag: subscriptionTag, access: subscriptionAccess } as const;

  const create = defineEndpoint(
    {
      ...shared,
      name: "createReportSubscription",
      method: "POST",
      route: subscriptionRoute,
      summary: "Have a report made and sent to its recipients by a schedule",
      description:
        "Each time it is due, the report of the month, week or quarter before is made, and every recipient gets a message with a link of their own. It has the rights of its owner, who is whoever makes it: an owner who may not see all of it any more pauses it. Whoever may see all that it reports may make and change it.",
      params: customerParams,
      body: {
        kind: "json",
        schema: newSubscriptionSchema,
        example: {
          name: "Monthly proof of delivery",
          reportKind: "cpod",
          agreementId: "agr-a-base",
          schedule: exampleSchedule,
          recipients: [{ email: "finance@customer.example", name: "Finance", language: "es" }],
          formats: ["pdf", "xlsx"],
        },
      },
      repeatable: true,
      responses: { 201: { description: "It is there.", schema: subscriptionViewSchema } },
    },
    async (request) => {
      const { params, body, grant, principal } = request;
      const { customerId } = params;
      const doing = doingOf(request, customerId);
      const customer = await readCustomer(app.customers, customerId);
      const facts = factsOf(body);
      requireScope(grant, customerId, facts.scope);
      checkScope(customer, facts.scope);
      const subscriptionId = newSubscriptionId(doing);
      const current = () => seenSubscription(app, { params: { customerId, subscriptionId }, grant });
      const created = await changing(store, current, async () => {
        const known = await store.read(customerId, subscriptionId);
        if (known !== undefined) return { change: undefined, after: known.value };
        const others = (await store.list(customerId)).map(({ value }) => value);
        return createSubscription(doing, others, facts, ownerFrom(principal));
      });
      return { status: 201, ...(await shownOf(created)) };
    },
  );

  const list = defineEndpoint(
    {
      ...shared,
      name: "listReportSubscriptions",
      method: "GET",
      route: subscriptionRoute,
      summary: "List the subscriptions to reports that the caller may see all data of, oldest first",
      params: customerParams,
      query: z.object(pagingQuery(25)),
      responses: {
        200: { description: "A page of subscriptions.", schema: listSchema(subscriptionViewSchema) },
      },
    },
    async ({ params: { customerId }, query, grant, url, now }) => {
      const scope = { name: "listReportSubscriptions", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const seen = (await store.list(customerId))
        .filter(({ value }) => seesScope(grant.customers.get(customerId), value.scope))
        .filter(({ value }) => page.after === undefined || isBehind(value, page.after));
      const { value, nextLink } = finishPage(scope, page, seen, (each) => positionOf(each.value));
      const items = await Promise.all(value.map(async (each) => (await shownOf(each)).body));
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );

  const get = defineEndpoint(
    {
      ...shared,
      name: "getReportSubscription",
      method: "GET",
      route: `${subscriptionRoute}/{subscriptionId}`,
      summary: "Get a subscription: what it says, when it is due next, and what came of it last",
      params: subscriptionParams,
      responses: { 200: { description: "The subscription.", schema: subscriptionViewSchema } },
    },
    async (request) => ({
      status: 200,
      // Its times and its runs go on without a change of it.
      isAlwaysWhole: true,
      ...(await shownOf(await seenSubscription(app, request))),
    }),
  );

  const update = defineEndpoint(
    {
      ...shared,
      name: "updateReportSubscription",
      method: "PATCH",
      route: `${subscriptionRoute}/{subscriptionId}`,
      summary: "Change a subscription",
      description:
        "All but what it reports: for another agreement or other workspaces there is another subscription. Of a schedule single members can be named; lists are replaced whole. One that gets another schedule is due by it from now on; no month, week or quarter is sent twice.",
      params: subscriptionParams,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: subscriptionPatchSchema,
        example: { schedule: { hour: 9 } },
      },
      responses: { 200: { description: "As it is now.", schema: subscriptionViewSchema } },
    },
    async (request) => {
      const doing = doingOf(request, request.params.customerId);
      const { schedule, ...facts } = request.body;
      const changed = await changingSeen(app, request, async (known) => {
        const { customerId, subscriptionId } = known.value;
        const patch = { ...facts, schedule: schedule && mergedSchedule(known.value.schedule, schedule) };
        const recent = schedule && (await recentRuns(store, customerId, subscriptionId));
        return changeSubscription(doing, known, patch, recent);
      });
      return { status: 200, ...(await shownOf(changed)) };
    },
  );

  const remove = defineEndpoint(
    {
      ...shared,
      name: "deleteReportSubscription",
      method: "DELETE",
      route: `${subscriptionRoute}/{subscriptionId}`,
      summary: "Delete a subscription: nothing is sent of it any more",
      description:
        "Links that were sent open until they expire or are revoked, which can be done after it, too.",
      params: subscriptionParams,
      responses: { 204: { description: "It is gone." } },
    },
    async (request) => {
      const doing = doingOf(request, request.params.customerId);
      await changingSeen(app, request, (known) => deleteSubscription(doing, known));
      return { status: 204 };
    },
  );

  const pause = defineEndpoint(
    {
      ...shared,
      name: "pauseReportSubscription",
      method: "POST",
      route: `${subscriptionRoute}/{subscriptionId}/pause`,
      summary: "Pause a subscription: nothing is sent of it until it is resumed",
      params: subscriptionParams,
      repeatable: true,
      conditional: true,
      responses: { 200: { description: "It is paused.", schema: subscriptionViewSchema } },
    },
    async (request) => {
      const doing = doingOf(request, request.params.customerId);
      const paused = await changingSeen(app, request, (known) => pauseSubscription(doing, known));
      return { status: 200, ...(await shownOf(paused)) };
    },
  );

  const resume = defineEndpoint(
    {
      ...shared,
      name: "resumeReportSubscription",
      method: "POST",
      route: `${subscriptionRoute}/{subscriptionId}/resume`,
      summary: "Resume a subscription: it is due from now on, and makes up for nothing",
      description: "One whose owner may not see it any more gets whoever resumes it as its owner.",
      params: subscriptionParams,
      repeatable: true,
      conditional: true,
      responses: { 200: { description: "It is active.", schema: subscriptionViewSchema } },
    },
    async (request) => {
      const doing = doingOf(request, request.params.customerId);
      const by = ownerFrom(request.principal);
      const customer = await readCustomer(app.customers, request.params.customerId);
      const resumed = await changingSeen(app, request, async (known) => {
        const { owner, scope } = known.value;
        return resumeSubscription(doing, known, by, await app.subscriptions.ownerMay(customer, owner, scope));
      });
      return { status: 200, ...(await shownOf(resumed)) };
    },
  );

  const preview = defineEndpoint(
    {
      ...shared,
      name: "previewReportSchedule",
      method: "POST",
      route: "customers/{customerId}/reportSchedules/preview",
      summary: "Tell when a schedule is due next, and of which periods; nothing is saved",
      params: customerParams,
      body: {
        kind: "json",
        schema: z.strictObject({ schedule: namedScheduleSchema }),
        example: { schedule: exampleSchedule },
      },
      repeatable: true,
      responses: {
        200: {
          description: "The next five times.",
          schema: z.object({ value: z.array(dueTimeSchema) }),
        },
      },
    },
    async ({ body: { schedule }, now }) => ({
      status: 200,
      body: { value: dueTimes(schedule, now.toISOString()) },
    }),
  );

  async function shownOf({ value, etag }: Versioned<Subscription>) {
    const { customerId, subscriptionId } = value;
    const newest = await store.runs(customerId, subscriptionId, { after: undefined, limit: NEWEST_RUNS });
    const lastRun = newest.find(({ corrects }) => corrects === undefined) ?? newest[0];
    return { etag, body: subscriptionView(value, lastRun) };
  }

  return [create, list, get, update, remove, pause, resume, preview];
}

type Position = z.infer<typeof positionSchema>;

const positionOf = ({ createdAt, id }: Subscription): Position => ({ createdAt, id });

const isBehind = ({ createdAt, id }: Subscription, after: Position): boolean =>
  createdAt > after.createdAt || (createdAt === after.createdAt && id > after.id);
