import { describe, expect, it } from "vitest";
import { queueDueWebhooks } from "../../functions/timer/notices.ts";
import type { DueDeliveries } from "../../src/notices/due-deliveries.ts";
import { sendDelivery } from "../../src/notices/send-delivery.ts";
import { newWebhook } from "../../src/notices/webhook.ts";
import { askedAgain, newDelivery } from "../../src/notices/webhook-delivery.ts";
import type { WebhookJob } from "../../src/notices/webhook-queue.ts";
import { memoryNotices } from "../fakes/memory-notices.ts";
import { keptLog } from "../timers/kept-log.ts";
import { agreementId, customerId } from "./notice-world.ts";
import { someNotice } from "./some-notices.ts";

const START = "2026-11-20T10:00:00.000Z";
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Deliveries that nobody has sent yet, and a queue whose jobs wait until the test does them. */
async function waitingWorld(count = 1) {
  const kept = memoryNotices();
  const doing = { customerId, actor: { subject: "person-1" }, at: START, key: "webhook" };
  const webhook = newWebhook(doing, { url: "https://customer.example/", events: ["notice.created"] });
  const deliveries = Array.from({ length: count }, (_, index) =>
    newDelivery(someNotice({ customerId, agreementId }, index + 1, START), webhook),
  );
  const change = { customerId, writes: [{ document: webhook, etag: undefined }] };
  await kept.notices.commit({ ...change, created: deliveries.slice(0, 99) });
  await kept.notices.commit({ customerId, writes: [], created: deliveries.slice(99) });
  let time = Date.parse(START);
  const now = (): string => new Date(time).toISOString();
  const jobs: WebhookJob[] = [];
  const log = keptLog();
  const app: DueDeliveries & {
    readonly webhooks: typeof kept.webhooks;
    readonly notices: typeof kept.notices;
  } = {
    ...kept,
    webhookQueue: {
      send: async (more) => {
        jobs.push(...more);
      },
    },
  };
  return {
    ...kept,
    app,
    jobs,
    log,
    ids: deliveries.map(({ deliveryId }) => deliveryId),
    forward: (milliseconds: number) => {
      time += milliseconds;
    },
    now,
    /** @returns the jobs that this run of the timer sent. */
    run: async (over: Partial<typeof app> = {}): Promise<readonly string[]> => {
      const before = jobs.length;
      await queueDueWebhooks({ ...app, ...over }, { log, now: () => time });
      return jobs.slice(before).map(({ deliveryId }) => deliveryId);
    },
    /** @param status what the receiver answers. */
    send: (deliveryId: string, status = 204) =>
      sendDelivery(
        {
          ...kept,
          post: async () => ({ status, durationMs: 1 }),
          signingKey: new Uint8Array(32),
          now,
          random: () => 0.5,
        },
        customerId,
        deliveryId,
      ),
  };
}

describe("the jobs that the timer sends for deliveries that are due", () => {
  it("are one for each while it waits in the queue, and another only when that one has to be lost", async () => {
    const world = await waitingWorld(2);
    expect((await world.run()).toSorted()).toEqual(world.ids.toSorted());
    expect(world.log.infos).toEqual(['{"event":"queueDueWebhooks","jobs":2}']);
    for (let run = 1; run < 20; run++) {
      world.forward(15 * SECOND_MS);
      expect(await world.run()).toEqual([]);
    }
    world.forward(15 * SECOND_MS);
    expect((await world.run()).toSorted()).toEqual(world.ids.toSorted());
  });

  it("leave the delivery as due as it was: whoever has the job sends it", async () => {
    const world = await waitingWorld();
    const [id = ""] = await world.run();
    expect(await world.send(id)).toBe("delivered");
    world.forward(10 * MINUTE_MS);
    expect(await world.run()).toEqual([]);
  });

  it("come in time again after an attempt that failed, after a sender that was lost, and when somebody asks", async () => {
    const world = await waitingWorld();
    const [id = ""] = await world.run();
    expect(await world.send(id, 500)).toBe("later");
    world.forward(29 * SECOND_MS);
    expect(await world.run()).toEqual([]);
    world.forward(SECOND_MS);
    expect(await world.run()).toEqual([id]);
    const known = await world.webhooks.delivery(customerId, id);
    if (known === undefined) throw new Error("no delivery");
    const again = { document: askedAgain(known.value, world.now()), etag: known.etag };
    await world.notices.commit({ customerId, writes: [again], created: [] });
    expect(await world.run()).toEqual([id]);
  });

  it("go to those behind when there are more than one run sends", async () => {
    const world = await waitingWorld(120);
    const due: DueDeliveries["webhooks"]["due"] = (now) => world.webhooks.due(now, 50);
    const runs = [];
    for (let run = 0; run < 4; run++) runs.push(await world.run({ webhooks: { ...world.webhooks, due } }));
    expect(runs.map(({ length }) => length)).toEqual([50, 50, 20, 0]);
    expect(runs.flat().toSorted()).toEqual(world.ids.toSorted());
  });

  it("are one also of runs that overlap", async () => {
    const world = await waitingWorld(30);
    await Promise.all([world.run(), world.run(), world.run()]);
    expect(world.jobs.map(({ deliveryId }) => deliveryId).toSorted()).toEqual(world.ids.toSorted());
  });

  it("are sent for a delivery that cannot be marked, too, and for those behind it", async () => {
    const world = await waitingWorld(2);
    const [broken = "", other = ""] = world.ids;
    const delivery: DueDeliveries["webhooks"]["delivery"] = async (customer, id) => {
      if (id === broken) throw new Error("it does not fit its schema");
      return world.webhooks.delivery(customer, id);
    };
    const over = { webhooks: { ...world.webhooks, delivery } };
    expect((await world.run(over)).toSorted()).toEqual([broken, other].toSorted());
    expect(await world.run(over)).toEqual([broken]);
  });

  it("come a little later when the queue is away: nothing is lost", async () => {
    const world = await waitingWorld(2);
    const send = async (): Promise<void> => {
      throw new Error("the queue is away");
    };
    await expect(world.run({ webhookQueue: { send } })).rejects.toThrow("the queue is away");
    world.forward(5 * MINUTE_MS);
    expect(await world.run()).toHaveLength(2);
  });
});
