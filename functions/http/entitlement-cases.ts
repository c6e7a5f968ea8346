import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { unitSchema } from "../../src/agreements/agreement-event.ts";
import { type Case, countCases, readCases } from "../../src/consumption/case-list.ts";
import type { Line } from "../../src/consumption/figures.ts";
import { columnsOfGrid, gridOf, oneOrder, searchedCells } from "../../src/consumption/grid.ts";
import { type CellName, keptCell } from "../../src/consumption/grid-cells.ts";
import { type RowsAsked, rowCondition } from "../../src/consumption/grid-query.ts";
import { linkPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { booleanText } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { drillDownLink, drillDownOf, drillDownParams, drillDownQuery } from "./drill-down.ts";
import { requestLinkColumn, searchQuery, shownRows } from "./grid-schemas.ts";
import { visibleRows } from "./visible-rows.ts";

const text = z.string().nullable();
const instant = z.iso.datetime();

const caseSchema = z
  .object({
    number: text.meta({ description: "Null: the rows that are of no case." }),
    title: text.meta({ description: "Its first 256 characters." }),
    product: text,
    severity: text,
    status: text,
    openedAt: instant.nullable(),
    closedAt: instant.nullable(),
    deliveries: z.int(),
    rows: z.int().meta({ description: "Deliveries and what takes them back." }),
    quantity: z.int().meta({ description: "What the rows add up to, in `unit`." }),
    unit: unitSchema,
    lastDeliveredAt: instant,
    rowsLink: z.url(),
    requestLink: requestLinkColumn,
  })
  .meta({ id: "SupportCase" });

const casesSchema = listSchema(caseSchema).extend({
  count: z.int().nullable().meta({
    description:
      "The cases with a number of which something is left, where `count=true` asks. One of which everything was taken back is listed, with quantity 0, and not counted.",
  }),
  dataAsOf: instant.nullable(),
  rows: shownRows,
});

const positionSchema = z.object({ number: z.string().nullable() });

export function entitlementCaseEndpoints(app: App) {
  const listCases = defineEndpoint(
    {
      name: "listEntitlementCases",
      method: "GET",
      route: "customers/{customerId}/entitlements/{entitlementId}/cases",
      tag: "Customer Activity",
      summary: "List the rows of an entitlement by support case",
      description:
        "In order of the case numbers; first, under null, what is of no case. A case is on one page only, with all of its rows; a page may hold fewer cases than asked for. What is shown of a case is as its last delivery has it. `filter` and `search` find cases that have at least one row which meets both; what is shown of a case is of all of its rows then too.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: drillDownParams,
      query: z.object({
        ...drillDownQuery,
        ...pagingQuery(100),
        search: searchQuery("As of the rows: part of one of the texts of a row, in any case."),
        filter: z
          .string()
          .optional()
          .meta({ description: "As of the rows: a condition on the columns of a row." }),
        orderby: z
          .string()
          .optional()
          .meta({ description: "`number`, with asc or desc; under desc what is of no case comes last." }),
        count: booleanText.optional().meta({
          type: "boolean",
          description: "Whether to count all cases, which costs more with more rows.",
        }),
      }),
      responses: { 200: { description: "A page of cases.", schema: casesSchema } },
    },
    async ({ params, query, grant, principal, now, url }) => {
      const { figures, line, ledgerId, scope } = await drillDownOf(app, { params, query, grant, now });
      const visible = await visibleRows(app, { principal, grant, url }, params.customerId, scope.chosen);
      const paging = { name: "listEntitlementCases", url, key: app.config.signingKey, now };
      const page = startPage(paging, query, positionSchema);
      const narrowed = { ...scope, filter: visible.filter, visibility: visible };
      const asked = { ...narrowed, matching: matchingOf(line, query) };
      const { direction } = oneOrder(query.orderby, ["number"], { field: "number", direction: "asc" });
      const shown = await readCases(app.activity, ledgerId, asked, {
        ...page,
        isDescending: direction === "desc",
      });
      const count = query.count === true ? await countCases(app.activity, ledgerId, asked) : null;
      const { value, ...link } = linkPage(paging, page, shown.value, shown.next);
      const linkTo = (number: string | null) =>
        drillDownLink(url, "rows", number === null ? { filter: "number eq null" } : { case: number });
      const unit = line.entitlement.unit ?? "minutes";
      return {
        status: 200,
        body: {
          value: value.map((each) => ({
            ...caseView(each),
            unit,
            rowsLink: linkTo(each.number),
            requestLink: visible.linkOf(each.number),
          })),
          ...link,
          count,
          dataAsOf: figures.lastAt ?? null,
          rows: visible.rows,
        },
      };
    },
  );
  return [listCases];
}

/** What a row is found by, as in the list of rows. Support contacts have no rows by case. */
function matchingOf({ entitlement }: Line, { filter, search }: RowsAsked) {
  const grid = gridOf(entitlement.service);
  const rows = grid === "contacts" ? "other" : grid;
  return rowCondition({ filter, search }, columnsOfGrid(rows, entitlement.unit), searchedCells[rows]);
}

function caseView({ number, deliveries, rows, quantity, last }: Case) {
  const cell = (name: CellName) => keptCell(last.cells, name);
  return {
    number,
    title: cell("title"),
    product: cell("product"),
    severity: cell("severity"),
    status: cell("status"),
    openedAt: cell("openedAt"),
    closedAt: cell("closedAt"),
    deliveries,
    rows,
    quantity,
    lastDeliveredAt: last.at,
  };
}
