import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { AGREEMENT, CUSTOMER } from "../fakes/events.ts";
import type { Answer } from "./support/answer.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { readAll } from "./support/pages.ts";
import {
  CHIEF,
  CSAM,
  MONTHLY,
  OTHER_TEACHER,
  SUBSCRIPTIONS,
  type SubscriptionWorld,
  startSubscriptionWorld,
  TEACHER,
} from "./support/subscription-world.ts";

const STRANGER = { email: "stranger@elsewhere.example" };
const REPEAT = "repeatability-request-id";

const subscriptionSchema = z.strictObject({
  subscriptionId: z.string(),
  name: z.string(),
  reportKind: z.string(),
  agreementId: z.string().nullable(),
  workspaceIds: z.array(z.string()).nullable(),
  schedule: z.looseObject({ every: z.string() }),
  formats: z.array(z.string()),
  recipients: z.array(
    z.strictObject({ email: z.string(), name: z.string().nullable(), language: z.string().nullable() }),
  ),
  skipsWhenEmpty: z.boolean(),
  sendsCorrections: z.boolean(),
  owner: z.strictObject({ email: z.string(), name: z.string().nullable() }),
  status: z.string(),
  pause: z.object({ at: z.string(), code: z.string(), message: z.string() }).nullable(),
  nextDueTimes: z.array(
    z.object({
      dueAt: z.iso.datetime(),
      occurrence: z.string(),
      period: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
    }),
  ),
  lastRun: z.object({ status: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
});

const cpod = {
  name: "Monthly proof",
  reportKind: "cpod",
  agreementId: AGREEMENT,
  schedule: MONTHLY,
  recipients: [{ email: "Finance@Elsewhere.example", name: "Finance", language: "pl" }],
};
const education = {
  name: "What was learnt",
  reportKind: "education",
  workspaceIds: ["ws-default"],
  schedule: { every: "week", weekday: 1, hour: 7, timeZone: "Europe/Madrid" },
  recipients: [{ email: TEACHER.email }],
};

let world: SubscriptionWorld;
beforeAll(async () => {
  world = await startSubscriptionWorld();
});
afterAll(() => world.stop());

const ask = (
  by: TokenRequest,
  method: string,
  resource = "",
  json?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => world.api.ask(by, { method, path: `${SUBSCRIPTIONS}${resource}`, json, headers });

const codeOf = (answer: Answer): string => `${answer.status} ${expectRefusal(answer, answer.text)}`;

async function created(by: TokenRequest, json: unknown) {
  const answer = await ask(by, "POST", "", json);
  expect(answer.status, answer.text).toBe(201);
  return { etag: answer.headers.get("etag") ?? "", ...answer.read(subscriptionSchema) };
}

const namesSeenBy = async (by: TokenRequest, query: Readonly<Record<string, string>> = {}) =>
  (await readAll(world.api, by, { path: SUBSCRIPTIONS, query }, subscriptionSchema)).map(({ name }) => name);

const actionsOn = async (subscriptionId: string): Promise<readonly string[]> => {
  const entry = z.object({ action: z.string(), target: z.string() });
  const trail = await readAll(world.api, CSAM, { path: `customers/${CUSTOMER}/auditEntries` }, entry);
  const own = trail.filter(({ target }) => target === `/${SUBSCRIPTIONS}/${subscriptionId}`);
  return own.map(({ action }) => action).toReversed();
};

test("a subscription says what it sends to whom, whose rights it has, and when it is due next", async () => {
  const { etag, ...made } = await created(CHIEF, cpod);
  expect(made).toMatchObject({
    name: "Monthly proof",
    reportKind: "cpod",
    agreementId: AGREEMENT,
    workspaceIds: null,
    schedule: MONTHLY,
    recipients: [{ email: "finance@elsewhere.example", name: "Finance", language: "pl" }],
    skipsWhenEmpty: false,
    sendsCorrections: true,
    owner: { email: CHIEF.email },
    status: "active",
    pause: null,
    lastRun: null,
  });
  expect(made.formats.toSorted()).toEqual(["csv", "pdf", "xlsx"]);
  expect(made.nextDueTimes).toHaveLength(5);
  for (const { dueAt, occurrence, period } of made.nextDueTimes) {
    expect(dueAt > made.createdAt).toBe(true);
    expect([dueAt, period.to]).toEqual([`${occurrence}-01T00:00:00.000Z`, dueAt]);
  }
  const read = await ask(CHIEF, "GET", `/${made.subscriptionId}`);
  expect([read.read(subscriptionSchema), read.headers.get("etag")]).toEqual([made, etag]);
});

test("the same request again makes no other subscription, and one with another body does", async () => {
  const headers = { [REPEAT]: "0b5a3d1e-9c1f-4a77-8a55-0d9a2c1b7e12" };
  const json = { ...cpod, name: "Repeated" };
  const first = await ask(CHIEF, "POST", "", json, headers);
  const again = await ask(CHIEF, "POST", "", json, headers);
  expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
  await ask(CHIEF, "POST", "", { ...json, skipsWhenEmpty: true }, headers);
  expect((await namesSeenBy(CHIEF)).filter((name) => name === "Repeated")).toHaveLength(2);
});

describe("is refused, with what is wrong with it:", () => {
  const twice = [{ email: "a@elsewhere.example" }, { email: "A@Elsewhere.example" }];
  const many = Array.from({ length: 26 }, (_, index) => ({ email: `r${index}@elsewhere.example` }));
  test.each([
    ["an address that comes twice", { ...cpod, recipients: twice }, "400 DuplicateRecipient"],
    ["more than 25 recipients", { ...cpod, recipients: many }, "400 InvalidRequestBody"],
    ["no recipient", { ...cpod, recipients: [] }, "400 InvalidRequestBody"],
    ["no address", { ...cpod, recipients: [{ email: "finance" }] }, "400 InvalidRequestBody"],
    ["education as PDF", { ...education, formats: ["pdf"] }, "400 PdfOfEducation"],
    ["no format", { ...cpod, formats: [] }, "400 InvalidRequestBody"],
    ["a kind that there is not", { ...cpod, reportKind: "invoice" }, "400 InvalidRequestBody"],
    [
      "workspaces of a proof of delivery",
      { ...cpod, workspaceIds: ["ws-default"] },
      "400 InvalidRequestBody",
    ],
    [
      "a day that no month has",
      { ...cpod, schedule: { ...MONTHLY, dayOfMonth: 32 } },
      "400 InvalidRequestBody",
    ],
    ["no time zone", { ...cpod, schedule: { ...MONTHLY, timeZone: "Mars" } }, "400 InvalidRequestBody"],
    ["an empty name", { ...cpod, name: " " }, "400 InvalidRequestBody"],
    ["an owner of one's own choice", { ...cpod, owner: CSAM }, "400 InvalidRequestBody"],
    ["an agreement that there is not", { ...cpod, agreementId: "agr-none" }, "404 ResourceNotFound"],
    ["a workspace that there is not", { ...education, workspaceIds: ["ws-none"] }, "404 ResourceNotFound"],
  ])("%s", async (_name, json, code) => {
    expect(codeOf(await ask(CSAM, "POST", "", json))).toBe(code);
  });

  test.each([
    ["name: has the control character U+0007 at position 5", { name: "Bell\u0007" }],
    ["name: must be one line", { name: "Two\nlines" }],
    [
      "recipients[0].name: has the control character U+0000 at position 2",
      { recipients: [{ email: "a@elsewhere.example", name: "A\u0000B" }] },
    ],
  ])("a name that no message can show: %s", async (message, facts) => {
    const refused = await ask(CSAM, "POST", "", { ...cpod, ...facts });
    expect(codeOf(refused)).toBe("400 InvalidRequestBody");
    expect(refused.text).toContain(message);
  });

  test("a change that is one of these, or of what it reports", async () => {
    const { subscriptionId } = await created(CSAM, { ...education, name: "To be changed" });
    const patch = (json: unknown) => ask(CSAM, "PATCH", `/${subscriptionId}`, json);
    expect(codeOf(await patch({ formats: ["csv", "pdf"] }))).toBe("400 PdfOfEducation");
    expect(codeOf(await patch({ recipients: twice }))).toBe("400 DuplicateRecipient");
    expect(codeOf(await patch({ workspaceIds: null }))).toBe("400 InvalidRequestBody");
    expect(codeOf(await patch({ status: "paused" }))).toBe("400 InvalidRequestBody");
  });
});

test("a subscription is changed, paused, resumed and deleted, each by its own version and each in the audit trail", async () => {
  const { subscriptionId, etag } = await created(CHIEF, { ...cpod, name: "Whole life" });
  const own = `/${subscriptionId}`;
  const old = { "if-match": etag };
  const schedule = { ...MONTHLY, dayOfMonth: 15 };
  const changed = await ask(CHIEF, "PATCH", own, { schedule, name: "Later" }, old);
  expect(changed.read(subscriptionSchema)).toMatchObject({ name: "Later", schedule, reportKind: "cpod" });
  expect(changed.read(subscriptionSchema).nextDueTimes[0]?.dueAt).toMatch(/-15T00:00/);
  for (const [method, resource, json] of [
    ["PATCH", own, { name: "Lost" }],
    ["POST", `${own}/pause`, undefined],
    ["POST", `${own}/resume`, undefined],
    ["DELETE", own, undefined],
  ] as const)
    expect(codeOf(await ask(CHIEF, method, resource, json, old))).toBe("412 ConditionNotMet");

  const current = { "if-match": changed.headers.get("etag") ?? "" };
  const paused = await ask(CHIEF, "POST", `${own}/pause`, undefined, current);
  expect(paused.read(subscriptionSchema)).toMatchObject({
    status: "paused",
    pause: { code: "ByRequest" },
    nextDueTimes: [],
  });
  const again = await ask(CHIEF, "POST", `${own}/pause`);
  expect([again.text, again.headers.get("etag")]).toEqual([paused.text, paused.headers.get("etag")]);
  const resumed = await ask(CSAM, "POST", `${own}/resume`);
  expect(resumed.read(subscriptionSchema)).toMatchObject({ status: "active", owner: { email: CHIEF.email } });
  expect(resumed.read(subscriptionSchema).nextDueTimes).toHaveLength(5);
  expect((await ask(CHIEF, "DELETE", own)).status).toBe(204);
  expect(codeOf(await ask(CHIEF, "GET", own))).toBe("404 ResourceNotFound");
  expect(codeOf(await ask(CHIEF, "DELETE", own))).toBe("404 ResourceNotFound");
  expect(await namesSeenBy(CHIEF)).not.toContain("Later");
  expect(await actionsOn(subscriptionId)).toEqual([
    "reportSubscriptionCreated",
    "reportSubscriptionChanged",
    "reportSubscriptionPaused",
    "reportSubscriptionResumed",
    "reportSubscriptionDeleted",
  ]);
});

describe("a change of single members of the schedule", () => {
  const weekly = { every: "week", weekday: 5, hour: 7, minute: 30, timeZone: "Europe/Madrid" };
  const monthly = { every: "month", dayOfMonth: "last", hour: 7, minute: 30, timeZone: "Europe/Madrid" };

  test.each([
    ["an hour", monthly, { hour: 9 }, { ...monthly, hour: 9 }],
    ["all but the minute", monthly, { ...monthly, minute: undefined, hour: 9 }, { ...monthly, hour: 9 }],
    ["no minute", monthly, { minute: null }, { ...monthly, minute: 0 }],
    ["nothing", weekly, {}, weekly],
    [
      "quarters",
      monthly,
      { every: "quarter", monthOfQuarter: 2 },
      { ...monthly, every: "quarter", monthOfQuarter: 2 },
    ],
    [
      "weeks",
      monthly,
      { every: "week", dayOfMonth: null, weekday: 5 },
      { every: "week", weekday: 5, hour: 7, minute: 30, timeZone: "Europe/Madrid" },
    ],
  ])("to %s leaves the others as they are", async (_name, before, schedule, after) => {
    const { subscriptionId } = await created(CSAM, { ...cpod, name: "In parts", schedule: before });
    const patched = await ask(CSAM, "PATCH", `/${subscriptionId}`, { schedule });
    expect(patched.read(subscriptionSchema).schedule).toEqual(after);
  });

  test.each([
    [
      "a day that its kind has not",
      { weekday: 3 },
      "schedule: must not have weekday: such a schedule has none",
    ],
    ["another kind without its day", { every: "week" }, "schedule.weekday: must be a day of the week"],
    ["no hour of a day", { hour: 24 }, "schedule.hour: must be an hour"],
    ["an hour taken away", { hour: null }, "schedule.hour: must be an hour"],
    ["a member that no schedule has", { second: 1 }, "schedule"],
  ])("is refused for %s, and changes nothing", async (_name, schedule, message) => {
    const { subscriptionId } = await created(CSAM, { ...cpod, name: "In parts", schedule: monthly });
    const refused = await ask(CSAM, "PATCH", `/${subscriptionId}`, { schedule });
    expect(codeOf(refused)).toBe("400 InvalidRequestBody");
    expect(refused.text).toContain(message);
    const kept = await ask(CSAM, "GET", `/${subscriptionId}`);
    expect(kept.read(subscriptionSchema).schedule).toEqual(monthly);
  });
});

test("whoever has read a subscription before reads it again whole, because its times go on", async () => {
  const { subscriptionId, etag } = await created(CHIEF, { ...cpod, name: "Read twice" });
  const answer = await ask(CHIEF, "GET", `/${subscriptionId}`, undefined, { "if-none-match": etag });
  expect(answer.status).toBe(200);
});

describe("a learning manager", () => {
  test("subscribes to what is learnt in the own workspace, and to nothing else (AC-07, AC-08)", async () => {
    const made = await created(TEACHER, education);
    expect(made).toMatchObject({ workspaceIds: ["ws-default"], agreementId: null });
    expect(made.formats.toSorted()).toEqual(["csv", "xlsx"]);
    const { workspaceIds: _own, ...ofAll } = education;
    const others = [cpod, ofAll, { ...education, workspaceIds: [world.second.workspaceId] }];
    for (const json of others)
      expect(codeOf(await ask(TEACHER, "POST", "", json))).toBe("404 ResourceNotFound");
  });

  test("finds and changes subscriptions to that alone, whoever made them", async () => {
    const theirs = await created(CSAM, { ...education, name: "Made by others" });
    const hidden = await created(CSAM, cpod);
    const { workspaceId } = world.second;
    await created(OTHER_TEACHER, { ...education, name: "Of the second", workspaceIds: [workspaceId] });
    const seen = await namesSeenBy(TEACHER);
    expect(seen).toContain("Made by others");
    expect(seen).not.toContain("Of the second");
    expect(seen).not.toContain("Monthly proof");
    expect(await namesSeenBy(OTHER_TEACHER)).toEqual(["Of the second"]);
    expect((await ask(TEACHER, "PATCH", `/${theirs.subscriptionId}`, { name: "Ours" })).status).toBe(200);
    for (const [method, resource, json] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "Taken" }],
      ["DELETE", "", undefined],
      ["POST", "/pause", undefined],
      ["POST", "/resume", undefined],
      ["GET", "/runs", undefined],
      ["GET", "/runs/none/deliveries", undefined],
    ] as const)
      expect(codeOf(await ask(TEACHER, method, `/${hidden.subscriptionId}${resource}`, json))).toBe(
        "404 ResourceNotFound",
      );
  });

  test("pages through what is seen, each once", async () => {
    const all = await namesSeenBy(TEACHER);
    expect(all.length).toBeGreaterThan(1);
    expect(await namesSeenBy(TEACHER, { maxpagesize: "1" })).toEqual(all);
  });
});

test("a schedule is tried without being saved: the next five times, and of which periods", async () => {
  const path = `customers/${CUSTOMER}/reportSchedules/preview`;
  const schedule = {
    every: "quarter",
    monthOfQuarter: 1,
    dayOfMonth: "last",
    hour: 9,
    timeZone: "Europe/Warsaw",
  };
  const before = await namesSeenBy(CSAM);
  const answer = await world.api.ask(TEACHER, { method: "POST", path, json: { schedule } });
  const times = answer.read(z.object({ value: subscriptionSchema.shape.nextDueTimes })).value;
  expect(times).toHaveLength(5);
  expect(times.map(({ occurrence }) => occurrence)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^\d{4}-Q[1-4]$/)]),
  );
  for (const { dueAt, period } of times) expect(period.to < dueAt).toBe(true);
  expect(await namesSeenBy(CSAM)).toEqual(before);
  const wrong = await world.api.ask(TEACHER, { method: "POST", path, json: { schedule: { every: "year" } } });
  expect(codeOf(wrong)).toBe("400 InvalidRequestBody");
  expect(wrong.text).toContain('must be \\"week\\", \\"month\\" or \\"quarter\\"');
  const stranger = await world.api.ask(STRANGER, { method: "POST", path, json: { schedule } });
  expect(codeOf(stranger)).toBe("404 ResourceNotFound");
});
