import * as z from "zod";
import { customersWith, defineEndpoint } from "../../src/access/grant.ts";
import { agreementKindSchema, languageSchema, planSchema } from "../../src/agreements/agreement-event.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";

export const workspaceSchema = z.object({ workspaceId: z.string(), name: z.string() });

export const agreementSchema = z.object({
  agreementId: z.string(),
  number: z.string(),
  plan: planSchema,
  kind: agreementKindSchema,
  startDate: z.iso.date(),
  endDate: z.iso.date().meta({ description: "The last day, in the customer's time zone." }),
});

const customerSchema = z
  .object({
    customerId: z.string(),
    name: z.string(),
    timeZone: z.string(),
    language: languageSchema,
    workspaces: z.array(workspaceSchema),
    agreements: z.array(agreementSchema),
  })
  .meta({ id: "Customer" });

export function customerEndpoints(app: App) {
  const listCustomers = defineEndpoint(
    {
      name: "listCustomers",
      method: "GET",
      route: "customers",
      tag: "Customers",
      summary: "List the customers whose activity the caller may see",
      access: { kind: "signedIn" },
      query: z.object(pagingQuery(50)),
      responses: {
        200: { description: "Customers in order of their ids.", schema: listSchema(customerSchema) },
      },
    },
    async ({ grant, query, url, now }) => {
      const scope = { name: "listCustomers", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.string());
      const ids = customersWith(grant, "customerActivity.read")
        .map(({ customerId }) => customerId)
        .toSorted()
        .filter((id) => page.after === undefined || id > page.after)
        .slice(0, page.limit + 1);
      const found = await Promise.all(ids.map((id) => app.customers.read(id)));
      const rows = found.flatMap((customer) =>
        customer === undefined ? [] : [customerView(customer.value)],
      );
      return { status: 200, body: finishPage(scope, page, rows, ({ customerId }) => customerId) };
    },
  );

  const getCustomer = defineEndpoint(
    {
      name: "getCustomer",
      method: "GET",
      route: "customers/{customerId}",
      tag: "Customers",
      summary: "Get a customer with its agreements and workspaces",
      access: { kind: "customer", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      responses: { 200: { description: "The customer.", schema: customerSchema } },
    },
    async ({ params }) => ({
      status: 200,
      body: customerView(await readCustomer(app.customers, params.customerId)),
    }),
  );

  return [listCustomers, getCustomer];
}

function customerView({ customerId, name, timeZone, language, workspaces, agreements }: Customer) {
  return {
    customerId,
    name,
    timeZone,
    language,
    workspaces,
    agreements: Object.entries(agreements).map(
      ([agreementId, { number, plan, kind, startDate, endDate }]) => ({
        agreementId,
        number,
        plan,
        kind,
        startDate,
        endDate,
      }),
    ),
  };
}
