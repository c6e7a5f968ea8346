/**
 * A support request: what its page shows, and what decides who sees it. Pure.
 * Invariants: its status is that of its newest status fact, whoever stated it and in whatever order they came; the fields
 * that the support desk keeps are those of its newest event; whatever belongs to a request names it by customer and number.
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import {
  agreementIdSchema,
  type CustomerId,
  customerIdSchema,
  type RequestNumber,
  requestNumberSchema,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import { responseSchema } from "./request-responses.ts";
import { statusFactSchema } from "./request-status.ts";
import { targetMarksSchema } from "./target-marks.ts";

export { type RequestNumber, requestNumberSchema };

export const TITLE_LENGTH_MAX = 256;
export const DESCRIPTION_LENGTH_MAX = 20_000;
/** People whom a request is shared with one by one, and contacts that its advocate added. */
export const SHARES_MAX = 50;
export const CONTACTS_MAX = 50;
/** E-mails by which one request is sent to people outside, in all: nobody is to be flooded through this service. */
export const OUTSIDE_SENDS_MAX = 100;
/** Distinct words of one request that are found by search; of more, those that come first. */
export const OWN_WORDS_MAX = 2_000;
export const NOTE_WORDS_MAX = 4_000;

/** SR-08: A, B and C of the support desk. */
export const severitySchema = z.enum(["critical", "moderate", "minimal"]);
export type Severity = z.infer<typeof severitySchema>;

/** Severities in the order of their weight, for lists that are sorted by it. */
export const severityRank: Readonly<Record<Severity, number>> = { critical: 1, moderate: 2, minimal: 3 };

export const contactSchema = z.object({ name: z.string().nullable(), email: z.string() });
export type Contact = z.infer<typeof contactSchema>;

/** Told by e-mail to somebody who is no member, and who sees no more for it (SR-04). Never forgotten: it counts. */
const outsideSendSchema = z.object({
  /** Follows from the request to send it, so that a repeat of that sends nothing. */
  sendId: z.string(),
  email: z.string(),
  at: z.string(),
  /** Address of who sent it. */
  by: z.string(),
  isListed: z.boolean(),
});
export type OutsideSend = z.infer<typeof outsideSendSchema>;

/** Which event of the support desk it was, in the order in which the newest wins: see `compareUpstream`. */
const upstreamKeySchema = z.object({
  /** -1: it has none, and is older than every event that has one. */
  version: z.int(),
  time: z.string(),
  /** The id of the event, and what tells it from those of other sources. */
  eventId: z.string(),
});
export type UpstreamKey = z.infer<typeof upstreamKeySchema>;

const upstreamSchema = z.object({
  /** Whether the request came by an event, so that events say how it was opened. */
  isOrigin: z.boolean(),
  /** For each field that events set, the newest of those that said something of it; newest event first. */
  said: z.array(upstreamKeySchema.extend({ fields: z.array(z.string()) })),
});
export type Upstream = z.infer<typeof upstreamSchema>;

export const supportRequestSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("supportRequest"),
  number: requestNumberSchema,
  title: z.string(),
  description: z.string(),
  problemType: z.string().nullable(),
  product: z.string().nullable(),
  severity: severitySchema,
  severityRank: z.int(),
  status: z.enum(["open", "attentionNeeded", "closed"]),
  statusFacts: z.array(statusFactSchema),
  createdAt: z.string(),
  changedAt: z.string(),
  /** When it was last closed, whether or not it is now. */
  closedAt: z.string().nullable(),
  /** Address of whoever opened it, where that is known. */
  createdBy: z.string().nullable(),
  /** Named at creation (SR-02). */
  primaryContact: contactSchema.nullable(),
  /** Added by the advocate (SR-07), here or at the support desk; they are written to, and see no more for it. */
  contacts: z
    .array(contactSchema.extend({ addedAt: z.string(), isUpstream: z.literal(true).optional() }))
    .max(CONTACTS_MAX),
  advocate: contactSchema.nullable(),
  workspaceId: workspaceIdSchema,
  agreementId: agreementIdSchema.nullable(),
  country: z.string().nullable(),
  language: languageSchema,
  /** SR-06: for everybody but its creator it does not exist. */
  isIncentiveRelated: z.boolean(),
  /** Addresses of members of its workspace (SR-04). */
  sharedWith: z.array(z.string()).max(SHARES_MAX),
  groupId: z.string().nullable(),
  outsideSends: z.array(outsideSendSchema).max(OUTSIDE_SENDS_MAX),
  responses: responseSchema,
  /** Null: the support desk has said nothing of it. */
  upstream: upstreamSchema.nullable(),
  /** For search: of number, title and description, and of the notes. */
  words: z.array(z.string()).max(OWN_WORDS_MAX),
  noteWords: z.array(z.string()).max(NOTE_WORDS_MAX),
  noteCount: z.int().min(0),
  /** Those that were neither refused nor removed. */
  attachmentCount: z.int().min(0),
  /** Those, and all that were refused or removed since the request was opened. */
  attachmentsEver: z.int().min(0),
  /** The one that was booked last, unless it was cancelled; it may be over. */
  appointment: z.object({ appointmentId: z.string(), start: z.string(), end: z.string() }).nullable(),
  /** When a response target would next be missed if nothing happens, or was and nobody noticed; null: neither. */
  nextTargetCheckAt: z.string().nullable(),
  /** Absent: nothing was noticed. */
  targetMarks: targetMarksSchema.optional(),
  revision: z.int().min(1),
});
export type SupportRequest = z.infer<typeof supportRequestSchema>;

/** What lists show: the request without its long texts. */
export const requestSummarySchema = supportRequestSchema.omit({
  description: true,
  statusFacts: true,
  words: true,
  noteWords: true,
  contacts: true,
  outsideSends: true,
  upstream: true,
  targetMarks: true,
});
export type RequestSummary = z.infer<typeof requestSummarySchema>;

/** Names one request everywhere: in addresses and in links. */
export type RequestKey = { readonly customerId: CustomerId; readonly number: RequestNumber };

const SEPARATOR = "~";

/** The id in addresses. It leads to the partition, so that a request is found by one point read. */
export const requestIdOf = ({ customerId, number }: RequestKey): string =>
  `${customerId}${SEPARATOR}${number}`;

/** @returns undefined for what is no id of a request. */
export function requestKeyOf(requestId: string): RequestKey | undefined {
  const at = requestId.lastIndexOf(SEPARATOR);
  const customerId = customerIdSchema.safeParse(requestId.slice(0, Math.max(at, 0)));
  const number = requestNumberSchema.safeParse(requestId.slice(at + 1));
  return customerId.success && number.success
    ? { customerId: customerId.data, number: number.data }
    : undefined;
}

export const requestDocumentId = (number: RequestNumber): string => `request~${number}`;
