import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { numberedOf } from "../../src/consumption/case-rows.ts";
import { readReversed } from "../../src/consumption/drill-down.ts";
import type { Entry } from "../../src/consumption/entry.ts";
import {
  columnsOfGrid,
  type DeliveryGrid,
  filterNames,
  gridOf,
  oneOrder,
  orderedNames,
  searchedCells,
} from "../../src/consumption/grid.ts";
import { readBalances } from "../../src/consumption/grid-balance.ts";
import { readContactRows } from "../../src/consumption/grid-contact-rows.ts";
import { rowCondition } from "../../src/consumption/grid-query.ts";
import {
  assessmentRow,
  caseRow,
  creditRow,
  educationRow,
  otherRow,
  type RowSource,
  selectColumns,
} from "../../src/consumption/grid-rows.ts";
import { readOf, readShownPage } from "../../src/consumption/grid-visibility.ts";
import { type RowSort, sortKeyOf } from "../../src/consumption/row-store.ts";
import {
  finishPage,
  linkPage,
  type Page,
  type PageScope,
  pagingQuery,
  startPage,
} from "../../src/platform/paging.ts";
import { commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { drillDownOf, drillDownParams, drillDownQuery } from "./drill-down.ts";
import {
  columnNames,
  columnsOf,
  gridSchema,
  type SelectedNames,
  searchQuery,
  selectedNames,
} from "./grid-schemas.ts";
import { type VisibleRows, visibleRows } from "./visible-rows.ts";

const rowsQuery = z.object({
  ...drillDownQuery,
  ...pagingQuery(100),
  search: searchQuery(
    "Part of the number, title, product, primary contact, engagement, learner, activity title, assessment, name or e-mail, in any case.",
  ),
  case: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: "Only the rows of the case with this number." }),
  select: commaList(z.string(), columnNames.length).optional().meta({
    description: "The columns to return, separated by commas, of those of the grid; `rowId` always is.",
  }),
  filter: z
    .string()
    .optional()
    .meta({
      description: `A condition on columns of the grid, which are in ${filterNames}. By \`deliveredMinutes\` where minutes are counted. What is the same in all rows or computed for each, such as \`expiresOn\` and \`balanceAfter\`, is none of them.`,
    }),
  orderby: z
    .string()
    .optional()
    .meta({ description: "One column of those that `filter` takes in this grid, with asc or desc." }),
});
type RowsQuery = z.output<typeof rowsQuery>;

const positionSchema = z.object({ key: z.union([z.string(), z.number(), z.null()]), id: z.string() });
type Position = z.output<typeof positionSchema>;
type Paging = { readonly scope: PageScope; readonly page: Page<Position> };

type DrillDown = Awaited<ReturnType<typeof drillDownOf>>;

export function entitlementRowEndpoints(app: App) {
  const listRows = defineEndpoint(
    {
      name: "listEntitlementRows",
      method: "GET",
      route: "customers/{customerId}/entitlements/{entitlementId}/rows",
      tag: "Customer Activity",
      summary: "List every row behind the total of an entitlement",
      description:
        "The columns are those of the entitlement's kind, which `grid` names. The quantities of all rows add up to `consumed`: what is taken back has a row of its own, with the columns of what it takes back. Deliveries come newest first, contacts by e-mail, unless `orderby` says otherwise. Texts are compared by their first 256 characters.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: drillDownParams,
      query: rowsQuery,
      responses: { 200: { description: "A page of rows.", schema: gridSchema } },
    },
    async ({ params, query, grant, principal, now, url }) => {
      const drillDown = await drillDownOf(app, { params, query, grant, now });
      const grid = gridOf(drillDown.line.entitlement.service);
      const names = selectedNames(query.select, columnsOf[grid]);
      const scope = { name: "listEntitlementRows", url, key: app.config.signingKey, now };
      const paging = { scope, page: startPage(scope, query, positionSchema) };
      if (grid === "contacts")
        return { status: 200, body: await contactsBody(app, drillDown, query, paging, names) };
      const { customerId } = params;
      const visible = await visibleRows(app, { principal, grant, url }, customerId, drillDown.scope.chosen);
      return {
        status: 200,
        body: await deliveriesBody(app, { grid, drillDown, visible }, query, paging, names),
      };
    },
  );
  return [listRows];
}

type DeliveryRows = {
  readonly grid: DeliveryGrid;
  readonly drillDown: DrillDown;
  readonly visible: VisibleRows;
};

/** One query for the page, more where rows of it are hidden, one for what its reversals take back, and of credits two for the balances. */
async function deliveriesBody(
  app: App,
  { grid, drillDown, visible }: DeliveryRows,
  query: RowsQuery,
  { scope: paging, page }: Paging,
  names: SelectedNames,
) {
  const { figures, line, ledgerId, scope } = drillDown;
  const columns = columnsOfGrid(grid, line.entitlement.unit);
  const { field, direction } = oneOrder(query.orderby, orderedNames(columns), {
    field: "deliveredAt",
    direction: "desc",
  });
  const sort: RowSort = columns[field]?.sort ?? "deliveredAt";
  const filter = rowCondition(query, columns, searchedCells[grid], [visible.filter]);
  const asked = { ...scope, sort, descending: direction === "desc", filter };
  const placeOf = (entry: Entry): Position => ({ key: sortKeyOf(entry, sort), id: entry.id });
  const read = async (after: Position | undefined, limit: number) => {
    const rows = await app.activity.rows(ledgerId, { ...asked, after, limit });
    return { ...readOf(rows, limit, placeOf), found: await visible.shown(rows, numberedOf) };
  };
  const shown = await readShownPage(page, read, placeOf);
  const { value, ...link } = linkPage(paging, page, shown.value, shown.next);
  const [reversed, balances] = await Promise.all([
    readReversed(app.activity, ledgerId, scope.chosen, value),
    grid === "credits" ? balancesOf(app, drillDown, value) : undefined,
  ]);
  const sources = value.map(
    (entry): RowSource => ({
      entry,
      reversed: reversed.get(entry.reverses ?? ""),
      line,
      balanceAfter: balances?.get(entry.id),
      requestLink: visible.linkOf(numberedOf(entry).number),
    }),
  );
  const about = { ...link, dataAsOf: figures.lastAt ?? null, rows: visible.rows };
  return { ...gridValue(grid, sources, names), ...about };
}

async function balancesOf(app: App, { figures, line, ledgerId }: DrillDown, entries: readonly Entry[]) {
  const { terms } = figures.head;
  return terms && readBalances(app.activity, ledgerId, terms, line, entries);
}

function gridValue(grid: DeliveryGrid, sources: readonly RowSource[], names: SelectedNames) {
  const rows = <Row extends { readonly rowId: string }>(view: (source: RowSource) => Row) =>
    sources.map((source) => selectColumns(view(source), names));
  switch (grid) {
    case "cases":
      return { grid, value: rows(caseRow) };
    case "education":
      return { grid, value: rows(educationRow) };
    case "assessments":
      return { grid, value: rows(assessmentRow) };
    case "credits":
      return { grid, value: rows(creditRow) };
    case "other":
      return { grid, value: rows(otherRow) };
  }
}

/** One query for the people, who are no more than the agreements allow. */
async function contactsBody(
  app: App,
  { line, contacts, scope, figures }: DrillDown,
  query: RowsQuery,
  { scope: paging, page }: Paging,
  names: SelectedNames,
) {
  const { customerId } = figures.head;
  const rows = await readContactRows(
    app.directory.directory,
    customerId,
    { contacts, line, chosen: scope.chosen },
    query,
  );
  const rest = rows.after(page.after);
  const { value, ...link } = finishPage(paging, page, rest.slice(0, page.limit + 1), rows.positionOf);
  return {
    grid: "contacts" as const,
    value: value.map((row) => selectColumns(row, names)),
    ...link,
    contacts: line.consumed ?? 0,
    allowed: line.purchased ?? null,
    dataAsOf: null,
    rows: "all" as const,
  };
}
