import type { Container } from "@azure/cosmos";
import type { CustomerId } from "../agreements/ids.ts";
import type { KnownRequestFact, RequestFacts } from "../consumption/request-recorder.ts";
import { isOneOf, queryAll, readItem, sql, type Versioned } from "../platform/cosmos.ts";
import { entryIdOfFact, type RequestEventFact, requestEventId, requestEventSchema } from "./request-event.ts";

/** Events of the support desk that were recorded. */
export type RequestEventStore = RequestFacts & {
  /** One point read. @param entryId see `entryIdOf`. */
  readonly read: (
    customerId: CustomerId,
    entryId: string,
  ) => Promise<Versioned<RequestEventFact> | undefined>;
};

const knownSchema = requestEventSchema.pick({ id: true, kind: true, hash: true, recordedAt: true });

export function cosmosRequestEventStore(container: Container): RequestEventStore {
  const read: RequestEventStore["read"] = (customerId, entryId) =>
    readItem(container, requestEventId(entryId), customerId, requestEventSchema);
  return {
    read,
    find: async (customerId, entryIds) => {
      const [only, ...others] = entryIds;
      if (only === undefined) return [];
      if (others.length === 0) {
        const fact = await read(customerId, only);
        return fact === undefined ? [] : [knownOf(fact.value)];
      }
      const { text, parameters } = isOneOf("c.id", "id", entryIds.map(requestEventId));
      const query = sql(`SELECT c.id, c.kind, c.hash, c.recordedAt FROM c WHERE ${text}`, parameters);
      return (await queryAll(container, customerId, query, knownSchema)).map(knownOf);
    },
  };
}

const knownOf = (fact: Omit<KnownRequestFact, "id"> & { readonly id: string }): KnownRequestFact => ({
  id: entryIdOfFact(fact),
  kind: fact.kind,
  hash: fact.hash,
  recordedAt: fact.recordedAt,
});
