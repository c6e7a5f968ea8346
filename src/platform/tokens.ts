import { errors, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { isServiceError, UnauthenticatedError, UnavailableError } from "./errors.ts";
import { readClaims, toPrincipal } from "./token-claims.ts";
import { createIssuerKeys, type FetchKeys } from "./token-keys.ts";

/**
 * Who calls, from the bearer token and nothing else: headers that a platform in front may add are never read. A
 * principal comes only out of an access token that the configured issuer signed with a key from the configured URL, for
 * this audience, and that is valid now. Keys named by the token itself (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
 */

export type Principal = {
  readonly kind: "user" | "application";
  /** The directory's id of the user or application: stable, while an e-mail address may change. */
  readonly subject: string;
  /** Lower case. For display and for finding an invitation; `subject` is the identity. */
  readonly email?: string;
  readonly name?: string;
  readonly tenantId?: string;
  readonly roles: readonly string[];
  /** Signed in with an account of one's own, and not with one of a work or school directory. */
  readonly isPersonalAccount: boolean;
};

export type TokenSettings = {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: URL;
};

export type TokenVerifier = {
  /**
   * @throws UnauthenticatedError for no token and for every token that does not hold.
   * @throws UnavailableError when the issuer's keys cannot be had: the caller did nothing wrong.
   */
  verify(authorization: string | null, now: Date): Promise<Principal>;
};

const ALGORITHMS = ["RS256"];
const CLOCK_TOLERANCE_SECONDS = 60;
const HEADER_MAX_CHARACTERS = 16_384;
const RETRY_AFTER_SECONDS = 5;
const ACCESS_TOKEN_TYPES = new Set(["jwt", "at+jwt", "application/at+jwt"]);
/** A token that was verified need not be again so long, unless the issuer's keys change. 16 MB of tokens at most. */
const REMEMBERED_MS = 60_000;
const REMEMBERED_MAX = 1_000;

/** Three parts in the alphabet of base64url: encrypted tokens have five, unsigned ones an empty last one. */
const BEARER = /^bearer +([\w-]+\.[\w-]+\.([\w-]+))$/i;

const bearerToken = (header: string): string => {
  if (header.length > HEADER_MAX_CHARACTERS) throw new UnauthenticatedError("token too long");
  const [, token, signature] = BEARER.exec(header.trim()) ?? [];
  if (token === undefined || signature === undefined) throw new UnauthenticatedError("no bearer token");
  // Bits that are left over in the last character would let one token be written in several ways.
  if (Buffer.from(signature, "base64url").toString("base64url") !== signature) {
    throw new UnauthenticatedError("a signature that is not in its one form");
  }
  return token;
};

/** @param typ of the header as it came: of any JSON type, whatever its declared one is. */
const requireAccessTokenType = (typ: unknown): void => {
  const isOne = typ === undefined || (typeof typ === "string" && ACCESS_TOKEN_TYPES.has(typ.toLowerCase()));
  if (!isOne) throw new UnauthenticatedError("a token of another type");
};

type Remembered = {
  readonly principal: Principal;
  readonly verifiedMs: number;
  /** As the token says, without tolerance. */
  readonly expiresMs: number;
  readonly keysRevision: number;
};

/** Only what is wrong with the token is the caller's fault; a key of the issuer's that does not work is not. */
const toServiceError = (error: unknown): unknown => {
  if (isServiceError(error)) return error;
  if (error instanceof errors.JOSEError) return new UnauthenticatedError(error);
  return new UnavailableError(RETRY_AFTER_SECONDS, error);
};

export const createTokenVerifier = (settings: TokenSettings, fetchKeys?: FetchKeys): TokenVerifier => {
  const keys = createIssuerKeys(settings.jwksUrl, fetchKeys);
  /** By the whole header. What does not hold is never in here, so forged tokens push nobody out. */
  const remembered = new LRUCache<string, Remembered>({ max: REMEMBERED_MAX });

  const recall = (header: string, nowMs: number): Principal | undefined => {
    const known = remembered.get(header);
    if (known === undefined || known.keysRevision !== keys.revision()) return undefined;
    // Whatever was not valid before is not asked: it was valid at `verifiedMs`, and that is not later than now.
    const { verifiedMs, expiresMs, principal } = known;
    const isGood = nowMs >= verifiedMs && nowMs < verifiedMs + REMEMBERED_MS && nowMs < expiresMs;
    return isGood ? principal : undefined;
  };

  const verifyAnew = async (header: string, now: Date): Promise<Principal> => {
    let keysRevision = keys.revision();
    const { payload, protectedHeader } = await jwtVerify(
      bearerToken(header),
      async (tokenHeader, token) => {
        const key = await keys.find(tokenHeader, token, now);
        keysRevision = keys.revision();
        return key;
      },
      {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now,
        requiredClaims: ["exp", "sub"],
      },
    );
    requireAccessTokenType(protectedHeader.typ);
    const claims = readClaims(payload, settings.issuer);
    const latestIssue = now.getTime() / 1_000 + CLOCK_TOLERANCE_SECONDS;
    if (claims.iat !== undefined && claims.iat > latestIssue)
      throw new UnauthenticatedError("not issued yet");
    const principal = toPrincipal(claims);
    const expiresMs = claims.exp * 1_000;
    remembered.set(header, { principal, verifiedMs: now.getTime(), expiresMs, keysRevision });
    return principal;
  };

  return {
    async verify(authorization, now) {
      if (authorization === null) throw new UnauthenticatedError("no bearer token");
      const known = recall(authorization, now.getTime());
      if (known !== undefined) return known;
      try {
        return await verifyAnew(authorization, now);
      } catch (error) {
        throw toServiceError(error);
      }
    },
  };
};
