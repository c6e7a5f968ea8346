import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { readConfig } from "../../src/platform/config.ts";
import { wire } from "../../src/platform/wiring.ts";
import { seededRandom } from "../fakes/random.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { people } from "./support/access-people.ts";
import { type AccessWorld, createAccessWorld } from "./support/access-world.ts";
import { type Answer, visible } from "./support/answer.ts";
import {
  type Attempt,
  byBody,
  byFilter,
  byPath,
  byQuery,
  bySpelling,
  rawOf,
  type Source,
} from "./support/cross-tenant-attempts.ts";
import { type ManyRequests, manyRequests } from "./support/cross-tenant-client.ts";
import { byCursor, byLink, gatherTokens, type Tokens } from "./support/cross-tenant-tokens.ts";
import { nothingLike, type View, viewsOf } from "./support/cross-tenant-views.ts";
import type { RawRequest } from "./support/raw-request.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const SEED = Number(process.env["CROSS_TENANT_SEED"] ?? 20_261_120);
/** Of each kind; more than 10,000 in all. */
const ATTEMPTS = {
  path: 3_000,
  spelling: 3_200,
  query: 1_800,
  filter: 900,
  body: 500,
  cursor: 500,
  link: 300,
};
type Kind = keyof typeof ATTEMPTS;
// The names are those of the object above, no more.
const kindNames = z.array(z.custom<Kind>()).parse(Object.keys(ATTEMPTS));
const FEWEST_ATTEMPTS = 10_000;
/** Of each kind, one after the other, so that what each costs can be counted. */
const COUNTED_OF_A_KIND = 90;
const FEWEST_COUNTED = 500;
const AT_ONCE = 24;
const QUIET_POLLS = 3;
const FAILURES_SHOWN = 10;
const SETUP_LIMIT_MS = 120_000;
const TEST_LIMIT_MS = 300_000;

let api: RunningApi;
let world: AccessWorld;
let client: ManyRequests;
let views: readonly View[];
let tokens: Tokens;
let attempts: readonly Attempt[];

beforeAll(async () => {
  api = await startApi({ given: { ACCESS_CACHE_SECONDS: "0" } });
  world = await createAccessWorld(api);
  client = manyRequests(api.stack.apiUrl, AT_ONCE);
  views = viewsOf(world);
  tokens = await gatherTokens(api, world);
  await api.drained();
  attempts = createAttempts();
}, SETUP_LIMIT_MS);

afterAll(async () => {
  client.close();
  await api.stack.stop();
});

function createAttempts(): readonly Attempt[] {
  const random = seededRandom(SEED);
  const contracts = allEndpoints(wire(readConfig(api.stack.settings))).map(({ contract }) => contract);
  const source: Source = { random, contracts };
  const kinds: Readonly<Record<Kind, (view: View) => Attempt>> = {
    path: (view) => byPath(source, view),
    spelling: (view) => bySpelling(source, view),
    query: (view) => byQuery(source, view),
    filter: (view) => byFilter(source, view),
    body: (view) => byBody(source, view),
    cursor: (view) => byCursor(random, view, tokens),
    link: (view) => byLink(random, view, tokens),
  };
  const all = kindNames.flatMap((kind) =>
    Array.from({ length: ATTEMPTS[kind] }, () => kinds[kind](viewAt(random.below(views.length)))),
  );
  return random.shuffled(all);
}

function viewAt(index: number): View {
  const view = views[index];
  if (view === undefined) throw new RangeError("there is no such view");
  return view;
}

async function sendAs({ view }: Attempt, request: RawRequest): Promise<Answer> {
  return client.send(await api.tokenFor(people[view.caller]), request);
}

/** Everything in the answer, in small letters, with its cursors opened, and without what the request brought with it. */
function learnt({ headers, text }: Answer, sent: readonly string[]): string {
  const whole = `${[...headers].map(([name, value]) => `${name}: ${value}`).join("\n")}\n${text}`;
  const opened = [...whole.matchAll(/v1\.([\w-]+)\./g)].map(([, body = ""]) =>
    Buffer.from(body, "base64url").toString("utf8"),
  );
  return without(
    `${whole}\n${opened.join("\n")}`.toLowerCase(),
    sent.map((form) => form.toLowerCase()),
  );
}

function without(text: string, sent: readonly string[]): string {
  const longestFirst = [...new Set(sent)].toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, form) => rest.replaceAll(form, "\u00a4"), text);
}

/** What a caller sees of an answer; what it brought itself, and what follows from that alone, is made the same. */
function seen(answer: Answer, sent: readonly string[]) {
  const { status, headers, text } = visible(answer);
  const plain = without(text.replaceAll(/cursor=v1\.[\w.-]+/g, "cursor"), sent);
  const { etag: _, "content-length": __, ...others } = headers;
  return { status, headers: plain === text ? headers : others, text: plain };
}

function textOf(attempt: Attempt): string {
  const { kind, view, request } = attempt;
  return `seed ${SEED}: ${kind} by ${view.caller}: ${request.method} ${request.target} ${request.body?.join("") ?? ""}`;
}

/** Sentences about what an attempt brought to light. */
async function findings(attempt: Attempt): Promise<readonly string[]> {
  const { view, request, twin, sent } = attempt;
  const answer = await sendAs(attempt, request);
  const all = learnt(answer, sent);
  const secrets = view.secrets.filter((secret) => all.includes(secret));
  const found = secrets.map(
    (secret) => `${textOf(attempt)}\n  shows ${secret}: ${answer.text.slice(0, 300)}`,
  );
  if (answer.status >= 500 && answer.status !== 501) found.push(`${textOf(attempt)}\n  ${answer.status}`);
  if (twin === undefined) return found;
  const other = seen(answer, sent);
  const absent = seen(await sendAs(attempt, twin), sent);
  if (!isDeepStrictEqual(other, absent))
    found.push(`${textOf(attempt)}\n  ${JSON.stringify(other)}\n  ${JSON.stringify(absent)}`);
  return found;
}

test(
  "no attempt by a caller shows anything of another workspace or customer, or that it is there",
  async () => {
    const failures: string[] = [];
    const counts = new Map<string, number>();
    const queue = attempts.values();
    const work = async (): Promise<void> => {
      for (const attempt of queue) {
        counts.set(attempt.kind, (counts.get(attempt.kind) ?? 0) + 1);
        failures.push(...(await findings(attempt)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(failures.slice(0, FAILURES_SHOWN).join("\n")).toBe("");
    expect(Object.fromEntries(counts)).toEqual(ATTEMPTS);
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(FEWEST_ATTEMPTS);
  },
  TEST_LIMIT_MS,
);

const storeRequests = (): number => api.stack.cosmos?.requests().at(-1)?.index ?? -1;

async function untilQuiet(): Promise<number> {
  let last = -1;
  let unchanged = 0;
  return eventually(() => {
    const now = storeRequests();
    unchanged = now === last ? unchanged + 1 : 0;
    last = now;
    return unchanged >= QUIET_POLLS ? now : undefined;
  });
}

/** How many requests to the store it takes. Patient: also those that still run after the answer. */
async function costOf(attempt: Attempt, request: RawRequest, isPatient: boolean): Promise<number> {
  const before = isPatient ? await untilQuiet() : storeRequests();
  await sendAs(attempt, request);
  return (isPatient ? await untilQuiet() : storeRequests()) - before;
}

test(
  "what is hidden takes as many requests to the store as what does not exist",
  async () => {
    const counted = kindNames.flatMap((kind) =>
      attempts
        .filter((attempt) => attempt.kind === kind && attempt.twin !== undefined)
        .slice(0, COUNTED_OF_A_KIND),
    );
    expect(counted.length).toBeGreaterThanOrEqual(FEWEST_COUNTED);
    const failures: string[] = [];
    for (const attempt of counted) {
      const { request, twin = request } = attempt;
      if ((await costOf(attempt, request, false)) === (await costOf(attempt, twin, false))) continue;
      const [other, absent] = [await costOf(attempt, request, true), await costOf(attempt, twin, true)];
      if (other !== absent) failures.push(`${textOf(attempt)}\n  ${other}, not ${absent}: ${twin.target}`);
    }
    expect(failures.slice(0, FAILURES_SHOWN).join("\n")).toBe("");
  },
  TEST_LIMIT_MS,
);

/** What the store takes in no id, and what is too long for one. */
const ODD_IDS = [
  "%5c",
  "a%5cb",
  "%3f",
  "a%3fb",
  "%23",
  "%2f",
  "a%2fb",
  "%20",
  "%09",
  "%00",
  "%ff",
  "x".repeat(300),
];

test("no id, however it is written, is more than one that there is not", async () => {
  const contracts = allEndpoints(wire(readConfig(api.stack.settings))).map(({ contract }) => contract);
  const view = views.find(({ caller }) => caller === "csamOfA");
  if (view === undefined) throw new Error("the account team has no view");
  const failures: string[] = [];
  for (const { route, method, undocumented } of contracts) {
    if (method !== "GET" || undocumented === true) continue;
    for (const [, swapped = ""] of route.matchAll(/\{(\w+)\}/g)) {
      const requests = ODD_IDS.map((odd) =>
        rawOf(
          "GET",
          route.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
            name === swapped ? odd : encodeURIComponent(view.own[name] ?? ""),
          ),
        ),
      );
      for (const request of requests) {
        const { status } = await client.send(await api.tokenFor(people[view.caller]), request);
        if (status !== 404 && status !== 400) failures.push(`${request.target}: ${status}`);
      }
    }
  }
  expect(failures).toEqual([]);
});

// The last one: it makes the addresses known where they were not.
test("an invitation or a role says nothing of whether the address is known elsewhere", async () => {
  const { default: first, second, b } = world.named;
  const known = [b.email, b.memberEmail, people.adminOfB.email, second.memberEmail, people.csamOfB.email];
  const { customerId, workspaceId } = first;
  const inviting = (email: string) =>
    rawOf("POST", `customers/${customerId}/workspaces/${workspaceId}/invitations`, {
      json: { invitations: [{ email }] },
    });
  const assigning = (email: string) =>
    rawOf("POST", `customers/${customerId}/roleAssignments`, {
      json: { email, role: "customerAdministrator" },
    });
  for (const email of known) {
    const nobody = nothingLike("email", email);
    for (const requestFor of [inviting, assigning]) {
      const [view] = views.filter(({ caller }) => caller === "csamOfA");
      if (view === undefined) throw new Error("the account team has no view");
      const attempt = { kind: "email", view, request: requestFor(email), twin: undefined, sent: [] };
      const answerFor = async (request: RawRequest, sent: string) => {
        const { status, text } = seen(await sendAs(attempt, request), [sent]);
        return {
          status,
          text: text.replaceAll(/"((?:invitation|person|roleAssignment)Id)":"[^"]*"/g, '"$1"'),
        };
      };
      expect(await answerFor(requestFor(email), email)).toEqual(await answerFor(requestFor(nobody), nobody));
    }
  }
});
