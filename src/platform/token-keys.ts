import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
} from "jose";
import * as z from "zod";
import { UnauthenticatedError, UnavailableError } from "./errors.ts";

/**
 * The issuer's public keys. They come from the one configured address, and it is asked at most once in 30 s, whatever
 * arrives and however it answers: neither forged tokens nor a broken issuer make this service send requests.
 *
 * That holds also before there are any keys. A first fetch that fails therefore leaves the instance without keys for the
 * rest of the 30 s; it says so with 503 and the seconds to wait. Trying sooner would hit an issuer in trouble from every
 * instance at once, when it can bear it least.
 */

export type IssuerKeys = {
  /**
   * The key that the token names. An id that is not known makes the keys be fetched again, if that is allowed now.
   * @throws UnauthenticatedError when the issuer has no such key.
   * @throws UnavailableError when there are no keys at all.
   */
  readonly find: (header: JWSHeaderParameters, token: FlattenedJWSInput, now: Date) => Promise<CryptoKey>;
  /** Another number whenever the keys became others. */
  readonly revision: () => number;
};

/** Gives the text of the key set. @throws when it cannot be had. */
export type FetchKeys = (url: URL) => Promise<string>;

const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
/** Older keys are used only when asking for newer ones failed: one that the issuer withdrew must not live on here. */
const FRESH_MS = 600_000;
const KEPT_MAX_MS = 3_600_000;
const BYTES_MAX = 262_144;
const STATUS_OK = 200;

/** What is in a key is for jose to judge; an empty set is no answer. */
const keySetSchema = z.object({ keys: z.array(z.looseObject({})).min(1) });

type Keys = {
  readonly text: string;
  readonly lookUp: ReturnType<typeof createLocalJWKSet>;
  readonly fetchedAt: Date;
};

/** Also when a clock was set back: nothing may last longer for that. */
const apartMs = (one: Date, other: Date): number => Math.abs(one.getTime() - other.getTime());

export const createIssuerKeys = (url: URL, fetchKeys: FetchKeys = fetchKeySet): IssuerKeys => {
  let keys: Keys | undefined;
  let revision = 0;
  let askedAt: Date | undefined;
  let asking: Promise<void> | undefined;
  let failure: unknown;

  const ask = async (now: Date): Promise<void> => {
    try {
      const text = await fetchKeys(url);
      if (text === keys?.text) {
        keys = { ...keys, fetchedAt: now };
        return;
      }
      const lookUp = createLocalJWKSet(keySetSchema.parse(JSON.parse(text)));
      keys = { text, lookUp, fetchedAt: now };
      revision += 1;
    } catch (error) {
      failure = error;
    }
  };

  /** Whoever comes while the issuer is being asked waits for that answer. Never rejects. */
  const askIfAllowed = async (now: Date): Promise<void> => {
    if (asking === undefined) {
      if (askedAt !== undefined && apartMs(now, askedAt) < COOLDOWN_MS) return;
      askedAt = now;
      asking = ask(now).finally(() => {
        asking = undefined;
      });
    }
    await asking;
  };

  const unavailable = (now: Date, cause: unknown): UnavailableError => {
    const waitMs = COOLDOWN_MS - apartMs(now, askedAt ?? now);
    return new UnavailableError(Math.max(1, Math.ceil(waitMs / 1_000)), cause);
  };

  /** @returns undefined when no key has that id. */
  const lookUp = async (
    header: JWSHeaderParameters,
    token: FlattenedJWSInput,
    now: Date,
  ): Promise<CryptoKey | undefined> => {
    if (keys === undefined || apartMs(now, keys.fetchedAt) >= KEPT_MAX_MS) throw unavailable(now, failure);
    try {
      return await keys.lookUp(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw unavailable(now, error);
    }
  };

  return {
    revision: () => revision,
    find: async (header, token, now) => {
      // Without it a key would have to be guessed.
      if (typeof header.kid !== "string") throw new UnauthenticatedError("no key id");
      if (keys === undefined || apartMs(now, keys.fetchedAt) >= FRESH_MS) await askIfAllowed(now);
      const known = await lookUp(header, token, now);
      if (known !== undefined) return known;
      await askIfAllowed(now);
      const found = await lookUp(header, token, now);
      if (found === undefined) throw new UnauthenticatedError("the issuer has no such key");
      return found;
    },
  };
};

const fetchKeySet: FetchKeys = async (url) => {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    // Keys come from the configured address or not at all.
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== STATUS_OK) {
    await response.body?.cancel();
    throw new Error(`the issuer's keys: status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > BYTES_MAX) throw new Error(`the issuer's keys: more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString("utf8");
};
