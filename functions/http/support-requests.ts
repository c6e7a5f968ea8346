import * as z from "zod";
import { defineEndpoint, type Grant } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { ForbiddenError, InvalidRequestError } from "../../src/platform/errors.ts";
import type { FilterFields } from "../../src/platform/filter.ts";
import { toSql } from "../../src/platform/filter-evaluation.ts";
import type { KeysetPosition } from "../../src/platform/keyset.ts";
import { byOrder } from "../../src/platform/orderby.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { booleanText, filterOf, orderByOf } from "../../src/platform/query.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import type { RequestSummary } from "../../src/support/request.ts";
import type { RequestSort, RequestStore } from "../../src/support/request-store.ts";
import { summaryView, summaryViewSchema } from "../../src/support/request-view.ts";
import { searchTerms } from "../../src/support/search-words.ts";
import { ownSql, type Viewer, viewerOf, visibilitySql } from "../../src/support/viewer.ts";
import { viewerAt } from "./support-request.ts";

/** Customers that one list is put together from: each is one query. */
const CUSTOMERS_MAX = 10;
const SEARCH_LENGTH_MAX = 200;
const PAGE_ITEMS = 50;

const filterFields = {
  status: "string",
  severity: "string",
  product: "string",
  problemType: "string",
  workspaceId: "string",
  agreementId: "string",
  number: "string",
  country: "string",
  createdBy: "string",
  primaryContact: "string",
  advocate: "string",
  createdAt: "instant",
  changedAt: "instant",
  closedAt: "instant",
} as const satisfies FilterFields;

const paths: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(filterFields).map((name) => [name, `c.${name}`])),
  primaryContact: "c.primaryContact.email",
  advocate: "c.advocate.email",
};

const orderFields = [
  "createdAt",
  "changedAt",
  "closedAt",
  "number",
  "title",
  "product",
  "severity",
  "status",
] as const;
type OrderField = (typeof orderFields)[number];

const sortOf = (field: OrderField): RequestSort => (field === "severity" ? "severityRank" : field);

const listQuery = z.object({
  ...pagingQuery(PAGE_ITEMS),
  scope: z.enum(["visible", "mine", "organization"]).default("visible").meta({
    description:
      "`mine`: those the caller opened. `organization`: all of the organisation, for the Support request admin. `visible`: all that the caller may see.",
  }),
  customer: customerIdSchema.optional().meta({
    description: `Only this customer's. Needed by whoever belongs to more than ${CUSTOMERS_MAX}.`,
  }),
  filter: filterOf(filterFields),
  orderby: orderByOf(orderFields).meta({
    description: `One of ${orderFields.join(", ")}, with asc or desc. Default: createdAt desc. Of severities the most severe is first.`,
  }),
  search: z.string().trim().min(1).max(SEARCH_LENGTH_MAX).optional().meta({
    description:
      "Words of number, title, description or notes, all of which occur, in any case and with or without accents; or the beginning of a number.",
  }),
  count: booleanText
    .optional()
    .meta({ description: "`true`: also how many there are in all; this costs more." }),
});
type ListQuery = z.output<typeof listQuery>;

/** Numbers, and with them ids, are unique only within a customer: it is what comes last in the order. */
const positionSchema = z.object({
  key: z.union([z.string(), z.number(), z.null()]),
  id: z.string(),
  customerId: customerIdSchema,
});
type Position = z.infer<typeof positionSchema>;

export function supportRequestEndpoints(app: App) {
  const listSupportRequests = defineEndpoint(
    {
      name: "listSupportRequests",
      method: "GET",
      route: "supportRequests",
      tag: "Support requests",
      summary: "List support requests, newest first",
      description:
        "For example `scope=mine&filter=status ne 'closed' and severity eq 'critical'`, or `search=backup` for requests that mention it.",
      access: { kind: "signedIn" },
      query: listQuery,
      responses: {
        200: {
          description: "A page of requests.",
          schema: listSchema(summaryViewSchema).extend({
            count: z.int().optional().meta({ description: "In all, where it was asked for." }),
          }),
        },
      },
    },
    async ({ query, principal, grant, url, now }) => {
      const viewers = viewersOf({ principal, grant }, query);
      const scope = { name: "listSupportRequests", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const { sort, descending } = orderOf(query);
      const asked = { ...conditionsOf(query), sort, descending, limit: page.limit + 1 };
      const found = await Promise.all(
        viewers.map((viewer) =>
          app.support.requests.page(viewer.customerId, {
            ...asked,
            visible: listedSql(viewer, query.scope),
            after: page.after && placeAt(viewer, page.after, descending),
          }),
        ),
      );
      const inOrder = found.flat().toSorted(comparing(sort, descending));
      const { value, ...link } = finishPage(scope, page, inOrder, (each) => positionOf(each, sort));
      const count = query.count === true ? await countOf(app.support.requests, viewers, query) : undefined;
      const body = { value: value.map((each) => summaryView(each, url)), ...link };
      return { status: 200, body: { ...body, ...(count === undefined ? {} : { count }) } };
    },
  );

  return [listSupportRequests];
}

/** Whose requests are asked for: one customer's, or those of all that the caller belongs to. */
function viewersOf(
  asked: { readonly principal: Principal; readonly grant: Grant },
  { customer, scope }: ListQuery,
): readonly Viewer[] {
  const all =
    customer === undefined
      ? [...asked.grant.customers.values()].map((each) => viewerOf(each, asked.principal.email))
      : [viewerAt(asked, customer)];
  const viewers = scope === "organization" ? all.filter(({ seesOrganization }) => seesOrganization) : all;
  if (scope === "organization" && viewers.length === 0) {
    throw new ForbiddenError(
      "SupportRequestAdminOnly",
      "Organization requests are for the Support request admin, a role that a customer administrator assigns.",
      { target: "scope" },
    );
  }
  if (viewers.length <= CUSTOMERS_MAX) return viewers;
  throw new InvalidRequestError(
    "CustomerRequired",
    `customer: the caller belongs to ${viewers.length} customers; name one of them, as one list holds those of at most ${CUSTOMERS_MAX}.`,
    { target: "customer" },
  );
}

const listedSql = (viewer: Viewer, scope: ListQuery["scope"]) =>
  scope === "mine" ? ownSql(viewer) : visibilitySql(viewer);

function conditionsOf({ filter, search }: ListQuery) {
  const condition = filter && toSql(filter, { fields: filterFields, paths });
  return {
    filter: condition && { query: condition.text, parameters: condition.parameters },
    search: search === undefined ? undefined : { words: searchTerms(search), number: search },
  };
}

function orderOf({ orderby }: ListQuery): { readonly sort: RequestSort; readonly descending: boolean } {
  if (orderby === undefined) return { sort: "createdAt", descending: true };
  const [order, ...others] = orderby;
  if (order === undefined || others.length > 0) {
    throw new InvalidRequestError("InvalidOrderBy", "orderby: name exactly one field.", {
      target: "orderby",
    });
  }
  return { sort: sortOf(order.field), descending: order.direction === "desc" };
}

const positionOf = (request: RequestSummary, sort: RequestSort): Position => ({
  key: request[sort],
  id: request.id,
  customerId: request.customerId,
});

/** Where the list goes on at the viewer's customer: also with an equal place where that customer comes later. */
function placeAt(
  { customerId }: Viewer,
  { key, id, customerId: last }: Position,
  descending: boolean,
): KeysetPosition {
  return { key, id, isIncluded: descending ? customerId < last : customerId > last };
}

function comparing(sort: RequestSort, descending: boolean) {
  const direction = descending ? "desc" : "asc";
  return byOrder<RequestSort | "id" | "customerId">([
    { field: sort, direction },
    { field: "id", direction },
    { field: "customerId", direction },
  ]);
}

async function countOf(
  requests: RequestStore,
  viewers: readonly Viewer[],
  query: ListQuery,
): Promise<number> {
  const counts = await Promise.all(
    viewers.map((viewer) =>
      requests.count(viewer.customerId, { ...conditionsOf(query), visible: listedSql(viewer, query.scope) }),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
