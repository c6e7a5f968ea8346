/**
 * Who sees a request and what may be done with it, as one table (SR-01 to SR-07, AC-05). Pure.
 * Invariant: `sees` and `visibilitySql` mean the same: a list, count or search holds a request exactly where its details
 * can be opened.
 */
import { type CustomerGrant, covers, type Scope, scopeOf } from "../access/grant.ts";
import type { CustomerId } from "../agreements/ids.ts";
import { type Condition, isOneOf } from "../platform/cosmos.ts";
import type { SupportRequest } from "./request.ts";

/** Somebody at one customer, as far as requests are concerned. */
export type Viewer = {
  readonly customerId: CustomerId;
  /** In lower case, as addresses of requests are kept. */
  readonly email: string;
  /** Workspaces all of whose requests are seen: by administrators, View all support requests, and the account team. */
  readonly seesAllIn: Scope;
  /** Workspaces that the viewer is a member of, where what was shared is seen. */
  readonly memberOf: ReadonlySet<string>;
  readonly groupIds: ReadonlySet<string>;
  /** AC-05: agreements whose cases an incident manager sees. */
  readonly managedAgreements: "all" | ReadonlySet<string>;
  readonly isAdvocate: boolean;
  /** SR-05: may list what belongs to the organisation. */
  readonly seesOrganization: boolean;
  /** Where status, notes and attachments of every request that is seen are the viewer's to change. */
  readonly worksIn: Scope;
  /** Where every request that is seen is the viewer's to share. */
  readonly sharesIn: Scope;
  /** SR-03: where the viewer opens requests. */
  readonly opensIn: Scope;
};

export function viewerOf(customer: CustomerGrant, email: string | undefined): Viewer {
  return {
    customerId: customer.customerId,
    email: (email ?? "").toLowerCase(),
    seesAllIn: scopeOf(customer, "supportRequests.readAll"),
    memberOf: new Set(customer.workspaces.keys()),
    groupIds: new Set([...customer.workspaces.values()].flatMap(({ groupIds }) => groupIds)),
    managedAgreements: customer.roles.includes("incidentManager")
      ? customer.managedAgreements
      : new Set<string>(),
    isAdvocate: customer.roles.includes("advocate"),
    seesOrganization: scopeOf(customer, "supportRequests.readOrganization").kind === "all",
    worksIn: scopeOf(customer, "supportRequests.work"),
    sharesIn: scopeOf(customer, "supportRequests.share"),
    opensIn: scopeOf(customer, "supportRequests.open"),
  };
}

/** What decides about a request. */
type Visible = Pick<
  SupportRequest,
  | "workspaceId"
  | "agreementId"
  | "createdBy"
  | "primaryContact"
  | "sharedWith"
  | "groupId"
  | "advocate"
  | "isIncentiveRelated"
>;

/** Whose request it is: its creator's, who is still a member (SR-05, SR-06). */
export const isOwn = (viewer: Viewer, request: Visible): boolean =>
  viewer.memberOf.has(request.workspaceId) && isAddress(request.createdBy, viewer);

/** SR-02 for members, and what administrators, staff and the Support request admin see besides. */
export function sees(viewer: Viewer, request: Visible): boolean {
  if (isOwn(viewer, request)) return true;
  if (request.isIncentiveRelated) return false;
  return (
    covers(viewer.seesAllIn, request.workspaceId) ||
    isManaged(viewer, request) ||
    isAssigned(viewer, request) ||
    isTakenIn(viewer, request)
  );
}

const isAddress = (address: string | null | undefined, { email }: Viewer): boolean =>
  email !== "" && address === email;

const isManaged = ({ managedAgreements }: Viewer, { agreementId }: Visible): boolean =>
  managedAgreements === "all" || (agreementId !== null && managedAgreements.has(agreementId));

/** The advocate of this request. */
export const isAssigned = (viewer: Viewer, { advocate }: Visible): boolean =>
  viewer.isAdvocate && isAddress(advocate?.email, viewer);

/** SR-02 but for View all support requests: the primary contact, an account it is shared with, a member of its group. */
const isTakenIn = (viewer: Viewer, request: Visible): boolean =>
  viewer.memberOf.has(request.workspaceId) &&
  (isAddress(request.primaryContact?.email, viewer) ||
    (viewer.email !== "" && request.sharedWith.includes(viewer.email)) ||
    (request.groupId !== null && viewer.groupIds.has(request.groupId)));

/** The same as `sees`, for queries over `c`, whose names of parameters start with `v`. */
export function visibilitySql(viewer: Viewer): Condition {
  const parts: Condition[] = [];
  const { seesAllIn, managedAgreements, groupIds } = viewer;
  if (seesAllIn.kind === "all" || managedAgreements === "all") parts.push({ text: "true", parameters: {} });
  else {
    parts.push(isOneOf("c.workspaceId", "vAll", [...seesAllIn.workspaceIds]));
    parts.push(isOneOf("c.agreementId", "vManaged", [...managedAgreements]));
  }
  if (viewer.isAdvocate && viewer.email !== "")
    parts.push({ text: "c.advocate.email = @vMe", parameters: { vMe: viewer.email } });
  const member = isOneOf("c.workspaceId", "vMember", [...viewer.memberOf]);
  const group = isOneOf("c.groupId", "vGroup", [...groupIds]);
  if (viewer.email === "") parts.push(both(member, group));
  else {
    const shared = "c.primaryContact.email = @vMe OR ARRAY_CONTAINS(c.sharedWith, @vMe)";
    parts.push(
      both(member, {
        text: `(${shared} OR ${group.text})`,
        parameters: { vMe: viewer.email, ...group.parameters },
      }),
    );
  }
  const others = parts.filter(({ text }) => text !== "false").map(({ text }) => text);
  const seen = `(c.isIncentiveRelated = false AND (${others.length === 0 ? "false" : others.join(" OR ")}))`;
  const own = ownSql(viewer);
  return {
    text: `(${own.text} OR ${seen})`,
    parameters: { ...own.parameters, ...Object.assign({}, ...parts.map(({ parameters }) => parameters)) },
  };
}

/** The same as `isOwn`. */
export function ownSql(viewer: Viewer): Condition {
  if (viewer.email === "" || viewer.memberOf.size === 0) return { text: "false", parameters: {} };
  const member = isOneOf("c.workspaceId", "vMember", [...viewer.memberOf]);
  return both({ text: "c.createdBy = @vMe", parameters: { vMe: viewer.email } }, member);
}

const both = (left: Condition, right: Condition): Condition =>
  left.text === "false" || right.text === "false"
    ? { text: "false", parameters: {} }
    : { text: `(${left.text} AND ${right.text})`, parameters: { ...left.parameters, ...right.parameters } };

/** What may be done with a request that is seen. */
export type Ability =
  | "changeStatus"
  | "addNote"
  | "attach"
  /** Whoever announced one may remove it without. */
  | "removeAttachment"
  | "share"
  | "addContact"
  | "schedule";

const WORKERS_DO: readonly Ability[] = ["changeStatus", "addNote", "attach"];
const ADMINISTRATORS_DO: readonly Ability[] = ["removeAttachment", "share", "schedule"];
const ADVOCATES_DO: readonly Ability[] = [...WORKERS_DO, "removeAttachment", "addContact", "schedule"];

/**
 * Whoever it belongs to, was shared with or is in the hands of a group manages it (SR-03); administrators too; the Support
 * request admin changes status and adds notes and attachments and no more (SR-07), so none of others is removed; only its
 * advocate adds contacts.
 * View all support requests, the account team and incident managers look on.
 */
export function abilitiesOf(viewer: Viewer, request: Visible): ReadonlySet<Ability> {
  if (!sees(viewer, request)) return new Set();
  const isOwner = isOwn(viewer, request) || isTakenIn(viewer, request);
  const works = isOwner || covers(viewer.worksIn, request.workspaceId);
  const administers = isOwner || covers(viewer.sharesIn, request.workspaceId);
  return new Set([
    ...(works ? WORKERS_DO : []),
    ...(administers ? ADMINISTRATORS_DO : []),
    ...(isAssigned(viewer, request) ? ADVOCATES_DO : []),
  ]);
}
