import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { entitlementsOf, foldTerms, type Terms } from "../../src/agreements/terms.ts";
import { balanceOf } from "../../src/consumption/grants.ts";
import type { Entitled } from "../../src/consumption/history-points.ts";
import { addDays, daysBetween } from "../../src/consumption/intervals.ts";
import { project } from "../../src/consumption/projection.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { supplyOf, usableWindow } from "../../src/consumption/supply.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { memoryActivityStore } from "../reports/support/memory-activity.ts";
import { grantsIn, instantsAround, shiftDay, timeZones, YEARS } from "./grants-arbitrary.ts";
import { ENTITLEMENT, historyOf } from "./history-worlds.ts";
import { type NaiveDelivery, type NaiveGrant, naiveBalance } from "./naive-grants.ts";
import { now } from "./state.ts";
import { viewsOf, wholeCustomer } from "./views.ts";

const PERIOD = { startDate: "2017-01-01", endDate: "2027-12-31" };
const everything = { scope: wholeCustomer, workspaces: "all" } as const;

const agreementWith = (grants: readonly NaiveGrant[], timeZone: string, period = PERIOD): string => {
  const entitlements = [entitlement(ENTITLEMENT, "proactive", { allowance: undefined, grants })];
  return agreementEvent({ ...period, timeZone, packages: [basePackage({ ...period, entitlements })] });
};

const worldArbitrary = fc
  .tuple(fc.constantFrom(...YEARS), fc.constantFrom(...timeZones))
  .chain(([year, timeZone]) => fc.tuple(fc.constant(year), fc.constant(timeZone), grantsIn(year)))
  .chain(([year, timeZone, grants]) =>
    fc.record({
      year: fc.constant(year),
      timeZone: fc.constant(timeZone),
      grants: fc.constant(grants),
      deliveries: fc.array(
        fc.record({ at: instantsAround(grants, year), quantity: fc.integer({ min: 1, max: 25 }) }),
        { maxLength: 10 },
      ),
      asOf: fc.option(instantsAround(grants, year), { nil: undefined }),
      interval: fc.constantFrom("week" as const, "month" as const),
    }),
  );

async function recorded(
  grants: readonly NaiveGrant[],
  timeZone: string,
  deliveries: readonly NaiveDelivery[],
) {
  const stores = memoryStores();
  const { record } = createRecorder(stores, now);
  const bodies = deliveries.map(({ at, quantity }, index) =>
    deliveryEvent(`d${index}`, {
      quantity,
      deliveredAt: at,
      entitlementId: ENTITLEMENT,
      service: "proactive",
      request: undefined,
    }),
  );
  const outcomes = await record([agreementWith(grants, timeZone), ...bodies]);
  expect(outcomes.filter(({ status }) => status !== "recorded")).toEqual([]);
  return stores;
}

describe("the balance history of grants", () => {
  it("is at the end of each point what one unit after the other comes to, and what the drill-down shows (LE-11)", async () => {
    let short = 0;
    await fc.assert(
      fc.asyncProperty(worldArbitrary, async ({ year, timeZone, grants, deliveries, asOf, interval }) => {
        const stores = await recorded(grants, timeZone, deliveries);
        const range = { from: `${year}-01-01`, to: `${year + 1}-02-01` };
        const asked = { ...everything, ...range, interval, asOf };
        const { points } = await historyOf(stores, memoryActivityStore(stores), asked);
        for (const { to, consumedToDate, purchased, remaining, overage } of points) {
          const last = new Date(Date.parse(to) - 1).toISOString();
          const at = asOf !== undefined && asOf < last ? asOf : last;
          const delivered = deliveries.filter((delivery) => delivery.at <= at);
          const expected = naiveBalance(grants, delivered, timeZone, at);
          expect({ purchased, remaining, overage }).toEqual({
            purchased: expected.purchased,
            remaining: expected.remaining,
            overage: expected.overage,
          });
          const { line } = await viewsOf(stores).drillDown({ ...everything, asOf: at }, ENTITLEMENT);
          expect(line).toMatchObject({ consumed: consumedToDate, purchased, remaining, overage });
          if (overage !== null && overage > 0) short += 1;
        }
      }),
      { numRuns: 60 },
    );
    expect(short).toBeGreaterThan(100);
  });

  it.each([
    { timeZone: "UTC", border: "2024-07-01T00:00:00.000Z" },
    { timeZone: "Europe/Madrid", border: "2024-06-30T22:00:00.000Z" },
    { timeZone: "America/Sao_Paulo", border: "2024-07-01T03:00:00.000Z" },
  ])("burns in $timeZone until the last instant of a grant, and from the first of the next", async (each) => {
    const first = { grantId: "a", amount: 100, priority: 1, startDate: "2024-01-01", endDate: "2024-06-30" };
    const second = { ...first, grantId: "b", startDate: "2024-07-01", endDate: "2024-12-31" };
    const before = new Date(Date.parse(each.border) - 1).toISOString();
    const deliveries = [
      { at: before, quantity: 30 },
      { at: each.border, quantity: 7 },
    ];
    const stores = await recorded([first, second], each.timeZone, deliveries);
    const range = { from: "2024-06-30", to: "2024-07-03" };
    const { points } = await historyOf(stores, memoryActivityStore(stores), { ...everything, ...range });
    expect(points.at(-1)).toMatchObject({ consumedToDate: 37, purchased: 200, remaining: 93, overage: 0 });
  });

  it("has 1,100 points of 50 grants and a delivery a day in less than 2 s", async () => {
    const grants = Array.from({ length: 50 }, (_, index) => ({
      grantId: `g${index}`,
      amount: 1_000,
      priority: index % 3,
      startDate: shiftDay("2024-01-01", index * 20),
      endDate: shiftDay("2024-01-01", index * 20 + 40),
    }));
    const deliveries = Array.from({ length: 1_000 }, (_, index) => ({
      at: `${shiftDay("2024-01-01", index)}T12:00:00.000Z`,
      quantity: 1,
    }));
    const stores = await recorded(grants, "Europe/Madrid", deliveries);
    const activity = memoryActivityStore(stores);
    const started = performance.now();
    const range = { from: "2024-01-01", to: addDays("2024-01-01", 1_100), now: "2026-10-20T10:00:00.000Z" };
    const { points } = await historyOf(stores, activity, { ...everything, ...range });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(points).toHaveLength(1_100);
  });
});

const TODAY = "2025-06-15";
const YEAR = { startDate: "2025-01-01", endDate: "2025-12-31" };

function termsOf(grants: readonly NaiveGrant[], timeZone: string): Terms {
  const { data, time, source, id } = JSON.parse(agreementWith(grants, timeZone, YEAR));
  const terms = foldTerms([{ time, source, id, data: agreementEventDataSchema.parse(data) }]);
  if (terms === undefined) throw new Error("there are no terms");
  return terms;
}

/** Made once: the projections ask for them millions of times. */
const NOONS = Array.from(
  { length: daysBetween(YEAR.startDate, YEAR.endDate) + 1 },
  (_, index) => `${addDays(YEAR.startDate, index)}T12:00:00.000Z`,
);

/** A delivery of the same quantity at noon of every day of the year up to, and without, `to`. */
const daily = (to: string, quantity: number): NaiveDelivery[] =>
  NOONS.slice(0, daysBetween(YEAR.startDate, to)).map((at) => ({ at, quantity }));

function entitledTo(grants: readonly NaiveGrant[], timeZone: string): Entitled {
  const terms = termsOf(grants, timeZone);
  const [line] = entitlementsOf(terms);
  if (line === undefined) throw new Error("there is no entitlement");
  return { terms, line };
}

const NOW = `${TODAY}T00:00:00.000Z`;

function projected(entitled: Entitled, pace: number) {
  const past = daily(TODAY, pace);
  return project({
    days: new Map(past.map(({ at, quantity }) => [at.slice(0, 10), quantity])),
    supply: supplyOf(entitled, past, NOW),
    window: { ...usableWindow(entitled), timeZone: entitled.terms.timeZone },
    now: NOW,
  });
}

describe("the projection of grants", () => {
  const grantsArbitrary = grantsIn(2025).map((grants) =>
    grants.map((grant) => ({ ...grant, amount: grant.amount * 40 })),
  );

  /** Deliveries go on at noon of every day. */
  function leftAfter({ terms, line }: Entitled, pace: number, day: string): number | undefined {
    const slices = daily(addDays(day, 1), pace);
    const total = slices.length * pace;
    return balanceOf(terms, line, { total, slices }, `${day}T12:00:00.000Z`).remaining;
  }

  it("is the first day at whose end nothing is left, by brute force day after day at a constant pace", () => {
    const seen = { runsOut: 0, lastsUntilExpiry: 0, acrossBorders: 0 };
    fc.assert(
      fc.property(
        grantsArbitrary,
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...timeZones),
        (grants, pace, timeZone) => {
          // One that would begin after the package never does.
          const begun = grants.filter(({ startDate }) => startDate <= YEAR.endDate);
          const ends = [
            YEAR.endDate,
            begun.reduce((last, { endDate }) => (endDate > last ? endDate : last), ""),
          ];
          const lastDay = ends.toSorted()[0] ?? "";
          const entitled = entitledTo(grants, timeZone);
          fc.pre(TODAY <= lastDay && (supplyOf(entitled, daily(TODAY, pace), NOW)?.leftNow ?? 0) > 0);
          let day = TODAY;
          while (day <= lastDay && (leftAfter(entitled, pace, day) ?? 0) > 0) day = addDays(day, 1);
          const expected =
            day > lastDay ? (["lastsUntilExpiry", null] as const) : (["runsOut", day] as const);
          const { outcome, runsOutOn, earliestRunOut } = projected(entitled, pace);
          expect([outcome, runsOutOn, earliestRunOut]).toEqual([...expected, expected[1]]);
          seen[expected[0]] += 1;
          if (grants.some(({ startDate }) => startDate > TODAY && startDate <= day)) seen.acrossBorders += 1;
        },
      ),
      { numRuns: 300 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });

  const first = { grantId: "a", amount: 2_000, priority: 1, startDate: "2025-01-01", endDate: "2025-06-30" };
  const second = { ...first, grantId: "b", startDate: "2025-07-01", endDate: "2025-12-31" };
  const madrid = (pace: number, ...grants: readonly NaiveGrant[]) =>
    projected(entitledTo(grants, "Europe/Madrid"), pace);

  it("goes on into a grant that begins when the last one ends, and takes no more of that one than until then", () => {
    expect(madrid(10, first, second)).toMatchObject({ outcome: "lastsUntilExpiry" });
    expect(madrid(11, first, second).runsOutOn).toBe("2025-12-29");
    expect(madrid(10, first, { ...second, amount: 200 }).runsOutOn).toBe("2025-07-20");
  });

  it("is the day on which there is no grant, where the next one begins later", () => {
    const gap = { ...second, startDate: "2025-08-01" };
    expect(madrid(1, first, gap)).toMatchObject({ runsOutOn: "2025-07-01" });
    expect(madrid(1, first).outcome).toBe("lastsUntilExpiry");
  });

  it("waits for what begins later where nothing is granted now", () => {
    const later = { ...second, amount: 200 };
    expect(madrid(10, later)).toMatchObject({ outcome: "runsOut", runsOutOn: "2025-07-20" });
    expect(madrid(1, later)).toMatchObject({ outcome: "lastsUntilExpiry", runsOutOn: null });
    const unused = { ...first, endDate: "2025-05-31" };
    expect(madrid(10, unused, later).runsOutOn).toBe("2025-07-20");
    expect(madrid(10, { ...unused, amount: 7 }, later).runsOutOn).toBe("2025-07-20");
    expect(madrid(0, later).outcome).toBe("notEnoughData");
  });

  it("is over with the last grant, whatever was left of it", () => {
    const over = { ...first, endDate: "2025-05-31" };
    expect(madrid(0, over).outcome).toBe("lastsUntilExpiry");
    expect(madrid(1, over).outcome).toBe("lastsUntilExpiry");
    expect(madrid(1, { ...over, amount: 152 }).outcome).toBe("lastsUntilExpiry");
  });

  it("was used up where the last grant left nothing when it ended, whatever was to begin after the package", () => {
    const over = { ...first, endDate: "2025-05-31", amount: 151 };
    const never = { ...first, grantId: "c", startDate: "2026-01-01", endDate: "2026-12-31" };
    expect(madrid(1, over).outcome).toBe("alreadyUsedUp");
    expect(madrid(1, over, never).outcome).toBe("alreadyUsedUp");
    expect(madrid(0, over, never).outcome).toBe("lastsUntilExpiry");
  });

  it("is used up where nothing is left of what is granted now", () => {
    expect(madrid(10, { ...first, amount: 1_000 }).outcome).toBe("alreadyUsedUp");
    expect(madrid(10, { ...first, amount: 1_000 }, second).outcome).toBe("alreadyUsedUp");
  });
});
