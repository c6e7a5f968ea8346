import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../local/settings.ts";
import { API_VERSION } from "../../src/platform/api-version.ts";
import { alterations, misplaced, wrongForms } from "./support/altered-tokens.ts";
import { type Answer, visible } from "./support/answer.ts";
import { wrongClaims, wrongKeys } from "./support/forged-tokens.ts";
import { askRaw } from "./support/raw-request.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { type Attempt, bearer, type Forger, type Forgery, genuine } from "./support/token-forger.ts";
import { type Mood, startForgersServer, startWatchedIssuer } from "./support/watched-issuer.ts";

const ATTEMPTS_OF_A_KIND = 28;
const FEWEST_KINDS = 25;
const FEWEST_ATTEMPTS = 1_000;
const AT_ONCE = 14;
const BETWEEN_FETCHES_MS = 30_000;
/** A timer of this process is not that of the service. */
const CLOCKS_APART_MS = 100;
/** No client waits longer for an answer than the service waits for keys. */
const HANGING_TEST_MS = 60_000;

type World = Forger & { readonly api: RunningApi; readonly stop: () => Promise<void> };

async function startWorld(): Promise<World> {
  await using starting = new AsyncDisposableStack();
  const issuer = await startWatchedIssuer();
  starting.defer(issuer.close);
  const forger = await startForgersServer();
  starting.defer(forger.close);
  const given = { TOKEN_ISSUER: issuer.issuer, TOKEN_JWKS_URL: issuer.jwksUrl };
  const api = await startApi({ given });
  starting.defer(() => api.stack.stop());
  // Before it starts the app, the stack looks whether the issuer is there.
  issuer.fetches.length = 0;
  const started = starting.move();
  return {
    issuer,
    forger,
    audience: DEFAULT_SETTINGS.TOKEN_AUDIENCE,
    api,
    stop: () => started.disposeAsync(),
  };
}

type Target = { readonly method: "GET" | "POST"; readonly path: string };
const ME: Target = { method: "GET", path: "me" };
const EVENTS: Target = { method: "POST", path: "events" };

function send({ api }: World, { headers, query }: Attempt, { method, path }: Target = ME): Promise<Answer> {
  const parameters = [`api-version=${API_VERSION}`, query].filter((text) => text !== undefined);
  const target = `/api/${path}?${parameters.join("&")}`;
  if (method === "GET") return askRaw(api.stack.apiUrl, { method, target, headers });
  const contentType = { "content-type": "application/cloudevents-batch+json" };
  return askRaw(api.stack.apiUrl, { method, target, headers: { ...contentType, ...headers }, body: ["[]"] });
}

const forgeriesOf = (from: Forger): readonly Forgery[] => [
  ...wrongClaims(from),
  ...wrongKeys(from),
  ...wrongForms(from),
  ...alterations(from),
  ...misplaced(from),
];

/** Many at a time, so that they also come together. */
async function answersTo(world: World, { attempt }: Forgery): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let from = 0; from < ATTEMPTS_OF_A_KIND; from += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, async (_, offset) => {
      const index = from + offset;
      return send(world, await attempt(index), index % 2 === 0 ? ME : EVENTS);
    });
    answers.push(...(await Promise.all(batch)));
  }
  return answers;
}

describe("forged tokens", () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  test(
    "open nothing and all get the one answer that a request without a token gets",
    async () => {
      const nothing = visible(await send(world, { headers: {} }));
      expect(nothing.status).toBe(401);
      const forgeries = forgeriesOf(world);
      let attempts = 0;
      for (const forgery of forgeries) {
        const answers = await answersTo(world, forgery);
        for (const [index, answer] of answers.entries()) {
          expect([forgery.kind, index, visible(answer)]).toEqual([forgery.kind, index, nothing]);
        }
        attempts += answers.length;
      }
      expect(forgeries.length).toBeGreaterThanOrEqual(FEWEST_KINDS);
      expect(attempts).toBeGreaterThanOrEqual(FEWEST_ATTEMPTS);
      // All this proves nothing if no token opened anything.
      expect((await send(world, bearer(genuine(world, 0)))).status).toBe(200);
    },
    HANGING_TEST_MS,
  );

  test("of whom the role is missing find that there is nothing to send events to", async () => {
    for (const [index, roles] of [[], ["Csam"], ["events.send"], ["Events.Send "], undefined].entries()) {
      const token = bearer(genuine(world, index, { roles }));
      expect((await send(world, token, EVENTS)).status).toBe(404);
      expect((await send(world, token, ME)).status).toBe(200);
    }
  });

  test("that are larger than a header may be do not reach the service", async () => {
    const token = genuine(world, 0, { padding: "x".repeat(20_000) });
    expect((await send(world, bearer(token))).status).toBe(431);
  });

  test("made the service ask nobody but the issuer for keys, and that once in 30 seconds", () => {
    expect(world.forger.requests).toEqual([]);
    const { fetches } = world.issuer;
    expect(fetches.length).toBeGreaterThanOrEqual(1);
    const gaps = fetches.slice(1).map((time, index) => time - (fetches[index] ?? 0));
    expect(gaps.filter((gap) => gap < BETWEEN_FETCHES_MS - CLOCKS_APART_MS)).toEqual([]);
  });
});

describe("without the issuer's keys", () => {
  test.each<Mood>(["fails", "answers with a page", "never answers"])(
    "nobody comes in, the issuer is asked once, and all are told when to come again: it %s",
    async (mood) => {
      const world = await startWorld();
      await using _stopped = { [Symbol.asyncDispose]: () => world.stop() };
      world.issuer.setMood(mood);
      const unknown = wrongKeys(world).filter(({ kind }) => kind.includes("key id"));
      const attempts = [bearer(genuine(world, 0))];
      for (const { attempt } of unknown) attempts.push(await attempt(1), await attempt(2));
      const answers = await Promise.all(attempts.map((attempt) => send(world, attempt)));
      answers.push(await send(world, bearer(genuine(world, 3))));
      expect(
        answers.map(({ status }) => status).filter((status) => status !== 401 && status !== 503),
      ).toEqual([]);
      expect([answers[0]?.status, answers.at(-1)?.status]).toEqual([503, 503]);
      for (const { status, headers } of answers) {
        const seconds = Number(headers.get("retry-after"));
        expect(status === 401 ? seconds : Math.ceil(seconds / 30)).toBe(status === 401 ? 0 : 1);
      }
      expect(world.issuer.fetches.length).toBe(1);
      expect(world.forger.requests).toEqual([]);
    },
    HANGING_TEST_MS,
  );
});
