/**
 * A text that only this service reads, for what has to go through a client that may not know it. Pure.
 * Invariants: the same content gives the same text, so that a link to it stays the same; nor does the length tell of it but
 * in steps of `STEP_BYTES`; what was changed, or was made for another purpose, does not open.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const STEP_BYTES = 512;

const keyFor = (purpose: string, key: Uint8Array): Buffer =>
  Buffer.from(hkdfSync("sha256", key, "", `secret:${purpose}`, KEY_BYTES));

/** The nonce follows from the content, so two contents share one only if their digests meet. */
export function conceal(content: unknown, purpose: string, key: Uint8Array): string {
  const own = keyFor(purpose, key);
  const json = Buffer.from(JSON.stringify(content));
  const length = Math.ceil(json.byteLength / STEP_BYTES) * STEP_BYTES;
  const plain = Buffer.concat([json, Buffer.alloc(length - json.byteLength, " ")]);
  const nonce = createHmac("sha256", own).update(plain).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, own, nonce, { authTagLength: TAG_BYTES });
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
}

/** @returns undefined for what was not made here for this purpose. */
export function reveal(text: string, purpose: string, key: Uint8Array): unknown {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.byteLength <= NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, keyFor(purpose, key), nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const plain = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
    return JSON.parse(Buffer.concat(plain).toString("utf8"));
  } catch {
    return undefined;
  }
}
