import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import type { Doing } from "../../src/access/audit-entry.ts";
import { type CustomerId, customerIdSchema } from "../../src/agreements/ids.ts";
import { BATCH_OPERATIONS_MAX } from "../../src/platform/cosmos.ts";
import { periodOfMonth } from "../../src/reports/period.ts";
import { reportIdSchema } from "../../src/reports/report.ts";
import { type Delivery, deliveryDocumentId } from "../../src/subscriptions/delivery.ts";
import { ended, lookedAt, making, newRun, type Run } from "../../src/subscriptions/run.ts";
import type { Subscription } from "../../src/subscriptions/subscription.ts";
import {
  createSubscription,
  deleteSubscription,
  pauseSubscription,
} from "../../src/subscriptions/subscription-change.ts";
import {
  cosmosSubscriptionStore,
  type SubscriptionChange,
  type SubscriptionStore,
} from "../../src/subscriptions/subscription-store.ts";
import { memorySubscriptions } from "../fakes/memory-subscriptions.ts";
import { someMessage } from "../messages/some-messages.ts";
import { owner, START, someFacts } from "./subscription-world.ts";

const running = new AsyncDisposableStack();
let connection: { readonly endpoint: string; readonly key: string };

beforeAll(async () => {
  const server = await startCosmos({ port: 0, ranges: 3 });
  running.defer(() => server.close());
  connection = server;
});
afterAll(() => running.disposeAsync());

async function openStandIn(): Promise<SubscriptionStore> {
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  const database = `subscriptions-${randomUUID()}`;
  await createCosmosResources(connection, { ...cosmos, database });
  const client = new CosmosClient(connection);
  running.defer(() => client.dispose());
  return cosmosSubscriptionStore(client.database(database).container("customers"));
}

const later = (seconds: number): string => new Date(Date.parse(START) + seconds * 1_000).toISOString();
const odd = customerIdSchema.parse("cust ñ%20'\"+&地");
const other = customerIdSchema.parse("cust-other");
const reportId = reportIdSchema.parse("cpod-agr-2025-12-v1");

const doing = (customerId: CustomerId, key: string, at = START): Doing => ({
  customerId,
  actor: { subject: "person-1" },
  at,
  key,
});

async function committed(store: SubscriptionStore, change: SubscriptionChange | undefined) {
  if (change === undefined) throw new Error("no change");
  const result = await store.commit(change);
  if (result.outcome !== "committed") throw new Error(result.outcome);
  return result.etags;
}

const creating = (customerId: CustomerId, ...created: SubscriptionChange["created"]): SubscriptionChange => ({
  customerId,
  writes: [],
  created,
});

async function subscribed(
  store: SubscriptionStore,
  customerId: CustomerId,
  key: string,
  at = START,
): Promise<Subscription> {
  const { change, after } = createSubscription(doing(customerId, key, at), [], someFacts, owner);
  await committed(store, change);
  return after;
}

const runOf = (customerId: CustomerId, month: number, createdAt = START, subscriptionId = "sub-1"): Run => {
  const occurrence = `2026-${String(month).padStart(2, "0")}`;
  const due = { occurrence, dueAt: `${occurrence}-03T07:00:00.000Z` };
  return newRun({ customerId, subscriptionId }, due, periodOfMonth("2025-12"), createdAt);
};

function deliveryOf(customerId: CustomerId, email: string): Delivery {
  return {
    id: deliveryDocumentId(email),
    deliveryId: email,
    customerId,
    kind: "reportDelivery",
    subscriptionId: "sub-1",
    runId: "sub-1~2026-01",
    reportId,
    email,
    language: "es",
    formats: ["pdf"],
    createdAt: START,
    expiresAt: later(60),
    downloads: [],
  };
}

const targets = [
  { name: "memory", open: async (): Promise<SubscriptionStore> => memorySubscriptions().subscriptions },
  { name: "the Cosmos DB stand-in, 3 physical partitions", open: openStandIn },
];

describe.each(targets)("the promises of the store of subscriptions, kept by $name", ({ open }) => {
  it("gives back what was written, oldest first and without what was deleted, and nothing of another customer", async () => {
    const store = await open();
    const second = await subscribed(store, odd, "two", later(1));
    const first = await subscribed(store, odd, "one");
    await subscribed(store, other, "three");
    expect((await store.list(odd)).map(({ value }) => value)).toEqual([first, second]);
    const known = await store.read(odd, first.subscriptionId);
    expect(known?.value).toEqual(first);
    expect(await store.read(other, first.subscriptionId)).toBeUndefined();
    if (known === undefined) throw new Error("not there");
    await committed(store, deleteSubscription(doing(odd, "gone"), known).change);
    expect((await store.list(odd)).map(({ value }) => value)).toEqual([second]);
    expect((await store.read(odd, first.subscriptionId))?.value.deletedAt).toBe(START);
  });

  it("finds what is due in every partition, what has waited longest first, and nothing that is paused", async () => {
    const store = await open();
    const last = await subscribed(store, odd, "last", "2026-02-07T00:00:00.000Z");
    const first = await subscribed(store, other, "first");
    const paused = await subscribed(store, customerIdSchema.parse("cust-3"), "paused");
    const known = await store.read(paused.customerId, paused.subscriptionId);
    if (known === undefined) throw new Error("not there");
    await committed(store, pauseSubscription(doing(paused.customerId, "pause"), known).change);
    const job = ({ customerId, subscriptionId }: Subscription) => ({ customerId, subscriptionId });
    expect(await store.due("2026-02-03T06:59:59.999Z", 10)).toEqual([]);
    expect(await store.due("2026-02-03T07:00:00.000Z", 10)).toEqual([job(first)]);
    expect(await store.due("2027-01-01T00:00:00.000Z", 10)).toEqual([job(first), job(last)]);
    expect(await store.due("2027-01-01T00:00:00.000Z", 1)).toEqual([job(first)]);
  });

  it("finds runs that are to be looked at until they are over", async () => {
    const store = await open();
    const runs = [runOf(odd, 1, later(2)), runOf(other, 1), runOf(other, 2, later(1))] as const;
    for (const run of runs) await committed(store, creating(run.customerId, run));
    const job = ({ customerId, runId }: Run) => ({ customerId, runId });
    expect(await store.openRuns(later(0), 10)).toEqual([job(runs[1])]);
    expect(await store.openRuns(later(9), 10)).toEqual([job(runs[1]), job(runs[2]), job(runs[0])]);
    expect(await store.openRuns(later(9), 2)).toEqual([job(runs[1]), job(runs[2])]);
    for (const [index, next] of [
      lookedAt(runs[1], later(9)),
      ended(runs[2], { status: "delivered", deliveries: 2 }, later(9)),
    ].entries()) {
      const known = await store.run(other, next.runId);
      await committed(store, {
        customerId: other,
        writes: [{ document: next, etag: known?.etag }],
        created: [],
      });
      expect((await store.run(other, next.runId))?.value, `${index}`).toEqual(next);
    }
    expect(await store.openRuns(later(9), 10)).toEqual([job(runs[0])]);
    expect(await store.openRuns(later(99), 10)).toEqual([job(runs[0]), job(runs[1])]);
  });

  it("finds the runs of a customer that wait for a report, until they are over", async () => {
    const store = await open();
    const [waiting, over] = [runOf(odd, 1), runOf(odd, 2)];
    const another = reportIdSchema.parse("cpod-agr-2025-12-v2");
    const all = [
      making(waiting, reportId, false, START),
      ended(making(over, reportId, false, START), { status: "delivered", deliveries: 1 }, START),
      making(runOf(odd, 3), another, false, START),
      making(runOf(other, 1), reportId, false, START),
      runOf(odd, 4),
    ];
    for (const run of all) await committed(store, creating(run.customerId, run));
    expect(await store.waitingFor(odd, reportId)).toEqual([{ customerId: odd, runId: waiting.runId }]);
  });

  it("lists the runs of a subscription newest first, page after page", async () => {
    const store = await open();
    const done = { status: "delivered", deliveries: 1 } as const;
    const runs = [
      runOf(odd, 1),
      ended(making(runOf(odd, 2), reportId, true, START), done, later(5)),
      ended(runOf(odd, 3, later(1)), done, later(5)),
      ended(
        runOf(odd, 4, later(2)),
        { status: "skipped", reason: { code: "Empty", message: "-" } },
        later(5),
      ),
    ];
    await committed(store, creating(odd, ...runs, runOf(odd, 5, later(3), "sub-2")));
    await committed(store, creating(other, runOf(other, 6, later(4))));
    const newest = runs.toReversed();
    expect(await store.runs(odd, "sub-1", { after: undefined, limit: 10 })).toEqual(newest);
    const first = await store.runs(odd, "sub-1", { after: undefined, limit: 3 });
    expect(first).toEqual(newest.slice(0, 3));
    expect(await store.runs(odd, "sub-1", { after: first[2], limit: 3 })).toEqual(newest.slice(3));
  });

  it("gives the deliveries of one run, by address, and one by its id", async () => {
    const store = await open();
    const deliveries = ["a@x.example", "b@x.example"].map((email) => deliveryOf(odd, email));
    const elsewhere = { ...deliveryOf(odd, "c@x.example"), runId: "sub-1~2026-02" };
    await committed(store, creating(odd, ...deliveries.toReversed(), elsewhere));
    expect((await store.deliveries(odd, "sub-1~2026-01")).map(({ value }) => value)).toEqual(deliveries);
    expect((await store.delivery(odd, "c@x.example"))?.value).toEqual(elsewhere);
    expect(await store.delivery(other, "c@x.example")).toBeUndefined();
  });

  it("writes all of a change or nothing, tells a repeated request from one that was overtaken, and refuses what is too large", async () => {
    const store = await open();
    const subscription = await subscribed(store, odd, "one");
    const known = await store.read(odd, subscription.subscriptionId);
    if (known === undefined) throw new Error("not there");
    const repeat = createSubscription(doing(odd, "one"), [], someFacts, owner).change;
    expect(repeat === undefined ? undefined : await store.commit(repeat)).toEqual({ outcome: "repeated" });
    const [first, second] = [runOf(odd, 1), runOf(odd, 2)];
    await committed(store, creating(odd, first));
    const next = { ...subscription, lastOccurrences: { month: "2026-02" } };
    const message = someMessage({ customerId: odd, id: "message~2" });
    const refused: readonly SubscriptionChange[] = [
      { customerId: odd, writes: [{ document: next, etag: '"stale"' }], created: [second, message] },
      { customerId: odd, writes: [{ document: next, etag: known.etag }], created: [second, message, first] },
      { customerId: odd, writes: [{ document: next, etag: undefined }], created: [second, message] },
    ];
    for (const change of refused) expect(await store.commit(change)).toEqual({ outcome: "overtaken" });
    expect(await store.read(odd, subscription.subscriptionId)).toEqual(known);
    expect(await store.run(odd, second.runId)).toBeUndefined();
    const etags = await committed(store, {
      customerId: odd,
      writes: [{ document: next, etag: known.etag }],
      created: [second, message],
    });
    expect((await store.read(odd, subscription.subscriptionId))?.etag).toBe(etags.get(subscription.id));
    const many = Array.from({ length: BATCH_OPERATIONS_MAX + 1 }, (_, index) => deliveryOf(odd, `${index}`));
    await expect(store.commit(creating(odd, ...many))).rejects.toThrow(RangeError);
  });
});
