import type { AuditStore } from "../../src/access/audit-store.ts";
import {
  type Change,
  type ChangedDocument,
  type CommitResult,
  type DirectoryStore,
  operationsOf,
} from "../../src/access/directory-store.ts";
import { covers } from "../../src/access/grant.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import type { CustomerStore } from "../../src/agreements/customer-store.ts";
import { compareText } from "../../src/agreements/terms.ts";
import type { Message } from "../../src/messages/message.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";

type Kept = Versioned<ChangedDocument>;
type Kind = ChangedDocument["kind"];
type OfKind<K extends Kind> = Extract<ChangedDocument, { readonly kind: K }>;

export type MemoryDirectory = {
  readonly directory: DirectoryStore;
  readonly customers: CustomerStore;
  readonly audit: AuditStore;
  readonly customersKept: () => readonly Customer[];
  readonly messages: () => readonly Message[];
  readonly documents: () => readonly ChangedDocument[];
};

/** The documents of customers' partitions in memory; the contract tests run on this and on the real store. */
export function memoryDirectory(nextTag: () => string): MemoryDirectory {
  const partitions = new Map<string, Map<string, Kept>>();
  const partitionOf = (customerId: string): Map<string, Kept> => {
    const partition = partitions.get(customerId) ?? new Map<string, Kept>();
    partitions.set(customerId, partition);
    return partition;
  };
  const everything = (): Kept[] => [...partitions.values()].flatMap((partition) => [...partition.values()]);
  const one = <K extends Kind>(customerId: string, id: string, kind: K) =>
    ofKind(
      [partitionOf(customerId).get(id)].filter((each) => each !== undefined),
      kind,
    )[0];
  const all = <K extends Kind>(customerId: string, kind: K) =>
    ofKind([...partitionOf(customerId).values()], kind);
  const put = (document: ChangedDocument): string => {
    const etag = nextTag();
    partitionOf(document.customerId).set(document.id, { value: structuredClone(document), etag });
    return etag;
  };

  const directory: DirectoryStore = {
    member: async (customerId, memberId) => one(customerId, `member~${memberId}`, "member"),
    members: async (customerId, ids) =>
      all(customerId, "member").filter(({ value }) => ids.includes(value.memberId)),
    memberPage: async (customerId, { workspaceId, statuses, groupId, search, after, limit }) =>
      all(customerId, "member")
        .filter(({ value }) => value.workspaceId === workspaceId && statuses.includes(value.status))
        .filter(({ value }) => groupId === undefined || value.groupIds.includes(groupId))
        .filter(({ value }) => search === undefined || hasText([value.email, value.name], search))
        .filter(({ value }) => after === undefined || value.email > after)
        .toSorted((left, right) => compareText(left.value.email, right.value.email))
        .slice(0, limit),
    ofPerson: async (customerId, personId) => ({
      members: all(customerId, "member")
        .map(({ value }) => value)
        .filter((each) => each.personId === personId),
      assignments: all(customerId, "roleAssignment")
        .map(({ value }) => value)
        .filter((each) => each.personId === personId),
    }),
    administrators: async (customerId) => [
      ...new Set(
        all(customerId, "member")
          .filter(({ value }) => value.status === "active" && value.roles.includes("workspaceAdministrator"))
          .map(({ value }) => value.email),
      ),
    ],
    group: async (customerId, groupId) => one(customerId, `group~${groupId}`, "group"),
    groups: async (customerId, workspaceId) =>
      all(customerId, "group")
        .filter(({ value }) => value.workspaceId === workspaceId && value.status === "active")
        .toSorted((left, right) => compareText(left.value.name, right.value.name)),
    supportContacts: async (customerId) => one(customerId, "supportContacts", "supportContacts"),
    roleAssignment: async (customerId, id) => one(customerId, `roleAssignment~${id}`, "roleAssignment"),
    roleAssignments: async (customerId) =>
      all(customerId, "roleAssignment")
        .filter(({ value }) => value.status === "active")
        .toSorted((left, right) => compareText(left.value.id, right.value.id)),
    commit: async (change) => commit(partitionOf(change.customerId), change, put),
    waiting: async (before, limit) =>
      ofKind(everything(), "followUp")
        .filter(({ value }) => value.createdAt < before)
        .toSorted((left, right) => compareText(left.value.createdAt, right.value.createdAt))
        .slice(0, limit),
    postpone: async (followUp, etag, now) => {
      const { customerId, id } = followUp;
      if (partitionOf(customerId).get(id)?.etag === etag) put({ ...followUp, createdAt: now });
    },
    done: async ({ customerId, id }, etag) => {
      if (partitionOf(customerId).get(id)?.etag === etag) partitionOf(customerId).delete(id);
    },
  };
  const customers: CustomerStore = {
    read: async (customerId) => one(customerId, "customer", "customer"),
    save: async (customer, etag) => {
      if (partitionOf(customer.customerId).get(customer.id)?.etag !== etag) return false;
      put(customer);
      return true;
    },
    async *allIds() {
      yield ofKind(everything(), "customer").map(({ value }) => value.customerId);
    },
  };
  const audit: AuditStore = {
    append: async (entry) => {
      if (!partitionOf(entry.customerId).has(entry.id)) put(entry);
    },
    page: async (customerId, { scope, filter, after, limit }) => {
      // Conditions are in the words of the real store, which memory does not speak.
      if (filter !== undefined) throw new Error("the audit trail in memory knows no filter");
      return ofKind([...partitionOf(customerId).values()], "auditEntry")
        .map(({ value }) => value)
        .filter(
          ({ workspaceId }) =>
            scope.kind === "all" || (workspaceId !== undefined && covers(scope, workspaceId)),
        )
        .filter(({ at, id }) => after === undefined || at < after.at || (at === after.at && id < after.id))
        .toSorted((left, right) => compareText(right.at, left.at) || compareText(right.id, left.id))
        .slice(0, limit);
    },
  };
  return {
    directory,
    customers,
    audit,
    customersKept: () => ofKind(everything(), "customer").map(({ value }) => value),
    messages: () => ofKind(everything(), "message").map(({ value }) => value),
    documents: () => everything().map(({ value }) => value),
  };
}

const hasText = (texts: readonly (string | undefined)[], search: string): boolean =>
  texts.some((text) => text?.toLowerCase().includes(search.toLowerCase()));

function ofKind<K extends Kind>(documents: readonly Kept[], kind: K): Versioned<OfKind<K>>[] {
  const isOfKind = (document: ChangedDocument): document is OfKind<K> => document.kind === kind;
  return documents.flatMap(({ value, etag }) => (isOfKind(value) ? [{ value, etag }] : []));
}

/** All or nothing, as the real store: each operation sees those before it, and the first that is refused decides. */
function commit(
  partition: ReadonlyMap<string, Kept>,
  change: Change,
  put: (document: ChangedDocument) => string,
): CommitResult {
  const operations = operationsOf(change);
  const written = new Set<string>();
  for (const { document, ...operation } of operations) {
    const known = partition.get(document.id);
    const isThere = known !== undefined || written.has(document.id);
    const isAsRead =
      operation.type !== "replace" || (known?.etag === operation.etag && !written.has(document.id));
    const isRefused = (operation.type === "create" && isThere) || !isAsRead;
    if (isRefused) return { outcome: document.kind === "auditEntry" ? "repeated" : "overtaken" };
    written.add(document.id);
  }
  return {
    outcome: "committed",
    etags: new Map(operations.map(({ document }) => [document.id, put(document)])),
  };
}
