import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UnauthenticatedError, UnavailableError } from "../../src/platform/errors.ts";
import { createTokenVerifier, type TokenVerifier } from "../../src/platform/tokens.ts";

const ISSUER = "https://issuer.example/v2.0";
const AUDIENCE = "api://customer-activity";
const NOW = new Date("2026-11-20T12:00:00Z");
const SECONDS = Math.floor(NOW.getTime() / 1000);

const ours = await generateKeyPair("RS256", { extractable: true });
const theirs = await generateKeyPair("RS256", { extractable: true });

const requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(request.url ?? "");
  response.setHeader("content-type", "application/json");
  if (request.url === "/evil") {
    void exportJWK(theirs.publicKey).then((key) =>
      response.end(JSON.stringify({ keys: [{ ...key, kid: "k1" }] })),
    );
    return;
  }
  if (request.url === "/broken") {
    response.statusCode = 500;
    response.end("no");
    return;
  }
  const uses = request.url === "/plain" ? {} : { alg: "RS256", use: "sig" };
  void exportJWK(ours.publicKey).then((key) =>
    response.end(JSON.stringify({ keys: [{ ...key, kid: "k1", ...uses }] })),
  );
});

let base = "";
let verifier: TokenVerifier;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  verifier = verifierAt("/keys");
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const verifierAt = (path: string): TokenVerifier =>
  createTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: new URL(path, base) });

const user: JWTPayload = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "pairwise",
  oid: "alice-id",
  tid: "tenant",
  name: "Alice",
  preferred_username: "Alice@Contoso.example",
  scp: "access_as_user",
  roles: ["Csam"],
  iat: SECONDS,
  nbf: SECONDS,
  exp: SECONDS + 3600,
};

const { scp: _scp, preferred_username: _address, name: _name, ...withoutUser } = user;
const application: JWTPayload = { ...withoutUser, sub: "alice-id", azp: "client", roles: ["Events.Send"] };

type Change = {
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey;
};

const mint = async ({ claims = user, header = {}, key = ours.privateKey }: Change = {}): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: "k1", typ: "JWT", ...header })
    .sign(key, { crit: { x: true } });

const verify = (token: string) => verifier.verify(`Bearer ${token}`, NOW);

describe("a principal comes out of", () => {
  test("an access token on behalf of a user, with the e-mail in lower case", async () => {
    expect(await verify(await mint())).toEqual({
      kind: "user",
      subject: "alice-id",
      email: "alice@contoso.example",
      name: "Alice",
      tenantId: "tenant",
      roles: ["Csam"],
      isPersonalAccount: false,
    });
  });

  test.each([
    ["of the tenant of personal accounts", { tid: "9188040d-6c67-4c5b-b112-36a304b66dad" }],
    ["by a personal account's provider", { idp: "live.com" }],
    ["by that tenant's address", { idp: "https://sts.windows.net/9188040D-6c67-4c5b-b112-36a304b66dad/" }],
    ["by a provider for everybody", { idp: "Google.com" }],
    ["by a code sent to an address", { idp: "mail" }],
  ])("a personal account, told as such, that signed in %s", async (_how, claims) => {
    const principal = await verify(await mint({ claims: { ...user, ...claims } }));
    expect(principal).toMatchObject({ kind: "user", isPersonalAccount: true });
  });

  test("a guest with an account of another directory, told to have no personal one", async () => {
    const idp = "https://sts.windows.net/2f6a4c1e-7d3b-4b58-9a0c-5e1d8f7b6a24/";
    expect(await verify(await mint({ claims: { ...user, idp } }))).toMatchObject({
      isPersonalAccount: false,
    });
  });

  test("an application's own access token, with or without `idtyp`", async () => {
    const expected = { kind: "application", subject: "alice-id", roles: ["Events.Send"] };
    expect(await verify(await mint({ claims: application }))).toMatchObject(expected);
    const { azp: _azp, ...plain } = application;
    expect(await verify(await mint({ claims: { ...plain, idtyp: "app" } }))).toMatchObject(expected);
  });

  test("a token that is a minute out by the clocks", async () => {
    await expect(verify(await mint({ claims: { ...user, nbf: SECONDS + 59 } }))).resolves.toBeDefined();
    await expect(verify(await mint({ claims: { ...user, exp: SECONDS - 59 } }))).resolves.toBeDefined();
  });
});

describe("nobody comes out of", () => {
  const { sub: _sub, ...withoutSubject } = user;
  const { exp: _exp, ...withoutExpiry } = user;
  const { scp: _noScopes, ...withoutScopes } = user;

  test.each<readonly [string, Change]>([
    ["a token for another audience", { claims: { ...user, aud: "api://other" } }],
    ["a token of another issuer", { claims: { ...user, iss: "https://evil.example" } }],
    ["an expired token", { claims: { ...user, exp: SECONDS - 61 } }],
    ["a token that is not valid yet", { claims: { ...user, nbf: SECONDS + 61 } }],
    ["a token issued in times to come", { claims: { ...user, iat: SECONDS + 61 } }],
    ["a token that never expires", { claims: withoutExpiry }],
    ["a token without a subject", { claims: withoutSubject }],
    ["a token with roles that are no list", { claims: { ...user, roles: "Csam" } }],
    ["a key that is not the issuer's", { key: theirs.privateKey }],
    ["an unknown key id", { header: { kid: "k2" } }],
    ["an ID token by its nonce", { claims: { ...user, nonce: "n" } }],
    ["an ID token by its hashes", { claims: { ...user, at_hash: "h" } }],
    ["an ID token by its lack of scopes", { claims: { ...withoutScopes, aud: AUDIENCE } }],
    ["a token of another type", { header: { typ: "logout+jwt" } }],
    ["a critical header that nobody knows", { header: { crit: ["x"], x: 1 } }],
  ])("%s", async (_what, change) => {
    const token = await mint(change);
    await expect(verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  test("a token without a signature", async () => {
    await expect(verify(new UnsecuredJWT(user).encode())).rejects.toThrow(UnauthenticatedError);
  });

  test("a token signed with the public key as a shared secret", async () => {
    const secret = Buffer.from(await exportSPKI(ours.publicKey));
    const token = await new SignJWT(user).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(secret);
    await expect(verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  test("another algorithm, even with the issuer's own key and a key set that does not say which", async () => {
    const key = await importJWK(await exportJWK(ours.privateKey), "PS256");
    const token = await new SignJWT(user).setProtectedHeader({ alg: "PS256", kid: "k1" }).sign(key);
    await expect(verifierAt("/plain").verify(`Bearer ${token}`, NOW)).rejects.toThrow(UnauthenticatedError);
  });

  test("a token changed after it was signed", async () => {
    const [header, , signature] = (await mint()).split(".");
    const claims = Buffer.from(JSON.stringify({ ...user, oid: "bob-id" })).toString("base64url");
    await expect(verify(`${header}.${claims}.${signature}`)).rejects.toThrow(UnauthenticatedError);
  });

  test("a token whose signature is the right one and is not written in its one form", async () => {
    const token = await mint();
    const last = token.at(-1) ?? "";
    // The last of 342 characters holds two bits of the signature: four others say nothing.
    const same = "AQgw".indexOf(last);
    expect(same).toBeGreaterThanOrEqual(0);
    const other = `${token.slice(0, -1)}${"BRhx"[same]}`;
    expect(Buffer.from(other.split(".")[2] ?? "", "base64url")).toEqual(
      Buffer.from(token.split(".")[2] ?? "", "base64url"),
    );
    await expect(verify(other)).rejects.toThrow(UnauthenticatedError);
    await expect(verify(`${token}==`)).rejects.toThrow(UnauthenticatedError);
  });

  test("a token of another tenant than the one in the issuer's address, personal accounts apart", async () => {
    const tenant = "0f1e2d3c-4b5a-4968-8776-655443322110";
    const issuer = `https://login.example/${tenant}/v2.0`;
    const ofTenant = createTokenVerifier({ issuer, audience: AUDIENCE, jwksUrl: new URL("/keys", base) });
    const verifyOf = async (tid: string) =>
      ofTenant.verify(`Bearer ${await mint({ claims: { ...user, iss: issuer, tid } })}`, NOW);
    expect(await verifyOf(tenant.toUpperCase())).toMatchObject({ isPersonalAccount: false });
    expect(await verifyOf("9188040d-6c67-4c5b-b112-36a304b66dad")).toMatchObject({ isPersonalAccount: true });
    await expect(verifyOf("2f6a4c1e-7d3b-4b58-9a0c-5e1d8f7b6a24")).rejects.toThrow(UnauthenticatedError);
  });

  test("a token that brings its own key, or says where to fetch one; and nothing is fetched from there", async () => {
    const jwk = await exportJWK(theirs.publicKey);
    const key = theirs.privateKey;
    for (const header of [{ jwk }, { jku: `${base}/evil` }, { x5u: `${base}/evil` }]) {
      await expect(verify(await mint({ header, key }))).rejects.toThrow(UnauthenticatedError);
    }
    expect(requests).not.toContain("/evil");
  });

  test.each([
    null,
    "",
    "Bearer",
    "Bearer ",
    "Basic YTpi",
    "Bearer a.b",
    "Bearer a b",
    `Bearer ${"a".repeat(20_000)}`,
  ])("the header %#", async (header) => {
    await expect(verifier.verify(header, NOW)).rejects.toThrow(UnauthenticatedError);
  });
});

describe("the issuer's keys", () => {
  test("are not fetched again for every unknown key id", async () => {
    const fresh = verifierAt("/fresh");
    const token = await mint({ header: { kid: "unknown" } });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(fresh.verify(`Bearer ${token}`, NOW)).rejects.toThrow(UnauthenticatedError);
    }
    expect(requests.filter((url) => url === "/fresh").length).toBeLessThanOrEqual(2);
  });

  test("that cannot be had make the service unavailable and not the caller wrong", async () => {
    const token = `Bearer ${await mint()}`;
    await expect(verifierAt("/broken").verify(token, NOW)).rejects.toThrow(UnavailableError);
    const nowhere = createTokenVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: new URL("http://127.0.0.1:1/keys"),
    });
    await expect(nowhere.verify(token, NOW)).rejects.toThrow(UnavailableError);
  });
});
