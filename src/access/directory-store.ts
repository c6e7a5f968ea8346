import type { Container } from "@azure/cosmos";
import * as z from "zod";
import type { Customer } from "../agreements/customer.ts";
import type { CustomerId, WorkspaceId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import {
  BATCH_OPERATIONS_MAX,
  type BatchOperation,
  commitBatch,
  queryAll,
  readItem,
  saveItem,
  sql,
  statusOf,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { type FollowUp, followUpSchema } from "./follow-up.ts";
import { type Group, groupDocumentId, groupSchema } from "./group.ts";
import { type Member, memberDocumentId, memberSchema } from "./member.ts";
import { type RoleAssignment, roleAssignmentDocumentId, roleAssignmentSchema } from "./role-assignment.ts";
import {
  SUPPORT_CONTACTS_DOCUMENT_ID,
  type SupportContacts,
  supportContactsSchema,
} from "./support-contacts.ts";

export type DirectoryDocument = Customer | Member | Group | RoleAssignment | SupportContacts;
export type ChangedDocument = DirectoryDocument | AuditEntry | Message | FollowUp;

/** A document to write; `etag` undefined: there is none yet. */
export type Write = { readonly document: DirectoryDocument; readonly etag: string | undefined };

/**
 * One change of a customer's documents, all or nothing: what is written, what the audit trail says of it, whom it is told
 * to, and what follows from it.
 */
export type Change = {
  readonly customerId: CustomerId;
  readonly writes: readonly Write[];
  readonly audit: readonly [AuditEntry, ...AuditEntry[]];
  readonly messages?: readonly Message[];
  readonly followUps?: readonly FollowUp[];
};

type Committed = {
  readonly outcome: "committed";
  /** Of the documents written, by id. */
  readonly etags: ReadonlyMap<string, string>;
};
export type CommitResult = Committed | { readonly outcome: "overtaken" | "repeated" };

type MemberPage = {
  readonly workspaceId: WorkspaceId;
  readonly statuses: readonly Member["status"][];
  readonly groupId?: string | undefined;
  /** Part of the name or the address, in any case. */
  readonly search?: string | undefined;
  /** Position: the address of the last one seen. */
  readonly after: string | undefined;
  readonly limit: number;
};

/** Who is where at one customer. Every read is of one customer's partition. */
export type DirectoryStore = {
  readonly member: (customerId: CustomerId, memberId: string) => Promise<Versioned<Member> | undefined>;
  readonly members: (
    customerId: CustomerId,
    memberIds: readonly string[],
  ) => Promise<readonly Versioned<Member>[]>;
  /** In order of their addresses. */
  readonly memberPage: (customerId: CustomerId, page: MemberPage) => Promise<readonly Versioned<Member>[]>;
  /** All that is known of one person at the customer. */
  readonly ofPerson: (
    customerId: CustomerId,
    personId: string,
  ) => Promise<{ readonly members: readonly Member[]; readonly assignments: readonly RoleAssignment[] }>;
  /** Addresses of the active administrators of workspaces. */
  readonly administrators: (customerId: CustomerId) => Promise<readonly string[]>;
  readonly group: (customerId: CustomerId, groupId: string) => Promise<Versioned<Group> | undefined>;
  /** All active groups of a workspace, in order of their names. */
  readonly groups: (customerId: CustomerId, workspaceId: WorkspaceId) => Promise<readonly Versioned<Group>[]>;
  readonly supportContacts: (customerId: CustomerId) => Promise<Versioned<SupportContacts> | undefined>;
  readonly roleAssignment: (
    customerId: CustomerId,
    roleAssignmentId: string,
  ) => Promise<Versioned<RoleAssignment> | undefined>;
  readonly roleAssignments: (customerId: CustomerId) => Promise<readonly Versioned<RoleAssignment>[]>;
  /**
   * Promise: all of the change is made, or nothing of it.
   * @returns `overtaken` when a document is no longer as it was read, `repeated` when the same request made the change
   * before.
   */
  readonly commit: (change: Change) => Promise<CommitResult>;
  /** Follow-ups that wait since before an instant, oldest first, of all customers. */
  readonly waiting: (before: string, limit: number) => Promise<readonly Versioned<FollowUp>[]>;
  /** Puts one that failed behind the others. @param etag only as it was. */
  readonly postpone: (followUp: FollowUp, etag: string, now: string) => Promise<void>;
  /** @param etag only as it was: one that was asked for again stays. */
  readonly done: (followUp: FollowUp, etag: string) => Promise<void>;
};

const anyOfPerson = z.discriminatedUnion("kind", [memberSchema, roleAssignmentSchema]);
const withEmail = z.object({ email: z.string() });

export function cosmosDirectoryStore(container: Container): DirectoryStore {
  return {
    member: (customerId, memberId) =>
      readItem(container, memberDocumentId(memberId), customerId, memberSchema),
    members: (customerId, memberIds) =>
      queryAll(
        container,
        customerId,
        sql("SELECT * FROM c WHERE c.kind = 'member' AND ARRAY_CONTAINS(@memberIds, c.memberId)", {
          memberIds: [...memberIds],
        }),
        versioned(memberSchema),
      ),
    memberPage: (customerId, page) =>
      queryAll(container, customerId, memberQuery(page), versioned(memberSchema)),
    ofPerson: async (customerId, personId) => {
      const query = sql(
        "SELECT * FROM c WHERE c.personId = @personId AND c.kind IN ('member', 'roleAssignment')",
        { personId },
      );
      const all = await queryAll(container, customerId, query, anyOfPerson);
      return {
        members: all.filter((each) => each.kind === "member"),
        assignments: all.filter((each) => each.kind === "roleAssignment"),
      };
    },
    administrators: async (customerId) => {
      const query = sql(
        "SELECT DISTINCT c.email FROM c WHERE c.kind = 'member' AND c.status = 'active' AND ARRAY_CONTAINS(c.roles, 'workspaceAdministrator')",
      );
      return (await queryAll(container, customerId, query, withEmail)).map(({ email }) => email);
    },
    group: (customerId, groupId) => readItem(container, groupDocumentId(groupId), customerId, groupSchema),
    groups: (customerId, workspaceId) =>
      queryAll(
        container,
        customerId,
        sql(
          "SELECT * FROM c WHERE c.kind = 'group' AND c.workspaceId = @workspaceId AND c.status = 'active' ORDER BY c.name",
          { workspaceId },
        ),
        versioned(groupSchema),
      ),
    supportContacts: (customerId) =>
      readItem(container, SUPPORT_CONTACTS_DOCUMENT_ID, customerId, supportContactsSchema),
    roleAssignment: (customerId, id) =>
      readItem(container, roleAssignmentDocumentId(id), customerId, roleAssignmentSchema),
    roleAssignments: (customerId) =>
      queryAll(
        container,
        customerId,
        sql("SELECT * FROM c WHERE c.kind = 'roleAssignment' AND c.status = 'active' ORDER BY c.id"),
        versioned(roleAssignmentSchema),
      ),
    commit: (change) => commit(container, change),
    waiting: async (before, limit) => {
      const query = sql(
        "SELECT TOP @limit * FROM c WHERE c.kind = 'followUp' AND c.createdAt < @before ORDER BY c.createdAt",
        { before, limit },
      );
      const found = await queryAll(container, undefined, query, z.unknown());
      // One that a newer version of the app wrote holds up no other.
      return found.flatMap((each) => {
        const parsed = versioned(followUpSchema).safeParse(each);
        return parsed.success ? [parsed.data] : [];
      });
    },
    postpone: async (followUp, etag, now) => {
      const later: FollowUp = { ...followUp, createdAt: now };
      await saveItem(container, later, followUp.customerId, etag);
    },
    done: async ({ id, customerId }, etag) => {
      try {
        const accessCondition = { type: "IfMatch", condition: etag };
        await container.item(id, customerId).delete({ accessCondition });
      } catch (error) {
        const status = statusOf(error);
        if (status !== 404 && status !== 412) throw error;
      }
    },
  };
}

function memberQuery({ workspaceId, statuses, groupId, search, after, limit }: MemberPage) {
  const conditions = [
    "c.kind = 'member'",
    "c.workspaceId = @workspaceId",
    "ARRAY_CONTAINS(@statuses, c.status)",
    ...(groupId === undefined ? [] : ["ARRAY_CONTAINS(c.groupIds, @groupId)"]),
    ...(search === undefined
      ? []
      : ["(CONTAINS(c.email, @search, true) OR CONTAINS(c.name, @search, true))"]),
    ...(after === undefined ? [] : ["c.email > @after"]),
  ];
  return sql(`SELECT TOP @limit * FROM c WHERE ${conditions.join(" AND ")} ORDER BY c.email`, {
    limit,
    workspaceId,
    statuses: [...statuses],
    ...(groupId === undefined ? {} : { groupId }),
    ...(search === undefined ? {} : { search }),
    ...(after === undefined ? {} : { after }),
  });
}

async function commit(container: Container, change: Change): Promise<CommitResult> {
  const operations = operationsOf(change);
  const result = await commitBatch(container, change.customerId, operations);
  if (result.outcome === "committed") {
    const written = operations.map(
      ({ document }, index) => [document.id, result.etags[index] ?? ""] as const,
    );
    return { outcome: "committed", etags: new Map(written) };
  }
  const { document } = operations[result.index] ?? {};
  return { outcome: document?.kind === "auditEntry" ? "repeated" : "overtaken" };
}

/** @throws RangeError when the change is larger than a transaction. */
export function operationsOf(change: Change): BatchOperation<ChangedDocument>[] {
  const created = [...change.audit, ...(change.messages ?? [])];
  const operations: BatchOperation<ChangedDocument>[] = [
    ...created.map((document) => ({ type: "create" as const, document })),
    ...change.writes.map(
      ({ document, etag }): BatchOperation<ChangedDocument> =>
        etag === undefined ? { type: "create", document } : { type: "replace", document, etag },
    ),
    ...(change.followUps ?? []).map((document) => ({ type: "upsert" as const, document })),
  ];
  if (operations.length <= BATCH_OPERATIONS_MAX) return operations;
  throw new RangeError(`a change has at most ${BATCH_OPERATIONS_MAX} documents, not ${operations.length}`);
}
