import { randomUUID } from "node:crypto";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { TypedData } from "./core-types.ts";
import { endWith, joinedHeaders } from "./http-message.ts";
import type { HttpExchange, HttpTarget } from "./http-trigger.ts";
import { traceContextFrom } from "./invocation.ts";
import type { RouteParameters } from "./routes.ts";

/**
 * For an app that called `app.setup({ enableHttpStream: true })` the library runs a server of its own in this process.
 * The host passes the request on to it and invokes the function beside that; the two find each other by the invocation
 * id. A body is never held in memory as a whole.
 */

const INVOCATION_ID_HEADER = "x-ms-invocation-id";

export async function streamExchange(
  target: HttpTarget,
  exchange: HttpExchange,
  proxyUrl: string,
): Promise<void> {
  const { request, response, url } = exchange;
  const invocationId = randomUUID();
  const forwarded = httpRequest(new URL(`${url.pathname}${url.search}`, proxyUrl), {
    method: request.method ?? "GET",
    headers: {
      ...request.headers,
      [INVOCATION_ID_HEADER]: invocationId,
      "x-forwarded-host": url.host,
      "x-forwarded-proto": "http",
    },
  });
  const passedBack = passBack(forwarded, exchange);
  pipeRequest(request, forwarded, exchange.bodyLimitBytes);
  const invocation = {
    inputData: [{ name: target.bindingName, data: { http: {} } }],
    triggerMetadata: streamMetadata(request, target.parameters),
    traceContext: traceContextFrom(request.headers["traceparent"], request.headers["tracestate"]),
  };
  const invoked = target.invoke(invocation, invocationId).then((result) => {
    // The library answers nothing for a function that failed: the waiting for it has to be ended from here.
    if (result === undefined) forwarded.destroy();
    return result;
  });
  const [result, isPassedBack] = await Promise.all([invoked, passedBack]);
  if (result !== undefined && isPassedBack) return;
  if (response.headersSent) response.destroy();
  else endWith(response, 500);
}

/** False when the answer broke off or never came. Never rejects. */
function passBack(forwarded: ClientRequest, { response, isAnswerLost }: HttpExchange): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  forwarded.on("error", () => resolve(false));
  forwarded.on("response", (answer) => {
    const { [INVOCATION_ID_HEADER]: _ofTheProxy, ...headers } = answer.headers;
    answer.on("error", () => resolve(false));
    answer.on("end", () => resolve(true));
    if (isAnswerLost) answer.resume();
    else answer.pipe(response.writeHead(answer.statusCode ?? 200, headers));
  });
  return promise;
}

function pipeRequest(request: IncomingMessage, forwarded: ClientRequest, bodyLimitBytes: number): void {
  let sizeBytes = 0;
  request.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > bodyLimitBytes) forwarded.destroy(new Error("the body is larger than allowed"));
  });
  request.pipe(forwarded);
}

/** The library reads headers and route parameters from here, and the query from the address. */
function streamMetadata(
  request: IncomingMessage,
  parameters: RouteParameters,
): Readonly<Record<string, TypedData>> {
  const metadata: Record<string, TypedData> = {
    Headers: { json: JSON.stringify(joinedHeaders(request)) },
    Query: { json: "{}" },
  };
  for (const [name, value] of Object.entries(parameters)) metadata[name] = { string: value };
  return metadata;
}
