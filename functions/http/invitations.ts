import * as z from "zod";
import { decideAndApply } from "../../src/access/apply-change.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint, type Grant, mayAlso } from "../../src/access/grant.ts";
import { isOpen, resend, revoke } from "../../src/access/invitation.ts";
import { readInvitationCsv } from "../../src/access/invitation-csv.ts";
import { INVITATIONS_AT_ONCE_MAX, invitePeople } from "../../src/access/invite-people.ts";
import { givenRoleSchema, type Member, memberIdSchema } from "../../src/access/member.ts";
import { type At, changeOf, type MemberStep } from "../../src/access/member-step.ts";
import { grantedPermissionSchema } from "../../src/access/permissions.ts";
import { workspaceOf } from "../../src/access/workspace-change.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import {
  type CustomerId,
  customerIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { ForbiddenError, NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { invitedPersonShape, readCustomer } from "./directory.ts";

const CSV_BYTES_MAX = 256 * 1024;

const params = z.object({ customerId: customerIdSchema, workspaceId: workspaceIdSchema });
const invitationParams = params.extend({ invitationId: memberIdSchema });

const invitationSchema = z
  .object({
    invitationId: z.string(),
    workspaceId: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    language: languageSchema,
    roles: z.array(givenRoleSchema),
    permissions: z.array(grantedPermissionSchema),
    status: z.enum(["pending", "expired"]),
    invitedBy: z.string().nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    sends: z.int().meta({ description: "How often it was sent." }),
  })
  .meta({ id: "Invitation" });

const resultSchema = z
  .object({
    line: z.int().meta({ description: "Position in the list from 1, or line of the file." }),
    email: z.string().nullable(),
    outcome: z.enum(["invited", "alreadyInvited", "alreadyMember", "refused"]),
    invitationId: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "InvitationResult" });
const resultsSchema = z.object({ invited: z.int(), value: z.array(resultSchema) });

export function invitationEndpoints(app: App) {
  const { directory } = app.directory;

  const listInvitations = defineEndpoint(
    {
      name: "listInvitations",
      method: "GET",
      route: "customers/{customerId}/workspaces/{workspaceId}/invitations",
      tag: "Invitations",
      summary: "List the invitations to a workspace that nobody answered yet",
      access: { kind: "workspace", permission: "invitations.manage" },
      params,
      query: z.object(pagingQuery(100)),
      responses: { 200: { description: "A page of invitations.", schema: listSchema(invitationSchema) } },
    },
    async ({ params: { customerId, workspaceId }, query, grant, url, now }) => {
      workspaceOf((await readCustomer(app, customerId)).value, workspaceId, grant.scope);
      const scope = { name: "listInvitations", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.string());
      const statuses = ["invited"] as const;
      const wanted = { workspaceId, statuses, after: page.after, limit: page.limit + 1 };
      const rows = await directory.memberPage(customerId, wanted);
      const { value, nextLink } = finishPage(scope, page, rows, (row) => row.value.email);
      const items = value.map((row) => view(row.value, now));
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );

  const description =
    "Each line is a decision of its own with its own result; what one is refused for stops none behind it. Somebody who is a member or has an open invitation is not invited again. Roles and permissions are given by whoever may change members.";

  const inviteMembers = defineEndpoint(
    {
      name: "inviteMembers",
      method: "POST",
      route: "customers/{customerId}/workspaces/{workspaceId}/invitations",
      tag: "Invitations",
      summary: "Invite people to a workspace",
      description,
      access: { kind: "workspace", permission: "invitations.manage" },
      params,
      body: {
        kind: "json",
        schema: z.strictObject({
          invitations: z
            .array(
              z.strictObject({
                ...invitedPersonShape,
                roles: z
                  .array(givenRoleSchema.exclude(["supportContact"]))
                  .max(3)
                  .default([]),
                permissions: z.array(grantedPermissionSchema).max(4).default([]),
              }),
            )
            .min(1)
            .max(INVITATIONS_AT_ONCE_MAX),
        }),
        example: { invitations: [{ email: "jan@customer.example", name: "Jan Nowak", language: "pl" }] },
      },
      repeatable: true,
      responses: { 200: { description: "What became of each.", schema: resultsSchema } },
    },
    async (request) => {
      const lines = request.body.invitations.map((each, index) => ({ line: index + 1, request: each }));
      return { status: 200, body: await inviteAll(request, lines) };
    },
  );

  const importInvitations = defineEndpoint(
    {
      name: "importInvitations",
      method: "POST",
      route: "customers/{customerId}/workspaces/{workspaceId}/invitations/import",
      tag: "Invitations",
      summary: "Invite the people of a CSV file",
      description: `${description} The first line names the columns: \`email\`, and if wanted \`name\`, \`language\`, \`roles\` and \`permissions\` (several separated by spaces). At most ${INVITATIONS_AT_ONCE_MAX} lines.`,
      access: { kind: "workspace", permission: "invitations.manage" },
      params,
      body: { kind: "bytes", contentTypes: ["text/csv"], maxBytes: CSV_BYTES_MAX },
      repeatable: true,
      responses: { 200: { description: "What became of each line.", schema: resultsSchema } },
    },
    async (request) => ({
      status: 200,
      body: await inviteAll(request, readInvitationCsv(request.body)),
    }),
  );

  async function inviteAll(
    request: Parameters<typeof doingOf>[0] & {
      readonly params: { readonly customerId: CustomerId; readonly workspaceId: WorkspaceId };
      readonly grant: Grant;
    },
    lines: Parameters<typeof invitePeople>[2],
  ) {
    const { customerId, workspaceId } = request.params;
    const mayGive = mayAlso(request.grant, customerId, "members.change", workspaceId);
    const where = {
      customerId,
      workspaceId,
      doing: doingOf(request, customerId),
      actorName: request.principal.name,
    };
    const results = await invitePeople(app.directory, where, lines, mayGive);
    return { invited: results.filter(({ outcome }) => outcome === "invited").length, value: results };
  }

  const resendInvitation = defineEndpoint(
    {
      name: "resendInvitation",
      method: "POST",
      route: "customers/{customerId}/workspaces/{workspaceId}/invitations/{invitationId}/resend",
      tag: "Invitations",
      summary: "Send an invitation again; its time starts anew",
      access: { kind: "workspace", permission: "invitations.manage" },
      params: invitationParams,
      repeatable: true,
      responses: { 200: { description: "As it is now.", schema: invitationSchema } },
    },
    async (request) => {
      const { customerId, workspaceId } = request.params;
      const mayGive = mayAlso(request.grant, customerId, "members.change", workspaceId);
      const member = await changeInvitation(request, (at, known) => {
        const { roles, permissions } = known.value;
        if (!mayGive && roles.length + permissions.length > 0) throw mayNotGive();
        return resend(at, known);
      });
      return { status: 200, body: view(member, request.now) };
    },
  );

  const revokeInvitation = defineEndpoint(
    {
      name: "revokeInvitation",
      method: "DELETE",
      route: "customers/{customerId}/workspaces/{workspaceId}/invitations/{invitationId}",
      tag: "Invitations",
      summary: "Take an invitation back",
      access: { kind: "workspace", permission: "invitations.manage" },
      params: invitationParams,
      conditional: false,
      responses: { 204: { description: "It can no longer be accepted." } },
    },
    async (request) => {
      await changeInvitation(request, revoke);
      return { status: 204 };
    },
  );

  async function changeInvitation(
    request: Parameters<typeof doingOf>[0] & {
      readonly params: z.output<typeof invitationParams>;
      readonly grant: Grant;
    },
    decide: (at: At, known: Versioned<Member>) => MemberStep,
  ): Promise<Member> {
    const { customerId, workspaceId, invitationId } = request.params;
    const doing = doingOf(request, customerId);
    const { value } = await decideAndApply(app.directory, async () => {
      const [{ value: customer }, known] = await Promise.all([
        readCustomer(app, customerId),
        directory.member(customerId, invitationId),
      ]);
      if (known?.value.workspaceId !== workspaceId || known.value.status !== "invited")
        throw new NotFoundError(`no invitation ${invitationId}`);
      const workspace = workspaceOf(customer, workspaceId, request.grant.scope);
      const at: At = { customer, workspace, doing, actorName: request.principal.name };
      const step = decide(at, known);
      return { change: changeOf(at, [step]), before: known, after: step.write.document };
    });
    return value;
  }

  return [listInvitations, inviteMembers, importInvitations, resendInvitation, revokeInvitation];
}

const mayNotGive = () =>
  new ForbiddenError(
    "MayNotGiveRoles",
    "The invitation gives roles or permissions: only whoever may change members sends it again.",
  );

function view(member: Member, now: Date) {
  const { invitation } = member;
  const at = now.toISOString();
  return {
    invitationId: member.memberId,
    workspaceId: member.workspaceId,
    email: member.email,
    name: member.name ?? null,
    language: member.language,
    roles: member.roles,
    permissions: member.permissions,
    status: isOpen(member, at) ? ("pending" as const) : ("expired" as const),
    invitedBy: invitation?.invitedBy ?? null,
    createdAt: invitation?.createdAt ?? at,
    expiresAt: invitation?.expiresAt ?? at,
    sends: invitation?.sends ?? 0,
  };
}
