import { createHash } from "node:crypto";
import type * as z from "zod";
import type { TokenRequest } from "../tokens/claims.ts";
import type { RunningTokens } from "../tokens/server.ts";

const API_VERSION = "2026-11-01";

export type Target = {
  readonly apiUrl: string;
  readonly tokenFor: RunningTokens["tokenFor"];
  readonly signal: AbortSignal;
};

/** Does what somebody could do through the API. @throws Error with what was asked and answered. */
export type Ask = <Schema extends z.ZodType>(
  caller: TokenRequest,
  method: "GET" | "POST" | "PUT",
  path: string,
  schema: Schema,
  body?: unknown,
) => Promise<z.output<Schema>>;

/** Invariant: the same POST of the same person is the same request, so that done again it changes nothing. */
export function asker({ apiUrl, tokenFor, signal }: Target): Ask {
  return async (caller, method, path, schema, body) => {
    const token = await tokenFor(caller);
    const url = new URL(`${apiUrl}/api/${path}`);
    url.searchParams.set("api-version", API_VERSION);
    const content = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method === "POST"
          ? { "repeatability-request-id": requestIdOf([caller.email, path, content].join(" ")) }
          : {}),
        ...(content === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(content === undefined ? {} : { body: content }),
      signal,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return schema.parse(text === "" ? undefined : JSON.parse(text));
  };
}

/** The same for the same request, in the form of a UUID. */
function requestIdOf(what: string): string {
  const hex = createHash("sha256").update(what).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
