import ICAL from "ical.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CUSTOMER } from "../fakes/events.ts";
import { done, join } from "./support/access-steps.ts";
import {
  appointmentSchema,
  askSlots,
  book,
  booked,
  desk,
  inDays,
  mailsTo,
  pathOf,
  refusalOf,
  setCalendar,
  slots,
  withAdvocate,
  ZONE,
} from "./support/appointment-steps.ts";
import {
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
  WORKSPACE,
} from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const details = async (requestId: string) =>
  (await world.api.ask(PEOPLE.contact, { path: pathOf(requestId) })).read(
    z.looseObject({
      appointment: z.looseObject({
        isOffered: z.boolean(),
        reason: z.string().optional(),
        booked: z.unknown(),
      }),
    }),
  ).appointment;

const change = (method: string, requestId: string, appointmentId: string, json?: unknown, headers = {}) =>
  world.api.ask(PEOPLE.contact, {
    method,
    path: pathOf(requestId, "appointments", appointmentId),
    headers,
    ...(json === undefined ? {} : { json }),
  });

const eventOf = (text: string) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const event = calendar.getFirstSubcomponent("vevent");
  const value = (name: string): string => String(event?.getFirstPropertyValue(name));
  return {
    method: String(calendar.getFirstPropertyValue("method")),
    uid: value("uid"),
    sequence: value("sequence"),
    start: new Date(value("dtstart")).toISOString(),
    summary: value("summary"),
    organizer: value("organizer"),
    attendees: (event?.getAllProperties("attendee") ?? []).map((each) =>
      String(each.getFirstValue()).toLowerCase(),
    ),
  };
};

/** A slot some days ahead; each test takes one of a day of its own. */
let day = 1;
async function someSlot(requestId: string) {
  day += 2;
  const [first, second] = (await slots(world, requestId, { from: inDays(day), to: inDays(day + 1) })).value;
  if (first === undefined || second === undefined) throw new Error("nothing is free");
  return { first, second };
}

describe("whether an appointment is offered", () => {
  test("is said with its reason by the details and where slots are asked for", async () => {
    const without = await world.open();
    expect(await details(without.requestId)).toMatchObject({
      isOffered: false,
      reason: "NoAdvocate",
      booked: null,
    });
    expect(refusalOf(await askSlots(world, without.requestId))).toMatchObject({
      status: 409,
      code: "NoAdvocate",
    });
    const outage = await withAdvocate(world, { problemType: "availability" });
    expect(await details(outage.requestId)).toMatchObject({ reason: "AppointmentsNotOffered" });
    expect(refusalOf(await askSlots(world, outage.requestId)).code).toBe("AppointmentsNotOffered");
    const incentive = await withAdvocate(world, { isIncentiveRelated: true });
    expect(await details(incentive.requestId)).toMatchObject({ reason: "AppointmentsNotOffered" });
    const start = inDays(3);
    for (const { requestId, code } of [
      { ...without, code: "NoAdvocate" },
      { ...outage, code: "AppointmentsNotOffered" },
      { ...incentive, code: "AppointmentsNotOffered" },
    ])
      expect(refusalOf(await book(world, requestId, { start }))).toMatchObject({ status: 409, code });
  });

  test("follows from whether the advocate has a calendar", async () => {
    const { requestId } = await withAdvocate(world, {}, PEOPLE.otherAdvocate);
    expect(await details(requestId)).toEqual({ isOffered: true, booked: null });
    expect(refusalOf(await askSlots(world, requestId))).toMatchObject({ status: 409, code: "NoCalendar" });
    expect(refusalOf(await book(world, requestId, { start: inDays(3) })).code).toBe("NoCalendar");
    await setCalendar(world.api, PEOPLE.otherAdvocate);
    expect((await slots(world, requestId)).value.length).toBeGreaterThan(0);
  });
});

describe("an advocate's calendar", () => {
  const ask = (who: PersonName, method = "GET", json?: unknown, headers = {}) =>
    world.api.ask(PEOPLE[who], {
      method,
      path: "me/advocateCalendar",
      headers,
      ...(json === undefined ? {} : { json }),
    });

  test("is the own one of whoever has the role, and of nobody else", async () => {
    expect((await ask("advocate")).status).toBe(404);
    await setCalendar(world.api);
    const mine = await ask("advocate");
    expect(mine.read(z.looseObject({ timeZone: z.string(), slotMinutes: z.int() }))).toMatchObject({
      timeZone: ZONE,
      slotMinutes: 30,
      language: "es",
    });
    for (const who of ["contact", "csam", "admin", "stranger"] as const)
      expect((await ask(who)).status, who).toBe(404);
    expect((await ask("csam", "PUT", JSON.parse(mine.text))).status).toBe(404);
    const etag = mine.headers.get("etag") ?? "";
    const changed = { ...JSON.parse(mine.text), slotMinutes: 60 };
    expect((await ask("advocate", "PUT", changed, { "if-match": '"other"' })).status).toBe(412);
    expect((await ask("advocate", "PUT", changed, { "if-match": etag })).status).toBe(200);
    expect((await ask("advocate", "PUT", JSON.parse(mine.text), { "if-match": etag })).status).toBe(412);
    await setCalendar(world.api);
    expect((await ask("advocate")).headers.get("etag")).toBe(etag);
  });

  test.each([
    ["an offset for a time zone", { timeZone: "+01:00" }, "IANA"],
    ["slots of five minutes", { slotMinutes: 5 }, "slotMinutes"],
    ["something of the server's", { bookings: [] }, "bookings"],
    ["no language of the product", { language: "de" }, "language"],
  ])("is refused with %s", async (_, facts, told) => {
    const mine = JSON.parse((await ask("advocate")).text);
    const refused = await ask("advocate", "PUT", { ...mine, ...facts });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(told);
  });
});

describe("an appointment", () => {
  test("is booked for a free slot, shown, and is the only one of its request", async () => {
    const { requestId } = await withAdvocate(world);
    const { first, second } = await someSlot(requestId);
    const made = await booked(world, requestId, { start: first.localStart, timeZone: ZONE });
    expect(made).toMatchObject({
      start: first.start,
      end: first.end,
      status: "booked",
      timeZone: ZONE,
      attendees: [],
    });
    expect(made.advocate).toEqual({ name: "Alma Advocate", email: PEOPLE.advocate.email });
    expect(await details(requestId)).toMatchObject({
      booked: { appointmentId: made.appointmentId, start: first.start, end: first.end },
    });
    const listed = await world.api.ask(PEOPLE.contact, { path: pathOf(requestId, "appointments") });
    expect(listed.read(z.object({ value: z.array(appointmentSchema) })).value).toEqual([made]);
    expect(refusalOf(await book(world, requestId, { start: second.start }))).toMatchObject({
      status: 409,
      code: "AppointmentBooked",
    });
    const starts = (await slots(world, requestId, { from: first.start, to: second.end })).value;
    expect(starts.map(({ start }) => start)).not.toContain(first.start);
  });

  test("of a slot that was taken, or of none, is refused with what is free instead, in the caller's zone", async () => {
    const one = await withAdvocate(world);
    const other = await withAdvocate(world);
    const { first, second } = await someSlot(one.requestId);
    await booked(world, one.requestId, { start: first.start });
    const zone = "Asia/Kolkata";
    const taken = refusalOf(await book(world, other.requestId, { start: first.start, timeZone: zone }));
    expect(taken).toMatchObject({ status: 409, code: "SlotTaken" });
    const free = taken.innererror?.freeSlots ?? [];
    expect(free.every((each) => each.endsWith("+05:30"))).toBe(true);
    expect(free.map((each) => new Date(each).toISOString())).not.toContain(first.start);
    const askew = new Date(Date.parse(second.start) + 60_000).toISOString();
    expect(refusalOf(await book(world, other.requestId, { start: askew }))).toMatchObject({
      status: 409,
      code: "NotASlot",
    });
    expect((await booked(world, other.requestId, { start: free[0] })).start).not.toBe(first.start);
  });

  test("that is asked for twice by the same request is one", async () => {
    const { requestId } = await withAdvocate(world);
    const { first } = await someSlot(requestId);
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f0a01" };
    const asked = [world, requestId, { start: first.start }, PEOPLE.contact, headers] as const;
    const answers = await Promise.all([book(...asked), book(...asked), book(...asked)]);
    answers.push(await book(...asked));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test("is moved and cancelled only as it was read, and leaves its slot to others", async () => {
    const one = await withAdvocate(world);
    const other = await withAdvocate(world);
    const { first, second } = await someSlot(one.requestId);
    const made = await booked(world, one.requestId, { start: first.start });
    const { appointmentId } = made;
    const read = await change("GET", one.requestId, appointmentId);
    const ifMatch = { "if-match": read.headers.get("etag") ?? "" };
    const moved = await change("PATCH", one.requestId, appointmentId, { start: second.start }, ifMatch);
    expect(moved.read(appointmentSchema)).toMatchObject({ start: second.start, status: "booked" });
    expect(
      (await change("PATCH", one.requestId, appointmentId, { start: first.start }, ifMatch)).status,
    ).toBe(412);
    expect((await change("DELETE", one.requestId, appointmentId, undefined, ifMatch)).status).toBe(412);
    const theirs = await booked(world, other.requestId, { start: first.start });
    expect(refusalOf(await change("PATCH", one.requestId, appointmentId, { start: first.start })).code).toBe(
      "SlotTaken",
    );
    expect((await change("GET", one.requestId, appointmentId)).read(appointmentSchema).start).toBe(
      second.start,
    );
    expect((await change("DELETE", other.requestId, theirs.appointmentId)).status).toBe(204);
    expect((await change("DELETE", other.requestId, theirs.appointmentId)).status).toBe(204);
    expect(
      (await change("PATCH", other.requestId, theirs.appointmentId, { start: first.start })).text,
    ).toContain("AppointmentCancelled");
    expect((await booked(world, other.requestId, { start: first.start })).status).toBe("booked");
    expect((await change("GET", other.requestId, appointmentId)).status).toBe(404);
  });

  test("is shown in another time zone when only that is asked for, and keeps its time and its sequence", async () => {
    const { requestId } = await withAdvocate(world);
    const { first } = await someSlot(requestId);
    const made = await booked(world, requestId, { start: first.start, timeZone: ZONE });
    const patch = { start: first.start, timeZone: "Asia/Kolkata" };
    const moved = await change("PATCH", requestId, made.appointmentId, patch);
    expect(moved.read(appointmentSchema)).toMatchObject({ start: first.start, timeZone: "Asia/Kolkata" });
    expect((await change("GET", requestId, made.appointmentId)).text).toBe(moved.text);
    const { text } = await world.api.ask(PEOPLE.contact, { path: made.invitationLink });
    expect(eventOf(text).sequence).toBe("0");
  });

  test("stays with the advocate with whom it was booked when another one takes over", async () => {
    const { requestId, number } = await withAdvocate(world);
    const { first, second } = await someSlot(requestId);
    const made = await booked(world, requestId, { start: first.start });
    await desk(world, number, { advocate: { name: "Otto", email: PEOPLE.otherAdvocate.email } });
    expect((await slots(world, requestId)).advocate.email).toBe(PEOPLE.advocate.email);
    const moved = await change("PATCH", requestId, made.appointmentId, { start: second.start });
    expect(moved.read(appointmentSchema).advocate.email).toBe(PEOPLE.advocate.email);
    await change("DELETE", requestId, made.appointmentId);
    expect((await slots(world, requestId)).advocate.email).toBe(PEOPLE.otherAdvocate.email);
  });

  test("is for those who manage the request, and does not exist for who does not see it", async () => {
    const { requestId } = await withAdvocate(world, { sharedWith: [PEOPLE.member.email] });
    const { first, second } = await someSlot(requestId);
    const statuses = async (who: PersonName) => [
      (await askSlots(world, requestId, {}, PEOPLE[who])).status,
      (await book(world, requestId, { start: "2026-01-01T00:00:00Z" }, PEOPLE[who])).status,
      (await world.api.ask(PEOPLE[who], { path: pathOf(requestId, "appointments") })).status,
    ];
    for (const who of ["contact", "member", "admin", "customerAdministrator", "advocate"] as const)
      expect(await statuses(who), who).toEqual([200, 409, 200]);
    for (const who of ["viewsAll", "requestAdmin", "csam", "incidentManager"] as const)
      expect(await statuses(who), who).toEqual([403, 403, 200]);
    for (const who of ["otherContact", "elsewhere", "otherAdvocate", "stranger"] as const)
      expect(await statuses(who), who).toEqual([404, 404, 404]);
    const made = await booked(world, requestId, { start: first.start }, PEOPLE.member);
    const move = { method: "PATCH", path: pathOf(requestId, "appointments", made.appointmentId) };
    expect((await world.api.ask(PEOPLE.viewsAll, { ...move, json: { start: second.start } })).status).toBe(
      403,
    );
    expect(
      (await world.api.ask(PEOPLE.otherContact, { ...move, json: { start: second.start } })).status,
    ).toBe(404);
  });

  test("names further people only if they see the request or are its contacts", async () => {
    const { requestId } = await withAdvocate(world, {
      sharedWith: [PEOPLE.member.email],
      groupId: world.groupId,
    });
    const { first } = await someSlot(requestId);
    const contact = { email: "tech@partner.example", name: "Tech" };
    const path = pathOf(requestId, "contacts");
    expect((await world.api.ask(PEOPLE.advocate, { method: "POST", path, json: contact })).status).toBe(201);
    for (const email of [PEOPLE.otherContact.email, "anybody@elsewhere.example", PEOPLE.viewsAll.email]) {
      const refused = await book(world, requestId, { start: first.start, attendees: [email] });
      expect(refused.status).toBe(400);
      expect(refused.text).toContain("UnknownAttendee");
    }
    const attendees = [PEOPLE.member.email, PEOPLE.groupMember.email, contact.email];
    const made = await booked(world, requestId, {
      start: first.start,
      attendees: [...attendees, PEOPLE.contact.email],
    });
    expect(made.attendees.map(({ email }) => email)).toEqual(attendees);
    const [told] = (await mailsTo(world, contact.email)).filter(({ attachments }) => attachments.length > 0);
    expect(told?.attachments).toHaveLength(1);
    expect(told?.text).not.toContain(requestId);
  });
});

describe("invitations", () => {
  test("come by mail to the booker and the advocate, follow each change, and can be fetched", async () => {
    const { requestId, number } = await withAdvocate(world);
    const { first, second } = await someSlot(requestId);
    const before = (await mailsTo(world, PEOPLE.advocate.email)).length;
    const { appointmentId, invitationLink } = await booked(world, requestId, { start: first.start });
    await change("PATCH", requestId, appointmentId, { start: second.start });
    const fetched = await world.api.ask(PEOPLE.contact, { path: invitationLink });
    await change("DELETE", requestId, appointmentId);
    const told = async (email: string) =>
      (await mailsTo(world, email))
        .filter(({ subject, attachments }) => subject.includes(number) && attachments.length > 0)
        .map(({ attachments }) => eventOf(attachments[0]?.text ?? ""));
    for (const email of [PEOPLE.contact.email, PEOPLE.advocate.email]) {
      const events = await told(email);
      expect(events.toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1))).toMatchObject([
        { method: "REQUEST", sequence: "0", start: first.start },
        { method: "REQUEST", sequence: "1", start: second.start },
        { method: "CANCEL", sequence: "2", start: second.start },
      ]);
      expect(new Set(events.map(({ uid }) => uid)).size).toBe(1);
      expect(events[0]).toMatchObject({
        summary: expect.stringContaining(number),
        organizer: `mailto:${PEOPLE.advocate.email}`,
        attendees: [`mailto:${PEOPLE.contact.email}`],
      });
    }
    const spanish = (await mailsTo(world, PEOPLE.advocate.email)).slice(before);
    expect(spanish.every(({ subject }) => /cita/i.test(subject))).toBe(true);
    expect(fetched.headers.get("content-type")).toMatch(/^text\/calendar; charset=utf-8; method=REQUEST$/);
    expect(fetched.headers.get("content-disposition")).toMatch(/^attachment; filename="appointment-SR-/);
    expect(eventOf(fetched.text)).toMatchObject({ method: "REQUEST", sequence: "1", start: second.start });
    const after = await world.api.ask(PEOPLE.contact, { path: invitationLink });
    expect(eventOf(after.text)).toMatchObject({ method: "CANCEL", sequence: "2" });
    expect((await world.api.ask(PEOPLE.stranger, { path: invitationLink })).status).toBe(404);
  });

  test("of one whose booker was removed from the workspace neither go to that person nor say the name", async () => {
    const gone = { email: "gone@cust-t.example" };
    const workspace = { customerId: CUSTOMER, workspaceId: WORKSPACE };
    const { memberId } = await join(world.api, PEOPLE.admin, workspace, gone);
    const { requestId, number } = await withAdvocate(world, { sharedWith: [gone.email] });
    const { first, second } = await someSlot(requestId);
    const { appointmentId, invitationLink } = await booked(world, requestId, { start: first.start }, gone);
    const path = `customers/${CUSTOMER}/workspaces/${WORKSPACE}/members/${memberId}`;
    await done(world.api, PEOPLE.admin, { method: "DELETE", path });
    await change("PATCH", requestId, appointmentId, { start: second.start });
    await change("DELETE", requestId, appointmentId);
    const sequences = async (email: string) =>
      (await mailsTo(world, email))
        .filter(({ subject }) => subject.includes(number))
        .flatMap(({ attachments }) => attachments.map(({ text }) => eventOf(text)))
        .map(({ sequence, attendees }) => `${sequence}: ${attendees.length}`)
        .toSorted();
    expect(await sequences(gone.email)).toEqual(["0: 1"]);
    expect(await sequences(PEOPLE.advocate.email)).toEqual(["0: 1", "1: 0", "2: 0"]);
    const fetched = await world.api.ask(PEOPLE.contact, { path: invitationLink });
    expect(fetched.text).not.toContain(gone.email);
  });

  test("are in the trail with what was before and after", async () => {
    const { requestId } = await withAdvocate(world);
    const { first, second } = await someSlot(requestId);
    const { appointmentId } = await booked(world, requestId, { start: first.start });
    await change("PATCH", requestId, appointmentId, { start: second.start });
    await change("DELETE", requestId, appointmentId);
    const trail = await world.api.ask(PEOPLE.csam, {
      path: "customers/cust-t/auditEntries",
      query: { maxpagesize: "1000" },
    });
    const entries = trail
      .read(z.object({ value: z.array(z.looseObject({ action: z.string(), target: z.string() })) }))
      .value.filter(({ target }) => target.endsWith(appointmentId));
    expect(entries.toReversed()).toMatchObject([
      { action: "appointmentBooked", after: { start: first.start, status: "booked" } },
      { action: "appointmentMoved", before: { start: first.start }, after: { start: second.start } },
      { action: "appointmentCancelled", before: { status: "booked" }, after: { status: "cancelled" } },
    ]);
  });
});
