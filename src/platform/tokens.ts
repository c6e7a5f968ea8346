import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import * as z from "zod";
import { UnauthenticatedError, UnavailableError } from "./errors.ts";

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
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;
const KEYS_MAX_AGE_MS = 600_000;
const TOKEN_MAX_CHARACTERS = 16_384;
const ROLES_MAX = 100;
const RETRY_AFTER_SECONDS = 5;

const text = z.string().min(1).max(512);

const claimsSchema = z.object({
  sub: text,
  oid: text.optional(),
  tid: text.optional(),
  name: text.optional(),
  email: text.optional(),
  preferred_username: text.optional(),
  roles: z.array(text).max(ROLES_MAX).default([]),
  /** Only access tokens on behalf of a user have scopes. */
  scp: text.optional(),
  /** The issuer states it where it can: `app` is an application by itself, `user` stands for the rest. */
  idtyp: z.enum(["app", "user"]).optional(),
  azp: text.optional(),
  exp: z.int(),
});

/** Claims that OpenID Connect gives to ID tokens: those tell a client who signed in and open nothing. */
const ID_TOKEN_CLAIMS = ["nonce", "at_hash", "c_hash"];
const ACCESS_TOKEN_TYPES = new Set([undefined, "jwt", "at+jwt", "application/at+jwt"]);

const bearerToken = (authorization: string | null): string => {
  const token = /^bearer +([\w.~+/=-]+)$/i.exec(authorization?.trim() ?? "")?.[1];
  if (token === undefined) throw new UnauthenticatedError("no bearer token");
  if (token.length > TOKEN_MAX_CHARACTERS) throw new UnauthenticatedError("token too long");
  return token;
};

const principalKind = (claims: z.output<typeof claimsSchema>): Principal["kind"] | undefined => {
  if (claims.idtyp === "app") return "application";
  if (claims.scp !== undefined || claims.idtyp === "user") return "user";
  // Without `idtyp` an application's own token is known by its subject being its object, and by no scopes.
  const isApplication = claims.azp !== undefined && claims.oid === claims.sub && claims.email === undefined;
  return isApplication ? "application" : undefined;
};

const toPrincipal = (payload: JWTPayload): Principal => {
  if (ID_TOKEN_CLAIMS.some((claim) => claim in payload)) throw new UnauthenticatedError("an ID token");
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) throw new UnauthenticatedError(parsed.error);
  const claims = parsed.data;
  const kind = principalKind(claims);
  if (kind === undefined) throw new UnauthenticatedError("not an access token");
  const address = claims.email ?? claims.preferred_username;
  return {
    kind,
    subject: claims.oid ?? claims.sub,
    ...(address === undefined ? {} : { email: address.toLowerCase() }),
    ...(claims.name === undefined ? {} : { name: claims.name }),
    ...(claims.tid === undefined ? {} : { tenantId: claims.tid }),
    roles: claims.roles,
  };
};

/** Only what is wrong with the token is the caller's fault; no answer from the key URL is not. */
const isTokenFault = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== errors.JOSEError.code;

export const createTokenVerifier = (settings: TokenSettings): TokenVerifier => {
  const keys = createRemoteJWKSet(settings.jwksUrl, {
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
  });
  return {
    async verify(authorization, now) {
      const token = bearerToken(authorization);
      try {
        const { payload, protectedHeader } = await jwtVerify(token, keys, {
          issuer: settings.issuer,
          audience: settings.audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: now,
          requiredClaims: ["exp", "sub"],
        });
        if (!ACCESS_TOKEN_TYPES.has(protectedHeader.typ?.toLowerCase())) {
          throw new UnauthenticatedError(`token type ${protectedHeader.typ}`);
        }
        return toPrincipal(payload);
      } catch (error) {
        if (error instanceof UnauthenticatedError) throw error;
        if (isTokenFault(error)) throw new UnauthenticatedError(error);
        throw new UnavailableError(RETRY_AFTER_SECONDS, error);
      }
    },
  };
};
