import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Answer } from "./support/answer.ts";
import { type FaultyApi, startFaultyApi } from "./support/faulty-api.ts";
import { type Ask, UPSTREAM } from "./support/running-api.ts";
import { errorSchema } from "./support/shapes.ts";
import { expectTotals } from "./support/totals.ts";
import { adminOf, createTraffic } from "./support/traffic.ts";

const SEED = 11;
const DELIVERIES = 250;
const LIMIT_MS = 180_000;
/** Between two reads while events are counted. */
const READ_EVERY_MS = 100;
const A_FEW_PER_CENT = {
  cosmos: "429=0.02,503=0.01,lost=0.01,refused=0.01,slow=0.02@50",
  serviceBus: "429=0.01,503=0.01,lost=0.002,refused=0.002,slow=0.02@50",
};

const traffic = createTraffic(DELIVERIES, SEED);
let api: FaultyApi;

beforeAll(async () => {
  api = await startFaultyApi({
    blob: "429=0.02,503=0.02,lost=0.02,refused=0.02,slow=0.02@50",
    tokens: "503=0.05,lost=0.05,slow=0.05@50",
  });
});

afterEach(() => api.setFaults({}));
afterAll(() => api.stop());

/** Well answered, or told when to come back: nothing else, whatever fails. */
function expectAnswered(answer: Answer, success: number): void {
  if (answer.status === success) return;
  expect([answer.status, answer.text]).toEqual([503, expect.stringContaining("ServerBusy")]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(answer.read(errorSchema).error.code).toBe(answer.headers.get("x-ms-error-code"));
}

test("with faults in every part, what is sent with repeats comes to exactly the right totals", {
  timeout: LIMIT_MS,
}, async () => {
  await api.send(traffic.agreements);
  api.setFaults(A_FEW_PER_CENT);
  const isSent = new AbortController();
  const reading = readAllTheTime(isSent.signal);
  const tally = await api.send(traffic.lines).finally(() => isSent.abort());
  await reading;
  expect(tally).toMatchObject({ posted: traffic.lines.length, pending: 0, rejected: 0 });
  await api.drained();
  expect(api.serviceBus.counts("delivery-events").deadLettered).toBe(0);
  api.setFaults({});
  await expectTotals(api, traffic);
});

async function readAllTheTime(until: AbortSignal): Promise<void> {
  const customerId = traffic.customerIds[0] ?? "";
  while (!until.aborted) {
    expectAnswered(await api.ask(adminOf(customerId), { path: `customers/${customerId}/activity` }), 200);
    await delay(READ_EVERY_MS);
  }
}

const read: Ask = { path: `customers/${traffic.customerIds[0]}/activity` };
const event: Ask = { method: "POST", path: "events", json: traffic.lines[0] };

test.each([
  { what: "Cosmos DB throttles", faults: { cosmos: "429=1" }, request: read },
  { what: "Cosmos DB is away", faults: { cosmos: "503=1" }, request: read },
  { what: "Service Bus is busy", faults: { serviceBus: "503=1" }, request: event },
])(
  "while $what the answer is 503 with the time to come back, and afterwards all is well",
  {
    timeout: 60_000,
  },
  async ({ faults, request }) => {
    const [caller, success] =
      request === read ? ([adminOf("cust-0"), 200] as const) : ([UPSTREAM, 202] as const);
    api.setFaults(faults);
    const during = await api.ask(caller, request);
    expect(during.status).toBe(503);
    expectAnswered(during, success);
    api.setFaults({});
    expect((await api.ask(caller, request)).status).toBe(success);
    await api.drained();
  },
);
