import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../fakes/events.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { listSchema } from "./support/shapes.ts";

const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const LIST = `customers/${CUSTOMER}/expirations`;
const ASKED = { asOf: "2026-12-01T12:00:00Z", withinDays: "30" };
const year = { startDate: "2026-01-01", endDate: "2026-12-31" };

const itemSchema = z.object({
  kind: z.string(),
  packageId: z.string().nullable(),
  lastDay: z.iso.date(),
  daysLeft: z.int(),
  expiresAt: z.iso.datetime(),
  unused: z.array(z.object({ entitlementId: z.string(), quantity: z.int(), unit: z.string() })),
});

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const december = (day: string) =>
    basePackage({
      ...year,
      packageId: `pkg-${day}`,
      endDate: `2026-12-${day}`,
      entitlements: [entitlement(`ent-${day}`, "advisory", { allowance: 60 })],
    });
  await api.send([
    agreementEvent({ ...year, packages: ["31", "30", "01"].map(december) }),
    deliveryEvent("used", {
      packageId: "pkg-30",
      entitlementId: "ent-30",
      quantity: 25,
      deliveredAt: "2026-11-01T10:00:00Z",
    }),
  ]);
});

afterAll(() => api.stack.stop());

test("what expires within some days is listed, soonest first, with what is left, and when it is of", async () => {
  const answer = await api.ask(CSAM, { path: LIST, query: ASKED });
  expect(answer.status, answer.text).toBe(200);
  const { value, dataAsOf } = answer.read(listSchema(itemSchema).extend({ dataAsOf: z.string() }));
  const unused = (day: string, quantity: number) => ({
    entitlementId: `ent-${day}`,
    quantity,
    unit: "minutes",
  });
  const all = [unused("31", 60), unused("30", 35), unused("01", 60)];
  const midnight = "2026-12-31T23:00:00.000Z";
  expect([value, dataAsOf]).toEqual([
    [
      {
        kind: "package",
        packageId: "pkg-01",
        lastDay: "2026-12-01",
        daysLeft: 0,
        expiresAt: "2026-12-01T23:00:00.000Z",
        unused: [unused("01", 60)],
      },
      {
        kind: "package",
        packageId: "pkg-30",
        lastDay: "2026-12-30",
        daysLeft: 29,
        expiresAt: "2026-12-30T23:00:00.000Z",
        unused: [unused("30", 35)],
      },
      {
        kind: "agreement",
        packageId: null,
        lastDay: "2026-12-31",
        daysLeft: 30,
        expiresAt: midnight,
        unused: all,
      },
      {
        kind: "package",
        packageId: "pkg-31",
        lastDay: "2026-12-31",
        daysLeft: 30,
        expiresAt: midnight,
        unused: [unused("31", 60)],
      },
    ],
    "2026-11-01T10:00:00.000Z",
  ]);
});

test("pages of one hold each once, in the same order", async () => {
  const query = { ...ASKED, maxpagesize: "1" };
  const items = await readAll(api, CSAM, { path: LIST, query }, itemSchema);
  expect(items.map(({ packageId }) => packageId)).toEqual(["pkg-01", "pkg-30", null, "pkg-31"]);
});

test("what ends today alone is listed within 0 days", async () => {
  const query = { ...ASKED, withinDays: "0" };
  const items = await readAll(api, CSAM, { path: LIST, query }, itemSchema);
  expect(items.map(({ packageId, daysLeft }) => [packageId, daysLeft])).toEqual([["pkg-01", 0]]);
});

test.each(["731", "-1", "1.5", "soon", ""])("%o days are refused", async (withinDays) => {
  expect((await api.ask(CSAM, { path: LIST, query: { withinDays } })).status).toBe(400);
});

test.each([{ workspaces: "ws-nobody-knows" }, { agreements: "agr-nobody-knows" }])(
  "%o is not found",
  async (query) => {
    expect((await api.ask(CSAM, { path: LIST, query })).status).toBe(404);
  },
);

test("730 days are the most, and 90 what is taken where none are named", async () => {
  const namesOf = async (query: Record<string, string>) =>
    (await readAll(api, CSAM, { path: LIST, query }, itemSchema)).map(({ packageId }) => packageId);
  const whole = ["pkg-01", "pkg-30", null, "pkg-31"];
  expect(await namesOf({ asOf: "2026-01-01T12:00:00Z", withinDays: "730" })).toEqual(whole);
  expect(await namesOf({ asOf: "2026-10-02T12:00:00Z" })).toEqual(whole);
  expect(await namesOf({ asOf: "2026-10-01T12:00:00Z" })).toEqual(["pkg-01", "pkg-30"]);
});

test("whoever may not read the customer's activity is told that there is none", async () => {
  const stranger = { email: "stranger@provider.example", roles: ["Csam"] } as const;
  expect((await api.ask(stranger, { path: LIST })).status).toBe(404);
  expect((await api.ask(undefined, { path: LIST })).status).toBe(401);
});
