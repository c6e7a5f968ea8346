import * as z from "zod";
import { decideAndApply } from "../../src/access/apply-change.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint, type Grant, mayAlso } from "../../src/access/grant.ts";
import { personIdOf } from "../../src/access/member.ts";
import { customerRoleSchema, isStaffRole } from "../../src/access/permissions.ts";
import {
  type AssignableRole,
  assignableRoleSchema,
  assignRole,
  type RoleAssignment,
  removeRole,
  roleAssignmentIdOf,
} from "../../src/access/role-assignment.ts";
import { type CustomerId, customerIdSchema } from "../../src/agreements/ids.ts";
import { ConflictError, ForbiddenError, NotFoundError } from "../../src/platform/errors.ts";
import { listSchema } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { personName, readCustomer } from "./directory.ts";

const params = z.object({ customerId: customerIdSchema });
/**
 * At a customer, at the same time: so that listing all of them stays cheap. Requests at the same moment may each take the
 * last place, so it can be passed by as many as come at once.
 */
const ROLE_ASSIGNMENTS_MAX = 500;

const roleAssignmentSchema = z
  .object({
    roleAssignmentId: z
      .string()
      .nullable()
      .meta({ description: "null: an agreement names the person, and only an agreement can change that." }),
    personId: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    role: customerRoleSchema,
    agreementId: z.string().nullable().meta({ description: "The agreement that names the person." }),
  })
  .meta({ id: "RoleAssignment" });

export function roleAssignmentEndpoints(app: App) {
  const { directory } = app.directory;

  const listRoleAssignments = defineEndpoint(
    {
      name: "listRoleAssignments",
      method: "GET",
      route: "customers/{customerId}/roleAssignments",
      tag: "Members",
      summary: "List who has a role at the customer as a whole",
      access: { kind: "customer", permission: "roleAssignments.manage" },
      params,
      responses: { 200: { description: "All of them.", schema: listSchema(roleAssignmentSchema) } },
    },
    async ({ params: { customerId } }) => {
      const [{ value: customer }, assigned] = await Promise.all([
        readCustomer(app, customerId),
        directory.roleAssignments(customerId),
      ]);
      const named = Object.entries(customer.agreements).flatMap(([agreementId, agreement]) => {
        const admin = agreement.servicesAdmin;
        const people = [
          ...(admin === undefined ? [] : [{ email: admin, role: "servicesAdmin" as const }]),
          ...agreement.accountTeam,
        ];
        return people.map(({ email, role }) => ({
          roleAssignmentId: null,
          personId: personIdOf(customerId, email),
          email,
          name: null,
          role,
          agreementId,
        }));
      });
      return { status: 200, body: { value: [...named, ...assigned.map(({ value }) => view(value))] } };
    },
  );

  const assign = defineEndpoint(
    {
      name: "assignRole",
      method: "POST",
      route: "customers/{customerId}/roleAssignments",
      tag: "Members",
      summary: "Give a person a role at the customer as a whole",
      description: `Customer administrators make others customer administrators or Support request admins; the account team also assigns the provider's staff, who act only with the application role of the same name in their tokens. At most ${ROLE_ASSIGNMENTS_MAX} hold at a customer.`,
      access: { kind: "customer", permission: "roleAssignments.manage" },
      params,
      body: {
        kind: "json",
        schema: z.strictObject({
          email: z.email().max(254).toLowerCase(),
          name: personName.optional(),
          role: assignableRoleSchema,
        }),
        example: { email: "ana@customer.example", role: "customerAdministrator" },
      },
      repeatable: true,
      responses: { 201: { description: "It holds.", schema: roleAssignmentSchema } },
    },
    async (request) => {
      const { customerId } = request.params;
      const { body } = request;
      requireMayAssign(request.grant, customerId, body.role);
      const id = roleAssignmentIdOf(body.role, personIdOf(customerId, body.email));
      const { value } = await decideAndApply(app.directory, async () => {
        const known = await directory.roleAssignment(customerId, id);
        if (known?.value.status === "active") return { change: undefined, before: known, after: known.value };
        requireRoom(await directory.roleAssignments(customerId));
        const [change, after] = assignRole(doingOf(request, customerId), known, body);
        return { change, before: known, after };
      });
      return { status: 201, body: view(value) };
    },
  );

  const remove = defineEndpoint(
    {
      name: "removeRoleAssignment",
      method: "DELETE",
      route: "customers/{customerId}/roleAssignments/{roleAssignmentId}",
      tag: "Members",
      summary: "Take a role at the customer from a person",
      access: { kind: "customer", permission: "roleAssignments.manage" },
      params: params.extend({ roleAssignmentId: z.string().regex(/^[A-Za-z]{1,32}~[\w-]{22}$/) }),
      conditional: false,
      responses: { 204: { description: "It holds no more." } },
    },
    async (request) => {
      const { customerId, roleAssignmentId } = request.params;
      await decideAndApply(app.directory, async () => {
        const known = await directory.roleAssignment(customerId, roleAssignmentId);
        if (known?.value.status !== "active") throw new NotFoundError(`no assignment ${roleAssignmentId}`);
        requireMayAssign(request.grant, customerId, known.value.role);
        const [change, after] = removeRole(doingOf(request, customerId), known);
        return { change, before: known, after };
      });
      return { status: 204 };
    },
  );

  return [listRoleAssignments, assign, remove];
}

/**
 * The provider's staff are assigned by the account team, never by the customer; the Support request admin by the customer's
 * own administrators, never by the provider (SR-05).
 */
function requireMayAssign(grant: Grant, customerId: CustomerId, role: AssignableRole): void {
  if (role === "supportRequestAdmin") {
    if (mayAlso(grant, customerId, "supportRequestAdmins.assign", undefined)) return;
    throw new ForbiddenError(
      "CustomerAdministratorOnly",
      "Only the customer's administrators assign the Support request admin.",
      { target: "role" },
    );
  }
  if (!isStaffRole(role) || mayAlso(grant, customerId, "workspaces.manage", undefined)) return;
  throw new ForbiddenError("AccountTeamOnly", "Only the account team assigns the provider's staff.", {
    target: "role",
  });
}

function requireRoom({ length }: readonly unknown[]): void {
  if (length < ROLE_ASSIGNMENTS_MAX) return;
  throw new ConflictError(
    "TooManyRoleAssignments",
    `A customer has at most ${ROLE_ASSIGNMENTS_MAX} role assignments: take one away first.`,
  );
}

const view = ({ roleAssignmentId, personId, email, name, role }: RoleAssignment) => ({
  roleAssignmentId,
  personId,
  email,
  name: name ?? null,
  role,
  agreementId: null,
});
