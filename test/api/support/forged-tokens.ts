/**
 * Kinds of tokens that the issuer did not sign, or not for this service, or not for now. Each kind has variants: the
 * number that is passed in picks one and makes every token another.
 */
import { constants, createHmac, generateKeyPairSync, sign } from "node:crypto";
import {
  bearer,
  claimsOf,
  type Forger,
  type Forgery,
  genuine,
  HOUR,
  headerOf,
  type Json,
  rs256,
  signedBy,
} from "./token-forger.ts";
import { TENANT_ID } from "./watched-issuer.ts";

/** Valid but for one thing that the issuer would not have signed, or not now, or not for this service. */
export function wrongClaims(from: Forger): readonly Forgery[] {
  const now = () => Math.floor(Date.now() / 1_000);
  const { issuer } = from.issuer;
  const kinds: Readonly<Record<string, (index: number) => readonly Json[]>> = {
    "another audience": () => [
      { aud: "api://other" },
      { aud: `${from.audience}/` },
      { aud: "" },
      { aud: undefined },
    ],
    "a list of other audiences": () => [
      { aud: ["api://other", "api://more"] },
      { aud: [] },
      { aud: [[from.audience]] },
    ],
    "another issuer": () => [
      { iss: `${issuer}.evil.example` },
      { iss: `https://evil.example/${issuer}` },
      { iss: `${issuer}/` },
      { iss: issuer.replace("http:", "https:") },
      { iss: issuer.toUpperCase() },
      { iss: issuer.slice(0, -1) },
      { iss: [issuer, "x"] },
      { iss: undefined },
    ],
    "the forger as issuer": () => [{ iss: from.forger.url }, { iss: `${from.forger.url}/${TENANT_ID}/v2.0` }],
    "another tenant": (index) => [
      { tid: `${String(index).padStart(8, "0")}-9d1e-4a36-8f27-1b6e3a90d4c8` },
      { tid: "x" },
    ],
    "an expired token": (index) => [
      { exp: now() - 61 - index },
      { exp: now() - index * HOUR - HOUR },
      { exp: 0 },
      { exp: -1 },
    ],
    "a token not valid yet": (index) => [
      { nbf: now() + 120 + index },
      { nbf: now() + 100 * 365 * 24 * HOUR },
    ],
    "a token of times to come": (index) => [
      { iat: now() + 120 + index },
      { iat: now() + 10 * 365 * 24 * HOUR },
    ],
    "a token without an end": () => [
      { exp: undefined },
      { exp: null },
      { exp: "never" },
      { exp: String(now() + HOUR) },
      { exp: [now() + HOUR] },
      { exp: true },
    ],
    "a token without a subject": () => [
      { sub: undefined },
      { sub: "" },
      { sub: null },
      { sub: 7 },
      { sub: ["a"] },
    ],
    "an ID token by its claims": () => [{ nonce: "n" }, { at_hash: "h" }, { c_hash: "h" }, { nonce: null }],
    "an ID token by its lack of scopes": () => [{ scp: undefined, idtyp: undefined }],
    "roles that are no list": () => [{ roles: "Csam" }, { roles: { Csam: true } }, { roles: [["Csam"]] }],
  };
  return Object.entries(kinds).map(([kind, variants]) => ({
    kind,
    attempt: (index) => {
      const list = variants(index);
      return bearer(genuine(from, index, list[index % list.length]));
    },
  }));
}

/** Headers that name another algorithm, or a key that is not the issuer's. */
export function wrongKeys(from: Forger): readonly Forgery[] {
  const { keys } = from.issuer;
  const { url, keys: own } = from.forger;
  const claims = (index: number) => claimsOf(from, index);
  const ownJwk = own.publicKey.export({ format: "jwk" });
  const pem = keys.publicKey.export({ format: "pem", type: "spki" }).toString();
  const jwk = keys.publicKey.export({ format: "jwk" });
  const secrets: readonly (string | Buffer)[] = [
    pem,
    pem.trim(),
    keys.publicKey.export({ format: "pem", type: "pkcs1" }).toString(),
    keys.publicKey.export({ format: "der", type: "spki" }),
    JSON.stringify(jwk),
    JSON.stringify({ ...jwk, kid: keys.kid, use: "sig", alg: "RS256" }),
    jwk.n ?? "",
    "",
  ];
  const hmac = (bits: number): Forgery => ({
    kind: `HS${bits} with the public key as the secret`,
    attempt: (index) => {
      const secret = secrets[index % secrets.length] ?? "";
      const signer = (input: string) => createHmac(`sha${bits}`, secret).update(input).digest();
      return bearer(signedBy(headerOf(keys, { alg: `HS${bits}` }), claims(index), signer));
    },
  });
  const spellings = [
    "none",
    "None",
    "NONE",
    "nOnE",
    "",
    " none",
    null,
    undefined,
    ["RS256"],
    "rs256",
    "RS256 ",
  ];
  const named = (kind: string, more: (index: number) => Json): Forgery => ({
    kind,
    attempt: (index) => bearer(signedBy(headerOf(own, more(index)), claims(index), rs256(own))),
  });
  const kid = (index: number) => (index % 2 === 0 ? keys.kid : own.kid);
  return [
    {
      kind: "no algorithm and no signature",
      attempt: (index) => {
        const token = signedBy(
          headerOf(keys, { alg: spellings[index % spellings.length] }),
          claims(index),
          rs256(keys),
        );
        return bearer(index % 3 === 0 ? token : token.slice(0, token.lastIndexOf(".") + (index % 3) - 1));
      },
    },
    ...[256, 384, 512].map(hmac),
    named("an unknown key id", (index) => ({ kid: `unknown-${index}` })),
    named("a key id that is no name", (index) => ({
      kid: ["../../dev/null", "' OR 1=1 --", "", ["issuer-key"], { kid: "issuer-key" }, 1, null][index % 7],
    })),
    named("no key id, and a key of the forger's", () => ({ kid: undefined })),
    named("the issuer's key id, and a key of the forger's", () => ({ kid: keys.kid })),
    named("jku", (index) => ({ jku: `${url}/jku/${index}`, kid: kid(index) })),
    named("x5u", (index) => ({ x5u: `${url}/x5u/${index}`, kid: kid(index) })),
    named("x5c", (index) => ({
      x5c: [own.publicKey.export({ format: "der", type: "spki" }).toString("base64")],
      kid: kid(index),
    })),
    named("jwk", (index) => ({ jwk: ownJwk, kid: kid(index) })),
    {
      kind: "another algorithm with a key of the forger's",
      attempt: (index) => {
        const curves = [
          ["ES256", "P-256"],
          ["ES384", "P-384"],
          ["ES512", "P-521"],
        ] as const;
        const [alg, namedCurve] = curves[index % curves.length] ?? curves[0];
        const { privateKey } = generateKeyPairSync("ec", { namedCurve });
        const signer = (input: string) =>
          sign(`sha${alg.slice(2)}`, Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
        return bearer(signedBy(headerOf(keys, { alg }), claims(index), signer));
      },
    },
    {
      kind: "another algorithm with the issuer's own key",
      attempt: (index) => {
        const bits = [256, 384, 512][index % 3] ?? 256;
        const isPss = index % 2 === 0 || bits === 256;
        const key = isPss
          ? { key: keys.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 }
          : keys.privateKey;
        const signer = (input: string) => sign(`sha${bits}`, Buffer.from(input), key);
        return bearer(
          signedBy(headerOf(keys, { alg: `${isPss ? "PS" : "RS"}${bits}` }), claims(index), signer),
        );
      },
    },
  ];
}
