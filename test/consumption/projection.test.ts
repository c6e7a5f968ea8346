import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, daysBetween } from "../../src/consumption/intervals.ts";
import {
  type Projection,
  plainSupply,
  project as projectSupply,
  type Situation,
} from "../../src/consumption/projection.ts";
import { dayIn } from "../../src/platform/instant.ts";
import { seededRandom } from "../fakes/random.ts";

/** With a plain allowance of which so much is left. */
type Plain = Omit<Situation, "supply"> & { readonly left: number | null };
const project = ({ left, ...rest }: Plain): Projection =>
  projectSupply({ ...rest, supply: left === null ? undefined : plainSupply(left) });

const START = "2026-01-01";
const window = { startsAt: `${START}T00:00:00.000Z`, endsAt: "2099-01-01T00:00:00.000Z", timeZone: "UTC" };
const at = (day: string, time = "00:00") => `${day}T${time}:00.000Z`;

/** The same quantity on each day from `from` up to, not including, `to`. */
function everyDay(from: string, to: string, quantity: number): Map<string, number> {
  const length = Math.max(0, daysBetween(from, to));
  return new Map(Array.from({ length }, (_, index) => [addDays(from, index), quantity]));
}

function situation(overrides: Partial<Plain> = {}): Plain {
  const now = at("2026-07-01");
  return { days: everyDay(START, "2026-07-01", 10), left: 100, window, now, ...overrides };
}

const zones = [
  "UTC",
  "Europe/Madrid",
  "America/Sao_Paulo",
  "Asia/Kolkata",
  "Pacific/Auckland",
  "Pacific/Honolulu",
];

const situationArbitrary: fc.Arbitrary<Plain> = fc
  .record({
    begun: fc.integer({ min: -10, max: 400 }),
    hour: fc.integer({ min: 0, max: 23 }),
    left: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 50_000_000_000 })),
    length: fc.integer({ min: 1, max: 1_000 }),
    quantities: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000 })), {
      minLength: 150,
      maxLength: 150,
    }),
    usual: fc.integer({ min: 1, max: 1_000_000 }),
    timeZone: fc.constantFrom(...zones),
    startHour: fc.integer({ min: 0, max: 23 }),
  })
  .map(({ begun, hour, left, length, quantities, usual, timeZone, startHour }) => {
    const today = "2026-07-01";
    const start = addDays(today, -begun);
    return {
      days: new Map(quantities.map((quantity, index) => [addDays(today, index - 149), quantity % usual])),
      left,
      window: {
        startsAt: at(start, `${String(startHour).padStart(2, "0")}:00`),
        endsAt: at(addDays(start, length), `${String(startHour).padStart(2, "0")}:00`),
        timeZone,
      },
      now: at(today, `${String(hour).padStart(2, "0")}:30`),
    };
  });

/** For comparing: null is later than every day. */
const orNever = (day: string | null): string => day ?? "9999";

describe("the projection", () => {
  it("gives at a constant pace exactly the day on which the last is used, whatever the time of the day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 28, max: 200 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 1_000_000 }),
        (pace, whole, begun, hasDelivered, short) => {
          const today = addDays(START, begun);
          const days = everyDay(START, hasDelivered ? addDays(today, 1) : today, pace);
          // What is left covers whole days, the last of them perhaps in part.
          const left = pace * whole - (short % pace);
          const projection = project({ days, left, window, now: at(today, "13:00") });
          const expected = addDays(today, hasDelivered ? whole : whole - 1);
          expect(projection).toMatchObject({
            outcome: "runsOut",
            runsOutOn: expected,
            earliestRunOut: expected,
          });
          // The late end does not count on today's delivery.
          expect(projection.latestRunOut).toBe(addDays(today, whole));
        },
      ),
    );
  });

  it("never names a day in the past or after the last, is never NaN, and its interval holds it", () => {
    let estimates = 0;
    fc.assert(
      fc.property(situationArbitrary, (each) => {
        const projection = project(each);
        expect(JSON.stringify(projection)).not.toMatch(/NaN|Invalid/);
        const { outcome, basis, runsOutOn, earliestRunOut, latestRunOut } = projection;
        const today = dayIn(each.now, each.window.timeZone);
        const last = dayIn(new Date(Date.parse(each.window.endsAt) - 1).toISOString(), each.window.timeZone);
        for (const day of [runsOutOn, earliestRunOut, latestRunOut]) {
          if (day === null) continue;
          expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
          expect(day >= today && day <= last).toBe(true);
        }
        expect(orNever(earliestRunOut) <= orNever(runsOutOn)).toBe(true);
        expect(orNever(runsOutOn) <= orNever(latestRunOut)).toBe(true);
        expect(outcome === "runsOut").toBe(runsOutOn !== null);
        if (basis !== null) {
          expect(basis.days).toBe(basis.weeks * 7);
          expect(basis.to).toBe(each.now.slice(0, 10));
          expect(daysBetween(basis.from, basis.to)).toBe(basis.days);
          expect(Number.isSafeInteger(basis.consumed)).toBe(true);
        }
        if (runsOutOn !== null) estimates += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(estimates).toBeGreaterThan(100);
  });

  it("is never later for more consumption, on whatever day it was", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        situationArbitrary,
        fc.integer({ min: 0, max: 149 }),
        fc.integer({ min: 1, max: 1_000 }),
        (each, ago, more) => {
          const before = project(each);
          fc.pre(before.outcome === "runsOut" || before.outcome === "lastsUntilExpiry");
          const day = addDays(each.now.slice(0, 10), -ago);
          const days = new Map([...each.days, [day, (each.days.get(day) ?? 0) + more]]);
          const after = project({ ...each, days, left: Math.max(0, (each.left ?? 0) - more) });
          if (after.outcome === "alreadyUsedUp") return;
          expect(orNever(after.runsOutOn) <= orNever(before.runsOutOn)).toBe(true);
          if (before.runsOutOn !== null) compared += 1;
        },
      ),
      { numRuns: 1_000 },
    );
    expect(compared).toBeGreaterThan(50);
  });

  it("covers the true day in 70 to 90 % of 1,000 simulated cases of Poisson weeks", () => {
    const random = seededRandom(20_260_701);
    let covered = 0;
    for (let run = 0; run < 1_000; run++) if (isCovered(simulate(random))) covered += 1;
    expect(covered).toBeGreaterThanOrEqual(700);
    expect(covered).toBeLessThanOrEqual(900);
  });
});

type Random = ReturnType<typeof seededRandom>;

/** Deliveries of Poisson weeks on any of their days; what is left lasts for some weeks or months. */
function simulate(random: Random): { readonly projection: Projection; readonly runOut: string } {
  const perWeek = 4 + random.below(37);
  const weeks = 4 + random.below(20);
  const today = addDays(START, weeks * 7);
  const days = new Map<string, number>();
  const left = perWeek * (3 + random.below(25));
  const addWeek = (from: string): void => {
    for (let count = poisson(random, perWeek); count > 0; count--) {
      const day = addDays(from, random.below(7));
      days.set(day, (days.get(day) ?? 0) + 1);
    }
  };
  for (let week = 0; week < weeks; week++) addWeek(addDays(START, week * 7));
  const projection = project({ days, left, window, now: at(today) });
  let used = 0;
  for (let day = today; ; day = addDays(day, 1)) {
    if (daysBetween(today, day) % 7 === 0) addWeek(day);
    used += days.get(day) ?? 0;
    if (used >= left) return { projection, runOut: day };
  }
}

function isCovered({ projection, runOut }: ReturnType<typeof simulate>): boolean {
  const { earliestRunOut, latestRunOut } = projection;
  return orNever(earliestRunOut) <= runOut && runOut <= orNever(latestRunOut);
}

/** By multiplying uniform numbers, as long as their product is not too small. */
function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; count++) product *= (random.below(1_000_000) + 1) / 1_000_001;
  return count;
}

describe("its outcome", () => {
  const outcome = (overrides: Partial<Plain>) => project(situation(overrides)).outcome;

  it("is what there is to say where nothing can be foreseen", () => {
    expect(outcome({ left: null })).toBe("unmetered");
    expect(outcome({ left: 0 })).toBe("alreadyUsedUp");
    expect(outcome({ left: 1 })).toBe("runsOut");
    expect(outcome({ left: 100_000_000_000 })).toBe("lastsUntilExpiry");
    const over = { ...window, endsAt: at("2026-07-01") };
    expect(outcome({ window: over })).toBe("lastsUntilExpiry");
    expect(outcome({ window: over, left: 0 })).toBe("alreadyUsedUp");
    expect(outcome({ days: new Map() })).toBe("notEnoughData");
  });

  it("needs 4 whole weeks since the package began, and 3 of them with consumption", () => {
    const startsAt = (day: string, time = "00:00") => ({ window: { ...window, startsAt: at(day, time) } });
    expect(outcome(startsAt("2026-06-03"))).toBe("runsOut");
    expect(outcome(startsAt("2026-06-03", "00:01"))).toBe("notEnoughData");
    expect(outcome(startsAt("2026-06-02", "22:00"))).toBe("runsOut");
    expect(outcome(startsAt("2026-06-04"))).toBe("notEnoughData");
    const weekly = (...days: readonly string[]) => new Map(days.map((day) => [day, 5]));
    expect(outcome({ days: weekly("2026-06-03", "2026-06-10", "2026-06-17") })).toBe("runsOut");
    expect(outcome({ days: weekly("2026-06-10", "2026-06-17") })).toBe("notEnoughData");
    // Older than 13 weeks, all of them but one.
    expect(outcome({ days: weekly("2026-01-10", "2026-01-20", "2026-03-31", "2026-04-01") })).toBe(
      "notEnoughData",
    );
  });

  it("states the days that it was taken from: 13 weeks before today, or those since the package began", () => {
    const { basis } = project(situation());
    expect(basis).toEqual({ from: "2026-04-01", to: "2026-07-01", days: 91, weeks: 13, consumed: 910 });
    const young = { window: { ...window, startsAt: at("2026-05-20") } };
    expect(project(situation(young)).basis).toMatchObject({ from: "2026-05-20", weeks: 6 });
  });

  it("lasts until the expiry if it runs out a day later, and runs out if it does so on the last day", () => {
    const endsOn = (day: string) => ({ window: { ...window, endsAt: at(addDays(day, 1)) } });
    expect(project(situation(endsOn("2026-07-10")))).toMatchObject({
      outcome: "runsOut",
      runsOutOn: "2026-07-10",
    });
    expect(project(situation(endsOn("2026-07-09")))).toMatchObject({
      outcome: "lastsUntilExpiry",
      runsOutOn: null,
      latestRunOut: null,
    });
  });

  it("is null at its late end where the pace cannot be told from nothing", () => {
    const days = new Map([
      ["2026-06-03", 1],
      ["2026-06-10", 1],
      ["2026-06-17", 400],
    ]);
    const young = { ...window, startsAt: at("2026-06-03") };
    const { runsOutOn, latestRunOut } = project(situation({ days, left: 1_000, window: young }));
    expect(runsOutOn).not.toBeNull();
    expect(latestRunOut).toBeNull();
  });
});
