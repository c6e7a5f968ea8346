import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CUSTOMER, upsertedEvent } from "../fakes/events.ts";
import { done } from "./support/access-steps.ts";
import {
  PEOPLE,
  type PersonName,
  SOME_REQUEST,
  type SupportWorld,
  startSupportWorld,
  WORKSPACE,
} from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const listSchema = z.object({
  value: z.array(z.looseObject({ requestId: z.string(), number: z.string(), title: z.string() })),
  nextLink: z.string().optional(),
  count: z.int().optional(),
});

async function listed(who: PersonName, query: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const answer = await done(world.api, PEOPLE[who], { path: "supportRequests", query });
  return answer.read(listSchema).value.map(({ requestId }) => requestId);
}
const details = (who: PersonName, requestId: string) =>
  world.api.ask(PEOPLE[who], { path: `supportRequests/${encodeURIComponent(requestId)}` });
const change = (who: PersonName, requestId: string, json: unknown, headers = {}) =>
  world.api.ask(PEOPLE[who], {
    method: "PATCH",
    path: `supportRequests/${encodeURIComponent(requestId)}`,
    json,
    headers,
  });

describe("opening a support request", () => {
  test("is for support contacts of the workspace, and others are told so or find nothing", async () => {
    const open = (who: PersonName, facts = {}) =>
      world.api.ask(PEOPLE[who], {
        method: "POST",
        path: "supportRequests",
        json: { ...SOME_REQUEST, ...facts },
      });
    expect((await open("contact")).status).toBe(201);
    expect((await open("member")).status).toBe(403);
    expect((await open("stranger")).status).toBe(404);
    expect((await open("contact", { workspaceId: world.otherWorkspace })).status).toBe(404);
    expect((await open("contact", { problemType: "weather" })).text).toContain("supportRequestProblemTypes");
    expect((await open("contact", { agreementId: "agr-unknown" })).text).toContain("UnknownAgreement");
    expect((await open("contact", { sharedWith: ["nobody@cust-t.example"] })).text).toContain("NotAMember");
    expect((await open("contact", { groupId: "no-group" })).text).toContain("UnknownGroup");
  });

  test("twice with the same repeatability id opens one", async () => {
    const ask = {
      method: "POST",
      path: "supportRequests",
      json: { ...SOME_REQUEST, title: "Asked twice" },
      headers: { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f0001" },
    };
    const [first, second] = [
      await world.api.ask(PEOPLE.contact, ask),
      await world.api.ask(PEOPLE.contact, ask),
    ];
    expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
  });
});

test("an opening that is repeated tells nothing of a request that was moved to where the caller does not see it", async () => {
  const ask = {
    method: "POST",
    path: "supportRequests",
    json: { ...SOME_REQUEST, title: "To be moved" },
    headers: { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f0002" },
  };
  const { number } = (await done(world.api, PEOPLE.contact, ask)).read(z.looseObject({ number: z.string() }));
  const moved = { number, workspaceId: world.otherWorkspace, title: "Secret of the other workspace" };
  await world.api.send([upsertedEvent("moved", moved)]);
  const again = await world.api.ask(PEOPLE.contact, ask);
  expect([again.status, again.text.includes("Secret")]).toEqual([404, false]);
});

test.each(["a/b", "a\\b", "a?b#c", "\ud800", "x".repeat(5_000)])(
  "a group %j is refused as no group",
  async (groupId) => {
    const json = { ...SOME_REQUEST, groupId };
    const answer = await world.api.ask(PEOPLE.contact, { method: "POST", path: "supportRequests", json });
    expect([answer.status, answer.text.includes("groupId")]).toEqual([400, true]);
  },
);

describe("who sees a request", () => {
  const seers = async (requestId: string): Promise<string[]> => {
    const names: PersonName[] = [];
    for (const who of Object.keys(PEOPLE) as PersonName[]) {
      const { status } = await details(who, requestId);
      const isListed = (await listed(who, { maxpagesize: "1000" })).includes(requestId);
      expect(isListed, who).toBe(status === 200);
      if (status === 200) names.push(who);
    }
    return names;
  };
  const always = [
    "admin",
    "contact",
    "viewsAll",
    "customerAdministrator",
    "requestAdmin",
    "csam",
    "incidentManager",
  ];

  test("is its creator, administrators, View all, the account team, and whom it was shared with", async () => {
    expect(await seers((await world.open()).requestId)).toEqual(always);
    const shared = await world.open({ sharedWith: [PEOPLE.member.email], groupId: world.groupId });
    expect(new Set(await seers(shared.requestId))).toEqual(new Set([...always, "member", "groupMember"]));
    const named = await world.open({ primaryContact: { name: "Adam", email: PEOPLE.otherContact.email } });
    expect(new Set(await seers(named.requestId))).toEqual(new Set([...always, "otherContact"]));
  });

  test("of an incentive-related one is its creator alone", async () => {
    const { requestId } = await world.open({ isIncentiveRelated: true });
    expect(await seers(requestId)).toEqual(["contact"]);
    const trail = await done(world.api, PEOPLE.csam, {
      path: `customers/${CUSTOMER}/auditEntries`,
      query: { maxpagesize: "1000" },
    });
    expect(trail.text).not.toContain(requestId);
  });
});

describe("lists", () => {
  test("of the organisation are for the Support request admin, mine for whoever opened them", async () => {
    const mine = await listed("contact", { scope: "mine", maxpagesize: "1000" });
    expect(mine.length).toBeGreaterThan(0);
    expect(await listed("otherContact", { scope: "mine" })).toEqual([]);
    const path = "supportRequests";
    const refused = await world.api.ask(PEOPLE.admin, { path, query: { scope: "organization" } });
    expect(refused.status).toBe(403);
    const all = await listed("requestAdmin", { scope: "organization", maxpagesize: "1000" });
    expect(mine.filter((id) => all.includes(id)).length).toBe(mine.length - 1);
  });

  test("page without skipping or repeating in every order, and are found by words and numbers", async () => {
    const opened = await world.open({ title: "Łódź office cannot print", severity: "critical" });
    const all = await listed("csam", { maxpagesize: "1000" });
    for (const field of [
      "createdAt",
      "changedAt",
      "closedAt",
      "number",
      "title",
      "product",
      "severity",
      "status",
    ]) {
      const orderby = `${field} desc`;
      const whole = await listed("csam", { orderby, maxpagesize: "1000" });
      const paged: string[] = [];
      let ask: { path: string; query?: Record<string, string> } | undefined = {
        path: "supportRequests",
        query: { orderby, maxpagesize: "3" },
      };
      while (ask !== undefined) {
        const page: z.infer<typeof listSchema> = (await done(world.api, PEOPLE.csam, ask)).read(listSchema);
        paged.push(...page.value.map(({ requestId }) => requestId));
        ask = page.nextLink === undefined ? undefined : { path: page.nextLink };
      }
      expect(paged, field).toEqual(whole);
      expect(new Set(paged), field).toEqual(new Set(all));
    }
    expect(await listed("csam", { search: "LODZ print" })).toEqual([opened.requestId]);
    expect(await listed("csam", { search: opened.number.slice(0, 8) })).toEqual([opened.requestId]);
    expect(await listed("csam", { search: "print nothing" })).toEqual([]);
    const filter = `severity eq 'critical' and workspaceId eq '${WORKSPACE}'`;
    expect(await listed("csam", { filter })).toEqual([opened.requestId]);
  });
});

test("details are shown anew each time, since their response targets change with time while the version stays", async () => {
  const { requestId } = await world.open();
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  const first = await done(world.api, PEOPLE.contact, { path });
  const headers = { "if-none-match": first.headers.get("etag") ?? "" };
  expect((await world.api.ask(PEOPLE.contact, { path, headers })).status).toBe(200);
  const query = { scope: "mine", search: "no such word" };
  const list = await done(world.api, PEOPLE.contact, { path: "supportRequests", query });
  const tag = { "if-none-match": list.headers.get("etag") ?? "" };
  expect((await world.api.ask(PEOPLE.contact, { path: "supportRequests", query, headers: tag })).status).toBe(
    304,
  );
});

describe("the status", () => {
  test("is changed by whoever manages the request, reopened with a reason, and never over a newer version", async () => {
    const { requestId } = await world.open();
    expect((await change("viewsAll", requestId, { status: "closed" })).status).toBe(403);
    expect((await change("member", requestId, { status: "closed" })).status).toBe(404);
    const before = await details("contact", requestId);
    const etag = before.headers.get("etag") ?? "";
    const closed = await change("requestAdmin", requestId, { status: "closed" }, { "if-match": etag });
    const closedAt = closed.read(z.looseObject({ closedAt: z.string() })).closedAt;
    expect(closed.status).toBe(200);
    expect((await change("contact", requestId, { status: "open" }, { "if-match": etag })).status).toBe(412);
    expect((await change("contact", requestId, { status: "open" })).text).toContain("ReasonRequired");
    expect((await change("contact", requestId, { status: "attentionNeeded" })).status).toBe(409);
    const reopened = await change("contact", requestId, { status: "open", reason: "It failed again." });
    expect(reopened.read(z.looseObject({ status: z.string(), closedAt: z.string() }))).toMatchObject({
      status: "open",
      closedAt,
    });
  });
});
