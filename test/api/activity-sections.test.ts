import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  AGREEMENT,
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
} from "../fakes/events.ts";
import { quantityOf, readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { errorSchema, rowSchema } from "./support/shapes.ts";

const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const PAGE = `customers/${CUSTOMER}/activity`;
const EXTRA = "agr-t-extra";
const OVER = "agr-t-over";
const days = { startDate: "2024-01-01", endDate: "2098-12-31" };

const amounts = {
  unit: z.string(),
  isUnmetered: z.boolean(),
  purchased: z.int().nullable(),
  consumed: z.int(),
  remaining: z.int().nullable(),
  expired: z.int().nullable(),
  upcoming: z.int().nullable(),
  overage: z.int(),
  entitlementIds: z.array(z.string()),
};
const packageSchema = z.object({
  packageId: z.string(),
  status: z.string(),
  endDate: z.string(),
  endedAt: z.string().nullable(),
  expiresOn: z.string(),
  entitlements: z.array(
    z.object({
      entitlementId: z.string(),
      consumed: z.int().nullable(),
      remaining: z.int().nullable(),
      rowsLink: z.string().nullable(),
      grants: z.array(z.object({ grantId: z.string(), burnt: z.int(), unused: z.int(), status: z.string() })),
    }),
  ),
});
const pageSchema = z.object({
  dataAsOf: z.string().nullable(),
  agreements: z.array(z.object({ agreementId: z.string(), startDate: z.string(), endDate: z.string() })),
  enterpriseWide: z.object({
    categories: z.array(
      z.object({
        ...amounts,
        category: z.string(),
        services: z.array(z.object({ ...amounts, service: z.string() })),
      }),
    ),
    packages: z.array(packageSchema),
  }),
  addOn: z.object({
    agreements: z.array(z.object({ agreementId: z.string(), packages: z.array(packageSchema) })),
  }),
  additionalCases: z.object({ minutes: z.int(), rows: z.int(), rowsLink: z.string() }),
});

const grants = [
  { grantId: "g1", amount: 100, priority: 1, startDate: "2024-01-01", endDate: "2024-06-30" },
  {
    grantId: "g2",
    kind: "carryOver",
    carriedFrom: "g1",
    amount: 50,
    priority: 1,
    startDate: "2024-07-01",
    endDate: "2098-12-31",
  },
];

const agreements = [
  agreementEvent({
    ...days,
    packages: [
      basePackage({
        ...days,
        entitlements: [
          entitlement("ent-prs", "problemResolution", { allowance: null }),
          entitlement("ent-adv", "advisory", { allowance: 600 }),
          entitlement("ent-pro", "proactive", { allowance: undefined, grants }),
          { entitlementId: "ent-sdm", name: "Management", service: "other", class: "benefit" },
        ],
      }),
    ],
  }),
  agreementEvent(
    {
      ...days,
      agreementId: EXTRA,
      kind: "base",
      packages: [
        basePackage({
          ...days,
          packageId: "pkg-extra",
          entitlements: [entitlement("ent-adv-extra", "advisory", { allowance: 30 })],
        }),
        basePackage({
          ...days,
          packageId: "pkg-extra-addon",
          section: "addOn",
          entitlements: [entitlement("ent-crd", "proactiveCredits", { unit: "credits", allowance: 5 })],
        }),
        basePackage({
          packageId: "pkg-extra-short",
          section: "addOn",
          startDate: "2024-01-01",
          endDate: "2024-02-29",
          entitlements: [],
        }),
      ],
    },
    { id: "extra" },
  ),
  agreementEvent(
    {
      agreementId: OVER,
      startDate: "2023-01-01",
      endDate: "2023-12-31",
      packages: [
        // Its last day is after the agreement's, which is what counts.
        basePackage({
          packageId: "pkg-over",
          startDate: "2023-01-01",
          endDate: "2098-12-31",
          entitlements: [entitlement("ent-adv-over", "advisory", { allowance: 10 })],
        }),
      ],
    },
    { id: "over" },
  ),
];

const deliveries = [
  deliveryEvent("a1", { quantity: 45, deliveredAt: "2024-03-01T09:00:00Z" }),
  deliveryEvent("a2", {
    agreementId: EXTRA,
    packageId: "pkg-extra",
    entitlementId: "ent-adv-extra",
    quantity: 40,
    deliveredAt: "2024-03-02T09:00:00Z",
  }),
  deliveryEvent("p1", {
    service: "problemResolution",
    entitlementId: "ent-prs",
    quantity: 20,
    deliveredAt: "2024-03-03T09:00:00Z",
  }),
  ...[
    ["g-a", "2024-06-30T21:59:59.999Z", 70],
    ["g-b", "2024-06-30T22:00:00Z", 10],
  ].map(([id, deliveredAt, quantity]) =>
    deliveryEvent(String(id), {
      service: "proactive",
      entitlementId: "ent-pro",
      quantity,
      deliveredAt,
      request: undefined,
    }),
  ),
  deliveryEvent("late", {
    agreementId: OVER,
    packageId: "pkg-over",
    entitlementId: "ent-adv-over",
    quantity: 7,
    deliveredAt: "2024-03-04T09:00:00Z",
  }),
];

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const tally = await api.send([...agreements, ...deliveries]);
  expect(tally).toMatchObject({ rejected: 0, recorded: agreements.length + deliveries.length });
});

afterAll(() => api.stack.stop());

async function readPage(query: Record<string, string> = {}) {
  const answer = await api.ask(CSAM, { path: PAGE, query });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(pageSchema);
}

describe("the enterprise-wide section (CA-05)", () => {
  test("adds up the chosen agreements for each category of the list, and for each service in it", async () => {
    const { categories } = (await readPage()).enterpriseWide;
    expect(categories.map(({ category }) => category)).toEqual(["proactive", "asNeeded"]);
    expect(categories[1]).toEqual({
      category: "asNeeded",
      unit: "minutes",
      isUnmetered: true,
      purchased: null,
      consumed: 105,
      remaining: null,
      expired: null,
      upcoming: null,
      overage: 10,
      entitlementIds: ["ent-prs", "ent-adv", "ent-adv-extra"],
      services: [
        expect.objectContaining({ service: "problemResolution", consumed: 20, purchased: null }),
        expect.objectContaining({
          service: "advisory",
          consumed: 85,
          purchased: 630,
          remaining: 555,
          expired: 0,
          upcoming: 0,
          overage: 10,
        }),
      ],
    });
    const one = (await readPage({ agreements: EXTRA })).enterpriseWide.categories;
    expect(one).toMatchObject([
      { category: "asNeeded", purchased: 30, consumed: 40, remaining: 0, overage: 10 },
    ]);
  });

  test("follows from workspaces and agreements alone, whatever packages are asked for", async () => {
    const { enterpriseWide } = await readPage();
    for (const query of [
      { packages: "pkg-extra" },
      { packages: "pkg-extra-addon" },
      { packageStatus: "inactive" },
      { packageStatus: "active", addOnAgreement: EXTRA },
    ])
      expect((await readPage(query)).enterpriseWide).toEqual(enterpriseWide);
  });

  test("has left only what may be used now, and says apart what is over, as its lines have it", async () => {
    const [proactive] = (await readPage()).enterpriseWide.categories;
    expect(proactive).toMatchObject({ purchased: 100, consumed: 80, remaining: 20, expired: 0, upcoming: 0 });
    const over = await readPage({ agreements: OVER });
    expect(over.enterpriseWide.categories).toMatchObject([
      {
        category: "asNeeded",
        purchased: 10,
        consumed: 0,
        remaining: 0,
        expired: 10,
        upcoming: 0,
        overage: 0,
      },
    ]);
    const [line] = over.enterpriseWide.packages.flatMap(({ entitlements }) => entitlements);
    expect(line?.remaining).toBe(10);
  });
});

describe("the add-on section (CA-06)", () => {
  const ids = ({ addOn }: z.infer<typeof pageSchema>) =>
    addOn.agreements.map(({ agreementId, packages }) => [
      agreementId,
      ...packages.map((each) => each.packageId),
    ]);

  test("is of one agreement at a time, by package and by status", async () => {
    expect(ids(await readPage())).toEqual([[AGREEMENT], [EXTRA, "pkg-extra-addon", "pkg-extra-short"]]);
    const one = { addOnAgreement: EXTRA };
    expect(ids(await readPage(one))).toEqual([[EXTRA, "pkg-extra-addon", "pkg-extra-short"]]);
    expect(ids(await readPage({ ...one, packages: "pkg-extra-addon" }))).toEqual([
      [EXTRA, "pkg-extra-addon"],
    ]);
    expect(ids(await readPage({ ...one, packageStatus: "inactive" }))).toEqual([[EXTRA, "pkg-extra-short"]]);
    expect((await readPage(one)).enterpriseWide).toEqual((await readPage()).enterpriseWide);
  });

  test.each([OVER, "agr-nobody-knows"])("is of no agreement that the page does not show: %s", async (id) => {
    const answer = await api.ask(CSAM, { path: PAGE, query: { addOnAgreement: id } });
    expect([answer.status, answer.read(errorSchema).error.code]).toEqual([404, "ResourceNotFound"]);
    expect(ids(await readPage({ agreements: OVER, addOnAgreement: OVER }))).toEqual([[OVER]]);
  });
});

test("a package is not active once its agreement is over, whatever its own last day (CA-09)", async () => {
  const { enterpriseWide } = await readPage({ agreements: OVER });
  expect(enterpriseWide.packages).toMatchObject([
    {
      packageId: "pkg-over",
      endDate: "2098-12-31",
      endedAt: null,
      expiresOn: "2023-12-31",
      status: "inactive",
    },
  ]);
});

describe("every total", () => {
  test("of an entitlement is opened into its rows by its link, as of the same instant", async () => {
    for (const query of [{}, { asOf: "2024-03-01T09:00:00Z" }, { workspaces: "ws-default" }]) {
      const { packages } = (await readPage(query)).enterpriseWide;
      const lines = packages.flatMap(({ entitlements }) => entitlements);
      expect(lines).toHaveLength(5);
      for (const { entitlementId, consumed, rowsLink } of lines) {
        expect([entitlementId, rowsLink === null]).toEqual([entitlementId, consumed === null]);
        if (rowsLink === null) continue;
        const rows = await readAll(api, CSAM, { path: rowsLink }, rowSchema);
        expect([entitlementId, quantityOf(rows)]).toEqual([entitlementId, consumed]);
      }
    }
  });

  test("of the additional cases has those of agreements that are over, as the list of them has (CA-14)", async () => {
    const row = z.object({ deliveredMinutes: z.int() });
    for (const [query, minutes] of [
      [{}, 7],
      [{ agreements: OVER }, 7],
      [{ agreements: AGREEMENT }, 0],
      [{ asOf: "2024-03-04T08:59:59.999Z" }, 0],
    ] as const) {
      const { additionalCases } = await readPage(query);
      const rows = await readAll(api, CSAM, { path: additionalCases.rowsLink }, row);
      const sum = rows.reduce((total, { deliveredMinutes }) => total + deliveredMinutes, 0);
      expect([additionalCases.minutes, additionalCases.rows, sum, rows.length]).toEqual([
        minutes,
        minutes === 0 ? 0 : 1,
        minutes,
        minutes === 0 ? 0 : 1,
      ]);
    }
  });
});

test("grants are shown with what each burnt, and the sum of what is left of those active (LE-11)", async () => {
  const line = async (query: Record<string, string>) => {
    const { packages } = (await readPage(query)).enterpriseWide;
    return packages
      .flatMap((each) => each.entitlements)
      .find(({ entitlementId }) => entitlementId === "ent-pro");
  };
  expect(await line({})).toMatchObject({
    consumed: 80,
    remaining: 20,
    grants: [
      { grantId: "g1", burnt: 70, unused: 30, status: "expired" },
      { grantId: "g2", burnt: 10, unused: 20, status: "active" },
    ],
  });
  expect(await line({ asOf: "2024-06-30T21:59:59.999Z" })).toMatchObject({
    consumed: 70,
    remaining: 30,
    grants: [
      { grantId: "g1", burnt: 70, unused: 30, status: "active" },
      { grantId: "g2", burnt: 0, unused: 30, status: "upcoming" },
    ],
  });
  const drillDown = await api.ask(CSAM, { path: `customers/${CUSTOMER}/entitlements/ent-pro` });
  const shape = z.object({ remaining: z.int(), grants: z.array(z.object({ burnt: z.int() })) });
  expect(drillDown.read(shape)).toMatchObject({ remaining: 20, grants: [{ burnt: 70 }, { burnt: 10 }] });
});
