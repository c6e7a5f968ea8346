import { auditedOperations, auditedRefusal } from "../../src/access/audited-store.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import { compareText } from "../../src/agreements/terms.ts";
import type { LedgerId } from "../../src/consumption/entry.ts";
import type { NoticeDocument, NoticeStore } from "../../src/notices/notice-store.ts";
import type { WatchMark, WatchStore, ZonedCustomer } from "../../src/notices/watch-store.ts";
import { isToQueue } from "../../src/notices/webhook-delivery.ts";
import type { WebhookStore } from "../../src/notices/webhook-store.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";

type Kind = NoticeDocument["kind"];
type OfKind<K extends Kind> = Extract<NoticeDocument, { readonly kind: K }>;
type Kept = Versioned<NoticeDocument>;

export type MemoryNotices = {
  readonly notices: NoticeStore;
  readonly webhooks: WebhookStore;
  /** Of every customer, in the order in which they were first written. */
  readonly kept: <K extends Kind>(kind: K) => readonly OfKind<K>[];
};

/** Keeps the promises of the real stores in memory; the contract tests run on both. */
export function memoryNotices(): MemoryNotices {
  const documents = new Map<string, Kept>();
  let tags = 0;
  const keyOf = (customerId: CustomerId, id: string): string => JSON.stringify([customerId, id]);
  const all = <K extends Kind>(kind: K): Versioned<OfKind<K>>[] => {
    const isOfKind = (document: NoticeDocument): document is OfKind<K> => document.kind === kind;
    return [...documents.values()].flatMap(({ value, etag }) => (isOfKind(value) ? [{ value, etag }] : []));
  };
  const of = <K extends Kind>(customerId: CustomerId, kind: K): Versioned<OfKind<K>>[] =>
    all(kind).filter(({ value }) => value.customerId === customerId);
  const one = <K extends Kind>(customerId: CustomerId, kind: K, id: string) =>
    of(customerId, kind).find(({ value }) => value.id === id);

  const notices: NoticeStore = {
    settings: async (customerId) => of(customerId, "noticeSettings")[0],
    states: async (customerId, agreementId) =>
      of(customerId, "noticeState").filter(({ value }) => value.agreementId === agreementId),
    page: async (customerId, { filter, after, limit }) => {
      if (filter !== undefined) throw new Error("a filter is SQL, which is not served in memory");
      return newestFirst(
        of(customerId, "notice").map(({ value }) => value),
        after,
      ).slice(0, limit);
    },
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
  const webhooks: WebhookStore = {
    webhooks: async (customerId) =>
      of(customerId, "webhook")
        .filter(({ value }) => value.status !== "deleted")
        .toSorted((left, right) => compareText(left.value.createdAt, right.value.createdAt)),
    webhook: async (customerId, webhookId) => one(customerId, "webhook", `webhook~${webhookId}`),
    delivery: async (customerId, id) => one(customerId, "webhookDelivery", `webhookDelivery~${id}`),
    deliveries: async (customerId, { webhookId, after, limit }) =>
      newestFirst(
        of(customerId, "webhookDelivery").map(({ value }) => value),
        after,
      )
        .filter((each) => each.webhookId === webhookId)
        .slice(0, limit),
    due: async (now, limit) =>
      all("webhookDelivery")
        .filter(({ value }) => isToQueue(value, now))
        .toSorted((left, right) =>
          compareText(left.value.nextAttemptAt ?? "", right.value.nextAttemptAt ?? ""),
        )
        .slice(0, limit)
        .map(({ value: { customerId, deliveryId } }) => ({ customerId, deliveryId })),
  };
  return { notices, webhooks, kept: (kind) => all(kind).map(({ value }) => value) };
}

type Timed = { readonly at: string; readonly id: string };

const newestFirst = <Item extends Timed>(items: readonly Item[], after: Timed | undefined): Item[] =>
  items
    .toSorted((left, right) => compareText(right.at, left.at) || compareText(right.id, left.id))
    .filter(({ at, id }) => after === undefined || at < after.at || (at === after.at && id < after.id));

/** What the timer looks for, told by the test. */
export function memoryWatch(facts: {
  readonly customers: () => readonly ZonedCustomer[];
  readonly changes: () => readonly { readonly ledgerId: LedgerId; readonly at: string }[];
}): WatchStore & { readonly listings: () => number } {
  let mark: Versioned<WatchMark> | undefined;
  let tags = 0;
  let listings = 0;
  return {
    mark: async () => mark,
    saveMark: async (next, etag) => {
      if (mark?.etag !== etag) return false;
      mark = { value: next, etag: `"${++tags}"` };
      return true;
    },
    changedSince: async (instant) =>
      new Set(
        facts
          .changes()
          .filter(({ at }) => at >= instant)
          .map(({ ledgerId }) => ledgerId),
      ),
    async *customers() {
      listings += 1;
      yield await Promise.resolve(facts.customers());
    },
    listings: () => listings,
  };
}
