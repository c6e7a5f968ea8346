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
