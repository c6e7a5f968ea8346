import { afterAll, beforeAll, expect, test } from "vitest";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { agreementEvent, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { expectHarmless, expectRefusal } from "./support/expect-refusal.ts";
import { fuzzedRequest, REQUEST_NUMBER } from "./support/fuzz.ts";
import { askRaw } from "./support/raw-request.ts";
import { type RunningApi, startApi, UPSTREAM } from "./support/running-api.ts";
import { upsertedEvent } from "./support/support-world.ts";

const SEED = 2_026;
const REQUESTS = 2_000;
const AT_ONCE = 8;
type Caller = { readonly who: TokenRequest | undefined };

const CALLERS: readonly [Caller, ...Caller[]] = [
  { who: { email: "admin@cust-t.example" } },
  { who: { email: "csam@provider.example", roles: ["Csam"] } },
  { who: UPSTREAM },
  { who: undefined },
];

const random = seededRandom(SEED);
const cases = Array.from({ length: REQUESTS }, () => ({
  request: fuzzedRequest(random),
  caller: random.pick(CALLERS).who,
}));

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const told = { createdBy: "admin@cust-t.example" };
  await api.send([
    agreementEvent(),
    upsertedEvent("told", REQUEST_NUMBER, told),
    ...Array.from({ length: 5 }, (_, index) => deliveryEvent(`d-${index}`)),
  ]);
});

afterAll(() => api.stack.stop());

async function expectBorne(
  index: number,
  { request, caller }: (typeof cases)[number],
  secrets: readonly string[],
): Promise<number> {
  const authorization = caller === undefined ? {} : { authorization: `Bearer ${await api.tokenFor(caller)}` };
  const answer = await askRaw(api.stack.apiUrl, {
    ...request,
    headers: { ...authorization, ...request.headers },
  });
  const what = `${index}: ${answer.status} to ${JSON.stringify(request)}`;
  const isProblem = answer.headers.get("content-type") === "application/problem+json";
  if (answer.status < 400 || request.method === "HEAD" || isProblem) expectHarmless(answer, what, secrets);
  else expectRefusal(answer, what, secrets);
  return answer.status;
}

test(`${REQUESTS} requests with spoilt parts are each answered, and none with a failure or something from inside`, {
  timeout: 120_000,
}, async () => {
  const { SIGNING_KEY = "", COSMOS_KEY = "" } = api.stack.settings;
  const statuses = new Set<number>();
  const waiting = cases.entries();
  const worker = async (): Promise<void> => {
    for (const [index, each] of waiting)
      statuses.add(await expectBorne(index, each, [SIGNING_KEY, COSMOS_KEY]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  for (const status of [200, 201, 202, 400, 401, 404, 405, 415]) expect(statuses).toContain(status);
});

test("afterwards everything that was taken is settled, and the roll-ups are right", async () => {
  await api.drained();
  expect(api.serviceBus.counts("delivery-events").deadLettered).toBe(0);
  expect(await api.verifyLedgers()).toMatchObject({ differences: 0 });
  const path = `customers/${CUSTOMER}/activity`;
  expect((await api.ask({ email: "admin@cust-t.example" }, { path })).status).toBe(200);
});
