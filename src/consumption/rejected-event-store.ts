import type { Container } from "@azure/cosmos";
import {
  isOneOf,
  type Query,
  queryAll,
  readItem,
  saveItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import { attemptedAgain, type RejectedEvent, rejectedEventSchema } from "./rejected-event.ts";

/** Rejections that are tried again together after an agreement event. */
export const MENDABLE_PAGE = 200;

type RejectedEventQuery = {
  readonly month: string;
  /** Only what comes after this position, newest first. */
  readonly after: { readonly rejectedAt: string; readonly id: string } | undefined;
  readonly status: RejectedEvent["status"] | undefined;
  readonly customerIds: readonly string[] | undefined;
  readonly limit: number;
};

/** Where rejected events are kept. Promise: `put` and `resolve` may be repeated; a rejection is never removed. */
export type RejectedEventStore = {
  readonly put: (event: RejectedEvent) => Promise<void>;
  readonly find: (month: string, id: string) => Promise<Versioned<RejectedEvent> | undefined>;
  readonly findMany: (month: string, ids: readonly string[]) => Promise<readonly RejectedEvent[]>;
  /** Newest first. */
  readonly page: (query: RejectedEventQuery) => Promise<readonly RejectedEvent[]>;
  /** What an agreement event may have mended: up to `MENDABLE_PAGE`, in order of their ids, after one. */
  readonly mendable: (customerId: string, afterId: string) => Promise<readonly RejectedEvent[]>;
  /** Notes that the event was accepted after all: in one place, by point operations. */
  readonly resolveIn: (month: string, id: string, now: string) => Promise<void>;
  /** The same, wherever it was rejected before. */
  readonly resolve: (id: string, now: string) => Promise<void>;
};

export function cosmosRejectedEventStore(container: Container): RejectedEventStore {
  const find = (month: string, id: string) => readItem(container, id, month, rejectedEventSchema);
  const saveResolved = async ({ value, etag }: Versioned<RejectedEvent>, now: string): Promise<void> => {
    const resolved: RejectedEvent = { ...value, status: "resolved", resolvedAt: now };
    await saveItem(container, resolved, value.month, etag);
  };
  return {
    find,
    put: async (event) => {
      if (await saveItem(container, event, event.month, undefined)) return;
      const before = await find(event.month, event.id);
      // Losing this race means that somebody else has just noted the same attempt.
      if (before !== undefined)
        await saveItem(container, attemptedAgain(before.value, event), event.month, before.etag);
    },
    findMany: (month, ids) => {
      const { text, parameters } = isOneOf("c.id", "id", ids);
      return queryAll(
        container,
        month,
        sql(`SELECT * FROM c WHERE ${text}`, parameters),
        rejectedEventSchema,
      );
    },
    page: (query) => queryAll(container, query.month, pageQuery(query), rejectedEventSchema),
    mendable: (customerId, afterId) =>
      queryAll(
        container,
        undefined,
        sql(
          "SELECT TOP @limit * FROM c WHERE c.event.customerId = @customerId AND c.status = 'rejected' AND c.mendedByAgreement = true AND c.id > @afterId ORDER BY c.id",
          { customerId, afterId, limit: MENDABLE_PAGE },
        ),
        rejectedEventSchema,
      ),
    resolveIn: async (month, id, now) => {
      const before = await find(month, id);
      if (before?.value.status === "rejected") await saveResolved(before, now);
    },
    resolve: async (id, now) => {
      const query = sql("SELECT * FROM c WHERE c.id = @id AND c.status = 'rejected'", { id });
      const found = await queryAll(container, undefined, query, versioned(rejectedEventSchema));
      for (const before of found) await saveResolved(before, now);
    },
  };
}

function pageQuery({ after, status, customerIds, limit }: RejectedEventQuery): Query {
  const scope =
    customerIds === undefined ? undefined : isOneOf("c.event.customerId", "customerId", customerIds);
  const conditions = [
    "c.kind = 'rejectedEvent'",
    ...(status === undefined ? [] : ["c.status = @status"]),
    ...(scope === undefined ? [] : [scope.text]),
    ...(after === undefined
      ? []
      : ["(c.rejectedAt < @rejectedAt OR (c.rejectedAt = @rejectedAt AND c.id < @id))"]),
  ];
  return sql(
    `SELECT TOP @limit * FROM c WHERE ${conditions.join(" AND ")} ORDER BY c.rejectedAt DESC, c.id DESC`,
    {
      limit,
      ...(status === undefined ? {} : { status }),
      ...scope?.parameters,
      ...(after === undefined ? {} : { rejectedAt: after.rejectedAt, id: after.id }),
    },
  );
}
