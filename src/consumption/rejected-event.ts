/**
 * An event that could not be accepted, kept whole with its reason until the cause is mended (LE-09).
 * Invariants: the same content rejected again is the same rejection with one more attempt; one whose event was accepted
 * later is `resolved` and stays listed.
 */
import * as z from "zod";
import { canonicalJson, digest } from "./entry.ts";
import type { AcceptedEvent, Rejection } from "./event.ts";

/** Longest body that is kept, in characters; a longer one is cut and can only be sent again, not replayed. */
const BODY_LENGTH_MAX = 256 * 1024;

/** Reasons that a later agreement event may mend by itself. */
const MENDED_BY_AGREEMENT = new Set([
  "unknownCustomer",
  "unknownAgreement",
  "unknownPackage",
  "unknownEntitlement",
  "unknownWorkspace",
  "ambiguousEntitlement",
  "wrongService",
  "wrongUnit",
  "notConsumable",
  "outsideAgreement",
  "outsidePackage",
  "outsideEntitlement",
]);

const peek = z.object({
  id: z.string().max(512).optional().catch(undefined),
  source: z.string().max(512).optional().catch(undefined),
  type: z.string().max(512).optional().catch(undefined),
  data: z
    .object({ customerId: z.string().max(256).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

export const rejectedEventSchema = z.object({
  id: z.string(),
  /** UTC month of `rejectedAt`, `YYYY-MM`: the partition. */
  month: z.string(),
  kind: z.literal("rejectedEvent"),
  status: z.enum(["rejected", "resolved"]),
  reason: z.object({ code: z.string(), message: z.string(), target: z.string().optional() }),
  /** What could be read of the event. */
  event: z.object({
    id: z.string().optional(),
    source: z.string().optional(),
    type: z.string().optional(),
    customerId: z.string().optional(),
  }),
  body: z.string(),
  bodyIsWhole: z.boolean(),
  mendedByAgreement: z.boolean(),
  attempts: z.int(),
  rejectedAt: z.string(),
  lastAttemptAt: z.string(),
  resolvedAt: z.string().optional(),
});
export type RejectedEvent = z.infer<typeof rejectedEventSchema>;

/** Of the text as it came: equal texts are one rejection, however they are wrong. */
export const rejectionIdOf = (body: string): string => digest(body);

/** What is kept of an accepted event that is rejected after all: for a reversal one text, whoever finds it refused. */
export function keptBody(event: AcceptedEvent, body: string): string {
  return event.kind === "reversal" ? canonicalBody(event) : body;
}

export function canonicalBody({
  source,
  id,
  type,
  time,
  data,
}: Pick<AcceptedEvent, "source" | "id" | "type" | "time"> & { readonly data: object }): string {
  return canonicalJson({ specversion: "1.0", source, id, type, time, data });
}

export function newRejectedEvent(body: string, reason: Rejection, now: string): RejectedEvent {
  const { data, ...event } = readable(body);
  return {
    id: rejectionIdOf(body),
    month: now.slice(0, 7),
    kind: "rejectedEvent",
    status: "rejected",
    reason: { ...reason },
    event: defined({ ...event, customerId: data?.customerId }),
    body: body.slice(0, BODY_LENGTH_MAX),
    bodyIsWhole: body.length <= BODY_LENGTH_MAX,
    mendedByAgreement: MENDED_BY_AGREEMENT.has(reason.code),
    attempts: 1,
    rejectedAt: now,
    lastAttemptAt: now,
  };
}

/** The same rejection once more: reason and time of the latest attempt, everything else of the first. */
export function attemptedAgain(before: RejectedEvent, latest: RejectedEvent): RejectedEvent {
  const { resolvedAt: _, ...rest } = before;
  return {
    ...rest,
    status: "rejected",
    reason: latest.reason,
    mendedByAgreement: latest.mendedByAgreement,
    attempts: before.attempts + 1,
    lastAttemptAt: latest.rejectedAt,
  };
}

function readable(body: string): z.infer<typeof peek> {
  try {
    const parsed = peek.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

function defined(
  event: { readonly [Key in keyof RejectedEvent["event"]]: string | undefined },
): RejectedEvent["event"] {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
}
