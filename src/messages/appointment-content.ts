/**
 * What a message about an appointment says (SR-12). Pure. Invariant: facts alone; its text and the invitation that is
 * attached are made when it is sent.
 */
import * as z from "zod";

const name = z.string().min(1).max(256);
const person = z.object({ name, email: name });

export const appointmentContent = z.object({
  template: z.literal("supportRequestAppointment"),
  number: z.string().min(1).max(64),
  title: name,
  change: z.enum(["booked", "moved", "cancelled"]),
  /** Null: the recipient does not see the request. */
  requestId: z.string().min(1).max(255).nullable(),
  appointmentId: z.string().min(1).max(64),
  /** Grows with each change of the appointment. */
  sequence: z.int().min(0),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  /** The recipient's. */
  timeZone: z.string(),
  changedAt: z.iso.datetime(),
  advocate: person,
  attendees: z.array(person).max(50),
});
export type AppointmentContent = z.infer<typeof appointmentContent>;
