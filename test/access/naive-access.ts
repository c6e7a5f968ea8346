/** What a customer's documents let a person reach, by brute force from the rules and without the product's own fold. */
import type { ChangedDocument } from "../../src/access/directory-store.ts";
import type { Member } from "../../src/access/member.ts";
import type { Person } from "../../src/access/person.ts";
import type { Customer } from "../../src/agreements/customer.ts";

type Place = {
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly groupIds: readonly string[];
  readonly defaultGroupId: string | null;
  readonly refusesPersonalAccounts: boolean;
};
type AtCustomer = {
  readonly roles: readonly string[];
  /** Matters to the customer's own roles alone. */
  readonly refusesPersonalAccounts: boolean | null;
  /** AC-05: whose cases an incident manager sees. */
  readonly managedAgreements: readonly string[] | "all";
  readonly workspaces: Readonly<Record<string, Place>>;
  readonly administersAll: boolean;
  readonly invitations: readonly string[];
};
/** By customer; without those at which the person is nobody. */
export type Access = Readonly<Record<string, AtCustomer>>;

const STAFF = ["csam", "accountCoordinator", "advocate", "incidentManager"];

const isNobody = ({ roles, workspaces, invitations }: AtCustomer): boolean =>
  roles.length + Object.keys(workspaces).length + invitations.length === 0;

const withoutNobody = (all: Access): Access =>
  Object.fromEntries(Object.entries(all).filter(([, each]) => !isNobody(each)));

/** What the person's own document says, in the words of this model. */
export function accessOf(person: Person | undefined): Access {
  const all = Object.values(person?.memberships ?? {}).map((each): [string, AtCustomer] => [
    each.customerId,
    {
      roles: each.roles.toSorted(),
      refusesPersonalAccounts: each.roles.some((role) => !STAFF.includes(role))
        ? each.refusesPersonalAccounts
        : null,
      managedAgreements: each.managedAgreements ?? [],
      workspaces: Object.fromEntries(
        Object.entries(each.workspaces).map(([id, place]) => [id, placeOf(place)]),
      ),
      administersAll: each.administersAll,
      invitations: each.invitations
        .map(({ invitationId, expiresAt }) => `${invitationId} ${expiresAt}`)
        .toSorted(),
    },
  ]);
  return withoutNobody(Object.fromEntries(all));
}

function placeOf({
  roles,
  permissions,
  groupIds,
  defaultGroupId,
  refusesPersonalAccounts,
}: Pick<Member, "permissions" | "groupIds" | "defaultGroupId"> & {
  readonly roles: readonly string[];
  readonly refusesPersonalAccounts: boolean;
}): Place {
  return {
    roles: roles.toSorted(),
    permissions: permissions.toSorted(),
    groupIds: groupIds.toSorted(),
    defaultGroupId: defaultGroupId ?? null,
    refusesPersonalAccounts,
  };
}

export function expectedAccess(email: string, documents: readonly ChangedDocument[]): Access {
  const all = documents.flatMap((customer): [string, AtCustomer][] =>
    customer.kind === "customer" ? [[customer.customerId, expectedAt(email, customer, documents)]] : [],
  );
  return withoutNobody(Object.fromEntries(all));
}

function expectedAt(email: string, customer: Customer, documents: readonly ChangedDocument[]): AtCustomer {
  const { customerId, agreements, workspaces } = customer;
  const own = documents.filter((each) => each.customerId === customerId);
  const isAdmin = Object.values(agreements).some(({ servicesAdmin }) => servicesAdmin === email);
  const roles = new Set<string>(isAdmin ? ["servicesAdmin"] : []);
  for (const { accountTeam } of Object.values(agreements))
    for (const each of accountTeam) if (each.email === email) roles.add(each.role);
  for (const each of own)
    if (each.kind === "roleAssignment" && each.email === email && each.status === "active")
      roles.add(each.role);
  const open = workspaces.filter(({ status }) => status === "active");
  const refusing = open
    .filter((each) => !welcomesPersonal(each, customer))
    .map(({ workspaceId }) => workspaceId);
  const places: Record<string, Place> = {};
  const invitations: string[] = [];
  for (const each of own) {
    if (each.kind !== "member" || each.email !== email) continue;
    const { workspaceId } = each;
    if (!open.some((workspace) => workspace.workspaceId === workspaceId)) continue;
    if (each.status === "invited") invitations.push(`${each.memberId} ${each.invitation?.expiresAt}`);
    if (each.status !== "active") continue;
    const first = isAdmin && workspaceId === "ws-default" ? ["servicesAdmin", "workspaceAdministrator"] : [];
    const held = [...new Set([...each.roles, ...first, "member"])];
    const refusesPersonalAccounts = refusing.includes(workspaceId);
    places[workspaceId] = placeOf({ ...each, roles: held, refusesPersonalAccounts });
  }
  return {
    roles: [...roles].toSorted(),
    refusesPersonalAccounts: [...roles].some((role) => !STAFF.includes(role)) ? refusing.length > 0 : null,
    managedAgreements: managedBy(email, customer, own),
    workspaces: places,
    administersAll: workspaces.every(({ workspaceId }) =>
      places[workspaceId]?.roles.includes("workspaceAdministrator"),
    ),
    invitations: invitations.toSorted(),
  };
}

/** Those that name the person; whoever was assigned the role manages all. */
function managedBy(
  email: string,
  { agreements }: Customer,
  own: readonly ChangedDocument[],
): AtCustomer["managedAgreements"] {
  const role = "incidentManager";
  for (const each of own)
    if (
      each.kind === "roleAssignment" &&
      each.email === email &&
      each.role === role &&
      each.status === "active"
    )
      return "all";
  return Object.keys(agreements)
    .filter((id) => agreements[id]?.accountTeam.some((each) => each.email === email && each.role === role))
    .toSorted();
}

/** WS-06, WS-01: base agreements are linked to the default workspace unless somebody decided otherwise. */
function welcomesPersonal(
  { workspaceId, allowsPersonalAccounts, links }: Customer["workspaces"][number],
  { agreements }: Customer,
): boolean {
  if (allowsPersonalAccounts !== undefined) return allowsPersonalAccounts;
  const plans = Object.entries(agreements)
    .filter(([id, { kind }]) => {
      const link = links[id];
      if (link === undefined) return workspaceId === "ws-default" && kind === "base";
      return link.isLinked || link.packageIds.length > 0;
    })
    .map(([, { plan }]) => plan);
  return plans.length > 0 && !plans.includes("unified");
}
