/**
 * Inviting many people at once. Promise: each line is decided and written by itself and has its result; sending the same
 * list again invites nobody twice.
 */
import type { CustomerId, WorkspaceId } from "../agreements/ids.ts";
import { NotFoundError } from "../platform/errors.ts";
import { applyChange, type DirectoryAccess } from "./apply-change.ts";
import type { Doing } from "./audit-entry.ts";
import { type InvitationRequest, invite } from "./invitation.ts";
import { memberIdOf } from "./member.ts";
import { type At, changeOf } from "./member-step.ts";
import { workspaceOf } from "./workspace-change.ts";

/** Lines of one request. */
export const INVITATIONS_AT_ONCE_MAX = 500;
const ATTEMPTS_MAX = 5;
/** Lines that are worked on at the same time. */
const SIDE_BY_SIDE = 4;

/** One line of the list: whom to invite, or why it cannot be read. */
export type InvitationLine = { readonly line: number } & (
  | { readonly request: InvitationRequest }
  | { readonly email: string | undefined; readonly code: string; readonly message: string }
);

export type InvitationResult = {
  readonly line: number;
  readonly email: string | null;
  readonly outcome: "invited" | "alreadyInvited" | "alreadyMember" | "refused";
  readonly invitationId: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
};

export type Where = {
  readonly customerId: CustomerId;
  readonly workspaceId: WorkspaceId;
  readonly doing: Doing;
  readonly actorName: string | undefined;
};

/**
 * @param mayGive whether the sender may give roles and permissions; without it only plain members are invited.
 * @throws NotFoundError when there is no such workspace.
 */
export async function invitePeople(
  access: DirectoryAccess,
  where: Where,
  lines: readonly InvitationLine[],
  mayGive: boolean,
): Promise<InvitationResult[]> {
  const at = await atOf(access, where);
  const seen = new Map<string, number>();
  const results: InvitationResult[] = [];
  for (let start = 0; start < lines.length; start += SIDE_BY_SIDE) {
    const some = lines.slice(start, start + SIDE_BY_SIDE).map((line) => {
      const repeated = firstLineOf(seen, line);
      return repeated === undefined
        ? inviteOne(access, at, line, mayGive)
        : Promise.resolve(refused(line, "RepeatedLine", `The address is also on line ${repeated}.`));
    });
    results.push(...(await Promise.all(some)));
  }
  return results;
}

function firstLineOf(seen: Map<string, number>, line: InvitationLine): number | undefined {
  if (!("request" in line)) return undefined;
  const first = seen.get(line.request.email);
  if (first === undefined) seen.set(line.request.email, line.line);
  return first;
}

async function atOf({ customers }: DirectoryAccess, where: Where): Promise<At> {
  const customer = (await customers.read(where.customerId))?.value;
  if (customer === undefined) throw new NotFoundError(`no customer ${where.customerId}`);
  const { doing, actorName } = where;
  return { customer, workspace: workspaceOf(customer, where.workspaceId), doing, actorName };
}

async function inviteOne(
  access: DirectoryAccess,
  at: At,
  line: InvitationLine,
  mayGive: boolean,
): Promise<InvitationResult> {
  if (!("request" in line)) return refused(line, line.code, line.message);
  const { request } = line;
  if (!mayGive && (request.roles.length > 0 || request.permissions.length > 0)) {
    const message = "Whoever may only invite cannot give roles or permissions: leave them out.";
    return refused(line, "MayNotGiveRoles", message);
  }
  const { customerId } = at.customer;
  const invitationId = memberIdOf(customerId, at.workspace.workspaceId, request.email);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const known = await access.directory.member(customerId, invitationId);
    const result = invite(at, known, request);
    if (result.outcome === "refused") return refused(line, result.code, result.message);
    const answer = { line: line.line, email: request.email, invitationId, error: null };
    if (result.outcome !== "invited") return { ...answer, outcome: result.outcome };
    const committed = await applyChange(access, changeOf(at, [result.step]));
    // The same request before: it was this one that invited.
    if (committed.outcome !== "overtaken") return { ...answer, outcome: "invited" };
  }
  return refused(line, "ServerBusy", "Others changed the same person at the same time: send the line again.");
}

function refused(line: InvitationLine, code: string, message: string): InvitationResult {
  const email = "request" in line ? line.request.email : (line.email ?? null);
  return { line: line.line, email, outcome: "refused", invitationId: null, error: { code, message } };
}
