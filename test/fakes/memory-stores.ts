import type { AuditStore } from "../../src/access/audit-store.ts";
import type { ChangedDocument } from "../../src/access/directory-store.ts";
import type { Person } from "../../src/access/person.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import type { CustomerStore } from "../../src/agreements/customer-store.ts";
import { compareText } from "../../src/agreements/terms.ts";
import { HEAD_ID, type LedgerId } from "../../src/consumption/entry.ts";
import {
  type CommitResult,
  type FactDocument,
  type KnownFact,
  type LedgerDocument,
  type LedgerOperation,
  type LedgerStore,
  OPERATIONS_MAX,
} from "../../src/consumption/ledger-store.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { attemptedAgain, type RejectedEvent } from "../../src/consumption/rejected-event.ts";
import { MENDABLE_PAGE, type RejectedEventStore } from "../../src/consumption/rejected-event-store.ts";
import type { Message } from "../../src/messages/message.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { memoryDirectory } from "./memory-directory.ts";

/** Keeps the promises of the real stores in memory; the contract tests run on both. */
export type MemoryStores = RecorderStores & {
  readonly documents: (ledgerId: LedgerId) => readonly LedgerDocument[];
  readonly ledgerIds: () => readonly LedgerId[];
  readonly rejected: () => readonly RejectedEvent[];
  readonly customersKept: () => readonly Customer[];
  readonly peopleKept: () => readonly Person[];
  readonly messages: () => readonly Message[];
  /** Everything in the partitions of customers. */
  readonly directoryDocuments: () => readonly ChangedDocument[];
  readonly customers: CustomerStore;
  readonly audit: AuditStore;
  /** Loses every roll-up, as if somebody had thrown them away. */
  readonly dropRollups: () => void;
};

type Kept = Versioned<LedgerDocument>;
type Ledgers = Map<LedgerId, Map<string, Kept>>;

/** Entries on one page of a scan: few, so that scans have pages even in small tests. */
const PAGE_ENTRIES = 20;
/** The real store takes no larger transaction, in bytes of JSON. */
const TRANSACTION_BYTES_MAX = 2 * 1024 * 1024;

export function memoryStores(): MemoryStores {
  const ledgers: Ledgers = new Map();
  const rejected = new Map<string, RejectedEvent>();
  const { documents, ...ofCustomers } = memoryDirectory(nextTag);
  const people = versionedMap<Person>((person) => person.email);
  return {
    store: memoryLedgerStore(ledgers),
    ...ofCustomers,
    people,
    rejectedEvents: memoryRejectedEventStore(rejected),
    documents: (ledgerId) => [...(ledgers.get(ledgerId)?.values() ?? [])].map(({ value }) => value),
    ledgerIds: () => [...ledgers.keys()],
    rejected: () => [...rejected.values()],
    directoryDocuments: documents,
    peopleKept: people.all,
    dropRollups: () => {
      for (const documents of ledgers.values()) {
        for (const [id, { value }] of documents) if (value.kind === "rollup") documents.delete(id);
      }
    },
  };
}

let tags = 0;
const nextTag = (): string => `"${++tags}"`;

function memoryLedgerStore(ledgers: Ledgers): LedgerStore {
  const of = (ledgerId: LedgerId): Kept[] => [...(ledgers.get(ledgerId)?.values() ?? [])];
  const pick = <Kind extends LedgerDocument["kind"]>(documents: readonly Kept[], kind: Kind) =>
    documents.flatMap(({ value, etag }) => (isKind(value, kind) ? [{ value, etag }] : []));
  const byIds = (ledgerId: LedgerId, ids: readonly string[]): Kept[] =>
    ids.flatMap((id) => ledgers.get(ledgerId)?.get(id) ?? []);
  return {
    readHead: async (ledgerId) => pick(byIds(ledgerId, [HEAD_ID]), "head")[0],
    readRollups: async (ledgerId, ids) => pick(byIds(ledgerId, ids), "rollup"),
    readFact: async (ledgerId, id) =>
      byIds(ledgerId, [id]).flatMap(({ value, etag }) => (isFact(value) ? [{ value, etag }] : []))[0],
    identify: async (ledgerId, ids) =>
      byIds(ledgerId, ids).flatMap(({ value }) => (isFact(value) ? [knownFact(value)] : [])),
    reversalsOf: async (ledgerId, entryIds) =>
      pick(of(ledgerId), "entry").filter(
        ({ value: { reverses } }) => reverses !== undefined && entryIds.includes(reverses),
      ),
    agreementEntries: async (ledgerId) => pick(of(ledgerId), "agreementEntry").map(({ value }) => value),
    allRollups: async (ledgerId) => pick(of(ledgerId), "rollup"),
    async *entries(ledgerId, month) {
      const ids = of(ledgerId).map(({ value }) => value.id);
      for (let start = 0; start < ids.length; start += PAGE_ENTRIES) {
        const page = pick(byIds(ledgerId, ids.slice(start, start + PAGE_ENTRIES)), "entry").filter(
          ({ value }) => month === undefined || value.at.startsWith(month),
        );
        if (page.length > 0) yield page;
      }
    },
    commit: async (ledgerId, operations) => commit(ledgers, ledgerId, operations),
    unsettled: async () =>
      [...ledgers.keys()].filter((ledgerId) =>
        pick(of(ledgerId), "head").some(
          ({ value }) => value.settledRevision < value.revision || value.mending !== undefined,
        ),
      ),
    async *allLedgers() {
      yield [...ledgers.keys()];
    },
  };
}

/** All or nothing: each operation sees those before it, and none is kept if one is refused. */
function commit(ledgers: Ledgers, ledgerId: LedgerId, operations: readonly LedgerOperation[]): CommitResult {
  refuseTooLarge(operations);
  const documents = ledgers.get(ledgerId) ?? new Map<string, Kept>();
  const staged = new Map<string, Kept>();
  for (const [index, operation] of operations.entries()) {
    const { document } = operation;
    const known = staged.get(document.id) ?? documents.get(document.id);
    const cause = refusalCause(operation, known);
    if (cause !== undefined) return { outcome: "refused", index, cause };
    staged.set(document.id, { value: structuredClone(document), etag: nextTag() });
  }
  for (const [id, kept] of staged) documents.set(id, kept);
  ledgers.set(ledgerId, documents);
  return { outcome: "committed", etags: operations.map(({ document }) => staged.get(document.id)?.etag) };
}

function refusalCause(
  operation: LedgerOperation,
  known: Kept | undefined,
): "exists" | "missing" | "changed" | undefined {
  if (operation.type === "create") return known === undefined ? undefined : "exists";
  if (known === undefined) return "missing";
  return known.etag === operation.etag ? undefined : "changed";
}

function refuseTooLarge(operations: readonly LedgerOperation[]): void {
  if (operations.length > OPERATIONS_MAX) {
    throw Object.assign(new Error(`${operations.length} operations in one transaction`), { code: 400 });
  }
  const bytes = Buffer.byteLength(JSON.stringify(operations));
  if (bytes > TRANSACTION_BYTES_MAX) {
    throw Object.assign(new Error(`${bytes} bytes in one transaction`), { code: 413 });
  }
}

/** What the real store answers of a fact: the members that its query names, and no others. */
function knownFact(fact: FactDocument): KnownFact {
  const { id, kind } = fact;
  if (fact.kind === "awaited") return { id, kind };
  const { hash, recordedAt } = fact;
  if (fact.kind === "agreementEntry") return { id, kind, hash, recordedAt };
  return {
    id,
    kind,
    hash,
    recordedAt,
    state: fact.state,
    ...(fact.code === undefined ? {} : { code: fact.code }),
    ...(fact.wasAwaited === undefined ? {} : { wasAwaited: fact.wasAwaited }),
  };
}

function isKind<Kind extends LedgerDocument["kind"]>(
  document: LedgerDocument,
  kind: Kind,
): document is Extract<LedgerDocument, { kind: Kind }> {
  return document.kind === kind;
}

function isFact(document: LedgerDocument): document is FactDocument {
  return isKind(document, "entry") || isKind(document, "agreementEntry") || isKind(document, "awaited");
}

function versionedMap<Value>(keyOf: (value: Value) => string) {
  const kept = new Map<string, Versioned<Value>>();
  return {
    read: async (key: string): Promise<Versioned<Value> | undefined> => kept.get(key),
    save: async (value: Value, etag: string | undefined): Promise<boolean> => {
      if (kept.get(keyOf(value))?.etag !== etag) return false;
      kept.set(keyOf(value), { value: structuredClone(value), etag: nextTag() });
      return true;
    },
    all: (): readonly Value[] => [...kept.values()].map(({ value }) => value),
  };
}

function memoryRejectedEventStore(rejected: Map<string, RejectedEvent>): RejectedEventStore {
  const keyOf = (month: string, id: string): string => `${month}/${id}`;
  const newestFirst = (): RejectedEvent[] =>
    [...rejected.values()].toSorted(
      (left, right) => compareText(right.rejectedAt, left.rejectedAt) || compareText(right.id, left.id),
    );
  return {
    put: async (event) => {
      const key = keyOf(event.month, event.id);
      const before = rejected.get(key);
      rejected.set(key, before === undefined ? event : attemptedAgain(before, event));
    },
    find: async (month, id) => {
      const value = rejected.get(keyOf(month, id));
      return value === undefined ? undefined : { value, etag: '"0"' };
    },
    findMany: async (month, ids) => ids.flatMap((id) => rejected.get(keyOf(month, id)) ?? []),
    page: async ({ month, after, status, customerIds, limit }) =>
      newestFirst()
        .filter((each) => each.month === month && (status === undefined || each.status === status))
        .filter(
          ({ event }) =>
            customerIds === undefined ||
            (event.customerId !== undefined && customerIds.includes(event.customerId)),
        )
        .filter(
          ({ rejectedAt, id }) =>
            after === undefined ||
            rejectedAt < after.rejectedAt ||
            (rejectedAt === after.rejectedAt && id < after.id),
        )
        .slice(0, limit),
    mendable: async (customerId, afterId) =>
      [...rejected.values()]
        .filter(
          ({ status, mendedByAgreement, event }) =>
            status === "rejected" && mendedByAgreement && event.customerId === customerId,
        )
        .filter(({ id }) => id > afterId)
        .toSorted((left, right) => (left.id < right.id ? -1 : 1))
        .slice(0, MENDABLE_PAGE),
    resolveIn: async (month, id, now) => {
      const before = rejected.get(keyOf(month, id));
      if (before?.status === "rejected")
        rejected.set(keyOf(month, id), { ...before, status: "resolved", resolvedAt: now });
    },
    resolve: async (id, now) => {
      for (const [key, before] of rejected) {
        if (before.id === id && before.status === "rejected")
          rejected.set(key, { ...before, status: "resolved", resolvedAt: now });
      }
    },
  };
}
