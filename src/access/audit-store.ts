/**
 * The audit trail (AC-09): who did what to which resource of a customer, and when.
 * Invariant: entries are only ever added.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { queryAll, saveItem, sql } from "../platform/cosmos.ts";

export const auditEntrySchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("auditEntry"),
  at: z.string(),
  actor: z.object({ subject: z.string(), email: z.string().optional() }),
  action: z.enum(["reportRequested", "reportDownloaded", "rejectedEventReplayed"]),
  /** What it was done to, as in the URL. */
  target: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
type AuditEntry = z.infer<typeof auditEntrySchema>;

export type AuditStore = {
  /** The same id twice is one entry. */
  readonly append: (entry: AuditEntry) => Promise<void>;
  /** Newest first, after a position. */
  readonly page: (
    customerId: string,
    after: { readonly at: string; readonly id: string } | undefined,
    limit: number,
  ) => Promise<readonly AuditEntry[]>;
};

export function cosmosAuditStore(container: Container): AuditStore {
  return {
    append: async (entry) => {
      await saveItem(container, entry, entry.customerId, undefined);
    },
    page: (customerId, after, limit) =>
      queryAll(
        container,
        customerId,
        sql(
          `SELECT TOP @limit * FROM c WHERE c.kind = 'auditEntry'${
            after === undefined ? "" : " AND (c.at < @at OR (c.at = @at AND c.id < @id))"
          } ORDER BY c.at DESC, c.id DESC`,
          { limit, ...(after === undefined ? {} : { at: after.at, id: after.id }) },
        ),
        auditEntrySchema,
      ),
  };
}
