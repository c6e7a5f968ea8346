/**
 * A subscription to a report: what, when, for whom; and whether it is due. Pure.
 * Invariants: an occurrence is planned once, in the transaction that moves `nextDueAt` on (EX-10); what it makes is what its
 * owner may see when it is made (EX-03): an owner who lost the right pauses it, with the reason. It is of one scope for good:
 * whoever wants another makes another. A deleted one stays deleted.
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import { InvalidRequestError } from "../platform/errors.ts";
import type { Principal } from "../platform/tokens.ts";
import { reportFormatSchema } from "../reports/report.ts";
import { reportScopeSchema } from "../reports/report-scope.ts";
import { scheduleSchema } from "./schedule.ts";

/** Of a customer, paused ones too. */
export const SUBSCRIPTIONS_MAX = 100;
/** With all else of a run they fit one transaction: two documents for each. */
export const RECIPIENTS_MAX = 25;
export const NAME_LENGTH_MAX = 128;
const EMAIL_LENGTH_MAX = 254;

export const recipientSchema = z.strictObject({
  email: z.email().max(EMAIL_LENGTH_MAX).toLowerCase(),
  name: z.string().trim().min(1).max(NAME_LENGTH_MAX).optional(),
  /** That of the account, unless it is named; for who has neither, the customer's. */
  language: languageSchema.optional(),
});
export type Recipient = z.infer<typeof recipientSchema>;

export const pauseSchema = z.object({
  at: z.iso.datetime(),
  code: z.enum(["ByRequest", "OwnerLostAccess", "NothingToReport"]),
  /** For people. */
  message: z.string(),
});
export type Pause = z.infer<typeof pauseSchema>;

/** What people say of a subscription. */
const subscriptionFacts = {
  name: z.string().trim().min(1).max(NAME_LENGTH_MAX),
  scope: reportScopeSchema,
  schedule: scheduleSchema,
  formats: z.array(reportFormatSchema).min(1),
  recipients: z.array(recipientSchema).min(1).max(RECIPIENTS_MAX),
  /** Nothing is sent when nothing was delivered in the period. */
  skipsWhenEmpty: z.boolean(),
  /** Whether a period that was sent is sent anew, with what changed, when it differs by the next occurrence (LE-08). */
  sendsCorrections: z.boolean(),
};
const factsSchema = z.object(subscriptionFacts);
export type SubscriptionFacts = z.infer<typeof factsSchema>;

const ownerSchema = z.object({
  subject: z.string(),
  email: z.email().max(EMAIL_LENGTH_MAX),
  name: z.string().min(1).max(NAME_LENGTH_MAX).optional(),
  /** WS-06: of the account that the owner signed in with. */
  isPersonalAccount: z.boolean(),
});
export type Owner = z.infer<typeof ownerSchema>;

/**
 * Whoever makes or resumes a subscription, as the token says.
 * @throws InvalidRequestError `OwnerWithoutEmail`: nobody could be told that it was paused.
 */
export function ownerFrom({
  subject,
  email,
  name,
  isPersonalAccount,
}: Pick<Principal, "subject" | "email" | "name" | "isPersonalAccount">): Owner {
  const shown = name?.trim().slice(0, NAME_LENGTH_MAX).trimEnd();
  const owner = { subject, email, isPersonalAccount, ...(shown ? { name: shown } : {}) };
  const parsed = ownerSchema.safeParse(owner);
  if (parsed.success) return parsed.data;
  const message = "Whoever owns a subscription needs an account with an e-mail address, to be told of it.";
  throw new InvalidRequestError("OwnerWithoutEmail", message);
}

export const subscriptionSchema = factsSchema.extend({
  id: z.string(),
  subscriptionId: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("reportSubscription"),
  /** Whose rights it has. */
  owner: ownerSchema,
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  /** Absent: it is active. */
  pause: pauseSchema.optional(),
  deletedAt: z.iso.datetime().optional(),
  /** Null while it is paused. The timer finds what is due by it. */
  nextDueAt: z.iso.datetime().nullable(),
  /** The newest that was planned of each kind of schedule that it had: none is planned twice. */
  lastOccurrences: z.partialRecord(z.enum(["week", "month", "quarter"]), z.string()),
});
export type Subscription = z.infer<typeof subscriptionSchema>;

export const subscriptionDocumentId = (subscriptionId: string): string =>
  `reportSubscription~${subscriptionId}`;

export const subscriptionTarget = (customerId: CustomerId, subscriptionId: string): string =>
  `/customers/${customerId}/reportSubscriptions/${subscriptionId}`;

/** Why nothing of it is made or sent; undefined for one that is active. */
export function stopOf({ pause, deletedAt }: Pick<Subscription, "pause" | "deletedAt">): Stop | undefined {
  if (deletedAt !== undefined) return { code: "Deleted", message: "The subscription was deleted." };
  if (pause !== undefined) return { code: "Paused", message: `The subscription is paused. ${pause.message}` };
  return undefined;
}
type Stop = { readonly code: "Deleted" | "Paused"; readonly message: string };

const PAUSES: Readonly<Record<Pause["code"], string>> = {
  ByRequest: "Somebody paused it.",
  OwnerLostAccess:
    "Its owner may no longer see what it reports. Whoever may see it and resumes it becomes its owner.",
  NothingToReport: "Its agreement is over, or no agreement of the customer any more.",
};

export function paused(subscription: Subscription, code: Pause["code"], at: string): Subscription {
  const pause = { at, code, message: PAUSES[code] };
  return { ...subscription, pause, nextDueAt: null, changedAt: at };
}
