import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { UnauthenticatedError, UnavailableError } from "../../src/platform/errors.ts";
import { createTokenVerifier } from "../../src/platform/tokens.ts";

/** An issuer that answers as told, on a clock that is set by hand. */

const ISSUER = "https://issuer.example/v2.0";
const AUDIENCE = "api://customer-activity";
const START = Date.parse("2026-11-20T12:00:00Z");
const LIFETIME_SECONDS = 7_200;

const pairs = new Map(
  await Promise.all(
    ["k1", "k2"].map(async (kid) => [kid, await generateKeyPair("RS256", { extractable: true })] as const),
  ),
);

const pairOf = (kid: string) => {
  const pair = pairs.get(kid);
  if (pair === undefined) throw new Error(`no key ${kid}`);
  return pair;
};

const keySet = async (...kids: readonly string[]): Promise<string> => {
  const keys = kids.map(async (kid) => ({ ...(await exportJWK(pairOf(kid).publicKey)), kid, use: "sig" }));
  return JSON.stringify({ keys: await Promise.all(keys) });
};

const mint = (kid: string, claims: JWTPayload = {}, signer = kid): Promise<string> => {
  const iat = START / 1_000;
  const times = { iat, nbf: iat, exp: iat + LIFETIME_SECONDS };
  const whole = { iss: ISSUER, aud: AUDIENCE, sub: "s", oid: "alice", scp: "all", ...times, ...claims };
  return new SignJWT(whole).setProtectedHeader({ alg: "RS256", kid }).sign(pairOf(signer).privateKey);
};

/** @param answers what the issuer answers, one after another; the last one from then on. */
const startIssuer = (...answers: readonly (() => Promise<string>)[]) => {
  let fetches = 0;
  let nowMs = START;
  const settings = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: new URL("https://issuer.example/keys") };
  const verifier = createTokenVerifier(settings, (url) => {
    expect(url).toEqual(settings.jwksUrl);
    const answer = answers[Math.min(fetches, answers.length - 1)];
    fetches += 1;
    if (answer === undefined) throw new Error("no answer");
    return answer();
  });
  return {
    fetches: () => fetches,
    passSeconds: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
    verify: async (token: string | Promise<string>) =>
      verifier.verify(`Bearer ${await token}`, new Date(nowMs)),
  };
};

const has = (...kids: readonly string[]) => {
  return () => keySet(...kids);
};
const fails = () => Promise.reject(new TypeError("fetch failed"));

const brokenAnswers: readonly (readonly [string, () => Promise<string>])[] = [
  ["is not there", fails],
  ["answers too late", () => Promise.reject(new DOMException("too late", "TimeoutError"))],
  ["answers with a page", async () => "<html>"],
  ["answers with something else", async () => JSON.stringify({ keys: "none" })],
  ["answers with no key at all", async () => JSON.stringify({ keys: [] })],
];

describe("the issuer's keys are fetched at most once in 30 seconds", () => {
  test("for any number of unknown key ids", async () => {
    const issuer = startIssuer(has("k1"));
    await issuer.verify(mint("k1"));
    issuer.passSeconds(31);
    for (let index = 0; index < 100; index += 1) {
      await expect(issuer.verify(mint(`unknown-${index}`, {}, "k2"))).rejects.toThrow(UnauthenticatedError);
    }
    expect(issuer.fetches()).toBe(2);
  });

  test("for tokens that come at the same time", async () => {
    const issuer = startIssuer(has("k1"));
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => mint("k1", { sub: `${index}` })),
    );
    await Promise.all(tokens.map((token) => issuer.verify(token)));
    expect(issuer.fetches()).toBe(1);
  });

  test.each(brokenAnswers)("when the issuer %s and no keys are known", async (_, answer) => {
    const issuer = startIssuer(answer, has("k1"));
    for (const second of [0, 1, 28.5, 0.4]) {
      issuer.passSeconds(second);
      await expect(issuer.verify(mint("k1"))).rejects.toThrow(UnavailableError);
    }
    expect(issuer.fetches()).toBe(1);
    issuer.passSeconds(0.1);
    await expect(issuer.verify(mint("k1"))).resolves.toMatchObject({ subject: "alice" });
    expect(issuer.fetches()).toBe(2);
  });

  test.each(brokenAnswers)("when the issuer %s and keys are known, which stay", async (_, answer) => {
    const issuer = startIssuer(has("k1"), answer);
    await issuer.verify(mint("k1"));
    issuer.passSeconds(30);
    for (let index = 0; index < 5; index += 1) {
      await expect(issuer.verify(mint("k2"))).rejects.toThrow(UnauthenticatedError);
    }
    await expect(issuer.verify(mint("k1", { sub: "other" }))).resolves.toBeDefined();
    expect(issuer.fetches()).toBe(2);
  });

  test("also after the clock was set back", async () => {
    const issuer = startIssuer(fails, has("k1"));
    await expect(issuer.verify(mint("k1"))).rejects.toThrow(UnavailableError);
    issuer.passSeconds(-10);
    await expect(issuer.verify(mint("k1"))).rejects.toThrow(UnavailableError);
    expect(issuer.fetches()).toBe(1);
    issuer.passSeconds(-3_600);
    await expect(issuer.verify(mint("k1", { nbf: 0, iat: 0 }))).resolves.toBeDefined();
  });
});

describe("the issuer's keys", () => {
  test("that cannot be had come with the seconds after which they are asked for again", async () => {
    const issuer = startIssuer(fails);
    await expect(issuer.verify(mint("k1"))).rejects.toMatchObject({ retryAfterSeconds: 30 });
    issuer.passSeconds(12.5);
    await expect(issuer.verify(mint("k1"))).rejects.toMatchObject({ retryAfterSeconds: 18 });
  });

  test("are known again, after they changed, with the first token that names a new one", async () => {
    const issuer = startIssuer(has("k1"), has("k1", "k2"));
    await issuer.verify(mint("k1"));
    issuer.passSeconds(29.9);
    await expect(issuer.verify(mint("k2"))).rejects.toThrow(UnauthenticatedError);
    issuer.passSeconds(0.1);
    await expect(issuer.verify(mint("k2"))).resolves.toMatchObject({ subject: "alice" });
    expect(issuer.fetches()).toBe(2);
  });

  test("open nothing ten minutes after the issuer withdrew them, even when nobody names another", async () => {
    const issuer = startIssuer(has("k1"), has("k2"));
    await issuer.verify(mint("k1"));
    issuer.passSeconds(600);
    await expect(issuer.verify(mint("k1"))).rejects.toThrow(UnauthenticatedError);
  });

  test("serve for an hour without the issuer, and no longer", async () => {
    const issuer = startIssuer(has("k1"), fails);
    await issuer.verify(mint("k1"));
    issuer.passSeconds(3_599);
    await expect(issuer.verify(mint("k1"))).resolves.toBeDefined();
    issuer.passSeconds(31);
    await expect(issuer.verify(mint("k1", { sub: "other" }))).rejects.toThrow(UnavailableError);
  });

  test("that are no keys make the service unavailable and not the caller wrong", async () => {
    const broken = JSON.stringify({ keys: [{ kty: "RSA", kid: "k1", n: "!", e: "AQAB" }] });
    await expect(startIssuer(async () => broken).verify(mint("k1"))).rejects.toThrow(UnavailableError);
  });

  test("are not asked for by a token that names none", async () => {
    const issuer = startIssuer(has("k1"));
    const token = await new SignJWT({ sub: "s" })
      .setProtectedHeader({ alg: "RS256" })
      .sign(pairOf("k1").privateKey);
    await expect(issuer.verify(token)).rejects.toThrow(UnauthenticatedError);
    expect(issuer.fetches()).toBe(0);
  });
});

describe("a token that was verified before", () => {
  test("is refused from the moment it expires, tolerance included", async () => {
    const issuer = startIssuer(has("k1"));
    const token = await mint("k1", { exp: START / 1_000 + 10 });
    await expect(issuer.verify(token)).resolves.toBeDefined();
    issuer.passSeconds(69);
    await expect(issuer.verify(token)).resolves.toBeDefined();
    issuer.passSeconds(1);
    await expect(issuer.verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  test("is refused when the clock is set back to before it was valid", async () => {
    const issuer = startIssuer(has("k1"));
    const token = await mint("k1");
    await expect(issuer.verify(token)).resolves.toBeDefined();
    issuer.passSeconds(-61);
    await expect(issuer.verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  test("is refused as soon as another token made it known that the key is gone", async () => {
    const issuer = startIssuer(has("k1"), has("k2"));
    const token = await mint("k1");
    await issuer.verify(token);
    issuer.passSeconds(30);
    await expect(issuer.verify(token)).resolves.toBeDefined();
    await issuer.verify(mint("k2"));
    await expect(issuer.verify(token)).rejects.toThrow(UnauthenticatedError);
  });

  test("does not open anything for one that differs in a letter", async () => {
    const issuer = startIssuer(has("k1"));
    const token = await mint("k1");
    await issuer.verify(token);
    for (const at of [3, Math.floor(token.length / 2), token.length - 5]) {
      const letter = token[at] === "A" ? "B" : "A";
      const changed = `${token.slice(0, at)}${letter}${token.slice(at + 1)}`;
      await expect(issuer.verify(changed)).rejects.toThrow(UnauthenticatedError);
    }
  });

  test("is not verified again for a minute, and is after it", async () => {
    const issuer = startIssuer(has("k1"));
    const token = await mint("k1");
    const first = await issuer.verify(token);
    issuer.passSeconds(59.9);
    expect(await issuer.verify(token)).toBe(first);
    issuer.passSeconds(0.1);
    const again = await issuer.verify(token);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});
