/**
 * What becomes of members: their roles, permissions and groups, and the switch of support contacts. Pure.
 * Invariants: a support contact is switched by those of AC-06 alone, so no other change makes or unmakes one; there are
 * never more of them than the agreements allow (WS-08).
 */
import { isDeepStrictEqual } from "node:util";
import type { Language } from "../agreements/agreement-event.ts";
import { type Customer, supportContactsAllowed } from "../agreements/customer.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, InvalidRequestError } from "../platform/errors.ts";
import { dayIn } from "../platform/instant.ts";
import type { Change, Write } from "./directory-store.ts";
import type { Group } from "./group.ts";
import { type GivenRole, MEMBER_GROUPS_MAX, type Member } from "./member.ts";
import { type At, changeOf, type MemberStep, step } from "./member-step.ts";
import type { GrantedPermission } from "./permissions.ts";
import { SUPPORT_CONTACTS_DOCUMENT_ID, type SupportContacts } from "./support-contacts.ts";

/** What may be set of a member; what is absent stays. */
export type MemberPatch = {
  readonly name?: string | undefined;
  readonly language?: Language | undefined;
  readonly roles?: readonly Exclude<GivenRole, "supportContact">[] | undefined;
  readonly permissions?: readonly GrantedPermission[] | undefined;
  /** Null: none. */
  readonly defaultGroupId?: string | null | undefined;
};

/**
 * @returns undefined where nothing would change.
 * @throws InvalidRequestError when the default group is none of the member's.
 */
export function change(at: At, known: Versioned<Member>, patch: MemberPatch): MemberStep | undefined {
  const { value: before } = known;
  const { defaultGroupId: _, ...rest } = before;
  const { defaultGroupId = before.defaultGroupId } = patch;
  if (typeof defaultGroupId === "string" && !rest.groupIds.includes(defaultGroupId)) {
    throw new InvalidRequestError(
      "NotAGroupOfTheMember",
      "The default group must be a group of the member.",
      {
        target: "defaultGroupId",
      },
    );
  }
  const member: Member = {
    ...rest,
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.language === undefined ? {} : { language: patch.language }),
    ...(patch.roles === undefined
      ? {}
      : { roles: [...new Set([...contactRole(rest.roles), ...patch.roles])] }),
    ...(patch.permissions === undefined ? {} : { permissions: [...new Set(patch.permissions)] }),
    ...(defaultGroupId === undefined || defaultGroupId === null ? {} : { defaultGroupId }),
    revision: rest.revision + 1,
  };
  if (isDeepStrictEqual({ ...member, revision: before.revision }, before)) return undefined;
  return step(at, "memberChanged", known, member);
}

const contactRole = (roles: readonly GivenRole[]): readonly GivenRole[] =>
  roles.filter((role) => role === "supportContact");

/**
 * @param groups those that the member is in.
 * @throws ConflictError `MemberIsSupportContact`: that is to be switched off first, by those who may.
 */
export function remove(at: At, known: Versioned<Member>, groups: readonly Versioned<Group>[]): Change {
  const { defaultGroupId: _, ...before } = known.value;
  if (before.roles.includes("supportContact")) {
    throw new ConflictError(
      "MemberIsSupportContact",
      "The member is a support contact: have the services admin or the account team switch that off first.",
    );
  }
  const member: Member = {
    ...before,
    status: "removed",
    roles: [],
    permissions: [],
    groupIds: [],
    revision: before.revision + 1,
  };
  const smaller = groups.map((group) => counted(group, -1));
  return changeOf(at, [step(at, "memberRemoved", known, member)], smaller);
}

/** @param day today in the customer's time zone decides what is allowed. @throws ConflictError at the limit. */
export function switchOn(
  at: At,
  known: Versioned<Member>,
  contacts: Versioned<SupportContacts> | undefined,
): Change {
  const { value: before } = known;
  if (before.status !== "active") {
    throw new ConflictError("MemberNotActive", "Only an active member can be a support contact.");
  }
  const free = freeContacts(at.customer, contacts?.value, at.doing.at);
  if (free <= 0) {
    const named = contacts?.value.contacts.length ?? 0;
    const allowed = named + free;
    throw new ConflictError(
      "SupportContactLimitReached",
      `The agreements allow ${allowed} support contacts and ${named} are named: switch one off first.`,
      { innererror: { allowed, named } },
    );
  }
  const member: Member = {
    ...before,
    roles: [...before.roles, "supportContact"],
    supportContactSince: at.doing.at,
    revision: before.revision + 1,
  };
  const added = { memberId: before.memberId, workspaceId: before.workspaceId, since: at.doing.at };
  return changeOf(
    at,
    [step(at, "supportContactSwitchedOn", known, member)],
    [withContacts(at.customer, contacts, [...(contacts?.value.contacts ?? []), added])],
  );
}

export function switchOff(
  at: At,
  known: Versioned<Member>,
  contacts: Versioned<SupportContacts> | undefined,
): Change {
  const { supportContactSince: _, ...before } = known.value;
  const member: Member = {
    ...before,
    roles: before.roles.filter((role) => role !== "supportContact"),
    revision: before.revision + 1,
  };
  const left = (contacts?.value.contacts ?? []).filter(({ memberId }) => memberId !== before.memberId);
  return changeOf(
    at,
    [step(at, "supportContactSwitchedOff", known, member)],
    [withContacts(at.customer, contacts, left)],
  );
}

/** How many more there may be; Infinity where nothing limits them. */
export function freeContacts(customer: Customer, contacts: SupportContacts | undefined, now: string): number {
  const allowed = supportContactsAllowed(customer, dayIn(now, customer.timeZone));
  return (allowed ?? Number.POSITIVE_INFINITY) - (contacts?.contacts.length ?? 0);
}

export function withContacts(
  { customerId }: Customer,
  known: Versioned<SupportContacts> | undefined,
  contacts: SupportContacts["contacts"],
): Write {
  const document: SupportContacts = {
    id: SUPPORT_CONTACTS_DOCUMENT_ID,
    customerId,
    kind: "supportContacts",
    contacts,
  };
  return { document, etag: known?.etag };
}

/** @throws ConflictError when the member is in too many groups. */
export function joinGroup(at: At, known: Versioned<Member>, group: Versioned<Group>): Change {
  const { value: before } = known;
  if (before.groupIds.length >= MEMBER_GROUPS_MAX) {
    throw new ConflictError("TooManyGroups", `A member is in at most ${MEMBER_GROUPS_MAX} groups.`);
  }
  const groupIds = [...before.groupIds, group.value.groupId];
  const member: Member = { ...before, groupIds, revision: before.revision + 1 };
  return changeOf(at, [step(at, "groupMemberAdded", known, member)], [counted(group, 1)]);
}

export function leaveGroup(at: At, known: Versioned<Member>, group: Versioned<Group>): Change {
  const { defaultGroupId, ...before } = known.value;
  const { groupId } = group.value;
  const member: Member = {
    ...before,
    groupIds: before.groupIds.filter((id) => id !== groupId),
    ...(defaultGroupId === undefined || defaultGroupId === groupId ? {} : { defaultGroupId }),
    revision: before.revision + 1,
  };
  return changeOf(at, [step(at, "groupMemberRemoved", known, member)], [counted(group, -1)]);
}

function counted({ value, etag }: Versioned<Group>, by: 1 | -1): Write {
  return { document: { ...value, memberCount: value.memberCount + by, revision: value.revision + 1 }, etag };
}
