import { beforeAll, describe, expect, it } from "vitest";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { openWorkspaces } from "./link-checks.ts";
import { now } from "./state.ts";
import { type Asked, type Views, viewsOf, wholeCustomer } from "./views.ts";

/** The package ends with June, the agreement with the year; a second agreement loses its lines for cases on the 1st of May. */
const cases = { packageId: "pkg-base", endDate: "2026-06-30" };
const lines = (prefix: string) => [
  entitlement(`${prefix}-prs`, "problemResolution"),
  entitlement(`${prefix}-adv`, "advisory"),
];
const old = { agreementId: "agr-t-old", number: "T-2" };
const oldPackage = (entitlements: readonly unknown[]) => basePackage({ packageId: "pkg-old", entitlements });
const agreements = [
  agreementEvent({
    packages: [
      basePackage({ ...cases, entitlements: [...lines("ent"), entitlement("ent-pro", "proactive")] }),
    ],
  }),
  agreementEvent({ ...old, packages: [oldPackage(lines("old"))] }, { id: "old" }),
  agreementEvent(
    { ...old, packages: [oldPackage([])] },
    { id: "old-amended", type: "support.agreement.amended.v1", time: "2026-05-01T00:00:00Z" },
  ),
];

type Place = "elsewhere" | "base" | "old";
/** What a delivery names, and whether that is a line of its service. */
const contracts: Readonly<
  Record<string, { place: Place; isFound: boolean; members: Record<string, unknown> }>
> = {
  "no agreement": {
    place: "elsewhere",
    isFound: false,
    members: { agreementId: undefined, packageId: undefined, entitlementId: undefined },
  },
  "an unknown agreement": {
    place: "elsewhere",
    isFound: false,
    members: { agreementId: "agr-none", packageId: "pkg-base" },
  },
  "an unknown package": {
    place: "base",
    isFound: false,
    members: { packageId: "pkg-none", entitlementId: undefined },
  },
  "an unknown entitlement": { place: "base", isFound: false, members: { entitlementId: "ent-none" } },
  "another service's entitlement": { place: "base", isFound: false, members: { entitlementId: "ent-pro" } },
  "its entitlement": { place: "base", isFound: true, members: {} },
  "its package alone": { place: "base", isFound: true, members: { entitlementId: undefined } },
  "its agreement alone": {
    place: "base",
    isFound: true,
    members: { packageId: undefined, entitlementId: undefined },
  },
  "an entitlement that ends": {
    place: "old",
    isFound: true,
    members: { agreementId: "agr-t-old", packageId: "pkg-old" },
  },
};

/** First and last instants in Madrid, and the instants beside them. */
const times = {
  "before the agreement": { at: "2025-12-31T22:59:59.999Z", inAgreement: false, inLine: false, inOld: false },
  "at its first instant": { at: "2025-12-31T23:00:00.000Z", inAgreement: true, inLine: true, inOld: true },
  "before the line ends": { at: "2026-04-30T23:59:59.999Z", inAgreement: true, inLine: true, inOld: true },
  "when the line ended": { at: "2026-05-01T00:00:00.000Z", inAgreement: true, inLine: true, inOld: false },
  "at the package's last": { at: "2026-06-30T21:59:59.999Z", inAgreement: true, inLine: true, inOld: false },
  "after the package": { at: "2026-06-30T22:00:00.000Z", inAgreement: true, inLine: false, inOld: false },
  "at the agreement's last": {
    at: "2026-12-31T22:59:59.999Z",
    inAgreement: true,
    inLine: false,
    inOld: false,
  },
  "after the agreement": { at: "2026-12-31T23:00:00.000Z", inAgreement: false, inLine: false, inOld: false },
} as const;

const services = { problemResolution: "prs", advisory: "adv" } as const;
const workspaces = { "ws-default": true, "ws-a": false } as const;
const categories = [null, "SU", "DSA", "X85", "REC"] as const;

/** CA-14, word by word. */
function reasonsOf(
  contract: keyof typeof contracts,
  time: keyof typeof times,
  isLinked: boolean,
  category: string | null,
): string[] {
  const { place, isFound } = contracts[contract] ?? { place: "elsewhere", isFound: false };
  const { inAgreement, inLine, inOld } = times[time];
  const isInside = isFound ? (place === "old" ? inOld : inLine) : inAgreement;
  return [
    ...(place !== "elsewhere" && !isInside ? ["agreementExpired"] : []),
    ...(place !== "elsewhere" && !isLinked ? ["agreementNotInWorkspace"] : []),
    ...(isFound ? [] : ["noMatchingEntitlement"]),
    ...(category === null ? [] : ["category"]),
  ];
}

const table = Object.entries(services).flatMap(([service, suffix]) =>
  Object.keys(contracts).flatMap((contract) =>
    (Object.keys(times) as (keyof typeof times)[]).flatMap((time) =>
      Object.entries(workspaces).flatMap(([workspaceId, isLinked]) =>
        categories.map((category) => ({
          number: [service, contract, time, workspaceId, category].join(", "),
          service,
          entitlementId: contracts[contract]?.place === "old" ? `old-${suffix}` : `ent-${suffix}`,
          workspaceId,
          category,
          contract,
          at: times[time].at,
          reasons: reasonsOf(contract, time, isLinked, category),
        })),
      ),
    ),
  ),
);

/** Two deliveries of each case: it is one case however many it has. */
const deliveries = table.flatMap(
  ({ number, service, entitlementId, workspaceId, category, contract, at }, index) =>
    [1, 2].map((part) =>
      deliveryEvent(`d-${index}-${part}`, {
        service,
        workspaceId,
        entitlementId,
        ...contracts[contract]?.members,
        quantity: part,
        deliveredAt: at,
        request: { number, category },
      }),
    ),
);

const asked: Asked = { scope: wholeCustomer, workspaces: "all" };

describe("the decision table of additional cases (CA-14), through what is shown", () => {
  let views: Views;

  beforeAll(async () => {
    const stores = memoryStores();
    await openWorkspaces(stores);
    const { record } = createRecorder(stores, now);
    const outcomes = await record([...agreements, ...deliveries]);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["recorded"]));
    views = viewsOf(stores);
  });

  it("is of both services, nine ways to name a right, eight times, two workspaces and five categories", () => {
    expect(table).toHaveLength(2 * 9 * 8 * 2 * 5);
    expect(new Set(table.map(({ reasons }) => reasons.join())).size).toBe(16);
  });

  it("puts every case where the rule says, once, with every reason that holds", async () => {
    const { items } = await views.additionalCases(asked);
    const shown = new Map(items.map((item) => [item.number, item]));
    for (const { number, reasons, service, category } of table) {
      const item = shown.get(number);
      const found = item && [item.reasons, item.service, item.category, item.minutes, item.rows];
      const expected = reasons.length > 0 ? [reasons.toSorted(), service, category, 3, 2] : undefined;
      expect([number, found]).toEqual([number, expected]);
    }
    expect(items).toHaveLength(table.filter(({ reasons }) => reasons.length > 0).length);
  });

  it("counts the others on their entitlement, and none of them twice", async () => {
    for (const id of ["ent-prs", "ent-adv", "old-prs", "old-adv"]) {
      const counted = table.filter(
        ({ entitlementId, reasons }) => entitlementId === id && reasons.length === 0,
      );
      const { line } = await views.drillDown(asked, id);
      expect([id, line.rows, line.consumed]).toEqual([id, 2 * counted.length, 3 * counted.length]);
      expect(counted.length).toBeGreaterThan(0);
      const events = (await views.rows(asked, id)).map(({ event }) => event.id);
      const numbers = new Set(events.map((event) => table[Number(event.split("-")[1])]?.number));
      expect(numbers).toEqual(new Set(counted.map(({ number }) => number)));
    }
  });

  it("gives the number of requests by service and the cases by reason", async () => {
    const { services: byService, reasons, cases: count } = await views.additionalCases(asked);
    const additional = table.filter((each) => each.reasons.length > 0);
    expect(count).toBe(additional.length);
    expect(byService.map(({ service, requests }) => [service, requests])).toEqual(
      Object.keys(services)
        .toSorted()
        .map((service) => [service, additional.filter((each) => each.service === service).length]),
    );
    for (const reason of [
      "agreementExpired",
      "agreementNotInWorkspace",
      "noMatchingEntitlement",
      "category",
    ] as const)
      expect([reason, reasons[reason]]).toEqual([
        reason,
        additional.filter((each) => each.reasons.includes(reason)).length,
      ]);
  });
});
