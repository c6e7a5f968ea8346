/**
 * Every refusal is one of these. What the service would refuse has the service's status and code; what lies outside
 * the subset is 501 and names what is missing, so that nobody takes a guess for an answer.
 */
export class CosmosError extends Error {
  readonly status: number;
  readonly code: string;
  readonly substatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** The query plan that travels with "the gateway cannot serve this query": the SDK goes on with it. */
  readonly additionalErrorInfo: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: {
      readonly substatus?: number;
      readonly retryAfterMs?: number;
      readonly additionalErrorInfo?: string;
    } = {},
  ) {
    super(message);
    this.name = "CosmosError";
    this.status = status;
    this.code = code;
    this.substatus = extra.substatus;
    this.retryAfterMs = extra.retryAfterMs;
    this.additionalErrorInfo = extra.additionalErrorInfo;
  }
}

export const SUBSTATUS = {
  partitionKeyMismatch: 1001,
  readSessionNotAvailable: 1002,
  crossPartitionQueryNotServable: 1004,
  requestRateTooLarge: 3200,
} as const;

export function badRequest(message: string, substatus?: number): CosmosError {
  return new CosmosError(400, "BadRequest", message, substatus === undefined ? {} : { substatus });
}

/** A query that cannot be parsed or bound, in the shape in which the service reports it. */
export function badQuery(code: string, message: string): CosmosError {
  return badRequest(JSON.stringify({ errors: [{ severity: "Error", code, message }] }));
}

export const unauthorized = (message: string): CosmosError => new CosmosError(401, "Unauthorized", message);

export const notFound = (
  message = "Entity with the specified id does not exist in the system.",
): CosmosError => new CosmosError(404, "NotFound", message, { substatus: 0 });

export const conflict = (): CosmosError =>
  new CosmosError(409, "Conflict", "Entity with the specified id already exists in the system.");

export const preconditionFailed = (): CosmosError =>
  new CosmosError(
    412,
    "PreconditionFailed",
    "Operation cannot be performed because one of the specified precondition is not met",
  );

export const tooLarge = (): CosmosError =>
  new CosmosError(413, "RequestEntityTooLarge", "Request size is too large");

export function throttled(retryAfterMs: number): CosmosError {
  return new CosmosError(
    429,
    "TooManyRequests",
    "The request rate is too large. Please retry after sometime.",
    {
      substatus: SUBSTATUS.requestRateTooLarge,
      retryAfterMs,
    },
  );
}

export const unsupported = (what: string): CosmosError =>
  new CosmosError(501, "NotImplemented", `This stand-in for Cosmos DB does not support ${what}.`);
