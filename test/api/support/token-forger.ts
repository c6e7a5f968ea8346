/** What tokens are made of, byte for byte: nothing here refuses to make a wrong one. */
import { type KeyObject, sign } from "node:crypto";
import { type ForgersServer, type KeyPair, TENANT_ID, type WatchedIssuer } from "./watched-issuer.ts";

export type Attempt = {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Besides `api-version`. */
  readonly query?: string;
};

export type Forgery = {
  readonly kind: string;
  readonly attempt: (index: number) => Attempt | Promise<Attempt>;
};

export type Forger = {
  readonly issuer: WatchedIssuer;
  readonly forger: ForgersServer;
  readonly audience: string;
};

export type Json = Readonly<Record<string, unknown>>;

export const HOUR = 3_600;
export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** @param value an object, or the text of one that no object has. */
export const signedBy = (header: unknown, claims: unknown, signer: (input: string) => Buffer): string => {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signer(input).toString("base64url")}`;
};

export const rs256 = ({ privateKey }: { readonly privateKey: KeyObject }) => {
  return (input: string): Buffer => sign("sha256", Buffer.from(input), privateKey);
};

export const bearer = (token: string): Attempt => ({ headers: { authorization: `Bearer ${token}` } });

export function claimsOf({ issuer, audience }: Forger, index: number): Json {
  const iat = Math.floor(Date.now() / 1_000);
  return {
    iss: issuer.issuer,
    aud: audience,
    sub: `subject-${index}`,
    oid: `object-${index}`,
    tid: TENANT_ID,
    email: "admin@cust-t.example",
    roles: ["Events.Send", "Csam"],
    scp: "access_as_user",
    idtyp: "user",
    iat,
    nbf: iat,
    exp: iat + HOUR,
  };
}

export const headerOf = ({ kid }: KeyPair, more: Json = {}): Json => ({
  alg: "RS256",
  typ: "JWT",
  kid,
  ...more,
});

/** A token that holds, with these claims in place of its own; undefined takes a claim away. */
export function genuine(from: Forger, index: number, claims: Json = {}, header: Json = {}): string {
  const { keys } = from.issuer;
  return signedBy(headerOf(keys, header), { ...claimsOf(from, index), ...claims }, rs256(keys));
}
