import * as z from "zod";
import { explain, grantOfMembership, visibleReasons } from "../../src/access/explanation.ts";
import { covers, defineEndpoint, type Scope, scopeOf } from "../../src/access/grant.ts";
import { personIdOf } from "../../src/access/member.ts";
import {
  customerRoleSchema,
  grantedPermissionSchema,
  heldRoleSchema,
  isForWorkspaces,
  type Permission,
  permissionNames,
} from "../../src/access/permissions.ts";
import { atTime, type Membership, membershipOf } from "../../src/access/person.ts";
import { workspaceOf } from "../../src/access/workspace-change.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { type CustomerId, customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import type { Contract } from "../../src/platform/contract.ts";
import { InvalidRequestError, NotFoundError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import { readCustomer } from "./directory.ts";

const params = z.object({
  customerId: customerIdSchema,
  personId: z.string().regex(/^[\w-]{22}$/),
});

export const workspaceAccessSchema = z
  .object({
    workspaceId: z.string(),
    roles: z.array(heldRoleSchema),
    permissions: z
      .array(grantedPermissionSchema)
      .meta({ description: "Granted by somebody, beside what roles give." }),
    groupIds: z.array(z.string()),
    defaultGroupId: z.string().nullable(),
  })
  .meta({ id: "WorkspaceAccess" });

const personSchema = z
  .object({
    personId: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    roles: z.array(customerRoleSchema).meta({ description: "At the customer." }),
    workspaces: z.array(workspaceAccessSchema),
    permissions: z
      .array(
        z.object({
          permission: z.string(),
          workspaceIds: z
            .array(z.string())
            .nullable()
            .meta({ description: "Where it is held; null: at the whole customer." }),
        }),
      )
      .meta({
        description:
          "What roles and granted permissions come to; in workspaces, only what opens something there.",
      }),
  })
  .meta({ id: "Person" });

const explanationSchema = z
  .object({
    operation: z.string(),
    workspaceId: z.string().nullable(),
    permission: z.string().nullable().meta({ description: "null: the operation needs none." }),
    isAllowed: z.boolean(),
    because: z
      .array(
        z.object({
          kind: z.enum(["customerRole", "workspaceRole", "grantedPermission"]),
          role: z.string().optional(),
          permission: z.string().optional(),
          workspaceId: z.string().optional(),
          rules: z.array(z.string()),
          needsApplicationRole: z.string().nullable(),
        }),
      )
      .meta({ description: "Everything that grants it; empty where nothing does." }),
  })
  .meta({ id: "AccessExplanation" });

/** @param contracts of every endpoint: what there is to ask about. */
export function personEndpoints(app: App, contracts: () => readonly Contract[]) {
  const getPerson = defineEndpoint(
    {
      name: "getPerson",
      method: "GET",
      route: "customers/{customerId}/people/{personId}",
      tag: "Members",
      summary: "Get a person's workspaces, roles and permissions",
      description: "Whoever administers some of the workspaces sees what the person has in those.",
      access: { kind: "workspaces", permission: "access.explain" },
      params,
      responses: { 200: { description: "The person.", schema: personSchema } },
    },
    async ({ params: { customerId, personId }, grant, now }) => {
      const { email, name, membership } = await readPerson(app, customerId, personId, grant.scope, now);
      return {
        status: 200,
        body: { personId, email, name: name ?? null, ...accessView(membership, grant.scope) },
      };
    },
  );

  const explainAccess = defineEndpoint(
    {
      name: "explainAccess",
      method: "GET",
      route: "customers/{customerId}/people/{personId}/access",
      tag: "Members",
      summary: "Explain why a person may use an operation, or may not",
      description:
        "`operation` is the operationId of this document, for example `getActivity`. The answer is about somebody who signs in with a work account.",
      access: { kind: "workspaces", permission: "access.explain" },
      params,
      query: z.object({
        operation: z.string().min(1).max(128),
        workspace: workspaceIdSchema
          .optional()
          .meta({ description: "In this workspace. Default: anywhere." }),
      }),
      responses: { 200: { description: "What grants it.", schema: explanationSchema } },
    },
    async ({ params: { customerId, personId }, query: { operation, workspace }, grant, now }) => {
      if (workspace !== undefined && !covers(grant.scope, workspace)) throw new NotFoundError();
      const { customer, membership } = await readPerson(app, customerId, personId, grant.scope, now);
      if (workspace !== undefined) workspaceOf(customer, workspace);
      const contract = contracts().find((each) => each.name === operation && each.undocumented !== true);
      if (contract === undefined) {
        throw new InvalidRequestError(
          "UnknownOperation",
          `operation: there is no '${operation}'; /api/openapi.json lists them.`,
          { target: "operation" },
        );
      }
      const explanation = explain(membership, contract.access, workspace, grant.scope);
      return { status: 200, body: { operation, workspaceId: workspace ?? null, ...explanation } };
    },
  );

  return [getPerson, explainAccess];
}

/** @throws NotFoundError for somebody of whom the caller may see nothing. */
async function readPerson(app: App, customerId: CustomerId, personId: string, visible: Scope, now: Date) {
  const [{ value: customer }, facts] = await Promise.all([
    readCustomer(app, customerId),
    app.directory.directory.ofPerson(customerId, personId),
  ]);
  const members = facts.members.filter(
    ({ status, workspaceId }) => status !== "removed" && covers(visible, workspaceId),
  );
  const assignments = visible.kind === "all" ? facts.assignments : [];
  const named = visible.kind === "all" ? namedInAgreements(customer, personId) : [];
  const [first] = [...members, ...assignments, ...named];
  if (first === undefined) throw new NotFoundError(`no person ${personId}`);
  const membership = atTime(membershipOf(first.email, { customer, ...facts }), now.toISOString());
  return { customer, email: first.email, name: first.name, membership };
}

/** The account team and services admins, who need no membership to have a role. */
const namedInAgreements = ({ customerId, agreements }: Customer, personId: string) =>
  Object.values(agreements)
    .flatMap(({ servicesAdmin, accountTeam }) => [servicesAdmin, ...accountTeam.map(({ email }) => email)])
    .filter((email) => email !== undefined)
    .filter((email) => personIdOf(customerId, email) === personId)
    .map((email) => ({ email, name: undefined }));

type PermissionView = { readonly permission: Permission; readonly workspaceIds: readonly string[] | null };

/** What the caller may see of it. */
export function accessView(membership: Membership, visible: Scope) {
  const workspaces = Object.entries(membership.workspaces).filter(([id]) => covers(visible, id));
  const grant = grantOfMembership(membership);
  const permissions = permissionNames.flatMap((permission): PermissionView[] => {
    if (grant === undefined) return [];
    if (visible.kind === "all" && scopeOf(grant, permission).kind === "all")
      return [{ permission, workspaceIds: null }];
    if (!isForWorkspaces(permission)) return [];
    const reasons = visibleReasons(grant, permission, visible);
    const held = workspaces
      .map(([id]) => id)
      .filter((id) => reasons.some((reason) => reason.kind !== "customerRole" && reason.workspaceId === id));
    return held.length === 0 ? [] : [{ permission, workspaceIds: held }];
  });
  return {
    roles: visible.kind === "all" ? membership.roles : [],
    workspaces: workspaces.map(
      ([workspaceId, { roles, permissions: granted, groupIds, defaultGroupId }]) => ({
        workspaceId,
        roles,
        permissions: granted,
        groupIds,
        defaultGroupId: defaultGroupId ?? null,
      }),
    ),
    permissions,
  };
}
