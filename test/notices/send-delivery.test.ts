import { Webhook as Verifier } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { Doing } from "../../src/access/audit-entry.ts";
import { type SendOutcome, sendDelivery, type WebhookSending } from "../../src/notices/send-delivery.ts";
import { newWebhook, secretText } from "../../src/notices/webhook.ts";
import { deleteWebhook, resendDelivery } from "../../src/notices/webhook-change.ts";
import { newDelivery, type WebhookDelivery } from "../../src/notices/webhook-delivery.ts";
import type { PostResult } from "../../src/platform/outbound-post.ts";
import { memoryNotices } from "../fakes/memory-notices.ts";
import { agreementId, customerId } from "./notice-world.ts";
import { someNotice } from "./some-notices.ts";

const KEY = new Uint8Array(32).fill(7);
const START = "2026-11-20T10:00:00.000Z";
const HOUR_MS = 3_600_000;

const doing = (key: string, at: string): Doing => ({ customerId, actor: { subject: "person-1" }, at, key });

type Sent = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly at: string;
};

/** A webhook with deliveries; what is posted is answered as it is told, with 204 when nothing is left. */
async function sendingWorld(deliveries = 1) {
  const kept = memoryNotices();
  let time = Date.parse(START);
  const now = (): string => new Date(time).toISOString();
  const webhook = newWebhook(doing("webhook", START), {
    url: "https://customer.example/notices",
    events: ["notice.created"],
  });
  const notices = Array.from({ length: deliveries }, (_, index) =>
    someNotice({ customerId, agreementId }, index + 1, START),
  );
  const queued = notices.map((notice) => newDelivery(notice, webhook));
  await kept.notices.commit({
    customerId,
    writes: [{ document: webhook, etag: undefined }],
    created: [...notices, ...queued],
  });
  const answers: (number | "Timeout" | (() => Promise<number>))[] = [];
  const sent: Sent[] = [];
  const sending: WebhookSending = {
    ...kept,
    signingKey: KEY,
    now,
    random: () => 0.5,
    post: async (_url, headers, body): Promise<PostResult> => {
      sent.push({ headers, body, at: now() });
      const answer = answers.shift() ?? 204;
      if (answer === "Timeout") return { durationMs: 10_000, error: answer };
      return { durationMs: 12.3, status: typeof answer === "number" ? answer : await answer() };
    },
  };
  const deliveryOf = (index: number): WebhookDelivery => {
    const found = kept.kept("webhookDelivery")[index];
    if (found === undefined) throw new Error(`no delivery ${index}`);
    return found;
  };
  return {
    ...kept,
    sending,
    sent,
    webhook,
    now,
    forward: (milliseconds: number) => {
      time += milliseconds;
    },
    answer: (...next: typeof answers) => {
      answers.push(...next);
    },
    delivery: deliveryOf,
    webhookNow: () => kept.kept("webhook")[0],
    send: (index = 0, over: WebhookSending = sending): Promise<SendOutcome> =>
      sendDelivery(over, customerId, deliveryOf(index).deliveryId),
    /** As the timer: goes on to the next attempt. */
    wait: () => {
      time = Date.parse(deliveryOf(0).nextAttemptAt ?? now());
    },
  };
}

describe("a delivery to a webhook", () => {
  it("is signed, has its own id and body in every attempt, and is over when it is accepted", async () => {
    const world = await sendingWorld();
    world.answer(500, "Timeout");
    expect(await world.send()).toBe("later");
    expect(await world.send()).toBe("notDue");
    world.wait();
    expect(await world.send()).toBe("later");
    world.wait();
    expect(await world.send()).toBe("delivered");
    expect(await world.send()).toBe("notDue");
    expect(new Set(world.sent.map(({ headers, body }) => `${headers["webhook-id"]}\n${body}`)).size).toBe(1);
    expect(world.delivery(0).attempts).toMatchObject([
      { at: START, status: 500, error: "Refused", durationMs: 12 },
      { status: null, error: "Timeout", durationMs: 10_000 },
      { status: 204, error: null },
    ]);
    expect(world.delivery(0)).toMatchObject({ status: "delivered", nextAttemptAt: null });
    const verifier = new Verifier(secretText(world.webhook, 1, KEY));
    for (const { headers, body, at } of world.sent) {
      expect(headers["webhook-timestamp"]).toBe(String(Date.parse(at) / 1_000));
      const [, signature] = (headers["webhook-signature"] ?? "").split(",");
      const signed = verifier.sign(headers["webhook-id"] ?? "", new Date(at), body);
      expect(signed).toBe(`v1,${signature}`);
    }
  });

  it.each([199, 300, 301, 307, 400, 401, 404, 429, 500, 503])("is tried again after %i", async (status) => {
    const world = await sendingWorld();
    world.answer(status);
    expect(await world.send()).toBe("later");
    const { attempts } = world.delivery(0);
    expect(attempts).toMatchObject([
      { status, error: status >= 300 && status < 400 ? "Redirected" : "Refused" },
    ]);
  });

  it("is tried ten times over about a day, each pause longer than the one before, and with jitter", async () => {
    for (const random of [0, 0.5, 1]) {
      const world = await sendingWorld();
      world.answer(...Array.from({ length: 10 }, () => 500));
      const pauses: number[] = [];
      for (let attempt = 1; attempt < 10; attempt++) {
        expect(await world.send(0, { ...world.sending, random: () => random })).toBe("later");
        pauses.push(Date.parse(world.delivery(0).nextAttemptAt ?? "") - Date.parse(world.now()));
        world.wait();
      }
      expect(await world.send()).toBe("failed");
      expect(pauses).toEqual(pauses.toSorted((left, right) => left - right));
      expect(pauses[0]).toBeCloseTo(30_000 * (0.8 + 0.4 * random), 0);
      const hours = pauses.reduce((sum, pause) => sum + pause, 0) / HOUR_MS;
      expect(hours).toBeGreaterThan(16);
      expect(hours).toBeLessThan(26);
      expect(world.delivery(0).attempts).toHaveLength(10);
    }
  });

  it("is sent by one of many that try at the same time, and again only when that one is gone", async () => {
    const world = await sendingWorld();
    let release: ((status: number) => void) | undefined;
    world.answer(() => new Promise((resolve) => (release = resolve)));
    const first = world.send();
    const others = await Promise.all(Array.from({ length: 5 }, () => world.send()));
    expect(others).toEqual(Array.from({ length: 5 }, () => "notDue"));
    expect(world.sent).toHaveLength(1);
    world.forward(60_001);
    expect(await world.send()).toBe("delivered");
    release?.(500);
    expect(await first).toBe("delivered");
    expect(world.delivery(0)).toMatchObject({ status: "delivered", attempts: [{ status: 204 }] });
  });

  it("whatever fails at whichever call of the store: is sent at least once, and known as delivered", async () => {
    const calls = ["delivery", "webhook", "commit"] as const;
    let faultsMet = 0;
    for (let index = 0; index < 8; index++) {
      for (const isDone of [true, false]) {
        const world = await sendingWorld();
        let call = 0;
        const around = async <Value>(run: () => Promise<Value>): Promise<Value> => {
          if (call++ !== index) return run();
          faultsMet += 1;
          if (isDone) await run();
          throw new Error("the connection was lost");
        };
        const { webhooks, notices } = world.sending;
        const faulty: WebhookSending = {
          ...world.sending,
          webhooks: {
            delivery: (id, delivery) => around(() => webhooks.delivery(id, delivery)),
            webhook: (id, webhook) => around(() => webhooks.webhook(id, webhook)),
          },
          notices: { commit: (change) => around(() => notices.commit(change)) },
        };
        await world.send(0, faulty).catch(() => undefined);
        world.forward(HOUR_MS);
        await world.send();
        expect(world.sent.length, `call ${index}`).toBeGreaterThan(0);
        expect(world.delivery(0).status, `call ${index}`).toBe("delivered");
      }
    }
    expect(faultsMet).toBeGreaterThan(calls.length * 2);
  });

  it("is sent once more on request, with the same id, whatever became of it", async () => {
    const world = await sendingWorld();
    expect(await world.send()).toBe("delivered");
    const { notices, webhooks, webhook } = world;
    const known = await webhooks.delivery(customerId, world.delivery(0).deliveryId);
    if (known === undefined) throw new Error("no delivery");
    const [change] = resendDelivery(doing("resend", world.now()), webhook, known);
    expect((await notices.commit(change)).outcome).toBe("committed");
    expect(await world.send()).toBe("delivered");
    expect(world.sent[1]?.headers["webhook-id"]).toBe(world.sent[0]?.headers["webhook-id"]);
    expect(world.delivery(0).attempts).toHaveLength(2);
  });
});

describe("a webhook that fails", () => {
  /** All attempts at one delivery. */
  const exhaust = async (world: Awaited<ReturnType<typeof sendingWorld>>, index: number): Promise<void> => {
    world.answer(...Array.from({ length: 10 }, () => 500));
    for (let attempt = 0; attempt < 10; attempt++) {
      const due = world.delivery(index).nextAttemptAt ?? world.now();
      world.forward(Math.max(0, Date.parse(due) - Date.parse(world.now())));
      await world.send(index);
    }
  };

  it("for about a day without anything arriving is disabled, with the reason and an entry in the audit trail", async () => {
    const world = await sendingWorld(2);
    await exhaust(world, 0);
    expect(world.webhookNow()).toMatchObject({
      status: "disabled",
      failingSince: START,
      disabled: { reason: "persistentFailure" },
    });
    const entries = world.kept("auditEntry");
    expect(entries).toMatchObject([{ action: "webhookDisabled", after: { disabled: "persistentFailure" } }]);
    expect(await world.send(1)).toBe("failed");
    expect(world.sent).toHaveLength(10);
    expect(world.delivery(1).attempts).toMatchObject([{ status: null, error: "WebhookDisabled" }]);
  });

  it("stays where anything else arrived in between", async () => {
    const world = await sendingWorld(2);
    world.answer(500);
    await world.send(0);
    await world.send(1);
    await exhaust(world, 0);
    expect(world.delivery(0).status).toBe("failed");
    expect(world.webhookNow()?.status).toBe("active");
    expect(world.webhookNow()?.failingSince).toBeDefined();
  });

  it("with 410 is disabled at once: the receiver is gone", async () => {
    const world = await sendingWorld();
    world.answer(410);
    expect(await world.send()).toBe("failed");
    expect(world.webhookNow()).toMatchObject({ status: "disabled", disabled: { reason: "gone" } });
  });

  it("and was deleted meanwhile is sent nothing more and stays deleted", async () => {
    const world = await sendingWorld();
    world.answer(410);
    const known = await world.webhooks.webhook(customerId, world.webhook.webhookId);
    if (known === undefined) throw new Error("no webhook");
    world.answer(async () => 500);
    await world.notices.commit(deleteWebhook(doing("delete", world.now()), known)[0]);
    expect(await world.send()).toBe("failed");
    expect(world.sent).toEqual([]);
    expect(world.webhookNow()?.status).toBe("deleted");
  });
});
