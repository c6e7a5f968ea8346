import type { DirectoryStore } from "../../src/access/directory-store.ts";
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
  const { store, customers, people, directory, rejectedEvents } = stores;
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
    directory: aroundDirectoryStore(directory, around),
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

function aroundDirectoryStore(store: DirectoryStore, around: Around): DirectoryStore {
  const read = <Value>(method: string, run: () => Promise<Value>): Promise<Value> =>
    around(`directory.${method}`, run, []);
  return {
    member: (customerId, id) => read("member", () => store.member(customerId, id)),
    members: (customerId, ids) => read("members", () => store.members(customerId, ids)),
    memberPage: (customerId, page) => read("memberPage", () => store.memberPage(customerId, page)),
    ofPerson: (customerId, id) => read("ofPerson", () => store.ofPerson(customerId, id)),
    administrators: (customerId) => read("administrators", () => store.administrators(customerId)),
    group: (customerId, id) => read("group", () => store.group(customerId, id)),
    groups: (customerId, id) => read("groups", () => store.groups(customerId, id)),
    supportContacts: (customerId) => read("supportContacts", () => store.supportContacts(customerId)),
    roleAssignment: (customerId, id) => read("roleAssignment", () => store.roleAssignment(customerId, id)),
    roleAssignments: (customerId) => read("roleAssignments", () => store.roleAssignments(customerId)),
    commit: (change) => around("directory.commit", () => store.commit(change), [{ outcome: "overtaken" }]),
    waiting: (before, limit) => read("waiting", () => store.waiting(before, limit)),
    postpone: (followUp, etag, now) => read("postpone", () => store.postpone(followUp, etag, now)),
    done: (followUp, etag) => read("done", () => store.done(followUp, etag)),
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
