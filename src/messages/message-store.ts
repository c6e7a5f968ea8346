import type { Container } from "@azure/cosmos";
import type { CustomerId } from "../agreements/ids.ts";
import { firstOf, queryPages, readItem, saveItem, sql, type Versioned } from "../platform/cosmos.ts";
import { type Message, type MessageId, messageSchema } from "./message.ts";
import { type MessageJob, messageJobSchema } from "./message-queue.ts";

/**
 * Where messages are kept: beside their customer, so that one transaction writes them together with what they tell of.
 * Promise: `save` writes only over the version that was read.
 */
export type MessageStore = {
  readonly read: (customerId: CustomerId, id: MessageId) => Promise<Versioned<Message> | undefined>;
  /** @returns false when somebody else was faster. */
  readonly save: (message: Message, etag: string) => Promise<boolean>;
  /** Of all customers, at most `limit`, those that have waited longest first. */
  readonly due: (now: string, limit: number) => Promise<readonly MessageJob[]>;
};

export function cosmosMessageStore(container: Container): MessageStore {
  return {
    read: (customerId, id) => readItem(container, id, customerId, messageSchema),
    save: (message, etag) => saveItem(container, message, message.customerId, etag),
    due: async (now, limit) => {
      // Names alone: one document that does not fit its schema holds up no other.
      const query = sql(
        `SELECT c.customerId, c.id AS messageId FROM c
         WHERE c.kind = 'message' AND c.status = 'queued' AND c.nextAttemptAt <= @now ORDER BY c.nextAttemptAt`,
        { now },
      );
      return firstOf(limit, queryPages(container, undefined, query, messageJobSchema, limit));
    },
  };
}
