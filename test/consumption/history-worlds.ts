/** Random deliveries over a leap year, at and beside the borders of days, weeks, months and the agreement. */
import fc from "fast-check";
import type { Scope } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import type { ActivityStore } from "../../src/consumption/activity-store.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import type { Entry } from "../../src/consumption/entry.ts";
import { type History, type HistoryQuery, readHistory } from "../../src/consumption/history.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import {
  AGREEMENT,
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { decide, follow, openWorkspaces } from "./link-checks.ts";
import { createQueue } from "./state.ts";
import { WORKSPACE_IDS } from "./worlds.ts";

const PERIOD = { startDate: "2028-01-01", endDate: "2028-12-31" };
export const ENTITLEMENT = "ent-pro";
export const HISTORY_NOW = "2028-10-20T10:30:00.000Z";

export const agreement = (overrides = {}) =>
  agreementEvent({
    ...PERIOD,
    packages: [
      basePackage({
        ...PERIOD,
        entitlements: [entitlement(ENTITLEMENT, "proactive", { allowance: 120, ...overrides })],
      }),
    ],
  });

/** In Madrid the year begins an hour before that of UTC, and in summer the day two hours. */
const borders = [
  "2027-12-31T23:00:00.000Z",
  "2028-01-02T23:59:59.999Z",
  "2028-01-03T00:00:00.000Z",
  "2028-02-28T23:59:59.999Z",
  "2028-02-29T00:00:00.000Z",
  "2028-02-29T23:59:59.999Z",
  "2028-03-01T00:00:00.000Z",
  "2028-04-30T22:00:00.000Z",
  "2028-05-01T00:00:00.000Z",
  "2028-10-20T10:30:00.000Z",
  "2028-12-31T22:59:59.999Z",
];
const instantArbitrary = fc.oneof(
  fc.constantFrom(...borders),
  fc
    .date({
      min: new Date("2027-12-31T23:00:00Z"),
      max: new Date("2028-12-31T22:59:59Z"),
      noInvalidDate: true,
    })
    .map((date) => date.toISOString()),
);
const dayArbitrary = fc.oneof(
  fc.constantFrom("2027-12-27", "2028-01-03", "2028-02-28", "2028-02-29", "2028-03-01", "2028-12-31"),
  instantArbitrary.map((instant) => instant.slice(0, 10)),
);

const id = fc.integer({ min: 1, max: 12 }).map((number) => `d${number}`);
const delivery = fc
  .record({
    id,
    quantity: fc.integer({ min: 1, max: 40 }),
    deliveredAt: instantArbitrary,
    workspaceId: fc.constantFrom(...WORKSPACE_IDS),
  })
  .map(({ id: name, ...data }) =>
    deliveryEvent(name, { ...data, entitlementId: ENTITLEMENT, service: "proactive" }),
  );
const reversal = fc
  .record({ id, quantity: fc.constantFrom(undefined, 1, 7) })
  .map(({ id: name, quantity }) => reversalEvent(`back-${name}`, name, { quantity }));

const idOf = (body: string): string => JSON.parse(body).id;

/** In any order, so that most come late and some reversals before what they reverse. */
export const worldArbitrary = fc
  .tuple(
    fc.uniqueArray(delivery, { maxLength: 12, selector: idOf }),
    fc.uniqueArray(reversal, { maxLength: 5, selector: idOf }),
  )
  .chain(([deliveries, reversals]) => {
    const events = [...deliveries, ...reversals];
    return fc.shuffledSubarray(events, { minLength: events.length });
  });

export const askedArbitrary = fc.record({
  ids: fc.subarray([...WORKSPACE_IDS], { minLength: 1 }),
  asOf: fc.option(instantArbitrary, { nil: undefined }),
  interval: fc.constantFrom("day" as const, "week" as const, "month" as const),
  days: fc.option(fc.tuple(dayArbitrary, dayArbitrary), { nil: undefined }),
});

/** @param linked workspaces, besides the default one, that the agreement applies to. */
export async function recorded(
  events: readonly string[],
  { first = agreement(), linked = ["ws-a", "ws-b"] }: Partial<WorldOptions> = {},
): Promise<MemoryStores> {
  const stores = memoryStores();
  const queue = createQueue(() => stores);
  await queue.deliver([[first]]);
  await openWorkspaces(stores);
  for (const workspaceId of linked) {
    const change = { workspaceId, agreementId: AGREEMENT, link: { isLinked: true, packageIds: [] } };
    await decide(stores, change);
    await follow(() => stores, change);
  }
  await queue.deliver([events]);
  return stores;
}

type WorldOptions = {
  readonly first: string;
  readonly linked: readonly (typeof WORKSPACE_IDS)[number][];
};

export type AskedHistory = Partial<Omit<HistoryQuery, "chosen">> & {
  readonly scope: Scope;
  readonly workspaces: "all" | readonly string[];
  readonly entitlementId?: string;
};

export async function historyOf(
  stores: MemoryStores,
  activity: ActivityStore,
  { scope, workspaces, entitlementId = ENTITLEMENT, ...query }: AskedHistory,
): Promise<History> {
  const customer = await readCustomer(stores.customers, customerIdSchema.parse(CUSTOMER));
  const chosen = chooseWorkspaces(customer, scope, workspaces);
  return readHistory(activity, customer, entitlementId, {
    interval: "day",
    from: undefined,
    to: undefined,
    asOf: undefined,
    now: HISTORY_NOW,
    ...query,
    chosen,
  });
}

/** Every entry that counts on the entitlement, by brute force. */
export function entriesOf(stores: MemoryStores): Entry[] {
  return stores
    .ledgerIds()
    .flatMap((ledgerId) => stores.documents(ledgerId))
    .flatMap((document) => (document.kind === "entry" && document.state === "posted" ? [document] : []))
    .filter(({ account }) => account === `e:${ENTITLEMENT}`);
}
