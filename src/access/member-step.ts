/**
 * One member's part of a change: the document, what the audit trail says of it, and the message about it. Pure.
 * Invariant: no member changes without an entry, and the person's own document always follows.
 */
import type { Customer } from "../agreements/customer.ts";
import type { Workspace } from "../agreements/workspace.ts";
import type { Message } from "../messages/message.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { type AuditAction, type AuditEntry, auditEntry, type Doing } from "./audit-entry.ts";
import type { Change, Write } from "./directory-store.ts";
import { followUp } from "./follow-up.ts";
import type { Member } from "./member.ts";

/** Where it happens, and who does it. */
export type At = {
  readonly customer: Customer;
  readonly workspace: Workspace;
  readonly doing: Doing;
  /** Undefined: not known, or no person. */
  readonly actorName: string | undefined;
};

/** One member's part of a change. */
export type MemberStep = {
  readonly write: Write & { readonly document: Member };
  readonly audit: AuditEntry;
  readonly message?: Message | undefined;
};

/** The steps of some members as one change. */
export function changeOf(
  { customer, doing }: Pick<At, "customer" | "doing">,
  steps: readonly [MemberStep, ...MemberStep[]],
  writes: readonly Write[] = [],
): Change {
  const { customerId } = customer;
  const [first, ...others] = steps;
  return {
    customerId,
    writes: [...steps.map(({ write }) => write), ...writes],
    audit: [first.audit, ...others.map(({ audit }) => audit)],
    messages: steps.flatMap(({ message }) => message ?? []),
    followUps: [
      followUp(
        customerId,
        { type: "people", emails: steps.map(({ write }) => write.document.email) },
        doing.at,
      ),
    ],
  };
}

/** What the audit trail keeps of a member. */
function auditedMember(member: Member) {
  const { email, name, language, status, roles, permissions, groupIds, defaultGroupId, invitation } = member;
  return {
    email,
    name: name ?? null,
    language,
    status,
    roles,
    permissions,
    groupIds,
    ...(defaultGroupId === undefined ? {} : { defaultGroupId }),
    ...(invitation === undefined
      ? {}
      : {
          invitation: { status: invitation.status, sends: invitation.sends, expiresAt: invitation.expiresAt },
        }),
  };
}

export function step(
  { customer, workspace, doing }: At,
  action: AuditAction,
  known: Versioned<Member> | undefined,
  member: Member,
  message?: Message,
): MemberStep {
  return {
    write: { document: member, etag: known?.etag },
    audit: auditEntry(doing, {
      action,
      target: `/customers/${customer.customerId}/workspaces/${workspace.workspaceId}/members/${member.memberId}`,
      workspaceId: workspace.workspaceId,
      ...(known === undefined ? {} : { before: auditedMember(known.value) }),
      after: auditedMember(member),
    }),
    message,
  };
}
