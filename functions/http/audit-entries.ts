import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";

const auditEntrySchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.object({ subject: z.string(), email: z.string().optional() }),
    action: z.string(),
    target: z.string(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .meta({ id: "AuditEntry" });

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function auditEntryEndpoints(app: App) {
  const listAuditEntries = defineEndpoint(
    {
      name: "listAuditEntries",
      method: "GET",
      route: "customers/{customerId}/auditEntries",
      tag: "Customers",
      summary: "List who did what for a customer, newest first",
      access: { kind: "customer", permission: "auditEntries.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object(pagingQuery(100)),
      responses: { 200: { description: "A page of the audit trail.", schema: listSchema(auditEntrySchema) } },
    },
    async ({ params, query, url, now }) => {
      const scope = { name: "listAuditEntries", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const entries = await app.audit.page(params.customerId, page.after, page.limit + 1);
      const { value, nextLink } = finishPage(scope, page, entries, ({ at, id }) => ({ at, id }));
      const items = value.map(({ id, at, actor, action, target, before, after }) => ({
        id,
        at,
        actor,
        action,
        target,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      }));
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );
  return [listAuditEntries];
}
