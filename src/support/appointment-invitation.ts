/** The file by which an appointment gets into a calendar, and out of it again. Pure. */
import type { Content } from "../messages/message.ts";
import type { EventText } from "../messages/render-message.ts";
import type { MailAttachment } from "../platform/mail.ts";
import { calendarInvitation } from "./calendar-invitation.ts";

type AppointmentContent = Extract<Content, { readonly template: "supportRequestAppointment" }>;

/** Part of what tells its appointments from those of all other systems. */
const UID_DOMAIN = "appointments.customer-activity";

/** What is attached to a message with this content. */
export const invitationsFor = (content: Content, event: EventText | undefined): readonly MailAttachment[] =>
  content.template === "supportRequestAppointment" && event !== undefined
    ? [appointmentInvitation(content, event)]
    : [];

/** @param event in the language of whoever gets it. */
export function appointmentInvitation(content: AppointmentContent, event: EventText): MailAttachment {
  const { appointmentId, sequence, start, end, changedAt, advocate, attendees, number, change } = content;
  const method = change === "cancelled" ? "CANCEL" : "REQUEST";
  return {
    name: `appointment-${number}.ics`,
    contentType: `text/calendar; charset=utf-8; method=${method}`,
    content: calendarInvitation({
      uid: `${appointmentId}@${UID_DOMAIN}`,
      sequence,
      method,
      start,
      end,
      ...event,
      organizer: advocate,
      attendees,
      createdAt: changedAt,
    }),
  };
}
