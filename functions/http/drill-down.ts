/** What the endpoints of a drill-down share: whom and what they are about, and how that is looked up. */
import * as z from "zod";
import type { Grant } from "../../src/access/grant.ts";
import { customerIdSchema, entitlementIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { readDrillDown } from "../../src/consumption/drill-down.ts";
import { entitlementAccount } from "../../src/consumption/entry.ts";
import { seatContacts } from "../../src/consumption/grid-contacts.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import { allOrList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";

export const drillDownParams = z.object({ customerId: customerIdSchema, entitlementId: entitlementIdSchema });
export const drillDownQuery = { workspaces: allOrList(workspaceIdSchema).default("all"), asOf: asOfQuery };

type Asked = {
  readonly params: z.infer<typeof drillDownParams>;
  readonly query: { readonly workspaces: "all" | readonly string[]; readonly asOf?: string | undefined };
  readonly grant: Grant;
  readonly now: Date;
};

/**
 * The entitlement's figures, and the rows that they are the sum of. Two point reads and one query, and three queries more
 * for an instant in the past, whatever the number of rows.
 */
export async function drillDownOf(app: App, { params, query, grant, now }: Asked) {
  const { customerId, entitlementId } = params;
  const { asOf } = query;
  const [customer, people] = await Promise.all([
    readCustomer(app.customers, customerId),
    app.directory.directory.supportContacts(customerId),
  ]);
  const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
  const at = asOf ?? now.toISOString();
  const contacts = seatContacts(customer, people?.value.contacts ?? [], at);
  const drillDown = await readDrillDown(app.activity, customer, entitlementId, chosen, asOf, at, contacts);
  return {
    ...drillDown,
    at,
    contacts,
    scope: { account: entitlementAccount(entitlementId), chosen, asOf },
  };
}

/** A list of the same drill-down, of the same workspaces and instant. */
export function drillDownLink(
  url: URL,
  list: "rows" | "cases" | "history",
  parameters: Readonly<Record<string, string>> = {},
): string {
  const link = new URL(url);
  const [entitlement = link.pathname] =
    /^.*\/customers\/[^/]+\/entitlements\/[^/]+/.exec(link.pathname) ?? [];
  link.pathname = `${entitlement}/${list}`;
  const kept = ["api-version", "workspaces", "asOf"];
  for (const name of [...link.searchParams.keys()]) if (!kept.includes(name)) link.searchParams.delete(name);
  for (const [name, value] of Object.entries(parameters)) link.searchParams.set(name, value);
  return link.href;
}
