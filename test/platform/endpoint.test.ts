import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { endpointDefiner, type RawRequest } from "../../src/platform/endpoint.ts";
import { InvalidRequestError, NotFoundError } from "../../src/platform/errors.ts";
import { commaList, maxPageSize } from "../../src/platform/query.ts";

type Grant = { readonly workspaces: readonly string[] };
const defineEndpoint = endpointDefiner<Grant>();

const customerId = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/)
  .brand<"CustomerId">();
const listed = z.object({ value: z.array(z.object({ id: z.string(), minutes: z.int() })) });

const activity = defineEndpoint(
  {
    name: "getActivity",
    method: "GET",
    route: "customers/{customerId}/activity",
    tag: "Activity",
    summary: "What was bought and delivered",
    access: { kind: "customer", permission: "customerActivity" },
    params: z.object({ customerId }),
    query: z.object({ workspaces: commaList(z.string()).optional(), maxpagesize: maxPageSize(50) }),
    responses: { 200: { description: "The page", schema: listed }, 204: { description: "Nothing yet" } },
  },
  async ({ params, query, body, principal, grant, headers }) => {
    expectTypeOf(params.customerId).toEqualTypeOf<z.output<typeof customerId>>();
    expectTypeOf(query.maxpagesize).toEqualTypeOf<number>();
    expectTypeOf(query.workspaces).toEqualTypeOf<string[] | undefined>();
    expectTypeOf(body).toEqualTypeOf<undefined>();
    expectTypeOf(headers).toEqualTypeOf<Record<string, never>>();
    expectTypeOf(principal.subject).toEqualTypeOf<string>();
    expectTypeOf(grant).toEqualTypeOf<Grant>();
    const rows: readonly { readonly id: string; readonly minutes: number }[] = [
      { id: params.customerId, minutes: 1 },
    ];
    return rows.length === 0 ? { status: 204 } : { status: 200, body: { value: rows } };
  },
);

const raw = (facts: Partial<RawRequest<Grant>>): RawRequest<Grant> => ({
  params: { customerId: "contoso" },
  search: new URLSearchParams(),
  rawHeaders: new Headers(),
  content: undefined,
  principal: { kind: "user", subject: "u1", roles: [], isPersonalAccount: false },
  grant: { workspaces: [] },
  now: new Date(0),
  requestId: "r1",
  repeatKey: undefined,
  traceparent: undefined,
  contentType: undefined,
  conditions: { ifMatch: undefined, ifNoneMatch: undefined },
  url: new URL("https://api.example/api/customers/contoso/activity"),
  ...facts,
});

describe("an endpoint", () => {
  test("gives its handler the parts that its contract parses", async () => {
    const answer = await activity.handle(raw({}));
    expect(answer).toEqual({ status: 200, body: { value: [{ id: "contoso", minutes: 1 }] } });
  });

  test("answers a path that no id can have as it answers an unknown id", async () => {
    await expect(async () => activity.handle(raw({ params: { customerId: "../x" } }))).rejects.toThrow(
      NotFoundError,
    );
  });

  test("refuses a query parameter that it does not know, and names those it does", async () => {
    const search = new URLSearchParams("worksspaces=a");
    await expect(async () => activity.handle(raw({ search }))).rejects.toThrow(InvalidRequestError);
    await expect(async () => activity.handle(raw({ search }))).rejects.toThrow(
      "'worksspaces' is not known here. Known parameters: 'maxpagesize', 'workspaces'",
    );
  });
});

describe("a contract that cannot be honoured is refused when it is defined:", () => {
  const define = (route: string, params: z.ZodObject, access: "customer" | "signedIn" = "signedIn") =>
    defineEndpoint(
      {
        name: "getThing",
        method: "GET",
        route,
        tag: "Things",
        summary: "A thing",
        access: access === "customer" ? { kind: "customer", permission: "read" } : { kind: "signedIn" },
        params,
        responses: { 200: { description: "It", schema: z.object({}) } },
      },
      async () => ({ status: 200, body: {} }),
    );

  test.each([
    ["a typed route constraint", "things/{id:int}", z.object({ id: z.string() })],
    ["a dot in a segment", "things.json", z.object({})],
    ["a parameter without a schema", "things/{id}", z.object({})],
    ["a schema without a parameter", "things", z.object({ id: z.string() })],
  ])("%s", (_what, route, params) => {
    expect(() => define(route, params)).toThrow(RangeError);
  });

  test("a customer rule without a customer in the route", () => {
    expect(() => define("things/{id}", z.object({ id: z.string() }), "customer")).toThrow("{customerId}");
  });
});
