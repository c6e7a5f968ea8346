import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import type { ActivityStore } from "../../src/consumption/activity-store.ts";
import { type AdditionalCases, collectAdditionalCases } from "../../src/consumption/additional-cases.ts";
import { type Chosen, chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { type LedgerId, reasonSchema } from "../../src/consumption/entry.ts";
import type { AdditionalEntry } from "../../src/consumption/row-store.ts";
import { ledgersOf, readCustomer } from "../../src/consumption/selection.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { allOrList, commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";
import { additionalCaseRowEndpoints, additionalRowsLink } from "./additional-case-rows.ts";

const caseSchema = z
  .object({
    key: z.string().meta({ description: "The case number, or the id of its one row where it has none." }),
    number: z.string().nullable(),
    title: z.string().nullable(),
    service: z.string(),
    category: z.string().nullable(),
    reasons: z.array(reasonSchema),
    openedAt: z.iso.datetime().nullable(),
    lastDeliveredAt: z.iso.datetime(),
    minutes: z.int(),
    rows: z.int(),
    agreementId: z.string().nullable(),
    rowsLink: z.url(),
  })
  .meta({ id: "AdditionalCase" });

const additionalCasesSchema = listSchema(caseSchema).extend({
  dataAsOf: z.iso.datetime().nullable(),
  cases: z.int(),
  minutes: z.int(),
  rows: z.int(),
  reasons: z
    .partialRecord(reasonSchema, z.int())
    .meta({ description: "Cases for each reason; a case with two reasons is in both." }),
  services: z.array(
    z.object({ service: z.string(), requests: z.int(), minutes: z.int(), rowsLink: z.url() }),
  ),
  rowsLink: z.url().meta({ description: "The rows of all of these cases." }),
  reasonLinks: z
    .partialRecord(reasonSchema, z.url())
    .meta({ description: "The rows of the cases for each reason." }),
});

export function additionalCaseEndpoints(app: App) {
  const listAdditionalCases = defineEndpoint(
    {
      name: "listAdditionalCases",
      method: "GET",
      route: "customers/{customerId}/additionalCases",
      tag: "Customer Activity",
      summary: "List the cases that no entitlement accounts for, with totals by service and reason",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object({
        workspaces: allOrList(workspaceIdSchema).default("all"),
        agreements: commaList(agreementIdSchema)
          .optional()
          .meta({ description: "Only cases booked to these. Default: all, and those booked to none." }),
        asOf: asOfQuery,
        ...pagingQuery(100),
      }),
      responses: {
        200: { description: "Totals of all cases, and a page of them.", schema: additionalCasesSchema },
      },
    },
    async ({ params, query, grant, now, url }) => {
      const customer = await readCustomer(app.customers, params.customerId);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const pages = additionalOf(app.activity, ledgersOf(customer, query.agreements), chosen, query.asOf);
      const { items, ...totals } = await collectAdditionalCases(pages);
      const scope = { name: "listAdditionalCases", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.string());
      const rest = items.filter((item) => page.after === undefined || positionOf(item) > page.after);
      const { value, ...link } = finishPage(scope, page, rest.slice(0, page.limit + 1), positionOf);
      return { status: 200, body: { ...withLinks(url, totals, value), ...link } };
    },
  );
  return [listAdditionalCases, ...additionalCaseRowEndpoints(app)];
}

/** Every total, with the rows that it is made of. */
function withLinks(
  url: URL,
  { services, ...totals }: Omit<AdditionalCases, "items">,
  value: AdditionalCases["items"],
) {
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
    value: value.map((item) => ({
      ...item,
      rowsLink: additionalRowsLink(url, { case: item.key, service: item.service }),
    })),
  };
}

const positionOf = ({ key, service }: { readonly key: string; readonly service: string }): string =>
  `${key}\n${service}`;

async function* additionalOf(
  store: ActivityStore,
  ledgers: readonly LedgerId[],
  chosen: Chosen,
  asOf: string | undefined,
): AsyncGenerator<readonly AdditionalEntry[]> {
  for (const ledgerId of ledgers) yield* store.additional(ledgerId, chosen, asOf);
}
