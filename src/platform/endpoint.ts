import type * as z from "zod";
import type { Conditions } from "./conditional.ts";
import {
  type AccessRule,
  type BodyContract,
  type Contract,
  checkContract,
  type ResponseContract,
} from "./contract.ts";
import { NotFoundError } from "./errors.ts";
import { parseBody, parseHeaders } from "./parts.ts";
import { parseQuery } from "./query.ts";
import type { Principal } from "./tokens.ts";

/**
 * An endpoint is one value: the contract, and a handler that is given its parts parsed and typed by that contract, and
 * can give only the answers that it names.
 */

type NoFields = z.ZodObject<Record<never, never>>;

type BodyOf<B> = B extends { readonly kind: "json"; readonly schema: infer S extends z.ZodType }
  ? z.output<S>
  : B extends { readonly kind: "bytes" }
    ? Uint8Array
    : undefined;

/** What every handler is given besides the parsed parts of the request. */
type RequestFacts = {
  readonly now: Date;
  readonly requestId: string;
  /** Of a request with a `Repeatability-Request-ID`: the same for its repeats, another for another address or body. */
  readonly repeatKey: string | undefined;
  readonly traceparent: string | undefined;
  readonly contentType: string | undefined;
  readonly conditions: Conditions;
  /** Absolute, as the client sees it: for `nextLink`, `Location`, `Operation-Location`. */
  readonly url: URL;
};

export type HandlerRequest<A, P, Q, H, B, Grant> = RequestFacts & {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly headers: z.output<H>;
  readonly body: BodyOf<B>;
  readonly principal: A extends { readonly kind: "anonymous" } ? undefined : Principal;
  readonly grant: A extends { readonly kind: "anonymous" } ? undefined : Grant;
};

/** Handlers answer with readonly data; zod infers mutable arrays. */
type DeepReadonly<T> = T extends string | number | boolean | bigint | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
      : T;

type ByteContent = Uint8Array | AsyncIterable<Uint8Array>;

type AnswerHead<Status> = {
  readonly status: Status;
  readonly headers?: Readonly<Record<string, string>>;
  /** With its quotes. Without one, a 200 answer to GET gets the hash of its content. */
  readonly etag?: string;
  /** The tag names a version for writes, and what is shown of it changes with time or reader: never answered by 304. */
  readonly isAlwaysWhole?: true;
  readonly lastModified?: Date;
};

type AnswerFor<Status, R> = R extends { readonly schema: infer S extends z.ZodType }
  ? AnswerHead<Status> & { readonly body: DeepReadonly<z.input<S>> }
  : R extends { readonly contentTypes: readonly string[] }
    ? AnswerHead<Status> & { readonly body: ByteContent; readonly contentType: string }
    : AnswerHead<Status>;

export type AnswerOf<R> = { [Status in keyof R]: AnswerFor<Status, R[Status]> }[keyof R];

/** An answer whose contract is no longer known to the type checker. */
export type AnyAnswer = AnswerHead<number> & { readonly body?: unknown; readonly contentType?: string };

/** A request that has been read but not yet parsed by the endpoint's schemas. */
export type RawRequest<Grant> = RequestFacts & {
  readonly params: Readonly<Record<string, string>>;
  readonly search: URLSearchParams;
  readonly rawHeaders: Headers;
  /** Parsed JSON, bytes, or undefined, after `contract.body`. */
  readonly content: unknown;
  readonly principal: Principal | undefined;
  readonly grant: Grant | undefined;
};

export type Endpoint<Grant> = {
  readonly contract: Contract;
  /** Parses every part by the contract, then handles. */
  readonly handle: (request: RawRequest<Grant>) => Promise<AnyAnswer>;
};

/**
 * Gives `defineEndpoint` for the product's own type of grant and its own names of permissions: another does not compile.
 *
 *     export const defineEndpoint = endpointDefiner<Grant, Permission>();
 */
export const endpointDefiner =
  <Grant, Permission extends string = string>() =>
  <
    const A extends AccessRule<Permission>,
    const R extends Readonly<Record<number, ResponseContract>>,
    P extends z.ZodObject = NoFields,
    Q extends z.ZodObject = NoFields,
    H extends z.ZodObject = NoFields,
    const B extends BodyContract | undefined = undefined,
  >(
    contract: Contract<A, P, Q, H, B, R>,
    handler: (request: HandlerRequest<A, P, Q, H, B, Grant>) => Promise<AnswerOf<R>>,
  ): Endpoint<Grant> => {
    checkContract(contract);
    return {
      contract,
      handle: (raw) => {
        const { params, search, rawHeaders, content, ...facts } = raw;
        // Here, and only here, the types of one contract are forgotten. A part without a schema is parsed to nothing,
        // which is what its type parameter is by default.
        const request = {
          ...facts,
          params: parseParams(contract.params, params),
          query: parseQuery(contract.query, search),
          headers: parseHeaders(contract.headers, rawHeaders),
          body: parseBody(contract.body, content),
        } as HandlerRequest<A, P, Q, H, B, Grant>;
        return handler(request) as Promise<AnyAnswer>;
      },
    };
  };

const parseParams = (schema: z.ZodObject | undefined, params: Readonly<Record<string, string>>): unknown => {
  const parsed = schema?.safeParse(params);
  if (parsed?.success === false) throw new NotFoundError(parsed.error);
  return parsed?.data ?? {};
};
