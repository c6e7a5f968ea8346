import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { serviceSchema, unitSchema } from "../../src/agreements/agreement-event.ts";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { shownAgreement } from "../../src/consumption/activity.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { expirationKey, expirationKinds, expirationsOf } from "../../src/consumption/expirations.ts";
import { latest } from "../../src/consumption/figures.ts";
import { seatContacts } from "../../src/consumption/grid-contacts.ts";
import { readAgreements, readCustomer } from "../../src/consumption/selection.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { allOrList, commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";

const WITHIN_DAYS_MAX = 730;
const WITHIN_DAYS_DEFAULT = 90;
const withinRange = `must be a whole number from 0 to ${WITHIN_DAYS_MAX}`;

const withinDaysQuery = z
  .string()
  .refine((text) => /^\d{1,3}$/.test(text), withinRange)
  .transform(Number)
  .pipe(z.int().min(0, withinRange).max(WITHIN_DAYS_MAX, withinRange))
  .default(WITHIN_DAYS_DEFAULT)
  .meta({
    type: "integer",
    minimum: 0,
    maximum: WITHIN_DAYS_MAX,
    description: `The most days left, in the customer's time zone; 0: what ends today. Default ${WITHIN_DAYS_DEFAULT}.`,
  });

const unusedSchema = z.object({
  entitlementId: z.string(),
  packageId: z.string(),
  name: z.string(),
  service: serviceSchema,
  unit: unitSchema,
  quantity: z.int().meta({ description: "In `unit`, of everybody, since all workspaces share it." }),
});

const expirationSchema = z
  .object({
    kind: z.enum(expirationKinds),
    agreementId: z.string(),
    packageId: z.string().nullable(),
    entitlementId: z.string().nullable(),
    grantId: z.string().nullable(),
    name: z.string().meta({ description: "Of the package or entitlement; of an agreement its number." }),
    status: z.enum(["upcoming", "active"]),
    lastDay: z.iso.date().meta({ description: "In the customer's time zone." }),
    daysLeft: z.int().meta({ description: "0 on the last day." }),
    expiresAt: z.iso.datetime().meta({ description: "The first instant at which it is over." }),
    unused: z.array(unusedSchema).meta({ description: "What would expire with it; only what there is." }),
  })
  .meta({ id: "Expiration" });

/**
 * Of every agreement one query, and as many more as the page makes of it for grants and "as of"; never more with the number
 * of facts.
 */
export function expirationEndpoints(app: App) {
  const listExpirations = defineEndpoint(
    {
      name: "listExpirations",
      method: "GET",
      route: "customers/{customerId}/expirations",
      tag: "Customer Activity",
      summary: "List what expires soon: agreements, packages and grants, with what is left unused",
      description:
        "Soonest first. Narrowed as the page is: to what is linked to the chosen workspaces or was used there, of the agreements that are named, or of those active at `asOf` (default now). Whatever ends something first is what counts: its own last day, that of its package or agreement, or an amendment.",
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object({
        withinDays: withinDaysQuery,
        workspaces: allOrList(workspaceIdSchema).default("all"),
        agreements: commaList(agreementIdSchema).optional(),
        asOf: asOfQuery,
        ...pagingQuery(100),
      }),
      responses: {
        200: {
          description: "A page of what expires.",
          schema: listSchema(expirationSchema).extend({ dataAsOf: z.iso.datetime().nullable() }),
        },
      },
    },
    async ({ params, query, grant, now, url }) => {
      const [customer, people] = await Promise.all([
        readCustomer(app.customers, params.customerId),
        app.directory.directory.supportContacts(params.customerId),
      ]);
      const { agreements: named, asOf, withinDays } = query;
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const at = asOf ?? now.toISOString();
      const contacts = seatContacts(customer, people?.value.contacts ?? [], at);
      const figures = await readAgreements(app.activity, customer, chosen, named, asOf, at, contacts);
      const isNamed = named !== undefined;
      const shown = figures.flatMap((each) => shownAgreement(each, { chosen, isNamed }) ?? []);
      const all = expirationsOf(shown, at, withinDays);
      const scope = { name: "listExpirations", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.string());
      const rest = all.filter((each) => page.after === undefined || expirationKey(each) > page.after);
      const list = finishPage(scope, page, rest.slice(0, page.limit + 1), expirationKey);
      return {
        status: 200,
        body: { ...list, dataAsOf: latest(figures.map(({ lastAt }) => lastAt)) ?? null },
      };
    },
  );
  return [listExpirations];
}
