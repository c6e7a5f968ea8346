import * as z from "zod";
import { decideAndApply } from "../../src/access/apply-change.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import type { Change } from "../../src/access/directory-store.ts";
import { defineEndpoint, type Grant } from "../../src/access/grant.ts";
import { groupIdSchema } from "../../src/access/group.ts";
import { givenRoleSchema, type Member, memberIdOf, memberIdSchema } from "../../src/access/member.ts";
import { change, remove, switchOff, switchOn } from "../../src/access/member-change.ts";
import { type At, changeOf } from "../../src/access/member-step.ts";
import { grantedPermissionSchema } from "../../src/access/permissions.ts";
import { workspaceOf } from "../../src/access/workspace-change.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import {
  type CustomerId,
  customerIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { MERGE_PATCH, personName, readCustomer } from "./directory.ts";

const SEARCH_MAX = 100;

const params = z.object({ customerId: customerIdSchema, workspaceId: workspaceIdSchema });
const memberParams = params.extend({ memberId: memberIdSchema });

export const memberSchema = z
  .object({
    memberId: z.string(),
    personId: z.string().meta({ description: "The same person in every workspace of the customer." }),
    workspaceId: z.string(),
    email: z.string(),
    name: z.string().nullable(),
    language: languageSchema,
    status: z.enum(["invited", "active", "removed"]),
    roles: z.array(givenRoleSchema),
    permissions: z.array(grantedPermissionSchema),
    groupIds: z.array(z.string()),
    defaultGroupId: z.string().nullable(),
    joinedAt: z.iso.datetime().nullable(),
    supportContactSince: z.iso.datetime().nullable(),
  })
  .meta({ id: "Member" });

export function memberView(member: Member) {
  return {
    memberId: member.memberId,
    personId: member.personId,
    workspaceId: member.workspaceId,
    email: member.email,
    name: member.name ?? null,
    language: member.language,
    status: member.status,
    roles: member.roles,
    permissions: member.permissions,
    groupIds: member.groupIds,
    defaultGroupId: member.defaultGroupId ?? null,
    joinedAt: member.joinedAt ?? null,
    supportContactSince: member.supportContactSince ?? null,
  };
}

/** Support contacts are switched on and off by an operation of their own. */
const settableRole = givenRoleSchema.exclude(["supportContact"]);
const defaultGroupId = groupIdSchema.nullable().optional();

/** What members may set of themselves, and others with the right to change members too. */
const ownSettings = { name: personName.optional(), language: languageSchema.optional(), defaultGroupId };

export function memberEndpoints(app: App) {
  const { directory } = app.directory;
  const workspace = "customers/{customerId}/workspaces/{workspaceId}";
  const members = `${workspace}/members` as const;
  const member = `${members}/{memberId}` as const;
  const tag = "Members";

  const listMembers = defineEndpoint(
    {
      name: "listMembers",
      method: "GET",
      route: members,
      tag,
      summary: "List the members of a workspace in order of their addresses",
      access: { kind: "workspace", permission: "members.read" },
      params,
      query: z.object({
        ...pagingQuery(100),
        search: z
          .string()
          .min(1)
          .max(SEARCH_MAX)
          .optional()
          .meta({ description: "Part of the name or the address." }),
        group: groupIdSchema.optional().meta({ description: "Only members of this group." }),
      }),
      responses: { 200: { description: "A page of members.", schema: listSchema(memberSchema) } },
    },
    async ({ params: { customerId, workspaceId }, query, grant, url, now }) => {
      workspaceOf((await readCustomer(app, customerId)).value, workspaceId, grant.scope);
      const scope = { name: "listMembers", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, z.string());
      const rows = await directory.memberPage(customerId, {
        workspaceId,
        statuses: ["active"],
        search: query.search,
        groupId: query.group,
        after: page.after,
        limit: page.limit + 1,
      });
      const { value, nextLink } = finishPage(scope, page, rows, (row) => row.value.email);
      const items = value.map((row) => memberView(row.value));
      return { status: 200, body: { value: items, ...(nextLink === undefined ? {} : { nextLink }) } };
    },
  );

  const getMember = defineEndpoint(
    {
      name: "getMember",
      method: "GET",
      route: member,
      tag,
      summary: "Get a member of a workspace",
      access: { kind: "workspace", permission: "members.read" },
      params: memberParams,
      responses: { 200: { description: "The member.", schema: memberSchema } },
    },
    async ({ params: { customerId, workspaceId, memberId } }) => {
      const { value, etag } = await readMember(app, customerId, workspaceId, memberId);
      return { status: 200, etag, body: memberView(value) };
    },
  );

  const updateMember = defineEndpoint(
    {
      name: "updateMember",
      method: "PATCH",
      route: member,
      tag,
      summary: "Set a member's roles, permissions, name, language or default group",
      description: "Support contacts are switched on and off by an operation of their own.",
      access: { kind: "workspace", permission: "members.change" },
      params: memberParams,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject({
          ...ownSettings,
          roles: z.array(settableRole).max(settableRole.options.length).optional(),
          permissions: z
            .array(grantedPermissionSchema)
            .max(grantedPermissionSchema.options.length)
            .optional(),
        }),
        example: { roles: ["learningManager"], permissions: ["customerActivity"] },
      },
      responses: { 200: { description: "As it is now.", schema: memberSchema } },
    },
    (request) => changeSettings(request, request.params.memberId),
  );

  const removeMember = defineEndpoint(
    {
      name: "removeMember",
      method: "DELETE",
      route: member,
      tag,
      summary: "Remove a member from a workspace",
      access: { kind: "workspace", permission: "members.change" },
      params: memberParams,
      responses: { 204: { description: "No longer a member." } },
    },
    async (request) => {
      const { customerId, workspaceId, memberId } = request.params;
      await changeMember(app, request, memberId, async (at, known) => {
        const groups = await directory.groups(customerId, workspaceId);
        const own = groups.filter(({ value }) => known.value.groupIds.includes(value.groupId));
        return remove(at, known, own);
      });
      return { status: 204 };
    },
  );

  /** PUT switches on and DELETE off; either again changes nothing. */
  const switches = ([true, false] as const).map((isOn) =>
    defineEndpoint(
      {
        name: isOn ? "switchSupportContactOn" : "switchSupportContactOff",
        method: isOn ? "PUT" : "DELETE",
        route: `${member}/supportContact`,
        tag,
        summary: isOn ? "Make a member a support contact" : "Make a support contact a plain member",
        description: "For the services admin and the account team. The agreements limit the number.",
        access: { kind: "workspace", permission: "supportContacts.switch" },
        params: memberParams,
        responses: { 200: { description: "The member as it is now.", schema: memberSchema } },
      },
      async (request) => {
        const { customerId, memberId } = request.params;
        const { value, etag } = await changeMember(app, request, memberId, async (at, known) => {
          if (known.value.roles.includes("supportContact") === isOn) return undefined;
          const contacts = await directory.supportContacts(customerId);
          return (isOn ? switchOn : switchOff)(at, known, contacts);
        });
        return { status: 200, etag, body: memberView(value) };
      },
    ),
  );

  const updateOwnMembership = defineEndpoint(
    {
      name: "updateOwnMembership",
      method: "PATCH",
      route: `${workspace}/me`,
      tag,
      summary: "Set one's own name, language and default group in a workspace",
      access: { kind: "workspace", permission: "customers.read" },
      params,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject(ownSettings),
        example: { language: "pl" },
      },
      responses: { 200: { description: "As it is now.", schema: memberSchema } },
    },
    (request) => {
      const { customerId, workspaceId } = request.params;
      return changeSettings(request, memberIdOf(customerId, workspaceId, request.principal.email ?? ""));
    },
  );

  async function changeSettings(
    request: ChangeRequest & { readonly body: Parameters<typeof change>[2] },
    memberId: string,
  ) {
    const { value, etag } = await changeMember(app, request, memberId, async (at, known) => {
      const step = change(at, known, request.body);
      return step && changeOf(at, [step]);
    });
    return { status: 200 as const, etag, body: memberView(value) };
  }

  return [listMembers, getMember, updateMember, removeMember, ...switches, updateOwnMembership];
}

/** @throws NotFoundError also for a member of another workspace, and for one who was removed or is only invited. */
async function readMember(
  app: App,
  customerId: CustomerId,
  workspaceId: WorkspaceId,
  memberId: string,
): Promise<Versioned<Member>> {
  const member = await app.directory.directory.member(customerId, memberId);
  if (member === undefined || member.value.workspaceId !== workspaceId || member.value.status !== "active")
    throw new NotFoundError(`no member ${memberId}`);
  return member;
}

type ChangeRequest = Parameters<typeof doingOf>[0] & {
  readonly grant: Grant;
  readonly params: { readonly customerId: CustomerId; readonly workspaceId: WorkspaceId };
  readonly conditions: Parameters<typeof requireMatch>[0];
};

/** @param decide undefined: the member is as it should be. */
export async function changeMember(
  app: App,
  request: ChangeRequest,
  memberId: string,
  decide: (at: At, known: Versioned<Member>) => Promise<Change | undefined>,
): Promise<Versioned<Member>> {
  const { customerId, workspaceId } = request.params;
  const doing = doingOf(request, customerId);
  return decideAndApply(app.directory, async () => {
    const [customer, known] = await Promise.all([
      readCustomer(app, customerId),
      readMember(app, customerId, workspaceId, memberId),
    ]);
    requireMatch(request.conditions, known.etag);
    const workspace = workspaceOf(customer.value, workspaceId, request.grant.scope);
    const actorName = request.principal.name;
    const decided = await decide({ customer: customer.value, workspace, doing, actorName }, known);
    const after = decided?.writes.map(({ document }) => document).find((each) => each.kind === "member");
    return { change: decided, before: known, after: after ?? known.value };
  });
}
