import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { API_VERSION } from "../../src/platform/api-version.ts";
import { seal } from "../../src/platform/signed-token.ts";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import type { Answer } from "./support/answer.ts";
import { expectHarmless, expectRefusal } from "./support/expect-refusal.ts";
import { askRaw, type RawRequest } from "./support/raw-request.ts";
import { ask, type RunningApi, startApi, UPSTREAM } from "./support/running-api.ts";
import { listSchema, postedSchema, rowSchema } from "./support/shapes.ts";

const ADMIN = { email: "admin@cust-t.example" };
const VERSION = `api-version=${API_VERSION}`;
const CUSTOMER_PATH = `/api/customers/${CUSTOMER}`;
const ROWS = `customers/${CUSTOMER}/entitlements/ent-adv/rows`;
const EVENTS_BYTES_MAX = 4 * 1024 * 1024;
const HOUR_MS = 3_600_000;

let api: RunningApi;
let secrets: readonly string[];

beforeAll(async () => {
  api = await startApi();
  await api.send([
    agreementEvent(),
    agreementEvent(
      { customerId: "cust-u", agreementId: "agr-u", servicesAdmin: ADMIN },
      { id: "activated-u" },
    ),
    ...Array.from({ length: 12 }, (_, index) => deliveryEvent(`d-${index}`)),
    ...Array.from({ length: 3 }, (_, index) =>
      deliveryEvent(`u-${index}`, { customerId: "cust-u", agreementId: "agr-u" }),
    ),
  ]);
  const { SIGNING_KEY = "", COSMOS_KEY = "" } = api.stack.settings;
  secrets = [SIGNING_KEY, COSMOS_KEY];
});

afterAll(() => api.stack.stop());

async function raw(request: RawRequest, caller = ADMIN): Promise<Answer> {
  const authorization = `Bearer ${await api.tokenFor(caller)}`;
  return askRaw(api.stack.apiUrl, { ...request, headers: { authorization, ...request.headers } });
}

async function refusalOf(request: RawRequest, caller = ADMIN): Promise<string> {
  const answer = await raw(request, caller);
  return `${answer.status} ${expectRefusal(answer, JSON.stringify(request).slice(0, 300), secrets)}`;
}

const refusedQuery = (query: string, path = ROWS): Promise<string> =>
  refusalOf({ target: `/api/${path}?${VERSION}&${query}` });

describe("the version of the API", () => {
  test.each([
    ["", "MissingApiVersionParameter"],
    ["?api-version=", "MissingApiVersionParameter"],
    ["?api-version=1999-01-01", "UnsupportedApiVersionValue"],
    ["?api-version=latest", "UnsupportedApiVersionValue"],
    [`?${VERSION}&${VERSION}`, "UnsupportedApiVersionValue"],
    [`?API-VERSION=${API_VERSION}`, "MissingApiVersionParameter"],
  ])("'%s' is refused with %s", async (query, code) => {
    expect(await refusalOf({ target: `/api/me${query}` })).toBe(`400 ${code}`);
  });
});

describe("query parameters", () => {
  test.each([
    ["surprise=1", "UnsupportedQueryParameter"],
    ["$filter=quantity%20eq%201", "UnsupportedQueryParameter"],
    ["__proto__=1", "UnsupportedQueryParameter"],
    ["constructor=1", "UnsupportedQueryParameter"],
    ["top=1&top=2", "InvalidQueryParameterValue"],
    ["top=0", "InvalidQueryParameterValue"],
    ["top=1e3", "InvalidQueryParameterValue"],
    ["maxpagesize=1001", "InvalidQueryParameterValue"],
    ["maxpagesize=%D9%A1", "InvalidQueryParameterValue"],
    ["asOf=yesterday", "InvalidQueryParameterValue"],
    ["asOf=2026-02-30T00:00:00Z", "InvalidQueryParameterValue"],
    ["asOf=2026-03-01T00:00:00", "InvalidQueryParameterValue"],
    ["asOf=%2B275760-09-13T00:00:00Z", "InvalidQueryParameterValue"],
    ["workspaces=", "InvalidQueryParameterValue"],
    ["workspaces=a,a", "InvalidQueryParameterValue"],
    ["workspaces=a%2Fb", "InvalidQueryParameterValue"],
    [
      `workspaces=${Array.from({ length: 101 }, (_, index) => `w${index}`).join(",")}`,
      "InvalidQueryParameterValue",
    ],
    ["filter=", "InvalidFilter"],
    ["filter=quantity", "InvalidFilter"],
    ["filter=quantity%20eq", "InvalidFilter"],
    ["filter=password%20eq%20'x'", "InvalidFilter"],
    ["filter=quantity%20eq%20'x'", "InvalidFilter"],
    ["filter=title%20eq%20'%20OR%201=1%20--", "InvalidFilter"],
    [`filter=${"(".repeat(200)}quantity%20eq%201${")".repeat(200)}`, "InvalidFilter"],
    [`filter=title%20eq%20'${"x".repeat(1_001)}'`, "InvalidFilter"],
    ["orderby=", "InvalidOrderBy"],
    ["orderby=packageId", "InvalidOrderBy"],
    ["orderby=quantity%20sideways", "InvalidOrderBy"],
    ["orderby=quantity,deliveredAt", "InvalidOrderBy"],
  ])("%s is refused with %s", async (query, code) => {
    expect(await refusedQuery(query)).toBe(`400 ${code}`);
  });

  test("a filter that looks like SQL is a text and nothing else", async () => {
    const text = encodeURIComponent("title eq 'x'' OR c.quantity > 0 --'");
    const answer = await raw({ target: `/api/${ROWS}?${VERSION}&filter=${text}` });
    expect(answer.read(listSchema(rowSchema)).value).toEqual([]);
  });
});

describe("cursors", () => {
  const cursorOf = async (path: string): Promise<string> => {
    const answer = await api.ask(ADMIN, { path, query: { maxpagesize: "1" } });
    const { nextLink = "" } = answer.read(listSchema(rowSchema.partial()));
    return new URL(nextLink).searchParams.get("cursor") ?? "";
  };

  test.each([
    ["made up", () => "v1.e30.AAAA"],
    ["empty", () => ""],
    ["cut", (cursor: string) => cursor.slice(0, -3)],
    ["lengthened", (cursor: string) => `${cursor}A`],
    ["with another signature", (cursor: string) => cursor.replace(/\.[^.]*$/, `.${"A".repeat(43)}`)],
    ["far too long", (cursor: string) => cursor + "A".repeat(2_100)],
  ])("one that is %s is refused", async (_, change) => {
    const cursor = encodeURIComponent(change(await cursorOf(ROWS)));
    expect(await refusedQuery(`cursor=${cursor}`)).toMatch(/^400 Invalid(Cursor|QueryParameterValue)$/);
  });

  test("one that has expired, or was sealed for something else, is refused", async () => {
    const key = Buffer.from(api.stack.settings["SIGNING_KEY"] ?? "", "base64");
    const expiresAt = new Date(Date.now() - HOUR_MS);
    const payload = { scope: "x".repeat(22), after: { key: "x", id: "x" } };
    const expired = seal(payload, "cursor:listEntitlementRows", key, { expiresAt });
    const foreign = seal(payload, "receipt", key);
    for (const cursor of [expired, foreign])
      expect(await refusedQuery(`cursor=${cursor}`)).toBe("400 InvalidCursor");
  });

  test("one of another list, filter, order or customer is refused", async () => {
    const cursor = await cursorOf(ROWS);
    const others = [
      [`cursor=${cursor}`, `customers/${CUSTOMER}/entitlements/ent-prs/rows`],
      [`cursor=${cursor}`, "customers/cust-u/entitlements/ent-adv/rows"],
      [`cursor=${cursor}`, "customers"],
      [`cursor=${cursor}&filter=quantity%20gt%200`, ROWS],
      [`cursor=${cursor}&orderby=quantity`, ROWS],
      [`cursor=${cursor}&asOf=2026-06-01T00:00:00Z`, ROWS],
    ] as const;
    for (const [query, path] of others)
      expect([path, await refusedQuery(query, path)]).toEqual([path, "400 InvalidCursor"]);
  });

  test("it opens nothing by itself", async () => {
    const stranger = { email: "stranger@elsewhere.example" };
    const answer = await api.ask(stranger, { path: ROWS, query: { cursor: await cursorOf(ROWS) } });
    expect(answer.status).toBe(404);
    const anonymous = await ask(api.stack.apiUrl, undefined, { path: ROWS });
    expect(anonymous.status).toBe(401);
  });
});

describe("bodies", () => {
  const target = `/api/events?${VERSION}`;
  const json = { "content-type": "application/json" };
  const post = (body: RawRequest["body"], headers: RawRequest["headers"] = json) =>
    refusalOf({ method: "POST", target, headers, ...(body === undefined ? {} : { body }) }, UPSTREAM);

  test("that are no JSON are refused with what is wrong", async () => {
    const bodies = ["", "{", "nonsense", '{"a":1,}', "[1,2", '{"a":NaN}', "\u0000", '"half', "[]"];
    for (const body of bodies)
      expect([body, await post([body])]).toEqual([
        body,
        expect.stringMatching(/^400 Invalid(Json|RequestBody)$/),
      ]);
    expect(await post([new Uint8Array([0x22, 0xff, 0xfe, 0x22])])).toBe("400 InvalidJson");
  });

  test("of another type, or packed, are refused", async () => {
    for (const type of ["text/plain", "application/xml", "multipart/form-data", "", "application/json2"])
      expect(await post(["{}"], { "content-type": type })).toBe("415 UnsupportedMediaType");
    expect(await post(["{}"], { ...json, "content-encoding": "gzip" })).toBe("415 UnsupportedMediaType");
  });

  test("that are too large are refused, with a stated length or in chunks", async () => {
    expect(await post([`"${"x".repeat(EVENTS_BYTES_MAX)}"`])).toBe("413 RequestBodyTooLarge");
    const chunk = "x".repeat(EVENTS_BYTES_MAX / 4);
    expect(await post(['"', chunk, chunk, chunk, chunk, chunk, '"'])).toBe("413 RequestBodyTooLarge");
  });

  test("that are nested too deep, or have too many events, are refused", async () => {
    const outcomes = { method: "POST", target: `/api/events/outcomes?${VERSION}`, headers: json };
    const nested = [`${"[".repeat(65)}${"]".repeat(65)}`];
    expect(await refusalOf({ ...outcomes, body: nested }, UPSTREAM)).toBe("400 InvalidJson");
    expect(await post([JSON.stringify(Array(1_001).fill({}))])).toBe("400 InvalidRequestBody");
  });

  test("with members that name prototypes change nothing and are kept as they came or refused", async () => {
    const poisoned = deliveryEvent("poisoned").replace(
      '"data":{',
      '"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"data":{"__proto__":{"quantity":1},',
    );
    const answer = await api.ask(UPSTREAM, { method: "POST", path: "events", json: poisoned });
    expectHarmless(answer, "prototypes", secrets);
    const me = await api.ask({ email: "nobody@elsewhere.example" }, { path: "me" });
    expect(me.text).not.toContain("isAdmin");
    await api.drained();
  });

  test("with ids of control characters, slashes or look-alikes are rejected or kept apart", async () => {
    const ids = ["a/b", "a\\b", "a?b", "a#b", "a\r\nb", "a\u0000b", "", "x".repeat(129)];
    const lines = ids.map((agreementId) => deliveryEvent(`id-${ids.indexOf(agreementId)}`, { agreementId }));
    const answer = await api.ask(UPSTREAM, { method: "POST", path: "events", json: `[${lines.join(",")}]` });
    expect(answer.read(postedSchema).value.map(({ error }) => error?.code)).toEqual(
      ids.map(() => "invalidData"),
    );
    // Cyrillic letters that look like Latin ones, and a letter with its accent beside it.
    for (const name of ["cust-\u0442", "cust-t\u0301", "CUST-T", "cust-t ", "cust-t%00"])
      expect((await api.ask(ADMIN, { path: `customers/${encodeURIComponent(name)}` })).status).toBe(404);
  });
});

describe("addresses, methods and headers", () => {
  test.each([
    ["/api/nowhere"],
    [`/api/customers/${CUSTOMER}/nowhere`],
    [`/api/customers/${CUSTOMER}%2Factivity`],
    [`/api/customers/${CUSTOMER}%00/activity`],
    [`/api/customers/${CUSTOMER}%0d%0aset-cookie:x=1/activity`],
    ["/api/customers/%F0%9F%92%A9"],
    ["/api/customers/__proto__"],
    ["/api/customers/constructor/activity"],
    [`${CUSTOMER_PATH}/entitlements/__proto__`],
    [`${CUSTOMER_PATH}/entitlements/${"e".repeat(200)}/rows`],
  ])("%s is not found", async (path) => {
    expect(await refusalOf({ target: `${path}?${VERSION}` })).toBe("404 ResourceNotFound");
  });

  test("an agreement named like a member of every object is no agreement", async () => {
    const path = `customers/${CUSTOMER}/activity`;
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
      expect(await refusedQuery(`agreements=${name}`, path)).toBe("400 InvalidQueryParameterValue");
  });

  test.each([
    ["DELETE", `${CUSTOMER_PATH}/activity`, "GET, HEAD"],
    ["POST", `${CUSTOMER_PATH}/activity`, "GET, HEAD"],
    ["PUT", "/api/me", "GET, HEAD"],
    ["GET", "/api/events", "POST"],
    ["PATCH", `${CUSTOMER_PATH}/reports`, "POST, GET, HEAD"],
  ])("%s %s is not allowed, and the answer says what is", async (method, path, allowed) => {
    const answer = await raw({ method, target: `${path}?${VERSION}` });
    expect(`${answer.status} ${expectRefusal(answer, path)}`).toBe("405 MethodNotAllowed");
    expect(new Set(answer.headers.get("allow")?.split(", "))).toEqual(new Set(allowed.split(", ")));
  });

  test("HEAD answers as GET does, without the body", async () => {
    const target = `${CUSTOMER_PATH}/activity?${VERSION}`;
    const [head, get] = [await raw({ method: "HEAD", target }), await raw({ target })];
    expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", get.headers.get("etag")]);
  });

  test("an address that is too long is refused", async () => {
    expect(await refusedQuery(`filter=${"x".repeat(5_000)}`)).toBe("414 UriTooLong");
  });

  test.each([
    [{ accept: "text/html" }, "406 NotAcceptable"],
    [{ accept: "application/json;q=0" }, "406 NotAcceptable"],
    [{ "if-none-match": "no quotes" }, "400 InvalidHeaderValue"],
    [{ "if-match": '"another"' }, "412 ConditionNotMet"],
    [{ "x-ms-client-request-id": "x".repeat(500) }, "400 InvalidHeaderValue"],
    [{ "repeatability-request-id": "not-a-uuid" }, "400 InvalidHeaderValue"],
    [{ authorization: "Basic eDp5" }, "401 Unauthenticated"],
    [{ authorization: "Bearer a.b.c" }, "401 Unauthenticated"],
    [{ authorization: `Bearer ${"x".repeat(10_000)}` }, "401 Unauthenticated"],
    [{ authorization: "", "x-ms-client-principal": "eyJyb2xlcyI6WyJDc2FtIl19" }, "401 Unauthenticated"],
  ])("%o is answered with %s", async (headers: Readonly<Record<string, string>>, expected) => {
    expect(await refusalOf({ target: `/api/me?${VERSION}`, headers })).toBe(expected);
  });

  test("whoever asks for problem details gets them", async () => {
    const headers = { accept: "application/problem+json" };
    const answer = await raw({ target: `${CUSTOMER_PATH}/nowhere?${VERSION}`, headers });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 404, code: "ResourceNotFound" });
  });
});

test("the customer is unharmed by all of this", async () => {
  const answer = await api.ask(ADMIN, {
    path: `customers/${CUSTOMER}/activity`,
    query: { agreements: AGREEMENT },
  });
  expect(answer.status).toBe(200);
  expect(await api.verifyLedgers()).toMatchObject({ differences: 0 });
  expect(api.logs.filter(({ category, level }) => category === "user" && level === "error")).toEqual([]);
});
