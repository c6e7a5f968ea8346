/** A webhook with one delivery for each customer, so that there is something of notices to reach for. */
import { expect } from "vitest";
import * as z from "zod";
import { eventually } from "../../local/service-bus-fixture.ts";
import { startReceiver } from "../../notices/receiver.ts";
import { deliveriesTo, ID } from "./access-events.ts";
import { people, WORD } from "./access-people.ts";
import { done } from "./access-steps.ts";
import type { RunningApi } from "./running-api.ts";
import { listSchema } from "./shapes.ts";

const places = {
  a: { by: people.csamOfA, customerId: ID.a.customerId, word: WORD.wholeOfA },
  b: { by: people.csamOfB, customerId: ID.b.customerId, word: WORD.b },
} as const;

export type WebhookNames = { readonly webhookId: string; readonly deliveryId: string };

/** Sends what crosses a threshold. Afterwards the webhooks are disabled: nothing is tried again behind a test's back. */
export async function noticesOf(
  api: RunningApi,
  secondId: string,
): Promise<{ readonly a: WebhookNames; readonly b: WebhookNames }> {
  await using receiver = await startReceiver();
  const create = async ({ by, customerId, word }: (typeof places)["a" | "b"]): Promise<string> => {
    const json = { url: `${receiver.url}&of=${word}`, description: word, events: ["notice.created"] };
    const created = await done(api, by, { method: "POST", path: `customers/${customerId}/webhooks`, json });
    return created.read(z.object({ webhookId: z.string() })).webhookId;
  };
  await giveNotices(api);
  const [ofA, ofB] = [await create(places.a), await create(places.b)];
  await api.send([
    ...deliveriesTo({ of: "a", word: WORD.defaultOfA }),
    ...deliveriesTo({ of: "a", workspaceId: secondId, word: WORD.secondOfA }),
    ...deliveriesTo({ of: "b", word: WORD.b }),
  ]);
  await giveNotices(api);
  const finish = async ({ by, customerId }: (typeof places)["a" | "b"], webhookId: string) => {
    const path = `customers/${customerId}/webhooks/${webhookId}`;
    const deliveryId = await eventually(async () => {
      const list = await done(api, by, { path: `${path}/deliveries` });
      const { value } = list.read(listSchema(z.object({ deliveryId: z.string(), status: z.string() })));
      const isOver = value.length > 0 && value.every(({ status }) => status === "delivered");
      return isOver ? value[0]?.deliveryId : undefined;
    });
    await done(api, by, { method: "PATCH", path, json: { status: "disabled" } });
    return { webhookId, deliveryId };
  };
  return { a: await finish(places.a, ofA), b: await finish(places.b, ofB) };
}

async function giveNotices({ stack }: RunningApi): Promise<void> {
  const url = `${stack.apiUrl}/admin/functions/giveNotices?wait=true`;
  const response = await fetch(url, { method: "POST" });
  expect(response.status, await response.text()).toBe(200);
}
