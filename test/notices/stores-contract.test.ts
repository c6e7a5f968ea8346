import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import type { Doing } from "../../src/access/audit-entry.ts";
import { agreementIdSchema, type CustomerId, customerIdSchema } from "../../src/agreements/ids.ts";
import { type NoticeState, stateDocumentId } from "../../src/notices/crossing.ts";
import type { Notice } from "../../src/notices/notice.ts";
import { changeSettings, type NoticeRules, rulesOf } from "../../src/notices/notice-settings.ts";
import { cosmosNoticeStore, type NoticeChange, type NoticeStore } from "../../src/notices/notice-store.ts";
import { cosmosWatchStore, type WatchStore } from "../../src/notices/watch-store.ts";
import { newWebhook } from "../../src/notices/webhook.ts";
import { createWebhook, deleteWebhook } from "../../src/notices/webhook-change.ts";
import { newDelivery, queued, taken } from "../../src/notices/webhook-delivery.ts";
import { cosmosWebhookStore, type WebhookStore } from "../../src/notices/webhook-store.ts";
import { memoryNotices } from "../fakes/memory-notices.ts";
import { someMessage } from "../messages/some-messages.ts";
import { someNotice } from "./some-notices.ts";

type Stores = { readonly notices: NoticeStore; readonly webhooks: WebhookStore };

const START = "2026-11-20T10:00:00.000Z";
const agreementId = agreementIdSchema.parse("agr ñ%20'\"+&地");
const running = new AsyncDisposableStack();
let connection: { readonly endpoint: string; readonly key: string };

beforeAll(async () => {
  const server = await startCosmos({ port: 0, ranges: 3 });
  running.defer(() => server.close());
  connection = server;
});
afterAll(() => running.disposeAsync());

async function containers() {
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  const database = `notices-${randomUUID()}`;
  await createCosmosResources(connection, { ...cosmos, database });
  const client = new CosmosClient(connection);
  running.defer(() => client.dispose());
  return {
    customers: client.database(database).container("customers"),
    ledgers: client.database(database).container("ledgers"),
  };
}

async function openStandIn(): Promise<Stores> {
  const { customers } = await containers();
  return { notices: cosmosNoticeStore(customers), webhooks: cosmosWebhookStore(customers) };
}

const later = (seconds: number): string => new Date(Date.parse(START) + seconds * 1_000).toISOString();
const customerOf = (name: string): CustomerId => customerIdSchema.parse(name);
const doing = (customerId: CustomerId, key: string, at = START): Doing => ({
  customerId,
  actor: { subject: "person-1" },
  at,
  key,
});

const noticeOf = (customerId: CustomerId, crossing: number, at = START): Notice =>
  someNotice({ customerId, agreementId }, crossing, at);

function stateOf(customerId: CustomerId, subjectId: string, crossings = 1): NoticeState {
  const subject = { type: "allowanceUsed" as const, agreementId, subjectId };
  return {
    id: stateDocumentId(subject),
    customerId,
    kind: "noticeState",
    ...subject,
    levels: { "75": { isReached: true, crossings } },
  };
}

const creating = (customerId: CustomerId, ...created: NoticeChange["created"]): NoticeChange => ({
  customerId,
  writes: [],
  created,
});

const targets = [
  { name: "memory", open: async (): Promise<Stores> => memoryNotices() },
  { name: "the Cosmos DB stand-in, 3 physical partitions", open: openStandIn },
];

describe.each(targets)("the promises of the stores of notices, kept by $name", ({ open }) => {
  it("gives back settings and states as they were written, and nothing of another customer or agreement", async () => {
    const { notices } = await open();
    const customerId = customerOf("cust ñ%20'\"+&地");
    expect(await notices.settings(customerId)).toBeUndefined();
    const rules: NoticeRules = {
      ...rulesOf(undefined),
      extraRecipients: ["ana@cust.example"],
      expiryDays: [],
    };
    const change = changeSettings(doing(customerId, "one"), undefined, rules);
    expect((await notices.commit(change)).outcome).toBe("committed");
    const kept = await notices.settings(customerId);
    expect(rulesOf(kept)).toEqual(rules);
    const state = stateOf(customerId, "ent-adv");
    const result = await notices.commit({
      customerId,
      writes: [{ document: state, etag: undefined }],
      created: [],
    });
    const [found, ...others] = await notices.states(customerId, agreementId);
    expect([found?.value, others]).toEqual([state, []]);
    expect(result.outcome === "committed" && result.etags.get(state.id)).toBe(found?.etag);
    expect(await notices.states(customerId, agreementIdSchema.parse("agr-other"))).toEqual([]);
    expect(await notices.states(customerOf("cust-other"), agreementId)).toEqual([]);
    expect(await notices.settings(customerOf("cust-other"))).toBeUndefined();
  });

  it("writes all of a change or nothing: over what was read, and what was never there", async () => {
    const { notices, webhooks } = await open();
    const customerId = customerOf("cust-1");
    const state = stateOf(customerId, "ent-adv");
    const first = noticeOf(customerId, 1);
    const started = await notices.commit({
      ...creating(customerId, first),
      writes: [{ document: state, etag: undefined }],
    });
    if (started.outcome !== "committed") throw new Error(started.outcome);
    const etag = started.etags.get(state.id) ?? "";
    const second = noticeOf(customerId, 2);
    const webhook = newWebhook(doing(customerId, "w"), {
      url: "https://a.example/",
      events: ["notice.created"],
    });
    const delivery = newDelivery(second, webhook);
    const whole = [second, someMessage({ customerId, id: "message~2" }), delivery] as const;
    const next = { ...state, levels: { "75": { isReached: true, crossings: 2 } } };
    const refused: readonly NoticeChange[] = [
      { customerId, writes: [{ document: next, etag: '"stale"' }], created: whole },
      { customerId, writes: [{ document: next, etag: undefined }], created: whole },
      { customerId, writes: [{ document: next, etag }], created: [...whole, first] },
      { customerId, writes: [{ document: next, etag }], created: [...whole, second] },
      { customerId, writes: [{ document: stateOf(customerId, "gone"), etag }], created: whole },
    ];
    for (const change of refused) expect(await notices.commit(change)).toEqual({ outcome: "overtaken" });
    expect(await notices.page(customerId, { filter: undefined, after: undefined, limit: 9 })).toEqual([
      first,
    ]);
    expect((await notices.states(customerId, agreementId))[0]?.value).toEqual(state);
    expect(await webhooks.delivery(customerId, delivery.deliveryId)).toBeUndefined();
    const change = { customerId, writes: [{ document: next, etag }], created: whole };
    expect((await notices.commit(change)).outcome).toBe("committed");
    expect(await notices.commit(change)).toEqual({ outcome: "overtaken" });
    expect((await webhooks.delivery(customerId, delivery.deliveryId))?.value).toEqual(delivery);
  });

  it("tells a repeated request by its entry in the audit trail, whatever else has changed", async () => {
    const { notices } = await open();
    const customerId = customerOf("cust-1");
    const change = changeSettings(doing(customerId, "one"), undefined, rulesOf(undefined));
    expect((await notices.commit(change)).outcome).toBe("committed");
    expect(await notices.commit(change)).toEqual({ outcome: "repeated" });
    const other = changeSettings(doing(customerId, "two"), undefined, rulesOf(undefined));
    expect(await notices.commit(other)).toEqual({ outcome: "overtaken" });
  });

  it("takes 100 documents in one change and refuses 101 before anything is written", async () => {
    const { notices } = await open();
    const customerId = customerOf("cust-1");
    const all = Array.from({ length: 101 }, (_, index) => noticeOf(customerId, index + 1));
    await expect(notices.commit(creating(customerId, ...all))).rejects.toThrow(RangeError);
    expect(await notices.page(customerId, { filter: undefined, after: undefined, limit: 9 })).toEqual([]);
    expect((await notices.commit(creating(customerId, ...all.slice(1)))).outcome).toBe("committed");
  });

  it("pages notices, newest first, each once, also those of one instant", async () => {
    const { notices } = await open();
    const customerId = customerOf("cust-1");
    const all = Array.from({ length: 11 }, (_, index) => noticeOf(customerId, index + 1, later(index % 3)));
    await notices.commit(creating(customerId, ...all));
    await notices.commit(creating(customerOf("cust-2"), noticeOf(customerOf("cust-2"), 1)));
    const seen: Notice[] = [];
    for (;;) {
      const page = await notices.page(customerId, { filter: undefined, after: seen.at(-1), limit: 4 });
      seen.push(...page);
      if (page.length < 4) break;
    }
    const order = ({ at, id }: Notice): string => `${at} ${id}`;
    expect(seen.map(order)).toEqual(all.map(order).toSorted().toReversed());
  });

  it("lists webhooks oldest first and none that was deleted, which is still known", async () => {
    const { notices, webhooks } = await open();
    const customerId = customerOf("cust-1");
    const made = [];
    for (const [index, at] of [later(2), later(0), later(1)].entries()) {
      const facts = { url: `https://a${index}.example/`, events: ["notice.created" as const] };
      const [change, webhook] = createWebhook(doing(customerId, `w${index}`, at), [], facts);
      expect((await notices.commit(change)).outcome).toBe("committed");
      made.push(webhook);
    }
    const urls = async () => (await webhooks.webhooks(customerId)).map(({ value }) => value.url);
    expect(await urls()).toEqual(["https://a1.example/", "https://a2.example/", "https://a0.example/"]);
    const known = await webhooks.webhook(customerId, made[1]?.webhookId ?? "");
    if (known === undefined) throw new Error("no webhook");
    await notices.commit(deleteWebhook(doing(customerId, "gone"), known)[0]);
    expect(await urls()).toEqual(["https://a2.example/", "https://a0.example/"]);
    expect((await webhooks.webhook(customerId, known.value.webhookId))?.value.status).toBe("deleted");
    expect(await webhooks.webhook(customerOf("cust-2"), known.value.webhookId)).toBeUndefined();
  });

  it("finds deliveries that are due, of all customers, longest waiting first, and those of one webhook", async () => {
    const { notices, webhooks } = await open();
    const first = newWebhook(doing(customerOf("cust-0"), "a"), {
      url: "https://a.example/",
      events: ["notice.created"],
    });
    const second = { ...first, webhookId: `wh-${"2".repeat(22)}` };
    const ids: string[] = [];
    for (const seconds of [5, 3, 1, 4, 0, 2]) {
      const customerId = customerOf(`cust-${seconds % 2}`);
      const delivery = newDelivery(noticeOf(customerId, seconds + 1, later(seconds)), first);
      ids[seconds] = delivery.deliveryId;
      await notices.commit(creating(customerId, delivery));
    }
    const inHand = taken(newDelivery(noticeOf(customerOf("cust-0"), 9), second), START);
    const over = {
      ...newDelivery(noticeOf(customerOf("cust-0"), 8), second),
      status: "delivered" as const,
      nextAttemptAt: null,
    };
    await notices.commit(creating(customerOf("cust-0"), inHand, over));
    const due = async (after: number, limit: number) =>
      (await webhooks.due(later(after), limit)).map(({ deliveryId }) => deliveryId);
    expect(await due(9, 100)).toEqual(ids);
    expect(await due(3, 100)).toEqual(ids.slice(0, 4));
    expect(await due(9, 2)).toEqual(ids.slice(0, 2));
    expect(await due(-1, 9)).toEqual([]);
    const known = await webhooks.delivery(customerOf("cust-0"), ids[0] ?? "");
    if (known === undefined) throw new Error("no delivery");
    const marked = { document: queued(known.value, later(40 - 300)), etag: known.etag };
    await notices.commit({ customerId: customerOf("cust-0"), writes: [marked], created: [] });
    expect(await due(9, 100)).toEqual(ids.slice(1));
    expect(await due(39, 100)).toEqual(ids.slice(1));
    expect(await due(40, 100)).toEqual(ids);
    const page = { webhookId: first.webhookId, after: undefined, limit: 2 };
    const [newest, next] = await webhooks.deliveries(customerOf("cust-0"), page);
    expect([newest?.deliveryId, next?.deliveryId]).toEqual([ids[4], ids[2]]);
    const rest = await webhooks.deliveries(customerOf("cust-0"), { ...page, after: next });
    expect(rest.map(({ deliveryId }) => deliveryId)).toEqual([ids[0]]);
  });
});

describe("what the timer of notices looks for, in the Cosmos DB stand-in", () => {
  const openWatch = async () => {
    const both = await containers();
    return { ...both, watch: cosmosWatchStore(both) satisfies WatchStore };
  };

  it("is every ledger whose head or roll-ups were written since, each once, and no other document", async () => {
    const { ledgers, watch } = await openWatch();
    const before = new Date(Date.now() - 60_000).toISOString();
    for (const customer of ["a", "b", "c"]) {
      for (const kind of ["head", "rollup", "entry"]) {
        if (customer === "c" && kind !== "entry") continue;
        await ledgers.items.create({ id: `${kind}-1`, ledgerId: `${customer}/agr`, kind });
      }
    }
    expect([...(await watch.changedSince(before))].toSorted()).toEqual(["a/agr", "b/agr"]);
    expect([...(await watch.changedSince(new Date(Date.now() + 60_000).toISOString()))]).toEqual([]);
  });

  it("keeps its mark, which is written over only as it was read, apart from every customer", async () => {
    const { watch, customers } = await openWatch();
    expect(await watch.mark()).toBeUndefined();
    const missed = [
      { customerId: customerOf("cust ñ%20'\"+&地") },
      { customerId: customerOf("b"), agreementId },
    ];
    const mark = { changesUntil: START, daysUntil: START, missed };
    expect(await watch.saveMark(mark, undefined)).toBe(true);
    expect(await watch.saveMark(mark, undefined)).toBe(false);
    const kept = await watch.mark();
    expect(kept?.value).toMatchObject(mark);
    expect(await watch.saveMark({ ...mark, changesUntil: later(60) }, kept?.etag)).toBe(true);
    expect(await watch.saveMark(mark, kept?.etag)).toBe(false);
    await customers.items.create({
      id: "customer",
      customerId: "a",
      kind: "customer",
      timeZone: "Europe/Madrid",
    });
    const pages = [];
    for await (const page of watch.customers()) pages.push(...page);
    expect(pages).toEqual([{ customerId: "a", timeZone: "Europe/Madrid" }]);
  });
});
