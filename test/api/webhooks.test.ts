import { randomUUID } from "node:crypto";
import { Webhook as Verifier } from "standardwebhooks";
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
import type { Answer } from "./support/answer.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const csam: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const path = `customers/${CUSTOMER}/webhooks`;

const webhookSchema = z.strictObject({
  webhookId: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.string()),
  status: z.string(),
  disabledReason: z.string().nullable(),
  disabledAt: z.string().nullable(),
  failingSince: z.string().nullable(),
  previousSecretValidUntil: z.string().nullable(),
  createdAt: z.string(),
});
const withSecretSchema = webhookSchema.extend({ secret: z.string() });
const listSchema = z.object({ value: z.array(webhookSchema), nextLink: z.url().optional() });
const deliverySchema = z.looseObject({
  deliveryId: z.string(),
  status: z.string(),
  attempts: z.array(z.looseObject({ status: z.int().nullable(), error: z.string().nullable() })),
});
const deliveriesSchema = z.object({ value: z.array(deliverySchema), nextLink: z.url().optional() });
const auditSchema = z.object({ value: z.array(z.looseObject({ action: z.string() })) });

const running = new AsyncDisposableStack();
let api: RunningApi;
let receiver: Receiver;

beforeAll(async () => {
  api = await startApi();
  running.defer(() => api.stack.stop());
  receiver = running.use(await startReceiver());
  const period = { startDate: "2024-01-01", endDate: "2099-12-31" };
  const entitlements = [entitlement("ent-adv", "advisory", { allowance: 600 })];
  await api.send([agreementEvent({ ...period, packages: [basePackage({ ...period, entitlements })] })]);
  await api.drained();
});
afterAll(() => running.disposeAsync());

const ask = (method: string, resource = "", json?: unknown, headers: Record<string, string> = {}) =>
  api.ask(csam, { method, path: `${path}${resource}`, ...(json === undefined ? {} : { json }), headers });
const create = (url: string, headers: Record<string, string> = {}) =>
  ask("POST", "", { url, events: ["notice.created"] }, headers);
const listed = async () => (await ask("GET")).read(listSchema).value;

/** Crosses the first threshold anew, and gives the notice of it. */
let crossings = 0;
async function cross(): Promise<void> {
  crossings += 1;
  await api.send([deliveryEvent(`up-${crossings}`, { quantity: 450 })]);
  await api.drained();
  await giveNotices();
  await api.send([reversalEvent(`down-${crossings}`, `up-${crossings}`)]);
  await api.drained();
  await giveNotices();
}

async function giveNotices(): Promise<void> {
  const url = `${api.stack.apiUrl}/admin/functions/giveNotices?wait=true`;
  expect((await fetch(url, { method: "POST" })).status).toBe(200);
}

async function deliveriesOf(webhookId: string, until: (value: z.infer<typeof deliverySchema>[]) => boolean) {
  return eventually(async () => {
    const { value } = (await ask("GET", `/${webhookId}/deliveries`)).read(deliveriesSchema);
    return until(value) ? value : undefined;
  });
}

function refused(answer: Answer, status: number, code: string): void {
  expect(expectRefusal(answer, answer.text)).toBe(code);
  expect(answer.status).toBe(status);
}

describe("webhooks on the running host", () => {
  it("are made, read, changed and deleted, and a secret is shown once", async () => {
    const created = await create("https://customer.example/notices");
    expect(created.status, created.text).toBe(201);
    const { secret, ...webhook } = created.read(withSecretSchema);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const resource = `/${webhook.webhookId}`;
    const read = await ask("GET", resource);
    expect(read.read(webhookSchema)).toEqual(webhook);
    expect(await listed()).toEqual([webhook]);
    const etag = read.headers.get("etag") ?? "";
    const changed = await ask(
      "PATCH",
      resource,
      { description: "Ours", status: "disabled" },
      { "if-match": etag },
    );
    expect(changed.read(webhookSchema)).toMatchObject({ description: "Ours", disabledReason: "byRequest" });
    refused(await ask("PATCH", resource, { status: "active" }, { "if-match": etag }), 412, "ConditionNotMet");
    const enabled = await ask("PATCH", resource, { status: "active", description: null });
    expect(enabled.read(webhookSchema)).toEqual(webhook);
    expect((await ask("DELETE", resource)).status).toBe(204);
    for (const [method, suffix] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/rotateSecret"],
      ["GET", "/deliveries"],
    ] as const)
      refused(
        await ask(method, `${resource}${suffix}`, method === "PATCH" ? {} : undefined),
        404,
        "ResourceNotFound",
      );
    expect(await listed()).toEqual([]);
    const trail = await api.ask(csam, { path: `customers/${CUSTOMER}/auditEntries` });
    const actions = trail.read(auditSchema).value.map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith("webhook")).toReversed()).toEqual([
      "webhookCreated",
      "webhookChanged",
      "webhookChanged",
      "webhookDeleted",
    ]);
    expect(trail.text).not.toContain("whsec_");
  });

  it("are made once by a repeated request, with the same secret", async () => {
    const headers = { "repeatability-request-id": randomUUID() };
    const first = (await create("https://customer.example/once", headers)).read(withSecretSchema);
    const again = (await create("https://customer.example/once", headers)).read(withSecretSchema);
    expect(again).toEqual(first);
    expect(await listed()).toHaveLength(1);
    expect((await ask("DELETE", `/${first.webhookId}`)).status).toBe(204);
  });

  it.each([
    "http://customer.example/",
    "https://customer.example:8080/",
    "https://10.0.0.1/",
    "https://169.254.169.254/metadata",
    "https://user:secret@customer.example/",
    "customer.example",
    "",
  ])("to %s are refused", async (url) => {
    refused(await create(url), 400, "InvalidRequestBody");
    expect(await listed()).toEqual([]);
  });

  it("are five at most", async () => {
    const made = [];
    for (let index = 0; index < 5; index++)
      made.push((await create(`https://customer.example/${index}`)).read(withSecretSchema).webhookId);
    refused(await create("https://customer.example/5"), 409, "TooManyWebhooks");
    for (const webhookId of made) expect((await ask("DELETE", `/${webhookId}`)).status).toBe(204);
  });

  it("are signed with both secrets after a rotation", async () => {
    const { webhookId, secret } = (await create(receiver.url)).read(withSecretSchema);
    const rotated = (await ask("POST", `/${webhookId}/rotateSecret`)).read(withSecretSchema);
    expect(rotated.secret).not.toBe(secret);
    const hours = (Date.parse(rotated.previousSecretValidUntil ?? "") - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    const before = receiver.received.length;
    await cross();
    const { headers, body } = await eventually(() => receiver.received[before]);
    const given = z.record(z.string(), z.string()).parse(headers);
    for (const each of [secret, rotated.secret])
      expect(new Verifier(each).verify(body, given)).toMatchObject({ type: "notice.created" });
    expect((await ask("DELETE", `/${webhookId}`)).status).toBe(204);
  });

  it("that answer 410 are disabled, and enabled again deliver what is sent once more", async () => {
    const { webhookId } = (await create(receiver.url)).read(withSecretSchema);
    receiver.answer({ status: 410 });
    await cross();
    const [failed] = await deliveriesOf(webhookId, ([first]) => first?.status === "failed");
    expect(failed?.attempts).toMatchObject([{ status: 410, error: "Refused" }]);
    const gone = (await ask("GET", `/${webhookId}`)).read(webhookSchema);
    expect(gone).toMatchObject({ status: "disabled", disabledReason: "gone" });
    const resend = `/${webhookId}/deliveries/${failed?.deliveryId}/resend`;
    refused(await ask("POST", resend), 409, "WebhookDisabled");
    await ask("PATCH", `/${webhookId}`, { status: "active" });
    const headers = { "repeatability-request-id": randomUUID() };
    expect((await ask("POST", resend, undefined, headers)).status).toBe(202);
    const again = await ask("POST", resend, undefined, headers);
    expect(again.status, again.text).toBe(202);
    const [delivered] = await deliveriesOf(webhookId, ([first]) => first?.status === "delivered");
    expect(delivered?.attempts).toMatchObject([{ status: 410 }, { status: 204, error: null }]);
    const other = `/${webhookId}/deliveries/${"x".repeat(22)}/resend`;
    refused(await ask("POST", other), 404, "ResourceNotFound");
    expect((await ask("DELETE", `/${webhookId}`)).status).toBe(204);
  });

  it("page their deliveries, newest first", async () => {
    const { webhookId } = (await create(receiver.url)).read(withSecretSchema);
    for (let times = 0; times < 3; times++) await cross();
    const all = await deliveriesOf(
      webhookId,
      (value) => value.filter(({ status }) => status === "delivered").length === 3,
    );
    const first = await api.ask(csam, {
      path: `${path}/${webhookId}/deliveries`,
      query: { maxpagesize: "2" },
    });
    const page = first.read(deliveriesSchema);
    const rest = (await api.ask(csam, { path: page.nextLink ?? "" })).read(deliveriesSchema);
    expect([...page.value, ...rest.value]).toEqual(all);
    expect(rest.nextLink).toBeUndefined();
  });
});
