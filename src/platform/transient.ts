/** What the cloud's clients throw when the same request may succeed later, whichever client it is. */
import * as z from "zod";
import { isServiceError, UnavailableError } from "./errors.ts";

const RETRY_AFTER_SECONDS = 1;
const BUSY_STATUSES = new Set([408, 429, 449, 503]);
const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "REQUEST_SEND_ERROR",
  "TimeoutError",
]);

const shape = z.object({
  /** Cosmos DB: the HTTP status, or the code of a network error. */
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  /** Blob Storage. */
  statusCode: z.number().optional().catch(undefined),
  /** Service Bus. */
  retryable: z.boolean().optional().catch(undefined),
});

/** @returns the error itself, unless it is one that says to come back later. */
export function asUnavailable(error: unknown): unknown {
  if (isServiceError(error)) return error;
  // When all its tries are used up, Service Bus gives the error of each: the last says how it is now.
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  const parsed = shape.safeParse(last);
  if (!parsed.success) return error;
  const { code, statusCode, retryable } = parsed.data;
  const isBusy =
    retryable === true ||
    BUSY_STATUSES.has(statusCode ?? 0) ||
    BUSY_STATUSES.has(Number(code)) ||
    NETWORK_CODES.has(String(code));
  return isBusy ? new UnavailableError(RETRY_AFTER_SECONDS, error) : error;
}
