import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { lineView, packageStatusAt } from "../../src/consumption/activity.ts";
import { gridOf } from "../../src/consumption/grid.ts";
import type { App } from "../../src/platform/wiring.ts";
import { lineSchema } from "./activity.ts";
import { drillDownLink, drillDownOf, drillDownParams, drillDownQuery } from "./drill-down.ts";
import { entitlementCaseEndpoints } from "./entitlement-cases.ts";
import { entitlementRowEndpoints } from "./entitlement-rows.ts";

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
    startDate: z.iso.date(),
    endDate: z.iso.date(),
    status: z.enum(["upcoming", "active", "inactive"]),
    dataAsOf: z.iso.datetime().nullable(),
    rowsLink: z.url().meta({ description: "The rows that add up to `consumed`." }),
    casesLink: z.url().meta({ description: "The same rows by case." }),
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
      const { figures, line } = await drillDownOf(app, { params, query, grant, now });
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
          status: packageStatusAt(figures.head.terms ?? item, item, query.asOf ?? now.toISOString()),
          dataAsOf: figures.lastAt ?? null,
          rowsLink: drillDownLink(url, "rows"),
          casesLink: drillDownLink(url, "cases"),
        },
      };
    },
  );

  return [getEntitlement, ...entitlementRowEndpoints(app), ...entitlementCaseEndpoints(app)];
}
