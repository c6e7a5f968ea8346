import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "../../src/consumption/entry.ts";
import type { Line } from "../../src/consumption/figures.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { grantsIn, instantsAround, timeZones, YEARS } from "./grants-arbitrary.ts";
import { type NaiveGrant, naiveBalance, naiveGrants } from "./naive-grants.ts";
import { NOW, now, settleAll } from "./state.ts";
import { type Asked, linesOn, viewsOf, wholeCustomer } from "./views.ts";

const GRANTED = "ent-pro";
const days = { startDate: "2017-01-01", endDate: "2027-12-31" };

function agreementWith(grants: readonly NaiveGrant[], timeZone: string, version: number, time: string) {
  const lines = [
    entitlement(GRANTED, "proactive", { allowance: undefined, grants }),
    entitlement("ent-edu", "education", { unit: "activities", allowance: 50 }),
  ];
  const type = `support.agreement.${version === 0 ? "activated" : "amended"}.v1`;
  const packages = [basePackage({ ...days, entitlements: lines })];
  return agreementEvent({ ...days, timeZone, packages }, { id: `terms-${version}`, time, type });
}

type Delivered = { readonly at: string; readonly quantity: number; readonly takenBack: number };

function eventsOf({ at, quantity, takenBack }: Delivered, index: number): string[] {
  const line = { packageId: "pkg-base", entitlementId: GRANTED, service: "proactive", request: undefined };
  const delivery = deliveryEvent(`d${index}`, { ...line, quantity, deliveredAt: at });
  const back = Math.min(quantity, takenBack);
  return back === 0 ? [delivery] : [delivery, reversalEvent(`r${index}`, `d${index}`, { quantity: back })];
}

/** A grant is left out together with what is carried over from it. */
function without(grants: readonly NaiveGrant[], dropped: ReadonlySet<string>): NaiveGrant[] {
  const kept = grants.filter(
    ({ grantId, carriedFrom = "" }) => !dropped.has(grantId) && !dropped.has(carriedFrom),
  );
  return kept.length < grants.length ? without(kept, new Set(idsMissing(kept, grants))) : kept;
}

const idsMissing = (kept: readonly NaiveGrant[], all: readonly NaiveGrant[]): string[] =>
  all.filter((grant) => !kept.includes(grant)).map(({ grantId }) => grantId);

const worldArbitrary = fc
  .tuple(fc.constantFrom(...YEARS), fc.constantFrom(...timeZones))
  .chain(([year, timeZone]) => fc.tuple(fc.constant(year), fc.constant(timeZone), grantsIn(year)))
  .chain(([year, timeZone, grants]) =>
    fc.record({
      timeZone: fc.constant(timeZone),
      grants: fc.constant(grants),
      dropped: fc.option(fc.subarray(grants.slice(1).map(({ grantId }) => grantId))),
      amendedAt: instantsAround(grants, year),
      deliveries: fc.array(
        fc.record({
          at: instantsAround(grants, year),
          quantity: fc.integer({ min: 1, max: 25 }),
          takenBack: fc.constantFrom(0, 0, 5, 25),
        }),
        { maxLength: 10 },
      ),
      order: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
      asOf: fc.option(instantsAround(grants, year), { nil: undefined }),
      /** Exactly at one of the deliveries, where there is that many. */
      asOfDelivery: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
    }),
  );
type World = typeof worldArbitrary extends fc.Arbitrary<infer W> ? W : never;

function versionsOf({ grants, dropped, amendedAt }: World) {
  const first = { time: "2017-01-01T00:00:00.000Z", grants };
  const kept = dropped === null ? [] : without(grants, new Set(dropped));
  return kept.length === 0 ? [first] : [first, { time: amendedAt, grants: kept }];
}

const shownOf = ({ grants, purchased, remaining, overage, consumed }: Line) => ({
  burnt: Object.fromEntries(grants.map((each) => [each.grant.grantId, each.burnt])),
  granted: Object.fromEntries(grants.map((each) => [each.grant.grantId, each.granted])),
  purchased,
  remaining,
  overage,
  consumed,
});

async function checkWorld(world: World): Promise<{ readonly isShort: boolean; readonly reads: number }> {
  const { timeZone, deliveries, order, asOfDelivery } = world;
  const asOf = (asOfDelivery === undefined ? undefined : deliveries[asOfDelivery]?.at) ?? world.asOf;
  const versions = versionsOf(world);
  const stores = memoryStores();
  const { record } = createRecorder(stores, now);
  const [first = "", ...amended] = versions.map(({ grants, time }, version) =>
    agreementWith(grants, timeZone, version, time),
  );
  const later = [...amended, ...deliveries.flatMap(eventsOf)].map((body, index) => ({
    body,
    key: order[index] ?? 0,
  }));
  const outcomes = [
    ...(await record([first])),
    ...(await record(later.toSorted((left, right) => left.key - right.key).map(({ body }) => body))),
  ];
  expect(outcomes.filter(({ status }) => status !== "recorded")).toEqual([]);
  await settleAll(stores);

  const views = viewsOf(stores);
  const asked: Asked = { scope: wholeCustomer, workspaces: "all", asOf };
  const { line } = await views.drillDown(asked, GRANTED);
  const reads = views.calls().filter((name) => name === "daysIn" || name === "countedIn").length;
  const included = deliveries.filter(({ at }) => asOf === undefined || at <= asOf);
  const net = included.map(({ at, quantity, takenBack }) => ({
    at,
    quantity: Math.max(0, quantity - takenBack),
  }));
  const expected = naiveBalance(naiveGrants(versions), net, timeZone, asOf ?? NOW);
  const consumed = net.reduce((sum, { quantity }) => sum + quantity, 0);
  expect(shownOf(line)).toEqual({ ...expected, consumed });

  const onPage = linesOn(await views.page(asked)).find(({ entitlementId }) => entitlementId === GRANTED);
  expect(onPage).toMatchObject({
    purchased: expected.purchased,
    remaining: expected.remaining,
    overage: expected.overage,
    consumed,
  });
  expect(onPage?.grants.map(({ burnt }) => burnt)).toEqual(line.grants.map(({ burnt }) => burnt));
  return { isShort: expected.overage > 0, reads };
}

it("page and drill-down show of grants what one unit after the other comes to, now and as of any instant (LE-10, LE-11)", async () => {
  let short = 0;
  let most = 0;
  await fc.assert(
    fc.asyncProperty(worldArbitrary, async (world) => {
      const { isShort, reads } = await checkWorld(world);
      short += isShort ? 1 : 0;
      most = Math.max(most, reads);
    }),
    { numRuns: 400 },
  );
  expect(short).toBeGreaterThan(40);
  expect(most).toBe(2);
});

const madrid = "Europe/Madrid";
const half = { grantId: "a", amount: 100, priority: 1, startDate: "2026-01-01", endDate: "2026-06-30" };
const rest = { ...half, grantId: "b", startDate: "2026-07-01", endDate: "2026-12-31" };

async function storesWith(grants: readonly NaiveGrant[], deliveries: readonly Delivered[]) {
  const stores = memoryStores();
  const { record } = createRecorder(stores, now);
  await record([
    agreementWith(grants, madrid, 0, "2026-01-01T00:00:00.000Z"),
    ...deliveries.flatMap(eventsOf),
  ]);
  return stores;
}

it("costs two queries more with a border inside a month and a day, however many deliveries and grants, and else none", async () => {
  const many = Array.from({ length: 40 }, (_, index) => ({ ...half, grantId: `g${index}`, amount: 1 }));
  const readsOf = async (grants: readonly NaiveGrant[], count: number, asOf?: string) => {
    const deliveries = Array.from({ length: count }, (_, index) => ({
      at: new Date(Date.UTC(2026, 5, 1 + (index % 40), index % 24)).toISOString(),
      quantity: 1,
      takenBack: 0,
    }));
    const views = viewsOf(await storesWith(grants, deliveries));
    await views.page({ scope: wholeCustomer, workspaces: "all", asOf });
    return views.calls().toSorted().join();
  };
  const two = "countedIn,daysIn,ledger,ledger";
  expect([await readsOf([half, rest], 3), await readsOf([half, rest], 300)]).toEqual([two, two]);
  expect(await readsOf([half, rest, ...many], 300)).toBe(two);
  const later = { ...half, grantId: "c", startDate: "2026-11-05", endDate: "2026-12-31" };
  expect(await readsOf([later], 300)).toBe("ledger,ledger");
  expect(await readsOf([half, rest], 300, "2026-06-20T12:00:00.000Z")).toBe(
    "counted,countedIn,days,daysIn,lastAt,ledger,ledger",
  );
});

it("a reversal gives back to the grant that it was delivered on, and an old delivery burns what was there then", async () => {
  const at = "2026-06-30T21:59:59.999Z";
  const lineOf = async (deliveries: readonly Delivered[]) => {
    const views = viewsOf(await storesWith([half, rest], deliveries));
    return shownOf((await views.drillDown({ scope: wholeCustomer, workspaces: "all" }, GRANTED)).line);
  };
  const before = await lineOf([{ at: "2026-08-01T00:00:00.000Z", quantity: 10, takenBack: 0 }]);
  expect(before.burnt).toEqual({ a: 0, b: 10 });
  const late = { at, quantity: 30, takenBack: 0 };
  expect((await lineOf([late])).burnt).toEqual({ a: 30, b: 0 });
  expect((await lineOf([{ ...late, takenBack: 25 }])).burnt).toEqual({ a: 5, b: 0 });
  expect((await lineOf([{ ...late, at: "2026-06-30T22:00:00.000Z" }])).burnt).toEqual({ a: 0, b: 30 });
});

it("an agreement event with grants that is sent again is a repeat, with and without its optional members", async () => {
  const stores = memoryStores();
  const { record } = createRecorder(stores, now);
  const body = agreementWith([half], madrid, 0, "2026-01-01T00:00:00.000Z");
  await record([body]);
  expect(await record([canonicalJson(JSON.parse(body))])).toMatchObject([{ status: "repeated" }]);
});
