/** Random sets of events around two agreements of one customer and one of another, in batches. */
import fc from "fast-check";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";

const sources = ["/servicedesk", "/timesheets"] as const;
const deliveryIds = ["d1", "d2", "d3", "d4", "d5", "d6"] as const;
const reversalIds = ["r1", "r2", "r3", "r4"] as const;
/** Among them the instants beside a month border and beside the ends of agreement and packages in Madrid. */
export const instants = [
  "2025-12-31T22:59:59.999Z",
  "2025-12-31T23:00:00.000Z",
  "2026-03-31T23:59:59.999Z",
  "2026-04-01T00:00:00.000Z",
  "2026-06-30T21:59:59.999Z",
  "2026-06-30T22:00:00.000Z",
  "2026-09-15T12:00:00.000Z",
  "2026-12-31T22:59:59.999Z",
  "2026-12-31T23:00:00.000Z",
  "2027-02-01T12:00:00.000Z",
] as const;

const place = fc.constantFrom(
  { customerId: "cust-t", agreementId: "agr-t-base" },
  { customerId: "cust-t", agreementId: "agr-t-base" },
  { customerId: "cust-t", agreementId: "agr-t-extra" },
  { customerId: "cust-t", agreementId: "agr-nobody-knows" },
  { customerId: "cust-t", agreementId: undefined },
  { customerId: "cust-u", agreementId: "agr-t-base" },
);

const line = fc.constantFrom(
  { service: "advisory", packageId: "pkg-base", entitlementId: "ent-adv" },
  { service: "advisory", packageId: undefined, entitlementId: undefined },
  { service: "advisory", packageId: "pkg-more", entitlementId: "ent-adv-more" },
  { service: "problemResolution", packageId: undefined, entitlementId: "ent-prs" },
  { service: "problemResolution", packageId: "pkg-base", entitlementId: "ent-prs" },
  { service: "problemResolution", packageId: "pkg-nobody-knows", entitlementId: undefined },
  { service: "proactive", packageId: "pkg-base", entitlementId: "ent-pro" },
  { service: "proactive", packageId: undefined, entitlementId: undefined },
);

/** Everything else of a delivery follows from its id, so that a repeat is the same event. */
const deliveryIn = (workspaces: readonly (string | undefined)[]) =>
  fc
    .record({
      id: fc.constantFrom(...deliveryIds),
      source: fc.constantFrom(...sources),
      place,
      line,
      quantity: fc.integer({ min: 1, max: 40 }),
      deliveredAt: fc.constantFrom(...instants),
      workspaceId: fc.constantFrom(...workspaces),
      category: fc.constantFrom(null, null, null, "SU"),
    })
    .map(({ id, source, place: where, line: what, quantity, deliveredAt, workspaceId, category }) =>
      deliveryEvent(
        id,
        { ...where, ...what, quantity, deliveredAt, workspaceId, request: { number: id, category } },
        { source },
      ),
    );

const reversal = fc
  .record({
    id: fc.constantFrom(...reversalIds),
    place,
    named: fc.constantFrom(...deliveryIds, ...deliveryIds, ...reversalIds, "agr-t-base-activated"),
    source: fc.constantFrom(...sources, "/contracts"),
    quantity: fc.constantFrom(undefined, 1, 5, 20, 41),
    day: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ id, place: where, named, source, quantity, day }) =>
    reversalEvent(
      id,
      named,
      { ...where, reverses: { source, id: named }, quantity },
      { time: `2026-10-0${day}T08:00:00Z` },
    ),
  );

const amended = (id: string, time: string) => ({ id, time, type: "support.agreement.amended.v1" });

/** Amendments take away from cases and only add for other services: those are judged when they come. */
const agreements = fc.subarray(
  [
    agreementEvent(),
    agreementEvent(
      { packages: [basePackage({ endDate: "2027-03-31" }), more()], endDate: "2027-03-31" },
      amended("amended-1", "2026-03-01T00:00:00Z"),
    ),
    agreementEvent(
      { packages: [withoutCases(), more()], endDate: "2027-03-31" },
      amended("amended-2", "2026-07-01T00:00:00Z"),
    ),
    agreementEvent(
      {
        agreementId: "agr-t-extra",
        kind: "addOn",
        packages: [
          {
            ...basePackage({ packageId: "pkg-extra", section: "addOn" }),
            entitlements: [
              entitlement("ent-extra-adv", "advisory"),
              entitlement("ent-extra-pro", "proactive"),
            ],
          },
        ],
      },
      { id: "extra" },
    ),
    agreementEvent({ customerId: "cust-u", customerName: "Customer U" }, { id: "other-customer" }),
  ],
  { minLength: 0 },
);

function more() {
  return {
    ...basePackage({ packageId: "pkg-more", startDate: "2026-03-01", endDate: "2026-06-30" }),
    entitlements: [entitlement("ent-adv-more", "advisory", { unit: "minutes" })],
  };
}

function withoutCases() {
  return {
    ...basePackage({ endDate: "2027-03-31" }),
    entitlements: [entitlement("ent-pro", "proactive", { allowance: 4_800 })],
  };
}

/** @returns batches: the events shuffled, some of them several times, cut anywhere. */
const worldIn = (workspaces: readonly (string | undefined)[]) =>
  fc
    .tuple(
      fc.uniqueArray(deliveryIn(workspaces), { maxLength: 8, selector: keyOf }),
      fc.uniqueArray(reversal, { maxLength: 6, selector: keyOf }),
      agreements,
    )
    .chain(([deliveries, reversals, contracts]) => {
      const events = [...deliveries, ...reversals, ...contracts];
      const repeats =
        events.length === 0 ? fc.constant([]) : fc.array(fc.constantFrom(...events), { maxLength: 6 });
      return repeats.chain((again) => {
        const all = [...events, ...again];
        return fc.tuple(
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.array(fc.integer({ min: 1, max: 5 }), { minLength: all.length, maxLength: all.length }),
        );
      });
    })
    .map(([events, sizes]) => cut(events, sizes));

export const worldArbitrary = worldIn([undefined, undefined, undefined, "ws-default", "ws-nobody-knows"]);

/** The workspaces of the customer whose links change; the one in the middle is the default one. */
export const WORKSPACE_IDS = ["ws-a", "ws-default", "ws-b"] as const;
/** The same with deliveries to several workspaces. */
export const workspacesWorldArbitrary = worldIn([undefined, ...WORKSPACE_IDS, "ws-nobody-knows"]);

export type LinkChange = {
  readonly workspaceId: (typeof WORKSPACE_IDS)[number];
  readonly agreementId: string;
  /** Undefined: what was decided is taken back, and the rules hold again. */
  readonly link: { readonly isLinked: boolean; readonly packageIds: readonly string[] } | undefined;
};

export const linkChangeArbitrary: fc.Arbitrary<LinkChange> = fc.record({
  workspaceId: fc.constantFrom(...WORKSPACE_IDS),
  agreementId: fc.constantFrom("agr-t-base", "agr-t-base", "agr-t-extra"),
  link: fc.constantFrom(
    { isLinked: true, packageIds: [] },
    { isLinked: false, packageIds: [] },
    { isLinked: true, packageIds: ["pkg-extra"] },
    { isLinked: false, packageIds: ["pkg-extra"] },
    undefined,
  ),
});

/** Within its ledger source and id are the event's own: two contents with one id are another test's. */
function keyOf(body: string): string {
  const { source, id, data } = JSON.parse(body);
  return [source, id, data.customerId, data.agreementId].join("\n");
}

function cut(events: readonly string[], sizes: readonly number[]): string[][] {
  const rest = [...events];
  return sizes.flatMap((size) => (rest.length === 0 ? [] : [rest.splice(0, size)]));
}
