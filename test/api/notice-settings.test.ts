import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { agreementEvent, CUSTOMER } from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import type { Answer } from "./support/answer.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const csam: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const boss: TokenRequest = { email: "boss@cust-t.example" };
/** Administers the only workspace there is at first, and no other. */
const admin: TokenRequest = { email: "admin@cust-t.example" };
const contact: TokenRequest = { email: "contact@cust-t.example" };
const stranger: TokenRequest = { email: "stranger@elsewhere.example" };
const path = `customers/${CUSTOMER}/noticeSettings`;

const settingsSchema = z.strictObject({
  isEnabled: z.boolean(),
  allowancePercents: z.array(z.int()),
  expiryDays: z.array(z.int()),
  tellsAdministrators: z.boolean(),
  extraRecipients: z.array(z.string()),
});
type Settings = z.infer<typeof settingsSchema>;
const auditSchema = z.object({
  value: z.array(z.looseObject({ action: z.string(), before: z.unknown(), after: z.unknown() })),
});

const DEFAULTS: Settings = {
  isEnabled: true,
  allowancePercents: [75, 90, 100],
  expiryDays: [90, 60, 30, 7],
  tellsAdministrators: true,
  extraRecipients: [],
};

let api: RunningApi;
const get = async (caller: TokenRequest = csam) => api.ask(caller, { path });
const put = async (json: unknown, caller: TokenRequest = csam, headers: Record<string, string> = {}) =>
  api.ask(caller, { method: "PUT", path, json, headers });

beforeAll(async () => {
  api = await startApi();
  await api.send([agreementEvent()]);
  await api.drained();
  const json = { email: boss.email, role: "customerAdministrator" };
  const assigned = await api.ask(csam, {
    method: "POST",
    path: `customers/${CUSTOMER}/roleAssignments`,
    json,
  });
  expect(assigned.status, assigned.text).toBe(201);
});
afterAll(() => api.stack.stop());

function refused(answer: Answer, status: number, code: string): void {
  expect(expectRefusal(answer, answer.text)).toBe(code);
  expect(answer.status).toBe(status);
}

describe("the rules of notices, on the running host (CA-20)", () => {
  it("are the defaults until somebody sets them, and then what was set, in order", async () => {
    expect((await get()).read(settingsSchema)).toEqual(DEFAULTS);
    const wanted = {
      ...DEFAULTS,
      allowancePercents: [120, 50],
      expiryDays: [7, 14],
      extraRecipients: ["Contact@cust-t.example", "csam@provider.example"],
    };
    const set = await put(wanted);
    expect(set.status, set.text).toBe(200);
    const expected = {
      ...DEFAULTS,
      allowancePercents: [50, 120],
      expiryDays: [14, 7],
      extraRecipients: ["contact@cust-t.example", "csam@provider.example"],
    };
    expect(set.read(settingsSchema)).toEqual(expected);
    const read = await get();
    expect(read.read(settingsSchema)).toEqual(expected);
    expect(read.headers.get("etag")).toBe(set.headers.get("etag"));
  });

  it("are written over only as they were read, where the caller says so, and each change is in the audit trail", async () => {
    const before = await get();
    const etag = before.headers.get("etag") ?? "";
    const first = { ...before.read(settingsSchema), expiryDays: [30] };
    expect((await put(first, csam, { "if-match": etag })).status).toBe(200);
    refused(await put({ ...first, expiryDays: [] }, csam, { "if-match": etag }), 412, "ConditionNotMet");
    expect((await get()).read(settingsSchema).expiryDays).toEqual([30]);
    // The same again changes nothing, and is no entry.
    expect((await put(first)).status).toBe(200);
    const trail = await api.ask(csam, {
      path: `customers/${CUSTOMER}/auditEntries`,
      query: { filter: "action eq 'noticeSettingsChanged'" },
    });
    const entries = trail.read(auditSchema).value;
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({ before: { expiryDays: [14, 7] }, after: { expiryDays: [30] } });
  });

  it.each([
    ["no member", { extraRecipients: ["stranger@elsewhere.example"] }, "UnknownRecipient"],
    ["no address", { extraRecipients: ["contact"] }, "InvalidRequestBody"],
    [
      "an address twice",
      { extraRecipients: ["contact@cust-t.example", "CONTACT@cust-t.example"] },
      "InvalidRequestBody",
    ],
    [
      "too many addresses",
      { extraRecipients: Array.from({ length: 26 }, (_, n) => `a${n}@cust-t.example`) },
      "InvalidRequestBody",
    ],
    ["a threshold of nothing", { allowancePercents: [0] }, "InvalidRequestBody"],
    ["a broken threshold", { allowancePercents: [7.5] }, "InvalidRequestBody"],
    ["a threshold twice", { expiryDays: [7, 7] }, "InvalidRequestBody"],
    ["more than a year", { expiryDays: [367] }, "InvalidRequestBody"],
    ["nine thresholds", { expiryDays: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, "InvalidRequestBody"],
    ["an unknown member", { retries: 3 }, "InvalidRequestBody"],
    ["a missing member", { isEnabled: undefined }, "InvalidRequestBody"],
  ])("with %s are refused", async (_, change, code) => {
    const before = (await get()).text;
    refused(await put({ ...DEFAULTS, ...change }), 400, code);
    expect((await get()).text).toBe(before);
  });

  it("are read and set by whoever the whole customer is open to, and for others there is no such thing", async () => {
    for (const caller of [csam, boss]) expect((await put(DEFAULTS, caller)).status).toBe(200);
    // Who administers every workspace sees the customer as a whole, and may read.
    expect((await get(admin)).status).toBe(200);
    refused(await put(DEFAULTS, admin), 404, "ResourceNotFound");
    const workspace = {
      name: "Second",
      agreements: [{ agreementId: "agr-t-base" }],
      administrator: { email: "other@cust-t.example" },
    };
    const made = await api.ask(csam, {
      method: "POST",
      path: `customers/${CUSTOMER}/workspaces`,
      json: workspace,
    });
    expect(made.status, made.text).toBe(201);
    await eventually(async () => ((await get(admin)).status === 404 ? true : undefined));
    for (const caller of [admin, contact, stranger]) {
      for (const resource of ["noticeSettings", "notices", "webhooks"])
        refused(
          await api.ask(caller, { path: `customers/${CUSTOMER}/${resource}` }),
          404,
          "ResourceNotFound",
        );
      refused(await put(DEFAULTS, caller), 404, "ResourceNotFound");
    }
    refused(await api.ask(undefined, { path }), 401, "Unauthenticated");
  });
});
