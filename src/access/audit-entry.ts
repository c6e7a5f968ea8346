/**
 * The audit trail (AC-09): who did what to which resource of a customer, when, and what it was before and after.
 * Invariants: an entry is written with what it tells of, or the change is not made; entries are only ever added.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { type CustomerId, customerIdSchema, type WorkspaceId, workspaceIdSchema } from "../agreements/ids.ts";
import type { Principal } from "../platform/tokens.ts";

export const auditActionSchema = z.enum([
  "agreementRecorded",
  "workspaceCreated",
  "workspaceChanged",
  "agreementLinked",
  "agreementUnlinked",
  "packageLinked",
  "packageUnlinked",
  "memberInvited",
  "memberAdded",
  "memberRefused",
  "memberJoined",
  "memberChanged",
  "memberRemoved",
  "invitationResent",
  "invitationRevoked",
  "supportContactNamed",
  "supportContactSwitchedOn",
  "supportContactSwitchedOff",
  "groupCreated",
  "groupChanged",
  "groupDeleted",
  "groupMemberAdded",
  "groupMemberRemoved",
  "roleAssigned",
  "roleRemoved",
  "reportRequested",
  "reportCanceled",
  "reportDownloaded",
  "rejectedEventReplayed",
  "noticeSettingsChanged",
  "webhookCreated",
  "webhookChanged",
  "webhookSecretRotated",
  "webhookDisabled",
  "webhookDeleted",
  "webhookDeliveryResent",
  "reportSubscriptionCreated",
  "reportSubscriptionChanged",
  "reportSubscriptionPaused",
  "reportSubscriptionResumed",
  "reportSubscriptionDeleted",
  "reportDelivered",
  "reportLinkRevoked",
  "supportRequestOpened",
  "supportRequestChanged",
  "supportRequestShared",
  "supportRequestUnshared",
  "supportRequestSentOutside",
  "supportRequestContactAdded",
  "supportRequestContactRemoved",
  "supportRequestNoteAdded",
  "supportRequestAttachmentAdded",
  "supportRequestAttachmentCompleted",
  "supportRequestAttachmentDecided",
  "supportRequestAttachmentDownloaded",
  "supportRequestAttachmentRemoved",
  "appointmentBooked",
  "appointmentMoved",
  "appointmentCancelled",
  "advocateCalendarChanged",
  "businessCalendarChanged",
]);
export type AuditAction = z.infer<typeof auditActionSchema>;

const actorSchema = z.object({
  /** Object id of the account, or the source of the event that did it. */
  subject: z.string(),
  email: z.string().optional(),
});
export type Actor = z.infer<typeof actorSchema>;

export const auditEntrySchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  /** Absent: it is about the customer as a whole, and not for those of one workspace. */
  workspaceId: workspaceIdSchema.optional(),
  /** SR-06: the address of the only one who may read it. */
  onlyFor: z.string().optional(),
  /** Of the support request that it is about: one that came to be incentive-related hides what was written before, too. */
  requestNumber: z.string().optional(),
  kind: z.literal("auditEntry"),
  at: z.string(),
  actor: actorSchema,
  action: auditActionSchema,
  /** What it was done to, as in the URL. */
  target: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

const actorOf = ({ subject, email }: Principal): Actor => ({
  subject,
  ...(email === undefined ? {} : { email }),
});

/** Who does something at a customer, when, and by which request; the same request again is known by its key. */
export type Doing = {
  readonly customerId: CustomerId;
  readonly actor: Actor;
  readonly at: string;
  /** Unique to the request, or the same for its repeats. */
  readonly key: string;
};

type AuditFacts = {
  readonly action: AuditAction;
  readonly target: string;
  readonly workspaceId?: WorkspaceId;
  readonly before?: unknown;
  readonly after?: unknown;
};

/** One id for the same thing done by the same request: writing it twice is seen (`repeated`). */
export function auditEntry({ customerId, actor, at, key }: Doing, facts: AuditFacts): AuditEntry {
  const { action, target, workspaceId, before, after } = facts;
  return {
    id: auditEntryId(key, action, target),
    customerId,
    kind: "auditEntry",
    at,
    actor,
    action,
    target,
    ...(workspaceId === undefined ? {} : { workspaceId }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** @param key of `Doing`. */
export function auditEntryId(key: string, action: AuditAction, target: string): string {
  const id = createHash("sha256").update([key, action, target].join("\n")).digest("base64url").slice(0, 27);
  return `audit~${id}`;
}

/** What the edge knows of a request that changes something. */
type Request = {
  readonly principal: Principal;
  readonly now: Date;
  readonly requestId: string;
  readonly repeatKey: string | undefined;
};

export const doingOf = (
  { principal, now, requestId, repeatKey }: Request,
  customerId: CustomerId,
): Doing => ({
  customerId,
  actor: actorOf(principal),
  at: now.toISOString(),
  key: `${principal.subject}\n${repeatKey ?? requestId}`,
});
