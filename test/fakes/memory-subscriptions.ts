import { auditedOperations, auditedRefusal } from "../../src/access/audited-store.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import { compareText } from "../../src/agreements/terms.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import type { Run } from "../../src/subscriptions/run.ts";
import type { SubscriptionDocument, SubscriptionStore } from "../../src/subscriptions/subscription-store.ts";

type Kind = SubscriptionDocument["kind"];
type OfKind<K extends Kind> = Extract<SubscriptionDocument, { readonly kind: K }>;
type Kept = Versioned<SubscriptionDocument>;

export type MemorySubscriptions = {
  readonly subscriptions: SubscriptionStore;
  /** Of every customer, in the order in which they were first written. */
  readonly kept: <K extends Kind>(kind: K) => readonly OfKind<K>[];
};

/** Keeps the promises of the real store in memory; the contract tests run on both. */
export function memorySubscriptions(): MemorySubscriptions {
  const documents = new Map<string, Kept>();
  let tags = 0;
  const keyOf = (customerId: CustomerId, id: string): string => JSON.stringify([customerId, id]);
  const all = <K extends Kind>(kind: K): Versioned<OfKind<K>>[] => {
    const isOfKind = (document: SubscriptionDocument): document is OfKind<K> => document.kind === kind;
    return [...documents.values()].flatMap(({ value, etag }) => (isOfKind(value) ? [{ value, etag }] : []));
  };
  const of = <K extends Kind>(customerId: CustomerId, kind: K): Versioned<OfKind<K>>[] =>
    all(kind).filter(({ value }) => value.customerId === customerId);
  const one = <K extends Kind>(customerId: CustomerId, kind: K, id: string) =>
    of(customerId, kind).find(({ value }) => value.id === id);
  const runsOf = (customerId: CustomerId, subscriptionId: string): Run[] =>
    of(customerId, "reportRun")
      .map(({ value }) => value)
      .filter((run) => run.subscriptionId === subscriptionId)
      .toSorted(
        (left, right) => compareText(right.createdAt, left.createdAt) || compareText(right.id, left.id),
      );

  const subscriptions: SubscriptionStore = {
    read: async (customerId, id) => one(customerId, "reportSubscription", `reportSubscription~${id}`),
    list: async (customerId) =>
      of(customerId, "reportSubscription")
        .filter(({ value }) => value.deletedAt === undefined)
        .toSorted(
          ({ value: left }, { value: right }) =>
            compareText(left.createdAt, right.createdAt) || compareText(left.id, right.id),
        ),
    due: async (now, limit) =>
      firstOf(
        all("reportSubscription").map(({ value }) => ({ value, at: value.nextDueAt ?? undefined })),
        now,
        limit,
      ).map(({ customerId, subscriptionId }) => ({ customerId, subscriptionId })),
    run: async (customerId, id) => one(customerId, "reportRun", `reportRun~${id}`),
    openRuns: async (now, limit) =>
      firstOf(
        all("reportRun").map(({ value }) => ({ value, at: value.lookAt })),
        now,
        limit,
      ).map(({ customerId, runId }) => ({ customerId, runId })),
    waitingFor: async (customerId, reportId) =>
      of(customerId, "reportRun")
        .filter(({ value }) => value.reportId === reportId && value.lookAt !== undefined)
        .map(({ value: { runId } }) => ({ customerId, runId })),
    runs: async (customerId, subscriptionId, { after, limit }) =>
      runsOf(customerId, subscriptionId)
        .filter(
          ({ createdAt, id }) =>
            after === undefined ||
            createdAt < after.createdAt ||
            (createdAt === after.createdAt && id < after.id),
        )
        .slice(0, limit),
    delivery: async (customerId, id) => one(customerId, "reportDelivery", `reportDelivery~${id}`),
    deliveries: async (customerId, runId) =>
      of(customerId, "reportDelivery")
        .filter(({ value }) => value.runId === runId)
        .toSorted((left, right) => compareText(left.value.email, right.value.email)),
    commit: async (change) => {
      const operations = auditedOperations(change);
      const written = new Set<string>();
      for (const { document, ...operation } of operations) {
        const known = documents.get(keyOf(change.customerId, document.id));
        const isFree = known === undefined && !written.has(document.id);
        const isAsRead = operation.type === "replace" && known?.etag === operation.etag;
        if (operation.type === "create" ? !isFree : !isAsRead) return auditedRefusal(document);
        written.add(document.id);
      }
      const etags = new Map<string, string>();
      for (const { document } of operations) {
        const etag = `"${++tags}"`;
        documents.set(keyOf(change.customerId, document.id), { value: structuredClone(document), etag });
        etags.set(document.id, etag);
      }
      return { outcome: "committed", etags };
    },
  };
  return { subscriptions, kept: (kind) => all(kind).map(({ value }) => value) };
}

/** Of those that wait, the ones that have waited longest. */
function firstOf<Value>(
  items: readonly { readonly value: Value; readonly at: string | undefined }[],
  now: string,
  limit: number,
): Value[] {
  return items
    .flatMap(({ value, at }) => (at === undefined || at > now ? [] : [{ value, at }]))
    .toSorted((left, right) => compareText(left.at, right.at))
    .slice(0, limit)
    .map(({ value }) => value);
}
