import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { NOTE_LENGTH_MAX } from "../../src/support/note.ts";
import { CUSTOMER } from "../fakes/events.ts";
import { done } from "./support/access-steps.ts";
import { readAll } from "./support/pages.ts";
import { PEOPLE, type PersonName, type SupportWorld, startSupportWorld } from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const noteSchema = z.object({
  noteId: z.string(),
  text: z.string(),
  createdAt: z.string(),
  createdBy: z.object({ name: z.string().nullable(), email: z.string() }),
  link: z.string(),
});

const pathOf = (requestId: string, ...rest: readonly string[]): string =>
  ["supportRequests", encodeURIComponent(requestId), "notes", ...rest].join("/");
const add = (who: PersonName, requestId: string, text: unknown, headers = {}) =>
  world.api.ask(PEOPLE[who], { method: "POST", path: pathOf(requestId), json: { text }, headers });
const textsOf = async (requestId: string, query: Readonly<Record<string, string>> = {}) =>
  (await readAll(world.api, PEOPLE.contact, { path: pathOf(requestId), query }, noteSchema)).map(
    ({ text }) => text,
  );
const detailsOf = async (requestId: string) =>
  (await done(world.api, PEOPLE.contact, { path: `supportRequests/${encodeURIComponent(requestId)}` })).read(
    z.looseObject({ notes: z.int(), changedAt: z.string() }),
  );
const foundBy = async (search: string): Promise<readonly string[]> =>
  (await done(world.api, PEOPLE.contact, { path: "supportRequests", query: { search } }))
    .read(z.object({ value: z.array(z.looseObject({ requestId: z.string() })) }))
    .value.map(({ requestId }) => requestId);

describe("a note", () => {
  test("is listed newest first, a page at a time, with who wrote it, and can be got by itself", async () => {
    const { requestId } = await world.open();
    for (const text of ["first", "second", "third"])
      expect((await add("contact", requestId, text)).status).toBe(201);
    expect(await textsOf(requestId)).toEqual(["third", "second", "first"]);
    expect(await textsOf(requestId, { maxpagesize: "1" })).toEqual(["third", "second", "first"]);
    expect((await detailsOf(requestId)).notes).toBe(3);
    const [note] = await readAll(world.api, PEOPLE.contact, { path: pathOf(requestId) }, noteSchema);
    expect(note?.createdBy.email).toBe(PEOPLE.contact.email);
    const alone = await done(world.api, PEOPLE.contact, { path: note?.link ?? "" });
    expect(alone.read(noteSchema)).toEqual(note);
    const elsewhere = await world.open();
    expect(
      (await world.api.ask(PEOPLE.contact, { path: pathOf(elsewhere.requestId, note?.noteId ?? "") })).status,
    ).toBe(404);
  });

  test("is kept as it was typed, but for its line ends and what is around it", async () => {
    const { requestId } = await world.open();
    await add("contact", requestId, "  <script>alert(1)</script>\r\n'; DROP TABLE c; --  ");
    expect(await textsOf(requestId)).toEqual(["<script>alert(1)</script>\n'; DROP TABLE c; --"]);
  });

  test("makes the request found by its words", async () => {
    const { requestId } = await world.open();
    expect(await foundBy("zazolc")).toEqual([]);
    await add("contact", requestId, "Zażółć gęślą jaźń");
    expect(await foundBy("ZAZOLC jazn")).toEqual([requestId]);
  });

  test("asked for twice with the same repeatability id is added once", async () => {
    const { requestId } = await world.open();
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f0002" };
    const [first, second] = await Promise.all([
      add("contact", requestId, "once", headers),
      add("contact", requestId, "once", headers),
    ]);
    const third = await add("contact", requestId, "once", headers);
    expect([first.status, second.status, third.status]).toEqual([201, 201, 201]);
    expect([second.text, third.text]).toEqual([first.text, first.text]);
    expect(await textsOf(requestId)).toEqual(["once"]);
    expect((await detailsOf(requestId)).notes).toBe(1);
  });

  test("and others added at the same moment are all kept and counted", async () => {
    const { requestId } = await world.open();
    const texts = Array.from({ length: 6 }, (_, index) => `note ${index}`);
    const answers = await Promise.all(texts.map((text) => add("contact", requestId, text)));
    expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 201));
    expect((await textsOf(requestId)).toSorted()).toEqual(texts);
    expect((await detailsOf(requestId)).notes).toBe(texts.length);
  });

  test.each([
    ["nothing", ""],
    ["nothing but spaces", " \n\t "],
    ["too much", "x".repeat(NOTE_LENGTH_MAX + 1)],
    ["a control character", "a\u0000b"],
    ["half a character", "a\ud800b"],
    ["no text", 7],
  ])("of %s is refused", async (_, text) => {
    const { requestId } = await world.open();
    const { status, text: answer } = await add("contact", requestId, text);
    expect(status, answer).toBe(400);
    expect(answer).toContain("text");
  });

  test("is added to a closed request too", async () => {
    const { requestId } = await world.open();
    const path = `supportRequests/${encodeURIComponent(requestId)}`;
    await done(world.api, PEOPLE.contact, { method: "PATCH", path, json: { status: "closed" } });
    expect((await add("contact", requestId, "It was the disk.")).status).toBe(201);
  });
});

describe("notes of a request", () => {
  /** What everybody is answered who reads the notes, and who adds one. */
  const answers = async (requestId: string) => {
    const found = new Map<string, readonly [number, number]>();
    for (const who of Object.keys(PEOPLE) as PersonName[]) {
      const read = await world.api.ask(PEOPLE[who], { path: pathOf(requestId) });
      const added = await add(who, requestId, `by ${who}`);
      found.set(who, [read.status, added.status]);
    }
    return Object.fromEntries(found);
  };

  test("are read by whoever sees it, and added by whoever manages or works on it", async () => {
    const { requestId } = await world.open();
    expect(await answers(requestId)).toEqual({
      admin: [200, 201],
      contact: [200, 201],
      otherContact: [404, 404],
      member: [404, 404],
      groupMember: [404, 404],
      viewsAll: [200, 403],
      elsewhere: [404, 404],
      customerAdministrator: [200, 201],
      requestAdmin: [200, 201],
      csam: [200, 403],
      advocate: [404, 404],
      otherAdvocate: [404, 404],
      incidentManager: [200, 403],
      stranger: [404, 404],
    });
  });

  test("are its creator's alone where it is incentive-related, the audit trail included", async () => {
    const { requestId } = await world.open({ isIncentiveRelated: true });
    const found = Object.entries(await answers(requestId)).filter(([, [read]]) => read !== 404);
    expect(found).toEqual([["contact", [200, 201]]]);
    const trail = await done(world.api, PEOPLE.customerAdministrator, {
      path: `customers/${CUSTOMER}/auditEntries`,
      query: { maxpagesize: "200" },
    });
    expect(trail.text).not.toContain(requestId);
    expect(trail.text).toContain("supportRequestNoteAdded");
  });
});
