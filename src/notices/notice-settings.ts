/**
 * What a customer wants to be told of, and whom: a resource of the customer, with defaults until somebody writes it (CA-20).
 * Invariant: what is written fits one transaction for every notice: its thresholds and recipients are bounded.
 */
import * as z from "zod";
import { auditEntry, type Doing } from "../access/audit-entry.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { NoticeChange } from "./notice-store.ts";

/** Of each kind. */
export const THRESHOLDS_MAX = 8;
export const PERCENT_MAX = 1_000;
export const DAYS_MAX = 366;
export const EXTRA_RECIPIENTS_MAX = 25;

/** In the order in which they are reached. */
const DEFAULTS = {
  isEnabled: true,
  allowancePercents: [75, 90, 100],
  expiryDays: [90, 60, 30, 7],
  tellsAdministrators: true,
  extraRecipients: [],
} as const;

export const NOTICE_SETTINGS_DOCUMENT_ID = "noticeSettings";

const rulesShape = {
  isEnabled: z.boolean(),
  /** Shares of an allowance in percent, ascending. */
  allowancePercents: z.array(z.int()),
  /** Days before the last day of a package or grant, descending. */
  expiryDays: z.array(z.int()),
  /** Customer administrators and services admins. */
  tellsAdministrators: z.boolean(),
  /** Addresses of others, in lower case. */
  extraRecipients: z.array(z.string()),
};

export const noticeSettingsSchema = z.object({
  id: z.literal(NOTICE_SETTINGS_DOCUMENT_ID),
  customerId: customerIdSchema,
  kind: z.literal("noticeSettings"),
  ...rulesShape,
});
export type NoticeSettings = z.infer<typeof noticeSettingsSchema>;
export type NoticeRules = Readonly<Omit<NoticeSettings, "id" | "customerId" | "kind">>;

export const rulesOf = (settings: Versioned<NoticeSettings> | undefined): NoticeRules => {
  const { isEnabled, allowancePercents, expiryDays, tellsAdministrators, extraRecipients } =
    settings?.value ?? DEFAULTS;
  return {
    isEnabled,
    allowancePercents: [...allowancePercents],
    expiryDays: [...expiryDays],
    tellsAdministrators,
    extraRecipients: [...extraRecipients],
  };
};

/** Thresholds in the order in which they are reached, addresses in that of the alphabet: equal rules have equal text. */
export const normalized = (rules: NoticeRules): NoticeRules => ({
  ...rules,
  allowancePercents: rules.allowancePercents.toSorted((left, right) => left - right),
  expiryDays: rules.expiryDays.toSorted((left, right) => right - left),
  extraRecipients: rules.extraRecipients.map((email) => email.toLowerCase()).toSorted(),
});

/** @param rules normalized. */
export function changeSettings(
  doing: Doing,
  known: Versioned<NoticeSettings> | undefined,
  rules: NoticeRules,
): NoticeChange {
  const { customerId } = doing;
  const document: NoticeSettings = {
    id: NOTICE_SETTINGS_DOCUMENT_ID,
    customerId,
    kind: "noticeSettings",
    ...rulesOf(undefined),
    ...rules,
    allowancePercents: [...rules.allowancePercents],
    expiryDays: [...rules.expiryDays],
    extraRecipients: [...rules.extraRecipients],
  };
  const audit = auditEntry(doing, {
    action: "noticeSettingsChanged",
    target: targetOf(customerId),
    before: rulesOf(known),
    after: rules,
  });
  return { customerId, writes: [{ document, etag: known?.etag }], created: [audit] };
}

const targetOf = (customerId: CustomerId): string => `/customers/${customerId}/noticeSettings`;
