/** What must hold of a directory whatever was done to it, as functions, so that each can be shown to fail. */
import assert from "node:assert/strict";
import type { ChangedDocument } from "../../src/access/directory-store.ts";
import type { Member } from "../../src/access/member.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import type { MemoryStores } from "../fakes/memory-stores.ts";
import { accessOf, expectedAccess } from "./naive-access.ts";

type OfKind<K extends ChangedDocument["kind"]> = Extract<ChangedDocument, { readonly kind: K }>;

export function documentsOf<K extends ChangedDocument["kind"]>(stores: MemoryStores, kind: K): OfKind<K>[] {
  const isOfKind = (document: ChangedDocument): document is OfKind<K> => document.kind === kind;
  return stores.directoryDocuments().filter(isOfKind);
}

/** @throws AssertionError unless all of the following holds. */
export function checkDirectory(stores: MemoryStores): void {
  assert.deepEqual(
    stores.directoryDocuments().filter(({ kind }) => kind === "followUp"),
    [],
  );
  checkPeople(stores);
  checkTrail(stores);
  checkMessages(stores);
  checkContacts(stores);
  checkGroups(stores);
}

/** Every person's own document says what the customers' documents come to. */
function checkPeople(stores: MemoryStores): void {
  const documents = stores.directoryDocuments();
  const kept = new Map(stores.peopleKept().map((person) => [person.email, person]));
  const emails = new Set([
    ...kept.keys(),
    ...documents.flatMap((each) => ("email" in each ? [each.email] : [])),
    ...documents.flatMap((each) => (each.kind === "customer" ? namedIn(each) : [])),
  ]);
  for (const email of emails)
    assert.deepEqual(accessOf(kept.get(email)), expectedAccess(email, documents), `access of ${email}`);
}

const namedIn = ({ agreements }: Customer): string[] =>
  Object.values(agreements).flatMap(({ servicesAdmin, accountTeam }) => [
    ...(servicesAdmin === undefined ? [] : [servicesAdmin]),
    ...accountTeam.map(({ email }) => email),
  ]);

const CUSTOMER_ACTIONS =
  /^(agreement(Recorded|Linked|Unlinked)|workspace(Created|Changed)|package(Linked|Unlinked))$/;

/** One entry for each state that a document was in, and one of them tells of the state that it is in. */
function checkTrail(stores: MemoryStores): void {
  const entries = documentsOf(stores, "auditEntry");
  for (const member of documentsOf(stores, "member")) {
    const own = entries.filter(
      ({ customerId, target, action }) =>
        customerId === member.customerId &&
        target.endsWith(`/workspaces/${member.workspaceId}/members/${member.memberId}`) &&
        action !== "memberRefused",
    );
    assert.equal(own.length, member.revision, `entries about ${member.email}`);
    assert.ok(
      own.some(({ after }) => tells(after, member)),
      `an entry tells what ${member.email} is now`,
    );
  }
  for (const customer of documentsOf(stores, "customer")) {
    const own = entries.filter(
      ({ customerId, action }) => customerId === customer.customerId && CUSTOMER_ACTIONS.test(action),
    );
    assert.equal(own.length, customer.revision, `entries about ${customer.customerId}`);
  }
  for (const assignment of documentsOf(stores, "roleAssignment")) {
    const own = entries.filter(
      ({ customerId, target }) =>
        customerId === assignment.customerId &&
        target.endsWith(`/roleAssignments/${assignment.roleAssignmentId}`),
    );
    assert.equal(own.length, assignment.revision, `entries about ${assignment.roleAssignmentId}`);
  }
}

function tells(after: unknown, { status, roles, permissions, groupIds }: Member): boolean {
  try {
    assert.partialDeepStrictEqual(after, { status, roles, permissions, groupIds });
    return true;
  } catch {
    return false;
  }
}

/** Whoever was invited, invited again or added was sent exactly one message for it, and nobody else any. */
function checkMessages(stores: MemoryStores): void {
  const told = documentsOf(stores, "auditEntry")
    .filter(({ action }) => /^(memberInvited|memberAdded|supportContactNamed|invitationResent)$/.test(action))
    .map(({ customerId, target }) => `${customerId} ${target.slice(target.lastIndexOf("/") + 1)}`);
  const messages = documentsOf(stores, "message").map(({ customerId, id }) => {
    const [, memberId = "", revision] = /^message~(.*)~(\d+)$/.exec(id) ?? [];
    const member = documentsOf(stores, "member").find(
      (each) => each.customerId === customerId && each.memberId === memberId,
    );
    assert.ok(member !== undefined && member.revision >= Number(revision), `message ${id} tells of what is`);
    return `${customerId} ${memberId}`;
  });
  assert.deepEqual(messages.toSorted(), told.toSorted());
}

/** The one document names exactly the active members that have the role, each once. */
function checkContacts(stores: MemoryStores): void {
  for (const { customerId } of documentsOf(stores, "customer")) {
    const holders = documentsOf(stores, "member")
      .filter((each) => each.customerId === customerId && each.roles.includes("supportContact"))
      .map(({ memberId, status }) => `${memberId} ${status}`);
    const named = documentsOf(stores, "supportContacts")
      .filter((each) => each.customerId === customerId)
      .flatMap(({ contacts }) => contacts.map(({ memberId }) => `${memberId} active`));
    assert.deepEqual(holders.toSorted(), named.toSorted(), `support contacts of ${customerId}`);
  }
}

function checkGroups(stores: MemoryStores): void {
  for (const { customerId, groupId, memberCount, status } of documentsOf(stores, "group")) {
    const inside = documentsOf(stores, "member").filter(
      (each) => each.customerId === customerId && each.groupIds.includes(groupId),
    );
    assert.equal(memberCount, inside.length, `members of group ${groupId}`);
    if (status === "deleted") assert.equal(memberCount, 0);
  }
}
