/**
 * The closed set of errors that product code throws. They know nothing of HTTP: `problem.ts` turns each `kind` into an
 * answer, once. A code is part of the contract with clients and never changes its meaning; a message is for people.
 * `cause` goes to the log and never to a client.
 */

/** One of several facts behind an error, such as one invalid field of a body. */
export type ErrorDetail = {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
};

/** Facts for a program beside the message: a more specific code and whatever a client can use. */
type InnerError = {
  readonly code?: string;
  readonly [fact: string]: string | number | boolean | readonly string[] | undefined;
};

type ErrorFacts = {
  readonly target?: string | undefined;
  readonly details?: readonly ErrorDetail[] | undefined;
  readonly innererror?: InnerError | undefined;
  readonly cause?: unknown;
};

abstract class CodedError extends Error {
  readonly code: string;
  readonly target: string | undefined;
  readonly details: readonly ErrorDetail[];
  readonly innererror: InnerError | undefined;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.target = facts.target;
    this.details = facts.details ?? [];
    this.innererror = facts.innererror;
  }
}

const NOT_FOUND =
  "There is no such resource, or the caller may not see it. The paths of this API are listed at /api/openapi.json.";

/**
 * What was asked for does not exist, or the caller may not know that it does: both answer alike, so nothing that differs
 * between them can be given. `reason` is for the log.
 */
export class NotFoundError extends CodedError {
  readonly kind = "notFound";

  constructor(reason?: unknown) {
    super("ResourceNotFound", NOT_FOUND, { cause: reason });
  }
}

/** The caller is not known. `reason` is for the log: an answer that told it would help whoever forges tokens. */
export class UnauthenticatedError extends CodedError {
  readonly kind = "unauthenticated";

  constructor(reason?: unknown) {
    super("Unauthenticated", "A valid bearer token is required.", { cause: reason });
  }
}

/** The caller may know of the resource and may not do this to it. */
export class ForbiddenError extends CodedError {
  readonly kind = "forbidden";

  constructor(code = "Forbidden", message = "The caller is not allowed to do this.", facts: ErrorFacts = {}) {
    super(code, message, facts);
  }
}

/** The request is wrong in itself: sending it again does not help. */
export class InvalidRequestError extends CodedError {
  readonly kind = "invalidRequest";
}

/** The request is right and what is stored stands against it. */
export class ConflictError extends CodedError {
  readonly kind = "conflict";
}

/** Somebody else changed the resource since the caller read it. */
export class PreconditionFailedError extends CodedError {
  readonly kind = "preconditionFailed";

  constructor(cause?: unknown) {
    super("ConditionNotMet", "The resource has changed: read it again, then repeat the request.", {
      target: "If-Match",
      cause,
    });
  }
}

export class TooLargeError extends CodedError {
  readonly kind = "tooLarge";

  constructor(maxBytes: number) {
    super("RequestBodyTooLarge", `The request body is larger than ${maxBytes} bytes.`, {
      innererror: { maxBytes },
    });
  }
}

export class UnsupportedMediaTypeError extends CodedError {
  readonly kind = "unsupportedMediaType";
  readonly accepted: readonly string[];

  constructor(accepted: readonly string[]) {
    super("UnsupportedMediaType", `The content type of the body must be one of: ${accepted.join(", ")}.`, {
      target: "Content-Type",
    });
    this.accepted = accepted;
  }
}

export class NotAcceptableError extends CodedError {
  readonly kind = "notAcceptable";

  constructor(offered: readonly string[]) {
    super("NotAcceptable", `The answer is offered as: ${offered.join(", ")}.`, { target: "Accept" });
  }
}

export class MethodNotAllowedError extends CodedError {
  readonly kind = "methodNotAllowed";
  readonly allowed: readonly string[];

  constructor(allowed: readonly string[]) {
    super("MethodNotAllowed", `This resource answers to: ${allowed.join(", ")}.`);
    this.allowed = allowed;
  }
}

export class UriTooLongError extends CodedError {
  readonly kind = "uriTooLong";

  constructor(maxCharacters: number) {
    super("UriTooLong", `The URL is longer than ${maxCharacters} characters.`, {
      innererror: { maxCharacters },
    });
  }
}

/** The caller asked for a guarantee that this operation does not give. */
export class NotImplementedError extends CodedError {
  readonly kind = "notImplemented";

  constructor(message: string, target?: string) {
    super("NotImplemented", message, { target });
  }
}

/** Something this service needs is busy or away: the same request may succeed later. */
export class UnavailableError extends CodedError {
  readonly kind = "unavailable";
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, cause?: unknown) {
    super("ServerBusy", "The service cannot answer now: repeat the request later.", { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type ServiceError =
  | NotFoundError
  | UnauthenticatedError
  | ForbiddenError
  | InvalidRequestError
  | ConflictError
  | PreconditionFailedError
  | TooLargeError
  | UnsupportedMediaTypeError
  | NotAcceptableError
  | MethodNotAllowedError
  | UriTooLongError
  | NotImplementedError
  | UnavailableError;

export const isServiceError = (error: unknown): error is ServiceError => error instanceof CodedError;
