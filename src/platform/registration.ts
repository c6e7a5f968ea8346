import { app, type HttpFunctionOptions, type HttpMethod } from "@azure/functions";
import type { Contract } from "./contract.ts";
import { type EdgeDeps, toHandler } from "./edge.ts";
import type { Endpoint } from "./endpoint.ts";
import { MethodNotAllowedError, NotFoundError } from "./errors.ts";

/**
 * Every endpoint is a function of its own name and route; one more takes every path and method that no endpoint has, so
 * that those too get the answers of this API and not the platform's pages.
 */

export type Register = (name: string, options: HttpFunctionOptions) => void;

const ALL_METHODS: HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const FALLBACK_NAME = "unknownRoute";
const FALLBACK_ROUTE = "{*path}";

const methodsOf = ({ method, head }: Contract): HttpMethod[] =>
  method === "GET" && head !== false ? ["GET", "HEAD"] : [method];

/** Two templates that differ in their parameters' names only match the same paths. */
const shapeOf = (route: string): string => route.replaceAll(/\{[^}]*\}/g, "{}");

const requireUnique = (what: string, names: readonly string[]): void => {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`Two endpoints have the ${what} '${twice}'.`);
};

const matches = ({ route, alias }: Contract, path: string): boolean => {
  const wanted = route.split("/");
  const given = path.split("/");
  const isRoute =
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith("{") || part === given[index]);
  return isRoute || path === alias;
};

/** @throws RangeError when two endpoints would stand in each other's way. */
export const registerEndpoints = <Grant>(
  endpoints: readonly Endpoint<Grant>[],
  deps: EdgeDeps<Grant>,
  register: Register = app.http,
): void => {
  const contracts = endpoints.map((endpoint) => endpoint.contract);
  requireUnique("name", [...contracts.map(({ name }) => name.toLowerCase()), FALLBACK_NAME.toLowerCase()]);
  requireUnique(
    "method and route",
    contracts.map((contract) => `${contract.method} ${shapeOf(contract.route)}`),
  );
  for (const endpoint of endpoints) {
    register(endpoint.contract.name, {
      route: endpoint.contract.route,
      methods: methodsOf(endpoint.contract),
      authLevel: "anonymous",
      handler: toHandler(endpoint, deps),
    });
  }
  registerFallback(endpoints, deps, register);
};

/** Takes part in everything that is the same for all requests: ids, headers, errors, the log line. */
const fallback = <Grant>(endpoints: readonly Endpoint<Grant>[]): Endpoint<Grant> => ({
  contract: {
    name: FALLBACK_NAME,
    method: "GET",
    route: FALLBACK_ROUTE,
    tag: "Service",
    summary: "Every path and method that no endpoint has",
    access: { kind: "anonymous" },
    responses: {},
    versioned: false,
    repeatable: true,
  },
  handle: async ({ params }) => {
    const path = params["path"] ?? "";
    const allowed = endpoints.flatMap(({ contract }): HttpMethod[] =>
      matches(contract, path) ? methodsOf(contract) : [],
    );
    if (allowed.length > 0) throw new MethodNotAllowedError([...new Set(allowed)]);
    throw new NotFoundError("no such route");
  },
});

const registerFallback = <Grant>(
  endpoints: readonly Endpoint<Grant>[],
  deps: EdgeDeps<Grant>,
  register: Register,
): void => {
  const aliases = new Map(
    endpoints.flatMap((endpoint) => {
      const { alias } = endpoint.contract;
      return alias === undefined ? [] : [[alias, endpoint] as const];
    }),
  );
  const unknown = toHandler(fallback(endpoints), deps);
  register(FALLBACK_NAME, {
    route: FALLBACK_ROUTE,
    methods: ALL_METHODS,
    authLevel: "anonymous",
    handler: (request, context) => {
      const endpoint = aliases.get(request.params["path"] ?? "");
      const isAnswered =
        endpoint !== undefined && methodsOf(endpoint.contract).some((name) => name === request.method);
      return isAnswered ? toHandler(endpoint, deps)(request, context) : unknown(request, context);
    },
  });
};
