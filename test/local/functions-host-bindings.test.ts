import { describe, expect, test } from "vitest";
import { lintBindings } from "../../local/functions-host/bindings-lint.ts";
import { type DescribedFunction, describeFunctions } from "../../local/functions-host/host.ts";
import { compareRoutes, matchRoute, parseRoute, pathSegments } from "../../local/functions-host/routes.ts";
import { findConnection } from "../../local/functions-host/settings.ts";
import { inSample } from "./sample-app/start-sample.ts";

const HOST_JSON = { version: "2.0", extensionBundle: { id: "bundle", version: "[4.*, 5.0.0)" } };

function withTrigger(name: string, type: string, properties: object): DescribedFunction {
  return { name, bindings: { trigger: { type, direction: "in", ...properties } } };
}

const http = (name: string, route: string, methods = ["GET"]): DescribedFunction =>
  withTrigger(name, "httpTrigger", { route, methods });

describe("the check of bindings", () => {
  test("finds nothing wrong with an app that has all its settings", async () => {
    const settings = { BUS: "Endpoint=sb://localhost", BATCH_QUEUE: "batches" };
    const functions = await describeFunctions({
      entry: inSample("queue-app.ts"),
      settings,
      onLog: () => undefined,
    });
    expect(functions.map(({ name }) => name)).toEqual(["batch", "single", "manual", "told"]);
    expect(lintBindings(functions, HOST_JSON, settings)).toEqual([]);
  });

  test("names settings that are not declared", () => {
    const queue = withTrigger("take", "serviceBusTrigger", { connection: "BUS", queueName: "%QUEUE%" });
    expect(lintBindings([queue], HOST_JSON, {})).toEqual([
      "take: neither setting BUS nor BUS__fullyQualifiedNamespace is declared",
      "take: setting QUEUE is not declared",
    ]);
    const declared = { BUS__fullyQualifiedNamespace: "n.servicebus.windows.net", QUEUE: "q" };
    expect(lintBindings([queue], HOST_JSON, declared)).toEqual([]);
  });

  test("names two functions on one route and method, whatever their parameters are called", () => {
    const functions = [
      http("first", "Orders/{id}", ["GET", "PUT"]),
      http("second", "orders/{orderId}/", ["PUT"]),
      http("third", "orders/latest"),
      http("fourth", "orders/{*rest}"),
    ];
    expect(lintBindings(functions, HOST_JSON, {})).toEqual([
      "second: PUT orders/{} is also the route of first",
    ]);
  });

  test("names routes with a constraint or a dot in the last segment", () => {
    expect(lintBindings([http("typed", "orders/{id:int}")], HOST_JSON, {})[0]).toContain("not supported");
    expect(lintBindings([http("file", "v1.0/openapi.json")], HOST_JSON, {})).toEqual([
      'file: route "v1.0/openapi.json" has a dot in its last segment',
    ]);
    expect(lintBindings([http("folder", "v1.0/openapi")], HOST_JSON, {})).toEqual([]);
  });

  test("names schedules that are not valid, with settings put in", () => {
    const timer = withTrigger("tick", "timerTrigger", { schedule: "%WHEN%" });
    expect(lintBindings([timer], HOST_JSON, { WHEN: "0 0 * * * *" })).toEqual([]);
    expect(lintBindings([timer], HOST_JSON, { WHEN: "0 0 * * *" })[0]).toContain("5 fields instead of 6");
  });

  test("names what is wrong with host.json", () => {
    const queue = withTrigger("take", "serviceBusTrigger", { connection: "BUS", queueName: "q" });
    expect(lintBindings([queue], { version: "2.0" }, { BUS: "x" })).toEqual([
      "host.json: Service Bus bindings need an extensionBundle",
    ]);
    expect(lintBindings([], { version: "1.0" }, {})[0]).toContain("host.json: version");
  });
});

describe("a route", () => {
  const matching = (template: string, path: string): unknown =>
    matchRoute(parseRoute(template), pathSegments(path));

  test("gives its parameters decoded, but for an encoded slash", () => {
    expect(matching("a/{b}/c", "/A/x%20y%2Fz/C")).toEqual({ b: "x y%2Fz" });
    expect(matching("a/{b}", "/a/%zz")).toEqual({ b: "%zz" });
    expect(matching("a/{*rest}", "/a/b/c/")).toEqual({ rest: "b/c" });
    expect(matching("a/{b?}", "/a")).toEqual({});
  });

  test("does not match a path that is shorter, longer or has an empty segment", () => {
    for (const path of ["/a", "/a/", "/a//", "/a/b/c", "/"])
      expect(matching("a/{b}", path), path).toBeUndefined();
  });

  test("comes first where it is more exact, from the left", () => {
    const sorted = ["{*rest}", "a/{*rest}", "a/{b}", "a/b", "{a}/b", "a"].map(parseRoute).sort(compareRoutes);
    expect(sorted.map(({ template }) => template)).toEqual([
      "a",
      "a/b",
      "a/{b}",
      "a/{*rest}",
      "{a}/b",
      "{*rest}",
    ]);
  });

  test("is refused when it asks for what is not offered here", () => {
    for (const template of ["{id:int}", "{id=5}", "a-{b}", "{*rest}/a", "{a?}/b"])
      expect(() => parseRoute(template), template).toThrow(`route "${template}"`);
  });
});

describe("a connection", () => {
  test("is a connection string, or a namespace to be opened with an identity", () => {
    expect(findConnection("BUS", { BUS: "Endpoint=x" })).toEqual({
      kind: "connectionString",
      connectionString: "Endpoint=x",
    });
    expect(findConnection("BUS", { BUS__fullyQualifiedNamespace: "n" })).toEqual({
      kind: "identity",
      namespace: "n",
    });
    expect(findConnection("BUS", { AzureWebJobsBUS: "Endpoint=y" })).toMatchObject({
      connectionString: "Endpoint=y",
    });
    expect(findConnection("BUS", {})).toBeUndefined();
  });
});
