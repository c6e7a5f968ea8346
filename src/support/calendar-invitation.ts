/**
 * An appointment as mail clients and calendars take it: iCalendar (RFC 5545) with a method of RFC 5546.
 * Invariants: whatever a text or a name holds, it stays the value of its property, so it adds no line, no attendee and
 * no component; times are in UTC; the same appointment has the same bytes. A calendar follows the invitation with the
 * highest sequence of a UID, so a change and a cancellation need a higher one than what they follow.
 */
import {
  ICalAttendeeRole,
  ICalAttendeeStatus,
  ICalCalendar,
  ICalCalendarMethod,
  ICalEventStatus,
  ICalEventTransparency,
} from "ical-generator";
import { startOf } from "./plain-text.ts";

type Participant = { readonly name: string; readonly email: string };

export type CalendarInvitation = {
  /** Never changes for an appointment, and is no other's anywhere: calendars know it again by it. */
  readonly uid: string;
  /** From 0. */
  readonly sequence: number;
  readonly method: "REQUEST" | "CANCEL";
  /** RFC 3339 in UTC, of whole seconds: a calendar has no smaller part. */
  readonly start: string;
  readonly end: string;
  readonly summary: string;
  readonly description: string;
  readonly organizer: Participant;
  readonly attendees: readonly Participant[];
  /** When this invitation, of this sequence, was made; in UTC. */
  readonly createdAt: string;
};

/** In UTF-16 units; of longer ones this much is told. */
const SUMMARY_LENGTH_MAX = 256;
const DESCRIPTION_LENGTH_MAX = 8_192;
const NAME_LENGTH_MAX = 256;
export const ATTENDEES_MAX = 50;

const PRODUCT = { company: "Customer Activity", product: "Appointments", language: "EN" };

/** For a part of type `text/calendar; charset=utf-8; method=…`. @throws RangeError with more than 50 attendees */
export function calendarInvitation(invitation: CalendarInvitation): string {
  const { uid, sequence, attendees, organizer } = invitation;
  if (attendees.length > ATTENDEES_MAX) throw new RangeError(`more than ${ATTENDEES_MAX} attendees`);
  const isCancelled = invitation.method === "CANCEL";
  const calendar = new ICalCalendar({
    prodId: PRODUCT,
    method: isCancelled ? ICalCalendarMethod.CANCEL : ICalCalendarMethod.REQUEST,
  });
  calendar.createEvent({
    id: inOneLine(uid),
    sequence,
    stamp: new Date(invitation.createdAt),
    start: new Date(invitation.start),
    end: new Date(invitation.end),
    summary: startOf(inOneLine(invitation.summary), SUMMARY_LENGTH_MAX),
    description: startOf(shown(invitation.description), DESCRIPTION_LENGTH_MAX),
    status: isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    transparency: isCancelled ? ICalEventTransparency.TRANSPARENT : ICalEventTransparency.OPAQUE,
    organizer: participant(organizer),
    attendees: attendees.map((each) => ({
      ...participant(each),
      role: ICalAttendeeRole.REQ,
      status: ICalAttendeeStatus.NEEDSACTION,
      rsvp: !isCancelled,
    })),
  });
  // The last line ends as every line does.
  return `${calendar.toString()}\r\n`;
}

function participant({ name, email }: Participant): Participant {
  const address = inAddress(email);
  // A parameter has no escapes with a backslash, but some readers take one for such.
  const plain = inOneLine(name.replaceAll("\\", "/"));
  return { name: startOf(plain, NAME_LENGTH_MAX) || address, email: address };
}

/** Calendars have no way to write control characters and halves of characters. */
const NOT_SHOWN = /(?![\n\t])\p{Cc}/gu;
const LINE_ENDS = /\r\n|[\r\n\u0085\u2028\u2029]/g;

const shown = (text: string): string =>
  text.toWellFormed().replaceAll(LINE_ENDS, "\n").replaceAll(NOT_SHOWN, "");

const inOneLine = (text: string): string => shown(text).replaceAll(/\s+/g, " ").trim();

/** What may stand as it is in a `mailto:` address (RFC 6068); the rest is written in percents. */
const inAddress = (email: string): string =>
  email.toWellFormed().replaceAll(/[^\w.!$'*+@~-]/gu, (character) => encodeURIComponent(character));
