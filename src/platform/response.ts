import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { contentTag, isUnmodified, requireMatch } from "./conditional.ts";
import type { ResponseContract } from "./contract.ts";
import type { AnyAnswer } from "./endpoint.ts";
import type { RequestHead } from "./request.ts";

/** Answers become responses here: what is on the wire, its tag, and whether the client has it already. */

type Content = { readonly body: string | Uint8Array | Readable; readonly type: string };

const isStream = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body;

const contentOf = (answer: AnyAnswer, contract: ResponseContract | undefined): Content | undefined => {
  if (contract === undefined) throw new Error(`The contract has no response ${answer.status}.`);
  if ("schema" in contract) return { body: JSON.stringify(answer.body), type: "application/json" };
  if (!("contentTypes" in contract)) return undefined;
  const { body, contentType } = answer;
  if (contentType === undefined) throw new Error(`Response ${answer.status} needs a content type.`);
  if (body instanceof Uint8Array) return { body, type: contentType };
  if (isStream(body)) return { body: Readable.from(body), type: contentType };
  throw new Error(`Response ${answer.status} is neither bytes nor a stream.`);
};

/** Development and tests only: what leaves is exactly what the contract says, with no field more. */
const validate = (content: Content | undefined, contract: ResponseContract | undefined): void => {
  if (content === undefined || contract === undefined || !("schema" in contract)) return;
  const onWire: unknown = typeof content.body === "string" ? JSON.parse(content.body) : undefined;
  const parsed = contract.schema.safeParse(onWire);
  if (!parsed.success) throw new Error("The answer breaks its contract.", { cause: parsed.error });
  if (!isDeepStrictEqual(parsed.data, onWire))
    throw new Error("The answer has fields that its contract has not.");
};

const isUnchangedSince = (headers: Headers, lastModified: Date | undefined): boolean => {
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return lastModified !== undefined && Math.floor(lastModified.getTime() / 1000) * 1000 <= since;
};

type ResponseInput = {
  readonly answer: AnyAnswer;
  readonly responses: Readonly<Record<number, ResponseContract>>;
  readonly head: RequestHead;
  readonly method: string;
  readonly requestHeaders: Headers;
  readonly validateResponses: boolean;
};

/** With its body as the library takes it. */
export type Response = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content["body"];
};

/** @throws PreconditionFailedError for a read whose `If-Match` names another version. */
export const toResponse = (input: ResponseInput): Response => {
  const { answer, head, requestHeaders } = input;
  const { status, lastModified } = answer;
  const contract = input.responses[status];
  const content = contentOf(answer, contract);
  if (input.validateResponses) validate(content, contract);
  const isRead = input.method === "GET" || input.method === "HEAD";
  const body = content?.body;
  const canTag = isRead && status === 200 && body !== undefined && !(body instanceof Readable);
  const etag = answer.etag ?? (canTag ? contentTag(body) : undefined);
  const headers: Record<string, string> = {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { "last-modified": lastModified.toUTCString() }),
    ...(head.repeatabilityRequestId === undefined ? {} : { "repeatability-result": "accepted" }),
    ...answer.headers,
  };
  if (isRead && status === 200) {
    requireMatch(head.conditions, etag);
    const isKnown =
      head.conditions.ifNoneMatch === undefined
        ? isUnchangedSince(requestHeaders, lastModified)
        : etag !== undefined && isUnmodified(head.conditions.ifNoneMatch, etag);
    if (isKnown && answer.isAlwaysWhole !== true) return discard(body, { status: 304, headers });
  }
  if (content === undefined) return { status, headers };
  const full = { ...headers, "content-type": content.type };
  if (input.method === "HEAD") return discard(body, { status, headers: full });
  return { status, headers: full, body: content.body };
};

/** A stream that nobody reads would keep what feeds it open. */
const discard = <T>(body: Content["body"] | undefined, response: T): T => {
  if (body instanceof Readable) body.destroy();
  return response;
};
