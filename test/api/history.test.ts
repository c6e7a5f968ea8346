import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { addDays } from "../../src/consumption/intervals.ts";
import {
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { entitlementSchema } from "./support/shapes.ts";

const csam: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const PATH = `customers/${CUSTOMER}/entitlements`;
/** In force, and its deliveries in the past, whenever the tests run. */
const FIRST = addDays(new Date().toISOString().slice(0, 10), -70);
const PERIOD = { startDate: FIRST, endDate: "2099-12-31" };
const PACE = 20;
const ALLOWANCE = 2_000;

const day = z.iso.date();
const historySchema = z.strictObject({
  entitlementId: z.string(),
  unit: z.string().nullable(),
  interval: z.string(),
  from: day,
  to: day,
  asOf: z.iso.datetime().nullable(),
  dataAsOf: z.iso.datetime().nullable(),
  before: z.strictObject({ consumed: z.int(), rows: z.int() }),
  points: z.array(
    z.strictObject({
      from: day,
      to: day,
      consumed: z.int(),
      consumedToDate: z.int(),
      purchased: z.int().nullable(),
      remaining: z.int().nullable(),
      overage: z.int().nullable(),
      rows: z.int(),
    }),
  ),
  projection: z
    .strictObject({
      outcome: z.string(),
      method: z.literal("meanOfLastWholeWeeks"),
      confidencePercent: z.literal(80),
      basis: z
        .strictObject({ from: day, to: day, days: z.int(), weeks: z.int(), consumed: z.int() })
        .nullable(),
      runsOutOn: day.nullable(),
      earliestRunOut: day.nullable(),
      latestRunOut: day.nullable(),
    })
    .nullable(),
});
type History = z.infer<typeof historySchema>;

/** One delivery at noon of each of the first 60 days. */
const deliveries = Array.from({ length: 60 }, (_, index) =>
  deliveryEvent(`d${index}`, {
    entitlementId: "ent-pro",
    service: "proactive",
    quantity: PACE,
    deliveredAt: `${addDays(FIRST, index)}T12:00:00Z`,
  }),
);

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const entitlements = [
    entitlement("ent-pro", "proactive", { allowance: ALLOWANCE }),
    entitlement("ent-adv", "advisory", { allowance: null }),
    { entitlementId: "ent-sdm", name: "Service delivery management", service: "other", class: "benefit" },
  ];
  await api.send([agreementEvent({ ...PERIOD, packages: [basePackage({ ...PERIOD, entitlements })] })]);
  await api.drained();
  // The last come first, and one is taken back.
  await api.send([...deliveries.toReversed(), reversalEvent("back", "d30", { quantity: 5 })]);
  await api.drained();
});
afterAll(() => api.stack.stop());

async function read(
  query: Readonly<Record<string, string>> = {},
  entitlementId = "ent-pro",
): Promise<History> {
  const answer = await api.ask(csam, { path: `${PATH}/${entitlementId}/history`, query });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(historySchema);
}

const drillDown = async (query: Readonly<Record<string, string>> = {}) =>
  (await api.ask(csam, { path: `${PATH}/ent-pro`, query })).read(entitlementSchema);

const refusalOf = async (query: Readonly<Record<string, string>>) => {
  const answer = await api.ask(csam, { path: `${PATH}/ent-pro/history`, query });
  const { error } = answer.read(
    z.object({ error: z.object({ code: z.string(), message: z.string(), target: z.string() }) }),
  );
  return { status: answer.status, ...error };
};

describe("the balance history, on the running host", () => {
  it("adds up to the drill-down, at every interval and as of any time (CA-19)", async () => {
    for (const asOf of [
      {},
      { asOf: `${addDays(FIRST, 30)}T12:00:00Z` },
      { asOf: `${addDays(FIRST, 30)}T11:59:59Z` },
    ]) {
      const { consumed, rows, remaining, overage, dataAsOf } = await drillDown(asOf);
      for (const interval of ["day", "week", "month"]) {
        const history = await read({ ...asOf, interval });
        const sum = (amount: (point: History["points"][number]) => number) =>
          history.points.reduce((total, point) => total + amount(point), 0);
        expect([sum((point) => point.consumed), sum((point) => point.rows)]).toEqual([consumed, rows]);
        expect(history.points.at(-1)).toMatchObject({ consumedToDate: consumed, remaining, overage });
        expect([history.dataAsOf, history.before]).toEqual([dataAsOf, { consumed: 0, rows: 0 }]);
      }
    }
  });

  it("has at the end of each day what the drill-down shows as of then", async () => {
    const { points } = await read({ from: addDays(FIRST, 28), to: addDays(FIRST, 33) });
    expect(points.map(({ consumed, rows }) => [consumed, rows])).toEqual([
      [PACE, 1],
      [PACE, 1],
      [PACE - 5, 2],
      [PACE, 1],
      [PACE, 1],
    ]);
    for (const { to, consumedToDate, remaining } of points) {
      const asOf = new Date(Date.parse(to) - 1).toISOString();
      expect(await drillDown({ asOf })).toMatchObject({ consumed: consumedToDate, remaining });
    }
  });

  it("says when the allowance runs out at the pace so far, and what that was taken from", async () => {
    const asOf = `${addDays(FIRST, 56)}T10:00:00Z`;
    const { projection } = await read({ asOf, interval: "month" });
    const consumed = 56 * PACE - 5;
    expect(projection).toMatchObject({
      outcome: "runsOut",
      basis: { to: addDays(FIRST, 56), days: 56, weeks: 8, consumed: expect.any(Number) },
    });
    // 8 weeks fit from the first whole UTC day; the reversal lies in one of them.
    expect(projection?.basis?.consumed).toBe(consumed);
    const days = Math.ceil((ALLOWANCE - consumed) / (consumed / 56));
    expect(projection?.runsOutOn).toBe(addDays(FIRST, 56 + days - 1));
    const { earliestRunOut, runsOutOn, latestRunOut } = projection ?? {};
    const interval = [earliestRunOut, runsOutOn, latestRunOut].map(String);
    expect(interval.toSorted()).toEqual(interval);
  });

  it("foresees nothing for what is unmetered or has no consumption", async () => {
    expect((await read({}, "ent-adv")).projection?.outcome).toBe("unmetered");
    expect(await read({}, "ent-sdm")).toMatchObject({ unit: null, points: [], projection: null });
  });

  it("refuses a range that is empty or too fine, and says which interval fits", async () => {
    const from = addDays(FIRST, -1_100);
    expect(await refusalOf({ from, to: addDays(FIRST, 1), interval: "day" })).toMatchObject({
      status: 400,
      code: "TooManyPoints",
      target: "interval",
      message: expect.stringContaining("choose the interval week"),
    });
    expect(await refusalOf({ from, to: from })).toMatchObject({
      status: 400,
      code: "InvalidQueryParameterValue",
      target: "to",
    });
    for (const [name, value] of [
      ["from", "2026-02-30"],
      ["from", "1989-12-31"],
      ["to", "2026-03-01T00:00:00Z"],
      ["interval", "year"],
      ["unit", "minutes"],
    ] as const)
      expect(await refusalOf({ [name]: value })).toMatchObject({ status: 400, target: name });
  });

  it("is as fine as fits where no interval is asked for", async () => {
    const intervalOf = async (days: number) => {
      const { interval, points } = await read({ from: addDays(FIRST, -days), to: FIRST });
      expect(points.length).toBeLessThanOrEqual(1_100);
      return interval;
    };
    expect([await intervalOf(1_100), await intervalOf(1_101)]).toEqual(["day", "week"]);
    expect([await intervalOf(1_099 * 7), await intervalOf(1_101 * 7)]).toEqual(["week", "month"]);
    expect((await read()).interval).toBe("day");
  });

  it("is for nobody who may not open Customer Activity, and of nothing that there is not", async () => {
    const path = `${PATH}/ent-pro/history`;
    expect((await api.ask({ email: "contact@cust-t.example" }, { path })).status).not.toBe(200);
    expect((await api.ask({ email: "nobody@elsewhere.example" }, { path })).status).toBe(404);
    expect((await api.ask(csam, { path: `${PATH}/ent-nobody-knows/history` })).status).toBe(404);
    expect((await api.ask(csam, { path, query: { workspaces: "ws-nobody-knows" } })).status).toBe(404);
    expect((await api.ask({ email: "admin@cust-t.example" }, { path })).status).toBe(200);
  });
});
