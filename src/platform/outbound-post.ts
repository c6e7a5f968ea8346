/**
 * Requests to addresses that strangers named. Promise: a request goes to a public address or nowhere: the name is looked up
 * at the time of sending, every address it has is judged, and the connection is made to one of those and to no other; so a
 * name that leads elsewhere a moment later helps nobody. Redirects are not followed; an answer is read up to a limit and not
 * kept. Whatever the receiver does, it is over in time.
 */
import { lookup as lookUpName } from "node:dns/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { performance } from "node:perf_hooks";
import * as z from "zod";
import { hostOf, isLoopbackAddress, isPublicAddress, outboundUrlFault } from "./public-address.ts";

/** For the whole of it, from looking up the name to the end of the answer. */
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 65_536;

type PostError =
  | "AddressNotAllowed"
  | "NameNotFound"
  | "Timeout"
  | "CertificateNotTrusted"
  | "ConnectionFailed";
export type PostResult = { readonly durationMs: number } & (
  | { readonly status: number }
  | { readonly error: PostError }
);

/** Never throws. */
export type OutboundPost = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<PostResult>;

type Address = { readonly address: string; readonly family: number };

type OutboundOptions = {
  /** Also to this machine itself: for a developer's own. */
  readonly allowsLoopback: boolean;
  /** Every address of a name. */
  readonly resolve?: (host: string) => Promise<readonly Address[]>;
  readonly timeoutMs?: number;
};

export function createOutboundPost(options: OutboundOptions): OutboundPost {
  const { timeoutMs = TIMEOUT_MS } = options;
  return async (url, headers, body) => {
    const started = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    const result = await attempt(options, { url, headers, body, signal });
    return { durationMs: performance.now() - started, ...result };
  };
}

type Post = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
};

async function attempt(
  { allowsLoopback, resolve = everyAddress }: OutboundOptions,
  post: Post,
): Promise<{ readonly status: number } | { readonly error: PostError }> {
  const { url, signal } = post;
  if (outboundUrlFault(url.href, allowsLoopback) !== undefined) return { error: "AddressNotAllowed" };
  const isAllowed = ({ address }: Address): boolean =>
    isPublicAddress(address) || (allowsLoopback && isLoopbackAddress(address));
  let addresses: readonly Address[];
  try {
    addresses = await inTime(resolve(hostOf(url)), signal);
  } catch {
    return { error: signal.aborted ? "Timeout" : "NameNotFound" };
  }
  if (addresses.length === 0) return { error: "NameNotFound" };
  if (!addresses.every(isAllowed)) return { error: "AddressNotAllowed" };
  try {
    return { status: await inTime(send(post, addresses), signal) };
  } catch (error) {
    return { error: signal.aborted ? "Timeout" : errorOf(error) };
  }
}

const everyAddress = (host: string): Promise<readonly Address[]> => lookUpName(host, { all: true });

/** What cannot be called off, as looking up a name, is at least no longer waited for. */
function inTime<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function send({ url, headers, body, signal }: Post, addresses: readonly Address[]): Promise<number> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
      lookup: only(addresses),
      // A connection of another request may lead to an address that was judged then.
      agent: false,
      signal,
    };
    let isAnswered = false;
    const sent = request(url, options, (answer) => {
      isAnswered = true;
      let size = 0;
      answer.on("data", (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size <= ANSWER_BYTES_MAX) return;
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      });
      answer.on("end", () => resolve(answer.statusCode ?? 0));
      answer.on("error", reject);
      answer.on("close", () => reject(new Error("the answer broke off")));
    });
    // From here on the connection is no longer the request's: neither its end nor the signal would be heard of.
    sent.on("upgrade", (_answer, socket) => {
      socket.destroy();
      reject(new Error("the receiver changed to another protocol"));
    });
    // A connection may close before the last of an answer was read.
    sent.on("close", () => {
      if (!isAnswered) reject(new Error("there was no answer"));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The connection asks for the addresses of a name again; it is given those that were judged. */
const only =
  (addresses: readonly Address[]): LookupFunction =>
  (host, { all }, found) => {
    const [first] = addresses;
    if (all === true)
      found(
        null,
        addresses.map(({ address, family }) => ({ address, family })),
      );
    else if (first === undefined) found(new Error(`no address of ${host}`), "");
    else found(null, first.address, first.family);
  };

const withCode = z.object({ code: z.string() });
const CERTIFICATE = /CERT|^ERR_TLS|UNABLE_TO_/;

function errorOf(error: unknown): PostError {
  const parsed = withCode.safeParse(error);
  return parsed.success && CERTIFICATE.test(parsed.data.code) ? "CertificateNotTrusted" : "ConnectionFailed";
}
