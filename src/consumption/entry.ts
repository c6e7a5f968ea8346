/**
 * The documents of a ledger. A ledger is one agreement of one customer: head, roll-ups and entries share a partition, so
 * that an entry and what it changes are written in one transaction (LE-04).
 * Invariants: `event` and `hash` of an entry never change (LE-02); everything else in it is the posting, which follows
 * from the facts and the terms and may be computed again; an `awaited` document holds the place of a delivery whose
 * reversal came first (LE-05).
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../agreements/ids.ts";
import { type AgreementLinks, type Terms, termsSchema } from "../agreements/terms.ts";
import { workspaceLinkSchema } from "../agreements/workspace.ts";
import type { AcceptedEvent } from "./event.ts";
import { keptCellsSchema } from "./grid-cells.ts";

export const ledgerIdSchema = z.string().min(2).max(260).brand<"LedgerId">();
export type LedgerId = z.infer<typeof ledgerIdSchema>;

/**
 * The ledger that an event belongs to follows from the event alone: its customer and the agreement it names (none: the
 * customer's own). So a repeat always meets the first, whatever happened between, and no key is without its tenant.
 */
export function ledgerIdOf(customerId: CustomerId, agreementId: AgreementId | undefined): LedgerId {
  return ledgerIdSchema.parse(`${customerId}/${agreementId ?? ""}`);
}

/** An account is what a posting counts on: an entitlement, or the additional cases of a service in a unit. */
export const accountSchema = z
  .string()
  .regex(/^[ea]:.+$/)
  .brand<"Account">();
export type Account = z.infer<typeof accountSchema>;
export const entitlementAccount = (entitlementId: string): Account =>
  accountSchema.parse(`e:${entitlementId}`);
export const additionalAccount = (service: string, unit: string): Account =>
  accountSchema.parse(`a:${service}:${unit}`);
export const isAdditional = (account: Account): boolean => account.startsWith("a:");

export const reasonSchema = z.enum([
  "agreementExpired",
  "agreementNotInWorkspace",
  "noMatchingEntitlement",
  "category",
]);
export type Reason = z.infer<typeof reasonSchema>;

/** UTC calendar month `YYYY-MM`. */
export const monthSchema = z.string().regex(/^\d{4}-\d{2}$/);
export const monthOf = (instant: string): string => instant.slice(0, 7);

const eventSchema = z.object({
  source: z.string(),
  id: z.string(),
  type: z.string(),
  time: z.string(),
  data: z.record(z.string(), z.unknown()),
});

const postingShape = {
  account: accountSchema.optional(),
  /** When it counts: a delivery's `deliveredAt`, for a reversal that of what it reverses (LE-07). */
  at: z.string(),
  workspaceId: workspaceIdSchema.optional(),
  /** Signed, in the account's unit. */
  quantity: z.int(),
  reasons: z.array(reasonSchema).optional(),
  /** Entry id of the delivery that a reversal names. */
  reverses: z.string().optional(),
  /** On a reversal, the case of what it reverses; a delivery has it in its event. */
  caseNumber: z.string().optional(),
  /** What grids find and order rows by; a reversal has those of what it reverses. */
  cells: keptCellsSchema.optional(),
  /** Why it counts nothing at present: it waits for its delivery, or it asks for more than is left. */
  state: z.enum(["posted", "awaiting", "rejected"]),
  code: z.string().optional(),
};

export const entrySchema = z.object({
  id: z.string(),
  ledgerId: ledgerIdSchema,
  kind: z.literal("entry"),
  event: eventSchema,
  hash: z.string(),
  recordedAt: z.string(),
  /** The delivery found a reversal in its place, so it may have made refusals known. */
  wasAwaited: z.literal(true).optional(),
  ...postingShape,
});
export type Entry = z.infer<typeof entrySchema>;
export type Posting = z.infer<z.ZodObject<typeof postingShape>>;

const withCase = z.object({ data: z.object({ request: z.object({ number: z.string() }) }) });

/** The case that an entry belongs to, undefined where it belongs to none. */
export function caseNumberOf({ event, caseNumber }: Pick<Entry, "event" | "caseNumber">): string | undefined {
  const parsed = withCase.safeParse(event);
  return parsed.success ? parsed.data.data.request.number : caseNumber;
}

/** The entry with another posting: nothing of the old one stays. */
export function withPosting(
  { id, ledgerId, kind, event, hash, recordedAt, wasAwaited }: Entry,
  posting: Posting,
): Entry {
  const fact = { id, ledgerId, kind, event, hash, recordedAt, ...(wasAwaited && { wasAwaited }) };
  return { ...fact, ...posting };
}

/** An agreement event kept as the fact that the terms are folded from. */
export const agreementEntrySchema = z.object({
  id: z.string(),
  ledgerId: ledgerIdSchema,
  kind: z.literal("agreementEntry"),
  event: eventSchema,
  hash: z.string(),
  recordedAt: z.string(),
});
export type AgreementEntry = z.infer<typeof agreementEntrySchema>;

export const awaitedSchema = z.object({
  id: z.string(),
  ledgerId: ledgerIdSchema,
  kind: z.literal("awaited"),
});
export type Awaited = z.infer<typeof awaitedSchema>;

export const HEAD_ID = "head";

/**
 * What deliveries are placed by, and `revision` counts its changes. A roll-up of an older revision waits to be settled
 * anew.
 */
export const headSchema = z.object({
  id: z.literal(HEAD_ID),
  ledgerId: ledgerIdSchema,
  kind: z.literal("head"),
  customerId: customerIdSchema,
  agreementId: agreementIdSchema.optional(),
  revision: z.int().min(0),
  /** Revision that all roll-ups are settled to. */
  settledRevision: z.int().min(0),
  /** Roll-ups there are: a new one touches the head, so that a change of terms cannot overtake it. */
  rollupCount: z.int().min(0),
  terms: termsSchema.optional(),
  /** What the customer says of this agreement's links to workspaces, where somebody decided, by workspace. */
  links: z.record(z.string(), workspaceLinkSchema),
  /** Revision of the customer that they were taken from: they never go back to those of an older one. */
  linksVersion: z.int().min(0),
  /** Written with an agreement event, until every rejection it may have mended was tried again: up to which that is. */
  mending: z.object({ entryId: z.string(), afterId: z.string() }).optional(),
});
export type Head = z.infer<typeof headSchema>;

/** All that decides where a delivery counts, besides the delivery itself. */
export type Placing = {
  /** Undefined where the ledger's agreement is not known (yet), or it has none. */
  readonly terms?: Terms | undefined;
  readonly links: AgreementLinks;
};

export function newHead(customerId: CustomerId, agreementId: AgreementId | undefined): Head {
  return {
    id: HEAD_ID,
    ledgerId: ledgerIdOf(customerId, agreementId),
    kind: "head",
    customerId,
    ...(agreementId === undefined ? {} : { agreementId }),
    revision: 0,
    settledRevision: 0,
    rollupCount: 0,
    links: {},
    linksVersion: 0,
  };
}

/** LE-03: `source` + `id` within the ledger. 128 bits of SHA-256; the separator cannot occur in an id. */
export const entryIdOf = (event: { readonly source: string; readonly id: string }): string =>
  digest(`${event.source}\n${event.id}`);

/** What decides whether a repeated event is the same one. */
export const contentHashOf = (event: Pick<AcceptedEvent, "type" | "time" | "data">): string =>
  digest(canonicalJson([event.type, event.time, event.data]));

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** JSON with the members of every object in order, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
}
