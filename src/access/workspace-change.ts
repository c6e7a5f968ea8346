/**
 * Setting up workspaces and linking agreements and add-on packages to them: what CSAM and AC do (WS-03, WS-04). Pure.
 * Invariants: an active workspace keeps at least one agreement (WS-09); the default workspace stays.
 */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { CUSTOMER_BYTES_MAX, type Customer } from "../agreements/customer.ts";
import {
  type AgreementId,
  DEFAULT_WORKSPACE_ID,
  type PackageId,
  type WorkspaceId,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import { linksOfAgreement } from "../agreements/terms.ts";
import {
  acceptsPersonalAccounts,
  linkedAgreements,
  WORKSPACES_MAX,
  type Workspace,
} from "../agreements/workspace.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, InvalidRequestError, NotFoundError } from "../platform/errors.ts";
import { type AuditAction, auditEntry, type Doing } from "./audit-entry.ts";
import type { Change } from "./directory-store.ts";
import { type FollowUp, followUp } from "./follow-up.ts";
import type { Scope } from "./grant.ts";
import { type InvitationRequest, invite } from "./invitation.ts";
import { changeOf } from "./member-step.ts";

export type WorkspaceRequest = {
  readonly name: string;
  readonly allowsPersonalAccounts?: boolean | undefined;
  readonly agreements: readonly {
    readonly agreementId: AgreementId;
    readonly packageIds: readonly PackageId[];
  }[];
  readonly administrator: Pick<InvitationRequest, "email" | "name" | "language">;
};

/** The id follows from the request, so that a repeat of it finds the workspace that the first one made. */
export const newWorkspaceId = ({ customerId, key }: Doing): WorkspaceId =>
  workspaceIdSchema.parse(
    `ws-${createHash("sha256").update(`${customerId}\n${key}`).digest("base64url").slice(0, 16)}`,
  );

/**
 * A workspace with its own administrator, who is invited (WS-04).
 * @throws ConflictError at the limit, InvalidRequestError for an agreement, package or administrator that does not fit.
 */
export function createWorkspace(
  { value: customer, etag }: Versioned<Customer>,
  request: WorkspaceRequest,
  { doing, actorName }: { readonly doing: Doing; readonly actorName: string | undefined },
): Change {
  if (customer.workspaces.length >= WORKSPACES_MAX) {
    throw new ConflictError("TooManyWorkspaces", `A customer has at most ${WORKSPACES_MAX} workspaces.`);
  }
  const links = Object.fromEntries(
    request.agreements.map(({ agreementId, packageIds }) => {
      for (const packageId of packageIds) requireAddOnPackage(customer, agreementId, packageId);
      requireAgreement(customer, agreementId);
      return [agreementId, { isLinked: true, packageIds: [...packageIds] }];
    }),
  );
  const workspace: Workspace = {
    workspaceId: newWorkspaceId(doing),
    name: request.name,
    status: "active",
    ...(request.allowsPersonalAccounts === undefined
      ? {}
      : { allowsPersonalAccounts: request.allowsPersonalAccounts }),
    links,
  };
  const next = {
    ...customer,
    workspaces: [...customer.workspaces, workspace],
    revision: customer.revision + 1,
  };
  requireRoom(next);
  const invitation = invite({ customer: next, workspace, doing, actorName }, undefined, {
    ...request.administrator,
    roles: ["workspaceAdministrator"],
    permissions: [],
  });
  if (invitation.outcome === "refused")
    throw new InvalidRequestError(invitation.code, invitation.message, { target: "administrator.email" });
  if (invitation.outcome !== "invited") throw new Error("a new workspace has a member");
  const change = changeOf({ customer: next, doing }, [invitation.step], [{ document: next, etag }]);
  const created = auditEntry(doing, {
    action: "workspaceCreated",
    target: targetOf(customer, workspace.workspaceId),
    workspaceId: workspace.workspaceId,
    after: workspace,
  });
  return {
    ...change,
    audit: [created, ...change.audit],
    followUps: [
      ...(change.followUps ?? []),
      followUp(customer.customerId, { type: "administrators" }, doing.at),
      ...request.agreements.map(({ agreementId }) =>
        followUp(customer.customerId, { type: "links", agreementId }, doing.at),
      ),
    ],
  };
}

export type WorkspacePatch = {
  readonly name?: string | undefined;
  readonly status?: Workspace["status"] | undefined;
  /** Null: as the plan of the agreements says. */
  readonly allowsPersonalAccounts?: boolean | null | undefined;
};

/**
 * @returns undefined where nothing would change.
 * @throws ConflictError when the default workspace would close, or one without an agreement would open.
 */
export function changeWorkspace(
  known: Versioned<Customer>,
  workspace: Workspace,
  patch: WorkspacePatch,
  doing: Doing,
): Change | undefined {
  const { allowsPersonalAccounts: before, ...rest } = workspace;
  const { allowsPersonalAccounts = before } = patch;
  const next: Workspace = {
    ...rest,
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.status === undefined ? {} : { status: patch.status }),
    ...(allowsPersonalAccounts === undefined || allowsPersonalAccounts === null
      ? {}
      : { allowsPersonalAccounts }),
  };
  if (next.status === "inactive" && next.workspaceId === DEFAULT_WORKSPACE_ID)
    throw new ConflictError("DefaultWorkspace", "The default workspace of a customer stays active.");
  requireAgreementLeft(known.value, next);
  if (isDeepStrictEqual(next, workspace)) return undefined;
  return changeTo(known, workspace, next, "workspaceChanged", targetOf(known.value, next.workspaceId), doing);
}

export function changeTo(
  { value: customer, etag }: Versioned<Customer>,
  before: Workspace,
  after: Workspace,
  action: AuditAction,
  target: string,
  doing: Doing,
): Change {
  const { workspaceId } = after;
  const workspaces = customer.workspaces.map((each) => (each.workspaceId === workspaceId ? after : each));
  const document = { ...customer, workspaces, revision: customer.revision + 1 };
  requireRoom(document);
  return {
    customerId: customer.customerId,
    writes: [{ document, etag }],
    audit: [auditEntry(doing, { action, target, workspaceId, ...differenceOf(before, after) })],
    followUps: followUpsOf(customer, before, after, doing),
  };
}

/** Whether it is open, and to which accounts, is in each member's own document. */
function followUpsOf(
  { customerId, agreements }: Customer,
  before: Workspace,
  after: Workspace,
  { at }: Doing,
): FollowUp[] {
  const accepts = (workspace: Workspace) => acceptsPersonalAccounts(workspace, agreements);
  if (before.status === after.status && accepts(before) === accepts(after)) return [];
  return [
    followUp(customerId, { type: "members", workspaceId: after.workspaceId }, at),
    followUp(customerId, { type: "administrators" }, at),
  ];
}

/** What the audit trail keeps: all of a workspace's links would be too much for one transaction. */
function differenceOf(before: Workspace, after: Workspace) {
  const links = Object.keys(after.links).filter((id) => before.links[id] !== after.links[id]);
  const audited = ({ links: all, ...rest }: Workspace) => ({
    ...rest,
    links: Object.fromEntries(links.map((id) => [id, all[id] ?? null])),
  });
  return { before: audited(before), after: audited(after) };
}

/**
 * @param scope of whoever asks: a closed workspace is there for those alone who see the whole customer, from the moment it
 * closes, whatever its members' own documents still say.
 * @throws NotFoundError when the customer has none with that id, or none for the caller.
 */
export function workspaceOf(
  customer: Customer,
  workspaceId: string,
  scope: Scope = { kind: "all" },
): Workspace {
  const workspace = customer.workspaces.find((each) => each.workspaceId === workspaceId);
  if (workspace === undefined || (workspace.status !== "active" && scope.kind === "some"))
    throw new NotFoundError(`no workspace ${workspaceId}`);
  return workspace;
}

export function requireAgreement(customer: Customer, agreementId: AgreementId) {
  const agreement = Object.hasOwn(customer.agreements, agreementId)
    ? customer.agreements[agreementId]
    : undefined;
  if (agreement !== undefined) return agreement;
  throw new InvalidRequestError("UnknownAgreement", `The customer has no agreement '${agreementId}'.`, {
    target: "agreementId",
  });
}

export function requireAddOnPackage(customer: Customer, agreementId: AgreementId, packageId: PackageId) {
  const agreement = requireAgreement(customer, agreementId);
  const item = agreement.packages.find((each) => each.packageId === packageId);
  if (item?.section === "addOn") return agreement;
  const message =
    item === undefined
      ? `Agreement '${agreementId}' has no package '${packageId}'.`
      : `Package '${packageId}' is enterprise-wide: it applies wherever its agreement is linked.`;
  throw new InvalidRequestError(item === undefined ? "UnknownPackage" : "NotAnAddOnPackage", message, {
    target: "packageId",
  });
}

/** Of the links of one agreement: its ledger's head has a copy of them beside the terms. */
const LINKS_BYTES_MAX = 400_000;

function requireRoom(customer: Customer): void {
  const linksBytes = Object.keys(customer.agreements).map((agreementId) =>
    Buffer.byteLength(JSON.stringify(linksOfAgreement(customer, agreementId))),
  );
  const isRoom = Buffer.byteLength(JSON.stringify(customer)) <= CUSTOMER_BYTES_MAX;
  if (isRoom && linksBytes.every((bytes) => bytes <= LINKS_BYTES_MAX)) return;
  throw new ConflictError(
    "CustomerTooLarge",
    "The customer has more agreements and links than fit: unlink what is over, or make fewer workspaces.",
  );
}

export function requireAgreementLeft({ agreements }: Customer, workspace: Workspace): void {
  if (workspace.status !== "active" || linkedAgreements(workspace, agreements).length > 0) return;
  throw new ConflictError(
    "LastAgreementLink",
    "An active workspace keeps at least one agreement: link another one first, or make the workspace inactive.",
  );
}

export const targetOf = ({ customerId }: Customer, workspaceId: string): string =>
  `/customers/${customerId}/workspaces/${workspaceId}`;
