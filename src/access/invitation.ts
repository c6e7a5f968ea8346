/**
 * Inviting people to a workspace, and what becomes of an invitation. Pure.
 * Invariants: a separate invitation for each workspace (WS-05); nobody is a member before accepting, except whom the
 * agreement names (WS-02); an invitation that was accepted, taken back or is over cannot be accepted.
 */
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import type { AgreementId } from "../agreements/ids.ts";
import { acceptsPersonalAccounts, type Workspace } from "../agreements/workspace.ts";
import { type Message, newMessage } from "../messages/message.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, ForbiddenError, NotFoundError } from "../platform/errors.ts";
import type { Doing } from "./audit-entry.ts";
import {
  type GivenRole,
  INVITATION_DAYS,
  INVITATION_SENDS_MAX,
  type Member,
  memberDocumentId,
  memberIdOf,
  personIdOf,
} from "./member.ts";
import { type At, type MemberStep, step } from "./member-step.ts";
import type { GrantedPermission } from "./permissions.ts";
import { isPersonalAddress } from "./personal-address.ts";

const DAY_MS = 86_400_000;
/** Of a name in a message. */
const NAME_LENGTH_MAX = 256;

/** What somebody asks for. A support contact is switched on afterwards, by those of AC-06. */
export type InvitationRequest = {
  readonly email: string;
  readonly name?: string | undefined;
  readonly language?: Language | undefined;
  readonly roles: readonly Exclude<GivenRole, "supportContact">[];
  readonly permissions: readonly GrantedPermission[];
};

export type InvitationOutcome =
  | { readonly outcome: "invited"; readonly step: MemberStep }
  | { readonly outcome: "alreadyInvited" | "alreadyMember"; readonly member: Member }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string };

/** @param known the person in this workspace so far. */
export function invite(
  at: At,
  known: Versioned<Member> | undefined,
  request: InvitationRequest,
): InvitationOutcome {
  const { workspace, customer, doing } = at;
  const refusal = refusalOf(at, request.email);
  if (refusal !== undefined) return { outcome: "refused", ...refusal };
  const before = known?.value;
  if (before?.status === "active") return { outcome: "alreadyMember", member: before };
  if (before !== undefined && isOpen(before, doing.at)) return { outcome: "alreadyInvited", member: before };
  const sends = sendsUntil(before, doing.at);
  if (sends >= INVITATION_SENDS_MAX)
    return { outcome: "refused", code: "TooManySends", message: TOO_MANY_SENDS };
  const member: Member = {
    ...newcomer(customer, workspace, request, before),
    status: "invited",
    roles: [...new Set(request.roles)],
    permissions: [...new Set(request.permissions)],
    invitation: newInvitation(doing, sends + 1),
    revision: (before?.revision ?? 0) + 1,
  };
  return { outcome: "invited", step: step(at, "memberInvited", known, member, invitationTo(at, member)) };
}

const PERSONAL_REFUSED =
  "The workspace does not accept personal accounts: use a work or school address, or have the account team allow them.";

const TOO_MANY_SENDS = `Somebody is sent at most ${INVITATION_SENDS_MAX} invitations to a workspace, until ${INVITATION_DAYS} days after the last one.`;

/** Mails that the person got: taking an invitation back does not make them unsent. */
const sendsUntil = (before: Member | undefined, at: string): number =>
  before?.invitation !== undefined && before.invitation.expiresAt > at ? before.invitation.sends : 0;

/** Why nobody with that address can be invited there now. */
function refusalOf(at: At, email: string): { readonly code: string; readonly message: string } | undefined {
  if (at.workspace.status !== "active") {
    const message = "The workspace is inactive: nobody can be invited to it.";
    return { code: "WorkspaceInactive", message };
  }
  return refusesAddress(at, email)
    ? { code: "PersonalAccountRefused", message: PERSONAL_REFUSED }
    : undefined;
}

export const refusesAddress = ({ workspace, customer }: At, email: string): boolean =>
  isPersonalAddress(email) && !acceptsPersonalAccounts(workspace, customer.agreements);

/** What an agreement says of somebody whom it names. */
export type Naming = {
  readonly email: string;
  readonly name?: string | undefined;
  readonly agreementId: AgreementId;
  readonly agreementNumber: string;
  /** Whether it makes the person a support contact: only with a seat. */
  readonly isSupportContact: boolean;
};

/**
 * Somebody whom an agreement names: a member at once, and told so (WS-02). An agreement names somebody once: what was
 * decided about the member since stays decided, and another agreement is news.
 * @returns undefined for somebody whom this agreement named before.
 */
export function nameOnAgreement(
  at: At,
  known: Versioned<Member> | undefined,
  naming: Naming,
): MemberStep | undefined {
  const { agreementId, agreementNumber } = naming;
  const { customer, workspace, doing } = at;
  const before = known?.value;
  if (before?.namedBy.includes(agreementId) === true) return undefined;
  const wasActive = before?.status === "active";
  const isContact = before?.roles.includes("supportContact") === true;
  const becomesContact = naming.isSupportContact && !isContact;
  const base = wasActive ? before : newcomer(customer, workspace, naming, before);
  const member: Member = {
    ...base,
    status: "active",
    roles: [...base.roles, ...(becomesContact ? ["supportContact" as const] : [])],
    namedBy: [...(before?.namedBy ?? []), agreementId],
    joinedAt: (wasActive ? before.joinedAt : undefined) ?? doing.at,
    ...(becomesContact ? { supportContactSince: doing.at } : {}),
    revision: (before?.revision ?? 0) + 1,
  };
  const content = {
    template: "welcome" as const,
    customerName: customer.name,
    workspaceName: workspace.name,
    agreementNumber,
    isSupportContact: member.roles.includes("supportContact"),
  };
  const action = wasActive ? (becomesContact ? "supportContactNamed" : "memberChanged") : "memberAdded";
  // Who was all that already has nothing new to know.
  const isNews = action !== "memberChanged";
  const message = isNews ? newMessage({ ...messageFacts(at, member), content }, doing.at) : undefined;
  return step(at, action, known, member, message);
}

/**
 * Sends it again and starts its time anew.
 * @throws ConflictError when there is nothing to send, it was sent too often, or nobody could be invited now.
 */
export function resend(at: At, known: Versioned<Member>): MemberStep {
  const before = known.value;
  const { invitation } = before;
  if (before.status !== "invited" || invitation?.status !== "pending") throw notPending();
  const refusal = refusalOf(at, before.email);
  if (refusal !== undefined) throw new ConflictError(refusal.code, refusal.message);
  if (invitation.sends >= INVITATION_SENDS_MAX) {
    throw new ConflictError("TooManySends", TOO_MANY_SENDS);
  }
  const member: Member = {
    ...before,
    invitation: { ...newInvitation(at.doing, invitation.sends + 1), createdAt: invitation.createdAt },
    revision: before.revision + 1,
  };
  return step(at, "invitationResent", known, member, invitationTo(at, member));
}

/** @throws ConflictError when there is nothing to take back. */
export function revoke(at: At, known: Versioned<Member>): MemberStep {
  const before = known.value;
  if (before.status !== "invited" || before.invitation === undefined) throw notPending();
  const member: Member = {
    ...before,
    status: "removed",
    invitation: { ...before.invitation, status: "revoked" },
    revision: before.revision + 1,
  };
  return step(at, "invitationRevoked", known, member);
}

/**
 * The invited person comes in.
 * @throws ConflictError `InvitationExpired`, ForbiddenError `PersonalAccountRefused`, NotFoundError when there is none.
 */
export function accept(at: At, known: Versioned<Member>, isPersonalAccount: boolean): MemberStep {
  const before = known.value;
  const { invitation } = before;
  if (before.status !== "invited" || invitation?.status !== "pending" || at.workspace.status !== "active")
    throw new NotFoundError("no such invitation");
  if (invitation.expiresAt <= at.doing.at) {
    throw new ConflictError("InvitationExpired", "The invitation has expired: ask for another one.");
  }
  if (isPersonalAccount && !acceptsPersonalAccounts(at.workspace, at.customer.agreements)) {
    throw new ForbiddenError("PersonalAccountRefused", PERSONAL_REFUSED);
  }
  const member: Member = {
    ...before,
    status: "active",
    invitation: { ...invitation, status: "accepted" },
    joinedAt: at.doing.at,
    revision: before.revision + 1,
  };
  return step(at, "memberJoined", known, member);
}

/** Whether it can be accepted at that time. */
export const isOpen = (member: Member, at: string): boolean =>
  member.status === "invited" && member.invitation?.status === "pending" && member.invitation.expiresAt > at;

/** Somebody who comes in, or comes back: with nothing that the person had before. */
function newcomer(
  { customerId, language }: Customer,
  { workspaceId }: Workspace,
  person: {
    readonly email: string;
    readonly name?: string | undefined;
    readonly language?: Language | undefined;
  },
  before: Member | undefined,
) {
  const email = person.email.toLowerCase();
  const memberId = memberIdOf(customerId, workspaceId, email);
  const name = person.name ?? before?.name;
  const roles: GivenRole[] = [];
  return {
    id: memberDocumentId(memberId),
    customerId,
    kind: "member" as const,
    memberId,
    personId: personIdOf(customerId, email),
    workspaceId,
    email,
    ...(name === undefined ? {} : { name }),
    language: person.language ?? before?.language ?? language,
    roles,
    permissions: [],
    groupIds: [],
    namedBy: before?.namedBy ?? [],
  };
}

function newInvitation({ actor, at }: Doing, sends: number): NonNullable<Member["invitation"]> {
  return {
    status: "pending",
    ...(actor.email === undefined ? {} : { invitedBy: actor.email }),
    createdAt: at,
    expiresAt: new Date(Date.parse(at) + INVITATION_DAYS * DAY_MS).toISOString(),
    sends,
    sentAt: at,
  };
}

function invitationTo(at: At, member: Member): Message {
  const { customer, workspace, doing, actorName } = at;
  return newMessage(
    {
      ...messageFacts(at, member),
      content: {
        template: "invitation",
        invitationId: member.memberId,
        customerName: customer.name,
        workspaceName: workspace.name,
        inviterName: actorName?.slice(0, NAME_LENGTH_MAX) || null,
        expiresAt: member.invitation?.expiresAt ?? doing.at,
        timeZone: customer.timeZone,
      },
    },
    doing.at,
  );
}

/** One message for each state of the member: the same change twice has one id. */
const messageFacts = ({ customer, workspace }: At, member: Member) => ({
  id: `message~${member.memberId}~${member.revision}`,
  customerId: customer.customerId,
  workspaceId: workspace.workspaceId,
  to: { email: member.email, ...(member.name === undefined ? {} : { name: member.name }) },
  language: member.language,
});

const notPending = () =>
  new ConflictError("InvitationNotPending", "There is no invitation that waits for an answer.");
