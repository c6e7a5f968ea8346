import * as z from "zod";
import { auditActionSchema } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import type { FilterFields } from "../../src/platform/filter.ts";
import { toSql } from "../../src/platform/filter-evaluation.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { filterOf } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";

const auditEntrySchema = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.object({
      subject: z.string().meta({ description: "Object id of the account, or the source of an event." }),
      email: z.string().optional(),
    }),
    action: auditActionSchema,
    target: z.string().meta({ description: "Path of what it was done to." }),
    workspaceId: z.string().nullable().meta({ description: "null: it is about the customer as a whole." }),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })
  .meta({ id: "AuditEntry" });

const filterFields = {
  at: "instant",
  action: "string",
  actorEmail: "string",
  target: "string",
  workspaceId: "string",
} as const satisfies FilterFields;

const filterPaths: Readonly<Record<keyof typeof filterFields, string>> = {
  at: "c.at",
  action: "c.action",
  actorEmail: "c.actor.email",
  target: "c.target",
  workspaceId: "c.workspaceId",
};

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function auditEntryEndpoints(app: App) {
  const listAuditEntries = defineEndpoint(
    {
      name: "listAuditEntries",
      method: "GET",
      route: "customers/{customerId}/auditEntries",
      tag: "Customers",
      summary: "List who did what for a customer, newest first",
      description:
        "Whoever administers some of the workspaces sees what is about those. For example `filter=action eq 'memberInvited' and at ge 2026-11-01T00:00:00Z`.",
      access: { kind: "workspaces", permission: "auditEntries.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object({ ...pagingQuery(100), filter: filterOf(filterFields) }),
      responses: { 200: { description: "A page of the audit trail.", schema: listSchema(auditEntrySchema) } },
    },
    async ({ params, query, grant, principal, url, now }) => {
      const scope = { name: "listAuditEntries", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const filter = query.filter && toSql(query.filter, { fields: filterFields, paths: filterPaths });
      const hiddenRequests = await app.support.requests.incentiveNumbers(params.customerId);
      const entries = await app.audit.page(params.customerId, {
        scope: grant.scope,
        hiddenRequests: [...hiddenRequests],
        reader: principal.email?.toLowerCase() ?? "",
        filter: filter && { query: filter.text, parameters: filter.parameters },
        after: page.after,
        limit: page.limit + 1,
      });
      const { value, nextLink } = finishPage(scope, page, entries, ({ at, id }) => ({ at, id }));
      const items = value.map(({ id, at, actor, action, target, workspaceId, before, after }) => ({
        id,
        at,
        actor,
        action,
        target,
        workspaceId: workspaceId ?? null,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      }));
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );
  return [listAuditEntries];
}
