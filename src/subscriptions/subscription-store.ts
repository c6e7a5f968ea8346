import type { Container } from "@azure/cosmos";
import * as z from "zod";
import type { AuditEntry } from "../access/audit-entry.ts";
import { type AuditedChange, type AuditedCommit, commitAudited } from "../access/audited-store.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import {
  firstOf,
  type Query,
  queryAll,
  queryPages,
  readItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import { type Delivery, deliveryDocumentId, deliverySchema } from "./delivery.ts";
import { type Run, runDocumentId, runSchema } from "./run.ts";
import { type Subscription, subscriptionDocumentId, subscriptionSchema } from "./subscription.ts";

type WrittenDocument = Subscription | Run | Delivery;
type CreatedDocument = Run | Delivery | Message | AuditEntry;
export type SubscriptionDocument = WrittenDocument | CreatedDocument;

/** One change of a customer's subscriptions, runs and deliveries. */
export type SubscriptionChange = AuditedChange<WrittenDocument, CreatedDocument>;

const subscriptionJobSchema = z.object({ customerId: customerIdSchema, subscriptionId: z.string() });
type SubscriptionJob = z.infer<typeof subscriptionJobSchema>;
const runJobSchema = z.object({ customerId: customerIdSchema, runId: z.string() });
type RunJob = z.infer<typeof runJobSchema>;

type RunPage = {
  /** Of that run and of nothing newer, itself left out. */
  readonly after: Pick<Run, "createdAt" | "id"> | undefined;
  readonly limit: number;
};

/**
 * Where subscriptions are kept: beside their customer, so that one transaction writes a run, what it sends, the messages and
 * the entry of the audit trail.
 */
export type SubscriptionStore = {
  /** Also one that was deleted. */
  readonly read: (
    customerId: CustomerId,
    subscriptionId: string,
  ) => Promise<Versioned<Subscription> | undefined>;
  /** All of the customer's but those that were deleted, oldest first. */
  readonly list: (customerId: CustomerId) => Promise<readonly Versioned<Subscription>[]>;
  /** Of all customers, at most `limit`, those that have waited longest first. */
  readonly due: (now: string, limit: number) => Promise<readonly SubscriptionJob[]>;
  readonly run: (customerId: CustomerId, runId: string) => Promise<Versioned<Run> | undefined>;
  /** Of all customers, at most `limit` that are to be looked at, those that have waited longest first. */
  readonly openRuns: (now: string, limit: number) => Promise<readonly RunJob[]>;
  /** Open runs of the customer that wait for a report. */
  readonly waitingFor: (customerId: CustomerId, reportId: string) => Promise<readonly RunJob[]>;
  /** Newest first, after a position. */
  readonly runs: (customerId: CustomerId, subscriptionId: string, page: RunPage) => Promise<readonly Run[]>;
  readonly delivery: (customerId: CustomerId, deliveryId: string) => Promise<Versioned<Delivery> | undefined>;
  /** Of one run, by address. */
  readonly deliveries: (customerId: CustomerId, runId: string) => Promise<readonly Versioned<Delivery>[]>;
  /** @throws RangeError when the change is larger than a transaction. */
  readonly commit: (change: SubscriptionChange) => Promise<AuditedCommit>;
};

export function cosmosSubscriptionStore(container: Container): SubscriptionStore {
  return {
    read: (customerId, id) => readItem(container, subscriptionDocumentId(id), customerId, subscriptionSchema),
    list: (customerId) =>
      queryAll(
        container,
        customerId,
        sql(
          `SELECT * FROM c WHERE c.kind = 'reportSubscription' AND NOT IS_DEFINED(c.deletedAt)
           ORDER BY c.createdAt, c.id`,
        ),
        versioned(subscriptionSchema),
      ),
    due: (now, limit) =>
      // Names alone: one document that does not fit its schema holds up no other. Null is before no instant.
      firstOf(
        limit,
        queryPages(
          container,
          undefined,
          sql(
            `SELECT c.customerId, c.subscriptionId FROM c
           WHERE c.kind = 'reportSubscription' AND c.nextDueAt <= @now ORDER BY c.nextDueAt`,
            { now },
          ),
          subscriptionJobSchema,
          limit,
        ),
      ),
    run: (customerId, runId) => readItem(container, runDocumentId(runId), customerId, runSchema),
    openRuns: (now, limit) =>
      firstOf(
        limit,
        queryPages(
          container,
          undefined,
          sql(
            `SELECT c.customerId, c.runId FROM c
           WHERE c.kind = 'reportRun' AND c.lookAt <= @now ORDER BY c.lookAt`,
            { now },
          ),
          runJobSchema,
          limit,
        ),
      ),
    waitingFor: (customerId, reportId) =>
      queryAll(
        container,
        customerId,
        sql(
          `SELECT c.customerId, c.runId FROM c
           WHERE c.kind = 'reportRun' AND c.reportId = @reportId AND IS_DEFINED(c.lookAt)`,
          { reportId },
        ),
        runJobSchema,
      ),
    runs: (customerId, subscriptionId, page) =>
      queryAll(container, customerId, runsQuery(subscriptionId, page), runSchema),
    delivery: (customerId, id) => readItem(container, deliveryDocumentId(id), customerId, deliverySchema),
    deliveries: (customerId, runId) =>
      queryAll(
        container,
        customerId,
        sql("SELECT * FROM c WHERE c.kind = 'reportDelivery' AND c.runId = @runId ORDER BY c.email", {
          runId,
        }),
        versioned(deliverySchema),
      ),
    commit: (change) => commitAudited(container, change),
  };
}

function runsQuery(subscriptionId: string, { after, limit }: RunPage): Query {
  const keyset = after === undefined ? "" : " AND (c.createdAt < @at OR (c.createdAt = @at AND c.id < @id))";
  return sql(
    `SELECT TOP @limit * FROM c WHERE c.kind = 'reportRun' AND c.subscriptionId = @subscriptionId${keyset}
     ORDER BY c.createdAt DESC, c.id DESC`,
    { limit, subscriptionId, ...(after === undefined ? {} : { at: after.createdAt, id: after.id }) },
  );
}
