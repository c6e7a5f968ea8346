import { expect, test } from "vitest";
import { requireMatch } from "../../src/platform/conditional.ts";
import type { Method } from "../../src/platform/contract.ts";
import { openApiDocument } from "../../src/platform/openapi.ts";
import { defineEndpoint, startEdge } from "./edge-fixture.ts";

let writes = 0;

const write = (name: string, method: Method, conditional?: boolean) =>
  defineEndpoint(
    {
      name,
      method,
      route: name,
      tag: "Things",
      summary: "Writes",
      access: { kind: "signedIn" },
      versioned: false,
      ...(conditional === undefined ? {} : { conditional }),
      responses: { 204: { description: "Written" } },
    },
    async ({ conditions }) => {
      requireMatch(conditions, '"current"');
      writes += 1;
      return { status: 204 };
    },
  );

const endpoints = [
  write("change", "PATCH"),
  write("remove", "DELETE"),
  write("put", "PUT"),
  write("create", "POST"),
  write("rotate", "POST", true),
  write("revoke", "DELETE", false),
];
const { call } = startEdge(endpoints);

/** Status with each condition, and whether anything was written. */
async function outcomesOf(target: string) {
  const conditions = [{ "if-match": '"current"' }, { "if-match": '"other"' }, { "if-none-match": "*" }];
  const outcomes: (readonly [number, boolean])[] = [];
  for (const headers of conditions) {
    const before = writes;
    const { status } = await call(target, { headers });
    outcomes.push([status, writes > before]);
  }
  return outcomes;
}

test.each(["PATCH change", "DELETE remove", "PUT put", "POST rotate"])(
  "%s is made under If-Match only on the version that it names",
  async (target) => {
    expect(await outcomesOf(target)).toEqual([
      [204, true],
      [412, false],
      [501, false],
    ]);
  },
);

test.each(["POST create", "DELETE revoke"])(
  "%s, which knows no versions, is never made under a condition",
  async (target) => {
    expect(await outcomesOf(target)).toEqual([
      [501, false],
      [501, false],
      [501, false],
    ]);
    expect((await call(target)).status).toBe(204);
    const refused = await call(target, { headers: { "if-match": "*" } });
    expect(refused.json).toMatchObject({ error: { code: "NotImplemented", target: "If-Match" } });
  },
);

test("the document names If-Match exactly where it is kept", () => {
  const text = endpoints.map(({ contract }) => {
    const info = { title: "Things", description: "" };
    return [contract.name, JSON.stringify(openApiDocument([contract], info)).includes("parameters/If-Match")];
  });
  expect(Object.fromEntries(text)).toEqual({
    change: true,
    remove: true,
    put: true,
    create: false,
    rotate: true,
    revoke: false,
  });
});
