/**
 * An event of the support desk, kept as the fact that it is. Pure.
 * Invariants: it is written in the same transaction as what it changes, and never changes; its id follows from the event
 * alone, so a repeat meets the first whatever it says.
 */
import * as z from "zod";
import { contentHashOf, entryIdOf } from "../consumption/entry.ts";
import type { Rejection, RequestEvent } from "../consumption/event.ts";
import { refusal } from "../consumption/posting.ts";
import type { UpstreamKey } from "./request.ts";
import { partShape } from "./request-part.ts";

export const requestEventSchema = z.object({
  ...partShape,
  kind: z.literal("requestEvent"),
  hash: z.string(),
  recordedAt: z.string(),
  event: z.object({
    source: z.string(),
    id: z.string(),
    type: z.string(),
    time: z.string(),
    data: z.record(z.string(), z.unknown()),
  }),
});
export type RequestEventFact = z.infer<typeof requestEventSchema>;

const PREFIX = "requestEvent~";

/** @param entryId see `entryIdOf`. */
export const requestEventId = (entryId: string): string => `${PREFIX}${entryId}`;
export const entryIdOfFact = ({ id }: Pick<RequestEventFact, "id">): string => id.slice(PREFIX.length);

export function factOf(event: RequestEvent, now: string): RequestEventFact {
  const { source, id, type, time, data } = event;
  return {
    id: requestEventId(entryIdOf(event)),
    customerId: data.customerId,
    kind: "requestEvent",
    requestNumber: data.number,
    at: time,
    hash: contentHashOf(event),
    recordedAt: now,
    event: { source, id, type, time, data },
  };
}

/** How far the clock of the support desk may be ahead, in milliseconds: a time that is never over would decide for good. */
const AHEAD_MAX_MS = 86_400_000;

/** The reason to reject an event that has not happened yet. @returns undefined for one that may have. */
export function tooEarly(event: RequestEvent, now: string): Rejection | undefined {
  const late = Date.parse(now) + AHEAD_MAX_MS;
  const [target] = timesOf(event).find(([, time]) => time !== undefined && Date.parse(time) > late) ?? [];
  return target === undefined
    ? undefined
    : refusal("timeInFuture", "lies more than 24 hours ahead: mend the clock of the sender", target);
}

const timesOf = (event: RequestEvent): readonly (readonly [target: string, time: string | undefined])[] =>
  event.kind === "requestCommunicated"
    ? [
        ["time", event.time],
        ["data.sentAt", event.sentAt],
      ]
    : [
        ["time", event.time],
        ["data.openedAt", event.data.openedAt],
        ["data.changedAt", event.data.changedAt],
      ];

/** Where events have no versions they are all -1, and the newest is the one of the latest time. */
const NO_VERSION = -1;
const VERSION_DIGITS = String(Number.MAX_SAFE_INTEGER).length;

/** @param version of the request as the support desk counts it. */
export const upstreamKeyOf = (
  event: Pick<RequestEvent, "source" | "id" | "time">,
  version: number = NO_VERSION,
): UpstreamKey => ({ version, time: event.time, eventId: `${event.id}\n${entryIdOf(event)}` });

/** The order in which the newest wins: by version, then time, then id. No two events are equal in it. */
export function compareUpstream(left: UpstreamKey, right: UpstreamKey): number {
  if (left.version !== right.version) return left.version - right.version;
  if (left.time !== right.time) return left.time < right.time ? -1 : 1;
  if (left.eventId === right.eventId) return 0;
  return left.eventId < right.eventId ? -1 : 1;
}

/** Names the status that an event stated; at one instant they are in the order of `compareUpstream`. */
export const statusFactIdOf = ({ version, eventId }: UpstreamKey): string =>
  `event~${String(version + 1).padStart(VERSION_DIGITS, "0")}~${eventId}`;
