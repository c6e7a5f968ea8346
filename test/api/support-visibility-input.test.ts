import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { API_VERSION } from "../../src/platform/api-version.ts";
import { CUSTOMER } from "../fakes/events.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { askRaw } from "./support/raw-request.ts";
import {
  PEOPLE,
  type PersonName,
  SOME_REQUEST,
  type SupportWorld,
  startSupportWorld,
  WORKSPACE,
} from "./support/support-world.ts";

const SETUP_LIMIT_MS = 60_000;

let world: SupportWorld;
let path: string;
let secrets: readonly string[];

beforeAll(async () => {
  world = await startSupportWorld();
  path = `supportRequests/${encodeURIComponent((await world.open()).requestId)}`;
  const { SIGNING_KEY = "", COSMOS_KEY = "" } = world.api.stack.settings;
  secrets = [SIGNING_KEY, COSMOS_KEY];
}, SETUP_LIMIT_MS);

afterAll(() => world.api.stack.stop());

/** The status and the code of a refusal. */
async function refusal(method: string, to: string, json?: unknown, who: PersonName = "contact") {
  const answer = await askRaw(world.api.stack.apiUrl, {
    method,
    target: `/api/${to}${to.includes("?") ? "&" : "?"}api-version=${API_VERSION}`,
    headers: {
      authorization: `Bearer ${await world.api.tokenFor(PEOPLE[who])}`,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(json === undefined ? {} : { body: [JSON.stringify(json)] }),
  });
  return `${answer.status} ${expectRefusal(answer, `${method} ${to}`, secrets)}`;
}

describe("a list of requests", () => {
  test.each([
    ["scope=all", "InvalidQueryParameterValue"],
    ["scope=mine&scope=organization", "InvalidQueryParameterValue"],
    ["search=", "InvalidQueryParameterValue"],
    [`search=${"x".repeat(201)}`, "InvalidQueryParameterValue"],
    ["count=yes", "InvalidQueryParameterValue"],
    ["customer=a%2Fb", "InvalidQueryParameterValue"],
    ["filter=words%20eq%20'x'", "InvalidFilter"],
    ["filter=isIncentiveRelated%20eq%20true", "InvalidFilter"],
    ["filter=sharedWith%20eq%20'x'", "InvalidFilter"],
    ["filter=createdAt%20ge%20'x'", "InvalidFilter"],
    ["orderby=createdBy", "InvalidOrderBy"],
    ["orderby=title,number", "InvalidOrderBy"],
    ["cursor=v1.e30.AAAA", "InvalidCursor"],
    ["top=0", "InvalidQueryParameterValue"],
    ["visible=true", "UnsupportedQueryParameter"],
    ["vMe=zoe%40cust-t.example", "UnsupportedQueryParameter"],
  ])("with %s is refused with %s", async (query, code) => {
    expect(await refusal("GET", `supportRequests?${query}`)).toBe(`400 ${code}`);
  });

  test.each([
    "' OR true --",
    "') OR (c.isIncentiveRelated = true",
    "@vMe",
    "%",
    "\u0000",
    "\ud800",
    "x\r\ny",
    "((((",
    "*",
  ])("searched or filtered by %j finds what has it and nothing else", async (text) => {
    for (const query of [{ search: text }, { filter: `title eq '${text.replaceAll("'", "''")}'` }]) {
      const answer = await world.api.ask(PEOPLE.stranger, { path: "supportRequests", query });
      expect([200, 400]).toContain(answer.status);
      if (answer.status === 200) expect(JSON.parse(answer.text)).toEqual({ value: [] });
    }
  });
});

describe("a request is opened by none", () => {
  test.each([
    [{ title: "" }, "InvalidRequestBody"],
    [{ title: "x".repeat(257) }, "InvalidRequestBody"],
    [{ title: "two\nlines" }, "InvalidRequestBody"],
    [{ title: "bell \u0007" }, "InvalidRequestBody"],
    [{ description: "x".repeat(20_001) }, "InvalidRequestBody"],
    [{ description: "half \ud800 a letter" }, "InvalidRequestBody"],
    [{ severity: "A" }, "InvalidRequestBody"],
    [{ problemType: "weather" }, "InvalidRequestBody"],
    [{ country: "Spain" }, "InvalidRequestBody"],
    [{ language: "de" }, "InvalidRequestBody"],
    [{ primaryContact: { email: "nobody" } }, "InvalidRequestBody"],
    [{ primaryContact: null }, "InvalidRequestBody"],
    [{ sharedWith: Array.from({ length: 51 }, (_, n) => `p${n}@cust-t.example`) }, "InvalidRequestBody"],
    [{ sharedWith: ["somebody@elsewhere.example"] }, "NotAMember"],
    [{ groupId: "no-group" }, "UnknownGroup"],
    [{ agreementId: "agr-nobody-has" }, "UnknownAgreement"],
    [{ isIncentiveRelated: "yes" }, "InvalidRequestBody"],
    [{ isIncentiveRelated: true, sharedWith: ["zoe@cust-t.example"] }, "IncentiveNotShared"],
    [{ createdBy: "admin@cust-t.example" }, "InvalidRequestBody"],
    [{ number: "SR-1" }, "InvalidRequestBody"],
    [{ status: "closed" }, "InvalidRequestBody"],
    [{ advocate: { email: "zoe@cust-t.example" } }, "InvalidRequestBody"],
  ])("with %j", async (facts, code) => {
    const json = { ...SOME_REQUEST, ...facts };
    expect(await refusal("POST", "supportRequests", json)).toBe(`400 ${code}`);
  });

  test("for another customer or workspace than one's own", async () => {
    for (const facts of [{ customerId: "cust-u" }, { workspaceId: "ws-none" }, { customerId: "CUST-T" }])
      expect(await refusal("POST", "supportRequests", { ...SOME_REQUEST, ...facts })).toBe(
        "404 ResourceNotFound",
      );
  });
});

test.each([
  "none",
  "~",
  `${CUSTOMER}~`,
  "~SR-1",
  `${CUSTOMER}~SR-1~SR-1`,
  `${CUSTOMER}~-`,
  `${CUSTOMER}~${"x".repeat(65)}`,
  `${CUSTOMER}~\u0000`,
  `${CUSTOMER}~../${WORKSPACE}`,
  `request~SR-1`,
  "x".repeat(201),
])("the id %j names no request, whatever is asked of it", async (id) => {
  const of = `supportRequests/${encodeURIComponent(id)}`;
  for (const part of ["", "/notes", "/activity", "/communications", "/shares", "/contacts"])
    expect(await refusal("GET", `${of}${part}`, undefined, "csam")).toBe("404 ResourceNotFound");
  expect(await refusal("PATCH", of, { status: "closed" }, "csam")).toBe("404 ResourceNotFound");
});

test("a change says what is wrong with it", async () => {
  const attempts = [
    ["PATCH", "", { status: "solved" }, "400 InvalidRequestBody"],
    ["PATCH", "", {}, "400 InvalidRequestBody"],
    ["PATCH", "", { status: "closed", severity: "minimal" }, "400 InvalidRequestBody"],
    ["POST", "/notes", { text: " \n " }, "400 InvalidRequestBody"],
    ["POST", "/notes", { text: "x".repeat(10_001) }, "400 InvalidRequestBody"],
    ["POST", "/notes", { newNote: "x" }, "400 InvalidRequestBody"],
    ["POST", "/shares", { email: "zoe@cust-t.example, adam@cust-t.example" }, "400 InvalidRequestBody"],
    ["PUT", "/shares/group", { groupId: "0".repeat(16) }, "400 UnknownGroup"],
    ["DELETE", `/shares/${"0".repeat(22)}`, undefined, "404 ResourceNotFound"],
    ["DELETE", "/shares/x", undefined, "404 ResourceNotFound"],
    ["POST", "/contacts", { email: "jan@narew.example" }, "403 NotAllowedForRequest"],
    ["PUT", "", { status: "closed" }, "405 MethodNotAllowed"],
    ["DELETE", "", undefined, "405 MethodNotAllowed"],
  ] as const;
  for (const [method, part, json, expected] of attempts)
    expect([method, part, await refusal(method, `${path}${part}`, json)]).toEqual([method, part, expected]);
});
