/** What the recorder does, each scenario with another way through it. */
import { agreementEvent, basePackage, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import type { Scenario } from "./checks.ts";

const agreement = agreementEvent();
const known = deliveryEvent("known", { quantity: 60 });
const over = { quantity: 50 };
const later = { time: "2026-03-09T08:00:00Z" };
const amendment = { id: "amended", time: "2026-05-01T00:00:00Z", type: "support.agreement.amended.v1" };
const unknownCustomer = { customerId: "cust-nobody-knows" };

/** Moves three months' cases and mends what waited for it: a delivery of another service, and a reversal of it. */
const waiting = [
  deliveryEvent("case-1", { deliveredAt: "2026-03-31T23:59:59Z" }),
  deliveryEvent("case-2", {
    deliveredAt: "2026-04-01T00:00:00Z",
    entitlementId: "ent-prs",
    service: "problemResolution",
  }),
  reversalEvent("case-1-back", "case-1", { quantity: 5 }),
  deliveryEvent("proactive-1", { service: "proactive", entitlementId: "ent-pro" }),
  reversalEvent("proactive-1-back", "proactive-1", { quantity: 5 }),
];

export const scenarios: readonly Scenario[] = [
  { name: "one delivery, cold", setup: [[agreement]], batches: [[deliveryEvent("d1")]], warm: false },
  {
    name: "one delivery, warm",
    setup: [[agreement], [known]],
    batches: [[deliveryEvent("d1")]],
    warm: true,
  },
  {
    name: "a batch of several entitlements and months",
    setup: [[agreement], [known]],
    batches: [
      [
        deliveryEvent("d1"),
        deliveryEvent("d2", { deliveredAt: "2026-04-30T23:59:59.999Z" }),
        deliveryEvent("d3", { service: "proactive", entitlementId: "ent-pro" }),
        deliveryEvent("d4", { service: "problemResolution", entitlementId: "ent-prs" }),
        deliveryEvent("d5", { agreementId: "agr-nobody-knows" }),
        deliveryEvent("d6", { agreementId: undefined }),
      ],
    ],
    warm: false,
  },
  {
    name: "a repeat alone, and repeats among new ones",
    setup: [[agreement], [known], [deliveryEvent("d1")]],
    batches: [[known], [known, deliveryEvent("d1"), deliveryEvent("d2"), deliveryEvent("d2")]],
    warm: true,
  },
  {
    name: "reversals after their delivery, of which one is too much",
    setup: [[agreement], [known]],
    batches: [
      [reversalEvent("r1", "known", { quantity: 20 })],
      [reversalEvent("r2", "known", over, later)],
      [reversalEvent("r0", "known", { quantity: 55 }, { time: "2026-03-02T08:00:00Z" })],
    ],
    warm: false,
  },
  {
    name: "reversals before their delivery, of which one is too much",
    setup: [[agreement]],
    batches: [
      [reversalEvent("r1", "known", { quantity: 20 }), reversalEvent("r2", "known", over, later)],
      [known],
    ],
    warm: true,
  },
  {
    name: "a reversal of a reversal, in both orders",
    setup: [[agreement], [known]],
    batches: [[reversalEvent("r1", "r2")], [reversalEvent("r2", "known")], [reversalEvent("r3", "r2")]],
    warm: false,
  },
  {
    name: "the first agreement, with deliveries that waited for it",
    setup: [waiting],
    batches: [[agreement]],
    warm: false,
  },
  {
    name: "an agreement that cases were recorded before, among more of them",
    setup: [[agreementEvent({ agreementId: "agr-other", packages: [] }, { id: "other" })], waiting],
    batches: [[deliveryEvent("case-3"), agreement], [agreement]],
    warm: true,
  },
  {
    name: "an amendment that takes an entitlement away",
    setup: [[agreement], waiting],
    batches: [[agreementEvent({ packages: [withoutAdvisory()] }, amendment)], [deliveryEvent("case-3")]],
    warm: true,
  },
  {
    name: "rejected events among others",
    setup: [[agreement]],
    batches: [
      [
        deliveryEvent("d1"),
        deliveryEvent("w1", { workspaceId: "ws-nobody-knows" }),
        deliveryEvent("w2", unknownCustomer),
        reversalEvent("w3", "w2", unknownCustomer),
        deliveryEvent("d2"),
      ],
    ],
    warm: false,
  },
];

function withoutAdvisory(): Record<string, unknown> {
  const whole = basePackage();
  const { entitlements } = whole;
  return { ...whole, entitlements: Array.isArray(entitlements) ? entitlements.toSpliced(1, 1) : [] };
}
