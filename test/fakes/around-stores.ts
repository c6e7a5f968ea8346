import type { LedgerStore } from "../../src/consumption/ledger-store.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";

/**
 * Called around every await point of the recorder.
 * @param refusals what a store that refuses this call may answer instead; empty for what cannot be refused.
 */
export type Around = <Value>(
  method: string,
  run: () => Promise<Value>,
  refusals: readonly Value[],
) => Promise<Value>;

/** The same stores, with `around` about each call: every page of a scan is a call of its own. */
export function aroundStores(stores: RecorderStores, around: Around): RecorderStores {
  const { store, customers, people, rejectedEvents } = stores;
  const read = <Value>(method: string, run: () => Promise<Value>): Promise<Value> => around(method, run, []);
  return {
    store: aroundLedgerStore(store, around),
    customers: {
      read: (id) => read("customers.read", () => customers.read(id)),
      save: (customer, etag) => around("customers.save", () => customers.save(customer, etag), [false]),
    },
    people: {
      read: (email) => read("people.read", () => people.read(email)),
      save: (person, etag) => around("people.save", () => people.save(person, etag), [false]),
    },
    rejectedEvents: {
      put: (event) => read("rejectedEvents.put", () => rejectedEvents.put(event)),
      find: (month, id) => read("rejectedEvents.find", () => rejectedEvents.find(month, id)),
      findMany: (month, ids) => read("rejectedEvents.findMany", () => rejectedEvents.findMany(month, ids)),
      page: (query) => read("rejectedEvents.page", () => rejectedEvents.page(query)),
      mendable: (id, afterId) => read("rejectedEvents.mendable", () => rejectedEvents.mendable(id, afterId)),
      resolveIn: (month, id, now) =>
        read("rejectedEvents.resolveIn", () => rejectedEvents.resolveIn(month, id, now)),
      resolve: (id, now) => read("rejectedEvents.resolve", () => rejectedEvents.resolve(id, now)),
    },
  };
}

function aroundLedgerStore(store: LedgerStore, around: Around): LedgerStore {
  const read = <Value>(method: string, run: () => Promise<Value>): Promise<Value> => around(method, run, []);
  return {
    readHead: (ledgerId) => read("readHead", () => store.readHead(ledgerId)),
    readRollups: (ledgerId, ids) => read("readRollups", () => store.readRollups(ledgerId, ids)),
    readFact: (ledgerId, id) => read("readFact", () => store.readFact(ledgerId, id)),
    identify: (ledgerId, ids) => read("identify", () => store.identify(ledgerId, ids)),
    reversalsOf: (ledgerId, ids) => read("reversalsOf", () => store.reversalsOf(ledgerId, ids)),
    agreementEntries: (ledgerId) => read("agreementEntries", () => store.agreementEntries(ledgerId)),
    allRollups: (ledgerId) => read("allRollups", () => store.allRollups(ledgerId)),
    entries: (ledgerId, month) => aroundPages("entries", store.entries(ledgerId, month), around),
    commit: (ledgerId, operations) =>
      around("commit", () => store.commit(ledgerId, operations), [
        { outcome: "refused", index: 0, cause: operations[0]?.type === "create" ? "exists" : "changed" },
        { outcome: "refused", index: operations.length - 1, cause: "changed" },
        { outcome: "refused", index: operations.length - 1, cause: "missing" },
      ]),
    unsettled: () => read("unsettled", () => store.unsettled()),
    allLedgers: () => aroundPages("allLedgers", store.allLedgers(), around),
  };
}

async function* aroundPages<Page>(
  method: string,
  pages: AsyncIterable<Page>,
  around: Around,
): AsyncGenerator<Page> {
  const iterator = pages[Symbol.asyncIterator]();
  for (;;) {
    const next = await around(method, () => iterator.next(), []);
    if (next.done === true) return;
    yield next.value;
  }
}
