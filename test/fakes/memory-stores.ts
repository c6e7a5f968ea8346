import type { LedgerId } from "../../src/consumption/entry.ts";
import type { FactDocument, LedgerDocument, LedgerStore } from "../../src/consumption/ledger-store.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { attemptedAgain, type RejectedEvent } from "../../src/consumption/rejected-event.ts";
import type { RejectedEventStore } from "../../src/consumption/rejected-event-store.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";

/** Keeps the promises of the real stores in memory; the contract tests run on both. */
export type MemoryStores = RecorderStores & {
  readonly documents: (ledgerId: LedgerId) => readonly LedgerDocument[];
  readonly ledgerIds: () => readonly LedgerId[];
  readonly rejected: () => readonly RejectedEvent[];
  /** Loses every roll-up, as if somebody had thrown them away. */
  readonly dropRollups: () => void;
};

type Kept = Versioned<LedgerDocument>;

export function memoryStores(): MemoryStores {
  const ledgers = new Map<LedgerId, Map<string, Kept>>();
  const rejected = new Map<string, RejectedEvent>();
  return {
    store: memoryLedgerStore(ledgers),
    customers: versionedMap((customer) => customer.customerId),
    people: versionedMap((person) => person.email),
    rejectedEvents: memoryRejectedEventStore(rejected),
    documents: (ledgerId) => [...(ledgers.get(ledgerId)?.values() ?? [])].map(({ value }) => value),
    ledgerIds: () => [...ledgers.keys()],
    rejected: () => [...rejected.values()],
    dropRollups: () => {
      for (const documents of ledgers.values()) {
        for (const [id, { value }] of documents) if (value.kind === "rollup") documents.delete(id);
      }
    },
  };
}

let tags = 0;
const nextTag = (): string => `"${++tags}"`;

function memoryLedgerStore(ledgers: Map<LedgerId, Map<string, Kept>>): LedgerStore {
  const of = (ledgerId: LedgerId): Kept[] => [...(ledgers.get(ledgerId)?.values() ?? [])];
  const pick = <Kind extends LedgerDocument["kind"]>(documents: readonly Kept[], kind: Kind) =>
    documents.flatMap(({ value, etag }) => (isKind(value, kind) ? [{ value, etag }] : []));
  return {
    readHead: async (ledgerId) => pick(of(ledgerId), "head")[0],
    readRollups: async (ledgerId, ids) =>
      pick(of(ledgerId), "rollup").filter(({ value }) => ids.includes(value.id)),
    readFact: async (ledgerId, id) => {
      const kept = ledgers.get(ledgerId)?.get(id);
      return kept !== undefined && isFact(kept.value) ? { value: kept.value, etag: kept.etag } : undefined;
    },
    identify: async (ledgerId, ids) =>
      ids.flatMap((id) => {
        const value = ledgers.get(ledgerId)?.get(id)?.value;
        if (value === undefined || !isFact(value)) return [];
        const { kind } = value;
        if (value.kind === "awaited") return [{ id, kind }];
        const { hash, recordedAt } = value;
        return [
          {
            id,
            kind,
            hash,
            recordedAt,
            ...(value.kind === "entry" ? { state: value.state, code: value.code } : {}),
          },
        ];
      }),
    reversalsOf: async (ledgerId, entryId) =>
      pick(of(ledgerId), "entry").filter(({ value }) => value.reverses === entryId),
    agreementEntries: async (ledgerId) => pick(of(ledgerId), "agreementEntry").map(({ value }) => value),
    allRollups: async (ledgerId) => pick(of(ledgerId), "rollup"),
    async *entries(ledgerId, month) {
      yield pick(of(ledgerId), "entry").filter(
        ({ value }) => month === undefined || value.at.startsWith(month),
      );
    },
    commit: async (ledgerId, operations) => {
      const documents = ledgers.get(ledgerId) ?? new Map<string, Kept>();
      for (const [index, operation] of operations.entries()) {
        const known = documents.get(operation.document.id);
        if (operation.type === "create" && known !== undefined)
          return { outcome: "refused", index, cause: "exists" };
        if (operation.type === "replace" && known === undefined)
          return { outcome: "refused", index, cause: "missing" };
        if (operation.type === "replace" && known?.etag !== operation.etag) {
          return { outcome: "refused", index, cause: "changed" };
        }
      }
      const etags = operations.map(({ document }) => {
        const etag = nextTag();
        documents.set(document.id, { value: structuredClone(document), etag });
        return etag;
      });
      ledgers.set(ledgerId, documents);
      return { outcome: "committed", etags };
    },
    unsettled: async () =>
      [...ledgers.keys()].filter((ledgerId) =>
        pick(of(ledgerId), "head").some(({ value }) => value.settledRevision < value.revision),
      ),
    async *allLedgers() {
      yield [...ledgers.keys()];
    },
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
  } satisfies { read: unknown; save: unknown };
}

function memoryRejectedEventStore(rejected: Map<string, RejectedEvent>): RejectedEventStore {
  return {
    put: async (event) => {
      const before = rejected.get(event.id);
      rejected.set(event.id, before === undefined ? event : attemptedAgain(before, event));
    },
    find: async (_month, id) => {
      const value = rejected.get(id);
      return value === undefined ? undefined : { value, etag: '"0"' };
    },
    findMany: async (_month, ids) => [...rejected.values()].filter(({ id }) => ids.includes(id)),
    page: async ({ limit }) => [...rejected.values()].slice(0, limit),
    mendable: async (customerId) =>
      [...rejected.values()].filter(
        ({ status, mendedByAgreement, event }) =>
          status === "rejected" && mendedByAgreement && event.customerId === customerId,
      ),
    resolve: async (id, now) => {
      const before = rejected.get(id);
      if (before !== undefined) rejected.set(id, { ...before, status: "resolved", resolvedAt: now });
    },
  };
}
