import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ConflictError, InvalidRequestError, UnavailableError } from "../../src/platform/errors.ts";
import { customerId, defineEndpoint, startEdge, thingSchema } from "./edge-fixture.ts";

const VERSION = "api-version=2026-11-01";
let stored = { id: "t1", minutes: 30 };

const readThing = defineEndpoint(
  {
    name: "getThing",
    method: "GET",
    route: "customers/{customerId}/things/{thingId}",
    tag: "Things",
    summary: "One thing",
    access: { kind: "customer", permission: "read" },
    params: z.object({ customerId, thingId: z.string() }),
    responses: { 200: { description: "It", schema: thingSchema } },
  },
  async ({ params }) => {
    if (params.thingId === "broken") throw new Error("secret of the database");
    if (params.thingId === "busy") throw new UnavailableError(7, new Error("429"));
    if (params.thingId === "leaky") return { status: 200, body: { ...stored, _etag: "internal" } };
    if (params.thingId === "wrong") return { status: 200, body: { id: "t", minutes: 1.5 } };
    return { status: 200, body: stored };
  },
);

const createThing = defineEndpoint(
  {
    name: "createThing",
    method: "POST",
    route: "customers/{customerId}/things",
    tag: "Things",
    summary: "Adds a thing",
    access: { kind: "customer", permission: "write" },
    params: z.object({ customerId }),
    body: {
      kind: "json",
      schema: z.strictObject({ minutes: z.int().min(0), title: z.string() }),
      maxBytes: 200,
    },
    repeatable: true,
    responses: { 201: { description: "Made", schema: thingSchema }, 204: { description: "Nothing to do" } },
  },
  async ({ body, repeatKey, traceparent }) => {
    if (body.title === "taken")
      throw new ConflictError("TitleTaken", "There is one already.", { target: "title" });
    if (body.title === "none") return { status: 204 };
    const id = `${repeatKey?.split("~")[0] ?? "new"} ${traceparent ?? "untraced"}`;
    return { status: 201, body: { id, minutes: body.minutes }, headers: { location: "/api/things/1" } };
  },
);

const upload = defineEndpoint(
  {
    name: "uploadFile",
    method: "PUT",
    route: "files",
    tag: "Things",
    summary: "Keeps a file",
    access: { kind: "signedIn" },
    body: { kind: "bytes", contentTypes: ["text/plain"], maxBytes: 10 },
    responses: { 200: { description: "The same file", contentTypes: ["text/plain"] } },
  },
  async ({ body, contentType }) => ({
    status: 200,
    contentType: contentType ?? "",
    body: (async function* () {
      yield body;
    })(),
  }),
);

const health = defineEndpoint(
  {
    name: "getHealth",
    method: "GET",
    route: "health",
    tag: "Service",
    summary: "Health",
    access: { kind: "anonymous" },
    versioned: false,
    responses: { 200: { description: "Well", schema: z.object({ status: z.literal("ok") }) } },
  },
  async ({ principal }) => {
    if (principal !== undefined)
      throw new InvalidRequestError("NeverHere", "An anonymous endpoint asked who calls.");
    return { status: 200, body: { status: "ok" } };
  },
);

const endpoints = [readThing, createThing, upload, health];
const { call, lines } = startEdge(endpoints);
const THING = `customers/contoso/things/t1?${VERSION}`;
const THINGS = `customers/contoso/things?${VERSION}`;
const JSON_HEADERS = { "content-type": "application/json" };
const post = (body: string, headers: Readonly<Record<string, string>> = JSON_HEADERS) =>
  call(`POST ${THINGS}`, { body, headers });

describe("every answer", () => {
  test("has the request id, the version and the safe headers", async () => {
    const { status, headers, json } = await call(`GET ${THING}`, {
      headers: { "x-ms-client-request-id": "mine" },
    });
    expect(status).toBe(200);
    expect(json).toEqual({ id: "t1", minutes: 30 });
    expect(Object.fromEntries(headers)).toMatchObject({
      "api-version": "2026-11-01",
      "cache-control": "no-store",
      "content-type": "application/json",
      "x-content-type-options": "nosniff",
      "x-ms-client-request-id": "mine",
      "x-ms-request-id": "request-1",
    });
  });

  test("leaves exactly one line in the log, without query values and tokens", async () => {
    lines.length = 0;
    await call(`GET customers/contoso/things/t1?${VERSION}&search=private`, { token: "alice" });
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0]?.text ?? "");
    expect(line).toMatchObject({
      name: "getThing",
      status: 400,
      requestId: "request-1",
      caller: "user:alice",
    });
    expect(lines[0]?.text).not.toContain("private");
    expect(lines[0]?.text).not.toContain("Bearer");
  });
});

describe("a request that cannot be answered gets the code for it:", () => {
  const title = (value: string) => JSON.stringify({ minutes: 1, title: value });
  test.each([
    ["no version", "GET customers/contoso/things/t1", {}, 400, "MissingApiVersionParameter"],
    [
      "an empty version",
      "GET customers/contoso/things/t1?api-version=",
      {},
      400,
      "MissingApiVersionParameter",
    ],
    [
      "another version",
      "GET customers/contoso/things/t1?api-version=2020-01-01",
      {},
      400,
      "UnsupportedApiVersionValue",
    ],
    ["two versions", `GET ${THING}&${VERSION}`, {}, 400, "UnsupportedApiVersionValue"],
    ["no token", `GET ${THING}`, { token: "" }, 401, "Unauthenticated"],
    ["a principal without the right", `GET ${THING}`, { token: "guest" }, 403, "Forbidden"],
    ["an unknown parameter", `GET ${THING}&x=1`, {}, 400, "UnsupportedQueryParameter"],
    ["a long URL", `GET ${THING}&x=${"y".repeat(4_100)}`, {}, 414, "UriTooLong"],
    ["an answer nobody takes", `GET ${THING}`, { headers: { accept: "text/html" } }, 406, "NotAcceptable"],
    ["a broken tag", `GET ${THING}`, { headers: { "if-match": "abc" } }, 400, "InvalidHeaderValue"],
    ["another version of it", `GET ${THING}`, { headers: { "if-match": '"abc"' } }, 412, "ConditionNotMet"],
    [
      "a bad client id",
      `GET ${THING}`,
      { headers: { "x-ms-client-request-id": "a b" } },
      400,
      "InvalidHeaderValue",
    ],
    ["no content type", `POST ${THINGS}`, { body: title("a") }, 415, "UnsupportedMediaType"],
    [
      "compressed content",
      `POST ${THINGS}`,
      { body: title("a"), headers: { ...JSON_HEADERS, "content-encoding": "gzip" } },
      415,
      "UnsupportedMediaType",
    ],
    [
      "a large body",
      `POST ${THINGS}`,
      { body: title("a".repeat(200)), headers: JSON_HEADERS },
      413,
      "RequestBodyTooLarge",
    ],
    [
      "a body that says it is large",
      `POST ${THINGS}`,
      { body: title("a"), headers: { ...JSON_HEADERS, "content-length": "999" } },
      413,
      "RequestBodyTooLarge",
    ],
    ["no body", `POST ${THINGS}`, { headers: JSON_HEADERS }, 400, "InvalidJson"],
    [
      "bytes that are no text",
      `POST ${THINGS}`,
      { body: Buffer.from([0xff]), headers: JSON_HEADERS },
      400,
      "InvalidJson",
    ],
    [
      "a field too many",
      `POST ${THINGS}`,
      { body: '{"minutes":1,"title":"a","x":1}', headers: JSON_HEADERS },
      400,
      "InvalidRequestBody",
    ],
    ["a conflict", `POST ${THINGS}`, { body: title("taken"), headers: JSON_HEADERS }, 409, "TitleTaken"],
    [
      "a repeatability id that is none",
      `POST ${THINGS}`,
      { body: title("a"), headers: { ...JSON_HEADERS, "repeatability-request-id": "1" } },
      400,
      "InvalidHeaderValue",
    ],
    [
      "repeatability where there is none",
      `GET ${THING}`,
      { headers: { "repeatability-request-id": "0b5a3d1e-9c1f-4a77-8a55-0d9a2c1b7e11" } },
      501,
      "NotImplemented",
    ],
    ["an unknown route", "GET nothing/here", {}, 404, "ResourceNotFound"],
    ["an unknown method", `DELETE ${THING}`, {}, 405, "MethodNotAllowed"],
    ["a busy store", `GET customers/contoso/things/busy?${VERSION}`, {}, 503, "ServerBusy"],
    ["a fault of ours", `GET customers/contoso/things/broken?${VERSION}`, {}, 500, "InternalServerError"],
    [
      "a field that its contract has not",
      `GET customers/contoso/things/leaky?${VERSION}`,
      {},
      500,
      "InternalServerError",
    ],
    [
      "an answer against its contract",
      `GET customers/contoso/things/wrong?${VERSION}`,
      {},
      500,
      "InternalServerError",
    ],
  ])("%s", async (_what, target, options, status, code) => {
    const response = await call(target, options);
    expect(response.json).toMatchObject({ error: { code } });
    expect(response.status).toBe(status);
    expect(response.headers.get("x-ms-error-code")).toBe(code);
    expect(response.headers.get("x-ms-request-id")).toBe("request-1");
  });

  test("with the facts a program needs in headers", async () => {
    const busy = await call(`GET customers/contoso/things/busy?${VERSION}`);
    expect(busy.headers.get("retry-after")).toBe("7");
    const method = await call(`PATCH ${THING}`);
    expect(method.headers.get("allow")).toBe("GET, HEAD");
    const unknown = await call(`GET ${THING}`, { token: "" });
    expect(unknown.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  test("as a problem document where the client prefers that", async () => {
    const accept = "application/json;q=0.5, application/problem+json";
    const { headers, json } = await call("GET nothing", { headers: { accept } });
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(json).toMatchObject({
      type: "about:blank",
      title: "Not Found",
      status: 404,
      code: "ResourceNotFound",
    });
  });
});

test("every 404 is the same, byte for byte, whatever the reason", async () => {
  const answers = await Promise.all([
    call("GET nothing/here"),
    call(`GET customers/fabrikam/things/t1?${VERSION}`),
    call(`GET customers/UPPER/things/t1?${VERSION}`),
  ]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
});

test("a fault of ours tells the client nothing but the request id, and the log the cause", async () => {
  lines.length = 0;
  const { text } = await call(`GET customers/contoso/things/broken?${VERSION}`);
  expect(text).not.toContain("database");
  expect(text).toContain("request-1");
  expect(lines[0]?.level).toBe("error");
  expect(lines[0]?.text).toContain("secret of the database");
});

describe("a body", () => {
  test("that is not JSON is told where", async () => {
    const { json } = await post('{\n  "minutes": 1,\n  "title": nope\n}');
    expect(json).toMatchObject({ error: { code: "InvalidJson", innererror: { line: 3, column: 12 } } });
  });

  test("has all its faults named with their places", async () => {
    const { json } = await post('{"minutes":-1}');
    expect(json).toMatchObject({
      error: { code: "InvalidRequestBody", details: [{ target: "minutes" }, { target: "title" }] },
    });
  });

  test("is not looked at before the caller may write it", async () => {
    const response = await call(`POST customers/fabrikam/things?${VERSION}`, {
      body: "{",
      headers: JSON_HEADERS,
    });
    expect(response.status).toBe(404);
  });

  test("that is a file comes and goes as it is", async () => {
    const options = { body: "0123456789", headers: { "content-type": "text/plain; charset=utf-8" } };
    const response = await call(`PUT files?${VERSION}`, options);
    expect(response).toMatchObject({ status: 200, text: "0123456789" });
    const longer = await call(`PUT files?${VERSION}`, { ...options, body: "0123456789x" });
    expect(longer.status).toBe(413);
  });
});

test("the repeatability id and the trace reach the handler", async () => {
  const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const id = "0B5A3D1E-9C1F-4A77-8A55-0D9A2C1B7E11";
  const headers = { ...JSON_HEADERS, traceparent: trace, "repeatability-request-id": id };
  const { status, json } = await post('{"minutes":1,"title":"a"}', headers);
  expect(status).toBe(201);
  expect(json).toMatchObject({ id: `${id.toLowerCase()} ${trace}` });
  const broken = await post('{"minutes":1,"title":"a"}', { ...JSON_HEADERS, traceparent: "00-0-0-00" });
  expect(broken.json).toMatchObject({ id: "new untraced" });
});

describe("conditional reads", () => {
  test("a copy that is still good is not sent again, until the content changes", async () => {
    const first = await call(`GET ${THING}`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await call(`GET ${THING}`, { headers: { "if-none-match": `"other", W/${etag}` } });
    expect(again).toMatchObject({ status: 304, text: "" });
    expect(again.headers.get("etag")).toBe(etag);
    stored = { id: "t1", minutes: 31 };
    const changed = await call(`GET ${THING}`, { headers: { "if-none-match": etag } });
    expect(changed.status).toBe(200);
  });

  test("HEAD has the headers of GET and no content", async () => {
    const { status, text, headers } = await call(`HEAD ${THING}`);
    expect({ status, text }).toEqual({ status: 200, text: "" });
    expect(headers.get("etag")).toMatch(/^"/);
  });
});

test("an anonymous endpoint needs neither version nor token and does not read one", async () => {
  expect(await call("GET health", { token: "" })).toMatchObject({ status: 200, json: { status: "ok" } });
  expect(await call("GET health", { token: "not.a-token" })).toMatchObject({ status: 200 });
});

test("links are built on the configured address, whatever host the request names", async () => {
  const whereAmI = defineEndpoint(
    {
      name: "whereAmI",
      method: "GET",
      route: "where",
      tag: "Service",
      summary: "Where",
      access: { kind: "anonymous" },
      versioned: false,
      responses: { 200: { description: "Here", schema: z.object({ href: z.string() }) } },
    },
    async ({ url }) => ({ status: 200, body: { href: url.href } }),
  );
  const edge = startEdge([whereAmI], { publicBaseUrl: new URL("https://public.example") });
  expect((await edge.call("GET where")).json).toEqual({ href: "https://public.example/api/where" });
});
