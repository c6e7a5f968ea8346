import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { openApiSnapshot, SNAPSHOT } from "../../infra/openapi-snapshot.ts";
import { problemsOf } from "./rules.ts";

describe("the OpenAPI document", () => {
  test("is the one that was committed: after a wanted change, run npm run openapi", async () => {
    expect(await openApiSnapshot()).toBe(await readFile(SNAPSHOT, "utf8"));
  });

  test("keeps the rules of OpenAPI 3.1", async () => {
    expect(problemsOf(JSON.parse(await openApiSnapshot()))).toEqual([]);
  });

  test("is the same whenever it is made", async () => {
    expect(await openApiSnapshot()).toBe(await openApiSnapshot());
  });
});

describe("the check of the rules", () => {
  const get = (more: object = {}): object => ({
    operationId: "getThing",
    tags: ["Things"],
    summary: "Get a thing",
    security: [{ bearer: [] }],
    "x-access-rule": {},
    parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
    responses: { 200: { description: "The thing" } },
    ...more,
  });

  const documentWith = (paths: object): object => ({
    openapi: "3.1.1",
    info: { title: "Things", version: "1" },
    servers: [],
    tags: [{ name: "Things" }],
    paths,
    components: {
      schemas: {},
      parameters: {},
      headers: {},
      responses: {},
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  });

  const problemsWith = (more: object): string =>
    problemsOf(documentWith({ "/things/{id}": { get: get(more) } })).join("\n");

  test("finds nothing wrong with a right document", () => {
    expect(problemsWith({})).toBe("");
  });

  const answering = (schema: object): object => ({
    responses: { 200: { description: "It", content: { "application/json": { schema } } } },
  });

  test.each<[string, object, string]>([
    ["a reference to nothing", answering({ $ref: "#/components/schemas/Thing" }), "Thing does not exist"],
    ["the nullable of 3.0", answering({ type: "string", nullable: true }), "nullable"],
    ["a pattern that is none", answering({ type: "string", pattern: "(" }), "no regular expression"],
    ["a path parameter that is not declared", { parameters: [] }, "declares the path parameters []"],
    ["no answer", { responses: {} }, "responses"],
    ["an answer without a description", { responses: { 200: {} } }, "description"],
    ["a tag that is not declared", { tags: ["Others"] }, "tag Others is not declared"],
    ["a security scheme that is not declared", { security: [{ key: [] }] }, "scheme key is unknown"],
    ["a part without rules", { callbacks: {} }, "callbacks"],
  ])("finds %s", (_, more, problem) => {
    expect(problemsWith(more)).toContain(problem);
  });

  test("finds two parameters of one name, two operations of one id, and two paths that are one", () => {
    const id = { name: "id", in: "path", required: true, schema: {} };
    expect(problemsWith({ parameters: [id, id] })).toContain("has two parameters path id");
    const other = get({ parameters: [{ ...id, name: "other" }] });
    const problems = problemsOf(
      documentWith({ "/things/{id}": { get: get() }, "/things/{other}": { get: other } }),
    );
    expect(problems).toEqual(["operationId getThing is used twice", "path /things/{} occurs twice"]);
  });
});
