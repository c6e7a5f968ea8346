import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { FaultSource } from "../faults.ts";
import { listenOnLoopback } from "../http-faults.ts";
import { createAdmin, type RunFunction } from "./admin.ts";
import type { InvocationRequest, InvocationResponse } from "./core-types.ts";
import {
  type FunctionDefinition,
  type FunctionOf,
  functionsOf,
  type HttpTrigger,
} from "./function-definition.ts";
import { endWith, readBody, toHttpData, writeHttpData } from "./http-message.ts";
import { streamExchange } from "./http-streaming.ts";
import { type Invoker, traceContextFrom } from "./invocation.ts";
import { errorText, type Log } from "./log.ts";
import { isAnsweredByFault } from "./request-faults.ts";
import {
  compareRoutes,
  matchRoute,
  parseRoute,
  pathSegments,
  type Route,
  type RouteParameters,
} from "./routes.ts";

/**
 * The server of the app: its HTTP functions under the route prefix, and `/admin`. It answers 404 for a path that no
 * function has and for a method that none lists, 500 without a body when a function throws, and listens on loopback only.
 */
export type HttpServer = {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections; resolves when those there are have ended, or been cut after that time. */
  stop(graceMs: number): Promise<void>;
};

/** Requests that come before the app can answer them wait. */
export type Listener = {
  readonly server: Server;
  readonly port: number;
  readonly serve: (listener: RequestListener) => void;
};

export type HttpServerOptions = {
  readonly listener: Listener;
  readonly routePrefix: string;
  readonly functionKey: string;
  readonly bodyLimitBytes: number;
  /** Where the library's own server listens, when the app streams. */
  readonly proxyUrl: string | undefined;
  readonly faults: FaultSource;
  readonly functions: readonly FunctionDefinition[];
  readonly invoker: Invoker;
  /** Runs timer and queue functions on request. */
  readonly run: RunFunction;
  readonly log: Log;
};

export type HttpExchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly bodyLimitBytes: number;
  /** The work is to be done and its answer thrown away. */
  readonly isAnswerLost: boolean;
};

/** The function that a request is for. */
export type HttpTarget = {
  readonly bindingName: string;
  readonly parameters: RouteParameters;
  /** Undefined when the function failed, which has been logged. */
  readonly invoke: (
    request: InvocationRequest,
    invocationId?: string,
  ) => Promise<InvocationResponse | undefined>;
};

type RoutedFunction = { readonly route: Route; readonly definition: FunctionOf<HttpTrigger> };

/** Before the app is loaded, which is told its address. @param port 0 takes any that is free. */
export async function listen(port: number): Promise<Listener> {
  const serving = Promise.withResolvers<RequestListener>();
  const server = createServer((request, response) => {
    serving.promise.then((serve) => serve(request, response)).catch(() => response.destroy());
  });
  return { server, port: await listenOnLoopback(server, port), serve: serving.resolve };
}

export function serveHttp(options: HttpServerOptions): HttpServer {
  const { server, port } = options.listener;
  const routed = routeFunctions(options);
  const admin = createAdmin(options.functions, options.run);
  let requestCount = 0;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = requestUrl(request);
    if (url === undefined) return endWith(response, 400);
    if (url.pathname.startsWith("/admin/")) return admin(request, response, url);
    const fault = options.faults({ index: requestCount++, operation: "http" });
    if (await isAnsweredByFault(fault, request, response)) return;
    const isAnswerLost = fault?.kind === "lost";
    await answer(options, routed, {
      request,
      response,
      url,
      bodyLimitBytes: options.bodyLimitBytes,
      isAnswerLost,
    });
    if (isAnswerLost) request.socket.destroy();
  };

  let isStopping = false;
  options.listener.serve((request, response) => {
    // A connection that is kept alive would hold up the stop.
    response.once("close", () => {
      if (isStopping) server.closeIdleConnections();
    });
    serve(request, response).catch((error: unknown) => {
      // A client that went away in the middle of its request is no failure of the app.
      const level = request.complete ? "error" : "debug";
      options.log({ level, category: "system", message: errorText(error) });
      if (response.headersSent) response.destroy();
      else endWith(response, 500);
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop(graceMs) {
      isStopping = true;
      return closeServer(server, graceMs);
    },
  };
}

function routeFunctions(options: HttpServerOptions): readonly RoutedFunction[] {
  return functionsOf(options.functions, "http")
    .map((definition) => ({
      definition,
      route: parseRoute(`${options.routePrefix}/${definition.trigger.route.template}`),
    }))
    .sort((left, right) => compareRoutes(left.route, right.route));
}

async function answer(
  options: HttpServerOptions,
  routed: readonly RoutedFunction[],
  exchange: HttpExchange,
): Promise<void> {
  const { request, response, url } = exchange;
  const match = findFunction(routed, request.method ?? "GET", url);
  if (match === undefined) return endWith(response, 404);
  const { definition, parameters } = match;
  if (definition.trigger.needsKey && givenKey(request, url) !== options.functionKey)
    return endWith(response, 401);
  const target: HttpTarget = {
    bindingName: definition.bindingName,
    parameters,
    invoke: (invocation, invocationId) =>
      options.invoker.invoke(definition.name, invocation, invocationId).catch(() => undefined),
  };
  if (Number(request.headers["content-length"] ?? 0) > exchange.bodyLimitBytes) return endWith(response, 413);
  if (options.proxyUrl !== undefined) return await streamExchange(target, exchange, options.proxyUrl);
  const body = await readBody(request, exchange.bodyLimitBytes);
  if (body === undefined) return endWith(response, 413);
  await answerBuffered(target, exchange, body);
}

async function answerBuffered(target: HttpTarget, exchange: HttpExchange, body: Buffer): Promise<void> {
  const { request, response, url } = exchange;
  const http = toHttpData(request, url, target.parameters, body);
  const result = await target.invoke({
    inputData: [{ name: target.bindingName, data: { http } }],
    traceContext: traceContextFrom(request.headers["traceparent"], request.headers["tracestate"]),
  });
  if (result === undefined) return endWith(response, 500);
  if (!exchange.isAnswerLost) writeHttpData(response, result.returnValue?.http);
}

function findFunction(
  routed: readonly RoutedFunction[],
  method: string,
  url: URL,
): { readonly definition: FunctionOf<HttpTrigger>; readonly parameters: RouteParameters } | undefined {
  const path = pathSegments(url.pathname);
  for (const { route, definition } of routed) {
    if (!definition.trigger.methods.includes(method)) continue;
    const parameters = matchRoute(route, path);
    if (parameters !== undefined) return { definition, parameters };
  }
  return undefined;
}

function givenKey(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers["x-functions-key"];
  return typeof header === "string" ? header : (url.searchParams.get("code") ?? undefined);
}

/** Built by hand, so that a path that starts with two slashes cannot name another host. */
function requestUrl(request: IncomingMessage): URL | undefined {
  const url = `http://${request.headers.host ?? "localhost"}${request.url ?? "/"}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
