import * as z from "zod";
import { type CustomerGrant, covers, defineEndpoint, scopeOf } from "../../src/access/grant.ts";
import { customerRoleSchema, isForWorkspaces, permissionNames } from "../../src/access/permissions.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import type { App } from "../../src/platform/wiring.ts";
import { workspaceAccessSchema } from "./people.ts";

const invitationSchema = z.object({
  invitationId: z.string(),
  customerId: z.string(),
  customerName: z.string(),
  workspaceId: z.string(),
  workspaceName: z.string(),
  expiresAt: z.iso.datetime(),
});

const meSchema = z
  .object({
    subject: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    language: languageSchema.meta({ description: "Of messages; English for whoever no customer names." }),
    isPersonalAccount: z.boolean(),
    applicationRoles: z.array(z.string()),
    customers: z.array(
      z.object({
        customerId: z.string(),
        roles: z.array(customerRoleSchema),
        permissions: z
          .array(z.string())
          .meta({ description: "Held for the whole customer; others are held in single workspaces." }),
        workspaces: z.array(
          workspaceAccessSchema.extend({
            effectivePermissions: z.array(z.string()).meta({
              description:
                "What roles and granted permissions open in this workspace; what needs the whole customer is in its permissions.",
            }),
          }),
        ),
      }),
    ),
    invitations: z
      .array(invitationSchema)
      .meta({ description: "That wait for the caller's answer: `me/invitations/{invitationId}/accept`." }),
  })
  .meta({ id: "Me" });

export function meEndpoints(app: App) {
  const getMe = defineEndpoint(
    {
      name: "getMe",
      method: "GET",
      route: "me",
      tag: "Customers",
      summary: "Get who the caller is, what the caller may do, and invitations to answer",
      access: { kind: "signedIn" },
      responses: { 200: { description: "The caller.", schema: meSchema } },
    },
    async ({ principal, grant, now }) => {
      const memberships = Object.values(grant.person?.memberships ?? {});
      const open = memberships.flatMap(({ customerId, invitations }) =>
        invitations
          .filter(({ expiresAt }) => expiresAt > now.toISOString())
          .map((each) => ({ ...each, customerId })),
      );
      const invitations = await Promise.all(open.map(named));
      return {
        status: 200,
        body: {
          subject: principal.subject,
          email: principal.email ?? null,
          name: principal.name ?? null,
          language: memberships[0]?.language ?? ("en" as const),
          isPersonalAccount: principal.isPersonalAccount,
          applicationRoles: principal.roles,
          customers: [...grant.customers.values()].map(customerView),
          invitations: invitations.flatMap((each) => each ?? []),
        },
      };
    },
  );

  async function named(
    invitation: Pick<z.infer<typeof invitationSchema>, "invitationId" | "workspaceId" | "expiresAt"> & {
      readonly customerId: Parameters<App["customers"]["read"]>[0];
    },
  ) {
    const customer = (await app.customers.read(invitation.customerId))?.value;
    const workspace = customer?.workspaces.find((each) => each.workspaceId === invitation.workspaceId);
    if (customer === undefined || workspace === undefined) return undefined;
    return { ...invitation, customerName: customer.name, workspaceName: workspace.name };
  }

  return [getMe];
}

function customerView(customer: CustomerGrant) {
  const scopes = permissionNames.map((permission) => ({ permission, scope: scopeOf(customer, permission) }));
  return {
    customerId: customer.customerId,
    roles: customer.roles,
    permissions: scopes.filter(({ scope }) => scope.kind === "all").map(({ permission }) => permission),
    workspaces: [...customer.workspaces].map(([workspaceId, member]) => ({
      workspaceId,
      roles: member.roles,
      permissions: member.permissions,
      groupIds: member.groupIds,
      defaultGroupId: member.defaultGroupId ?? null,
      effectivePermissions: scopes
        .filter(({ permission, scope }) => isForWorkspaces(permission) && covers(scope, workspaceId))
        .map(({ permission }) => permission),
    })),
  };
}
