import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CUSTOMER } from "../fakes/events.ts";
import { done } from "./support/access-steps.ts";
import type { Ask } from "./support/running-api.ts";
import { assignAdvocate, mailsAbout } from "./support/support-mail.ts";
import {
  type OpenedRequest,
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
} from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const contactSchema = z.strictObject({
  contactId: z.string(),
  name: z.string().nullable(),
  email: z.string(),
  addedAt: z.string(),
});
const pathTo = ({ requestId }: OpenedRequest, rest = ""): string =>
  `supportRequests/${encodeURIComponent(requestId)}${rest}`;
const ask = (who: PersonName, request: Ask) => world.api.ask(PEOPLE[who], request);
const add = (who: PersonName, request: OpenedRequest, json: unknown, headers = {}) =>
  ask(who, { method: "POST", path: pathTo(request, "/contacts"), json, headers });
const remove = (who: PersonName, request: OpenedRequest, contactId: string, headers = {}) =>
  ask(who, { method: "DELETE", path: pathTo(request, `/contacts/${contactId}`), headers });
const contactsOf = async (who: PersonName, request: OpenedRequest) =>
  (await done(world.api, PEOPLE[who], { path: pathTo(request, "/contacts") })).read(
    z.object({ value: z.array(contactSchema) }),
  ).value;
const change = (who: PersonName, request: OpenedRequest, json: unknown) =>
  ask(who, { method: "PATCH", path: pathTo(request), json });
const subjectsTo = async (request: OpenedRequest, who: PersonName) =>
  (await mailsAbout(world, request, PEOPLE[who])).map(({ subject }) => subject);

async function openWithAdvocate(facts = {}): Promise<OpenedRequest> {
  const request = await world.open(facts);
  await assignAdvocate(world, request, PEOPLE.advocate);
  return request;
}

describe("contacts", () => {
  test("are told so in their language, and see no more for it", async () => {
    const request = await openWithAdvocate({ language: "it" });
    const added = await add("advocate", request, { name: "Sara", email: PEOPLE.stranger.email });
    expect(added.status, added.text).toBe(201);
    expect(await contactsOf("contact", request)).toEqual([added.read(contactSchema)]);
    expect((await ask("stranger", { path: pathTo(request) })).status).toBe(404);
    const [mail] = await mailsAbout(world, request, PEOPLE.stranger);
    expect(mail?.text).toContain("Buongiorno Sara");
    expect(mail?.text).toContain("Essere un contatto");
    expect(`${mail?.text}${mail?.html}`).not.toMatch(/http|href|0x80070020/);
    // Known to the directory, whose language counts.
    expect((await add("advocate", request, { email: PEOPLE.member.email })).status).toBe(201);
    expect((await ask("member", { path: pathTo(request) })).status).toBe(404);
    expect(await subjectsTo(request, "member")).toEqual([expect.stringContaining("Solicitud de soporte")]);
  });

  test("keep their id, are added once, and leave the trail that says before and after", async () => {
    const request = await openWithAdvocate();
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f2001" };
    const json = { email: "ada@elsewhere.example" };
    const first = await add("advocate", request, json, headers);
    const repeated = await add("advocate", request, json, headers);
    const again = await add("advocate", request, { email: "ADA@elsewhere.example", name: "Other" });
    expect([repeated.text, again.text]).toEqual([first.text, first.text]);
    expect(await mailsAbout(world, request, { email: json.email })).toHaveLength(1);
    const { contactId } = first.read(contactSchema);
    const etag = (await ask("advocate", { path: pathTo(request) })).headers.get("etag") ?? "";
    expect((await remove("advocate", request, contactId, { "if-match": '"other"' })).status).toBe(412);
    expect((await remove("advocate", request, contactId, { "if-match": etag })).status).toBe(204);
    expect((await remove("advocate", request, contactId)).status).toBe(404);
    expect((await add("advocate", request, json)).read(contactSchema).contactId).toBe(contactId);
    const trail = await done(world.api, PEOPLE.csam, {
      path: `customers/${CUSTOMER}/auditEntries`,
      query: { maxpagesize: "1000" },
    });
    const entries = trail
      .read(z.object({ value: z.array(z.looseObject({ action: z.string(), target: z.string() })) }))
      .value.filter(({ target }) => target.endsWith(contactId));
    expect(entries.map(({ action }) => action).toSorted()).toEqual([
      "supportRequestContactAdded",
      "supportRequestContactAdded",
      "supportRequestContactRemoved",
    ]);
    const removed = entries.find(({ action }) => action === "supportRequestContactRemoved");
    expect(removed).toMatchObject({
      before: { contacts: [{ email: json.email }] },
      after: { contacts: [] },
    });
  });

  test("are at most 50", async () => {
    const request = await openWithAdvocate();
    for (let index = 0; index < 50; index++) {
      const { status } = await add("advocate", request, { email: `c${index}@elsewhere.example` });
      expect(status).toBe(201);
    }
    expect((await add("advocate", request, { email: "more@elsewhere.example" })).text).toContain(
      "TooManyContacts",
    );
  });

  /** [list, add, remove] */
  const ALLOWED = [200, 201, 204];
  const REFUSED = [200, 403, 403];
  const ABSENT = [404, 404, 404];
  const expected: Readonly<Record<PersonName, readonly number[]>> = {
    advocate: ALLOWED,
    admin: REFUSED,
    contact: REFUSED,
    customerAdministrator: REFUSED,
    // It is shared with this one.
    member: REFUSED,
    viewsAll: REFUSED,
    requestAdmin: REFUSED,
    csam: REFUSED,
    incidentManager: REFUSED,
    otherContact: ABSENT,
    groupMember: ABSENT,
    elsewhere: ABSENT,
    otherAdvocate: ABSENT,
    stranger: ABSENT,
  };
  test.each(Object.keys(expected) as PersonName[])("are the assigned advocate's to add: %s", async (who) => {
    const request = await openWithAdvocate({ sharedWith: [PEOPLE.member.email] });
    const known = await add("advocate", request, { email: "known@elsewhere.example" });
    expect([
      (await ask(who, { path: pathTo(request, "/contacts") })).status,
      (await add(who, request, { email: "new@elsewhere.example" })).status,
      (await remove(who, request, known.read(contactSchema).contactId)).status,
    ]).toEqual(expected[who]);
  });

  test("of an incentive-related request are nobody's to add", async () => {
    const request = await openWithAdvocate({ isIncentiveRelated: true });
    expect((await add("advocate", request, { email: PEOPLE.stranger.email })).status).toBe(404);
    expect((await add("contact", request, { email: PEOPLE.stranger.email })).status).toBe(403);
    expect(await subjectsTo(request, "stranger")).toEqual([]);
  });
});

describe("people of a request that is opened", () => {
  test("are told of it: the primary contact and whom it is shared with, each once, and no member of its group", async () => {
    const request = await world.open({
      primaryContact: { name: "Adam", email: PEOPLE.otherContact.email },
      sharedWith: [PEOPLE.member.email, PEOPLE.otherContact.email, PEOPLE.member.email],
      groupId: world.groupId,
    });
    const [named, ...more] = await mailsAbout(world, request, PEOPLE.otherContact);
    expect(more).toEqual([]);
    expect(named?.text).toContain("contacto principal");
    expect(await subjectsTo(request, "member")).toHaveLength(1);
    for (const who of ["groupMember", "contact", "admin"] as const)
      expect(await subjectsTo(request, who), who).toEqual([]);
  });

  test("are not told where they are no members, or nobody else may know of it", async () => {
    const outside = { primaryContact: { email: PEOPLE.stranger.email } };
    expect(await subjectsTo(await world.open(outside), "stranger")).toEqual([]);
    const named = { primaryContact: { email: PEOPLE.otherContact.email } };
    const hidden = await world.open({ ...named, isIncentiveRelated: true });
    expect(await subjectsTo(hidden, "otherContact")).toEqual([]);
    expect((await change("contact", hidden, { status: "closed" })).status).toBe(200);
    for (const who of ["otherContact", "contact"] as const) expect(await subjectsTo(hidden, who)).toEqual([]);
  });
});

describe("a change of the status", () => {
  test("is told to the creator and the primary contact, and not to who made it", async () => {
    const request = await openWithAdvocate({ primaryContact: { email: PEOPLE.otherContact.email } });
    const subjects = async () => [
      (await subjectsTo(request, "contact")).length,
      (await subjectsTo(request, "otherContact")).length - 1,
      (await subjectsTo(request, "advocate")).length,
    ];
    await change("advocate", request, { status: "attentionNeeded" });
    expect(await subjects()).toEqual([1, 1, 0]);
    await change("advocate", request, { status: "attentionNeeded" });
    await change("contact", request, { status: "open" });
    expect(await subjects()).toEqual([1, 1, 0]);
    await change("contact", request, { status: "closed" });
    expect(await subjects()).toEqual([1, 2, 0]);
    await change("otherContact", request, { status: "open", reason: "It came back." });
    await change("requestAdmin", request, { status: "closed" });
    expect(await subjects()).toEqual([2, 3, 0]);
    const [waits, closed] = await mailsAbout(world, request, PEOPLE.contact);
    expect(waits?.subject).toContain("necesita su atención");
    expect(waits?.text).toContain("advocate@provider.example");
    expect(closed?.subject).toContain("está cerrada");
  });
});
