import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type Member, memberIdOf, memberSchema, personIdOf } from "../../src/access/member.ts";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { withAgreement } from "../../src/agreements/customer.ts";
import { type Appointment, appointmentSchema, bookAppointment } from "../../src/support/appointment.ts";
import { appointmentMessages } from "../../src/support/appointment-messages.ts";
import { attendeesOf, customersPerson, stillInvited } from "../../src/support/appointment-people.ts";
import { requestIdOf, type SupportRequest } from "../../src/support/request.ts";
import { agreementEvent } from "../fakes/events.ts";
import { ADVOCATE, keyOf, requests, START_AT, slotAt } from "./booking-world.ts";

const [first] = requests;
if (first === undefined) throw new Error("there is no request");
const CREATOR = "person-0@cust.example";
const request: SupportRequest = {
  ...first,
  sharedWith: ["shared@cust.example"],
  groupId: "group-1",
  contacts: [{ name: "Tech", email: "tech@partner.example", addedAt: START_AT }],
};

function member(email: string, facts: Partial<Member> = {}): Member {
  const { customerId, workspaceId } = request;
  const memberId = memberIdOf(customerId, workspaceId, email);
  const base = {
    id: `member~${memberId}`,
    kind: "member",
    memberId,
    personId: personIdOf(customerId, email),
    roles: [],
    revision: 1,
  };
  const member = { ...base, customerId, workspaceId, email, language: "pl", status: "active" };
  return memberSchema.parse({ ...member, permissions: [], groupIds: [], namedBy: [], name: email, ...facts });
}

const directoryOf = (...members: readonly Member[]) => ({
  all: members,
  members: async (_: string, ids: readonly string[]) =>
    members.filter(({ memberId }) => ids.includes(memberId)).map((value) => ({ value, etag: "" })),
});
const directory = directoryOf(
  member(CREATOR),
  member("shared@cust.example"),
  member("grouped@cust.example", { groupIds: ["group-1"] }),
  member("else@cust.example", { groupIds: ["group-2"] }),
  member("gone@cust.example", { groupIds: ["group-1"], status: "removed" }),
);

const BOSS = "boss@cust.example";
const customer = z
  .object({ data: agreementEventDataSchema })
  .transform(({ data }) => withAgreement(undefined, { time: START_AT, source: "/contracts", id: "a", data }))
  .parse(JSON.parse(agreementEvent({ customerId: request.customerId })));

const accessTo = (found: typeof directory) => ({
  directory: {
    ...found,
    ofPerson: async (_: string, personId: string) => ({
      members: found.all.filter((each) => each.personId === personId),
      assignments: [],
    }),
  },
  customers: { read: async () => ({ value: customer, etag: "" }) },
});

const appointment = (): Appointment => {
  const advocate = { email: ADVOCATE, name: "Alma", language: "es" as const, timeZone: "Europe/Madrid" };
  const person = (email: string) => ({ email, name: null, language: "en" as const });
  const attendees = [person("shared@cust.example"), person("tech@partner.example")];
  const booking = { appointmentId: "a", timeZone: "UTC", advocate, bookedBy: person(CREATOR), attendees };
  const doing = { customerId: keyOf(0).customerId, actor: { subject: "s" }, at: START_AT, key: "k" };
  const slot = { start: slotAt(0), end: slotAt(1) };
  const { writes = [] } = bookAppointment(doing, { value: request, etag: "" }, booking, slot);
  const [written] = writes;
  return appointmentSchema.parse(written?.document);
};

describe("an invitation names", () => {
  test("members who are told of the request anyway, and its contacts, in their languages", async () => {
    const emails = ["shared@cust.example", "grouped@cust.example", CREATOR, "tech@partner.example"];
    const found = await attendeesOf(directory, request, emails);
    expect(found.map(({ email, language }) => [email, language])).toEqual([
      ["shared@cust.example", "pl"],
      ["grouped@cust.example", "pl"],
      [CREATOR, "pl"],
      ["tech@partner.example", "en"],
    ]);
  });

  test.each(["else@cust.example", "gone@cust.example", "stranger@elsewhere.example", ADVOCATE])(
    "not %s",
    async (email) => {
      await expect(attendeesOf(directory, request, [email])).rejects.toMatchObject({
        code: "UnknownAttendee",
      });
    },
  );

  test("the primary contact where the advocate books and names nobody, as long as it is a member", async () => {
    expect(await customersPerson(directory, request)).toMatchObject([{ email: CREATOR }]);
    expect(await customersPerson(directoryOf(), request)).toEqual([]);
  });

  test("nobody any more who has left the workspace since", async () => {
    const left = directoryOf(member("shared@cust.example", { status: "removed" }));
    const invited = await stillInvited(accessTo(left), request, appointment(), START_AT);
    expect(invited.attendees.map(({ email }) => email)).toEqual(["tech@partner.example"]);
  });

  const booked = (email: string) => ({
    ...appointment(),
    attendees: [],
    bookedBy: { email, name: null, language: "en" as const },
  });
  const gone = { status: "removed" as const };
  test.each([
    ["is the request's creator", CREATOR, directory, true],
    [
      "administers the workspace",
      BOSS,
      directoryOf(member(BOSS, { roles: ["workspaceAdministrator"] })),
      true,
    ],
    ["is its advocate", ADVOCATE, directoryOf(), true],
    ["was removed", CREATOR, directoryOf(member(CREATOR, gone)), false],
    [
      "was a removed administrator",
      BOSS,
      directoryOf(member(BOSS, { ...gone, roles: ["workspaceAdministrator"] })),
      false,
    ],
    ["does not see the request", "else@cust.example", directory, false],
  ])(
    "who booked it where that person %s: as long as the request is seen",
    async (_, email, known, isInvited) => {
      const found = await stillInvited(accessTo(known), request, booked(email), START_AT);
      expect(found.isBookerInvited).toBe(isInvited);
    },
  );
});

describe("of an appointment is told", () => {
  const told = (facts: Partial<SupportRequest> = {}) =>
    appointmentMessages({ ...request, ...facts }, appointment(), "moved").map(
      ({ to, content, language }) => ({
        email: to.email,
        language,
        leadsTo: content.template === "supportRequestAppointment" ? content.requestId : undefined,
        timeZone: content.template === "supportRequestAppointment" ? content.timeZone : undefined,
      }),
    );
  const requestId = requestIdOf(request);

  test("everybody who takes part, each in the own zone and language, and with a link only who sees the request", () => {
    expect(told()).toEqual([
      { email: CREATOR, language: "en", leadsTo: requestId, timeZone: "UTC" },
      { email: "shared@cust.example", language: "en", leadsTo: requestId, timeZone: "UTC" },
      { email: "tech@partner.example", language: "en", leadsTo: null, timeZone: "UTC" },
      { email: ADVOCATE, language: "es", leadsTo: requestId, timeZone: "Europe/Madrid" },
    ]);
    const others = told({ advocate: { name: null, email: "other@provider.example" } });
    expect(others.find(({ email }) => email === ADVOCATE)?.leadsTo).toBeNull();
  });

  test("nobody who booked it and left since, and the invitation of the others does not name that person", () => {
    const left = { ...appointment(), isBookerInvited: false };
    const messages = appointmentMessages(request, left, "moved");
    expect(messages.map(({ to }) => to.email)).not.toContain(CREATOR);
    expect(JSON.stringify(messages.map(({ content }) => content))).not.toContain(CREATOR);
    expect(messages).toHaveLength(3);
  });

  test("the creator alone where the request became incentive-related", () => {
    expect(told({ isIncentiveRelated: true }).map(({ email }) => email)).toEqual([CREATOR]);
  });
});
