/** What the template about an appointment says; see `letters.ts`. */
import type { AppointmentContent } from "./appointment-content.ts";
import type { Letter, Line, Links } from "./letters.ts";
import { within } from "./link.ts";

const MINUTE_MS = 60_000;

const INTRODUCTIONS = {
  booked: "appointmentBookedIntroduction",
  moved: "appointmentMovedIntroduction",
  cancelled: "appointmentCancelledIntroduction",
} as const;

export function supportRequestAppointment(content: AppointmentContent, { webClientUrl }: Links): Letter {
  const { number, title, change, requestId, start, end, timeZone, advocate } = content;
  const minutes = Math.round((Date.parse(end) - Date.parse(start)) / MINUTE_MS);
  const facts: readonly Line[] = [
    { key: "appointmentTime", values: { start: new Date(start), minutes } },
    { key: "appointmentAdvocate", values: { advocateName: advocate.name } },
    { key: "requestNumber", values: { number } },
    { key: "requestTitle", values: { title } },
  ];
  return {
    subject: { key: "appointmentSubject", values: { change, number, title } },
    paragraphs: [
      { key: INTRODUCTIONS[change] },
      ...facts,
      { key: "appointmentAttached", values: { isCancelled: change === "cancelled" } },
    ],
    action:
      requestId === null
        ? undefined
        : webClientUrl && {
            label: { key: "requestAction" },
            url: within(webClientUrl, "supportRequests", requestId),
          },
    timeZone,
    // Calendars show the time in the zone of whoever looks.
    event: { summary: { key: "requestSubject", values: { number, title } }, description: facts.slice(1) },
  };
}
