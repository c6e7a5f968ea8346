import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, test } from "vitest";
import {
  ATTENDEES_MAX,
  type CalendarInvitation,
  calendarInvitation,
} from "../../src/support/calendar-invitation.ts";

const appointment: CalendarInvitation = {
  uid: "0d6f2a1e-6f0e-4a3a-9d63-0a4f0c3b1b11@support.example",
  sequence: 0,
  method: "REQUEST",
  start: "2026-11-20T13:00:00.000Z",
  end: "2026-11-20T13:30:00.000Z",
  summary: "Support request 47: cannot sign in",
  description: "With your advocate.\nBring the log.",
  organizer: { name: "Ana Advocate", email: "ana@provider.example" },
  attendees: [
    { name: "Łukasz Kowalski", email: "lukasz@contoso.example" },
    { name: "María Núñez", email: "maria@contoso.example" },
  ],
  createdAt: "2026-11-18T09:15:00.000Z",
};

const written = (changes: Partial<CalendarInvitation> = {}): string =>
  calendarInvitation({ ...appointment, ...changes });

const calendarOf = (text: string) => new ICAL.Component(ICAL.parse(text));
const eventOf = (text: string) => calendarOf(text).getFirstSubcomponent("vevent");
const propertyOf = (text: string, name: string) => eventOf(text)?.getFirstPropertyValue(name);
const linesOf = (text: string): readonly string[] => text.split("\r\n");

describe("an invitation read by another library", () => {
  test("says whom it is from and to, when, what, and that it asks for an answer", () => {
    const text = written();
    expect(calendarOf(text).getFirstPropertyValue("method")).toBe("REQUEST");
    expect(calendarOf(text).getFirstPropertyValue("version")).toBe("2.0");
    expect(calendarOf(text).getFirstPropertyValue("prodid")).toBe("-//Customer Activity//Appointments//EN");
    expect(propertyOf(text, "uid")).toBe(appointment.uid);
    expect(propertyOf(text, "sequence")).toBe(0);
    expect(propertyOf(text, "status")).toBe("CONFIRMED");
    expect(String(propertyOf(text, "dtstart"))).toBe("2026-11-20T13:00:00Z");
    expect(String(propertyOf(text, "dtend"))).toBe("2026-11-20T13:30:00Z");
    expect(String(propertyOf(text, "dtstamp"))).toBe("2026-11-18T09:15:00Z");
    expect(propertyOf(text, "summary")).toBe(appointment.summary);
    expect(propertyOf(text, "description")).toBe(appointment.description);
    const organizer = eventOf(text)?.getFirstProperty("organizer");
    expect(organizer?.getFirstValue()).toBe("mailto:ana@provider.example");
    expect(organizer?.getParameter("cn")).toBe("Ana Advocate");
    const attendees = eventOf(text)?.getAllProperties("attendee") ?? [];
    expect(attendees.map((each) => String(each.getFirstValue()).toLowerCase())).toEqual([
      "mailto:lukasz@contoso.example",
      "mailto:maria@contoso.example",
    ]);
    expect(attendees.map((each) => each.getParameter("cn"))).toEqual(["Łukasz Kowalski", "María Núñez"]);
    for (const each of attendees) {
      expect(each.getParameter("role")).toBe("REQ-PARTICIPANT");
      expect(each.getParameter("partstat")).toBe("NEEDS-ACTION");
      expect(each.getParameter("rsvp")).toBe("TRUE");
    }
  });

  test("has times in UTC, which need no description of a time zone", () => {
    expect(written()).toContain("\r\nDTSTART:20261120T130000Z\r\n");
    expect(written()).not.toMatch(/TZID|VTIMEZONE/);
  });

  test("has each property that it must have once, and no other", () => {
    const names = linesOf(written())
      .filter((line) => !line.startsWith(" "))
      .map((line) => /^[A-Z-]*/.exec(line)?.[0]);
    const count = (name: string) => names.filter((each) => each === name).length;
    for (const name of ["UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "ORGANIZER", "SUMMARY", "METHOD"]) {
      expect(count(name), name).toBe(1);
    }
    expect(count("BEGIN")).toBe(2);
    expect(names.at(-1)).toBe("");
  });

  test("has the same bytes whenever it is made", () => {
    expect(written()).toBe(written());
  });
});

test("a cancellation names the same appointment, of a higher sequence, and asks for no answer", () => {
  const text = written({ method: "CANCEL", sequence: 3, createdAt: "2026-11-19T10:00:00.000Z" });
  expect(calendarOf(text).getFirstPropertyValue("method")).toBe("CANCEL");
  expect(propertyOf(text, "status")).toBe("CANCELLED");
  expect(propertyOf(text, "uid")).toBe(appointment.uid);
  expect(propertyOf(text, "sequence")).toBe(3);
  expect(text).not.toContain("RSVP=TRUE");
  expect(eventOf(text)?.getAllProperties("attendee")).toHaveLength(2);
});

test("an appointment has no more attendees than a calendar can show", () => {
  const attendees = Array.from({ length: ATTENDEES_MAX + 1 }, () => appointment.organizer);
  expect(() => written({ attendees })).toThrow("more than 50 attendees");
});

test("what is too long is cut between characters", () => {
  const text = written({ summary: `${"x".repeat(255)}😀`, description: "😀".repeat(10_000) });
  expect(propertyOf(text, "summary")).toBe("x".repeat(255));
  expect(propertyOf(text, "description")).toBe("😀".repeat(4_096));
});

const HOSTILE = [
  "a\r\nATTENDEE:mailto:evil@evil.example",
  "a\nEND:VEVENT\nBEGIN:VEVENT",
  "a\rMETHOD:CANCEL",
  "a\u2028ORGANIZER:mailto:evil@evil.example",
  "a\u0085UID:other",
  "semi;colon, comma: back\\slash \\n \\;",
  "quote \" and ' and ^n ^^ ^'",
  '";ROLE=CHAIR:mailto:evil@evil.example',
  "nul \u0000 bell \u0007 vertical \u000B escape \u001B",
  "half \uD800 of \uDC00 one",
  `${"x".repeat(63)}😀😀`,
  `${"é".repeat(31)}${"👩‍👩‍👧".repeat(20)}`,
  "ﷺ".repeat(60),
  "\uFEFFbom",
  "",
  " ",
];

/** What a reader must find: the text without what no calendar shows, in one line where the property has one. */
const shown = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n|[\r\n\u0085\u2028\u2029]/g, "\n")
    .replaceAll(/(?!\n)[\p{Cc}]/gu, (control) => (control === "\t" ? "\t" : ""));
const inOneLine = (text: string): string => shown(text).replaceAll(/\s+/g, " ").trim();

function expectWhole(text: string): void {
  expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
  // A line feed or return alone would be the end of a line to some readers.
  expect(text.replaceAll("\r\n", "")).not.toMatch(/(?!\t)\p{Cc}|\p{Surrogate}/u);
  for (const line of linesOf(text)) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  // Folding splits no character: each line is UTF-8 by itself.
  for (const line of linesOf(text)) expect(line.isWellFormed()).toBe(true);
  const calendar = calendarOf(text);
  expect(calendar.getAllSubcomponents()).toHaveLength(1);
  expect(calendar.getFirstPropertyValue("method")).toBe("REQUEST");
  expect(eventOf(text)?.getAllProperties("attendee")).toHaveLength(2);
  expect(eventOf(text)?.getAllProperties("organizer")).toHaveLength(1);
  expect(eventOf(text)?.getAllProperties("uid")).toHaveLength(1);
}

function expectHarmless(hostile: string): void {
  const [first, second] = appointment.attendees;
  if (first === undefined || second === undefined) throw new Error("two attendees are given");
  const text = written({
    summary: hostile,
    description: hostile,
    organizer: { name: hostile, email: appointment.organizer.email },
    attendees: [{ ...first, name: hostile }, second],
  });
  expectWhole(text);
  expect(propertyOf(text, "summary") ?? "").toBe(inOneLine(hostile));
  expect(propertyOf(text, "description") ?? "").toBe(shown(hostile));
  const name = eventOf(text)?.getFirstProperty("attendee")?.getParameter("cn");
  expect(name).toBe(inOneLine(hostile.replaceAll("\\", "/")) || first.email);
  expect(eventOf(text)?.getFirstProperty("attendee")?.getParameter("role")).toBe("REQ-PARTICIPANT");
}

describe("a text stays the text of its property, whatever it holds", () => {
  test.each(HOSTILE)("%#: %j", expectHarmless);

  test("of any characters", () => {
    const piece = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 20 }));
    const given = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join("").slice(0, 200));
    fc.assert(fc.property(given, expectHarmless), { numRuns: 500 });
  });

  test("of one more character up to where lines are folded", () => {
    for (let length = 40; length < 90; length++) expectHarmless(`${"x".repeat(length)}😀é\u0301;,\\`);
  });
});

test.each([
  ["o'brien+support@contoso.example", "o'brien+support@contoso.example"],
  [
    "a@b.example\r\nATTENDEE:mailto:evil@evil.example",
    "a@b.example%0D%0AATTENDEE%3Amailto%3Aevil@evil.example",
  ],
  ["a@b.example?bcc=c@d.example", "a@b.example%3Fbcc%3Dc@d.example"],
  ["ñ@contoso.example", "%C3%B1@contoso.example"],
])("an address stays one address: %j", (email, expected) => {
  const text = written({
    organizer: { name: "O", email },
    attendees: [{ name: "A", email }, appointment.organizer],
  });
  expectWhole(text);
  const event = eventOf(text);
  for (const name of ["organizer", "attendee"]) {
    expect(String(event?.getFirstPropertyValue(name)).replace(/^mailto:/i, "")).toBe(expected);
  }
});
