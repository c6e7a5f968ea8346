import type { Container } from "@azure/cosmos";
import { isOneOf, type Query, queryAll, saveItem, sql } from "../platform/cosmos.ts";
import { type AuditEntry, auditEntrySchema } from "./audit-entry.ts";
import type { Scope } from "./grant.ts";

export type AuditPage = {
  /** Of a caller who may not see the whole customer: entries about those workspaces, and no others. */
  readonly scope: Scope;
  /** Address of the caller, for entries that are for one person only. */
  readonly reader: string;
  /** Numbers of support requests that nobody but their creators may know of (SR-06). */
  readonly hiddenRequests: readonly string[];
  readonly filter: Query | undefined;
  readonly after: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
};

export type AuditStore = {
  /** The same id twice is one entry. */
  readonly append: (entry: AuditEntry) => Promise<void>;
  /** Newest first, after a position. */
  readonly page: (customerId: string, page: AuditPage) => Promise<readonly AuditEntry[]>;
};

export function cosmosAuditStore(container: Container): AuditStore {
  return {
    append: async (entry) => {
      await saveItem(container, entry, entry.customerId, undefined);
    },
    page: (customerId, page) => queryAll(container, customerId, pageQuery(page), auditEntrySchema),
  };
}

function pageQuery({ scope, reader, hiddenRequests, filter, after, limit }: AuditPage): Query {
  const hidden = isOneOf("c.requestNumber", "hidden", hiddenRequests);
  const visible =
    scope.kind === "all" ? undefined : isOneOf("c.workspaceId", "visible", [...scope.workspaceIds]);
  const conditions = [
    "c.kind = 'auditEntry'",
    "(NOT IS_DEFINED(c.onlyFor) OR c.onlyFor = @reader)",
    ...(hiddenRequests.length === 0
      ? []
      : [`(NOT IS_DEFINED(c.requestNumber) OR c.onlyFor = @reader OR NOT (${hidden.text}))`]),
    ...(visible === undefined ? [] : [visible.text]),
    ...(filter === undefined ? [] : [`(${filter.query})`]),
    ...(after === undefined ? [] : ["(c.at < @at OR (c.at = @at AND c.id < @id))"]),
  ];
  const { query, parameters } = sql(
    `SELECT TOP @limit * FROM c WHERE ${conditions.join(" AND ")} ORDER BY c.at DESC, c.id DESC`,
    {
      limit,
      reader,
      ...hidden.parameters,
      ...visible?.parameters,
      ...(after === undefined ? {} : { at: after.at, id: after.id }),
    },
  );
  return { query, parameters: [...parameters, ...(filter?.parameters ?? [])] };
}
