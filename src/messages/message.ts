/**
 * A message to one person: what it says, and how far it got. Pure.
 * Invariants: it is written in the transaction of what it tells of, so there is none of what was rolled back; a sent or
 * failed message never changes; its text is made when it is sent, so it holds facts and no wording.
 */
import * as z from "zod";
import { languageSchema, unitSchema } from "../agreements/agreement-event.ts";
import { customerIdSchema, workspaceIdSchema } from "../agreements/ids.ts";
import { appointmentContent } from "./appointment-content.ts";
import { reportContents } from "./report-contents.ts";
import { requestContents } from "./request-contents.ts";

/** How often sending is tried before it is given up. */
export const ATTEMPTS_MAX = 10;
/** Pause after the first attempt; each further one is two and a half times as long: 21 hours in all. */
const RETRY_MS = 30_000;
const RETRY_FACTOR = 2.5;
/** A sender that has not been heard of for so long is taken for dead, in milliseconds: longer than any sender takes. */
export const LEASE_MS = 120_000;

const ID_LENGTH_MAX = 255;
/** As long as names of agreement events may be. */
const NAME_LENGTH_MAX = 256;
const REASON_LENGTH_MAX = 512;

// Cosmos DB refuses / \ ? # in document ids.
export const messageIdSchema = z
  .string()
  .min(1)
  .max(ID_LENGTH_MAX)
  .regex(/^[^/\\?#\p{Cc}]*$/u)
  .brand<"MessageId">();
export type MessageId = z.infer<typeof messageIdSchema>;

const name = z.string().min(1).max(NAME_LENGTH_MAX);

/** What a message says, by the template that words it: see `letters.ts`. */
const contentSchema = z.discriminatedUnion("template", [
  z.object({
    template: z.literal("invitation"),
    invitationId: z.string().min(1).max(ID_LENGTH_MAX),
    customerName: name,
    workspaceName: name,
    /** Null: somebody whose name is not known, or no person at all. */
    inviterName: name.nullable(),
    expiresAt: z.iso.datetime(),
    /** The customer's. */
    timeZone: z.string(),
  }),
  /** To somebody named on an agreement, who is a member at once: there is nothing to accept. */
  z.object({
    template: z.literal("welcome"),
    customerName: name,
    workspaceName: name,
    agreementNumber: name,
    isSupportContact: z.boolean(),
  }),
  /** A share of an allowance is used. */
  z.object({
    template: z.literal("allowanceUsed"),
    customerName: name,
    agreementNumber: name,
    packageName: name,
    entitlementName: name,
    /** Whole percent of the allowance, rounded down. */
    percent: z.int(),
    /** In `unit`. */
    consumed: z.int(),
    purchased: z.int(),
    unit: unitSchema,
  }),
  /** The last day of a package comes near. */
  z.object({
    template: z.literal("packageExpiring"),
    customerName: name,
    agreementNumber: name,
    packageName: name,
    endDate: z.iso.date(),
    daysLeft: z.int().min(0),
  }),
  /** The last day of a grant comes near, and something of it is unused. */
  z.object({
    template: z.literal("grantExpiring"),
    customerName: name,
    agreementNumber: name,
    packageName: name,
    entitlementName: name,
    endDate: z.iso.date(),
    daysLeft: z.int().min(0),
    /** In `unit`. */
    unused: z.int().min(1),
    unit: unitSchema,
  }),
  ...requestContents,
  appointmentContent,
  ...reportContents,
]);
export type Content = z.infer<typeof contentSchema>;

const errorSchema = z.object({
  code: z.enum(["AddressRefused", "Unavailable"]),
  message: z.string().max(REASON_LENGTH_MAX),
});
type MessageError = z.infer<typeof errorSchema>;

const messageBase = z.object({
  id: messageIdSchema,
  customerId: customerIdSchema,
  kind: z.literal("message"),
  /** Absent: it is about the customer as a whole. */
  workspaceId: workspaceIdSchema.optional(),
  to: z.object({ email: z.email(), name: name.optional() }),
  language: languageSchema,
  content: contentSchema,
  /** Attempts that failed. */
  attempts: z.int().min(0),
  createdAt: z.iso.datetime(),
});

const queuedSchema = messageBase.extend({
  status: z.literal("queued"),
  /** Nobody sends it before: a sender has it, or the pause after an attempt that failed. */
  nextAttemptAt: z.iso.datetime(),
  /** Why the last attempt failed. */
  error: errorSchema.optional(),
});
const sentSchema = messageBase.extend({ status: z.literal("sent"), sentAt: z.iso.datetime() });
const failedSchema = messageBase.extend({
  status: z.literal("failed"),
  failedAt: z.iso.datetime(),
  error: errorSchema,
});

/** The document in the container `customers`. */
export const messageSchema = z.discriminatedUnion("status", [queuedSchema, sentSchema, failedSchema]);
export type Message = z.infer<typeof messageSchema>;
export type QueuedMessage = z.infer<typeof queuedSchema>;

export type MessageFacts = Pick<Message, "customerId" | "to" | "language" | "content"> & {
  /** Unique within the customer; the same fact told twice has the same id. */
  readonly id: string;
  readonly workspaceId?: Message["workspaceId"];
};

/** To be written together with what it tells of. @throws ZodError for what could not be read again, and so never be sent. */
export function newMessage({ id, workspaceId, ...facts }: MessageFacts, now: string): QueuedMessage {
  return queuedSchema.parse({
    id,
    ...facts,
    ...(workspaceId === undefined ? {} : { workspaceId }),
    kind: "message",
    attempts: 0,
    createdAt: now,
    status: "queued",
    nextAttemptAt: now,
  });
}

export const isDue = (message: Message, now: string): message is QueuedMessage =>
  message.status === "queued" && message.nextAttemptAt <= now;

/** One sender has it now. If that sender is never heard of again, another may send it after the lease. */
export function taken(message: QueuedMessage, now: string): QueuedMessage {
  return { ...message, nextAttemptAt: later(now, LEASE_MS) };
}

export type AttemptOutcome =
  | { readonly outcome: "sent" }
  | { readonly outcome: "refused"; readonly reason: string }
  | { readonly outcome: "unavailable" };

/** What an attempt makes of a message: a refusal of the address is final, everything else only after the last attempt. */
export function afterAttempt(message: QueuedMessage, outcome: AttemptOutcome, now: string): Message {
  const base = messageBase.parse(message);
  if (outcome.outcome === "sent") return { ...base, status: "sent", sentAt: now };
  const attempts = message.attempts + 1;
  const error = errorOf(outcome);
  if (outcome.outcome === "refused" || attempts >= ATTEMPTS_MAX)
    return { ...base, attempts, status: "failed", failedAt: now, error };
  const nextAttemptAt = later(now, RETRY_MS * RETRY_FACTOR ** (attempts - 1));
  return { ...base, attempts, status: "queued", nextAttemptAt, error };
}

function errorOf(outcome: Exclude<AttemptOutcome, { outcome: "sent" }>): MessageError {
  return outcome.outcome === "refused"
    ? { code: "AddressRefused", message: outcome.reason.slice(0, REASON_LENGTH_MAX) }
    : { code: "Unavailable", message: "the mail service was not available" };
}

const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + Math.round(milliseconds)).toISOString();
