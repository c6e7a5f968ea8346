import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import type { Fault } from "../../local/faults.ts";
import { requestToken } from "../../local/tokens/request-token.ts";
import { type RunningTokens, startTokens } from "../../local/tokens/server.ts";

const AUDIENCE = "api://customer-activity";
const running: RunningTokens[] = [];
const folders: string[] = [];

async function start(options: Partial<Parameters<typeof startTokens>[0]> = {}): Promise<RunningTokens> {
  const tokens = await startTokens({ port: 0, audience: AUDIENCE, ...options });
  running.push(tokens);
  return tokens;
}

function verify(token: string, tokens: RunningTokens) {
  const { issuer, audience, jwksUrl } = tokens;
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  return jwtVerify(token, keys, { issuer, audience, algorithms: ["RS256"] });
}

function ask(tokens: RunningTokens, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${tokens.issuer}/token`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((tokens) => tokens.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

describe("the token issuer", () => {
  test("names its keys and itself in the discovery document", async () => {
    const tokens = await start();
    const response = await fetch(`${tokens.issuer}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({ issuer: tokens.issuer, jwks_uri: tokens.jwksUrl });
  });

  test("gives over HTTP a token that the published keys verify, for one hour", async () => {
    const tokens = await start();
    const response = await ask(tokens, { email: "ana@cust-a.example", name: "Ana", roles: ["Csam"] });
    const answer = z
      .object({ access_token: z.string(), expires_in: z.number() })
      .parse(await response.json());
    const { payload } = await verify(answer.access_token, tokens);
    expect(payload).toMatchObject({
      preferred_username: "ana@cust-a.example",
      email: "ana@cust-a.example",
      name: "Ana",
      roles: ["Csam"],
      ver: "2.0",
      idtyp: "user",
      scp: expect.stringMatching(/./),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
    expect(answer.expires_in).toBe(3600);
    expect(payload.nbf).toBe(payload.iat);
  });

  test("says of a personal account who signed it in, and of others nothing of the kind", async () => {
    const tokens = await start();
    const email = "ana@cust-a.example";
    const claimsOf = async (personal?: boolean) =>
      (await verify(await requestToken(tokens.issuer, { email, personal }), tokens)).payload;
    expect(await claimsOf(true)).toMatchObject({ email, idp: "live.com" });
    for (const given of [undefined, false]) expect(await claimsOf(given)).not.toHaveProperty("idp");
  });

  test("publishes no private part of its key", async () => {
    const tokens = await start();
    const { keys } = z
      .object({ keys: z.array(z.record(z.string(), z.unknown())) })
      .parse(await (await fetch(tokens.jwksUrl)).json());
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([["alg", "e", "kid", "kty", "n", "use"]]);
  });

  test("knows the same person again, in whatever case the address is written and after a restart", async () => {
    const first = await start();
    const second = await start();
    const { payload: lower } = await verify(await first.tokenFor({ email: "ana@cust-a.example" }), first);
    const { payload: upper } = await verify(await second.tokenFor({ email: "ANA@cust-a.example" }), second);
    const { payload: other } = await verify(await first.tokenFor({ email: "eva@cust-a.example" }), first);
    expect(upper["oid"]).toBe(lower["oid"]);
    expect(upper.sub).toBe(lower.sub);
    expect(other["oid"]).not.toBe(lower["oid"]);
  });

  test("makes an expired token when it is asked for one of the past", async () => {
    const tokens = await start();
    const token = await tokens.tokenFor({ email: "ana@cust-a.example" }, new Date(Date.now() - 7_200_000));
    await expect(verify(token, tokens)).rejects.toMatchObject({ code: "ERR_JWT_EXPIRED" });
  });

  test("signs with another key after each start, unless the key is kept", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tokens-"));
    folders.push(folder);
    const dataFile = join(folder, "deep", "key.pem");
    const kidOf = async (options: { dataFile?: string }) => {
      const tokens = await start(options);
      return decodeProtectedHeader(await tokens.tokenFor({ email: "ana@cust-a.example" })).kid;
    };
    expect(await kidOf({})).not.toBe(await kidOf({}));
    expect(await kidOf({ dataFile })).toBe(await kidOf({ dataFile }));
    expect((await stat(dataFile)).mode & 0o077).toBe(0);
  });

  test.each([
    ["no address", {}],
    ["an address that is none", { email: "ana" }],
    ["a role that the application does not have", { email: "ana@cust-a.example", roles: ["Owner"] }],
    ["an unknown member", { email: "ana@cust-a.example", tid: "other" }],
    ["what is not JSON", "{"],
    ["more than it reads", JSON.stringify({ email: "a".repeat(20_000) })],
  ])("refuses %s with the reason", async (_, body) => {
    const response = await ask(await start(), body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: "invalid_request", error_description: /./ });
  });

  test("refuses what a page of another site could send", async () => {
    const tokens = await start();
    const body = { email: "ana@cust-a.example" };
    expect((await ask(tokens, body, { "content-type": "text/plain" })).status).toBe(400);
    expect((await fetch(`${tokens.issuer}/token`, { method: "OPTIONS" })).status).toBe(404);
  });

  test("is asked again by whoever needs a token, through its faults, but not when it is not there", async () => {
    const faults: Fault[] = [
      { kind: "refused" },
      { kind: "status", status: 503, retryAfterMs: 1 },
      { kind: "lost" },
    ];
    const tokens = await start({ faults: ({ index }) => faults[index] });
    const token = await requestToken(tokens.issuer, { email: "ana@cust-a.example" });
    expect((await verify(token, tokens)).payload["email"]).toBe("ana@cust-a.example");
    await tokens.close();
    running.pop();
    await expect(requestToken(tokens.issuer, { email: "a@b.example" })).rejects.toThrow(
      /No token issuer answers/,
    );
  });

  test("makes the faults it is asked to make, each once", async () => {
    const faults: (Fault | undefined)[] = [
      { kind: "status", status: 503, retryAfterMs: 20 },
      { kind: "refused" },
      { kind: "lost" },
      undefined,
    ];
    const tokens = await start({ faults: ({ index }) => faults[index] });
    const busy = await fetch(tokens.jwksUrl);
    expect([busy.status, busy.headers.get("retry-after-ms")]).toEqual([503, "20"]);
    await expect(fetch(tokens.jwksUrl)).rejects.toThrow();
    await expect(fetch(tokens.jwksUrl)).rejects.toThrow();
    expect((await fetch(tokens.jwksUrl)).status).toBe(200);
  });
});
