import { type DirectoryAccess, follow, nobodyToTell } from "../../src/access/apply-change.ts";
import { canonicalJson, type Posting } from "../../src/consumption/entry.ts";
import { createRecorder, type RecorderStores } from "../../src/consumption/record.ts";
import type { MemoryStores } from "../fakes/memory-stores.ts";

export const NOW = "2026-11-20T00:00:00.000Z";
export const now = (): string => NOW;

/** No batch is delivered more often: what still fails then is a defect. */
const DELIVERIES_MAX = 20;

/** A variant of the stores that a check is run on: as they are, or with a planted defect. */
export type Adapt = (stores: RecorderStores) => RecorderStores;
export const unchanged: Adapt = (stores) => stores;

export type Queue = { readonly deliver: (batches: readonly (readonly string[])[]) => Promise<void> };

/**
 * Delivers batches as the queue would: what throws is delivered again, to a new recorder that remembers nothing.
 * @param storesOf the stores of each recorder; `crashes` counts those that failed before it.
 */
export function createQueue(storesOf: (crashes: number) => RecorderStores): Queue {
  let crashes = 0;
  let recorder = createRecorder(storesOf(crashes), now);
  const deliverOne = async (batch: readonly string[]): Promise<void> => {
    for (let delivery = 1; ; delivery++) {
      try {
        await recorder.record(batch);
        return;
      } catch (error) {
        if (delivery === DELIVERIES_MAX) throw error;
        crashes += 1;
        recorder = createRecorder(storesOf(crashes), now);
      }
    }
  };
  return {
    deliver: async (batches) => {
      for (const batch of batches) await deliverOne(batch);
    },
  };
}

/** Later than all that waits. */
const LATER = "9999";
const FOLLOW_UPS_MAX = 1_000;

/** What the timers do: go on with what follows from changes of customers, and catch up with what is left of ledgers. */
export async function settleAll(stores: RecorderStores): Promise<void> {
  const { catchUp, relink } = createRecorder(stores, now);
  const access: DirectoryAccess = {
    ...stores,
    ...nobodyToTell,
    relink: async (customerId, agreementId) => {
      await relink(customerId, agreementId, LATER);
    },
  };
  const waiting = await stores.directory.waiting(LATER, FOLLOW_UPS_MAX);
  for (const { value, etag } of waiting) await follow(access, value, etag);
  for (const ledgerId of await stores.store.unsettled()) await catchUp(ledgerId, LATER);
}

/**
 * All that must not depend on order, repetition, batches or faults, as text: terms, links, roll-ups, postings, open rejections,
 * customers and people. Left out are tags, `recordedAt`, counters of changes and attempts, and roll-ups of nothing.
 */
export function stateOf(stores: MemoryStores): string {
  return canonicalJson({
    ledgers: Object.fromEntries(
      stores.ledgerIds().map((ledgerId) => [ledgerId, ledgerState(stores, ledgerId)]),
    ),
    rejections: openRejections(stores).toSorted(),
    customers: byKey(
      stores.customersKept().map((customer) => ({
        ...customer,
        revision: undefined,
        ledgers: customer.ledgers.toSorted(),
      })),
      (customer) => customer.customerId,
    ),
    people: byKey(
      stores.peopleKept().map(({ email, memberships }) => ({
        email,
        roles: Object.values(memberships).map(({ customerId, roles }) => `${customerId}: ${roles.join()}`),
      })),
      ({ email }) => email,
    ),
  });
}

function ledgerState(stores: MemoryStores, ledgerId: ReturnType<MemoryStores["ledgerIds"]>[number]) {
  const documents = stores.documents(ledgerId);
  return {
    placing: documents.flatMap((document) =>
      document.kind === "head" ? [{ terms: document.terms ?? null, links: document.links }] : [],
    ),
    rollups: byKey(
      documents.flatMap((document) => {
        if (document.kind !== "rollup" || Object.keys(document.totals).length === 0) return [];
        const { revision: _, ...meaning } = document;
        return [meaning];
      }),
      ({ id }) => id,
    ),
    postings: byKey(
      documents.flatMap((document) => (document.kind === "entry" ? [postingOf(document)] : [])),
      ({ entry }) => entry,
    ),
    facts: documents.flatMap(({ kind, id }) => (kind === "agreementEntry" ? [id] : [])).toSorted(),
    awaited: documents.flatMap(({ kind, id }) => (kind === "awaited" ? [id] : [])).toSorted(),
  };
}

function postingOf({
  event,
  account,
  at,
  workspaceId,
  quantity,
  reasons,
  state,
  code,
}: Posting & {
  readonly event: { readonly source: string; readonly id: string };
}) {
  return { entry: `${event.source} ${event.id}`, account, at, workspaceId, quantity, reasons, state, code };
}

/** `event id: code` of every rejection that stands. */
export function openRejections(stores: MemoryStores): string[] {
  return stores
    .rejected()
    .flatMap(({ status, event, id, reason }) =>
      status === "rejected" ? [`${event.id ?? id}: ${reason.code}`] : [],
    );
}

function byKey<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [keyOf(item), item]));
}
