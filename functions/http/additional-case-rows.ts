import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { serviceSchema } from "../../src/agreements/agreement-event.ts";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import {
  additionalCondition,
  additionalPositionSchema,
  additionalRowViews,
  readAdditionalRows,
} from "../../src/consumption/case-rows.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { reasonSchema } from "../../src/consumption/entry.ts";
import { additionalColumns, oneOrder, orderedNames } from "../../src/consumption/grid.ts";
import { selectColumns } from "../../src/consumption/grid-rows.ts";
import { readCustomer, readLedgerIds } from "../../src/consumption/selection.ts";
import { linkPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { allOrList, commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";
import { additionalCaseRowSchema, searchQuery, selectedNames, shownRows } from "./grid-schemas.ts";
import { visibleRows } from "./visible-rows.ts";

export const agreementsQuery = commaList(agreementIdSchema).optional().meta({
  description:
    "Only cases booked to these, each an agreement of the customer. Default: all cases, also those booked to no agreement or to one that is not known.",
});

const columnNames = Object.keys(additionalCaseRowSchema.shape);

const rowsQuery = z.object({
  workspaces: allOrList(workspaceIdSchema).default("all"),
  agreements: agreementsQuery,
  service: serviceSchema.optional(),
  reason: reasonSchema.optional(),
  case: z.string().min(1).max(128).optional().meta({ description: "The `key` of an additional case." }),
  search: searchQuery("Part of the number or title, in any case."),
  select: commaList(z.string(), columnNames.length).optional().meta({
    description: "The columns to return, separated by commas; `rowId` always is.",
  }),
  filter: z
    .string()
    .optional()
    .meta({
      description: `A condition on columns, of: ${Object.keys(additionalColumns).join(", ")}. For the reasons there is \`reason\`.`,
    }),
  orderby: z
    .string()
    .optional()
    .meta({
      description: `One column, with asc or desc, of: ${orderedNames(additionalColumns).join(", ")}. By \`deliveredMinutes\` is by \`quantity\`, whatever its unit.`,
    }),
  asOf: asOfQuery,
  ...pagingQuery(100),
});

/** Two queries for each ledger at most, and one more for what its reversals take back: nothing grows with the rows. */
export function additionalCaseRowEndpoints(app: App) {
  const listRows = defineEndpoint(
    {
      name: "listAdditionalCaseRows",
      method: "GET",
      route: "customers/{customerId}/additionalCases/rows",
      tag: "Customer Activity",
      summary: "List every row behind the totals of the additional cases",
      description:
        "Of all agreements together, newest first unless `orderby` says otherwise. What is taken back has a row of its own, with the columns of what it takes back. Texts are compared by their first 256 characters.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: rowsQuery,
      responses: {
        200: {
          description: "A page of rows.",
          schema: listSchema(additionalCaseRowSchema).extend({
            dataAsOf: z.iso.datetime().nullable().meta({
              description: "Time of the last delivery among all rows of the list, whatever the page.",
            }),
            rows: shownRows,
          }),
        },
      },
    },
    async ({ params, query, grant, principal, now, url }) => {
      const customer = await readCustomer(app.customers, params.customerId);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const names = selectedNames(query.select, columnNames);
      const { field, direction } = oneOrder(query.orderby, orderedNames(additionalColumns), NEWEST_FIRST);
      const sort = additionalColumns[field]?.sort ?? "deliveredAt";
      const paging = { name: "listAdditionalCaseRows", url, key: app.config.signingKey, now };
      const page = startPage(paging, query, additionalPositionSchema);
      const { customerId } = params;
      const visible = await visibleRows(app, { principal, grant, url }, customerId, chosen);
      const filterOf = additionalCondition(query, visible.filter);
      const scope = { chosen, asOf: query.asOf, filterOf, visibility: visible };
      const asked = { sort, descending: direction === "desc", after: page.after, limit: page.limit };
      const ledgers = await readLedgerIds(app.activity, customer, chosen, query.agreements);
      const shown = await readAdditionalRows(app.activity, ledgers, scope, asked);
      const { value, ...link } = linkPage(paging, page, shown.value, shown.next);
      const rows = await additionalRowViews(app.activity, chosen, value, visible.linkOf);
      const body = {
        value: rows.map((row) => selectColumns(row, names)),
        ...link,
        dataAsOf: shown.lastAt ?? null,
        rows: visible.rows,
      };
      return { status: 200, body };
    },
  );
  return [listRows];
}

const NEWEST_FIRST = { field: "deliveredAt", direction: "desc" } as const;

/** The rows behind a total of the list of additional cases, of the same workspaces, agreements and instant. */
export function additionalRowsLink(url: URL, of: Readonly<Record<string, string>> = {}): string {
  const link = new URL(url);
  const kept = ["api-version", "workspaces", "agreements", "asOf"];
  for (const name of [...link.searchParams.keys()]) if (!kept.includes(name)) link.searchParams.delete(name);
  for (const [name, value] of Object.entries(of)) link.searchParams.set(name, value);
  link.pathname = `${link.pathname}/rows`;
  return link.href;
}
