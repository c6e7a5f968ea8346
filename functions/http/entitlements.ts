import * as z from "zod";
import { defineEndpoint, type Grant } from "../../src/access/grant.ts";
import { unitSchema } from "../../src/agreements/agreement-event.ts";
import { customerIdSchema, entitlementIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { lineView, statusAt } from "../../src/consumption/activity.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { readDrillDown, readReversed, rowView } from "../../src/consumption/drill-down.ts";
import { entitlementAccount } from "../../src/consumption/entry.ts";
import { requestStatusSchema, severitySchema } from "../../src/consumption/event.ts";
import { type RowSort, sortKeyOf } from "../../src/consumption/row-store.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import { InvalidRequestError } from "../../src/platform/errors.ts";
import type { Filter, FilterFields } from "../../src/platform/filter.ts";
import { toSql } from "../../src/platform/filter-evaluation.ts";
import type { Order } from "../../src/platform/orderby.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { allOrList, filterOf, orderByOf } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery, lineSchema } from "./activity.ts";

const params = z.object({ customerId: customerIdSchema, entitlementId: entitlementIdSchema });
const scopeQuery = { workspaces: allOrList(workspaceIdSchema).default("all"), asOf: asOfQuery };

const entitlementSchema = lineSchema
  .extend({
    description: z.string().nullable(),
    actionUrl: z.url().nullable(),
    cases: z.int().meta({ description: "Different support cases among the rows." }),
    agreementId: z.string(),
    packageId: z.string(),
    packageName: z.string(),
    startDate: z.iso.date(),
    endDate: z.iso.date(),
    status: z.enum(["upcoming", "active", "inactive"]),
    dataAsOf: z.iso.datetime().nullable(),
    rowsLink: z.url().meta({ description: "The rows that add up to `consumed`." }),
  })
  .meta({ id: "Entitlement" });

const eventName = z.object({ source: z.string(), id: z.string() });

const rowSchema = z
  .object({
    rowId: z.string(),
    kind: z.enum(["delivery", "reversal"]),
    number: z.string().nullable(),
    type: z.string(),
    title: z.string().nullable(),
    product: z.string().nullable(),
    severity: severitySchema.nullable(),
    status: requestStatusSchema.nullable(),
    openedAt: z.iso.datetime().nullable(),
    closedAt: z.iso.datetime().nullable(),
    deliveredAt: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    deliveredMinutes: z.int().nullable(),
    quantity: z.int().meta({ description: "In `unit`; negative for a reversal." }),
    unit: unitSchema,
    agreementId: z.string(),
    packageId: z.string(),
    workspaceId: z.string(),
    primaryContact: z.string().nullable(),
    event: eventName,
    reverses: eventName.nullable(),
  })
  .meta({ id: "DeliveryRow" });

const filterFields = {
  number: "string",
  title: "string",
  product: "string",
  severity: "string",
  status: "string",
  primaryContact: "string",
  workspaceId: "string",
  deliveredAt: "instant",
  recordedAt: "instant",
  openedAt: "instant",
  quantity: "integer",
} as const satisfies FilterFields;

const filterPaths: Readonly<Record<keyof typeof filterFields, string>> = {
  number: "c.event.data.request.number",
  title: "c.event.data.request.title",
  product: "c.event.data.request.product",
  severity: "c.event.data.request.severity",
  status: "c.event.data.request.status",
  primaryContact: "c.event.data.request.primaryContact",
  workspaceId: "c.workspaceId",
  deliveredAt: "c.at",
  recordedAt: "c.recordedAt",
  openedAt: "c.event.data.request.openedAt",
  quantity: "c.quantity",
};

const sortFields = ["deliveredAt", "recordedAt", "quantity"] as const satisfies readonly RowSort[];
const positionSchema = z.object({ key: z.union([z.string(), z.number()]), id: z.string() });

export function entitlementEndpoints(app: App) {
  const getEntitlement = defineEndpoint(
    {
      name: "getEntitlement",
      method: "GET",
      route: "customers/{customerId}/entitlements/{entitlementId}",
      tag: "Customer Activity",
      summary: "Get the drill-down of an entitlement: description, totals, action link",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params,
      query: z.object(scopeQuery),
      responses: { 200: { description: "The entitlement.", schema: entitlementSchema } },
    },
    async ({ params, query, grant, now, url }) => {
      const { figures, line, ledgerId, scope } = await drillDownOf(app, params, query, grant, now);
      const { entitlement, package: item } = line;
      const cases = await app.activity.caseCount(ledgerId, scope);
      const rowsLink = new URL(url);
      rowsLink.pathname += "/rows";
      return {
        status: 200,
        body: {
          ...lineView(line),
          description: entitlement.description ?? null,
          actionUrl: entitlement.actionUrl ?? null,
          cases,
          agreementId: line.agreementId,
          packageId: item.packageId,
          packageName: item.name,
          startDate: item.startDate,
          endDate: item.endDate,
          status: statusAt(item, query.asOf ?? now.toISOString()),
          dataAsOf: figures.lastAt ?? null,
          rowsLink: rowsLink.href,
        },
      };
    },
  );

  const listRows = defineEndpoint(
    {
      name: "listEntitlementRows",
      method: "GET",
      route: "customers/{customerId}/entitlements/{entitlementId}/rows",
      tag: "Customer Activity",
      summary: "List every row behind the total of an entitlement",
      description: "Newest first unless `orderby` names another field; one field only.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params,
      query: z.object({
        ...scopeQuery,
        ...pagingQuery(100),
        filter: filterOf(filterFields),
        orderby: orderByOf(sortFields),
      }),
      responses: {
        200: {
          description: "A page of rows.",
          schema: listSchema(rowSchema).extend({
            dataAsOf: z.iso.datetime().nullable(),
            rows: z.enum(["all", "permitted"]),
          }),
        },
      },
    },
    async ({ params, query, grant, now, url }) => {
      const { figures, line, ledgerId, scope } = await drillDownOf(app, params, query, grant, now);
      const paging = { name: "listEntitlementRows", url, key: app.config.signingKey, now };
      const page = startPage(paging, query, positionSchema);
      const order = oneOrder(query.orderby);
      const entries = await app.activity.rows(ledgerId, {
        ...scope,
        sort: order.field,
        descending: order.direction === "desc",
        after: page.after,
        filter: query.filter === undefined ? undefined : filterSql(query.filter),
        limit: page.limit + 1,
      });
      const reversed = await readReversed(app.activity, ledgerId, scope.chosen, entries);
      const { value, nextLink } = finishPage(paging, page, entries, (entry) => ({
        key: sortKeyOf(entry, order.field),
        id: entry.id,
      }));
      const rows = value.map((entry) => rowView(entry, reversed.get(entry.reverses ?? ""), line));
      return {
        status: 200,
        body: {
          value: rows,
          ...(nextLink === undefined ? {} : { nextLink }),
          dataAsOf: figures.lastAt ?? null,
          rows: "all" as const,
        },
      };
    },
  );

  return [getEntitlement, listRows];
}

type DrillDownScope = { readonly workspaces: "all" | readonly string[]; readonly asOf?: string | undefined };

/** The entitlement's figures, and the rows that they are the sum of. */
async function drillDownOf(
  app: App,
  { customerId, entitlementId }: z.infer<typeof params>,
  { workspaces, asOf }: DrillDownScope,
  grant: Grant,
  now: Date,
) {
  const customer = await readCustomer(app.customers, customerId);
  const chosen = chooseWorkspaces(customer, grant.scope, workspaces);
  const drillDown = await readDrillDown(
    app.activity,
    customer,
    entitlementId,
    chosen,
    asOf,
    asOf ?? now.toISOString(),
  );
  const account = entitlementAccount(entitlementId);
  return { ...drillDown, scope: { account, chosen, asOf } };
}

/** Every order needs an index of its own, so a grid is sorted by one field; the row's id makes it total. */
function oneOrder(orders: readonly Order<RowSort>[] | undefined): Order<RowSort> {
  if (orders === undefined) return { field: "deliveredAt", direction: "desc" };
  const [order, ...others] = orders;
  if (order === undefined || others.length > 0) {
    throw new InvalidRequestError("InvalidOrderBy", "orderby: name exactly one field.", {
      target: "orderby",
    });
  }
  return order;
}

function filterSql(filter: Filter) {
  const { text, parameters } = toSql(filter, { fields: filterFields, paths: filterPaths });
  return { query: text, parameters };
}
