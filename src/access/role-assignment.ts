/**
 * A role at a customer that somebody gave a person: the customer's administrators, and staff of the provider's besides
 * those whom the agreements name (AC-01, AC-05). Invariant: it is never deleted, taken away is a status.
 */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { auditEntry, type Doing } from "./audit-entry.ts";
import type { Change } from "./directory-store.ts";
import { followUp } from "./follow-up.ts";
import { personIdOf } from "./member.ts";
import { customerRoleSchema } from "./permissions.ts";

/** The services admin is named by the agreement alone. */
export const assignableRoleSchema = customerRoleSchema.exclude(["servicesAdmin"]);
export type AssignableRole = z.infer<typeof assignableRoleSchema>;

export const roleAssignmentSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("roleAssignment"),
  roleAssignmentId: z.string(),
  personId: z.string(),
  email: z.string(),
  name: z.string().optional(),
  role: assignableRoleSchema,
  status: z.enum(["active", "removed"]),
  createdAt: z.string(),
  revision: z.int().min(1),
});
export type RoleAssignment = z.infer<typeof roleAssignmentSchema>;

export const roleAssignmentIdOf = (role: AssignableRole, personId: string): string => `${role}~${personId}`;

export const roleAssignmentDocumentId = (roleAssignmentId: string): string =>
  `roleAssignment~${roleAssignmentId}`;

type Person = { readonly email: string; readonly name?: string | undefined; readonly role: AssignableRole };

/** @param known the assignment as it was, taken away. */
export function assignRole(
  doing: Doing,
  known: Versioned<RoleAssignment> | undefined,
  { email, name, role }: Person,
): [Change, RoleAssignment] {
  const { customerId, at } = doing;
  const personId = personIdOf(customerId, email);
  const roleAssignmentId = roleAssignmentIdOf(role, personId);
  const assignment: RoleAssignment = {
    id: roleAssignmentDocumentId(roleAssignmentId),
    customerId,
    kind: "roleAssignment",
    roleAssignmentId,
    personId,
    email: email.toLowerCase(),
    ...(name === undefined ? {} : { name }),
    role,
    status: "active",
    createdAt: at,
    revision: (known?.value.revision ?? 0) + 1,
  };
  return [changeTo(doing, "roleAssigned", known, assignment), assignment];
}

export function removeRole(doing: Doing, known: Versioned<RoleAssignment>): [Change, RoleAssignment] {
  const assignment: RoleAssignment = {
    ...known.value,
    status: "removed",
    revision: known.value.revision + 1,
  };
  return [changeTo(doing, "roleRemoved", known, assignment), assignment];
}

function changeTo(
  doing: Doing,
  action: "roleAssigned" | "roleRemoved",
  known: Versioned<RoleAssignment> | undefined,
  assignment: RoleAssignment,
): Change {
  const { customerId, at } = doing;
  const { email, roleAssignmentId } = assignment;
  const audited = ({ role, status }: RoleAssignment) => ({ email, role, status });
  const entry = auditEntry(doing, {
    action,
    target: `/customers/${customerId}/roleAssignments/${roleAssignmentId}`,
    ...(known === undefined ? {} : { before: audited(known.value) }),
    after: audited(assignment),
  });
  return {
    customerId,
    writes: [{ document: assignment, etag: known?.etag }],
    audit: [entry],
    followUps: [followUp(customerId, { type: "people", emails: [email] }, at)],
  };
}
