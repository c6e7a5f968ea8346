import { createHmac, timingSafeEqual } from "node:crypto";
import type * as z from "zod";

/**
 * A sealed text was made here, for this purpose, and has not been changed since. It is signed and not encrypted: whoever
 * holds it can read it, so nothing secret goes in. The purpose is part of what is signed: a cursor never opens as a receipt.
 *
 * Form: `v1.<base64url of JSON>.<base64url of HMAC-SHA256>`.
 */

const VERSION = "v1";
const TOKEN_MAX_CHARACTERS = 2_048;
const KEY_MIN_BYTES = 32;

export type Opened<T> =
  | { readonly kind: "valid"; readonly payload: T }
  | { readonly kind: "expired" }
  | { readonly kind: "invalid" };

const signature = (body: string, purpose: string, key: Uint8Array): Buffer => {
  if (key.byteLength < KEY_MIN_BYTES)
    throw new RangeError(`A signing key has at least ${KEY_MIN_BYTES} bytes.`);
  return createHmac("sha256", key).update(`${VERSION}\n${purpose}\n${body}`).digest();
};

/**
 * Whoever presents the text until `expiresAt` (for ever without it) is believed to have been given it.
 * @throws RangeError when the key is short or the text would be longer than `open` accepts.
 */
export const seal = (
  payload: unknown,
  purpose: string,
  key: Uint8Array,
  options: { readonly expiresAt?: Date } = {},
): string => {
  const expires = options.expiresAt?.getTime();
  const content = expires === undefined ? { p: payload } : { p: payload, e: expires };
  const body = Buffer.from(JSON.stringify(content)).toString("base64url");
  const token = `${VERSION}.${body}.${signature(body, purpose, key).toString("base64url")}`;
  if (token.length > TOKEN_MAX_CHARACTERS) {
    throw new RangeError(
      `A sealed text has at most ${TOKEN_MAX_CHARACTERS} characters, this one ${token.length}.`,
    );
  }
  return token;
};

/** Never throws for a bad text; expired is told apart because a caller may then offer to start again. */
export const open = <S extends z.ZodType>(
  text: string,
  purpose: string,
  key: Uint8Array,
  now: Date,
  schema: S,
): Opened<z.output<S>> => {
  const body = authenticBody(text, purpose, key);
  if (body === undefined) return { kind: "invalid" };
  const content: unknown = JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
  if (typeof content !== "object" || content === null || !("p" in content)) return { kind: "invalid" };
  if ("e" in content && (typeof content.e !== "number" || content.e <= now.getTime()))
    return { kind: "expired" };
  const payload = schema.safeParse(content.p);
  return payload.success ? { kind: "valid", payload: payload.data } : { kind: "invalid" };
};

const authenticBody = (text: string, purpose: string, key: Uint8Array): string | undefined => {
  if (text.length > TOKEN_MAX_CHARACTERS) return undefined;
  const [version, body, mac, ...rest] = text.split(".");
  if (version !== VERSION || body === undefined || mac === undefined || rest.length > 0) return undefined;
  const expected = signature(body, purpose, key);
  const given = Buffer.from(mac, "base64url");
  // Decoding ignores stray characters: encoding again makes one text, and only one, stand for a signature.
  if (given.toString("base64url") !== mac || given.length !== expected.length) return undefined;
  return timingSafeEqual(given, expected) ? body : undefined;
};
