/**
 * What a producer is given for an accepted event: sealed, it names the event and where to look for what became of it.
 * Invariant: a fact or a rejection says the same of a receipt whoever looks.
 */
import * as z from "zod";
import {
  type CustomerId,
  customerIdSchema,
  requestNumberSchema,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import { open, seal } from "../platform/signed-token.ts";
import { ledgerIdSchema } from "./entry.ts";
import type { Rejection } from "./event.ts";
import type { KnownFact } from "./ledger-store.ts";
import { conflictingContent } from "./outcome.ts";
import { refusalOf } from "./record-reversals.ts";
import type { RejectedEvent } from "./rejected-event.ts";

const RECEIPT_PURPOSE = "receipt";

const receiptSchema = z.object({
  /** Ledger, entry id, content hash, rejection id, and when it was accepted. */
  l: ledgerIdSchema,
  e: z.string(),
  h: z.string(),
  r: z.string(),
  t: z.iso.datetime(),
  /** The workspace of a delivery. */
  w: workspaceIdSchema.optional(),
  /** The number of the support request that it is about: then its fact is with the customer and not in the ledger. */
  n: requestNumberSchema.optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** What became of an event; `repeated` was recorded before its receipt was given. */
export type ReceiptOutcome =
  | { readonly status: "recorded" | "repeated" }
  | { readonly status: "rejected"; readonly rejection: Rejection };

export const sealReceipt = (receipt: Receipt, key: Uint8Array): string => seal(receipt, RECEIPT_PURPOSE, key);

/** @returns undefined for what was not made here. */
export function openReceipt(text: string, key: Uint8Array, now: Date): Receipt | undefined {
  const opened = open(text, RECEIPT_PURPOSE, key, now, receiptSchema);
  return opened.kind === "valid" ? opened.payload : undefined;
}

/** The customer is what comes before the first slash, which no id contains. */
export const customerOfReceipt = ({ l }: Receipt): CustomerId =>
  customerIdSchema.parse(l.slice(0, l.indexOf("/")));

/** @returns undefined while the fact is not there. */
export function statusByFact(
  { h, t }: Receipt,
  fact: Omit<KnownFact, "id"> | undefined,
): ReceiptOutcome | undefined {
  if (fact === undefined || fact.kind === "awaited") return undefined;
  if (fact.hash !== h) return { status: "rejected", rejection: conflictingContent };
  if (fact.state === "rejected") return { status: "rejected", rejection: refusalOf(fact) };
  return { status: (fact.recordedAt ?? "") < t ? "repeated" : "recorded" };
}

/** Rejections of an earlier try do not count: the one since then is still on its way. */
export function statusByRejections(
  { r, t }: Receipt,
  events: readonly RejectedEvent[],
): ReceiptOutcome | undefined {
  const event = events.find(({ id, lastAttemptAt }) => id === r && lastAttemptAt >= t);
  if (event?.status !== "rejected") return undefined;
  const { code, message, target } = event.reason;
  return { status: "rejected", rejection: { code, message, ...(target === undefined ? {} : { target }) } };
}
