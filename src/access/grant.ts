/**
 * What a caller may do, decided once for each request from one point read. Endpoints name a permission and are given a
 * grant; they never look at roles.
 * Invariant: a customer that the caller may not know of is not in the grant, and asking for it ends as not found (AC-08).
 */
import type { CustomerRole } from "../agreements/customer.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { AccessRule } from "../platform/contract.ts";
import { endpointDefiner } from "../platform/endpoint.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { Principal } from "../platform/tokens.ts";
import type { Person } from "./person.ts";
import type { PersonStore } from "./person-store.ts";

export type Permission =
  | "customerActivity.read"
  | "reports.read"
  | "reports.create"
  | "auditEntries.read"
  | "rejectedEvents.read"
  | "rejectedEvents.replay";

/** The one table of who may do what at a customer (AC-03, AC-05). */
const permissionsByRole: Readonly<Record<CustomerRole, readonly Permission[]>> = {
  servicesAdmin: ["customerActivity.read", "reports.read", "reports.create", "auditEntries.read"],
  csam: [
    "customerActivity.read",
    "reports.read",
    "reports.create",
    "auditEntries.read",
    "rejectedEvents.read",
    "rejectedEvents.replay",
  ],
  accountCoordinator: [
    "customerActivity.read",
    "reports.read",
    "reports.create",
    "auditEntries.read",
    "rejectedEvents.read",
    "rejectedEvents.replay",
  ],
};

/** Staff act as what the directory says they are: a role of the provider's also needs this application role. */
const applicationRoleOf: Readonly<Record<CustomerRole, string | undefined>> = {
  servicesAdmin: undefined,
  csam: "Csam",
  accountCoordinator: "AccountCoordinator",
};

/** Application role of upstream delivery systems. */
export const EVENTS_SEND = "Events.Send";

export type CustomerGrant = {
  readonly customerId: CustomerId;
  readonly roles: readonly CustomerRole[];
  readonly permissions: ReadonlySet<Permission>;
  /** The workspaces whose data the caller may see. */
  readonly workspaces: "all" | ReadonlySet<string>;
};

/** By customer; only those that the caller may know of. */
export type Grant = { readonly customers: ReadonlyMap<string, CustomerGrant> };

export const defineEndpoint = endpointDefiner<Grant>();

/** @throws NotFoundError when the rule is not met, whatever the reason. */
export function createAuthorize(people: PersonStore) {
  return async (
    principal: Principal,
    rule: Exclude<AccessRule, { kind: "anonymous" }>,
    params: Readonly<Record<string, string>>,
  ): Promise<Grant> => {
    if (rule.kind === "application") {
      if (!principal.roles.includes(rule.role)) throw new NotFoundError(`without the role ${rule.role}`);
      return { customers: new Map() };
    }
    const person = principal.email === undefined ? undefined : await people.read(principal.email);
    const grant = grantOf(principal, person?.value);
    if (rule.kind === "signedIn") return grant;
    const customer = grant.customers.get(params["customerId"] ?? "");
    if (
      customer === undefined ||
      ![...customer.permissions].some((permission) => permission === rule.permission)
    ) {
      throw new NotFoundError(`without ${rule.permission}`);
    }
    return grant;
  };
}

/** Pure: the memberships of the person, as far as the token lets them hold. */
function grantOf(principal: Principal, person: Person | undefined): Grant {
  const customers = new Map<string, CustomerGrant>();
  for (const { customerId, roles } of Object.values(person?.memberships ?? {})) {
    const held = roles.filter((role) => {
      const needed = applicationRoleOf[role];
      return needed === undefined || principal.roles.includes(needed);
    });
    if (held.length === 0) continue;
    const permissions = new Set(held.flatMap((role) => permissionsByRole[role]));
    customers.set(customerId, { customerId, roles: held, permissions, workspaces: "all" });
  }
  return { customers };
}

/** The grant for the customer of the route; the edge has made sure of it before the handler runs. */
export function customerGrant(grant: Grant, customerId: string): CustomerGrant {
  const customer = grant.customers.get(customerId);
  if (customer === undefined) throw new NotFoundError();
  return customer;
}

/** Customers at which the caller has the permission. */
export function customersWith(grant: Grant, permission: Permission): CustomerGrant[] {
  return [...grant.customers.values()].filter(({ permissions }) => permissions.has(permission));
}
