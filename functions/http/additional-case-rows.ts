import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { serviceSchema } from "../../src/agreements/agreement-event.ts";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import {
  additionalCondition,
  additionalPositionOf,
  additionalPositionSchema,
  additionalRowViews,
  readAdditionalRows,
} from "../../src/consumption/case-rows.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { reasonSchema } from "../../src/consumption/entry.ts";
import { latest } from "../../src/consumption/figures.ts";
import { visibleRows } from "../../src/consumption/grid-visibility.ts";
import { ledgersOf, readCustomer } from "../../src/consumption/selection.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { allOrList, commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";

const eventName = z.object({ source: z.string(), id: z.string() });
const text = z.string().nullable();

const rowSchema = z
  .object({
    rowId: z.string(),
    kind: z.enum(["delivery", "reversal"]),
    number: text,
    title: text,
    service: z.string(),
    category: text,
    reasons: z.array(reasonSchema),
    openedAt: z.iso.datetime().nullable(),
    deliveredAt: z.iso.datetime(),
    deliveredMinutes: z.int().meta({ description: "Negative for a reversal." }),
    agreementId: text.meta({ description: "As the delivery was booked; null: to none." }),
    workspaceId: z.string(),
    event: eventName,
    reverses: eventName.nullable(),
  })
  .meta({ id: "AdditionalCaseRow" });

const rowsQuery = z.object({
  workspaces: allOrList(workspaceIdSchema).default("all"),
  agreements: commaList(agreementIdSchema)
    .optional()
    .meta({ description: "Only cases booked to these. Default: all, and those booked to none." }),
  service: serviceSchema.optional(),
  reason: reasonSchema.optional(),
  case: z.string().min(1).max(128).optional().meta({ description: "The `key` of an additional case." }),
  asOf: asOfQuery,
  ...pagingQuery(100),
});

export function additionalCaseRowEndpoints(app: App) {
  const listRows = defineEndpoint(
    {
      name: "listAdditionalCaseRows",
      method: "GET",
      route: "customers/{customerId}/additionalCases/rows",
      tag: "Customer Activity",
      summary: "List every row behind the totals of the additional cases",
      description: "Agreement by agreement, the newest first in each.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: rowsQuery,
      responses: {
        200: {
          description: "A page of rows.",
          schema: listSchema(rowSchema).extend({
            dataAsOf: z.iso
              .datetime()
              .nullable()
              .meta({ description: "Time of the last delivery on this page." }),
            rows: z.enum(["all", "permitted"]),
          }),
        },
      },
    },
    async ({ params, query, grant, now, url }) => {
      const customer = await readCustomer(app.customers, params.customerId);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const { asOf } = query;
      const ledgers = ledgersOf(customer, query.agreements);
      const paging = { name: "listAdditionalCaseRows", url, key: app.config.signingKey, now };
      const page = startPage(paging, query, additionalPositionSchema);
      const filter = additionalCondition(query);
      const asked = { chosen, asOf, filter, after: page.after, limit: page.limit + 1 };
      const entries = await readAdditionalRows(app.activity, ledgers, asked);
      const { value, ...link } = finishPage(paging, page, entries, additionalPositionOf);
      const body = {
        value: await additionalRowViews(app.activity, chosen, value),
        ...link,
        dataAsOf: latest(value.map(({ at }) => at)) ?? null,
        rows: visibleRows().rows,
      };
      return { status: 200, body };
    },
  );
  return [listRows];
}

/** The rows behind a total of the list of additional cases, of the same workspaces, agreements and instant. */
export function additionalRowsLink(url: URL, of: Readonly<Record<string, string>> = {}): string {
  const link = new URL(url);
  const kept = ["api-version", "workspaces", "agreements", "asOf"];
  for (const name of [...link.searchParams.keys()]) if (!kept.includes(name)) link.searchParams.delete(name);
  for (const [name, value] of Object.entries(of)) link.searchParams.set(name, value);
  link.pathname = `${link.pathname}/rows`;
  return link.href;
}
