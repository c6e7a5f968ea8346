import type { Container } from "@azure/cosmos";
import * as z from "zod";
import type { AuditEntry } from "../access/audit-entry.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import {
  BATCH_OPERATIONS_MAX,
  type BatchOperation,
  commitBatch,
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

/** What is written over as it was read; `etag` undefined: there is none yet. */
type SubscriptionWrite = {
  readonly document: Subscription | Run | Delivery;
  readonly etag: string | undefined;
};
type CreatedDocument = Run | Delivery | Message | AuditEntry;
export type SubscriptionDocument = SubscriptionWrite["document"] | CreatedDocument;

/** One change of a customer's subscriptions, runs and deliveries, all or nothing. */
export type SubscriptionChange = {
  readonly customerId: CustomerId;
  readonly writes: readonly SubscriptionWrite[];
  /** What is new and never there yet. */
  readonly created: readonly CreatedDocument[];
};

/** `overtaken`: a document is no longer as it was read. `repeated`: the same request made the change before. */
export type SubscriptionCommit =
  | { readonly outcome: "committed"; readonly etags: ReadonlyMap<string, string> }
  | { readonly outcome: "overtaken" | "repeated" };

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
  readonly commit: (change: SubscriptionChange) => Promise<SubscriptionCommit>;
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
        container,
        sql(
          `SELECT c.customerId, c.subscriptionId FROM c
           WHERE c.kind = 'reportSubscription' AND c.nextDueAt <= @now ORDER BY c.nextDueAt`,
          { now },
        ),
        subscriptionJobSchema,
        limit,
      ),
    run: (customerId, runId) => readItem(container, runDocumentId(runId), customerId, runSchema),
    openRuns: (now, limit) =>
      firstOf(
        container,
        sql(
          `SELECT c.customerId, c.runId FROM c
           WHERE c.kind = 'reportRun' AND c.lookAt <= @now ORDER BY c.lookAt`,
          { now },
        ),
        runJobSchema,
        limit,
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
    commit: async (change) => {
      const operations = operationsOf(change);
      const result = await commitBatch(container, change.customerId, operations);
      if (result.outcome === "refused") return refusalOf(operations[result.index]?.document);
      const etags = operations.map(
        ({ document }, index) => [document.id, result.etags[index] ?? ""] as const,
      );
      return { outcome: "committed", etags: new Map(etags) };
    },
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

/** Of all partitions, page after page until there are enough. */
async function firstOf<Schema extends z.ZodType>(
  container: Container,
  query: Query,
  schema: Schema,
  limit: number,
): Promise<z.infer<Schema>[]> {
  const found: z.infer<Schema>[] = [];
  for await (const page of queryPages(container, undefined, query, schema, limit)) {
    found.push(...page);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

/** The entry of the audit trail comes first: it tells a repeated request from one that was overtaken. */
export function operationsOf({
  writes,
  created,
}: SubscriptionChange): BatchOperation<SubscriptionDocument>[] {
  const entries = created.filter(({ kind }) => kind === "auditEntry");
  const others = created.filter(({ kind }) => kind !== "auditEntry");
  const operations: BatchOperation<SubscriptionDocument>[] = [
    ...entries.map((document) => ({ type: "create" as const, document })),
    ...writes.map(
      ({ document, etag }): BatchOperation<SubscriptionDocument> =>
        etag === undefined ? { type: "create", document } : { type: "replace", document, etag },
    ),
    ...others.map((document) => ({ type: "create" as const, document })),
  ];
  if (operations.length <= BATCH_OPERATIONS_MAX) return operations;
  throw new RangeError(`a change has at most ${BATCH_OPERATIONS_MAX} documents, not ${operations.length}`);
}

export const refusalOf = (document: SubscriptionDocument | undefined): SubscriptionCommit => ({
  outcome: document?.kind === "auditEntry" ? "repeated" : "overtaken",
});
