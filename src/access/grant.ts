/**
 * What a caller may do, decided once for each request from one point read. Endpoints name a permission and are given the
 * places where the caller holds it; they never look at roles.
 * Invariant: a customer or workspace that the caller may not know of is not in the grant, and asking for it ends as not
 * found (AC-08).
 */
import type { CustomerId } from "../agreements/ids.ts";
import type { AccessRule } from "../platform/contract.ts";
import { endpointDefiner } from "../platform/endpoint.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { Principal } from "../platform/tokens.ts";
import {
  applicationRoleOf,
  type CustomerRole,
  type GrantedPermission,
  isPermission,
  type Permission,
  permissionTable,
} from "./permissions.ts";
import { atTime, type Membership, type Person, type WorkspaceMembership } from "./person.ts";

/** Application role of upstream delivery systems. */
export const EVENTS_SEND = "Events.Send";

/** The workspaces of one customer that something may be read from or done to. */
export type Scope =
  | { readonly kind: "all" }
  | { readonly kind: "some"; readonly workspaceIds: ReadonlySet<string> };

export type CustomerGrant = {
  readonly customerId: CustomerId;
  readonly roles: readonly CustomerRole[];
  /** Workspaces that the caller is a member of. */
  readonly workspaces: ReadonlyMap<string, WorkspaceMembership>;
  readonly administersAll: boolean;
  /** Of an incident manager (AC-05). */
  readonly managedAgreements: "all" | ReadonlySet<string>;
};

export type Grant = {
  /** Undefined for a caller that no customer ever named. */
  readonly person: Person | undefined;
  /** By customer; only those that the caller may know of. */
  readonly customers: ReadonlyMap<string, CustomerGrant>;
  /** Where the caller holds the endpoint's permission, at the customer of the route; nowhere without one. */
  readonly scope: Scope;
  /** By a rule of any customer: those whose things the caller may ask for; all, and what belongs to none, by a role. */
  readonly reach: Reach;
};

type Reach = "all" | readonly CustomerId[];

export const defineEndpoint = endpointDefiner<Grant, Permission>();

const NOWHERE: Scope = { kind: "some", workspaceIds: new Set() };

/**
 * @param readPerson one point read at most; what it gives may be as old as the cache that it asks allows.
 * @throws NotFoundError when the rule is not met, whatever the reason.
 */
export function createAuthorize(readPerson: (email: string) => Promise<Person | undefined>) {
  return async (
    principal: Principal,
    rule: Exclude<AccessRule, { kind: "anonymous" }>,
    params: Readonly<Record<string, string>>,
    now?: Date,
  ): Promise<Grant> => {
    if (rule.kind === "application") {
      if (!principal.roles.includes(rule.role)) throw new NotFoundError(`without the role ${rule.role}`);
      return { person: undefined, customers: new Map(), scope: NOWHERE, reach: [] };
    }
    const person = principal.email === undefined ? undefined : await readPerson(principal.email);
    const customers = customersOf(principal, person, now?.toISOString());
    if (rule.kind === "signedIn") return { person, customers, scope: NOWHERE, reach: [] };
    if (rule.kind === "anyCustomer")
      return { person, customers, scope: NOWHERE, reach: reachOf(rule, principal, customers) };
    const customer = customers.get(params["customerId"] ?? "");
    const { permission } = rule;
    const scope =
      customer === undefined || !isPermission(permission) ? NOWHERE : scopeOf(customer, permission);
    if (!isMet(rule, scope, params)) throw new NotFoundError(`without ${permission}`);
    return { person, customers, scope, reach: [] };
  };
}

/** @throws NotFoundError for whoever reaches nothing. */
function reachOf(
  { permission, orRole }: Extract<AccessRule, { readonly kind: "anyCustomer" }>,
  { roles }: Principal,
  customers: Grant["customers"],
): Reach {
  if (orRole !== undefined && roles.includes(orRole)) return "all";
  const held = [...customers.values()]
    .filter((each) => isPermission(permission) && scopeOf(each, permission).kind === "all")
    .map(({ customerId }) => customerId);
  if (held.length === 0) throw new NotFoundError(`without ${permission}`);
  return held;
}

function isMet(
  rule: Extract<AccessRule, { readonly kind: "customer" | "workspaces" | "workspace" }>,
  scope: Scope,
  params: Readonly<Record<string, string>>,
): boolean {
  if (scope.kind === "all") return true;
  if (rule.kind === "customer") return false;
  if (rule.kind === "workspaces") return scope.workspaceIds.size > 0;
  return scope.workspaceIds.has(params["workspaceId"] ?? "");
}

/**
 * Pure: the memberships of the person, as far as the token lets them hold (AC-05, WS-06).
 * @param now roles of agreements that are over and were followed by others are left out; undefined: none is.
 */
export function customersOf(
  principal: Pick<Principal, "roles" | "isPersonalAccount">,
  person: Person | undefined,
  now?: string,
): ReadonlyMap<string, CustomerGrant> {
  const customers = new Map<string, CustomerGrant>();
  for (const kept of Object.values(person?.memberships ?? {})) {
    const membership = now === undefined ? kept : atTime(kept, now);
    const { customerId, administersAll } = membership;
    const roles = membership.roles.filter((role) => holdsUnder(role, membership, principal));
    const workspaces = new Map(
      Object.entries(membership.workspaces).filter(
        ([, workspace]) => !(principal.isPersonalAccount && workspace.refusesPersonalAccounts),
      ),
    );
    const customer = {
      customerId,
      roles,
      workspaces,
      administersAll: administersAll && workspaces.size === Object.keys(membership.workspaces).length,
      managedAgreements: managedOf(membership),
    };
    if (isKnown(customer)) customers.set(customerId, customer);
  }
  return customers;
}

const managedOf = ({ managedAgreements = [] }: Membership): CustomerGrant["managedAgreements"] =>
  managedAgreements === "all" ? "all" : new Set<string>(managedAgreements);

/** A services admin who is no member any more knows of the customer as little as a stranger. */
function isKnown(customer: CustomerGrant): boolean {
  const scope = scopeOf(customer, "customers.read");
  return scope.kind === "all" || scope.workspaceIds.size > 0;
}

/** A role of the provider's needs the application role, one of the customer's an account that all workspaces accept. */
function holdsUnder(
  role: CustomerRole,
  { refusesPersonalAccounts }: Membership,
  { roles, isPersonalAccount }: Pick<Principal, "roles" | "isPersonalAccount">,
): boolean {
  const needed = applicationRoleOf[role];
  return needed === undefined ? !(isPersonalAccount && refusesPersonalAccounts) : roles.includes(needed);
}

/** Why a permission is held: the role, or the grant, that the table names. */
export type Reason =
  | { readonly kind: "customerRole"; readonly role: CustomerRole }
  | { readonly kind: "workspaceRole"; readonly role: string; readonly workspaceId: string }
  | {
      readonly kind: "grantedPermission";
      readonly permission: GrantedPermission;
      readonly workspaceId: string;
    };

/** Every reason for which the permission is held anywhere at the customer. */
export function reasonsFor(customer: CustomerGrant, permission: Permission): readonly Reason[] {
  const { customerRoles, workspaceRoles = [], granted = [] } = permissionTable[permission];
  const reasons: Reason[] = customer.roles
    .filter((role) => customerRoles.includes(role))
    .map((role) => ({ kind: "customerRole", role }));
  for (const [workspaceId, member] of customer.workspaces) {
    for (const role of member.roles) {
      if (workspaceRoles.includes(role)) reasons.push({ kind: "workspaceRole", role, workspaceId });
    }
    for (const each of member.permissions) {
      if (granted.includes(each)) reasons.push({ kind: "grantedPermission", permission: each, workspaceId });
    }
  }
  return reasons;
}

/** Where the permission is held. Who administers every workspace sees the customer as a whole. */
export function scopeOf(customer: CustomerGrant, permission: Permission): Scope {
  const { customerRoles, workspaceRoles = [], granted = [] } = permissionTable[permission];
  if (customer.roles.some((role) => customerRoles.includes(role))) return { kind: "all" };
  if (customer.administersAll && workspaceRoles.includes("workspaceAdministrator")) return { kind: "all" };
  const held = [...customer.workspaces].filter(
    ([, member]) =>
      member.roles.some((role) => workspaceRoles.includes(role)) ||
      member.permissions.some((each) => granted.includes(each)),
  );
  return { kind: "some", workspaceIds: new Set(held.map(([workspaceId]) => workspaceId)) };
}

/** Whether one workspace is inside. */
export const covers = (scope: Scope, workspaceId: string): boolean =>
  scope.kind === "all" || scope.workspaceIds.has(workspaceId);

/** The caller at the customer of the route; the edge has made sure of it before the handler runs. */
function customerGrant(grant: Grant, customerId: string): CustomerGrant {
  const customer = grant.customers.get(customerId);
  if (customer === undefined) throw new NotFoundError();
  return customer;
}

/** Whether the caller also holds another permission in the workspace, or at the whole customer without one. */
export function mayAlso(
  grant: Grant,
  customerId: string,
  permission: Permission,
  workspaceId: string | undefined,
): boolean {
  const scope = scopeOf(customerGrant(grant, customerId), permission);
  return workspaceId === undefined ? scope.kind === "all" : covers(scope, workspaceId);
}
