import * as z from "zod";
import type { TokenRequest } from "./claims.ts";

const REQUEST_LIMIT_MS = 10_000;
const granted = z.object({ access_token: z.string() });
const refused = z.object({ error_description: z.string() });

/** Asks a running issuer. @throws Error that says what to do about it. */
export async function requestToken(issuer: string, request: TokenRequest): Promise<string> {
  const response = await post(issuer, request);
  const body: unknown = await response.json().catch(() => undefined);
  const token = granted.safeParse(body);
  if (response.ok && token.success) return token.data.access_token;
  const reason = refused.safeParse(body);
  throw new Error(
    reason.success ? reason.data.error_description : `The token issuer answered ${response.status}`,
  );
}

async function post(issuer: string, request: TokenRequest): Promise<Response> {
  try {
    return await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
  } catch (cause) {
    throw new Error(`No token issuer answers at ${issuer}. Start it with "npm start"`, { cause });
  }
}
