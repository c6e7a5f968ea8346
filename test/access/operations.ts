/**
 * What can be done to a customer's directory, put together as the endpoints do it: read, decide, apply. An operation is a
 * value, so that properties can be told about any sequence of them.
 */
import { type DirectoryAccess, decideAndApply } from "../../src/access/apply-change.ts";
import type { Doing } from "../../src/access/audit-entry.ts";
import type { Change } from "../../src/access/directory-store.ts";
import { createGroup, deleteGroup, newGroupId } from "../../src/access/group-change.ts";
import { accept, resend, revoke } from "../../src/access/invitation.ts";
import { type InvitationResult, invitePeople } from "../../src/access/invite-people.ts";
import { type GivenRole, type Member, memberIdOf, personIdOf } from "../../src/access/member.ts";
import {
  change,
  joinGroup,
  leaveGroup,
  type MemberPatch,
  remove,
  switchOff,
  switchOn,
} from "../../src/access/member-change.ts";
import { type At, changeOf, type MemberStep } from "../../src/access/member-step.ts";
import {
  type AssignableRole,
  assignRole,
  removeRole,
  roleAssignmentIdOf,
} from "../../src/access/role-assignment.ts";
import {
  changeWorkspace,
  createWorkspace,
  newWorkspaceId,
  type WorkspacePatch,
  workspaceOf,
} from "../../src/access/workspace-change.ts";
import { linkAgreement } from "../../src/access/workspace-links.ts";
import { agreementIdSchema, type CustomerId, DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError } from "../../src/platform/errors.ts";

/** `workspace`: `default`, or the one that `createWorkspace` with this key makes. */
type Place = { readonly customerId: CustomerId; readonly workspace: string };
type OnMember = Place & { readonly email: string };
type NewRole = Exclude<GivenRole, "supportContact">;

export type Operation =
  | (OnMember & { readonly do: "invite"; readonly roles: readonly NewRole[] })
  | (OnMember & { readonly do: "accept"; readonly isPersonalAccount?: boolean })
  | (OnMember & { readonly do: "resend" | "revoke" | "remove" | "switchOn" | "switchOff" })
  | (OnMember & { readonly do: "change"; readonly patch: MemberPatch })
  | (OnMember & { readonly do: "join" | "leave"; readonly group: string })
  | (Place & { readonly do: "createGroup" | "deleteGroup"; readonly group: string })
  | (OnMember & { readonly do: "createWorkspace"; readonly agreementId: string })
  | (Place & { readonly do: "changeWorkspace"; readonly patch: WorkspacePatch })
  | (Place & { readonly do: "link"; readonly agreementId: string; readonly isLinked: boolean })
  | (OnMember & { readonly do: "assign" | "unassign"; readonly role: AssignableRole });

export type Moment = { readonly at: string; readonly key: string };

const doingOf = ({ customerId }: Place, { at, key }: Moment): Doing => ({
  customerId,
  actor: { subject: "operator", email: "operator@provider.example" },
  at,
  key,
});

const workspaceIdAt = ({ customerId, workspace }: Place) =>
  workspace === "default"
    ? DEFAULT_WORKSPACE_ID
    : newWorkspaceId(doingOf({ customerId, workspace }, { at: "", key: workspace }));

const groupIdAt = (place: Place, group: string) =>
  newGroupId(doingOf(place, { at: "", key: `${place.workspace}/${group}` }));

/** @throws coded errors, as the endpoints do. @returns the line's result of an invitation. */
export async function operate(
  access: DirectoryAccess,
  operation: Operation,
  moment: Moment,
): Promise<InvitationResult | undefined> {
  switch (operation.do) {
    case "invite":
      return inviteOne(access, operation, moment);
    case "createWorkspace":
      await onCustomer(access, operation, moment, (known, doing) => {
        const workspaceId = workspaceIdAt(operation);
        if (known.value.workspaces.some((each) => each.workspaceId === workspaceId)) return undefined;
        const agreements = [{ agreementId: agreementIdSchema.parse(operation.agreementId), packageIds: [] }];
        const request = { name: operation.workspace, agreements, administrator: { email: operation.email } };
        const named = { ...doing, key: operation.workspace };
        return createWorkspace(known, request, { doing: named, actorName: undefined });
      });
      return undefined;
    case "changeWorkspace":
      await onCustomer(access, operation, moment, (known, doing) =>
        changeWorkspace(known, workspaceOf(known.value, workspaceIdAt(operation)), operation.patch, doing),
      );
      return undefined;
    case "link":
      await onCustomer(access, operation, moment, (known, doing) => {
        const { agreementId, isLinked } = operation;
        const workspace = workspaceOf(known.value, workspaceIdAt(operation));
        return linkAgreement(known, workspace, agreementIdSchema.parse(agreementId), isLinked, doing);
      });
      return undefined;
    case "assign":
    case "unassign":
      return assign(access, operation, moment);
    case "createGroup":
    case "deleteGroup":
      return onGroup(access, operation, moment);
    default:
      return onMember(access, operation, moment);
  }
}

async function inviteOne(
  access: DirectoryAccess,
  operation: Extract<Operation, { do: "invite" }>,
  moment: Moment,
): Promise<InvitationResult | undefined> {
  const { customerId, email, roles } = operation;
  const where = {
    customerId,
    workspaceId: workspaceIdAt(operation),
    doing: doingOf(operation, moment),
    actorName: "Operator",
  };
  const [result] = await invitePeople(
    access,
    where,
    [{ line: 1, request: { email, roles, permissions: [] } }],
    true,
  );
  return result;
}

type Customers = NonNullable<Awaited<ReturnType<DirectoryAccess["customers"]["read"]>>>;

async function readCustomer({ customers }: DirectoryAccess, customerId: CustomerId): Promise<Customers> {
  const known = await customers.read(customerId);
  if (known === undefined) throw new NotFoundError(`no customer ${customerId}`);
  return known;
}

async function onCustomer(
  access: DirectoryAccess,
  place: Place,
  moment: Moment,
  decide: (known: Customers, doing: Doing) => Change | undefined,
): Promise<void> {
  await decideAndApply(access, async () => {
    const known = await readCustomer(access, place.customerId);
    const decided = decide(known, doingOf(place, moment));
    const after = decided?.writes.map(({ document }) => document).find((each) => each.kind === "customer");
    return { change: decided, before: known, after: after ?? known.value };
  });
}

async function assign(
  access: DirectoryAccess,
  operation: Extract<Operation, { do: "assign" | "unassign" }>,
  moment: Moment,
): Promise<undefined> {
  const { customerId, email, role } = operation;
  const id = roleAssignmentIdOf(role, personIdOf(customerId, email));
  await decideAndApply(access, async () => {
    const known = await access.directory.roleAssignment(customerId, id);
    const doing = doingOf(operation, moment);
    if (operation.do === "assign") {
      await readCustomer(access, customerId);
      if (known?.value.status === "active") return { change: undefined, before: known, after: known.value };
      const [decided, after] = assignRole(doing, known, { email, role });
      return { change: decided, before: known, after };
    }
    if (known?.value.status !== "active") throw new NotFoundError(`no assignment ${id}`);
    const [decided, after] = removeRole(doing, known);
    return { change: decided, before: known, after };
  });
}

async function atOf(access: DirectoryAccess, place: Place, moment: Moment): Promise<At> {
  const { value: customer } = await readCustomer(access, place.customerId);
  const workspace = workspaceOf(customer, workspaceIdAt(place));
  return { customer, workspace, doing: doingOf(place, moment), actorName: "Operator" };
}

async function onGroup(
  access: DirectoryAccess,
  operation: Extract<Operation, { do: "createGroup" | "deleteGroup" }>,
  moment: Moment,
): Promise<undefined> {
  const { customerId, group } = operation;
  await decideAndApply(access, async () => {
    const key = `${operation.workspace}/${group}`;
    const at = await atOf(access, operation, { ...moment, key });
    const known = await access.directory.group(customerId, groupIdAt(operation, group));
    if (operation.do === "createGroup") {
      if (known !== undefined) return { change: undefined, before: known, after: known.value };
      const others = await access.directory.groups(customerId, at.workspace.workspaceId);
      const [decided, after] = createGroup(
        at,
        others.map(({ value }) => value),
        { name: group },
      );
      return { change: decided, before: undefined, after };
    }
    if (known?.value.status !== "active") throw new NotFoundError(`no group ${group}`);
    const [decided, after] = deleteGroup({ ...at, doing: doingOf(operation, moment) }, known);
    return { change: decided, before: known, after };
  });
}

type OfMember = Exclude<
  Extract<Operation, { readonly email: string }>,
  { do: "invite" | "createWorkspace" | "assign" | "unassign" }
>;

async function onMember(access: DirectoryAccess, operation: OfMember, moment: Moment): Promise<undefined> {
  const { customerId, email } = operation;
  const memberId = memberIdOf(customerId, workspaceIdAt(operation), email);
  await decideAndApply(access, async () => {
    const [at, known] = await Promise.all([
      atOf(access, operation, moment),
      access.directory.member(customerId, memberId),
    ]);
    const isInvitation = ["accept", "resend", "revoke"].includes(operation.do);
    if (known === undefined || (known.value.status !== "active" && !isInvitation))
      throw new NotFoundError(`no member ${memberId}`);
    const decided = await decideOnMember(access, operation, at, known);
    const after = decided?.writes.map(({ document }) => document).find((each) => each.kind === "member");
    return { change: decided, before: known, after: after ?? known.value };
  });
}

async function decideOnMember(
  { directory }: DirectoryAccess,
  operation: OfMember,
  at: At,
  known: Versioned<Member>,
): Promise<Change | undefined> {
  const { customerId } = operation;
  const of = (step: MemberStep): Change => changeOf(at, [step]);
  const isContact = known.value.roles.includes("supportContact");
  switch (operation.do) {
    case "accept":
      if (known.value.status === "active") return undefined;
      return of(accept(at, known, operation.isPersonalAccount ?? false));
    case "resend":
    case "revoke":
      if (known.value.status !== "invited") throw new NotFoundError("no invitation");
      return of((operation.do === "resend" ? resend : revoke)(at, known));
    case "change": {
      const changed = change(at, known, operation.patch);
      return changed && of(changed);
    }
    case "remove": {
      const groups = await directory.groups(customerId, at.workspace.workspaceId);
      return remove(
        at,
        known,
        groups.filter(({ value }) => known.value.groupIds.includes(value.groupId)),
      );
    }
    case "switchOn":
      return isContact ? undefined : switchOn(at, known, await directory.supportContacts(customerId));
    case "switchOff":
      return isContact ? switchOff(at, known, await directory.supportContacts(customerId)) : undefined;
    case "join":
    case "leave": {
      const group = await directory.group(customerId, groupIdAt(operation, operation.group));
      if (group?.value.status !== "active") throw new NotFoundError("no group");
      const isIn = known.value.groupIds.includes(group.value.groupId);
      if (isIn === (operation.do === "join")) return undefined;
      return operation.do === "join" ? joinGroup(at, known, group) : leaveGroup(at, known, group);
    }
  }
}
