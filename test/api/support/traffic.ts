/** Seeded deliveries with repeats, and what they must come to. */
import {
  agreementEvent,
  basePackage,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../../fakes/events.ts";
import { seededRandom } from "../../fakes/random.ts";

export type Traffic = {
  readonly customerIds: readonly string[];
  readonly agreements: readonly string[];
  /** In random order, some of them several times. */
  readonly lines: readonly string[];
  /** Different events, agreements included. */
  readonly events: number;
  /** By entitlement: quantity and rows. */
  readonly expected: ReadonlyMap<string, readonly [quantity: number, rows: number]>;
};

const CUSTOMERS = 3;
const HOUR_MS = 3_600_000;
const FIRST = Date.parse("2026-01-02T00:00:00Z");
const REVERSED_EVERY = 15;
const REPEATED_EVERY = 4;

export const adminOf = (customerId: string) => ({ email: `admin@${customerId}.example` });
export const entitlementOf = (customerId: string): string => `ent-${customerId}`;

export function createTraffic(deliveries: number, seed: number): Traffic {
  const random = seededRandom(seed);
  const customerIds = Array.from({ length: CUSTOMERS }, (_, index) => `cust-${index}`);
  const expected = new Map<string, readonly [number, number]>();
  const count = (entitlementId: string, quantity: number): void => {
    const [total, rows] = expected.get(entitlementId) ?? [0, 0];
    expected.set(entitlementId, [total + quantity, rows + 1]);
  };
  const lines: string[] = [];
  for (let index = 0; index < deliveries; index += 1) {
    const customerId = customerIds[random.below(CUSTOMERS)] ?? "";
    const names = { customerId, agreementId: `agr-${customerId}` };
    const entitlementId = entitlementOf(customerId);
    const quantity = 1 + random.below(60);
    const deliveredAt = new Date(FIRST + random.below(4_000) * HOUR_MS).toISOString();
    const delivery = deliveryEvent(`t-${index}`, { ...names, entitlementId, quantity, deliveredAt });
    lines.push(delivery);
    count(entitlementId, quantity);
    if (index % REPEATED_EVERY === 0) lines.push(delivery);
    if (index % REVERSED_EVERY === 0) {
      lines.push(reversalEvent(`back-${index}`, `t-${index}`, { ...names, quantity: 1 }));
      count(entitlementId, -1);
    }
  }
  return {
    customerIds,
    agreements: customerIds.map(agreementOf),
    lines: random.shuffled(lines),
    events: new Set(lines).size + customerIds.length,
    expected,
  };
}

function agreementOf(customerId: string): string {
  const entitlements = [entitlement(entitlementOf(customerId), "advisory", { allowance: null })];
  return agreementEvent(
    {
      customerId,
      customerName: customerId,
      agreementId: `agr-${customerId}`,
      servicesAdmin: { name: "Admin", email: `admin@${customerId}.example` },
      supportContacts: [],
      packages: [basePackage({ entitlements })],
    },
    { id: `activated-${customerId}` },
  );
}
