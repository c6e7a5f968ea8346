import { beforeEach, describe, expect, it } from "vitest";
import type { Scope } from "../../src/access/grant.ts";
import {
  AWAITED_MAX,
  type Clock,
  createWaiting,
  type FreshnessDeps,
  LOOKS_MAX,
  mayKnowAt,
  openReceipts,
  WAIT_SECONDS_MAX,
  WAITING_MAX,
  type WaitFor,
} from "../../src/consumption/freshness.ts";
import { ingest } from "../../src/consumption/ingest.ts";
import type { Receipt } from "../../src/consumption/receipt.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import type { RequestFacts } from "../../src/consumption/request-recorder.ts";
import { agreementEvent, CUSTOMER, deliveryEvent, upsertedEvent } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { NOW, now } from "./state.ts";

const signingKey = new Uint8Array(32).fill(7);
const NOW_DATE = new Date(NOW);
const LONGEST_MS = WAIT_SECONDS_MAX * 1_000;
const whole: Scope = { kind: "all" };
const only = (id: string): Scope => ({ kind: "some", workspaceIds: new Set([id]) });

const noRequestFacts: RequestFacts = { find: async () => [] };

let stores: MemoryStores;
let reads: string[];
let waitFor: WaitFor;
let clock: ReturnType<typeof steppedClock>;

/** Time passes in pauses alone. `during` is done in the pause of that number. */
function steppedClock() {
  let elapsed = 0;
  const pauses: number[] = [];
  const during = new Map<number, () => Promise<unknown>>();
  const given: Clock = {
    elapsedMs: () => elapsed,
    pause: async (ms) => {
      pauses.push(ms);
      elapsed += ms;
      await during.get(pauses.length)?.();
    },
  };
  return { ...given, pauses, during };
}

beforeEach(() => {
  stores = memoryStores();
  reads = [];
  clock = steppedClock();
  const { store, rejectedEvents } = stores;
  const counting =
    <Key extends readonly unknown[], Value>(name: string, read: (...key: Key) => Value) =>
    (...key: Key): Value => {
      reads.push(name);
      return read(...key);
    };
  const counted: FreshnessDeps = {
    store: { readFact: counting("fact", store.readFact), readHead: counting("head", store.readHead) },
    rejectedEvents: { find: counting("rejection", rejectedEvents.find) },
    requestFacts: noRequestFacts,
  };
  waitFor = createWaiting(counted, clock);
});

async function textsOf(bodies: readonly string[], at = NOW): Promise<string[]> {
  const deps = {
    ...stores,
    requestFacts: noRequestFacts,
    queue: { send: async () => undefined },
    signingKey,
  };
  const outcomes = await ingest(
    deps,
    bodies.map((body) => JSON.parse(body)),
    at,
    undefined,
  );
  return outcomes.map((outcome) => (outcome.status === "accepted" ? outcome.receipt : ""));
}

async function receiptsOf(bodies: readonly string[], at = NOW): Promise<readonly Receipt[]> {
  return openReceipts(await textsOf(bodies, at), mayKnowAt(CUSTOMER, whole), { signingKey, now: NOW_DATE });
}

const record = (...bodies: readonly string[]) => createRecorder(stores, now).record(bodies);

describe("waiting for events", () => {
  it("ends with the first look after the last of them is recorded", async () => {
    await record(agreementEvent());
    const bodies = [deliveryEvent("d1"), deliveryEvent("d2")];
    clock.during.set(1, () => record(bodies[1] ?? ""));
    clock.during.set(3, () => record(bodies[0] ?? ""));
    const freshness = await waitFor(await receiptsOf(bodies), NOW_DATE, LONGEST_MS);
    expect(freshness).toEqual({ status: "reached", waitedMilliseconds: 50 + 100 + 200 });
    expect(reads.filter((read) => read === "fact")).toHaveLength(2 + 1 + 1 + 1 + 1);
  });

  it("costs at most three point reads of each at a look, and the looks become rarer to the end", async () => {
    const bodies = Array.from({ length: AWAITED_MAX }, (_, index) => deliveryEvent(`d${index}`));
    const receipts = await receiptsOf(bodies, "2026-10-31T23:59:59.999Z");
    const freshness = await waitFor(receipts, NOW_DATE, LONGEST_MS);
    expect(freshness).toEqual({ status: "timedOut", waitedMilliseconds: LONGEST_MS });
    expect(clock.pauses).toHaveLength(LOOKS_MAX - 1);
    expect(clock.pauses.slice(0, -1)).toEqual(
      clock.pauses.slice(0, -1).toSorted((left, right) => left - right),
    );
    expect(reads).toHaveLength(3 * AWAITED_MAX * LOOKS_MAX);
  });

  it("does not wait for what was recorded before, by whichever sending", async () => {
    await record(agreementEvent(), deliveryEvent("d1"));
    const receipts = await receiptsOf([agreementEvent(), deliveryEvent("d1")], "2099-01-01T00:00:00.000Z");
    expect((await waitFor(receipts, NOW_DATE, LONGEST_MS)).status).toBe("reached");
    expect(clock.pauses).toEqual([]);
  });

  it("ends with an agreement when what waited for it was tried again and settled, not before", async () => {
    const receipts = await receiptsOf([agreementEvent()]);
    await record(agreementEvent());
    const { store } = stores;
    const [ledgerId] = receipts.map(({ l }) => l);
    const before = ledgerId && (await store.readHead(ledgerId));
    if (!ledgerId || !before) throw new Error("the agreement has no ledger");
    const marked = { ...before.value, mending: { entryId: "x", afterId: "" } };
    await store.commit(ledgerId, [{ type: "replace", document: marked, etag: before.etag }]);
    const unsettle = async () => {
      const { value, etag } = (await store.readHead(ledgerId)) ?? before;
      const { mending: _, ...rest } = value;
      const document = { ...rest, revision: rest.revision + 1 };
      await store.commit(ledgerId, [{ type: "replace", document, etag }]);
    };
    clock.during.set(2, unsettle);
    clock.during.set(4, () => createRecorder(stores, now).catchUp(ledgerId, "9999"));
    await waitFor(receipts, NOW_DATE, LONGEST_MS);
    expect(clock.pauses).toHaveLength(4);
  });

  it("tells a rejection when the others are decided, also one of the next month, and none of an earlier try", async () => {
    await record(agreementEvent());
    const bad = deliveryEvent("bad", { workspaceId: "ws-nobody-knows" });
    await record(bad);
    const again = await receiptsOf([bad], "2026-11-20T00:00:00.001Z");
    expect((await waitFor(again, NOW_DATE, 1_000)).status).toBe("timedOut");
    const good = deliveryEvent("good");
    clock.during.set(clock.pauses.length + 3, () => record(good));
    const both = await receiptsOf([bad, good], "2026-10-31T23:59:59.999Z");
    const freshness = await waitFor(both, NOW_DATE, LONGEST_MS);
    expect(freshness).toEqual({ status: "rejected", waitedMilliseconds: 350 });
    const other = await receiptsOf([deliveryEvent("good", { quantity: 99 })]);
    expect((await waitFor(other, NOW_DATE, LONGEST_MS)).status).toBe("rejected");
  });

  it("is for so many at once, and whoever ends or fails makes room", async () => {
    const receipts = await receiptsOf([deliveryEvent("never")]);
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let isBroken = false;
    const readFact = async () => (isBroken ? Promise.reject(new Error("away")) : undefined);
    const deps = { ...stores, requestFacts: noRequestFacts, store: { ...stores.store, readFact } };
    const pause = async (ms: number): Promise<void> => {
      await gate;
      await clock.pause(ms);
    };
    const stuck = createWaiting(deps, { elapsedMs: clock.elapsedMs, pause });
    const waiting = Array.from({ length: WAITING_MAX }, () => stuck(receipts, NOW_DATE, LONGEST_MS));
    // Each has taken its place when it has looked once; one more look later there is none left.
    const onTop = await stuck(receipts, NOW_DATE, LONGEST_MS);
    expect(onTop).toEqual({ status: "timedOut", waitedMilliseconds: 0 });
    isBroken = true;
    go();
    const ended = await Promise.allSettled(waiting);
    expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    isBroken = false;
    const before = clock.pauses.length;
    expect((await stuck(receipts, NOW_DATE, LONGEST_MS)).waitedMilliseconds).toBe(LONGEST_MS);
    expect(clock.pauses.length - before).toBe(LOOKS_MAX - 1);
  });
});

describe("receipts", () => {
  const opened = async (body: string, customerId: string, scope: Scope) => {
    const texts = await textsOf([body]);
    return openReceipts(texts, mayKnowAt(customerId, scope), { signingKey, now: NOW_DATE });
  };

  it("are found by whoever may know of their event alone", async () => {
    const there = deliveryEvent("d", { workspaceId: "ws-a" });
    const inDefault = deliveryEvent("d");
    await expect(opened(there, CUSTOMER, whole)).resolves.toHaveLength(1);
    await expect(opened(there, CUSTOMER, only("ws-a"))).resolves.toHaveLength(1);
    await expect(opened(inDefault, CUSTOMER, only("ws-default"))).resolves.toHaveLength(1);
    await expect(opened(agreementEvent(), CUSTOMER, whole)).resolves.toHaveLength(1);
    await expect(opened(upsertedEvent("u"), CUSTOMER, whole)).resolves.toHaveLength(1);
    for (const [body, customerId, scope] of [
      [there, "cust-u", whole],
      [there, "cust", whole],
      [there, CUSTOMER, only("ws-b")],
      [inDefault, CUSTOMER, only("ws-a")],
      [agreementEvent(), CUSTOMER, only("ws-default")],
      [upsertedEvent("u"), CUSTOMER, only("ws-default")],
    ] as const)
      await expect(opened(body, customerId, scope)).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("fit whatever ids an event may have", async () => {
    const long = "\u{10ffff}".repeat(64);
    const ids = { customerId: long, agreementId: long, workspaceId: long };
    const [text = ""] = await textsOf([deliveryEvent("d", ids)]);
    expect(text).not.toBe("");
    expect(openReceipts([text], mayKnowAt(long, only(long)), { signingKey, now: NOW_DATE })).toHaveLength(1);
    const halves = "\ud800".repeat(128);
    const unwritable = { customerId: halves, agreementId: halves, workspaceId: halves };
    expect(await textsOf([deliveryEvent("d", unwritable), deliveryEvent("e")])).toEqual([
      "",
      expect.stringMatching(/^v1\./),
    ]);
  });
});
