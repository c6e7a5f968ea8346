import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { entitlementsOf, foldTerms, type Terms } from "../../src/agreements/terms.ts";
import { statusAt, windowOf } from "../../src/agreements/window.ts";
import { balanceOf } from "../../src/consumption/grants.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { grantsIn, instantsAround, timeZones, YEARS } from "./grants-arbitrary.ts";
import { now } from "./state.ts";
import { viewsOf, wholeCustomer } from "./views.ts";

function termsOf(packages: readonly unknown[], timeZone: string): Terms {
  const days = { startDate: "2017-01-01", endDate: "2027-12-31" };
  const { data, time, source, id } = JSON.parse(agreementEvent({ ...days, timeZone, packages }));
  const terms = foldTerms([{ time, source, id, data: agreementEventDataSchema.parse(data) }]);
  return terms ?? expect.fail("there are no terms");
}

const worldArbitrary = fc
  .tuple(fc.constantFrom(...YEARS), fc.constantFrom(...timeZones))
  .chain(([year, timeZone]) => fc.tuple(fc.constant(year), fc.constant(timeZone), grantsIn(year)))
  .chain(([year, timeZone, grants]) => {
    const instant = instantsAround(grants, year);
    const day = instant.map((each) => each.slice(0, 10));
    return fc.record({
      timeZone: fc.constant(timeZone),
      grants: fc.constant(grants),
      days: fc.oneof(
        fc.constant([`${year}-01-01`, `${year}-12-31`]),
        fc.tuple(day, day).map((pair) => pair.toSorted()),
      ),
      service: fc.constantFrom("proactive", "supportContacts"),
      isPlain: fc.boolean(),
      deliveries: fc.array(fc.record({ at: instant, quantity: fc.integer({ min: 1, max: 25 }) }), {
        maxLength: 10,
      }),
      people: fc.nat({ max: 60 }),
      at: instant,
    });
  });

describe("what was not used of an allowance (CA-05, CA-07)", () => {
  it("is active, expired or to come, and with what was consumed makes up what was bought and the overage", () => {
    const seen = { active: 0, expired: 0, upcoming: 0, split: 0 };
    fc.assert(
      fc.property(worldArbitrary, ({ timeZone, grants, days, service, isPlain, deliveries, people, at }) => {
        const isCounted = service === "supportContacts";
        // Of people nothing is carried over.
        const own = grants.filter(({ kind }) => !isCounted || kind !== "carryOver");
        const given = isPlain ? { allowance: 50 } : { allowance: undefined, grants: own };
        const line = entitlement("ent", service, { ...given, unit: isCounted ? "contacts" : "minutes" });
        const [startDate, endDate] = days;
        const terms = termsOf([basePackage({ startDate, endDate, entitlements: [line] })], timeZone);
        const [entitled] = entitlementsOf(terms);
        if (entitled === undefined) expect.fail("there is no entitlement");
        const window = windowOf(terms, entitled.package);
        const inTime = (each: { readonly at: string }) =>
          each.at <= at && statusAt(window, each.at) === "active";
        const slices = isCounted ? [] : deliveries.filter(inTime);
        const total = isCounted ? people : slices.reduce((sum, { quantity }) => sum + quantity, 0);
        const { purchased, overage, remaining, unused } = balanceOf(terms, entitled, { total, slices }, at);
        const { active = -1, expired = -1, upcoming = -1 } = unused ?? {};
        expect((purchased ?? 0) + (overage ?? 0)).toBe(total + active + expired + upcoming);
        expect(Math.min(active, expired, upcoming)).toBeGreaterThanOrEqual(0);
        const status = statusAt(window, at);
        expect(active).toBe(status === "active" ? remaining : 0);
        if (status === "inactive") expect(upcoming).toBe(0);
        if (status === "upcoming") expect(expired).toBe(0);
        if (active > 0) seen.active += 1;
        if (expired > 0) seen.expired += 1;
        if (upcoming > 0) seen.upcoming += 1;
        if (active > 0 && expired > 0) seen.split += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
  });

  const half = { grantId: "a", amount: 100, priority: 1, startDate: "2026-01-01", endDate: "2026-06-30" };
  const carried = { ...half, grantId: "b", kind: "carryOver", carriedFrom: "a", amount: 25 };
  const autumn = { ...carried, startDate: "2026-09-01", endDate: "2026-12-31" };
  const year = { startDate: "2026-01-01", endDate: "2026-12-31" };
  const unusedAt = (at: string, used: number) => {
    const line = entitlement("ent", "proactive", { allowance: undefined, grants: [half, autumn] });
    const terms = termsOf([basePackage({ ...year, entitlements: [line] })], "Europe/Madrid");
    const [entitled] = entitlementsOf(terms);
    if (entitled === undefined) expect.fail("there is no entitlement");
    const slices = [{ at: "2026-02-01T00:00:00.000Z", quantity: used }];
    return balanceOf(terms, entitled, { total: used, slices }, at).unused;
  };

  it("of a grant is carried on to the next as long as that has not begun, and what is not carried on is expired", () => {
    const at = (day: string, used: number) => unusedAt(`${day}T12:00:00.000Z`, used);
    expect(at("2026-03-01", 70)).toEqual({ active: 30, expired: 0, upcoming: 0 });
    expect(at("2026-07-15", 70)).toEqual({ active: 0, expired: 5, upcoming: 25 });
    expect(at("2026-10-01", 70)).toEqual({ active: 25, expired: 5, upcoming: 0 });
    expect(at("2027-01-01", 70)).toEqual({ active: 0, expired: 30, upcoming: 0 });
    expect(at("2026-07-15", 90)).toEqual({ active: 0, expired: 0, upcoming: 10 });
  });
});

describe("a category of the enterprise-wide section", () => {
  const year = { startDate: "2026-01-01", endDate: "2026-12-31" };
  const line = (id: string, allowance: number) => entitlement(id, "proactive", { allowance });
  const packages = [
    basePackage({ ...year, entitlements: [line("ent-now", 50)] }),
    basePackage({
      ...year,
      packageId: "pkg-over",
      endDate: "2026-06-30",
      entitlements: [line("ent-over", 100)],
    }),
    basePackage({
      ...year,
      packageId: "pkg-next",
      startDate: "2026-12-01",
      entitlements: [line("ent-next", 40)],
    }),
  ];
  const used = (id: string, packageId: string, quantity: number) =>
    deliveryEvent(id, {
      packageId,
      entitlementId: `ent-${id}`,
      service: "proactive",
      quantity,
      deliveredAt: "2026-03-01T10:00:00Z",
      request: undefined,
    });
  const events = [
    agreementEvent({ ...year, packages }),
    used("now", "pkg-base", 60),
    used("over", "pkg-over", 30),
  ];

  async function categoryAt(asOf: string, more: readonly string[] = []) {
    const stores = memoryStores();
    const outcomes = await createRecorder(stores, now).record([...events, ...more]);
    expect(outcomes.filter(({ status }) => status !== "recorded")).toEqual([]);
    const page = await viewsOf(stores).page({ scope: wholeCustomer, workspaces: "all", asOf });
    const [category] = page.enterpriseWide.categories;
    const { purchased, consumed, remaining, expired, upcoming, overage } =
      category ?? expect.fail("there is no category");
    expect((purchased ?? 0) + overage).toBe(consumed + (remaining ?? 0) + (expired ?? 0) + (upcoming ?? 0));
    return { purchased, consumed, remaining, expired, upcoming, overage };
  }

  const consumed = { purchased: 190, consumed: 90, overage: 10 };
  it.each([
    ["2026-06-30T21:59:59.999Z", { ...consumed, remaining: 70, expired: 0, upcoming: 40 }],
    ["2026-06-30T22:00:00.000Z", { ...consumed, remaining: 0, expired: 70, upcoming: 40 }],
    ["2026-11-30T22:59:59.999Z", { ...consumed, remaining: 0, expired: 70, upcoming: 40 }],
    ["2026-11-30T23:00:00.000Z", { ...consumed, remaining: 40, expired: 70, upcoming: 0 }],
    [
      "2026-02-01T00:00:00.000Z",
      { ...consumed, consumed: 0, overage: 0, remaining: 150, expired: 0, upcoming: 40 },
    ],
  ])(
    "has left at %s only what may be used then, and says apart what is over and what is to come",
    async (asOf, expected) => {
      expect(await categoryAt(asOf)).toEqual(expected);
    },
  );

  it("has nothing left of what an amendment took away, from that instant on, not even of what was to come", async () => {
    const [base] = packages;
    const amendment = { id: "amended", time: "2026-05-01T12:00:00Z", type: "support.agreement.amended.v1" };
    const amended = [agreementEvent({ ...year, packages: [base] }, amendment)];
    const before = { remaining: 70, expired: 0, upcoming: 0 };
    // What was never to begin is not to come, before its end is known to have come as well.
    expect(await categoryAt("2026-05-01T11:59:59.999Z", amended)).toMatchObject({ ...before, expired: 40 });
    expect(await categoryAt("2026-05-01T12:00:00.000Z", amended)).toMatchObject({
      remaining: 0,
      expired: 110,
    });
  });
});
