/** What the newcomer of the journey bought and got: written down here, added up again by the tests. */
import {
  AGREEMENT,
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../../fakes/events.ts";
import { seededRandom } from "../../fakes/random.ts";

const JOURNEY_SEED = 20_261_101;
/** In force whenever the tests run. */
const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const FIRST_DAY = Date.parse("2024-01-01T12:00:00Z");
const DELIVERIES = 150;

export const ENDED_AGREEMENT = "agr-t-ended";

export const agreements: readonly string[] = [
  agreementEvent(
    {
      ...PERIOD,
      packages: [
        basePackage({
          ...PERIOD,
          entitlements: [
            entitlement("ent-prs", "problemResolution", {
              allowance: null,
              description: "Help with what is broken",
              actionUrl: "https://support.example/new",
            }),
            entitlement("ent-adv", "advisory", { allowance: 600 }),
            entitlement("ent-pro", "proactive", { allowance: 100_000 }),
            entitlement("ent-edu", "education", { unit: "activities", allowance: null }),
            entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 20 }),
            {
              entitlementId: "ent-sdm",
              name: "Service delivery management",
              service: "other",
              class: "benefit",
            },
          ],
        }),
        basePackage({
          ...PERIOD,
          packageId: "pkg-dse",
          section: "addOn",
          entitlements: [
            entitlement("ent-dse", "designatedSupportEngineering", { allowance: 12_000 }),
            entitlement("ent-crd", "proactiveCredits", { unit: "credits", allowance: 50 }),
          ],
        }),
        basePackage({
          packageId: "pkg-short",
          section: "addOn",
          startDate: "2024-01-01",
          endDate: "2024-02-29",
          entitlements: [entitlement("ent-short", "proactive", { allowance: 300 })],
        }),
      ],
    },
    { time: "2024-01-01T00:00:00Z" },
  ),
  agreementEvent(
    {
      agreementId: ENDED_AGREEMENT,
      number: "T-2023-001",
      kind: "addOn",
      startDate: "2023-01-01",
      endDate: "2023-12-31",
      packages: [
        basePackage({
          packageId: "pkg-ended",
          startDate: "2023-01-01",
          endDate: "2023-12-31",
          entitlements: [entitlement("ent-ended", "proactive", { allowance: 60 })],
        }),
      ],
    },
    { id: "agr-t-ended-activated", time: "2023-01-01T00:00:00Z" },
  ),
];

type Delivered = {
  readonly id: string;
  readonly entitlementId: string;
  readonly at: string;
  /** Negative for a reversal, at the time of what it reverses. */
  readonly quantity: number;
};

type ServiceFields = Readonly<Record<"entitlementId" | "packageId" | "service" | "unit", string>>;

const services: readonly [ServiceFields, ...ServiceFields[]] = [
  { entitlementId: "ent-prs", packageId: "pkg-base", service: "problemResolution", unit: "minutes" },
  { entitlementId: "ent-adv", packageId: "pkg-base", service: "advisory", unit: "minutes" },
  { entitlementId: "ent-pro", packageId: "pkg-base", service: "proactive", unit: "minutes" },
  { entitlementId: "ent-edu", packageId: "pkg-base", service: "education", unit: "activities" },
  {
    entitlementId: "ent-dse",
    packageId: "pkg-dse",
    service: "designatedSupportEngineering",
    unit: "minutes",
  },
  { entitlementId: "ent-crd", packageId: "pkg-dse", service: "proactiveCredits", unit: "credits" },
];

const random = seededRandom(JOURNEY_SEED);

const drawn = Array.from({ length: DELIVERIES }, (_, index) => {
  const service = random.pick(services);
  // Ten minutes a step: some deliveries share their instant, which no order and no page may lose.
  const at = new Date(FIRST_DAY + random.below(120) * DAY_MS + random.below(60) * 10 * MINUTE_MS);
  return { id: `d-${index}`, service, at: at.toISOString(), quantity: 1 + random.below(90) };
});

const reversals = [
  { id: "r-whole", of: 3, quantity: undefined },
  { id: "r-part", of: 4, quantity: 1 },
  { id: "r-early", of: 5, quantity: undefined },
] as const;

const reversed = reversals.flatMap(({ id, of, quantity }) => {
  const delivery = drawn[of];
  return delivery === undefined ? [] : [{ id, delivery, quantity: quantity ?? delivery.quantity }];
});

export const delivered: readonly Delivered[] = [
  ...drawn.map(({ id, service, at, quantity }) => ({
    id,
    entitlementId: service.entitlementId,
    at,
    quantity,
  })),
  ...reversed.map(({ id, delivery, quantity }) => ({
    id,
    entitlementId: delivery.service.entitlementId,
    at: delivery.at,
    quantity: -quantity,
  })),
];

/** Each with the reasons that hold for it, and when. */
export const additional = [
  { id: "a-coded", at: "2024-02-01T09:00:00.000Z", minutes: 30, reasons: ["category"] },
  { id: "a-early", at: "2023-12-30T09:00:00.000Z", minutes: 45, reasons: ["agreementExpired"] },
  { id: "a-nowhere", at: "2024-03-01T09:00:00.000Z", minutes: 60, reasons: ["noMatchingEntitlement"] },
  {
    id: "a-both",
    at: "2024-04-01T09:00:00.000Z",
    minutes: 75,
    reasons: ["category", "noMatchingEntitlement"],
  },
] as const;

function additionalLine({ id, at, minutes, reasons }: (typeof additional)[number]): string {
  const isNowhere = reasons.some((reason) => reason === "noMatchingEntitlement");
  const isCoded = reasons.some((reason) => reason === "category");
  return deliveryEvent(id, {
    quantity: minutes,
    deliveredAt: at,
    ...(isNowhere ? { agreementId: undefined, packageId: undefined, entitlementId: undefined } : {}),
    request: { number: `CASE-${id}`, category: isCoded ? "SU" : null },
  });
}

function reversalLine({ id, delivery, quantity }: (typeof reversed)[number]): string {
  return reversalEvent(id, delivery.id, { quantity });
}

/** In an order of its own: a reversal comes before what it reverses. */
export const lines: readonly string[] = [
  ...reversed.filter(({ id }) => id === "r-early").map(reversalLine),
  ...drawn.map(({ id, service, at, quantity }) =>
    deliveryEvent(id, { ...service, deliveredAt: at, quantity }),
  ),
  ...reversed.filter(({ id }) => id !== "r-early").map(reversalLine),
  ...additional.map(additionalLine),
];

/** The sum that a page must show, made without any of the product's code. */
export function consumedAsOf(entitlementId: string, asOf: string): number {
  return delivered
    .filter((each) => each.entitlementId === entitlementId && each.at <= asOf)
    .reduce((total, { quantity }) => total + quantity, 0);
}

export const entitlementIds: readonly string[] = services.map(({ entitlementId }) => entitlementId);
export { AGREEMENT, CUSTOMER };
