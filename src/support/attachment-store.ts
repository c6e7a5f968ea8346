import type { Container } from "@azure/cosmos";
import { firstOf, queryPages, sql } from "../platform/cosmos.ts";
import { type AttachmentJob, attachmentJobSchema } from "./attachment-queue.ts";

export type AttachmentStore = {
  /** Those of all customers that have to be looked at, oldest first: one query, over the index. */
  readonly due: (now: string, limit: number) => Promise<readonly AttachmentJob[]>;
};

export function cosmosAttachmentStore(container: Container): AttachmentStore {
  return {
    due: async (now, limit) => {
      // Names alone: one document that does not fit its schema holds up no other.
      const query = sql(
        `SELECT c.customerId, c.requestNumber AS number, c.attachmentId FROM c
         WHERE c.kind IN ('requestAttachment', 'removedAttachment') AND c.lookAt <= @now ORDER BY c.lookAt`,
        { now },
      );
      return firstOf(limit, queryPages(container, undefined, query, attachmentJobSchema, limit));
    },
  };
}
