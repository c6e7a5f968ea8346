import * as z from "zod";
import { decideAndApply } from "../../src/access/apply-change.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import type { Change } from "../../src/access/directory-store.ts";
import { defineEndpoint, type Grant } from "../../src/access/grant.ts";
import { type Group, groupIdSchema } from "../../src/access/group.ts";
import { changeGroup, createGroup, deleteGroup, newGroupId } from "../../src/access/group-change.ts";
import { memberIdSchema } from "../../src/access/member.ts";
import { joinGroup, leaveGroup } from "../../src/access/member-change.ts";
import type { At } from "../../src/access/member-step.ts";
import { workspaceOf } from "../../src/access/workspace-change.ts";
import {
  type CustomerId,
  customerIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { listSchema } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { MERGE_PATCH, readCustomer } from "./directory.ts";
import { changeMember, memberSchema, memberView } from "./members.ts";

const NAME_MAX = 128;
const DESCRIPTION_MAX = 1_000;

const params = z.object({ customerId: customerIdSchema, workspaceId: workspaceIdSchema });
const groupParams = params.extend({ groupId: groupIdSchema });
const membershipParams = groupParams.extend({ memberId: memberIdSchema });
const name = z.string().trim().min(1).max(NAME_MAX);
const description = z.string().trim().max(DESCRIPTION_MAX);

const groupSchema = z
  .object({
    groupId: z.string(),
    workspaceId: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    members: z.int().meta({ description: "How many; `members?group=` lists them." }),
  })
  .meta({ id: "Group" });

const view = (group: Group) => ({
  groupId: group.groupId,
  workspaceId: group.workspaceId,
  name: group.name,
  description: group.description ?? null,
  members: group.memberCount,
});

export function groupEndpoints(app: App) {
  const { directory } = app.directory;
  const route = "customers/{customerId}/workspaces/{workspaceId}/groups";

  const listGroups = defineEndpoint(
    {
      name: "listGroups",
      method: "GET",
      route,
      tag: "Groups",
      summary: "List the groups of a workspace in order of their names",
      access: { kind: "workspace", permission: "members.read" },
      params,
      responses: { 200: { description: "All of them.", schema: listSchema(groupSchema) } },
    },
    async ({ params: { customerId, workspaceId }, grant }) => {
      workspaceOf((await readCustomer(app, customerId)).value, workspaceId, grant.scope);
      const groups = await directory.groups(customerId, workspaceId);
      return { status: 200, body: { value: groups.map(({ value }) => view(value)) } };
    },
  );

  const getGroup = defineEndpoint(
    {
      name: "getGroup",
      method: "GET",
      route: `${route}/{groupId}`,
      tag: "Groups",
      summary: "Get a group",
      access: { kind: "workspace", permission: "members.read" },
      params: groupParams,
      responses: { 200: { description: "The group.", schema: groupSchema } },
    },
    async ({ params: { customerId, workspaceId, groupId } }) => {
      const { value, etag } = await readGroup(customerId, workspaceId, groupId);
      return { status: 200, etag, body: view(value) };
    },
  );

  const create = defineEndpoint(
    {
      name: "createGroup",
      method: "POST",
      route,
      tag: "Groups",
      summary: "Create a group of members of a workspace",
      access: { kind: "workspace", permission: "groups.manage" },
      params,
      body: {
        kind: "json",
        schema: z.strictObject({ name, description: description.optional() }),
        example: { name: "Database team" },
      },
      repeatable: true,
      responses: { 201: { description: "It is there, without members.", schema: groupSchema } },
    },
    async (request) => {
      const { customerId, workspaceId } = request.params;
      const groupId = newGroupId(doingOf(request, customerId));
      const { value, etag } = await decideAndApply(app.directory, async () => {
        const at = await atOf(request);
        const before = await directory.group(customerId, groupId);
        if (before !== undefined) return { change: undefined, before, after: before.value };
        const others = await directory.groups(customerId, workspaceId);
        return decided(
          undefined,
          createGroup(
            at,
            others.map((each) => each.value),
            request.body,
          ),
        );
      });
      return { status: 201, etag, body: view(value) };
    },
  );

  const update = defineEndpoint(
    {
      name: "updateGroup",
      method: "PATCH",
      route: `${route}/{groupId}`,
      tag: "Groups",
      summary: "Rename or describe a group",
      access: { kind: "workspace", permission: "groups.manage" },
      params: groupParams,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject({ name: name.optional(), description: description.nullable().optional() }),
        example: { name: "Database and storage team" },
      },
      responses: { 200: { description: "As it is now.", schema: groupSchema } },
    },
    async (request) => {
      const { value, etag } = await changing(request, (at, known, others) =>
        changeGroup(at, known, others, request.body),
      );
      return { status: 200, etag, body: view(value) };
    },
  );

  const remove = defineEndpoint(
    {
      name: "deleteGroup",
      method: "DELETE",
      route: `${route}/{groupId}`,
      tag: "Groups",
      summary: "Delete a group that has no members",
      access: { kind: "workspace", permission: "groups.manage" },
      params: groupParams,
      responses: { 204: { description: "It is gone." } },
    },
    async (request) => {
      await changing(request, deleteGroup);
      return { status: 204 };
    },
  );

  /** PUT takes in and DELETE out; either again changes nothing. */
  const memberships = ([true, false] as const).map((isIn) =>
    defineEndpoint(
      {
        name: isIn ? "addGroupMember" : "removeGroupMember",
        method: isIn ? "PUT" : "DELETE",
        route: `${route}/{groupId}/members/{memberId}`,
        tag: "Groups",
        summary: isIn ? "Take a member of the workspace into a group" : "Take a member out of a group",
        access: { kind: "workspace", permission: "groups.manage" },
        params: membershipParams,
        responses: { 200: { description: "The member as it is now.", schema: memberSchema } },
      },
      async (request) => {
        const { customerId, workspaceId, groupId, memberId } = request.params;
        const { value, etag } = await changeMember(app, request, memberId, async (at, known) => {
          const group = await readGroup(customerId, workspaceId, groupId);
          if (known.value.groupIds.includes(groupId) === isIn) return undefined;
          return isIn ? joinGroup(at, known, group) : leaveGroup(at, known, group);
        });
        return { status: 200, etag, body: memberView(value) };
      },
    ),
  );

  async function readGroup(
    customerId: CustomerId,
    workspaceId: WorkspaceId,
    groupId: string,
  ): Promise<Versioned<Group>> {
    const group = await directory.group(customerId, groupId);
    if (group === undefined || group.value.workspaceId !== workspaceId || group.value.status !== "active")
      throw new NotFoundError(`no group ${groupId}`);
    return group;
  }

  type InWorkspace = Parameters<typeof doingOf>[0] & {
    readonly grant: Grant;
    readonly params: { readonly customerId: CustomerId; readonly workspaceId: WorkspaceId };
  };

  async function atOf(request: InWorkspace): Promise<At> {
    const { customerId, workspaceId } = request.params;
    const { value: customer } = await readCustomer(app, customerId);
    const workspace = workspaceOf(customer, workspaceId, request.grant.scope);
    return { customer, workspace, doing: doingOf(request, customerId), actorName: request.principal.name };
  }

  function changing(
    request: InWorkspace & {
      readonly params: { readonly groupId: string };
      readonly conditions: Parameters<typeof requireMatch>[0];
    },
    decide: (at: At, known: Versioned<Group>, others: readonly Group[]) => [Change, Group],
  ): Promise<Versioned<Group>> {
    const { customerId, workspaceId, groupId } = request.params;
    return decideAndApply(app.directory, async () => {
      const at = await atOf(request);
      const known = await readGroup(customerId, workspaceId, groupId);
      requireMatch(request.conditions, known.etag);
      const others = await directory.groups(customerId, workspaceId);
      return decided(
        known,
        decide(
          at,
          known,
          others.map((each) => each.value),
        ),
      );
    });
  }

  return [listGroups, getGroup, create, update, remove, ...memberships];
}

const decided = (before: Versioned<Group> | undefined, [change, after]: [Change, Group]) => ({
  change,
  before,
  after,
});
