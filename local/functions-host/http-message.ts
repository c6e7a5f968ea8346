import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpCookie, HttpData, TypedData } from "./core-types.ts";
import type { RouteParameters } from "./routes.ts";

/** Between a request of Node and what the library takes, and between what it gives and a response of Node. */

export function toHttpData(
  request: IncomingMessage,
  url: URL,
  parameters: RouteParameters,
  body: Buffer,
): HttpData {
  return {
    method: request.method ?? "GET",
    url: url.href,
    nullableHeaders: nullable(joinedHeaders(request)),
    nullableParams: nullable(parameters),
    nullableQuery: nullable(joinedQuery(url)),
    headers: {},
    params: {},
    query: {},
    ...(body.length > 0 && { body: { bytes: body } }),
  };
}

export function joinedHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  return headers;
}

/** A key that is repeated, in whatever case, is one key with its values joined by commas: so does the platform's host. */
function joinedQuery(url: URL): Readonly<Record<string, string>> {
  const keys = new Map<string, string>();
  const query: Record<string, string> = {};
  for (const [key, value] of url.searchParams) {
    const first = keys.get(key.toLowerCase());
    if (first === undefined) {
      keys.set(key.toLowerCase(), key);
      query[key] = value;
    } else query[first] = `${query[first]},${value}`;
  }
  return query;
}

function nullable(
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, { readonly value: string }>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]));
}

/** Reads the body, or answers undefined as soon as it is larger than allowed. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) return undefined;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  request.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) resolve(undefined);
    else chunks.push(chunk);
  });
  request.on("end", () => resolve(Buffer.concat(chunks)));
  request.on("error", reject);
  return await promise;
}

/** Answers without a body, and lets what is left of the request run out. */
export function endWith(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-length": 0 }).end();
  response.req.resume();
}

/** A function that gave no response answers 204. */
export function writeHttpData(response: ServerResponse, http: HttpData | undefined): void {
  if (http === undefined) {
    response.writeHead(204).end();
    return;
  }
  response.statusCode = Number(http.statusCode ?? 200);
  for (const [name, value] of Object.entries(http.headers ?? {}))
    if (name.toLowerCase() !== "content-length") response.setHeader(name, value);
  const cookies = (http.cookies ?? []).map(cookieText);
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.end(bodyBytes(http.body));
}

function bodyBytes(body: TypedData | undefined): Buffer {
  return body?.bytes === undefined ? Buffer.from(body?.string ?? "") : Buffer.from(body.bytes);
}

const SAME_SITE = { lax: "Lax", strict: "Strict", explicitNone: "None", none: undefined };

function cookieText(cookie: HttpCookie): string {
  const sameSite = SAME_SITE[cookie.sameSite ?? "none"];
  const expires = cookie.expires && new Date(cookie.expires.value.seconds * 1000).toUTCString();
  const attributes = [
    `${cookie.name}=${encodeURIComponent(cookie.value)}`,
    cookie.maxAge && `Max-Age=${cookie.maxAge.value}`,
    cookie.domain && `Domain=${cookie.domain.value}`,
    cookie.path && `Path=${cookie.path.value}`,
    expires && `Expires=${expires}`,
    cookie.httpOnly?.value === true && "HttpOnly",
    cookie.secure?.value === true && "Secure",
    sameSite && `SameSite=${sameSite}`,
  ];
  return attributes.filter((text) => typeof text === "string" && text !== "").join("; ");
}
