import { STATUS_CODES } from "node:http";
import * as z from "zod";
import { preferredType } from "./accept.ts";
import { isServiceError, type ServiceError } from "./errors.ts";

/**
 * Errors become answers here and nowhere else. What is not one of the product's own errors tells the client nothing but
 * the id under which the log has the rest.
 */

const STATUS: Readonly<Record<ServiceError["kind"], number>> = {
  invalidRequest: 400,
  unauthenticated: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  notAcceptable: 406,
  conflict: 409,
  preconditionFailed: 412,
  tooLarge: 413,
  uriTooLong: 414,
  unsupportedMediaType: 415,
  notImplemented: 501,
  unavailable: 503,
};

const detailSchema = z.object({ code: z.string(), message: z.string(), target: z.string().optional() });

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().meta({ description: "Stable: programs may compare it. Equal to x-ms-error-code." }),
      message: z.string().meta({ description: "For people; may change." }),
      target: z.string().optional(),
      details: z.array(detailSchema).optional(),
      innererror: z.record(z.string(), z.unknown()).optional(),
      requestId: z.string().optional(),
    }),
  })
  .meta({ id: "ErrorResponse" });

export const problemSchema = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    target: z.string().optional(),
    details: z.array(detailSchema).optional(),
    innererror: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string().optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457; the same facts as ErrorResponse." });

const JSON_TYPE = "application/json";
const PROBLEM_TYPE = "application/problem+json";

export type Problem = {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const headersOf = (error: ServiceError): Readonly<Record<string, string>> => {
  if (error.kind === "unauthenticated") return { "www-authenticate": 'Bearer error="invalid_token"' };
  if (error.kind === "methodNotAllowed") return { allow: error.allowed.join(", ") };
  if (error.kind === "unsupportedMediaType") return { accept: error.accepted.join(", ") };
  if (error.kind === "unavailable") return { "retry-after": String(error.retryAfterSeconds) };
  return {};
};

const factsOf = (error: unknown, requestId: string) => {
  if (!isServiceError(error)) {
    const message = "The service failed. Give the request id to whoever looks into it.";
    return { status: 500, code: "InternalServerError", message, more: { requestId }, headers: {} };
  }
  const { kind, code, message, target, details, innererror } = error;
  const more = {
    ...(target === undefined ? {} : { target }),
    ...(details.length === 0 ? {} : { details }),
    ...(innererror === undefined ? {} : { innererror }),
  };
  return { status: STATUS[kind], code, message, more, headers: headersOf(error) };
};

export const toProblem = (error: unknown, requestId: string, accept: string | null): Problem => {
  const { status, code, message, more, headers } = factsOf(error, requestId);
  const type = preferredType(accept, [JSON_TYPE, PROBLEM_TYPE]) ?? JSON_TYPE;
  const body =
    type === PROBLEM_TYPE
      ? { type: "about:blank", title: STATUS_CODES[status] ?? code, status, detail: message, code, ...more }
      : { error: { code, message, ...more } };
  return {
    status,
    code,
    headers: { "content-type": type, "x-ms-error-code": code, ...headers },
    body: JSON.stringify(body),
  };
};
