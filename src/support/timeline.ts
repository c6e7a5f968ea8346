/**
 * Everything that happened to a request, newest first (SR-11): its parts, and the changes of its status, which are in the
 * request itself. Pure. Invariant: both are put in one order, by time and then by id, in which pages neither skip nor repeat.
 */
import * as z from "zod";
import { appointmentSchema } from "./appointment.ts";
import { attachmentSchema, attachmentStateSchema } from "./attachment.ts";
import { communicationSchema } from "./communication.ts";
import { snippetOf } from "./mail-body.ts";
import { milestoneSchema } from "./milestone.ts";
import { noteSchema } from "./note.ts";
import type { PartPosition } from "./part-store.ts";
import { requestIdOf, type SupportRequest } from "./request.ts";
import { requestStatusSchema, type StatusFact, statusChanges } from "./request-status.ts";
import { requestLink } from "./request-view.ts";

/** Every kind of part that has a place on the timeline. */
const partSchemas = [
  noteSchema,
  attachmentSchema,
  communicationSchema,
  appointmentSchema,
  milestoneSchema,
] as const;
export const timelinePartSchema = z.discriminatedUnion("kind", partSchemas);
type TimelinePart = z.infer<typeof timelinePartSchema>;

export const TIMELINE_KINDS: readonly string[] = partSchemas.map(({ shape }) => shape.kind.value);

const shared = {
  at: z.iso.datetime(),
  by: z
    .string()
    .nullable()
    .meta({ description: "Address of who did it; null: the support desk, or nobody in particular." }),
  link: z.url(),
};

export const timelineEntrySchema = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("statusChange"),
      ...shared,
      status: requestStatusSchema,
      previous: requestStatusSchema.nullable().meta({ description: "Null: it was opened." }),
      reason: z.string().nullable(),
    }),
    z.object({
      type: z.literal("communication"),
      ...shared,
      communicationId: z.string(),
      direction: z.enum(["inbound", "outbound"]),
      to: z.array(z.string()),
      subject: z.string(),
      snippet: z.string(),
    }),
    z.object({
      type: z.literal("note"),
      ...shared,
      noteId: z.string(),
      snippet: z.string(),
    }),
    z.object({
      type: z.literal("attachment"),
      ...shared,
      attachmentId: z.string(),
      name: z.string(),
      size: z.int(),
      state: attachmentStateSchema.meta({ description: "As it is now." }),
    }),
    z.object({
      type: z.literal("appointment"),
      ...shared,
      appointmentId: z.string(),
      status: appointmentSchema.shape.status,
      start: z.iso.datetime(),
      end: z.iso.datetime(),
    }),
    z.object({
      type: z.literal("responseTargetMissed"),
      ...shared,
      target: z.enum(["firstResponse", "nextUpdate"]),
    }),
  ])
  .meta({ id: "SupportRequestActivity" });
type TimelineEntry = z.infer<typeof timelineEntrySchema>;

type Change = {
  readonly kind: "statusChange";
  readonly at: string;
  readonly id: string;
  readonly fact: StatusFact;
  readonly previous: StatusFact | undefined;
};
export type TimelineItem = TimelinePart | Change;

/**
 * @param parts what comes after the position, newest first, at most `limit` of them.
 * @returns the same with the changes of the status between them.
 */
export function timelinePage(
  request: SupportRequest,
  parts: readonly TimelinePart[],
  after: PartPosition | undefined,
  limit: number,
): readonly TimelineItem[] {
  const changes = changesOf(request).filter((each) => after === undefined || newestFirst(each, after) > 0);
  return [...parts, ...changes].toSorted(newestFirst).slice(0, limit);
}

const changesOf = ({ statusFacts }: SupportRequest): Change[] =>
  statusChanges(statusFacts).map((fact, index, facts) => ({
    kind: "statusChange",
    at: fact.at,
    id: `statusChange~${fact.factId}`,
    fact,
    previous: facts[index - 1],
  }));

/** As the store puts parts in order, whose ids are letters and digits. */
function newestFirst(left: PartPosition, right: PartPosition): number {
  if (left.at !== right.at) return left.at < right.at ? 1 : -1;
  if (left.id === right.id) return 0;
  return left.id < right.id ? 1 : -1;
}

export function timelineEntry(item: TimelineItem, request: SupportRequest, url: URL): TimelineEntry {
  const { at } = item;
  const linkTo = (...path: readonly string[]): string => requestLink(url, requestIdOf(request), ...path);
  switch (item.kind) {
    case "statusChange": {
      const { status, by = null, reason = null } = item.fact;
      const previous = item.previous?.status ?? null;
      return { type: "statusChange", at, by, link: linkTo(), status, previous, reason };
    }
    case "requestCommunication": {
      const { communicationId, direction, from, to, subject, snippet } = item;
      const link = linkTo("communications", communicationId);
      return { type: "communication", at, by: from, link, communicationId, direction, to, subject, snippet };
    }
    case "requestNote": {
      const { noteId, text, by } = item;
      return {
        type: "note",
        at,
        by: by.email,
        link: linkTo("notes", noteId),
        noteId,
        snippet: snippetOf(text),
      };
    }
    case "requestAttachment": {
      const { attachmentId, name, size, by, progress } = item;
      const link = linkTo("attachments", attachmentId);
      return { type: "attachment", at, by: by.email, link, attachmentId, name, size, state: progress.state };
    }
    case "requestAppointment": {
      const { appointmentId, status, start, end, bookedBy } = item;
      const link = linkTo("appointments", appointmentId);
      return { type: "appointment", at, by: bookedBy.email, link, appointmentId, status, start, end };
    }
    case "requestMilestone":
      return { type: item.type, at, by: null, link: linkTo(), target: item.target };
  }
}
