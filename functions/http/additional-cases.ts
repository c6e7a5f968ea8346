import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { casePositionSchema, readAdditionalCasePage } from "../../src/consumption/additional-case-pages.ts";
import { type AdditionalCases, collectAdditionalCases } from "../../src/consumption/additional-cases.ts";
import { readAdditionalLastAt } from "../../src/consumption/case-rows.ts";
import type { AdditionalEntry, CaseStore } from "../../src/consumption/case-store.ts";
import { type Chosen, chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { type LedgerId, reasonSchema } from "../../src/consumption/entry.ts";
import { readCustomer, readLedgerIds } from "../../src/consumption/selection.ts";
import { linkPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { allOrList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";
import { additionalCaseRowEndpoints, additionalRowsLink, agreementsQuery } from "./additional-case-rows.ts";
import { requestLinkColumn, shownRows } from "./grid-schemas.ts";
import { visibleRows } from "./visible-rows.ts";

const caseSchema = z
  .object({
    key: z.string().meta({ description: "The case number, or the id of its one row where it has none." }),
    number: z.string().nullable(),
    title: z.string().nullable(),
    service: z.string(),
    category: z.string().nullable(),
    reasons: z.array(reasonSchema).meta({ description: "Of any of its rows." }),
    openedAt: z.iso.datetime().nullable(),
    lastDeliveredAt: z.iso.datetime(),
    minutes: z.int(),
    rows: z.int(),
    agreementId: z.string().nullable(),
    rowsLink: z.url(),
    requestLink: requestLinkColumn,
  })
  .meta({ id: "AdditionalCase" });

/** Of all cases, whatever the page. */
const totalsShape = {
  cases: z.int().meta({ description: "Cases of which something is left: not all was taken back." }),
  minutes: z.int(),
  rows: z.int(),
  reasons: z.partialRecord(reasonSchema, z.int()).meta({
    description: "Cases for each reason of which something is left; a case with two reasons is in both.",
  }),
  services: z
    .array(z.object({ service: z.string(), requests: z.int(), minutes: z.int(), rowsLink: z.url() }))
    .meta({ description: "`requests`: the cases of the service of which something is left." }),
  rowsLink: z.url().meta({ description: "The rows of all of these cases." }),
  reasonLinks: z
    .partialRecord(reasonSchema, z.url())
    .meta({ description: "The rows of the cases for each reason." }),
};

const additionalCasesSchema = listSchema(caseSchema).extend({
  dataAsOf: z.iso
    .datetime()
    .nullable()
    .meta({ description: "Time of the last delivery in all of the list, whatever the page." }),
  rowsShown: shownRows,
  ...z.object(totalsShape).partial().shape,
});

/**
 * The first page reads every additional row of every ledger, page after page of the store, for the totals: its cost grows with
 * them. Each page, the first one too, reads its own cases by `readAdditionalCasePage`, and each following one the time of the
 * last row of each ledger: three queries for each ledger, whatever the number of cases, unless many of these are hidden or have many rows. Agreements that are named are
 * one query more each.
 */
export function additionalCaseEndpoints(app: App) {
  const listAdditionalCases = defineEndpoint(
    {
      name: "listAdditionalCases",
      method: "GET",
      route: "customers/{customerId}/additionalCases",
      tag: "Customer Activity",
      summary: "List the cases that no entitlement accounts for, with totals by service and reason",
      description:
        "In order of the case numbers; first, by the ids of their deliveries, those without one. The first page has the totals of all cases; following pages, which cost less, have cases only. A case is whole, with its rows of all agreements, once for each of its services; a page may hold fewer cases than asked for. Listed is what the caller may see, as `rowsShown` says; the totals are of all cases. A case of which everything was taken back is listed, with 0 minutes and its rows, and counts in no total.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object({
        workspaces: allOrList(workspaceIdSchema).default("all"),
        agreements: agreementsQuery,
        asOf: asOfQuery,
        ...pagingQuery(100),
      }),
      responses: {
        200: {
          description: "A page of cases, the first one with the totals of all.",
          schema: additionalCasesSchema,
        },
      },
    },
    async ({ params, query, grant, principal, now, url }) => {
      const customer = await readCustomer(app.customers, params.customerId);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const ledgers = await readLedgerIds(app.activity, customer, chosen, query.agreements);
      const paging = { name: "listAdditionalCases", url, key: app.config.signingKey, now };
      const page = startPage(paging, query, casePositionSchema);
      const visible = await visibleRows(app, { principal, grant, url }, params.customerId, chosen);
      const scope = { chosen, asOf: query.asOf };
      const narrowed = { ...scope, filter: visible.filter, visibility: visible };
      const [shown, about] = await Promise.all([
        readAdditionalCasePage(app.activity, ledgers, narrowed, page),
        page.after === undefined
          ? readTotals(app.activity, ledgers, scope).then((totals) => withLinks(url, totals))
          : readAdditionalLastAt(app.activity, ledgers, scope).then((lastAt) => ({
              dataAsOf: lastAt ?? null,
            })),
      ]);
      const { value, ...link } = linkPage(paging, page, shown.value, shown.next);
      const cases = value.map(({ item }) => ({
        ...item,
        rowsLink: additionalRowsLink(url, { case: item.key, service: item.service }),
        requestLink: visible.linkOf(item.number),
      }));
      return { status: 200, body: { value: cases, ...link, rowsShown: visible.rows, ...about } };
    },
  );
  return [listAdditionalCases, ...additionalCaseRowEndpoints(app)];
}

/** Whole for whoever may open the page (CA-18). */
async function readTotals(
  store: Pick<CaseStore, "additional">,
  ledgers: readonly LedgerId[],
  scope: { readonly chosen: Chosen; readonly asOf: string | undefined },
) {
  async function* pages(): AsyncGenerator<readonly AdditionalEntry[]> {
    for (const ledgerId of ledgers)
      yield* store.additional(ledgerId, { ...scope, filter: undefined, keys: undefined });
  }
  return collectAdditionalCases(pages());
}

/** Every total, with the rows that it is made of. */
function withLinks(url: URL, { services, items: _items, ...totals }: AdditionalCases) {
  const reasonLinks = reasonSchema.options
    .filter((reason) => totals.reasons[reason] !== undefined)
    .map((reason) => [reason, additionalRowsLink(url, { reason })] as const);
  return {
    ...totals,
    services: services.map((each) => ({
      ...each,
      rowsLink: additionalRowsLink(url, { service: each.service }),
    })),
    rowsLink: additionalRowsLink(url),
    reasonLinks: Object.fromEntries(reasonLinks),
  };
}
