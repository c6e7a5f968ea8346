/** How appointments are shown. */
import * as z from "zod";
import type { Appointment, Participant } from "../../src/support/appointment.ts";
import { inZone } from "../../src/support/appointment-slots.ts";
import { contactSchema, requestIdOf } from "../../src/support/request.ts";
import { requestLink } from "../../src/support/request-view.ts";

export const appointmentIdSchema = z.string().regex(/^[\w-]{22}$/);

export const localTime = z
  .string()
  .meta({ description: "What the clock on the wall shows in the time zone, with its offset from UTC." });

export const appointmentViewSchema = z
  .object({
    appointmentId: z.string(),
    status: z.enum(["booked", "cancelled"]),
    start: z.iso.datetime(),
    end: z.iso.datetime(),
    timeZone: z.string(),
    localStart: localTime,
    localEnd: localTime,
    advocate: contactSchema.meta({
      description: "With whom it was booked, whoever works on the request now.",
    }),
    bookedBy: contactSchema,
    attendees: z.array(contactSchema),
    bookedAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
    link: z.url(),
    invitationLink: z.url().meta({ description: "The invitation as an .ics file." }),
  })
  .meta({ id: "SupportRequestAppointment" });

export function appointmentView(appointment: Appointment, url: URL) {
  const { customerId, requestNumber, appointmentId, status, start, end, timeZone, at, changedAt } =
    appointment;
  const path = [requestIdOf({ customerId, number: requestNumber }), "appointments", appointmentId] as const;
  return {
    appointmentId,
    status,
    start,
    end,
    timeZone,
    localStart: inZone(start, timeZone).local,
    localEnd: inZone(end, timeZone).local,
    advocate: person(appointment.advocate),
    bookedBy: person(appointment.bookedBy),
    attendees: appointment.attendees.map(person),
    bookedAt: at,
    changedAt,
    link: requestLink(url, ...path),
    invitationLink: requestLink(url, ...path, "invitation"),
  };
}

const person = ({ name, email }: Participant) => ({ name, email });
