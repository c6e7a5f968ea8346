import type { Versioned } from "../../src/platform/cosmos.ts";
import type { AwaitedRequest } from "../../src/support/awaited-request.ts";
import {
  COMMUNICATION_KIND,
  type Communication,
  communicationSchema,
} from "../../src/support/communication.ts";
import { type RequestKey, requestDocumentId, type SupportRequest } from "../../src/support/request.ts";
import {
  entryIdOfFact,
  type RequestEventFact,
  requestEventId,
  requestEventSchema,
} from "../../src/support/request-event.ts";
import type { RequestEventStore } from "../../src/support/request-event-store.ts";
import { operationsOf, type RequestStore } from "../../src/support/request-store.ts";
import type { Around } from "./around-stores.ts";

type Document = ReturnType<typeof operationsOf>[number]["document"];

export type RequestStores = {
  readonly requests: Pick<RequestStore, "read" | "readPlace" | "commit">;
  readonly events: RequestEventStore;
};

export type MemoryRequests = RequestStores & {
  /** What is kept of one request. */
  readonly request: (key: RequestKey) => SupportRequest | AwaitedRequest | undefined;
  readonly communications: () => readonly Communication[];
  readonly facts: () => readonly RequestEventFact[];
  readonly documents: () => readonly Document[];
};

/** Requests and what belongs to them in memory, with transactions as the real store has them. */
export function memoryRequests(): MemoryRequests {
  const kept = new Map<string, Versioned<Document>>();
  const keyOf = (customerId: string, id: string): string => `${customerId}/${id}`;
  let tags = 0;
  const place = ({ customerId, number }: RequestKey) => {
    const found = kept.get(keyOf(customerId, requestDocumentId(number)));
    return found !== undefined && isPlace(found.value) ? { value: found.value, etag: found.etag } : undefined;
  };
  const all = (): Document[] => [...kept.values()].map(({ value }) => value);
  const read: RequestEventStore["read"] = async (customerId, entryId) => {
    const found = kept.get(keyOf(customerId, requestEventId(entryId)));
    return found && { value: requestEventSchema.parse(found.value), etag: found.etag };
  };
  return {
    requests: {
      readPlace: async (key) => place(key),
      read: async (key) => {
        const found = place(key);
        return found?.value.kind === "supportRequest" ? { value: found.value, etag: found.etag } : undefined;
      },
      commit: async (change) => {
        const operations = operationsOf(change);
        const refused = operations.find((operation) => {
          const known = kept.get(keyOf(change.customerId, operation.document.id));
          return operation.type === "replace" ? known?.etag !== operation.etag : known !== undefined;
        });
        if (refused !== undefined)
          return { outcome: refused.document.kind === "auditEntry" ? "repeated" : "overtaken" };
        const etags = new Map<string, string>();
        for (const { document } of operations) {
          const etag = `"${++tags}"`;
          kept.set(keyOf(change.customerId, document.id), { value: structuredClone(document), etag });
          etags.set(document.id, etag);
        }
        return { outcome: "committed", etags };
      },
    },
    events: {
      read,
      find: async (customerId, entryIds) => {
        const found = await Promise.all(entryIds.map((entryId) => read(customerId, entryId)));
        return found.flatMap((fact) => (fact === undefined ? [] : [knownOf(fact.value)]));
      },
    },
    request: (key) => place(key)?.value,
    communications: () =>
      all().flatMap((each) => (each.kind === COMMUNICATION_KIND ? [communicationSchema.parse(each)] : [])),
    facts: () =>
      all().flatMap((each) => (each.kind === "requestEvent" ? [requestEventSchema.parse(each)] : [])),
    documents: all,
  };
}

const isPlace = (document: Document): document is SupportRequest | AwaitedRequest =>
  document.kind === "supportRequest" || document.kind === "awaitedRequest";

const knownOf = (fact: RequestEventFact) => {
  const { kind, hash, recordedAt } = fact;
  return { id: entryIdOfFact(fact), kind, hash, recordedAt };
};

/** The same stores, with `around` about each call. */
export function aroundRequests({ requests, events }: RequestStores, around: Around): RequestStores {
  return {
    requests: {
      read: (key) => around("requests.read", () => requests.read(key), []),
      readPlace: (key) => around("requests.readPlace", () => requests.readPlace(key), []),
      commit: (change) =>
        around("requests.commit", () => requests.commit(change), [{ outcome: "overtaken" }]),
    },
    events: {
      read: (customerId, entryId) => around("events.read", () => events.read(customerId, entryId), []),
      find: (customerId, entryIds) => around("events.find", () => events.find(customerId, entryIds), []),
    },
  };
}
