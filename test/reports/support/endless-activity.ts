import { workspaceIdSchema } from "../../../src/agreements/ids.ts";
import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import { type Entry, entitlementAccount, ledgerIdOf, monthOf } from "../../../src/consumption/entry.ts";
import { newRollup, rollupIdOf } from "../../../src/consumption/rollup.ts";
import { agreementId, customerId, march } from "./world.ts";

const LEDGER = ledgerIdOf(customerId, agreementId);
const ACCOUNT = entitlementAccount("ent-adv");
const WORKSPACE = workspaceIdSchema.parse("ws-default");
const MONTH_MS = Date.parse(march.to) - Date.parse(march.from);

/** A month with any number of deliveries of one minute, none of which exists before it is asked for. */
export function endlessActivity(
  real: ActivityStore,
  deliveries: number,
): { readonly activity: ActivityStore; readonly pagesAsked: () => number } {
  let pages = 0;
  const month = monthOf(march.from);
  const counts: [number, number] = [deliveries, deliveries];
  const rollup = {
    ...newRollup(LEDGER, ACCOUNT, month, 1),
    id: rollupIdOf(ACCOUNT, month),
    lastAt: { [WORKSPACE]: entryAt(deliveries - 1, deliveries).at },
    totals: { [WORKSPACE]: counts },
  };
  const activity: ActivityStore = {
    ...real,
    ledger: async (ledgerId) => {
      const ledger = await real.ledger(ledgerId);
      return ledger === undefined || ledgerId !== LEDGER ? ledger : { ...ledger, rollups: [rollup] };
    },
    days: async () => [],
    counted: async () => [],
    daysIn: async () => [],
    countedIn: async () => [],
    lastAt: async () => undefined,
    async *entriesBetween(ledgerId, _from, _to, pageSize) {
      if (ledgerId !== LEDGER) return;
      for (let start = 0; start < deliveries; start += pageSize) {
        pages += 1;
        const length = Math.min(pageSize, deliveries - start);
        yield await Promise.resolve(
          Array.from({ length }, (_, index) => ({
            value: entryAt(start + index, deliveries),
            etag: '"0"',
          })),
        );
      }
    },
  };
  return { activity, pagesAsked: () => pages };
}

function entryAt(index: number, deliveries: number): Entry {
  const at = new Date(Date.parse(march.from) + Math.floor((index * MONTH_MS) / deliveries)).toISOString();
  const number = `CASE-${index}`;
  return {
    id: String(index).padStart(22, "0"),
    ledgerId: LEDGER,
    kind: "entry",
    event: {
      source: "/servicedesk",
      id: `event-${index}`,
      type: "support.delivery.recorded.v1",
      time: at,
      data: { service: "advisory", quantity: 1, request: { number, title: "A question about something" } },
    },
    hash: "",
    recordedAt: at,
    account: ACCOUNT,
    at,
    workspaceId: WORKSPACE,
    quantity: 1,
    state: "posted",
  };
}
