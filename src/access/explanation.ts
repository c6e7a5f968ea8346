/**
 * Why a person may do something, or may not: the rules that grant it, found by the same table and the same functions that
 * decide it for a request. Pure. Invariant: whoever may see some of the workspaces is told what follows from those alone,
 * so that neither the reasons nor their absence tell of a role at the customer or in another workspace.
 */
import type { AccessRule } from "../platform/contract.ts";
import {
  type CustomerGrant,
  covers,
  customersOf,
  type Reason,
  reasonsFor,
  type Scope,
  scopeOf,
} from "./grant.ts";
import {
  applicationRoleOf,
  type CustomerRole,
  isPermission,
  isStaffRole,
  type Permission,
  permissionTable,
} from "./permissions.ts";
import type { Membership } from "./person.ts";

/** What the membership comes to for somebody who signs in with a work account and has every application role. */
export function grantOfMembership(membership: Membership) {
  const roles = Object.values(applicationRoleOf).filter((role) => role !== undefined);
  const memberships = { [membership.customerId]: membership };
  const person = { id: "person" as const, email: "", kind: "person" as const, memberships };
  return customersOf({ roles, isPersonalAccount: false }, person).get(membership.customerId);
}

export type Explanation = {
  /** Null: the operation is open to whoever is signed in, or belongs to an application role. */
  readonly permission: Permission | null;
  readonly isAllowed: boolean;
  /** What grants it; empty where nothing does. */
  readonly because: readonly (Reason & {
    /** Rules of the product's domain that say so. */
    readonly rules: readonly string[];
    /** The application role that the person's token must carry too. */
    readonly needsApplicationRole: string | null;
  })[];
};

/**
 * @param workspaceId for an operation in a workspace: which one; undefined asks whether it is allowed anywhere.
 * @param visible to who asks: neither the reasons nor the answer depend on anything else.
 */
export function explain(
  membership: Membership,
  rule: AccessRule,
  workspaceId: string | undefined,
  visible: Scope,
): Explanation {
  if (rule.kind === "anonymous" || rule.kind === "signedIn")
    return { permission: null, isAllowed: true, because: [] };
  if (rule.kind === "application" || !isPermission(rule.permission))
    return { permission: null, isAllowed: false, because: [] };
  const { permission } = rule;
  const grant = grantOfMembership(membership);
  if (grant === undefined) return { permission, isAllowed: false, because: [] };
  const isWhole = visible.kind === "all" && scopeOf(grant, permission).kind === "all";
  const isEnough = isWhole || rule.kind === "workspaces" || rule.kind === "workspace";
  const because = (isEnough ? visibleReasons(grant, permission, visible) : [])
    .filter((reason) => isAbout(reason, workspaceId))
    .map((reason) => ({
      ...reason,
      rules: permissionTable[permission].rules,
      needsApplicationRole: neededRole(reason),
    }));
  return { permission, isAllowed: because.length > 0, because };
}

const isAbout = (reason: Reason, workspaceId: string | undefined): boolean =>
  workspaceId === undefined || reason.kind === "customerRole" || reason.workspaceId === workspaceId;

/** A role at the customer is only for the eyes of those who see the customer as a whole. */
export const visibleReasons = (
  grant: CustomerGrant,
  permission: Permission,
  visible: Scope,
): readonly Reason[] =>
  reasonsFor(grant, permission).filter((reason) =>
    reason.kind === "customerRole" ? visible.kind === "all" : covers(visible, reason.workspaceId),
  );

const neededRole = (reason: Reason): string | null =>
  reason.kind === "customerRole" && isStaffRole(reason.role)
    ? (applicationRoleOf[reason.role satisfies CustomerRole] ?? null)
    : null;
