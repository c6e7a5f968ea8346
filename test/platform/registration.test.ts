import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { Method } from "../../src/platform/contract.ts";
import { registerEndpoints } from "../../src/platform/registration.ts";
import { defineEndpoint, edgeDeps, startEdge } from "./edge-fixture.ts";

const endpoint = (name: string, method: Method, route: string) => {
  const names = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  return defineEndpoint(
    {
      name,
      method,
      route,
      tag: "Things",
      summary: name,
      access: { kind: "signedIn" },
      params: z.object(Object.fromEntries(names.map((parameter) => [parameter, z.string()]))),
      versioned: false,
      responses: { 200: { description: "Which one", schema: z.object({ name: z.string() }) } },
    },
    async () => ({ status: 200, body: { name } }),
  );
};

const register = (...endpoints: readonly ReturnType<typeof endpoint>[]) => {
  registerEndpoints(endpoints, edgeDeps, () => undefined);
};

test("each endpoint is a function of its own, open to the platform and closed by the edge", async () => {
  const { functions, call } = startEdge([
    endpoint("listThings", "GET", "things"),
    endpoint("addThing", "POST", "things"),
  ]);
  expect(
    [...functions].map(([name, { route, methods, authLevel }]) => ({ name, route, methods, authLevel })),
  ).toEqual([
    { name: "listThings", route: "things", methods: ["GET", "HEAD"], authLevel: "anonymous" },
    { name: "addThing", route: "things", methods: ["POST"], authLevel: "anonymous" },
    {
      name: "unknownRoute",
      route: "{*path}",
      methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
      authLevel: "anonymous",
    },
  ]);
  expect((await call("GET things")).json).toEqual({ name: "listThings" });
  expect((await call("GET things", { token: "" })).status).toBe(401);
});

test("a method that a path has not is answered with all those it has", async () => {
  const { call } = startEdge([
    endpoint("getThing", "GET", "things/{thingId}"),
    endpoint("changeThing", "PATCH", "things/{id}"),
    endpoint("addThing", "POST", "things"),
  ]);
  const response = await call("DELETE things/1");
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("GET, HEAD, PATCH");
  expect((await call("GET things/1/parts")).status).toBe(404);
});

test("a HEAD that would do what only a GET may is not allowed", async () => {
  const download = defineEndpoint(
    {
      name: "downloadThing",
      method: "GET",
      route: "things",
      tag: "Things",
      summary: "Leaves a trace",
      access: { kind: "signedIn" },
      head: false,
      versioned: false,
      responses: { 302: { description: "Where it is" } },
    },
    async () => ({ status: 302, headers: { location: "https://files.example/thing" } }),
  );
  const { call } = startEdge([download]);
  expect((await call("GET things")).status).toBe(302);
  const head = await call("HEAD things");
  expect([head.status, head.headers.get("allow"), head.text]).toEqual([405, "GET", ""]);
});

describe("endpoints that would stand in each other's way are refused:", () => {
  test("two of one name, in whatever case", () => {
    expect(() => register(endpoint("getThing", "GET", "a"), endpoint("getthing", "GET", "b"))).toThrow(
      "getthing",
    );
  });

  test("two of one method and route, whatever their parameters are called", () => {
    const first = endpoint("getThing", "GET", "things/{id}");
    expect(() => register(first, endpoint("readThing", "GET", "things/{thingId}"))).toThrow("GET things/{}");
    expect(() => register(first, endpoint("addThing", "POST", "things/{thingId}"))).not.toThrow();
  });

  test("one with the name of the function that takes the rest", () => {
    expect(() => register(endpoint("unknownRoute", "GET", "a"))).toThrow("unknownroute");
  });
});
