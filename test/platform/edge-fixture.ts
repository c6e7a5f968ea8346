import { Readable } from "node:stream";
import {
  type HttpFunctionOptions,
  HttpRequest,
  type HttpRequestInit,
  InvocationContext,
} from "@azure/functions";
import * as z from "zod";
import type { EdgeDeps } from "../../src/platform/edge.ts";
import { type Endpoint, endpointDefiner } from "../../src/platform/endpoint.ts";
import { ForbiddenError, NotFoundError, UnauthenticatedError } from "../../src/platform/errors.ts";
import { registerEndpoints } from "../../src/platform/registration.ts";

/** A small API behind the real edge: requests are routed by template as the platform does it, literals first. */

export type Grant = { readonly permissions: readonly string[] };
export const defineEndpoint = endpointDefiner<Grant>();
const NOW = new Date("2026-11-20T12:00:00.000Z");

export const edgeDeps: EdgeDeps<Grant> = {
  verifier: {
    verify: async (authorization) => {
      const subject = /^Bearer (\w+)$/.exec(authorization ?? "")?.[1];
      if (subject === undefined) throw new UnauthenticatedError("no bearer token");
      return { kind: "user", subject, roles: [], isPersonalAccount: false };
    },
  },
  authorize: async (principal, rule, params) => {
    if (rule.kind === "customer" && params["customerId"] !== "contoso") throw new NotFoundError("not theirs");
    if (principal.subject === "guest") throw new ForbiddenError();
    return { permissions: ["all"] };
  },
  now: () => NOW,
  newRequestId: () => "request-1",
  validateResponses: true,
};

type Call = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly token?: string | undefined;
};

type LogLine = { readonly level: string; readonly text: string };

export type TestResponse = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
};

const textOf = async (body: unknown): Promise<string> => {
  if (body === undefined || body === null) return "";
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  if (body instanceof Readable) return Buffer.concat(await body.toArray()).toString();
  throw new Error("unexpected body");
};

const matchRoute = (route: string, path: string): Record<string, string> | undefined => {
  const catchAll = /^\{\*(\w+)\}$/.exec(route)?.[1];
  if (catchAll !== undefined) return { [catchAll]: path };
  const pattern = new RegExp(`^${route.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
  const found = pattern.exec(path);
  return found === null ? undefined : { ...found.groups };
};

const rank = (route: string): number => (route.includes("*") ? 1_000 : route.split("{").length);

/** Calls `METHOD path?query` as the platform would; `lines` receives what is logged. */
export const startEdge = (endpoints: readonly Endpoint<Grant>[], changes: Partial<EdgeDeps<Grant>> = {}) => {
  const functions = new Map<string, HttpFunctionOptions>();
  const lines: LogLine[] = [];
  registerEndpoints(endpoints, { ...edgeDeps, ...changes }, (name, options) => functions.set(name, options));
  const call = async (
    target: string,
    { headers = {}, body, token = "alice" }: Call = {},
  ): Promise<TestResponse> => {
    const [method = "", address = ""] = target.split(" ");
    const path = address.split("?")[0] ?? "";
    const candidates = [...functions.values()]
      .filter(({ methods }) => methods?.some((name) => name === method))
      .toSorted((a, b) => rank(a.route ?? "") - rank(b.route ?? ""))
      .flatMap((options) => {
        const params = matchRoute(options.route ?? "", path);
        return params === undefined ? [] : [{ handler: options.handler, params }];
      });
    const [chosen] = candidates;
    if (chosen === undefined) throw new Error(`nothing takes ${target}`);
    const init: HttpRequestInit = {
      method,
      url: `https://api.example/api/${address}`,
      params: chosen.params,
      headers: { ...(token === "" ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? { string: body } : { bytes: body } }),
    };
    const context = new InvocationContext({
      logHandler: (level, ...parts) => lines.push({ level, text: parts.join(" ") }),
    });
    const response = await chosen.handler(new HttpRequest(init), context);
    const text = await textOf(response.body);
    return {
      status: response.status ?? 200,
      headers: new Headers(response.headers),
      text,
      json: text.startsWith("{") ? JSON.parse(text) : undefined,
    };
  };
  return { call, lines, functions };
};

export const customerId = z.string().regex(/^[a-z-]{1,20}$/);
export const thingSchema = z.object({ id: z.string(), minutes: z.int() }).meta({ id: "Thing" });
