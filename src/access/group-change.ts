/** What becomes of a group. Pure. Its members are changed one by one, each with the group's count (`member-change.ts`). */
import { createHash } from "node:crypto";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import { type AuditAction, auditEntry, type Doing } from "./audit-entry.ts";
import type { Change } from "./directory-store.ts";
import { GROUPS_MAX, type Group, groupDocumentId } from "./group.ts";
import type { At } from "./member-step.ts";

export type GroupText = { readonly name: string; readonly description?: string | undefined };

/** Follows from the request, so that a repeat of it finds the group that the first one made. */
export const newGroupId = ({ customerId, key }: Doing): string =>
  createHash("sha256").update(`group\n${customerId}\n${key}`).digest("base64url").slice(0, 16);

/** @throws ConflictError at the limit, or when a group has the name already. */
export function createGroup(
  at: At,
  others: readonly Group[],
  { name, description }: GroupText,
): [Change, Group] {
  if (at.workspace.status !== "active")
    throw new ConflictError("WorkspaceInactive", "The workspace is inactive: nothing can be added to it.");
  if (others.length >= GROUPS_MAX)
    throw new ConflictError("TooManyGroups", `A workspace has at most ${GROUPS_MAX} groups.`);
  requireFreeName(others, name);
  const groupId = newGroupId(at.doing);
  const group: Group = {
    id: groupDocumentId(groupId),
    customerId: at.customer.customerId,
    kind: "group",
    groupId,
    workspaceId: at.workspace.workspaceId,
    name,
    ...(description === undefined ? {} : { description }),
    memberCount: 0,
    status: "active",
    revision: 1,
  };
  return [changeTo(at, "groupCreated", undefined, group), group];
}

/** @throws ConflictError when another group has the name. */
export function changeGroup(
  at: At,
  known: Versioned<Group>,
  others: readonly Group[],
  patch: { readonly name?: string | undefined; readonly description?: string | null | undefined },
): [Change, Group] {
  const { description: before, ...rest } = known.value;
  const { name = rest.name, description = before } = patch;
  requireFreeName(
    others.filter(({ groupId }) => groupId !== rest.groupId),
    name,
  );
  const group: Group = {
    ...rest,
    name,
    ...(description === undefined || description === null ? {} : { description }),
    revision: rest.revision + 1,
  };
  return [changeTo(at, "groupChanged", known, group), group];
}

/** @throws ConflictError while somebody is in it. */
export function deleteGroup(at: At, known: Versioned<Group>): [Change, Group] {
  if (known.value.memberCount > 0) {
    throw new ConflictError("GroupNotEmpty", "The group has members: take them out first.", {
      innererror: { members: known.value.memberCount },
    });
  }
  const group: Group = { ...known.value, status: "deleted", revision: known.value.revision + 1 };
  return [changeTo(at, "groupDeleted", known, group), group];
}

function requireFreeName(groups: readonly Group[], name: string): void {
  if (!groups.some((group) => group.name.toLowerCase() === name.toLowerCase())) return;
  throw new ConflictError("GroupNameTaken", `There is a group with the name '${name}' already.`);
}

function changeTo(
  { customer, workspace, doing }: At,
  action: AuditAction,
  known: Versioned<Group> | undefined,
  group: Group,
): Change {
  const { customerId } = customer;
  const { workspaceId } = workspace;
  const audited = ({ name, description, status }: Group) => ({
    name,
    description: description ?? null,
    status,
  });
  const entry = auditEntry(doing, {
    action,
    target: `/customers/${customerId}/workspaces/${workspaceId}/groups/${group.groupId}`,
    workspaceId,
    ...(known === undefined ? {} : { before: audited(known.value) }),
    after: audited(group),
  });
  return { customerId, writes: [{ document: group, etag: known?.etag }], audit: [entry] };
}
