import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { History } from "../../src/consumption/history.ts";
import type { HistoryPoint } from "../../src/consumption/history-points.ts";
import { addDays, divide, type Interval, intervals, partCount } from "../../src/consumption/intervals.ts";
import { InvalidRequestError, NotFoundError } from "../../src/platform/errors.ts";
import { basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import type { MemoryStores } from "../fakes/memory-stores.ts";
import { memoryActivityStore } from "../reports/support/memory-activity.ts";
import {
  type AskedHistory,
  agreement,
  askedArbitrary,
  ENTITLEMENT,
  entriesOf,
  HISTORY_NOW,
  historyOf,
  recorded,
  worldArbitrary,
} from "./history-worlds.ts";
import { only, viewsOf, wholeCustomer } from "./views.ts";

const everything = { scope: wholeCustomer, workspaces: "all" } as const;
const read = (stores: MemoryStores, asked: Partial<AskedHistory> = {}) =>
  historyOf(stores, memoryActivityStore(stores), { ...everything, ...asked });

const sum = (points: readonly Pick<HistoryPoint, "consumed" | "rows">[]) => ({
  consumed: points.reduce((total, { consumed }) => total + consumed, 0),
  rows: points.reduce((total, { rows }) => total + rows, 0),
});

/** The last instant of a point, as "as of" names it. */
function instantOf({ to }: HistoryPoint, asOf: string | undefined): string {
  const last = new Date(Date.parse(to) - 1).toISOString();
  return asOf !== undefined && asOf < last ? asOf : last;
}

describe("the balance history", () => {
  it("has in each point what was delivered then, by brute force over the entries, whatever came late or was reversed", async () => {
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(worldArbitrary, askedArbitrary, async (events, { ids, asOf, interval, days }) => {
        const stores = await recorded(events);
        const [from, to] = days?.toSorted() ?? [];
        const { range, before, points, lastAt } = await read(stores, {
          workspaces: ids,
          asOf,
          interval,
          ...(from !== undefined && to !== undefined && from < to ? { from, to } : {}),
        });
        const shown = entriesOf(stores)
          .filter(({ workspaceId = "" }) => ids.some((id) => id === workspaceId))
          .filter(({ at }) => asOf === undefined || at <= asOf);
        const within = (start: string, end: string) => {
          const entries = shown.filter(({ at }) => at >= start && at < end);
          return {
            consumed: entries.reduce((total, { quantity }) => total + quantity, 0),
            rows: entries.length,
          };
        };
        expect(before).toEqual(within("", range.from));
        for (const point of points) {
          expect(point).toMatchObject(within(point.from, point.to));
          expect(point.consumedToDate).toBe(within("", point.to).consumed);
        }
        expect(points.map(({ from: start, to: end }) => ({ from: start, to: end }))).toEqual(
          divide(range, interval),
        );
        expect(lastAt).toBe(
          shown
            .map(({ at }) => at)
            .toSorted()
            .at(-1),
        );
        counted += shown.length;
      }),
      { numRuns: 300 },
    );
    expect(counted).toBeGreaterThan(300);
  });

  it("is at the end of each point what the drill-down shows as of then", async () => {
    await fc.assert(
      fc.asyncProperty(worldArbitrary, askedArbitrary, async (events, { ids, asOf }) => {
        const stores = await recorded(events);
        const views = viewsOf(stores);
        const { points } = await read(stores, { workspaces: ids, asOf, interval: "week" });
        for (const point of points) {
          const asked = { scope: wholeCustomer, workspaces: ids, asOf: instantOf(point, asOf) };
          const { line } = await views.drillDown(asked, ENTITLEMENT);
          expect(point).toMatchObject({
            consumedToDate: line.consumed,
            remaining: line.remaining,
            overage: line.overage,
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("adds up to the total of the drill-down where no range is asked for, at every interval", async () => {
    await fc.assert(
      fc.asyncProperty(worldArbitrary, askedArbitrary, async (events, { ids, asOf }) => {
        const stores = await recorded(events);
        const asked = { scope: wholeCustomer, workspaces: ids, asOf };
        const { line, figures } = await viewsOf(stores).drillDown(asked, ENTITLEMENT);
        for (const interval of intervals) {
          const { points, before, lastAt } = await read(stores, { workspaces: ids, asOf, interval });
          expect(before).toEqual({ consumed: 0, rows: 0 });
          expect(sum(points)).toEqual({ consumed: line.consumed, rows: line.rows });
          expect(lastAt).toBe(figures.lastAt);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("of some workspaces is that of each added up, and what is left is everybody's", async () => {
    await fc.assert(
      fc.asyncProperty(worldArbitrary, async (events) => {
        const stores = await recorded(events);
        const range = { from: "2028-01-01", to: "2029-01-01", interval: "month" as const };
        const both = await read(stores, { ...range, workspaces: ["ws-a", "ws-default"] });
        const parts = [
          await read(stores, { ...range, workspaces: ["ws-a"] }),
          await read(stores, { ...range, workspaces: ["ws-default"] }),
        ];
        for (const [index, point] of both.points.entries()) {
          const each = parts.flatMap(({ points }) => points[index] ?? []);
          expect(sum(each)).toEqual({ consumed: point.consumed, rows: point.rows });
          for (const { remaining, overage } of each)
            expect([remaining, overage]).toEqual([point.remaining, point.overage]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

const delivered = (id: string, deliveredAt: string, quantity: number) =>
  deliveryEvent(id, { deliveredAt, quantity, entitlementId: ENTITLEMENT, service: "proactive" });

describe("a point", () => {
  it("begins at midnight in UTC, holds its first instant and not that of the next", async () => {
    const stores = await recorded([
      delivered("d1", "2028-02-28T23:59:59.999Z", 1),
      delivered("d2", "2028-02-29T00:00:00.000Z", 2),
      delivered("d3", "2028-02-29T23:59:59.999Z", 4),
      delivered("d4", "2028-03-01T00:00:00.000Z", 8),
    ]);
    const days = await read(stores, { from: "2028-02-28", to: "2028-03-02" });
    expect(days.points.map(({ consumed }) => consumed)).toEqual([1, 6, 8]);
    const months = await read(stores, { from: "2028-02-01", to: "2028-04-01", interval: "month" });
    expect(months.points.map(({ consumed }) => consumed)).toEqual([7, 8]);
  });

  it("is cut where the range begins and ends, and what was before is told apart", async () => {
    const stores = await recorded([
      delivered("d1", "2028-03-06T10:00:00Z", 1),
      delivered("d2", "2028-03-08T10:00:00Z", 2),
      delivered("d3", "2028-03-14T10:00:00Z", 4),
    ]);
    const weeks = await read(stores, { from: "2028-03-08", to: "2028-03-15", interval: "week" });
    expect(weeks.before).toEqual({ consumed: 1, rows: 1 });
    expect(weeks.points).toEqual([
      {
        from: "2028-03-08",
        to: "2028-03-13",
        consumed: 2,
        consumedToDate: 3,
        purchased: 120,
        remaining: 117,
        overage: 0,
        rows: 1,
      },
      {
        from: "2028-03-13",
        to: "2028-03-15",
        consumed: 4,
        consumedToDate: 7,
        purchased: 120,
        remaining: 113,
        overage: 0,
        rows: 1,
      },
    ]);
  });

  it("has nothing left and no overage exactly at the limit, and overage past it (LE-10)", async () => {
    const stores = await recorded([
      delivered("d1", "2028-03-01T10:00:00Z", 120),
      delivered("d2", "2028-03-02T10:00:00Z", 1),
      reversalEvent("back", "d1", { quantity: 2 }),
    ]);
    const balances = ({ points }: History) => points.map(({ remaining, overage }) => [remaining, overage]);
    const range = { from: "2028-03-01", to: "2028-03-03" };
    expect(balances(await read(stores, range))).toEqual([
      [2, 0],
      [1, 0],
    ]);
    const past = await recorded([
      delivered("d1", "2028-03-01T10:00:00Z", 120),
      delivered("d2", "2028-03-02T10:00:00Z", 1),
    ]);
    expect(balances(await read(past, range))).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it("has null for what is left where the allowance is unmetered", async () => {
    const unmetered = agreement({ allowance: null });
    const stores = await recorded([delivered("d1", "2028-03-01T10:00:00Z", 5)], { first: unmetered });
    const { points, projection } = await read(stores, { from: "2028-03-01", to: "2028-03-02" });
    expect(points).toMatchObject([{ consumed: 5, purchased: null, remaining: null, overage: null }]);
    expect(projection?.outcome).toBe("unmetered");
  });
});

describe("the range", () => {
  it("is by default the period of the package until now or as of, in UTC days", async () => {
    const stores = await recorded([]);
    expect((await read(stores)).range).toEqual({ from: "2027-12-31", to: "2028-10-21" });
    const asOf = "2028-03-05T00:00:00.000Z";
    expect((await read(stores, { asOf })).range).toEqual({ from: "2027-12-31", to: "2028-03-06" });
    const late = { now: "2031-05-05T10:00:00.000Z" };
    expect((await read(stores, late)).range).toEqual({ from: "2027-12-31", to: "2029-01-01" });
  });

  it("is empty before the package begins, and never after as of", async () => {
    const stores = await recorded([]);
    const early = await read(stores, { now: "2027-06-01T00:00:00.000Z" });
    expect([early.points, early.projection?.outcome]).toEqual([[], "notEnoughData"]);
    const asOf = "2028-03-05T09:00:00.000Z";
    const asked = { asOf, from: "2028-03-04", to: "2028-12-01" };
    expect((await read(stores, asked)).points).toHaveLength(2);
    expect((await read(stores, { asOf, from: "2028-03-06" })).points).toEqual([]);
  });

  it("is refused when it is empty or has more than 1,100 points, with the interval that fits", async () => {
    const stores = await recorded([]);
    const refusal = (asked: Partial<AskedHistory>) =>
      read(stores, { interval: "day", ...asked }).then(
        ({ points }) => points.length,
        (error: unknown) => (error instanceof InvalidRequestError ? [error.code, error.innererror] : error),
      );
    const from = "2026-01-05";
    expect(await refusal({ from, to: addDays(from, 1_100) })).toBe(1_100);
    expect(await refusal({ from, to: addDays(from, 1_101) })).toEqual([
      "TooManyPoints",
      { fittingInterval: "week" },
    ]);
    expect(await refusal({ from, to: addDays(from, 7 * 1_100), interval: "week" })).toBe(1_100);
    expect(await refusal({ from, to: addDays(from, 7 * 1_100 + 1), interval: "week" })).toEqual([
      "TooManyPoints",
      { fittingInterval: "month" },
    ]);
    expect(await refusal({ from: "1990-01-01", to: "2199-12-31", interval: "month" })).toEqual([
      "TooManyPoints",
      undefined,
    ]);
    expect(await refusal({ from, to: from })).toEqual(["InvalidQueryParameterValue", undefined]);
    expect(await refusal({ from, to: "2026-01-04" })).toEqual(["InvalidQueryParameterValue", undefined]);
  });

  it("has by default the finest interval of which there are no more than 1,100 points", async () => {
    const stores = await recorded([]);
    const from = "2026-01-05";
    const intervalOf = async (to: string) => (await read(stores, { from, to, interval: undefined })).interval;
    expect(await intervalOf(addDays(from, 1_100))).toBe("day");
    expect(await intervalOf(addDays(from, 1_101))).toBe("week");
    expect(await intervalOf(addDays(from, 7 * 1_100))).toBe("week");
    expect(await intervalOf(addDays(from, 7 * 1_100 + 1))).toBe("month");
    await expect(read(stores, { from: "1990-01-01", to: "2199-12-31", interval: undefined })).rejects.toThrow(
      "by month, more than 1100: choose a shorter range",
    );
  });

  it("is divided without gaps, in weeks from Monday and months from the first, as many as are counted", () => {
    const day = fc.integer({ min: 0, max: 3_000 }).map((days) => addDays("2027-01-01", days));
    fc.assert(
      fc.property(
        day,
        fc.integer({ min: 1, max: 1_200 }),
        fc.constantFrom(...intervals),
        (from, length, each) => {
          const range = { from, to: addDays(from, length) };
          const parts = divide(range, each);
          expect(parts).toHaveLength(partCount(range, each));
          expect([parts[0]?.from, parts.at(-1)?.to]).toEqual([range.from, range.to]);
          for (const [index, part] of parts.entries()) {
            expect(part.from < part.to).toBe(true);
            if (index > 0) expect(part.from).toBe(parts[index - 1]?.to);
            if (index > 0) expect(startsAsItShould(part.from, each)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function startsAsItShould(day: string, interval: Interval): boolean {
  if (interval === "week") return new Date(day).getUTCDay() === 1;
  return interval === "day" || day.endsWith("-01");
}

describe("what has no history", () => {
  const packages = [
    basePackage({
      startDate: "2028-01-01",
      endDate: "2028-12-31",
      entitlements: [
        { entitlementId: "ent-benefit", name: "Benefit", service: "other", class: "benefit" },
        entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 20 }),
      ],
    }),
  ];

  it.each(["ent-benefit", "ent-con"])("is %s: no points and no projection", async (entitlementId) => {
    const stores = await recorded([], { first: agreementWith(packages) });
    const { points, projection } = await read(stores, { entitlementId });
    expect([points, projection]).toEqual([[], undefined]);
  });

  it("is what the caller may not know of, after as many reads as what there is not", async () => {
    const stores = await recorded([delivered("d1", "2028-03-01T10:00:00Z", 5)], { linked: [] });
    for (const asOf of [undefined, "2028-03-01T11:00:00.000Z"]) {
      const ends = ["ent-nobody-knows", ENTITLEMENT].map(async (entitlementId) => {
        const calls: string[] = [];
        const asked = { scope: only("ws-b"), workspaces: "all", entitlementId, asOf } as const;
        const error = await historyOf(stores, counting(stores, calls), asked).catch(
          (reason: unknown) => reason,
        );
        return { isNotFound: error instanceof NotFoundError, calls };
      });
      const [absent, hidden] = await Promise.all(ends);
      expect(hidden).toEqual(absent);
      expect(hidden).toEqual({ isNotFound: true, calls: ["ledger"] });
    }
  });
});

const agreementWith = (packages: readonly unknown[]): string => {
  const event = JSON.parse(agreement());
  return JSON.stringify({ ...event, data: { ...event.data, packages } });
};

/** Notes every read of the ledgers. */
function counting(stores: MemoryStores, calls: string[]) {
  return new Proxy(memoryActivityStore(stores), {
    get: (store, name, receiver) => {
      calls.push(String(name));
      return Reflect.get(store, name, receiver);
    },
  });
}

describe("its cost", () => {
  it.each([
    { asOf: undefined, calls: ["ledger", "daysOf"] },
    { asOf: HISTORY_NOW, calls: ["ledger", "daysOf", "counted", "lastAt"] },
  ])("is $calls.length queries as of $asOf, however many deliveries there are", async ({ asOf, calls }) => {
    for (const count of [1, 60]) {
      const events = Array.from({ length: count }, (_, index) =>
        delivered(`d${index}`, `2028-0${1 + (index % 9)}-1${index % 10}T10:00:00Z`, 1),
      );
      const stores = await recorded(events);
      const seen: string[] = [];
      const { points } = await historyOf(stores, counting(stores, seen), { ...everything, asOf });
      expect(sum(points).rows).toBe(count);
      expect(seen).toEqual(calls);
    }
  });
});
