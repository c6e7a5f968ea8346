import { isObject, type Json, type JsonObject } from "./json.ts";

export type CosmosResponse = {
  readonly status: number;
  /** JSON text. */
  readonly body: string | undefined;
  readonly charge: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly examined: number;
};

export function feed(name: string, resources: readonly JsonObject[], rid: string): JsonObject {
  return { _rid: rid, [name]: resources, _count: resources.length };
}

export function answer(status: number, body: Json | undefined, charge: number): CosmosResponse {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const etag = isObject(body) && typeof body["_etag"] === "string" ? { etag: body["_etag"] } : {};
  return { status, body: text, charge, headers: etag, examined: 0 };
}

export function withHeaders(
  response: CosmosResponse,
  headers: Readonly<Record<string, string>>,
): CosmosResponse {
  return { ...response, headers: { ...response.headers, ...headers } };
}
