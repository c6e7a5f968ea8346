import { createHmac } from "node:crypto";
import { Temporal } from "temporal-polyfill";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import {
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { type Receiver, startReceiver } from "../notices/receiver.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const csam: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const admin: TokenRequest = { email: "admin@cust-t.example" };
const path = `customers/${CUSTOMER}`;

const noticeSchema = z.looseObject({
  noticeId: z.string(),
  kind: z.string(),
  crossing: z.int(),
  thresholdPercent: z.int().nullable(),
});
const noticesSchema = z.object({ value: z.array(noticeSchema), nextLink: z.url().optional() });
const webhookSchema = z.looseObject({ webhookId: z.string(), secret: z.string() });
const deliveriesSchema = z.object({
  value: z.array(
    z.looseObject({
      deliveryId: z.string(),
      status: z.string(),
      attempts: z.array(z.object({ status: z.int().nullable(), error: z.string().nullable() }).loose()),
    }),
  ),
});
const mailsSchema = z.object({ value: z.array(z.object({ id: z.int(), subject: z.string() })) });

let api: RunningApi;
const running = new AsyncDisposableStack();
let receiver: Receiver;

/** Runs a timer as the host would, and waits for its end. */
async function run(timer: string): Promise<void> {
  const response = await fetch(`${api.stack.apiUrl}/admin/functions/${timer}?wait=true`, { method: "POST" });
  expect(response.status, await response.text()).toBe(200);
}

async function notices(query: Readonly<Record<string, string>> = {}) {
  const answer = await api.ask(admin, { path: `${path}/notices`, query });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(noticesSchema).value;
}

async function mailsTo(email: string) {
  const list = await fetch(`${api.stack.mail?.url}/messages?to=${email}`);
  return mailsSchema.parse(await list.json()).value.map(({ subject }) => subject);
}

async function record(...lines: readonly string[]): Promise<void> {
  await api.send(lines);
  await api.drained();
}

beforeAll(async () => {
  api = await startApi();
  running.defer(() => api.stack.stop());
  receiver = running.use(await startReceiver());
  const period = { startDate: "2024-01-01", endDate: "2099-12-31" };
  const entitlements = [entitlement("ent-adv", "advisory", { allowance: 600 })];
  const packages = [basePackage({ ...period, entitlements })];
  await record(agreementEvent({ ...period, packages }));
  await run("giveNotices");
});
afterAll(() => running.disposeAsync());

describe("notices on the running host", () => {
  let webhook: z.infer<typeof webhookSchema>;

  it("tells each crossing once, again after falling back, and never for a repeat", async () => {
    const json = { url: receiver.url, events: ["notice.created"] };
    const created = await api.ask(csam, { method: "POST", path: `${path}/webhooks`, json });
    expect(created.status, created.text).toBe(201);
    webhook = created.read(webhookSchema);
    expect(await notices()).toEqual([]);
    await record(deliveryEvent("d-1", { quantity: 449 }));
    await run("giveNotices");
    expect(await notices()).toEqual([]);
    await record(deliveryEvent("d-2", { quantity: 1 }));
    await run("giveNotices");
    await run("giveNotices");
    await record(deliveryEvent("d-2", { quantity: 1 }));
    await run("giveNotices");
    expect(await notices()).toMatchObject([
      { kind: "allowanceUsed", thresholdPercent: 75, consumed: 450, purchased: 600, crossing: 1 },
    ]);
    await record(reversalEvent("r-2", "d-2"));
    await run("giveNotices");
    expect(await notices()).toHaveLength(1);
    await record(deliveryEvent("d-3", { quantity: 151 }));
    await run("giveNotices");
    const all = await notices();
    expect(all).toHaveLength(4);
    expect(new Set(all.map(({ thresholdPercent, crossing }) => `${thresholdPercent} ${crossing}`))).toEqual(
      new Set(["75 1", "75 2", "90 1", "100 1"]),
    );
    expect(await notices({ filter: "kind eq 'packageExpiring'" })).toEqual([]);
    expect(await notices({ filter: "entitlementId eq 'ent-adv'", top: "2" })).toHaveLength(2);
  });

  it("writes to the services admin in that person's language", async () => {
    await eventually(async () => ((await mailsTo("admin@cust-t.example")).length >= 3 ? true : undefined));
    expect(await mailsTo("admin@cust-t.example")).toEqual([
      expect.stringContaining("consumido el 100 % de «ent-adv»"),
      expect.stringContaining("consumido el 75 % de «ent-adv»"),
      expect.stringContaining("Customer T"),
    ]);
    expect(await mailsTo("contact@cust-t.example")).not.toContainEqual(expect.stringContaining("ent-adv"));
  });

  it("delivers each to the webhook, signed, and lists every attempt", async () => {
    const received = await eventually(() => (receiver.received.length >= 4 ? receiver.received : undefined));
    const key = Buffer.from(webhook.secret.slice("whsec_".length), "base64");
    for (const { headers, body } of received) {
      const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
      const signature = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
      expect(headers["webhook-signature"]).toBe(signature);
      expect(JSON.parse(body)).toMatchObject({ type: "notice.created", data: { customerId: CUSTOMER } });
    }
    const deliveries = `${path}/webhooks/${webhook.webhookId}/deliveries`;
    const listed = await eventually(async () => {
      const { value } = (await api.ask(csam, { path: deliveries })).read(deliveriesSchema);
      return value.every(({ status }) => status === "delivered") ? value : undefined;
    });
    expect(listed.map(({ attempts }) => attempts)).toEqual(
      Array.from({ length: 4 }, () => [expect.objectContaining({ status: 204, error: null })]),
    );
    const [first] = listed;
    const again = await api.ask(csam, {
      method: "POST",
      path: `${deliveries}/${first?.deliveryId}/resend`,
    });
    expect(again.status, again.text).toBe(202);
    const repeated = await eventually(() => receiver.received[4]);
    expect(repeated.headers["webhook-id"]).toBe(first?.deliveryId);
  });

  it("tells of a grant that ends soon with something unused, how much, and in the person's language", async () => {
    const today = Temporal.Now.plainDateISO("Europe/Madrid");
    const endDate = today.add({ days: 5 }).toString();
    const period = { startDate: "2024-01-01", endDate: "2099-12-31" };
    const grants = [
      { grantId: "g-soon", amount: 60, priority: 1, startDate: "2024-01-01", endDate },
      { grantId: "g-long", amount: 600, priority: 1, ...period },
    ];
    const entitlements = [entitlement("ent-granted", "advisory", { allowance: undefined, grants })];
    const packages = [basePackage({ packageId: "pkg-granted", ...period, entitlements })];
    const granted = { agreementId: "agr-granted", number: "G-1", ...period, packages };
    await record(agreementEvent(granted, { id: "granted", subject: "agr-granted" }));
    await run("giveNotices");
    await run("giveNotices");
    expect(await notices({ filter: "kind eq 'grantExpiring'" })).toMatchObject([
      { entitlementId: "ent-granted", grantId: "g-soon", thresholdDays: 7, endDate, unused: 60, crossing: 1 },
    ]);
    await eventually(async () =>
      (await mailsTo("admin@cust-t.example")).some((subject) =>
        subject.includes("una parte de «ent-granted» caduca dentro de"),
      )
        ? true
        : undefined,
    );
    await eventually(() => receiver.received.find(({ body }) => body.includes('"kind":"grantExpiring"')));
  });
});
