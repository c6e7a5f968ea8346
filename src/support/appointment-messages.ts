/**
 * Who is told of an appointment by e-mail, and what (SR-12). Pure.
 * Invariants: each participant is told of each sequence once; what leads to the request goes only to people who see it; of an
 * incentive-related request nobody is told but its creator (SR-06).
 */
import type { Content, Message } from "../messages/message.ts";
import type { Appointment, Participant } from "./appointment.ts";
import { startOf } from "./plain-text.ts";
import { requestIdOf, type SupportRequest } from "./request.ts";
import { factsOf, requestMessage } from "./request-messages.ts";

type AppointmentContent = Extract<Content, { readonly template: "supportRequestAppointment" }>;
export type AppointmentChange = AppointmentContent["change"];

/** @param change the one that led to this sequence of the appointment. */
export function appointmentMessages(
  request: SupportRequest,
  appointment: Appointment,
  change: AppointmentChange,
): Message[] {
  const { advocate, appointmentId, sequence, changedAt } = appointment;
  const byAddress = new Map([...invitedTo(appointment), advocate].map((each) => [each.email, each]));
  const told = [...byAddress.values()].filter(
    ({ email }) => !request.isIncentiveRelated || email === request.createdBy,
  );
  return told.flatMap((participant) => {
    const timeZone = participant.email === advocate.email ? advocate.timeZone : appointment.timeZone;
    const leadsTo = isOneWhoSees(request, appointment, participant) ? requestIdOf(request) : null;
    const content = appointmentContent(request, appointment, { change, timeZone, requestId: leadsTo });
    return requestMessage(request, participant, content, `${appointmentId}~${sequence}`, changedAt);
  });
}

/** Besides the advocate. Who booked it is left out after leaving. */
const invitedTo = ({ bookedBy, isBookerInvited, attendees }: Appointment): readonly Participant[] =>
  isBookerInvited ? [bookedBy, ...attendees] : attendees;

/** Contacts do not for being one, nor does an advocate who works on it no more. */
function isOneWhoSees(request: SupportRequest, appointment: Appointment, { email }: Participant): boolean {
  const { createdBy, primaryContact, advocate, sharedWith, contacts } = request;
  if ([createdBy, primaryContact?.email, advocate?.email, ...sharedWith].includes(email)) return true;
  return email !== appointment.advocate.email && !contacts.some((each) => each.email === email);
}

/** Facts alone: it is worded when it is sent or fetched. */
export function appointmentContent(
  request: SupportRequest,
  appointment: Appointment,
  facts: Pick<AppointmentContent, "change" | "timeZone" | "requestId">,
): AppointmentContent {
  const { number, title } = factsOf(request);
  const { appointmentId, sequence, start, end, advocate, changedAt } = appointment;
  const invited = new Map(invitedTo(appointment).map((each) => [each.email, each]));
  return {
    template: "supportRequestAppointment",
    number,
    title,
    ...facts,
    appointmentId,
    sequence,
    start,
    end,
    changedAt,
    advocate: named(advocate),
    attendees: [...invited.values()].map(named),
  };
}

const NAME_LENGTH_MAX = 256;

const named = ({ name, email }: Participant) => ({
  name: startOf(name?.trim() || email, NAME_LENGTH_MAX),
  email,
});
