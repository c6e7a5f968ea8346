import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import type { TokenRequest } from "./claims.ts";

const REQUEST_LIMIT_MS = 10_000;
const MAX_ATTEMPTS = 5;
const WAIT_MS = 100;
const granted = z.object({ access_token: z.string() });
const refused = z.object({ error_description: z.string() });

/** Asks a running issuer. @throws Error that says what to do about it. */
export async function requestToken(issuer: string, request: TokenRequest): Promise<string> {
  const response = await postPatiently(issuer, request);
  const body: unknown = await response.json().catch(() => undefined);
  const token = granted.safeParse(body);
  if (response.ok && token.success) return token.data.access_token;
  const reason = refused.safeParse(body);
  throw new Error(
    reason.success ? reason.data.error_description : `The token issuer answered ${response.status}`,
  );
}

/** The issuer makes the faults that it is asked to make, and those pass. */
async function postPatiently(issuer: string, request: TokenRequest): Promise<Response> {
  let lost: unknown;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    try {
      const response = await post(issuer, request);
      if (response.status !== 429 && response.status !== 503) return response;
      lost = new Error(`status ${response.status}`);
    } catch (error) {
      lost = error;
      if (String(error instanceof Error ? error.cause : error).includes("ECONNREFUSED")) break;
    }
    await delay(WAIT_MS);
  }
  throw new Error(`No token issuer answers at ${issuer}. Start it with "npm start"`, { cause: lost });
}

function post(issuer: string, request: TokenRequest): Promise<Response> {
  return fetch(`${issuer}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
  });
}
