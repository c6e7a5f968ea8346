import { createHash } from "node:crypto";
import type { HttpRequest, InvocationContext } from "@azure/functions";
import { mediaTypeName } from "./accept.ts";
import { type Conditions, readConditions } from "./conditional.ts";
import type { BodyContract } from "./contract.ts";
import { InvalidRequestError, TooLargeError, UnsupportedMediaTypeError, UriTooLongError } from "./errors.ts";
import { parseJson } from "./json.ts";

/** Reads what is the same for every request: ids, trace, address and the body, all within limits. */

/** The platform itself refuses longer ones. */
const URL_MAX_CHARACTERS = 4_096;
const JSON_MAX_BYTES = 262_144;
const CLIENT_REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

export type RequestHead = {
  readonly url: URL;
  readonly clientRequestId: string | undefined;
  readonly repeatabilityRequestId: string | undefined;
  readonly contentType: string | undefined;
  readonly conditions: Conditions;
};

const headerFault = (name: string, rule: string): InvalidRequestError =>
  new InvalidRequestError("InvalidHeaderValue", `${name} must be ${rule}.`, { target: name });

/** The caller's own id for the request, to be echoed; undefined when it gave none or one that is not fit to be echoed. */
export const clientRequestIdOf = (request: HttpRequest): string | undefined => {
  const id = request.headers.get("x-ms-client-request-id");
  return id !== null && CLIENT_REQUEST_ID.test(id) ? id : undefined;
};

/** As the platform continued it, else as it came. A broken one is dropped, as W3C Trace Context asks. */
export const traceparentOf = (request: HttpRequest, context: InvocationContext): string | undefined =>
  [context.traceContext?.traceParent, request.headers.get("traceparent")].find(
    (value): value is string => typeof value === "string" && TRACEPARENT.test(value),
  );

/** @throws UriTooLongError, InvalidRequestError. */
export const readHead = (request: HttpRequest, publicBaseUrl: URL | undefined): RequestHead => {
  if (request.url.length > URL_MAX_CHARACTERS) throw new UriTooLongError(URL_MAX_CHARACTERS);
  const clientRequestId = clientRequestIdOf(request);
  if (clientRequestId === undefined && request.headers.has("x-ms-client-request-id")) {
    throw headerFault("x-ms-client-request-id", "1 to 128 visible ASCII characters");
  }
  const repeatabilityRequestId = request.headers.get("repeatability-request-id") ?? undefined;
  if (repeatabilityRequestId !== undefined && !UUID.test(repeatabilityRequestId)) {
    throw headerFault("Repeatability-Request-ID", "a UUID");
  }
  requireFirstSent(request.headers.get("repeatability-first-sent"), repeatabilityRequestId);
  const contentType = request.headers.get("content-type") ?? undefined;
  return {
    url: publicUrl(request.url, publicBaseUrl),
    clientRequestId,
    repeatabilityRequestId: repeatabilityRequestId?.toLowerCase(),
    contentType,
    conditions: readConditions(request.headers),
  };
};

/** It says nothing that is used here, but a client that sends it wrong means something that it does not get. */
const requireFirstSent = (firstSent: string | null, requestId: string | undefined): void => {
  if (firstSent === null) return;
  const name = "Repeatability-First-Sent";
  if (requestId === undefined) throw headerFault(name, "sent together with Repeatability-Request-ID");
  const time = Date.parse(firstSent);
  // The one form of HTTP dates that may be sent is the one that `toUTCString` writes.
  if (Number.isNaN(time) || new Date(time).toUTCString() !== firstSent)
    throw headerFault(name, "an HTTP date, such as Fri, 20 Nov 2026 12:00:00 GMT");
};

/** Links must not lead where a forged Host header says: a configured address wins. */
const publicUrl = (requested: string, base: URL | undefined): URL => {
  const url = new URL(requested);
  return base === undefined ? url : new URL(`${url.pathname}${url.search}`, base.origin);
};

/**
 * The same for the repeats of one request, and for nothing else: an id that is sent again to another address, or with
 * another body, byte for byte, names another request.
 */
export const repeatKeyOf = (
  { repeatabilityRequestId, url }: RequestHead,
  method: string,
  bytes: Uint8Array,
): string | undefined => {
  if (repeatabilityRequestId === undefined) return undefined;
  const about = createHash("sha256").update(`${method} ${url.pathname}${url.search}\n`).update(bytes);
  return `${repeatabilityRequestId}~${about.digest("base64url").slice(0, 27)}`;
};

type Content = { readonly content: unknown; readonly bytes: Uint8Array };
const NO_CONTENT: Content = { content: undefined, bytes: new Uint8Array() };

/**
 * Parsed, and as it came.
 * @throws UnsupportedMediaTypeError, TooLargeError, InvalidRequestError `InvalidJson`.
 */
export const readContent = async (
  request: HttpRequest,
  contract: BodyContract | undefined,
): Promise<Content> => {
  if (contract === undefined) return NO_CONTENT;
  const accepted = contract.contentTypes ?? ["application/json"];
  const given = mediaTypeName(request.headers.get("content-type") ?? "");
  if (!accepted.includes(given) && !accepted.includes("*")) throw new UnsupportedMediaTypeError(accepted);
  // Compressed content could be far larger than the limit once it is unpacked.
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") throw new UnsupportedMediaTypeError(accepted);
  const bytes = await readBytes(request, contract.maxBytes ?? JSON_MAX_BYTES);
  const content = contract.kind === "bytes" ? bytes : parseJson(decodeText(bytes), contract.maxDepth);
  return { content, bytes };
};

const readBytes = async (request: HttpRequest, maxBytes: number): Promise<Uint8Array> => {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw new TooLargeError(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The stated length is the client's word: what counts is what arrives.
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new TooLargeError(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

const decodeText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidRequestError("InvalidJson", "The body is not valid UTF-8.", { cause });
  }
};
