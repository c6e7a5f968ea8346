import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import {
  type Entry,
  entitlementAccount,
  entryIdOf,
  type LedgerId,
  ledgerIdOf,
  newHead,
} from "../../src/consumption/entry.ts";
import {
  type LedgerOperation,
  type LedgerStore,
  OPERATIONS_MAX,
} from "../../src/consumption/ledger-store.ts";
import { newRollup } from "../../src/consumption/rollup.ts";
import { storeTargets } from "./store-targets.ts";

let ledgers = 0;
/** A ledger that nothing was written to: with characters that a key may have, since every id may. */
const freshCustomer = () => customerIdSchema.parse(`cust ñ%20'"+&地 ${++ledgers}`);

const create = (document: LedgerOperation["document"]): LedgerOperation => ({ type: "create", document });

function entry(ledgerId: LedgerId, id: string, at: string, members: Partial<Entry> = {}): Entry {
  const event = { source: "/s", id, type: "t", time: at, data: { unknown: [1, 0.5, null, { "a b": "ł" }] } };
  return {
    id: entryIdOf({ source: "/s", id }),
    ledgerId,
    kind: "entry",
    event,
    hash: `hash-${id}`,
    recordedAt: "2026-11-20T00:00:00.000Z",
    at,
    quantity: 1,
    state: "posted",
    ...members,
  };
}

const rollup = (ledgerId: LedgerId, entitlementId: string, month = "2026-03") =>
  newRollup(ledgerId, entitlementAccount(entitlementId), month, 0);

async function tagOf(store: LedgerStore, ledgerId: LedgerId): Promise<string> {
  return (await store.readHead(ledgerId))?.etag ?? "";
}

describe.each(storeTargets)("the stores' promises, kept by $name", ({ open }) => {
  let opened: Awaited<ReturnType<typeof open>>;
  const store = () => opened.stores.store;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    await opened.close();
  });

  async function freshLedger() {
    const customerId = freshCustomer();
    const head = newHead(customerId, undefined);
    const ledgerId = ledgerIdOf(customerId, undefined);
    expect(await store().commit(ledgerId, [create(head)])).toMatchObject({ outcome: "committed" });
    return { customerId, ledgerId, head };
  }

  async function entriesOf(ledgerId: LedgerId, month?: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const page of store().entries(ledgerId, month))
      ids.push(...page.map(({ value }) => value.event.id));
    return ids.toSorted();
  }

  it("answers that nothing is there where nothing is", async () => {
    const ledgerId = ledgerIdOf(freshCustomer(), undefined);
    expect(await store().readHead(ledgerId)).toBeUndefined();
    expect(await store().readFact(ledgerId, "none")).toBeUndefined();
    expect(await store().readRollups(ledgerId, [])).toEqual([]);
    expect(await store().readRollups(ledgerId, ["none"])).toEqual([]);
    expect(await store().identify(ledgerId, ["none", "neither"])).toEqual([]);
    expect(await store().reversalsOf(ledgerId, ["none"])).toEqual([]);
    expect(await store().allRollups(ledgerId)).toEqual([]);
    expect(await entriesOf(ledgerId)).toEqual([]);
  });

  it("writes nothing of a commit of which one create is taken, and says which", async () => {
    const { ledgerId, head } = await freshLedger();
    const one = entry(ledgerId, "one", "2026-03-01T00:00:00.000Z");
    const result = await store().commit(ledgerId, [create(one), create(head), create(head)]);
    expect(result).toEqual({ outcome: "refused", index: 1, cause: "exists" });
    expect(await store().readFact(ledgerId, one.id)).toBeUndefined();
  });

  it("replaces only what is as it was read, and gives the tag of what it wrote", async () => {
    const { ledgerId, head } = await freshLedger();
    const first = await tagOf(store(), ledgerId);
    const one = entry(ledgerId, "one", "2026-03-01T00:00:00.000Z");
    const changed = await store().commit(ledgerId, [
      create(one),
      { type: "replace", document: { ...head, rollupCount: 1 }, etag: first },
    ]);
    const second = changed.outcome === "committed" ? changed.etags[1] : undefined;
    expect(second).toBe(await tagOf(store(), ledgerId));
    expect(second).not.toBe(first);
    const two = entry(ledgerId, "two", "2026-03-01T00:00:00.000Z");
    const stale = await store().commit(ledgerId, [
      create(two),
      { type: "replace", document: { ...head, rollupCount: 9 }, etag: first },
    ]);
    expect(stale).toEqual({ outcome: "refused", index: 1, cause: "changed" });
    expect(await store().readFact(ledgerId, two.id)).toBeUndefined();
    expect((await store().readHead(ledgerId))?.value.rollupCount).toBe(1);
  });

  it("does not replace what is not there", async () => {
    const { ledgerId } = await freshLedger();
    const document = rollup(ledgerId, "ent");
    const result = await store().commit(ledgerId, [{ type: "replace", document, etag: '"1"' }]);
    expect(result).toEqual({ outcome: "refused", index: 0, cause: "missing" });
  });

  it("lets exactly one of many commits win that replace the same version", async () => {
    const { ledgerId, head } = await freshLedger();
    const etag = await tagOf(store(), ledgerId);
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, rollupCount) =>
        store().commit(ledgerId, [{ type: "replace", document: { ...head, rollupCount }, etag }]),
      ),
    );
    expect(results.filter(({ outcome }) => outcome === "committed")).toHaveLength(1);
  });

  it(`takes ${OPERATIONS_MAX} operations in one commit and refuses one more by an error`, async () => {
    const { ledgerId } = await freshLedger();
    const creates = Array.from({ length: OPERATIONS_MAX + 1 }, (_, index) =>
      create(entry(ledgerId, `e${index}`, "2026-03-01T00:00:00.000Z")),
    );
    await expect(store().commit(ledgerId, creates)).rejects.toThrow();
    expect(await entriesOf(ledgerId)).toEqual([]);
    expect(await store().commit(ledgerId, creates.slice(1))).toMatchObject({ outcome: "committed" });
    expect(await entriesOf(ledgerId)).toHaveLength(OPERATIONS_MAX);
  });

  it("reads facts back as they were written, and knows them by id, kind and hash", async () => {
    const { ledgerId } = await freshLedger();
    const one = entry(ledgerId, "one", "2026-03-01T00:00:00.000Z", { state: "rejected", code: "some" });
    const awaited = { id: "awaited-id", ledgerId, kind: "awaited" } as const;
    const { event, hash, recordedAt } = one;
    const contract = {
      id: "agreement-id",
      ledgerId,
      kind: "agreementEntry",
      event,
      hash,
      recordedAt,
    } as const;
    await store().commit(ledgerId, [create(one), create(awaited), create(contract)]);
    expect((await store().readFact(ledgerId, one.id))?.value).toEqual(one);
    expect((await store().readFact(ledgerId, awaited.id))?.value).toEqual(awaited);
    expect(await store().agreementEntries(ledgerId)).toEqual([contract]);
    const known = await store().identify(ledgerId, [one.id, awaited.id, contract.id, "none"]);
    expect(known.toSorted((left, right) => (left.kind < right.kind ? -1 : 1))).toEqual([
      { id: contract.id, kind: "agreementEntry", hash, recordedAt },
      { id: awaited.id, kind: "awaited" },
      { id: one.id, kind: "entry", hash, recordedAt, state: "rejected", code: "some" },
    ]);
  });

  it("finds roll-ups by id, whatever characters the id has", async () => {
    const { ledgerId } = await freshLedger();
    const rollups = ["plain", "sp ace", "per%20cent", "plus+amp&", "quote'\"", "ñł地", "semi;colon:"].map(
      (id) => rollup(ledgerId, id),
    );
    await store().commit(ledgerId, rollups.map(create));
    for (const each of rollups) {
      expect((await store().readRollups(ledgerId, [each.id])).map(({ value }) => value)).toEqual([each]);
    }
    const ids = rollups.map(({ id }) => id);
    const all = await store().readRollups(ledgerId, [...ids, "none"]);
    expect(new Set(all.map(({ value }) => value.id))).toEqual(new Set(ids));
    const [some] = all;
    const written = await store().commit(ledgerId, [
      { type: "replace", document: some?.value ?? rollup(ledgerId, "plain"), etag: some?.etag ?? "" },
    ]);
    expect(written.outcome).toBe("committed");
    expect(await store().allRollups(ledgerId)).toHaveLength(rollups.length);
  });

  it("keeps ledgers apart: the same ids in two of them are different documents", async () => {
    const one = await freshLedger();
    const other = await freshLedger();
    await store().commit(one.ledgerId, [
      create(entry(one.ledgerId, "same", "2026-03-01T00:00:00.000Z", { reverses: "d" })),
    ]);
    expect(await store().readFact(other.ledgerId, entryIdOf({ source: "/s", id: "same" }))).toBeUndefined();
    expect(await store().reversalsOf(other.ledgerId, ["d"])).toEqual([]);
    expect(await entriesOf(other.ledgerId)).toEqual([]);
  });

  it("finds the reversals of several entries with tags that a replace can name", async () => {
    const { ledgerId } = await freshLedger();
    const at = "2026-03-01T00:00:00.000Z";
    const reversals = ["a", "b", "c"].map((id) =>
      entry(ledgerId, id, at, { reverses: id === "a" ? "d1" : "d2" }),
    );
    await store().commit(ledgerId, [...reversals, entry(ledgerId, "plain", at)].map(create));
    const found = async (ids: readonly string[]) =>
      (await store().reversalsOf(ledgerId, ids)).map(({ value }) => value.event.id).toSorted();
    expect(await found(["d1"])).toEqual(["a"]);
    expect(await found(["d2", "d1", "none"])).toEqual(["a", "b", "c"]);
    const [first] = await store().reversalsOf(ledgerId, ["d1"]);
    const document = { ...(first?.value ?? entry(ledgerId, "a", at)), quantity: -1 };
    const result = await store().commit(ledgerId, [{ type: "replace", document, etag: first?.etag ?? "" }]);
    expect(result.outcome).toBe("committed");
  });

  it("gives every entry of a month once, borders and pages included", async () => {
    const { ledgerId } = await freshLedger();
    const inside = Array.from({ length: 45 }, (_, index) =>
      entry(ledgerId, `in-${index}`, `2026-03-${String(1 + (index % 31)).padStart(2, "0")}T12:00:00.000Z`),
    );
    inside.push(entry(ledgerId, "first", "2026-03-01T00:00:00.000Z"));
    inside.push(entry(ledgerId, "last", "2026-03-31T23:59:59.999Z"));
    const outside = ["2026-02-28T23:59:59.999Z", "2026-04-01T00:00:00.000Z", "2025-03-15T00:00:00.000Z"].map(
      (at, index) => entry(ledgerId, `out-${index}`, at),
    );
    await store().commit(ledgerId, [...inside, ...outside].map(create));
    expect(await entriesOf(ledgerId, "2026-03")).toEqual(inside.map(({ event }) => event.id).toSorted());
    expect(await entriesOf(ledgerId)).toHaveLength(inside.length + outside.length);
  });

  it("lists every ledger, and those that are not settled", async () => {
    const settled = await freshLedger();
    const unsettled = await freshLedger();
    const etag = await tagOf(store(), unsettled.ledgerId);
    await store().commit(unsettled.ledgerId, [
      { type: "replace", document: { ...unsettled.head, revision: 1 }, etag },
    ]);
    const mending = await freshLedger();
    const document = { ...mending.head, mending: { entryId: "some", afterId: "" } };
    await store().commit(mending.ledgerId, [
      { type: "replace", document, etag: await tagOf(store(), mending.ledgerId) },
    ]);
    const waiting = await store().unsettled();
    expect(waiting).toEqual(expect.arrayContaining([unsettled.ledgerId, mending.ledgerId]));
    expect(waiting).not.toContain(settled.ledgerId);
    const all: string[] = [];
    for await (const page of store().allLedgers()) all.push(...page);
    expect(all).toEqual(expect.arrayContaining([settled.ledgerId, unsettled.ledgerId]));
    expect(new Set(all).size).toBe(all.length);
  });
});
