/**
 * What the support desk tells of support requests: how one stands now, and one e-mail of it. Pure.
 * Limits are those of the contract; what is too long for a list is cut where it is shown, and the event is kept whole.
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  requestNumberSchema,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import { instantText } from "../platform/instant.ts";

const TEXT_LENGTH_MAX = 1_024;
const NAME_LENGTH_MAX = 256;
const CONTACTS_MAX = 50;
/** Of each of the lists of an e-mail. */
const ADDRESSES_MAX = 100;
/** A name and an address in angle brackets. */
const ADDRESS_LENGTH_MAX = 512;
/** As RFC 5322 has it for a line. */
const MESSAGE_ID_LENGTH_MAX = 998;
/** Of an e-mail's text, in bytes of UTF-8: the rest of an event has room beside it. */
const BODY_BYTES_MAX = 48 * 1024;

const text = z.string().max(TEXT_LENGTH_MAX);
const email = z.email("must be an e-mail address").max(254).toLowerCase();

const contactSchema = z.looseObject({ name: z.string().max(NAME_LENGTH_MAX).nullish(), email });

export const requestUpsertedDataSchema = z.looseObject({
  customerId: customerIdSchema,
  number: requestNumberSchema,
  /** Counts up with each change; of two events the one with the higher version is newer, whatever their times. */
  version: z.int().min(0).optional(),
  title: text.trim().min(1),
  severity: z.enum(["critical", "moderate", "minimal"]),
  /** Since the event's time. */
  status: z.enum(["open", "attentionNeeded", "closed"]),
  /** Default: the time of the first event. */
  openedAt: instantText.optional(),
  /** Default: the event's time. */
  changedAt: instantText.optional(),
  description: z.string().optional(),
  problemType: text.nullish(),
  product: text.nullish(),
  /** Default: the one it was opened in, or the customer's default workspace. */
  workspaceId: workspaceIdSchema.optional(),
  agreementId: agreementIdSchema.nullish(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be a country's code of two capitals, after ISO 3166")
    .nullish(),
  /** Default: the customer's. */
  language: languageSchema.optional(),
  createdBy: email.nullish(),
  primaryContact: contactSchema.nullish(),
  contacts: z.array(contactSchema).max(CONTACTS_MAX).optional(),
  advocate: contactSchema.nullish(),
  isIncentiveRelated: z.boolean().optional(),
});
export type RequestUpsertedData = z.infer<typeof requestUpsertedDataSchema>;

/** `ana@customer.example`, or `Ana <ana@customer.example>`. */
const address = z
  .string()
  .max(ADDRESS_LENGTH_MAX)
  .regex(
    /^(?:[^<>]*<[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)$/,
    "must be an e-mail address, or a name with one in angle brackets",
  );

export const requestCommunicatedDataSchema = z.looseObject({
  customerId: customerIdSchema,
  number: requestNumberSchema,
  messageId: z.string().max(MESSAGE_ID_LENGTH_MAX).nullish(),
  /** `inbound`: from the customer. `outbound`: from the support desk, and so a response (SR-14). */
  direction: z.enum(["inbound", "outbound"]),
  from: address,
  to: z.array(address).max(ADDRESSES_MAX),
  cc: z.array(address).max(ADDRESSES_MAX).default([]),
  subject: text.nullish(),
  body: z
    .string()
    .refine((body) => Buffer.byteLength(body) <= BODY_BYTES_MAX, `has more than ${BODY_BYTES_MAX} bytes`),
  bodyType: z.enum(["text", "html"]).default("text"),
  /** Default: the event's time. */
  sentAt: instantText.optional(),
});
export type RequestCommunicatedData = z.infer<typeof requestCommunicatedDataSchema>;
