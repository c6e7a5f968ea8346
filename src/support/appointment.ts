/**
 * Appointments of a request with its advocate (SR-12). Pure.
 * Invariants: a request has at most one that is not over; it stays with the advocate with whom it was booked, whoever works
 * on the request later; each change of it has a higher sequence than the one before, which calendars go by.
 */
import * as z from "zod";
import type { Doing } from "../access/audit-entry.ts";
import { languageSchema } from "../agreements/agreement-event.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import { appointmentMessages } from "./appointment-messages.ts";
import type { Slot } from "./appointment-slots.ts";
import type { Decided } from "./change-request.ts";
import { requestAudit } from "./open-request.ts";
import { offersAppointments } from "./problem-types.ts";
import type { Contact, RequestKey, RequestNumber, SupportRequest } from "./request.ts";
import { partShape } from "./request-part.ts";
import { stableId } from "./stable-id.ts";

export const APPOINTMENT_KIND = "requestAppointment";
/** Besides who books it and the advocate. */
export const INVITED_MAX = 10;

const participantSchema = z.object({
  email: z.string(),
  name: z.string().nullable(),
  language: languageSchema,
});
/** Somebody who is invited, in a language of their own. */
export type Participant = z.infer<typeof participantSchema>;

export const appointmentSchema = z.object({
  ...partShape,
  kind: z.literal(APPOINTMENT_KIND),
  appointmentId: z.string(),
  status: z.enum(["booked", "cancelled"]),
  start: z.string(),
  end: z.string(),
  /** Of whoever booked or moved it, for messages to the customer's people. */
  timeZone: z.string(),
  advocate: participantSchema.extend({ timeZone: z.string() }),
  bookedBy: participantSchema,
  /** No more once who booked it left; kept beside the name, which the trail is about. */
  isBookerInvited: z.boolean().default(true),
  attendees: z.array(participantSchema).max(INVITED_MAX),
  sequence: z.int().min(0),
  changedAt: z.string(),
});
export type Appointment = z.infer<typeof appointmentSchema>;

export const appointmentDocumentId = (number: RequestNumber, appointmentId: string): string =>
  `${APPOINTMENT_KIND}~${number}~${appointmentId}`;

/** Follows from the request to book it, so that a repeat of that finds what the first one booked. */
export const newAppointmentId = (key: RequestKey, doing: Doing): string =>
  stableId(key, "appointment", doing.key);

/** Why none can be booked. */
export const notOfferedSchema = z.enum(["AppointmentsNotOffered", "NoAdvocate", "RequestClosed"]);
type NotOffered = z.infer<typeof notOfferedSchema>;

const WHY: Readonly<Record<NotOffered, string>> = {
  AppointmentsNotOffered: "There are no appointments for requests of this kind.",
  NoAdvocate: "No advocate is assigned to the request yet: appointments can be had when one is.",
  RequestClosed: "The request is closed: reopen it first, with a reason.",
};

/** Of what the request alone says; whether its advocate has a calendar is seen when slots are asked for. */
export function whyNotOffered(request: SupportRequest): NotOffered | undefined {
  // SR-06: the advocate may not know of an incentive-related request.
  if (request.isIncentiveRelated || !offersAppointments(request.problemType)) return "AppointmentsNotOffered";
  if (request.advocate === null) return "NoAdvocate";
  return request.status === "closed" ? "RequestClosed" : undefined;
}

/** @returns the advocate. @throws ConflictError with the reason for which none can be booked. */
export function requireOffered(request: SupportRequest): Contact {
  const why = whyNotOffered(request);
  if (why === undefined && request.advocate !== null) return request.advocate;
  const code = why ?? "NoAdvocate";
  throw new ConflictError(code, WHY[code]);
}

/** The one that is not over. */
export function openAppointment({ appointment }: SupportRequest, now: string): SupportRequest["appointment"] {
  return appointment !== null && appointment.end > now ? appointment : null;
}

/** @throws ConflictError where the request has one. */
export function requireNone(request: SupportRequest, now: string): void {
  const open = openAppointment(request, now);
  if (open === null) return;
  throw new ConflictError(
    "AppointmentBooked",
    "The request has an appointment that is not over: move that one, or cancel it first.",
    { innererror: { code: "AppointmentBooked", appointmentId: open.appointmentId, start: open.start } },
  );
}

/** @throws ConflictError for one that was cancelled or has begun. */
export function requireChangeable({ status, start }: Appointment, now: string): void {
  if (status === "cancelled")
    throw new ConflictError("AppointmentCancelled", "The appointment was cancelled: book another one.");
  if (start <= now)
    throw new ConflictError("AppointmentBegun", "The appointment has begun: it is not changed any more.");
}

type Booking = Pick<Appointment, "appointmentId" | "timeZone" | "advocate" | "bookedBy" | "attendees">;

export function bookAppointment(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  booking: Booking,
  { start, end }: Slot,
): NonNullable<Decided> {
  const { customerId, number } = known;
  const appointment: Appointment = {
    id: appointmentDocumentId(number, booking.appointmentId),
    customerId,
    requestNumber: number,
    at: doing.at,
    kind: APPOINTMENT_KIND,
    ...booking,
    attendees: [...booking.attendees],
    isBookerInvited: true,
    status: "booked",
    start,
    end,
    sequence: 0,
    changedAt: doing.at,
  };
  return changed(doing, known, undefined, { value: appointment, etag: undefined });
}

/** @param facts among them who may still be told. */
export function moveAppointment(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  { value: before, etag }: Versioned<Appointment>,
  { start, end }: Slot,
  facts: Pick<Appointment, "timeZone" | "attendees" | "isBookerInvited">,
): NonNullable<Decided> {
  const sequence = before.sequence + 1;
  const after = { ...before, ...facts, start, end, sequence, changedAt: doing.at };
  return changed(doing, known, before, { value: after, etag });
}

/** Nothing that a calendar goes by changes, so nobody is told and the sequence stays. */
export function showInZone(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  { value: before, etag }: Versioned<Appointment>,
  timeZone: string,
): NonNullable<Decided> {
  const appointment: Appointment = { ...before, timeZone };
  const after = { ...known, changedAt: doing.at, revision: known.revision + 1 };
  const facts = {
    target: `/appointments/${before.appointmentId}`,
    before: { ...audited(before), timeZone: before.timeZone },
    after: { ...audited(appointment), timeZone },
  };
  return {
    after,
    audit: [requestAudit(doing, ACTIONS.moved, known, after, facts)],
    writes: [{ document: appointment, etag }],
  };
}

export function cancelAppointment(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  { value: before, etag }: Versioned<Appointment>,
  invited: Pick<Appointment, "attendees" | "isBookerInvited">,
): NonNullable<Decided> {
  const sequence = before.sequence + 1;
  const after = { ...before, ...invited, status: "cancelled" as const, sequence, changedAt: doing.at };
  return changed(doing, known, before, { value: after, etag });
}

function changed(
  doing: Doing,
  known: SupportRequest,
  before: Appointment | undefined,
  { value: appointment, etag }: { readonly value: Appointment; readonly etag: string | undefined },
): NonNullable<Decided> {
  const { appointmentId, start, end, status } = appointment;
  const isCurrent = before === undefined || known.appointment?.appointmentId === appointmentId;
  const current = status === "cancelled" ? null : { appointmentId, start, end };
  const after: SupportRequest = {
    ...known,
    ...(isCurrent ? { appointment: current } : {}),
    changedAt: doing.at,
    revision: known.revision + 1,
  };
  const change = before === undefined ? "booked" : status === "cancelled" ? "cancelled" : "moved";
  const facts = {
    target: `/appointments/${appointmentId}`,
    after: audited(appointment),
    ...(before === undefined ? {} : { before: audited(before) }),
  };
  return {
    after,
    audit: [requestAudit(doing, ACTIONS[change], known, after, facts)],
    writes: [{ document: appointment, etag }],
    messages: appointmentMessages(after, appointment, change),
  };
}

const ACTIONS = {
  booked: "appointmentBooked",
  moved: "appointmentMoved",
  cancelled: "appointmentCancelled",
} as const;

const audited = ({ status, start, end, advocate, bookedBy, attendees }: Appointment) => ({
  status,
  start,
  end,
  advocate: advocate.email,
  bookedBy: bookedBy.email,
  attendees: attendees.map(({ email }) => email),
});
