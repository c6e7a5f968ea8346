/**
 * Sharing a request with members of its workspace and with one group at a time (SR-04). Pure but for what it asks the
 * directory. Invariant: access is asked of the directory at each request, so a share outlives nobody's membership; of an
 * incentive-related request there is none (SR-06).
 */
import type { Doing } from "../access/audit-entry.ts";
import type { DirectoryStore } from "../access/directory-store.ts";
import { type Member, memberIdOf, personIdOf } from "../access/member.ts";
import type { CustomerId, WorkspaceId } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, InvalidRequestError, NotFoundError } from "../platform/errors.ts";
import type { Decided } from "./change-request.ts";
import { requestAudit } from "./open-request.ts";
import { type RequestKey, SHARES_MAX, type SupportRequest } from "./request.ts";
import { type Recipient, type Sender, sharedMessage } from "./request-messages.ts";
import { stableId } from "./stable-id.ts";

export type Shares = { readonly sharedWith: readonly string[]; readonly groupId: string | null };

/** There is at most one, so it needs no id of its own. */
export const GROUP_SHARE_ID = "group";
export const userShareId = (key: RequestKey, email: string): string => stableId(key, "user", email);
export const outsideShareId = (key: RequestKey, email: string): string => stableId(key, "outside", email);

type Place = { readonly customerId: CustomerId; readonly workspaceId: WorkspaceId };

/** Those of the addresses that are active members of the workspace: one query. */
export async function activeMembers(
  directory: Pick<DirectoryStore, "members">,
  { customerId, workspaceId }: Place,
  emails: readonly string[],
): Promise<ReadonlyMap<string, Member>> {
  if (emails.length === 0) return new Map();
  const ids = emails.map((email) => memberIdOf(customerId, workspaceId, email));
  const members = await directory.members(customerId, ids);
  const active = members.filter(({ value }) => value.status === "active");
  return new Map(active.map(({ value }) => [value.email, value]));
}

/** Somebody at the customer with the name and language that are known of them; the request's where none is. One query. */
export async function personAt(
  directory: Pick<DirectoryStore, "ofPerson">,
  { customerId, workspaceId, language }: SupportRequest,
  email: string,
): Promise<Recipient & { readonly isMember: boolean }> {
  const { members } = await directory.ofPerson(customerId, personIdOf(customerId, email));
  const here = members.find((each) => each.workspaceId === workspaceId && each.status === "active");
  const known = here ?? members.find(({ status }) => status !== "removed");
  // A name that only another workspace knows stays there (WS-07).
  const person = { name: here?.name, language: known?.language ?? language };
  return { email, ...person, isMember: here !== undefined };
}

/**
 * @param asked further addresses that are looked for among the members.
 * @returns those members that were found.
 * @throws InvalidRequestError for an address that is no member's, or a group that is not the workspace's.
 */
export async function requireKnownShares(
  directory: Pick<DirectoryStore, "members" | "group">,
  place: Place,
  { sharedWith, groupId }: Shares,
  asked: readonly string[] = [],
): Promise<ReadonlyMap<string, Member>> {
  const members = await activeMembers(directory, place, [...new Set([...sharedWith, ...asked])]);
  const strangers = sharedWith.filter((email) => !members.has(email));
  if (strangers.length > 0) {
    throw new InvalidRequestError(
      "NotAMember",
      `sharedWith: ${strangers.join(", ")} is no member of the workspace. Somebody outside is told by e-mail: see shares.`,
      { target: "sharedWith" },
    );
  }
  if (groupId !== null) await requireKnownGroup(directory, place, groupId);
  return members;
}

/** @throws InvalidRequestError */
export async function requireKnownGroup(
  directory: Pick<DirectoryStore, "group">,
  { customerId, workspaceId }: Place,
  groupId: string,
): Promise<void> {
  const group = await directory.group(customerId, groupId);
  if (group?.value.workspaceId === workspaceId && group.value.status === "active") return;
  throw new InvalidRequestError("UnknownGroup", "groupId: there is no such group in the workspace.", {
    target: "groupId",
  });
}

/** @throws ConflictError (SR-06) */
export function requireShareable({ isIncentiveRelated }: SupportRequest): void {
  if (!isIncentiveRelated) return;
  throw new ConflictError(
    "IncentiveNotShared",
    "An incentive-related request is seen by its creator only: it cannot be shared or sent.",
  );
}

/**
 * @returns undefined where it is shared with the member already.
 * @throws ConflictError where it is shared with too many.
 */
export function shareWithMember(
  doing: Doing,
  sender: Sender,
  { value: known }: Versioned<SupportRequest>,
  member: Recipient,
): Decided {
  const { email } = member;
  if (known.sharedWith.includes(email)) return undefined;
  if (known.sharedWith.length >= SHARES_MAX) {
    throw new ConflictError(
      "TooManyShares",
      `A request is shared with at most ${SHARES_MAX} people one by one: share it with a group, or take somebody off first.`,
    );
  }
  const after = changed(doing, known, {
    sharedWith: [...known.sharedWith, email],
    outsideSends: known.outsideSends.map((each) =>
      each.email === email ? { ...each, isListed: false } : each,
    ),
  });
  return {
    after,
    audit: [shareAudit(doing, "supportRequestShared", known, after, userShareId(known, email))],
    messages: sharedMessage(doing, sender, after, member),
  };
}

/** In place of the group so far, whose members lose their access with it. */
export function shareWithGroup(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  groupId: string,
): Decided {
  if (known.groupId === groupId) return undefined;
  const after = changed(doing, known, { groupId });
  return {
    after,
    audit: [shareAudit(doing, "supportRequestShared", known, after, GROUP_SHARE_ID)],
  };
}

/** @throws NotFoundError for what is not on the list. */
export function unshare(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  shareId: string,
): NonNullable<Decided> {
  const after = changed(doing, known, withoutShare(known, shareId));
  return { after, audit: [shareAudit(doing, "supportRequestUnshared", known, after, shareId)] };
}

function withoutShare(known: SupportRequest, shareId: string): Partial<SupportRequest> {
  if (shareId === GROUP_SHARE_ID && known.groupId !== null) return { groupId: null };
  const user = known.sharedWith.find((email) => userShareId(known, email) === shareId);
  if (user !== undefined) return { sharedWith: known.sharedWith.filter((email) => email !== user) };
  const isMeant = ({ email }: { readonly email: string }): boolean =>
    outsideShareId(known, email) === shareId;
  if (!known.outsideSends.some((each) => each.isListed && isMeant(each)))
    throw new NotFoundError("no such share");
  // What was sent stays sent, and goes on counting.
  return {
    outsideSends: known.outsideSends.map((each) => (isMeant(each) ? { ...each, isListed: false } : each)),
  };
}

function changed(doing: Doing, known: SupportRequest, facts: Partial<SupportRequest>): SupportRequest {
  return { ...known, ...facts, changedAt: doing.at, revision: known.revision + 1 };
}

function shareAudit(
  doing: Doing,
  action: "supportRequestShared" | "supportRequestUnshared",
  before: SupportRequest,
  after: SupportRequest,
  shareId: string,
) {
  return requestAudit(doing, action, before, after, {
    target: `/shares/${shareId}`,
    before: sharesOf(before),
    after: sharesOf(after),
  });
}

const sharesOf = ({ sharedWith, groupId, outsideSends }: SupportRequest) => ({
  sharedWith,
  groupId,
  outside: [...new Set(outsideSends.filter(({ isListed }) => isListed).map(({ email }) => email))],
});
