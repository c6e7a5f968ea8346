import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { statusAt } from "../../src/agreements/window.ts";
import { lineView } from "../../src/consumption/activity.ts";
import type { Line } from "../../src/consumption/figures.ts";
import { gridOf } from "../../src/consumption/grid.ts";
import type { App } from "../../src/platform/wiring.ts";
import { expiresOnSchema, lineSchema, statusSchema } from "./activity.ts";
import { drillDownLink, drillDownOf, drillDownParams, drillDownQuery } from "./drill-down.ts";
import { entitlementCaseEndpoints } from "./entitlement-cases.ts";
import { entitlementRowEndpoints } from "./entitlement-rows.ts";

const linkSchema = (description: string) => z.url().nullable().meta({ description });

const entitlementSchema = lineSchema
  .extend({
    description: z.string().nullable(),
    actionUrl: z.url().nullable(),
    grid: z
      .enum(["cases", "education", "contacts", "assessments", "credits", "other"])
      .meta({ description: "The kind of the rows." }),
    agreementId: z.string(),
    packageId: z.string(),
    packageName: z.string(),
    startDate: z.iso.date().meta({ description: "Of the package." }),
    endDate: z.iso.date().meta({ description: "The last day of the package as agreed." }),
    expiresOn: expiresOnSchema,
    status: statusSchema.meta({ description: "Active until the end of `expiresOn`." }),
    dataAsOf: z.iso.datetime().nullable(),
    rowsLink: linkSchema("The rows that add up to `consumed`; null for a benefit."),
    casesLink: linkSchema("The same rows by case; null for a benefit and for support contacts."),
    historyLink: linkSchema(
      "The balance history and the projection; null for what is not recorded over time: a benefit and support contacts.",
    ),
  })
  .meta({ id: "Entitlement" });

export function entitlementEndpoints(app: App) {
  const getEntitlement = defineEndpoint(
    {
      name: "getEntitlement",
      method: "GET",
      route: "customers/{customerId}/entitlements/{entitlementId}",
      tag: "Customer Activity",
      summary: "Get the drill-down of an entitlement: description, totals, action link",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: drillDownParams,
      query: z.object(drillDownQuery),
      responses: { 200: { description: "The entitlement.", schema: entitlementSchema } },
    },
    async ({ params, query, grant, now, url }) => {
      const { figures, line, at } = await drillDownOf(app, { params, query, grant, now });
      const { entitlement, package: item } = line;
      return {
        status: 200,
        body: {
          ...lineView(line),
          description: entitlement.description ?? null,
          actionUrl: entitlement.actionUrl ?? null,
          grid: gridOf(entitlement.service),
          agreementId: line.agreementId,
          packageId: item.packageId,
          packageName: item.name,
          startDate: item.startDate,
          endDate: item.endDate,
          expiresOn: line.expiresOn,
          status: statusAt(line.window, at),
          dataAsOf: figures.lastAt ?? null,
          ...linksOf(line, url),
        },
      };
    },
  );

  return [getEntitlement, ...entitlementRowEndpoints(app), ...entitlementCaseEndpoints(app)];
}

/** Of what has no rows there is no list of them: no link leads to nothing. */
function linksOf({ entitlement }: Line, url: URL) {
  const isConsumable = entitlement.class === "consumable";
  const isDelivered = isConsumable && gridOf(entitlement.service) !== "contacts";
  return {
    rowsLink: isConsumable ? drillDownLink(url, "rows") : null,
    casesLink: isDelivered ? drillDownLink(url, "cases") : null,
    historyLink: isDelivered ? drillDownLink(url, "history") : null,
  };
}
