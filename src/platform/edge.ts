import type { HttpHandler, HttpRequest, InvocationContext } from "@azure/functions";
import { preferredType } from "./accept.ts";
import { requireApiVersion } from "./api-version.ts";
import { type AccessRule, type Contract, isConditionalWrite } from "./contract.ts";
import type { Endpoint } from "./endpoint.ts";
import { isServiceError, NotAcceptableError, NotImplementedError } from "./errors.ts";
import { toProblem } from "./problem.ts";
import {
  clientRequestIdOf,
  type RequestHead,
  readContent,
  readHead,
  repeatKeyOf,
  traceparentOf,
} from "./request.ts";
import { type Response, toResponse } from "./response.ts";
import type { Principal, TokenVerifier } from "./tokens.ts";
import { asUnavailable } from "./transient.ts";

/**
 * The one way in. In this order: address and headers, version, who calls, may they, body, contract, handler. So whoever
 * may not know of a resource never learns more about it from a complaint about the body.
 */

export type EdgeDeps<Grant> = {
  readonly verifier: TokenVerifier;
  /**
   * What the principal may do under the rule. Route parameters are still texts.
   * @throws ForbiddenError, or NotFoundError where the caller may not know that there is something.
   */
  readonly authorize: (
    principal: Principal,
    rule: Exclude<AccessRule, { kind: "anonymous" }>,
    params: Readonly<Record<string, string>>,
    now: Date,
  ) => Promise<Grant>;
  readonly now: () => Date;
  readonly newRequestId: () => string;
  /** Development and tests: an answer that breaks its contract is a 500. */
  readonly validateResponses: boolean;
  /** The origin that clients see. Default: the one they asked. */
  readonly publicBaseUrl?: URL | undefined;
};

const SAFE_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
const LOGGED_REASON_MAX_CHARACTERS = 500;

const offeredTypes = ({ responses }: Contract): readonly string[] =>
  Object.values(responses).flatMap((response) => {
    if ("schema" in response) return ["application/json"];
    return "contentTypes" in response ? response.contentTypes : [];
  });

const requireAcceptable = (offered: readonly string[], accept: string | null): void => {
  if (offered.length === 0 || offered.includes("*") || preferredType(accept, offered) !== undefined) return;
  throw new NotAcceptableError([...new Set(offered)]);
};

/** Whoever asks for a guarantee gets it, or is told that there is none: never a write without it. */
const requireKeptPromises = (
  contract: Contract,
  { repeatabilityRequestId, conditions }: RequestHead,
): void => {
  const refused = (name: string) => new NotImplementedError(`This operation does not support ${name}.`, name);
  if (repeatabilityRequestId !== undefined && contract.repeatable !== true)
    throw refused("Repeatability-Request-ID");
  if (contract.method === "GET") return;
  if (conditions.ifMatch !== undefined && !isConditionalWrite(contract)) throw refused("If-Match");
  if (conditions.ifNoneMatch !== undefined) throw refused("If-None-Match");
};

/** What the log line tells beside the answer; filled while the request is worked on. */
type Trail = { principal?: Principal; version?: string };

/** What is the same for every request of an endpoint. */
type Served<Grant> = {
  readonly endpoint: Endpoint<Grant>;
  readonly deps: EdgeDeps<Grant>;
  readonly offered: readonly string[];
};

const serve = async <Grant>(
  { endpoint, deps, offered }: Served<Grant>,
  request: HttpRequest,
  facts: { readonly requestId: string; readonly traceparent: string | undefined; readonly now: Date },
  trail: Trail,
): Promise<Response> => {
  const { contract } = endpoint;
  const { access } = contract;
  const head = readHead(request, deps.publicBaseUrl);
  if (contract.versioned !== false) trail.version = requireApiVersion(head.url.searchParams);
  requireAcceptable(offered, request.headers.get("accept"));
  let grant: Grant | undefined;
  if (access.kind !== "anonymous") {
    trail.principal = await deps.verifier.verify(request.headers.get("authorization"), facts.now);
    grant = await deps.authorize(trail.principal, access, request.params, facts.now);
  }
  requireKeptPromises(contract, head);
  const { content, bytes } = await readContent(request, contract.body);
  const answer = await endpoint.handle({
    ...facts,
    url: head.url,
    conditions: head.conditions,
    contentType: head.contentType,
    repeatKey: repeatKeyOf(head, request.method, bytes),
    params: request.params,
    search: head.url.searchParams,
    rawHeaders: request.headers,
    content,
    principal: trail.principal,
    grant,
  });
  return toResponse({
    answer,
    head,
    responses: contract.responses,
    method: request.method,
    requestHeaders: request.headers,
    validateResponses: deps.validateResponses,
  });
};

const causeText = (error: unknown): string | undefined => {
  if (!isServiceError(error)) return error instanceof Error ? error.stack : String(error);
  const { cause } = error;
  if (cause === undefined) return undefined;
  if (error.kind === "unavailable" && cause instanceof Error) return cause.stack;
  const reason = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : typeof cause;
  return reason.slice(0, LOGGED_REASON_MAX_CHARACTERS);
};

/** Query values and bodies can be personal, tokens are secret: none of them is logged. */
const log = (context: InvocationContext, status: number, line: Readonly<Record<string, unknown>>): void => {
  const text = JSON.stringify({ event: "http", status, ...line });
  if (status >= 500) context.error(text);
  else context.info(text);
};

/** Of two that differ in case only, the later one counts. */
const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

export const toHandler = <Grant>(endpoint: Endpoint<Grant>, deps: EdgeDeps<Grant>): HttpHandler => {
  const served = { endpoint, deps, offered: offeredTypes(endpoint.contract) };
  return async (request, context) => {
    const requestId = deps.newRequestId();
    const facts = { requestId, traceparent: traceparentOf(request, context), now: deps.now() };
    const clientRequestId = clientRequestIdOf(request);
    const started = performance.now();
    const trail: Trail = {};
    let response: Response;
    let failure: { readonly errorCode: string; readonly cause: string | undefined } | undefined;
    try {
      response = await serve(served, request, facts, trail);
    } catch (thrown) {
      const error = asUnavailable(thrown);
      const { code, ...problem } = toProblem(error, requestId, request.headers.get("accept"));
      response = problem;
      failure = { errorCode: code, cause: causeText(error) };
    }
    log(context, response.status, {
      name: endpoint.contract.name,
      method: request.method,
      durationMs: Math.round(performance.now() - started),
      requestId,
      clientRequestId,
      traceparent: facts.traceparent,
      caller: trail.principal && `${trail.principal.kind}:${trail.principal.subject}`,
      ...failure,
    });
    const headers: Record<string, string> = {
      ...SAFE_HEADERS,
      "x-ms-request-id": requestId,
      ...(clientRequestId === undefined ? {} : { "x-ms-client-request-id": clientRequestId }),
      ...(trail.version === undefined ? {} : { "api-version": trail.version }),
      ...lowerCased(response.headers),
    };
    const body = request.method === "HEAD" ? undefined : response.body;
    return { status: response.status, headers, ...(body === undefined ? {} : { body }) };
  };
};
