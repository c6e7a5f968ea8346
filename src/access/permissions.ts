/**
 * The one table of who may do what. Endpoints name a permission; nothing else in the product looks at roles.
 * Invariant: a permission is held at a place, the whole customer or single workspaces, and never reaches further.
 */
import * as z from "zod";

/** AC-01, AC-05, SR-05: held at a customer. */
export const customerRoleSchema = z.enum([
  "servicesAdmin",
  "customerAdministrator",
  "csam",
  "accountCoordinator",
  "advocate",
  "incidentManager",
  "supportRequestAdmin",
]);
export type CustomerRole = z.infer<typeof customerRoleSchema>;

/** AC-01: held in a workspace. */
export const workspaceRoleSchema = z.enum([
  "workspaceAdministrator",
  "supportContact",
  "learningManager",
  "member",
]);

/** What a member holds: the services admin is the administrator of the first workspace, with a right of its own (AC-06). */
export const heldRoleSchema = z.enum([...workspaceRoleSchema.options, "servicesAdmin"]);
type HeldRole = z.infer<typeof heldRoleSchema>;

/** AC-02: granted to a member, by workspace. */
export const grantedPermissionSchema = z.enum([
  "customerActivity",
  "viewAllSupportRequests",
  "inviteUsers",
  "manageGroups",
]);
export type GrantedPermission = z.infer<typeof grantedPermissionSchema>;

/** What an endpoint needs. */
export type Permission =
  | "customers.read"
  | "customerActivity.read"
  | "proofsOfDelivery.read"
  | "reports.read"
  | "reports.create"
  | "auditEntries.read"
  | "rejectedEvents.read"
  | "rejectedEvents.replay"
  | "workspaces.manage"
  | "members.read"
  | "members.change"
  | "supportContacts.switch"
  | "invitations.manage"
  | "groups.manage"
  | "access.explain"
  | "roleAssignments.manage"
  | "notices.read"
  | "notices.manage"
  | "supportRequests.open"
  | "supportRequests.readAll"
  | "supportRequests.readOrganization"
  | "supportRequests.work"
  | "supportRequests.share"
  | "supportRequestAdmins.assign";

type Holders = {
  /** The rules that say so. */
  readonly rules: readonly string[];
  readonly customerRoles: readonly CustomerRole[];
  readonly workspaceRoles?: readonly HeldRole[];
  readonly granted?: readonly GrantedPermission[];
  /** All that it opens is about the whole customer: whoever holds it in single workspaces alone can do nothing with it. */
  readonly isForWholeCustomer?: true;
};

const ACCOUNT_TEAM = ["csam", "accountCoordinator"] as const;
const CUSTOMER_WIDE = ["customerAdministrator", ...ACCOUNT_TEAM] as const;
const EVERYBODY = workspaceRoleSchema.options;

export const permissionTable: Readonly<Record<Permission, Holders>> = {
  "customers.read": {
    rules: ["WS-07", "AC-05"],
    customerRoles: [...CUSTOMER_WIDE, "advocate", "incidentManager", "supportRequestAdmin"],
    workspaceRoles: EVERYBODY,
  },
  "customerActivity.read": {
    rules: ["AC-02", "AC-03", "AC-05"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
    granted: ["customerActivity"],
  },
  "proofsOfDelivery.read": {
    rules: ["EX-03"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
    isForWholeCustomer: true,
  },
  // Of one report it also depends on what it is of: `src/reports/report-access.ts` decides.
  "reports.read": {
    rules: ["EX-03", "AC-02", "AC-07"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator", "learningManager"],
    granted: ["customerActivity"],
  },
  "reports.create": {
    rules: ["EX-03", "AC-02", "AC-07"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator", "learningManager"],
    granted: ["customerActivity"],
  },
  "auditEntries.read": {
    rules: ["AC-01", "AC-05", "AC-09"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
  },
  "rejectedEvents.read": { rules: ["LE-09"], customerRoles: ACCOUNT_TEAM, isForWholeCustomer: true },
  "rejectedEvents.replay": { rules: ["LE-09"], customerRoles: ACCOUNT_TEAM, isForWholeCustomer: true },
  "workspaces.manage": { rules: ["WS-03", "WS-04"], customerRoles: ACCOUNT_TEAM, isForWholeCustomer: true },
  "members.read": {
    rules: ["AC-01", "AC-02", "AC-05"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
    granted: ["inviteUsers", "manageGroups"],
  },
  "members.change": {
    rules: ["AC-01", "AC-03"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
  },
  // Not the customer administrator, who may do everything else: AC-06 names who may, and nobody else.
  "supportContacts.switch": {
    rules: ["AC-06"],
    customerRoles: ACCOUNT_TEAM,
    workspaceRoles: ["servicesAdmin"],
  },
  "invitations.manage": {
    rules: ["WS-04", "AC-02"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
    granted: ["inviteUsers"],
  },
  "groups.manage": {
    rules: ["AC-02"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
    granted: ["manageGroups"],
  },
  "access.explain": {
    rules: ["AC-01", "AC-05"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
  },
  "roleAssignments.manage": {
    rules: ["AC-01", "AC-05"],
    customerRoles: CUSTOMER_WIDE,
    isForWholeCustomer: true,
  },
  "notices.read": {
    rules: ["CA-20", "AC-03", "AC-05"],
    customerRoles: CUSTOMER_WIDE,
    workspaceRoles: ["workspaceAdministrator"],
    isForWholeCustomer: true,
  },
  "notices.manage": {
    rules: ["CA-20", "AC-01", "AC-05"],
    customerRoles: CUSTOMER_WIDE,
    isForWholeCustomer: true,
  },
  // Of one request it also depends on the request: `src/support/viewer.ts` decides.
  "supportRequests.open": { rules: ["SR-03"], customerRoles: [], workspaceRoles: ["supportContact"] },
  "supportRequests.readAll": {
    rules: ["SR-02", "SR-05", "AC-02", "AC-05"],
    customerRoles: [...CUSTOMER_WIDE, "supportRequestAdmin"],
    workspaceRoles: ["workspaceAdministrator"],
    granted: ["viewAllSupportRequests"],
  },
  "supportRequests.readOrganization": {
    rules: ["SR-05"],
    customerRoles: ["supportRequestAdmin"],
    isForWholeCustomer: true,
  },
  "supportRequests.work": {
    rules: ["SR-07", "AC-01"],
    customerRoles: ["customerAdministrator", "supportRequestAdmin"],
    workspaceRoles: ["workspaceAdministrator"],
  },
  "supportRequests.share": {
    rules: ["SR-04", "AC-01"],
    customerRoles: ["customerAdministrator"],
    workspaceRoles: ["workspaceAdministrator"],
  },
  "supportRequestAdmins.assign": {
    rules: ["SR-05"],
    customerRoles: ["customerAdministrator"],
    isForWholeCustomer: true,
  },
};

/** Whether it opens something in a single workspace. */
export const isForWorkspaces = (permission: Permission): boolean =>
  permissionTable[permission].isForWholeCustomer !== true;

export const isPermission = (text: string): text is Permission => Object.hasOwn(permissionTable, text);

/** In order of the alphabet. The names are those of the table, no more. */
export const permissionNames: readonly Permission[] = z
  .array(z.custom<Permission>())
  .parse(Object.keys(permissionTable).toSorted());

/** Staff act as what the directory says they are: a role of the provider's also needs this application role. */
export const applicationRoleOf: Readonly<Record<CustomerRole, string | undefined>> = {
  servicesAdmin: undefined,
  customerAdministrator: undefined,
  csam: "Csam",
  accountCoordinator: "AccountCoordinator",
  advocate: "Advocate",
  incidentManager: "IncidentManager",
  supportRequestAdmin: undefined,
};

export const isStaffRole = (role: CustomerRole): boolean => applicationRoleOf[role] !== undefined;
