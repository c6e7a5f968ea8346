/**
 * Random worlds beside the borders that matter: ends of months, a leap day, days on which the clocks change, in the time
 * zones of the product's countries. Agreements grow and never shrink for services other than cases, since a delivery of
 * these is judged when it comes; everything else of them changes as it likes.
 */
import fc from "fast-check";
import { agreementEvent, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";

const days = [
  "2025-12-31",
  "2026-01-01",
  "2026-02-28",
  "2026-03-01",
  "2026-03-28",
  "2026-03-29",
  "2026-03-30",
  "2026-10-24",
  "2026-10-25",
  "2026-10-26",
  "2026-11-20",
  "2026-12-31",
  "2028-02-28",
  "2028-02-29",
  "2028-03-01",
] as const;
const timeZones = ["Europe/Madrid", "Europe/Warsaw", "Europe/Rome"] as const;

/** Midnight there in winter and in summer, midnight in UTC, each with the instants beside it, and noon. */
const borderInstants: readonly string[] = days.flatMap((day) => {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return [-2, -1, 0, 12]
    .flatMap((hours) => [-1, 0, 1].map((ms) => midnight + hours * 3_600_000 + ms))
    .map((ms) => new Date(ms).toISOString());
});

const instant = fc.constantFrom(...borderInstants);
export const asOfArbitrary = fc.oneof(
  fc.constant(undefined),
  instant,
  fc
    .date({ min: new Date("2025-12-30"), max: new Date("2028-03-03"), noInvalidDate: true })
    .map((date) => date.toISOString()),
);

const someDays = fc
  .tuple(fc.constantFrom(...days), fc.constantFrom(...days))
  .map((pair) => pair.toSorted())
  .map(([startDate = days[0], endDate = days[0]]) => ({ startDate, endDate }));
/** Mostly all of the time, so that most deliveries count. */
const period = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ startDate: days[0], endDate: "2028-02-29" }) },
  { weight: 1, arbitrary: someDays },
);
type Period = { readonly startDate: string; readonly endDate: string };
const around = (one: Period, other: Period): Period => ({
  startDate: one.startDate < other.startDate ? one.startDate : other.startDate,
  endDate: one.endDate > other.endDate ? one.endDate : other.endDate,
});

/** Sums of deliveries are multiples of ten: often exactly the allowance. */
const amount = fc.constantFrom(0, 9, 10, 11, 20, 30, 40);
const allowance = fc.oneof(fc.constant(null), amount);
/** Lines for cases, some of which a version may leave out. */
const caseLines = fc
  .record({
    ids: fc.subarray([
      ["ent-prs", "problemResolution"],
      ["ent-adv", "advisory"],
      ["ent-adv-2", "advisory"],
    ] as const),
    allowance,
  })
  .map(({ ids, allowance: each }) =>
    ids.map(([id, service]) => entitlement(id, service, { allowance: each })),
  );

const version = fc.record({
  own: period,
  cases: period,
  caseLines,
  added: fc.option(period),
  proactive: amount,
});
type Version = typeof version extends fc.Arbitrary<infer Value> ? Value : never;

function packagesOf(
  { cases, caseLines: lines, added, proactive }: Version,
  whole: Period,
  prefix: string,
): readonly unknown[] {
  const name = "A package";
  const pro = entitlement(`${prefix}ent-pro`, "proactive", { allowance: proactive });
  const benefit = { entitlementId: `${prefix}ent-sdm`, name, service: "other", class: "benefit" };
  const addOnLine = entitlement(`${prefix}ent-more`, "advisory", { allowance: proactive });
  return [
    {
      packageId: `${prefix}pkg-pro`,
      name,
      section: "enterpriseWide",
      ...whole,
      entitlements: [pro, benefit],
    },
    ...(prefix === ""
      ? [{ packageId: "pkg-cases", name, section: "enterpriseWide", ...cases, entitlements: lines }]
      : []),
    ...(added === null
      ? []
      : [{ packageId: `${prefix}pkg-more`, name, section: "addOn", ...added, entitlements: [addOnLine] }]),
  ];
}

function agreementsOf(timeZone: string, agreementId: string, versions: readonly Version[]): string[] {
  const prefix = agreementId === "agr-t-base" ? "" : "x-";
  let whole: Period | undefined;
  return versions.map((each, index) => {
    whole = whole === undefined ? each.own : around(whole, each.own);
    return agreementEvent(
      {
        agreementId,
        kind: prefix === "" ? "base" : "addOn",
        timeZone,
        ...whole,
        packages: packagesOf(each, whole, prefix),
      },
      {
        id: `${agreementId}-${index}`,
        type: `support.agreement.${index === 0 ? "activated" : "amended"}.v1`,
        time: ["2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z"][index],
      },
    );
  });
}

const deliveryIds = ["d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"] as const;
const target = fc.constantFrom(
  {
    agreementId: "agr-t-base",
    packageId: "pkg-cases",
    entitlementId: "ent-prs",
    service: "problemResolution",
  },
  { agreementId: "agr-t-base", packageId: undefined, entitlementId: undefined, service: "problemResolution" },
  { agreementId: "agr-t-base", packageId: "pkg-cases", entitlementId: "ent-adv", service: "advisory" },
  { agreementId: "agr-t-base", packageId: undefined, entitlementId: undefined, service: "advisory" },
  { agreementId: "agr-t-base", packageId: "pkg-more", entitlementId: "ent-more", service: "advisory" },
  { agreementId: "agr-t-base", packageId: undefined, entitlementId: "ent-pro", service: "proactive" },
  { agreementId: "agr-t-base", packageId: undefined, entitlementId: undefined, service: "proactive" },
  { agreementId: "agr-t-extra", packageId: "x-pkg-more", entitlementId: "x-ent-more", service: "advisory" },
  { agreementId: "agr-t-extra", packageId: undefined, entitlementId: "x-ent-pro", service: "proactive" },
  { agreementId: "agr-nobody", packageId: undefined, entitlementId: undefined, service: "advisory" },
  { agreementId: undefined, packageId: undefined, entitlementId: undefined, service: "problemResolution" },
);

const delivery = (workspaces: readonly (string | undefined)[]) =>
  fc
    .record({
      id: fc.constantFrom(...deliveryIds),
      target,
      quantity: fc.constantFrom(10, 20, 30),
      deliveredAt: instant,
      workspaceId: fc.constantFrom(...workspaces),
      category: fc.oneof(
        { weight: 8, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom("SU", "DSA", "X85", "REC") },
      ),
      number: fc.constantFrom("CASE-1", "CASE-2", "CASE-3", "CASE-4"),
    })
    .map(({ id, target: where, category, number, ...rest }) => ({
      where,
      body: deliveryEvent(id, { ...where, ...rest, request: { number, category } }),
      id,
    }));

/** @returns batches in any order, some events of them twice. */
export const wholeWorld = (workspaces: readonly (string | undefined)[]): fc.Arbitrary<string[][]> =>
  fc
    .record({
      timeZone: fc.constantFrom(...timeZones),
      base: fc.oneof(
        { weight: 1, arbitrary: fc.constant([]) },
        { weight: 9, arbitrary: fc.array(version, { minLength: 1, maxLength: 3 }) },
      ),
      extra: fc.array(version, { minLength: 0, maxLength: 2 }),
      deliveries: fc.uniqueArray(delivery(workspaces), { maxLength: 8, selector: ({ id }) => id }),
      taken: fc.array(fc.record({ of: fc.nat(7), quantity: fc.constantFrom(undefined, 10, 20) }), {
        maxLength: 4,
      }),
      again: fc.array(fc.nat(), { maxLength: 4 }),
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 30, maxLength: 30 }),
    })
    .chain(({ timeZone, base, extra, deliveries, taken, again, sizes }) => {
      const reversals = taken.flatMap(({ of, quantity }, index) => {
        const reversed = deliveries[of];
        if (reversed === undefined) return [];
        const overrides = { agreementId: reversed.where.agreementId, quantity };
        return [
          reversalEvent(`r${index}`, reversed.id, overrides, { time: `2026-10-0${index + 1}T08:00:00Z` }),
        ];
      });
      const events = [
        ...agreementsOf(timeZone, "agr-t-base", base),
        ...agreementsOf(timeZone, "agr-t-extra", extra),
        ...deliveries.map(({ body }) => body),
        ...reversals,
      ];
      const repeats = again.flatMap((index) => events[index % Math.max(1, events.length)] ?? []);
      const all = [...events, ...repeats];
      return fc.shuffledSubarray(all, { minLength: all.length }).map((shuffled) => cut(shuffled, sizes));
    });

function cut(events: readonly string[], sizes: readonly number[]): string[][] {
  const rest = [...events];
  return sizes.map((size) => rest.splice(0, size)).filter((batch) => batch.length > 0);
}
