import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ConflictError } from "../../src/platform/errors.ts";
import { defineEndpoint, startEdge } from "./edge-fixture.ts";

const addThing = defineEndpoint(
  {
    name: "addThing",
    method: "POST",
    route: "things",
    tag: "Things",
    summary: "Adds a thing",
    access: { kind: "signedIn" },
    query: z.object({ title: z.string() }),
    versioned: false,
    repeatable: true,
    responses: { 204: { description: "Added" } },
  },
  async ({ query }) => {
    if (query.title === "taken") throw new ConflictError("TitleTaken", "There is one already.");
    return { status: 204 };
  },
);

const keyOf = (name: string) =>
  defineEndpoint(
    {
      name,
      method: "POST",
      route: `${name}/{id}`,
      tag: "Things",
      summary: "Tells by what its repeats are known",
      access: { kind: "signedIn" },
      params: z.object({ id: z.string() }),
      query: z.object({ order: z.string().optional() }),
      body: { kind: "bytes", contentTypes: ["*"], maxBytes: 100 },
      versioned: false,
      repeatable: true,
      responses: { 200: { description: "The key", schema: z.object({ key: z.string().nullable() }) } },
    },
    async ({ repeatKey }) => ({ status: 200, body: { key: repeatKey ?? null } }),
  );

const { call } = startEdge([addThing, keyOf("keys"), keyOf("others")]);
const ID = "0b5a3d1e-9c1f-4a77-8a55-0d9a2c1b7e11";
const FIRST_SENT = "Fri, 20 Nov 2026 12:00:00 GMT";
const add = (title: string, headers: Readonly<Record<string, string>> = {}) =>
  call(`POST things?title=${title}`, { headers });

test("a request with a repeatability id that succeeds is told that it was accepted, and no other", async () => {
  const headers = { "repeatability-request-id": ID, "repeatability-first-sent": FIRST_SENT };
  const resultOf = async (title: string, given: Readonly<Record<string, string>>) => {
    const answer = await add(title, given);
    return [answer.status, answer.headers.get("repeatability-result")];
  };
  expect(await resultOf("new", headers)).toEqual([204, "accepted"]);
  expect(await resultOf("new", { "repeatability-request-id": ID })).toEqual([204, "accepted"]);
  expect(await resultOf("new", {})).toEqual([204, null]);
  expect(await resultOf("taken", headers)).toEqual([409, null]);
});

describe("the time when a request was first sent is refused", () => {
  const refused = { error: { code: "InvalidHeaderValue", target: "Repeatability-First-Sent" } };

  test("without the id of the request", async () => {
    const answer = await add("new", { "repeatability-first-sent": FIRST_SENT });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject(refused);
  });

  test.each(["2026-11-20T12:00:00Z", "Thu, 20 Nov 2026 12:00:00 GMT", "Fri, 20 Nov 2026", "yesterday", ""])(
    "where it is no HTTP date: '%s'",
    async (sent) => {
      const headers = { "repeatability-request-id": ID, "repeatability-first-sent": sent };
      const answer = await add("new", headers);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject(refused);
    },
  );
});

test("a request is known for a repeat by its id, address and body together", async () => {
  const keyFor = async (path: string, body: string, id?: string) => {
    const headers: Record<string, string> = id === undefined ? {} : { "repeatability-request-id": id };
    const answer = await call(`POST ${path}`, {
      body,
      headers: { "content-type": "text/plain", ...headers },
    });
    return z.object({ key: z.string().nullable() }).parse(answer.json).key;
  };
  const first = await keyFor("keys/1", "a", ID);
  expect(first).not.toBeNull();
  expect(await keyFor("keys/1", "a", ID)).toBe(first);
  expect(await keyFor("keys/1", "a", ID.toUpperCase())).toBe(first);
  const others = await Promise.all([
    keyFor("keys/2", "a", ID),
    keyFor("others/1", "a", ID),
    keyFor("keys/1?order=1", "a", ID),
    keyFor("keys/1", "b", ID),
    keyFor("keys/1", "", ID),
    keyFor("keys/1", "a", ID.replace("0", "1")),
  ]);
  expect(new Set([first, ...others]).size).toBe(others.length + 1);
  expect(await keyFor("keys/1", "a")).toBeNull();
});
