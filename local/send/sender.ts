import { setTimeout as delay } from "node:timers/promises";

const API_VERSION = "2026-11-01";
const REQUEST_LIMIT_MS = 60_000;
const MAX_ATTEMPTS = 10;
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 10_000;
const REPEATABLE = new Set([408, 429, 500, 502, 503, 504]);
/** Of a first request: the address is wrong, or the service is not running, and waiting changes neither. */
const NOBODY_THERE = /ECONNREFUSED|ENOTFOUND|bad port/;

/** Nothing more can be sent; the message says what to do. */
export class CannotSendError extends Error {
  override readonly name = "CannotSendError";
}

export type SenderOptions = {
  readonly apiUrl: string;
  /** Asked again with `fresh` when the service refused the last one. */
  readonly token: (fresh: boolean) => Promise<string>;
  readonly signal: AbortSignal;
  readonly firstWaitMs?: number | undefined;
};

export type Request = { readonly path: string; readonly contentType: string; readonly body: string };
export type Reply = { readonly status: number; readonly retryAfterMs: number; readonly text: string };
type NoReply = { readonly status: undefined; readonly retryAfterMs: 0; readonly reason: string };

/**
 * Repeats a request that did not come through, or that the service asks to repeat, until there is a reply that another
 * attempt would not change. An event that thereby arrives twice counts once, so repeating is always safe.
 * @throws CannotSendError when no attempt came through, and the signal's reason when that is aborted.
 */
export function createSender(options: SenderOptions): (request: Request) => Promise<Reply> {
  const { signal } = options;
  let everReplied = false;
  let fresh = false;

  return async (request) => {
    let wait = options.firstWaitMs ?? FIRST_WAIT_MS;
    let last = "";
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const reply = await ask(request, await options.token(fresh), options);
      if (reply.status === undefined) last = reply.reason;
      else everReplied = true;
      if (!everReplied && NOBODY_THERE.test(last)) {
        throw new CannotSendError(
          `Nothing answers at ${options.apiUrl} (${last}). Is it running (npm start)?`,
        );
      }
      const outdated: boolean = reply.status === 401 && !fresh;
      fresh = outdated;
      if (outdated) continue;
      if (reply.status !== undefined) {
        if (!REPEATABLE.has(reply.status)) return reply;
        last = `status ${reply.status}`;
      }
      await delay(Math.max(reply.retryAfterMs, wait * (0.5 + Math.random())), undefined, { signal });
      wait = Math.min(wait * 2, MAX_WAIT_MS);
    }
    throw new CannotSendError(`${request.path} failed ${MAX_ATTEMPTS} times, lastly with ${last}`);
  };
}

async function ask(request: Request, token: string, options: SenderOptions): Promise<Reply | NoReply> {
  const { signal, apiUrl } = options;
  try {
    const response = await fetch(new URL(`${request.path}?api-version=${API_VERSION}`, apiUrl), {
      method: "POST",
      headers: { "content-type": request.contentType, authorization: `Bearer ${token}` },
      body: request.body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]),
    });
    const text = await response.text();
    return { status: response.status, retryAfterMs: retryAfterMs(response.headers), text };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { status: undefined, retryAfterMs: 0, reason: String(cause) };
  }
}

/** Seconds or a date (RFC 9110, section 10.2.3); a wait of more than the request limit is not believed. */
function retryAfterMs(headers: Headers): number {
  const text = headers.get("retry-after") ?? "";
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), REQUEST_LIMIT_MS) : 0;
}
