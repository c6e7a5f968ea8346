import { createHash } from "node:crypto";
import * as z from "zod";

/** The application roles that the app registration of the cloud declares. */
export const APPLICATION_ROLES = [
  "Events.Send",
  "Csam",
  "AccountCoordinator",
  "Advocate",
  "IncidentManager",
] as const;

const TOKEN_LIFETIME_SECONDS = 3600;
const LOCAL_TENANT_ID = "5f9a7c1e-0d2b-4e63-9a84-3b6c1d7e2f40";
/** What the directory names as the provider of a guest who signed in with a personal Microsoft account. */
const PERSONAL_ACCOUNT_PROVIDER = "live.com";
const LOCAL_CLIENT_ID = "c2d8e0b7-41f6-4a39-8e15-7d90a6b3f512";

/** The whole of `tokenFor` and of the body of `POST /token`. Any e-mail address works. */
export const tokenRequest = z.strictObject({
  email: z.string().trim().max(254).pipe(z.email()),
  name: z.string().trim().min(1).max(200).optional(),
  roles: z.array(z.enum(APPLICATION_ROLES)).max(APPLICATION_ROLES.length).optional(),
  personal: z.boolean().optional(),
});

export type TokenRequest = {
  readonly email: string;
  readonly name?: string | undefined;
  readonly roles?: readonly (typeof APPLICATION_ROLES)[number][] | undefined;
  /** A guest of the tenant with a personal account, instead of one with an account of the tenant's. */
  readonly personal?: boolean | undefined;
};

export type Claims = Readonly<Record<string, unknown>> & { readonly iat: number; readonly exp: number };

/**
 * The claims of an access token of version 2.0. The same address, in whatever case, is the same person:
 * `oid` and `sub` come from it alone and so outlive a restart.
 */
export function claimsFor(
  request: TokenRequest,
  about: { readonly issuer: string; readonly audience: string; readonly issuedAt: Date },
): Claims {
  const person = createHash("sha256").update(request.email.toLowerCase()).digest();
  const iat = Math.floor(about.issuedAt.getTime() / 1000);
  return {
    iss: about.issuer,
    aud: about.audience,
    sub: person.toString("base64url"),
    oid: uuidFrom(person),
    tid: LOCAL_TENANT_ID,
    ...(request.personal === true && { idp: PERSONAL_ACCOUNT_PROVIDER }),
    preferred_username: request.email,
    email: request.email,
    name: request.name ?? request.email,
    roles: [...new Set(request.roles ?? [])],
    iat,
    nbf: iat,
    exp: iat + TOKEN_LIFETIME_SECONDS,
    ver: "2.0",
    // What tells a user's access token from an application's own and from an ID token.
    idtyp: "user",
    scp: "access_as_user",
    azp: LOCAL_CLIENT_ID,
  };
}

/** A version 8 UUID (RFC 9562): 122 bits of the digest. */
function uuidFrom(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
