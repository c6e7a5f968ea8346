import { AssertionError } from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { ledgerIdSchema } from "../../src/consumption/entry.ts";
import type { LedgerOperation, LedgerStore } from "../../src/consumption/ledger-store.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { type Batches, checkAgainstModel, checkConcurrent, checkEveryFault } from "./checks.ts";
import { scenarios } from "./scenarios.ts";
import { type Adapt, unchanged } from "./state.ts";

/** Stores whose ledger store differs in some of its methods. */
const withStore =
  (change: (store: LedgerStore) => Partial<LedgerStore>): Adapt =>
  (stores) => ({ ...stores, store: { ...stores.store, ...change(stores.store) } });

const isFact = ({ document }: LedgerOperation): boolean => document.kind === "entry";

/** An entry and its roll-up in two commits: `first` says which of them goes first. */
const twoSteps = (first: (operation: LedgerOperation) => boolean): Adapt =>
  withStore((store) => ({
    commit: async (ledgerId, operations) => {
      const parts = [operations.filter(first), operations.filter((each) => !first(each))];
      const etags = new Map<LedgerOperation, string | undefined>();
      for (const part of parts) {
        if (part.length === 0) continue;
        const result = await store.commit(ledgerId, part);
        if (result.outcome === "refused") return result;
        for (const [index, each] of part.entries()) etags.set(each, result.etags[index]);
      }
      return { outcome: "committed", etags: operations.map((each) => etags.get(each)) };
    },
  }));

/** Every replace made to match whatever is there at that moment. */
const withoutTags = withStore((store) => ({
  commit: async (ledgerId, operations) => {
    const matched: LedgerOperation[] = [];
    for (const each of operations) matched.push(each.type === "replace" ? await matching(store, each) : each);
    return store.commit(ledgerId, matched);
  },
}));

async function matching(
  store: LedgerStore,
  operation: Extract<LedgerOperation, { type: "replace" }>,
): Promise<LedgerOperation> {
  const { document } = operation;
  const { ledgerId, id } = document;
  const head = document.kind === "head" ? await store.readHead(ledgerId) : undefined;
  const [rollup] = document.kind === "rollup" ? await store.readRollups(ledgerId, [id]) : [];
  const current = head ?? rollup ?? (await store.readFact(ledgerId, id));
  return { ...operation, etag: current?.etag ?? operation.etag };
}

const withoutDeduplication = withStore((store) => ({
  commit: async (ledgerId, operations) => {
    const known = new Map<string, string>();
    for (const { document } of operations) {
      const fact = await store.readFact(ledgerId, document.id);
      if (fact !== undefined) known.set(document.id, fact.etag);
    }
    const upserts = operations.map((operation): LedgerOperation => {
      const etag = known.get(operation.document.id);
      return operation.type === "create" && etag !== undefined
        ? { type: "replace", document: operation.document, etag }
        : operation;
    });
    return store.commit(ledgerId, upserts);
  },
}));

const withSwallowedRefusals = withStore((store) => ({
  commit: async (ledgerId, operations) => {
    const result = await store.commit(ledgerId, operations);
    if (result.outcome === "committed" || result.cause !== "changed") return result;
    return { outcome: "committed", etags: operations.map(() => undefined) };
  },
}));

/** Ledgers by their agreement alone. */
const withoutTenant: Adapt = withStore((store) => {
  const shared = (ledgerId: string) => ledgerIdSchema.parse(`shared${ledgerId.slice(ledgerId.indexOf("/"))}`);
  return {
    readHead: (ledgerId) => store.readHead(shared(ledgerId)),
    readRollups: (ledgerId, ids) => store.readRollups(shared(ledgerId), ids),
    readFact: (ledgerId, id) => store.readFact(shared(ledgerId), id),
    identify: (ledgerId, ids) => store.identify(shared(ledgerId), ids),
    reversalsOf: (ledgerId, ids) => store.reversalsOf(shared(ledgerId), ids),
    agreementEntries: (ledgerId) => store.agreementEntries(shared(ledgerId)),
    allRollups: (ledgerId) => store.allRollups(shared(ledgerId)),
    entries: (ledgerId, month) => store.entries(shared(ledgerId), month),
    commit: (ledgerId, operations) => store.commit(shared(ledgerId), operations),
  };
});

const withForgottenReversals = withStore(() => ({ reversalsOf: async () => [] }));

const withLostRejections: Adapt = (stores) => ({
  ...stores,
  rejectedEvents: { ...stores.rejectedEvents, put: async () => {} },
});

const agreement = agreementEvent();
const days = ["01", "02", "03", "04", "05", "06", "07", "08"];
const deliveries = days.map((day) => deliveryEvent(`d${day}`, { deliveredAt: `2026-03-${day}T10:00:00Z` }));
const perRecorder: readonly Batches[] = deliveries.map((body) => [[body]]);
const other = { customerId: "cust-u", customerName: "Customer U" };
const twoTenants: Batches = [
  [agreement, agreementEvent(other, { id: "other" })],
  [deliveryEvent("d1"), deliveryEvent("d2")],
  [deliveryEvent("d1", other), deliveryEvent("d2", other)],
];
const repeats: Batches = [[agreement], deliveries, [...deliveries, deliveryEvent("new")], deliveries];
const reversalFirst: Batches = [[agreement], [reversalEvent("r1", "d01", { quantity: 5 })], deliveries];
const oneBad: Batches = [[agreement], [deliveryEvent("bad", { workspaceId: "ws-nobody-knows" })]];

const checks: Readonly<Record<string, (adapt: Adapt) => Promise<unknown>>> = {
  faults: async (adapt) => {
    for (const scenario of scenarios.slice(0, 3)) await checkEveryFault(scenario, adapt);
  },
  concurrency: async (adapt) => {
    for (let seed = 1; seed <= 10; seed++)
      await checkConcurrent([[agreement]], perRecorder, seededRandom(seed), adapt);
  },
  repeats: (adapt) => checkAgainstModel(repeats, adapt),
  tenants: (adapt) => checkAgainstModel(twoTenants, adapt),
  "reversal first": (adapt) => checkAgainstModel(reversalFirst, adapt),
  rejections: (adapt) => checkAgainstModel(oneBad, adapt),
};

const defects: readonly { readonly name: string; readonly adapt: Adapt; readonly foundBy: string }[] = [
  { name: "the entry is committed before its roll-up", adapt: twoSteps(isFact), foundBy: "faults" },
  {
    name: "the roll-up is committed before its entry",
    adapt: twoSteps((each) => !isFact(each)),
    foundBy: "faults",
  },
  { name: "a replace names no tag", adapt: withoutTags, foundBy: "concurrency" },
  { name: "a create overwrites what is there", adapt: withoutDeduplication, foundBy: "repeats" },
  { name: "a refused replace is taken for done", adapt: withSwallowedRefusals, foundBy: "concurrency" },
  { name: "the key of a ledger lacks the customer", adapt: withoutTenant, foundBy: "tenants" },
  {
    name: "reversals that came first are forgotten",
    adapt: withForgottenReversals,
    foundBy: "reversal first",
  },
  { name: "rejections are not kept", adapt: withLostRejections, foundBy: "rejections" },
];

describe("the checks of the ledger", () => {
  it.each(Object.entries(checks))("pass where there is no defect: %s", async (_name, check) => {
    await check(unchanged);
  });

  it.each(defects)("fail where a defect was planted: $name", async ({ adapt, foundBy }) => {
    const check = checks[foundBy];
    expect(check).toBeDefined();
    // Not any error: the check itself has to see it.
    await expect(check?.(adapt)).rejects.toBeInstanceOf(AssertionError);
  });
});
