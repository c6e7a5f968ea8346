/**
 * What a person may reach, by e-mail address: one document, so that access costs one point read. It is a projection: the
 * customers' own documents decide, and it is made from them again after each of their changes.
 * Invariant: a membership says which state of its customer it was made from and never goes back to an older one.
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { type AgreementSummary, type Customer, roleEndsAt } from "../agreements/customer.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  DEFAULT_WORKSPACE_ID,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import { compareText } from "../agreements/terms.ts";
import { acceptsPersonalAccounts } from "../agreements/workspace.ts";
import type { Member } from "./member.ts";
import {
  type CustomerRole,
  customerRoleSchema,
  grantedPermissionSchema,
  heldRoleSchema,
} from "./permissions.ts";
import type { RoleAssignment } from "./role-assignment.ts";

export const PERSON_DOCUMENT_ID = "person";

const workspaceMembershipSchema = z.object({
  roles: z.array(heldRoleSchema),
  permissions: z.array(grantedPermissionSchema),
  groupIds: z.array(z.string()),
  defaultGroupId: z.string().optional(),
  /** The services admin is the administrator here, and nobody made the person one besides. */
  isAdministratorByAgreement: z.boolean(),
  /** WS-06: whoever signs in with a personal account finds nothing here. */
  refusesPersonalAccounts: z.boolean(),
});
export type WorkspaceMembership = z.infer<typeof workspaceMembershipSchema>;

const membershipSchema = z.object({
  customerId: customerIdSchema,
  /** Sum of the revisions that it was made from: it only grows. */
  version: z.int(),
  language: languageSchema,
  roles: z.array(customerRoleSchema),
  /** When roles end that only agreements give; see `atTime`. */
  roleEnds: z.partialRecord(customerRoleSchema, z.string()),
  /** AC-05: of an incident manager, the agreements that name the person as one; "all" where somebody assigned the role. */
  managedAgreements: z.union([z.literal("all"), z.array(agreementIdSchema)]).optional(),
  /** WS-06: some workspace does, so a role over all of them is not for a personal account either. */
  refusesPersonalAccounts: z.boolean(),
  /** Active workspaces that the person is an active member of. */
  workspaces: z.record(z.string(), workspaceMembershipSchema),
  /** Whether the person is administrator of every workspace there is. */
  administersAll: z.boolean(),
  /** What waits for the person's answer. */
  invitations: z.array(
    z.object({ invitationId: z.string(), workspaceId: workspaceIdSchema, expiresAt: z.string() }),
  ),
});
export type Membership = z.infer<typeof membershipSchema>;

export const personSchema = z.object({
  id: z.literal(PERSON_DOCUMENT_ID),
  email: z.string(),
  kind: z.literal("person"),
  /** By customer. One without anything in it is kept: it says that all was taken away. */
  memberships: z.record(z.string(), membershipSchema),
});
export type Person = z.infer<typeof personSchema>;

/** Everything that a customer's partition says of one person. */
export type PersonFacts = {
  readonly customer: Customer;
  readonly members: readonly Member[];
  readonly assignments: readonly RoleAssignment[];
};

/** Pure: what the facts come to for the person with this address. */
export function membershipOf(email: string, { customer, assignments, ...facts }: PersonFacts): Membership {
  // The store gives them in no order, and the same facts are to come to the same.
  const members = facts.members.toSorted((left, right) => compareText(left.workspaceId, right.workspaceId));
  const roles = rolesOf(email, customer, assignments);
  const workspaces: Record<string, WorkspaceMembership> = {};
  const invitations: Membership["invitations"] = [];
  for (const member of members) {
    const workspace = customer.workspaces.find(({ workspaceId }) => workspaceId === member.workspaceId);
    if (workspace?.status !== "active") continue;
    if (member.status === "invited" && member.invitation !== undefined) {
      const { expiresAt } = member.invitation;
      invitations.push({ invitationId: member.memberId, workspaceId: member.workspaceId, expiresAt });
    }
    if (member.status !== "active") continue;
    const isFirst = member.workspaceId === DEFAULT_WORKSPACE_ID && roles.includes("servicesAdmin");
    workspaces[member.workspaceId] = {
      roles: [...new Set([...member.roles, ...(isFirst ? FIRST_ADMINISTRATOR : []), "member" as const])],
      permissions: member.permissions,
      groupIds: member.groupIds,
      ...(member.defaultGroupId === undefined ? {} : { defaultGroupId: member.defaultGroupId }),
      isAdministratorByAgreement: isFirst && !member.roles.includes("workspaceAdministrator"),
      refusesPersonalAccounts: !acceptsPersonalAccounts(workspace, customer.agreements),
    };
  }
  const language = members.find(({ status }) => status !== "removed")?.language ?? customer.language;
  return {
    customerId: customer.customerId,
    version: versionOf({ customer, members, assignments }),
    language,
    roles,
    roleEnds: roleEndsOf(email, customer, assignments, roles),
    ...managedBy(email, customer, assignments),
    refusesPersonalAccounts: customer.workspaces.some(
      (each) => each.status === "active" && !acceptsPersonalAccounts(each, customer.agreements),
    ),
    workspaces,
    administersAll: customer.workspaces.every(({ workspaceId }) =>
      workspaces[workspaceId]?.roles.includes("workspaceAdministrator"),
    ),
    invitations,
  };
}

const FIRST_ADMINISTRATOR = ["servicesAdmin", "workspaceAdministrator"] as const;

/** Revisions only grow and no document is ever removed, so of two states the newer one has the larger sum. */
function versionOf({ customer, members, assignments }: PersonFacts): number {
  const revisions = [customer, ...members, ...assignments].map(({ revision }) => revision);
  return revisions.reduce((sum, revision) => sum + revision, 0);
}

/** Roles that the agreements name, and those that somebody assigned. */
function rolesOf(
  email: string,
  { agreements }: Customer,
  assignments: readonly RoleAssignment[],
): CustomerRole[] {
  const roles = new Set<CustomerRole>();
  for (const { servicesAdmin, accountTeam } of Object.values(agreements)) {
    if (servicesAdmin === email) roles.add("servicesAdmin");
    for (const each of accountTeam) if (each.email === email) roles.add(each.role);
  }
  for (const { role, status } of assignments) if (status === "active") roles.add(role);
  return [...roles].toSorted();
}

function managedBy(
  email: string,
  { agreements }: Customer,
  assignments: readonly RoleAssignment[],
): Pick<Membership, "managedAgreements"> {
  if (assignments.some(({ role, status }) => role === "incidentManager" && status === "active"))
    return { managedAgreements: "all" };
  const named = Object.entries(agreements).filter(([, each]) => isNamedAs("incidentManager", email)(each));
  if (named.length === 0) return {};
  return { managedAgreements: named.map(([id]) => agreementIdSchema.parse(id)).toSorted() };
}

const isNamedAs = (role: CustomerRole, email?: string) => (agreement: AgreementSummary) =>
  role === "servicesAdmin"
    ? agreement.servicesAdmin !== undefined && (email === undefined || agreement.servicesAdmin === email)
    : agreement.accountTeam.some(
        (each) => each.role === role && (email === undefined || each.email === email),
      );

function roleEndsOf(
  email: string,
  customer: Customer,
  assignments: readonly RoleAssignment[],
  roles: readonly CustomerRole[],
): Membership["roleEnds"] {
  const ends: Membership["roleEnds"] = {};
  for (const role of roles) {
    if (assignments.some((each) => each.role === role && each.status === "active")) continue;
    const naming = Object.entries(customer.agreements).filter(([, each]) => isNamedAs(role, email)(each));
    const all = naming.map(([agreementId]) => roleEndsAt(customer, agreementId, isNamedAs(role)));
    const known = all.filter((end) => end !== undefined);
    const last = known.toSorted().at(-1);
    if (last !== undefined && known.length === all.length) ends[role] = last;
  }
  return ends;
}

/** The membership at an instant: without the roles of agreements that are over and were followed by others. */
export function atTime(membership: Membership, now: string): Membership {
  const hasEnded = (role: CustomerRole): boolean => {
    const end = membership.roleEnds[role];
    return end !== undefined && end <= now;
  };
  if (!membership.roles.some(hasEnded)) return membership;
  const first = membership.workspaces[DEFAULT_WORKSPACE_ID];
  const roles = membership.roles.filter((role) => !hasEnded(role));
  if (first === undefined || !hasEnded("servicesAdmin")) return { ...membership, roles };
  const byAgreement = first.isAdministratorByAgreement;
  const left = first.roles.filter(
    (role) => role !== "servicesAdmin" && !(byAgreement && role === "workspaceAdministrator"),
  );
  return {
    ...membership,
    roles,
    workspaces: { ...membership.workspaces, [DEFAULT_WORKSPACE_ID]: { ...first, roles: left } },
    administersAll: membership.administersAll && !byAgreement,
  };
}

/** @returns undefined when the person already reflects this state of the customer, or a newer one. */
export function withMembership(
  person: Person | undefined,
  email: string,
  membership: Membership,
): Person | undefined {
  const known = person?.memberships[membership.customerId];
  if (known !== undefined && known.version >= membership.version) return undefined;
  return {
    id: PERSON_DOCUMENT_ID,
    email,
    kind: "person",
    memberships: { ...person?.memberships, [membership.customerId]: membership },
  };
}
