import type { JWTPayload } from "jose";
import * as z from "zod";
import { UnauthenticatedError } from "./errors.ts";
import type { Principal } from "./tokens.ts";

/** What the claims of a token say, once its signature, issuer, audience and times hold. */

const ROLES_MAX = 100;

const text = z.string().min(1).max(512);

const claimsSchema = z.object({
  sub: text,
  oid: text.optional(),
  tid: text.optional(),
  /** Who signed the user in, where that is not the tenant itself. */
  idp: text.optional(),
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
  iat: z.int().optional(),
});
type Claims = z.output<typeof claimsSchema>;

/** Claims that OpenID Connect gives to ID tokens: those tell a client who signed in and open nothing. */
const ID_TOKEN_CLAIMS = ["nonce", "at_hash", "c_hash"];

/** The tenant of all personal Microsoft accounts, as `tid` or inside the address in `idp` (ID token claims reference). */
const CONSUMER_TENANT_ID = "9188040d-6c67-4c5b-b112-36a304b66dad";
/** Where guests of a tenant sign in without any directory; `mail` is a code sent to their address. */
const CONSUMER_PROVIDERS = new Set([
  "live.com",
  "google.com",
  "facebook.com",
  "apple.com",
  "appleid.apple.com",
  "mail",
]);
const GUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i;

const principalKind = (claims: Claims): Principal["kind"] | undefined => {
  if (claims.idtyp === "app") return "application";
  if (claims.scp !== undefined || claims.idtyp === "user") return "user";
  // Without `idtyp` an application's own token is known by its subject being its object, and by no scopes.
  const isApplication = claims.azp !== undefined && claims.oid === claims.sub && claims.email === undefined;
  return isApplication ? "application" : undefined;
};

const isPersonal = ({ tid, idp = "" }: Claims): boolean => {
  const provider = idp.toLowerCase();
  return (
    tid?.toLowerCase() === CONSUMER_TENANT_ID ||
    CONSUMER_PROVIDERS.has(provider) ||
    provider.includes(CONSUMER_TENANT_ID)
  );
};

/**
 * In the issuer's address the tenant stands for itself; a token that names another one, though it is signed, was made for
 * somebody else. Personal accounts have a tenant of their own and are told by `isPersonalAccount`.
 */
const requireTenantOf = (issuer: string, { tid }: Claims): void => {
  const tenant = GUID.exec(issuer)?.[0].toLowerCase();
  const named = tid?.toLowerCase();
  if (tenant === undefined || named === undefined || named === tenant || named === CONSUMER_TENANT_ID) return;
  throw new UnauthenticatedError("another tenant");
};

/** @throws UnauthenticatedError when this is no access token, or one for another tenant than the issuer's. */
export const readClaims = (payload: JWTPayload, issuer: string): Claims => {
  if (ID_TOKEN_CLAIMS.some((claim) => claim in payload)) throw new UnauthenticatedError("an ID token");
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) throw new UnauthenticatedError(parsed.error);
  requireTenantOf(issuer, parsed.data);
  return parsed.data;
};

/** @throws UnauthenticatedError when neither a user nor an application stands behind it. */
export const toPrincipal = (claims: Claims): Principal => {
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
    isPersonalAccount: isPersonal(claims),
  };
};
