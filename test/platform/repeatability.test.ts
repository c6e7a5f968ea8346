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

const { call } = startEdge([addThing]);
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
