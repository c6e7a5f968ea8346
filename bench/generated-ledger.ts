/** A ledger with any number of deliveries in one month, none of which exists before it is asked for or is kept after. */
import { type AgreementEventData, agreementEventDataSchema } from "../src/agreements/agreement-event.ts";
import { type Customer, withAgreement } from "../src/agreements/customer.ts";
import { DEFAULT_WORKSPACE_ID } from "../src/agreements/ids.ts";
import { foldTerms } from "../src/agreements/terms.ts";
import type { ActivityStore } from "../src/consumption/activity-store.ts";
import { type Entry, entitlementAccount, type Head, ledgerIdOf, newHead } from "../src/consumption/entry.ts";
import { newRollup } from "../src/consumption/rollup.ts";
import { AGREEMENT_DATA, targetOf } from "./events.ts";

export const MONTH = "2026-06";
const MONTH_MS = 30 * 86_400_000;
const MONTH_START_MS = Date.parse(`${MONTH}-01T00:00:00Z`);
const TARGET = targetOf("problemResolution", 6);
const ACCOUNT = entitlementAccount(TARGET.entitlementId);

const data: AgreementEventData = agreementEventDataSchema.parse(AGREEMENT_DATA);
const ledgerId = ledgerIdOf(data.customerId, data.agreementId);
const fact = { time: "2026-01-01T00:00:00.000Z", source: "/contracts", id: "activated", data };

export const customer: Customer = withAgreement(undefined, fact);

/** Serves what reports read. */
export function generatedLedger(deliveries: number): ActivityStore {
  const terms = foldTerms([fact]);
  const head: Head = {
    ...newHead(data.customerId, data.agreementId),
    revision: 1,
    settledRevision: 1,
    ...(terms && { terms }),
  };
  const counts: [number, number] = [deliveries * MINUTES, deliveries];
  const rollup = {
    ...newRollup(ledgerId, ACCOUNT, MONTH, 1),
    lastAt: { [DEFAULT_WORKSPACE_ID]: timeOf(deliveries - 1, deliveries) },
    totals: { [DEFAULT_WORKSPACE_ID]: counts },
  };
  return {
    ledger: async (id) => (id === ledgerId ? { head, rollups: [rollup] } : undefined),
    days: async () => [],
    counted: async () => [],
    daysIn: async () => [],
    countedIn: async () => [],
    lastAt: async () => undefined,
    async *entriesBetween(id, _from, _to, pageSize) {
      if (id !== ledgerId) return;
      for (let start = 0; start < deliveries; start += pageSize) {
        const length = Math.min(pageSize, deliveries - start);
        yield await Promise.resolve(
          Array.from({ length }, (_, index) => ({ value: entryAt(start + index, deliveries), etag: '"0"' })),
        );
      }
    },
    rows: async (id, { after, limit }) => {
      const start = after === undefined || after.id === "" ? 0 : Number(after.id) + 1;
      const length = id === ledgerId ? Math.max(0, Math.min(limit, deliveries - start)) : 0;
      return Array.from({ length }, (_, index) => entryAt(start + index, deliveries));
    },
    head: unserved,
    daysOf: unserved,
    entriesById: unserved,
    caseNumbers: unserved,
    caseQuantities: unserved,
    differentNumbers: unserved,
    caseRows: unserved,
    caseSum: unserved,
    lastOfCase: unserved,
    within: unserved,
    additionalRows: unserved,
    additionalLastAt: unserved,
    additionalKeys: unserved,
    additional: unserved,
  };
}

function unserved(): never {
  throw new Error("reports do not read this");
}

const MINUTES = 15;

function timeOf(index: number, deliveries: number): string {
  return new Date(MONTH_START_MS + Math.floor((index * MONTH_MS) / deliveries)).toISOString();
}

function entryAt(index: number, deliveries: number): Entry {
  const at = timeOf(index, deliveries);
  const { entitlementId, service, unit } = TARGET;
  const { customerId, agreementId } = data;
  const request = {
    number: `CASE-${index}`,
    title: "Replication stopped",
    product: "Windows Server",
    severity: "moderate",
    status: "closed",
    category: null,
    openedAt: at,
    closedAt: at,
    primaryContact: "Contact 1",
  };
  return {
    id: String(index).padStart(22, "0"),
    ledgerId,
    kind: "entry",
    event: {
      source: "/servicedesk",
      id: `delivery-${index}`,
      type: "support.delivery.recorded.v1",
      time: at,
      data: {
        customerId,
        agreementId,
        entitlementId,
        service,
        quantity: MINUTES,
        unit,
        deliveredAt: at,
        request,
      },
    },
    hash: "0".repeat(22),
    recordedAt: at,
    account: ACCOUNT,
    at,
    workspaceId: DEFAULT_WORKSPACE_ID,
    quantity: MINUTES,
    state: "posted",
  };
}
