import * as z from "zod";
import { decideAndApply } from "../../src/access/apply-change.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import type { Change } from "../../src/access/directory-store.ts";
import { covers, defineEndpoint } from "../../src/access/grant.ts";
import {
  changeWorkspace,
  createWorkspace,
  newWorkspaceId,
  workspaceOf,
} from "../../src/access/workspace-change.ts";
import { linkAgreement, linkPackage } from "../../src/access/workspace-links.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import {
  agreementIdSchema,
  type CustomerId,
  customerIdSchema,
  packageIdSchema,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import {
  acceptsPersonalAccounts,
  LINKED_PACKAGES_MAX,
  linkedAgreements,
  linkOf,
  WORKSPACE_NAME_LENGTH_MAX,
  type Workspace,
} from "../../src/agreements/workspace.ts";
import { contentTag, requireMatch } from "../../src/platform/conditional.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { listSchema } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { invitedPersonShape, MERGE_PATCH, readCustomer } from "./directory.ts";

const params = z.object({ customerId: customerIdSchema, workspaceId: workspaceIdSchema });
/** Each is a document of the transaction; more are linked afterwards. */
const AGREEMENTS_AT_ONCE_MAX = 50;
const name = z.string().trim().min(1).max(WORKSPACE_NAME_LENGTH_MAX);

const workspaceSchema = z
  .object({
    workspaceId: z.string(),
    name: z.string(),
    status: z.enum(["active", "inactive"]),
    allowsPersonalAccounts: z
      .boolean()
      .nullable()
      .meta({ description: "As somebody set it; null: as the plan of its agreements says." }),
    acceptsPersonalAccounts: z.boolean().meta({ description: "What holds." }),
    agreements: z
      .array(
        z.object({
          agreementId: z.string(),
          isLinked: z.boolean().meta({ description: "Its enterprise-wide packages apply." }),
          packageIds: z.array(z.string()).meta({ description: "Its add-on packages that apply." }),
        }),
      )
      .meta({ description: "What applies to the workspace." }),
  })
  .meta({ id: "Workspace" });

function workspaceView(workspace: Workspace, { agreements }: Customer) {
  return {
    workspaceId: workspace.workspaceId,
    name: workspace.name,
    status: workspace.status,
    allowsPersonalAccounts: workspace.allowsPersonalAccounts ?? null,
    acceptsPersonalAccounts: acceptsPersonalAccounts(workspace, agreements),
    agreements: linkedAgreements(workspace, agreements).map(([agreementId, agreement]) => ({
      agreementId,
      ...linkOf(workspace, agreementId, agreement),
    })),
  };
}

export function workspaceEndpoints(app: App) {
  const listWorkspaces = defineEndpoint(
    {
      name: "listWorkspaces",
      method: "GET",
      route: "customers/{customerId}/workspaces",
      tag: "Workspaces",
      summary: "List the workspaces that the caller may know of",
      access: { kind: "workspaces", permission: "customers.read" },
      params: z.object({ customerId: customerIdSchema }),
      responses: { 200: { description: "All of them.", schema: listSchema(workspaceSchema) } },
    },
    async ({ params: { customerId }, grant }) => {
      const { value: customer } = await readCustomer(app, customerId);
      const visible = customer.workspaces.filter(({ workspaceId }) => covers(grant.scope, workspaceId));
      return { status: 200, body: { value: visible.map((each) => workspaceView(each, customer)) } };
    },
  );

  const getWorkspace = defineEndpoint(
    {
      name: "getWorkspace",
      method: "GET",
      route: "customers/{customerId}/workspaces/{workspaceId}",
      tag: "Workspaces",
      summary: "Get a workspace and what is linked to it",
      access: { kind: "workspace", permission: "customers.read" },
      params,
      responses: { 200: { description: "The workspace.", schema: workspaceSchema } },
    },
    async ({ params: { customerId, workspaceId } }) => {
      const { value: customer } = await readCustomer(app, customerId);
      return { status: 200, ...answerOf(customer, workspaceOf(customer, workspaceId)) };
    },
  );

  const create = defineEndpoint(
    {
      name: "createWorkspace",
      method: "POST",
      route: "customers/{customerId}/workspaces",
      tag: "Workspaces",
      summary: "Create a workspace with its administrator",
      description:
        "For the account team. The administrator is invited and may then invite others. At least one agreement is linked; its add-on packages only as named here.",
      access: { kind: "customer", permission: "workspaces.manage" },
      params: z.object({ customerId: customerIdSchema }),
      body: {
        kind: "json",
        schema: z.strictObject({
          name,
          allowsPersonalAccounts: z.boolean().optional(),
          agreements: z
            .array(
              z.strictObject({
                agreementId: agreementIdSchema,
                packageIds: z.array(packageIdSchema).max(LINKED_PACKAGES_MAX).default([]),
              }),
            )
            .min(1, "at least one agreement stays linked to a workspace")
            .max(AGREEMENTS_AT_ONCE_MAX),
          administrator: z.strictObject(invitedPersonShape),
        }),
        example: {
          name: "Logistics",
          agreements: [{ agreementId: "agr-a-base" }],
          administrator: { email: "ana@customer.example", name: "Ana Ruiz" },
        },
      },
      repeatable: true,
      responses: { 201: { description: "It is there.", schema: workspaceSchema } },
    },
    async (request) => {
      const { params, body, principal } = request;
      const { customerId } = params;
      const doing = doingOf(request, customerId);
      const workspaceId = newWorkspaceId(doing);
      const customer = await changeCustomer(app, customerId, async (known) => {
        if (known.value.workspaces.some((each) => each.workspaceId === workspaceId)) return undefined;
        return createWorkspace(known, body, { doing, actorName: principal.name });
      });
      return { status: 201, ...answerOf(customer, workspaceOf(customer, workspaceId)) };
    },
  );

  const update = defineEndpoint(
    {
      name: "updateWorkspace",
      method: "PATCH",
      route: "customers/{customerId}/workspaces/{workspaceId}",
      tag: "Workspaces",
      summary: "Rename, open or close a workspace, or set which accounts it accepts",
      access: { kind: "customer", permission: "workspaces.manage" },
      params,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject({
          name: name.optional(),
          status: z.enum(["active", "inactive"]).optional(),
          allowsPersonalAccounts: z.boolean().nullable().optional(),
        }),
        example: { allowsPersonalAccounts: true },
      },
      responses: { 200: { description: "As it is now.", schema: workspaceSchema } },
    },
    async (request) => {
      const { customerId, workspaceId } = request.params;
      const doing = doingOf(request, customerId);
      const customer = await changeCustomer(app, customerId, async (known) => {
        const workspace = workspaceOf(known.value, workspaceId);
        requireMatch(request.conditions, answerOf(known.value, workspace).etag);
        return changeWorkspace(known, workspace, request.body, doing);
      });
      return { status: 200, ...answerOf(customer, workspaceOf(customer, workspaceId)) };
    },
  );

  const agreementParams = params.extend({ agreementId: agreementIdSchema });
  const packageParams = agreementParams.extend({ packageId: packageIdSchema });
  const route = "customers/{customerId}/workspaces/{workspaceId}/agreements/{agreementId}";

  /** PUT links and DELETE takes away; either again changes nothing. */
  const linkEndpoints = ([true, false] as const).flatMap((isLinked) => [
    defineEndpoint(
      {
        name: isLinked ? "linkAgreement" : "unlinkAgreement",
        method: isLinked ? "PUT" : "DELETE",
        route,
        tag: "Workspaces",
        summary: isLinked
          ? "Link an agreement to a workspace"
          : "Take an agreement, and its add-on packages, from a workspace",
        description: "Cases that count elsewhere because of it move within minutes.",
        access: { kind: "customer", permission: "workspaces.manage" },
        params: agreementParams,
        responses: { 200: { description: "The workspace as it is now.", schema: workspaceSchema } },
      },
      async (request) => {
        const { customerId, workspaceId, agreementId } = request.params;
        const doing = doingOf(request, customerId);
        const customer = await changeCustomer(app, customerId, async (known) => {
          const workspace = workspaceOf(known.value, workspaceId);
          const agreement = known.value.agreements[agreementId];
          const link = agreement && linkOf(workspace, agreementId, agreement);
          requireMatch(request.conditions, answerOf(known.value, workspace).etag);
          const isDone = link?.isLinked === isLinked && (isLinked || link.packageIds.length === 0);
          return isDone ? undefined : linkAgreement(known, workspace, agreementId, isLinked, doing);
        });
        return { status: 200, ...answerOf(customer, workspaceOf(customer, workspaceId)) };
      },
    ),
    defineEndpoint(
      {
        name: isLinked ? "linkPackage" : "unlinkPackage",
        method: isLinked ? "PUT" : "DELETE",
        route: `${route}/packages/{packageId}`,
        tag: "Workspaces",
        summary: isLinked
          ? "Link an add-on package to a workspace"
          : "Take an add-on package from a workspace",
        access: { kind: "customer", permission: "workspaces.manage" },
        params: packageParams,
        responses: { 200: { description: "The workspace as it is now.", schema: workspaceSchema } },
      },
      async (request) => {
        const { customerId, workspaceId, agreementId, packageId } = request.params;
        const doing = doingOf(request, customerId);
        const customer = await changeCustomer(app, customerId, async (known) => {
          const workspace = workspaceOf(known.value, workspaceId);
          const agreement = known.value.agreements[agreementId];
          const link = agreement && linkOf(workspace, agreementId, agreement);
          requireMatch(request.conditions, answerOf(known.value, workspace).etag);
          const isDone = link !== undefined && link.packageIds.includes(packageId) === isLinked;
          const ids = { agreementId, packageId };
          return isDone ? undefined : linkPackage(known, workspace, ids, isLinked, doing);
        });
        return { status: 200, ...answerOf(customer, workspaceOf(customer, workspaceId)) };
      },
    ),
  ]);

  return [listWorkspaces, getWorkspace, create, update, ...linkEndpoints];
}

async function changeCustomer(
  app: App,
  customerId: CustomerId,
  decide: (known: Versioned<Customer>) => Promise<Change | undefined>,
): Promise<Customer> {
  const { value } = await decideAndApply(app.directory, async () => {
    const known = await readCustomer(app, customerId);
    const change = await decide(known);
    const after = change?.writes.map(({ document }) => document).find((each) => each.kind === "customer");
    return { change, before: known, after: after ?? known.value };
  });
  return value;
}

function answerOf(customer: Customer, workspace: Workspace) {
  const body = workspaceView(workspace, customer);
  return { body, etag: contentTag(JSON.stringify(body)) };
}
