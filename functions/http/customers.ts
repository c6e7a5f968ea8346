import * as z from "zod";
import { covers, defineEndpoint, type Scope, scopeOf } from "../../src/access/grant.ts";
import { agreementKindSchema, languageSchema, planSchema } from "../../src/agreements/agreement-event.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { linkedAgreements } from "../../src/agreements/workspace.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";

export const workspaceNameSchema = z.object({ workspaceId: z.string(), name: z.string() });

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
    workspaces: z.array(workspaceNameSchema),
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
      summary: "List the customers that the caller belongs to or looks after",
      access: { kind: "signedIn" },
      query: z.object(pagingQuery(50)),
      responses: {
        200: { description: "Customers in order of their ids.", schema: listSchema(customerSchema) },
      },
    },
    async ({ grant, query, url, now }) => {
      const scope = { name: "listCustomers", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.string());
      const ids = [...grant.customers.values()]
        .map(({ customerId }) => customerId)
        .toSorted()
        .filter((id) => page.after === undefined || id > page.after)
        .slice(0, page.limit + 1);
      const found = await Promise.all(ids.map((id) => app.customers.read(id)));
      const rows = found.flatMap((customer) => {
        const own = grant.customers.get(customer?.value.customerId ?? "");
        if (customer === undefined || own === undefined) return [];
        return [customerView(customer.value, scopeOf(own, "customers.read"))];
      });
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
      description: "Members of single workspaces see those, and what is linked to them.",
      access: { kind: "workspaces", permission: "customers.read" },
      params: z.object({ customerId: customerIdSchema }),
      responses: { 200: { description: "The customer.", schema: customerSchema } },
    },
    async ({ params, grant }) => ({
      status: 200,
      body: customerView(await readCustomer(app.customers, params.customerId), grant.scope),
    }),
  );

  return [listCustomers, getCustomer];
}

function customerView(customer: Customer, scope: Scope) {
  const { customerId, name, timeZone, language, agreements } = customer;
  const workspaces = customer.workspaces.filter(({ workspaceId }) => covers(scope, workspaceId));
  const linked = new Set(workspaces.flatMap((each) => linkedAgreements(each, agreements).map(([id]) => id)));
  const visible = Object.entries(agreements).filter(([id]) => scope.kind === "all" || linked.has(id));
  return {
    customerId,
    name,
    timeZone,
    language,
    workspaces: workspaces.map((each) => ({ workspaceId: each.workspaceId, name: each.name })),
    agreements: visible.map(([agreementId, { number, plan, kind, startDate, endDate }]) => ({
      agreementId,
      number,
      plan,
      kind,
      startDate,
      endDate,
    })),
  };
}
