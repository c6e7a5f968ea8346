import { expect, test } from "vitest";
import * as z from "zod";
import { docsEndpoints } from "../../src/platform/docs.ts";
import { openApiDocument } from "../../src/platform/openapi.ts";
import { listSchema, pagingQuery } from "../../src/platform/paging.ts";
import { commaList } from "../../src/platform/query.ts";
import { customerId, defineEndpoint, type Grant, startEdge, thingSchema } from "./edge-fixture.ts";

const info = { title: "Things & more", description: "An API of things." };

const list = defineEndpoint(
  {
    name: "listThings",
    method: "GET",
    route: "customers/{customerId}/things",
    tag: "Things",
    summary: "The things of a customer",
    access: { kind: "customer", permission: "read" },
    params: z.object({ customerId }),
    query: z.object({ ids: commaList(z.string()).optional(), ...pagingQuery(50) }),
    responses: {
      200: {
        description: "A page",
        schema: listSchema(thingSchema),
        example: { value: [{ id: "1", minutes: 5 }] },
      },
    },
  },
  async () => ({ status: 200, body: { value: [] } }),
);

const add = defineEndpoint(
  {
    name: "addThing",
    method: "POST",
    route: "customers/{customerId}/things",
    tag: "Things",
    summary: "Adds a thing",
    access: { kind: "customer", permission: "write" },
    params: z.object({ customerId }),
    body: { kind: "json", schema: z.strictObject({ minutes: z.int(), note: z.string().optional() }) },
    repeatable: true,
    responses: { 201: { description: "Added", schema: thingSchema, headers: { Location: "Where it is" } } },
  },
  async () => ({ status: 201, body: { id: "1", minutes: 5 } }),
);

const contracts = [list.contract, add.contract];
const documentOf = (of = contracts) => JSON.parse(JSON.stringify(openApiDocument(of, info)));

const references = (value: unknown): readonly string[] => {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(references);
  return "$ref" in value && typeof value.$ref === "string" ? [value.$ref, ...inner] : inner;
};

test("the document does not depend on the order of the endpoints", () => {
  expect(JSON.stringify(documentOf(contracts.toReversed()))).toBe(JSON.stringify(documentOf()));
});

test("every reference leads somewhere", () => {
  const document = documentOf();
  const found = references(document);
  expect(found.length).toBeGreaterThan(5);
  for (const reference of found) {
    const target = reference
      .slice(2)
      .split("/")
      .reduce((node, name) => node?.[name], document);
    expect(target, reference).toBeDefined();
  }
});

test("an operation says what the contract says", () => {
  const document = documentOf();
  const path = document.paths["/customers/{customerId}/things"];
  expect(path.get).toMatchObject({
    operationId: "listThings",
    security: [{ bearer: [] }],
    "x-access-rule": { kind: "customer", permission: "read" },
    responses: { default: { $ref: "#/components/responses/Error" } },
  });
  const byName = Object.fromEntries(path.get.parameters.map((each: { name?: string }) => [each.name, each]));
  expect(byName["customerId"]).toMatchObject({ in: "path", required: true, schema: { type: "string" } });
  expect(byName["maxpagesize"]).toMatchObject({
    in: "query",
    required: false,
    schema: { type: "integer", minimum: 1, maximum: 1000 },
    description: expect.stringContaining("Default 50"),
  });
  expect(path.get.responses["200"].content["application/json"]).toMatchObject({
    schema: { properties: { value: { items: { $ref: "#/components/schemas/Thing" } } } },
    example: { value: [{ id: "1", minutes: 5 }] },
  });
  expect(path.post.requestBody.content["application/json"].schema).toMatchObject({
    required: ["minutes"],
    additionalProperties: false,
  });
  expect(Object.keys(path.post.responses["201"].headers)).toEqual([
    "Location",
    "Repeatability-Result",
    "x-ms-request-id",
  ]);
  for (const name of ["Repeatability-Request-ID", "Repeatability-First-Sent"])
    expect(path.post.parameters).toContainEqual({ $ref: `#/components/parameters/${name}` });
});

test("two schemas may not share an id", () => {
  const other = z.object({ other: z.string() }).meta({ id: "Thing" });
  const contract = {
    ...add.contract,
    name: "addOther",
    responses: { 201: { description: "Added", schema: z.object({ other }) } },
  };
  expect(() => documentOf([...contracts, contract])).toThrow();
});

const edge = startEdge([list, ...docsEndpoints<Grant>(() => contracts, info)]);

test("the document is served under a path with a dot, to anybody, and tagged", async () => {
  const { status, json, headers } = await edge.call("GET openapi.json", { token: "" });
  expect(status).toBe(200);
  expect(json).toEqual(documentOf());
  const etag = headers.get("etag") ?? "";
  expect((await edge.call("GET openapi.json", { headers: { "if-none-match": etag } })).status).toBe(304);
  expect((await edge.call("POST openapi.json")).headers.get("allow")).toBe("GET, HEAD");
});

test("the pages come whole from this service: nothing in them leads elsewhere", async () => {
  const page = await edge.call("GET docs", { token: "" });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
  expect(page.text).toContain("<title>Things &amp; more</title>");
  expect(page.text).not.toMatch(/https?:|<script>|\son\w+=/);
  const addresses = [...page.text.matchAll(/(?:src|href)="(docs[^"]+)"/g)].map((match) => match[1] ?? "");
  expect(addresses).toHaveLength(3);
  for (const address of addresses) {
    const asset = await edge.call(`GET ${address}`, { token: "" });
    expect(asset.status, address).toBe(200);
    expect(asset.headers.get("content-type"), address).toMatch(/^text\/(?:css|javascript); charset=utf-8$/);
    expect(asset.text.length).toBeGreaterThan(100);
    const etag = asset.headers.get("etag") ?? "";
    expect((await edge.call(`GET ${address}`, { headers: { "if-none-match": etag } })).status).toBe(304);
  }
  expect((await edge.call("GET docs/assets/start")).text).toContain("validatorUrl: null");
  expect((await edge.call("GET docs/assets/other")).status).toBe(404);
});
