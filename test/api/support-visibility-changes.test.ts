import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CUSTOMER } from "../fakes/events.ts";
import { assign, done, join, membersOf, pathOf } from "./support/access-steps.ts";
import {
  type OpenedRequest,
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
  upsertedEvent,
  WORKSPACE,
} from "./support/support-world.ts";

const SETUP_LIMIT_MS = 60_000;
const here = { customerId: CUSTOMER, workspaceId: WORKSPACE };

let world: SupportWorld;

beforeAll(async () => {
  world = await startSupportWorld();
}, SETUP_LIMIT_MS);

afterAll(() => world.api.stack.stop());

const idsSchema = z.object({ value: z.array(z.object({ requestId: z.string() })), count: z.int() });

/** Whether it is opened, listed, counted and found: always all or none of them. */
async function isSeen(who: PersonName, { requestId, number }: OpenedRequest): Promise<boolean> {
  const { api } = world;
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  const { status } = await api.ask(PEOPLE[who], { path });
  const query = { filter: `number eq '${number}'`, count: "true" };
  const list = (await done(api, PEOPLE[who], { path: "supportRequests", query })).read(idsSchema);
  const found = await done(api, PEOPLE[who], { path: "supportRequests", query: { search: number } });
  const mail = await api.ask(PEOPLE[who], { path: `${path}/communications` });
  const all = [
    status === 200,
    list.value.length === 1,
    list.count === 1,
    found.text.includes(number),
    mail.status === 200,
  ];
  expect([who, new Set(all).size]).toEqual([who, 1]);
  return status === 200;
}

const memberPath = async (who: PersonName): Promise<string> => {
  const members = await membersOf(world.api, PEOPLE.csam, here);
  return `${pathOf(here)}/members/${members.get(PEOPLE[who].email)?.memberId}`;
};
const change = (by: PersonName, method: string, path: string, json?: unknown) =>
  done(world.api, PEOPLE[by], { method, path, json });

type Turn = (isGiven: boolean) => Promise<unknown>;

const turns: Readonly<Record<string, Turn>> = {
  "View all support requests": async (isGiven) => {
    const permissions = isGiven ? ["viewAllSupportRequests"] : [];
    await change("admin", "PATCH", await memberPath("member"), { permissions });
  },
  "the role of a workspace administrator": async (isGiven) => {
    const roles = isGiven ? ["workspaceAdministrator"] : [];
    await change("admin", "PATCH", await memberPath("member"), { roles });
  },
  "a place in its group": async (isGiven) => {
    const [memberId = ""] = (await memberPath("member")).split("/").slice(-1);
    const path = `${pathOf(here)}/groups/${world.groupId}/members/${memberId}`;
    await change("admin", isGiven ? "PUT" : "DELETE", path);
  },
  "the role of the Support request admin": async (isGiven) => {
    const { email } = PEOPLE.member;
    const id = await assign(world.api, PEOPLE.customerAdministrator, CUSTOMER, email, "supportRequestAdmin");
    if (isGiven) return;
    await change("customerAdministrator", "DELETE", `customers/${CUSTOMER}/roleAssignments/${id}`);
  },
};

describe("from the next request on, who is given", () => {
  test.each(Object.entries(turns))("%s sees a request, and who loses it does not", async (_, turn) => {
    const request = await world.open({ groupId: world.groupId });
    const hidden = await world.open({ isIncentiveRelated: true });
    for (const isGiven of [true, false, true, false]) {
      await turn(isGiven);
      expect(await isSeen("member", request)).toBe(isGiven);
      expect(await isSeen("member", hidden)).toBe(false);
    }
  });

  test("membership sees what is shared, named and opened, and who leaves sees none of it, own ones included", async () => {
    const { member } = PEOPLE;
    const shared = await world.open({ sharedWith: [member.email] });
    const named = await world.open({ primaryContact: { email: member.email } });
    const path = await memberPath("member");
    await change("csam", "PUT", `${path}/supportContact`);
    const own = await world.open({ isIncentiveRelated: true }, member);
    const all = [shared, named, own];
    for (const each of all) expect(await isSeen("member", each)).toBe(true);
    await change("csam", "DELETE", `${path}/supportContact`);
    expect(await isSeen("member", own)).toBe(true);
    await change("admin", "DELETE", path);
    for (const each of all) expect((await ask(each)).status).toBe(404);
    await join(world.api, PEOPLE.admin, here, member);
    for (const each of all) expect(await isSeen("member", each)).toBe(true);
  });
});

const ask = ({ requestId }: OpenedRequest) =>
  world.api.ask(PEOPLE.member, { path: `supportRequests/${encodeURIComponent(requestId)}` });

describe("what the support desk says of a request later", () => {
  const say = async (request: OpenedRequest, version: number, facts: Readonly<Record<string, unknown>>) => {
    const { number } = request;
    const event = upsertedEvent(`${number}-${version}`, number, { title: "As told", version, ...facts });
    await world.api.send([event]);
  };

  test("names another advocate: the former one sees it no more", async () => {
    const request = await world.open();
    await say(request, 1, { advocate: { email: PEOPLE.advocate.email } });
    expect([await isSeen("advocate", request), await isSeen("otherAdvocate", request)]).toEqual([
      true,
      false,
    ]);
    await say(request, 2, { advocate: { email: PEOPLE.otherAdvocate.email } });
    expect([await isSeen("advocate", request), await isSeen("otherAdvocate", request)]).toEqual([
      false,
      true,
    ]);
    await say(request, 3, { advocate: null });
    expect([await isSeen("advocate", request), await isSeen("otherAdvocate", request)]).toEqual([
      false,
      false,
    ]);
  });

  test("moves it to another workspace: those of the first one see it no more", async () => {
    const request = await world.open({ sharedWith: [PEOPLE.member.email] });
    await say(request, 1, { workspaceId: world.otherWorkspace });
    const seen = ["elsewhere", "csam", "customerAdministrator"] as const;
    const unseen = ["admin", "viewsAll", "contact", "member"] as const;
    for (const who of seen) expect(await isSeen(who, request)).toBe(true);
    for (const who of unseen) expect(await isSeen(who, request)).toBe(false);
  });

  test("makes it incentive-related: for everybody but its creator it is gone, and back when it is not", async () => {
    const request = await world.open({ sharedWith: [PEOPLE.member.email], groupId: world.groupId });
    await say(request, 1, { advocate: { email: PEOPLE.advocate.email } });
    const others = [
      "admin",
      "member",
      "groupMember",
      "viewsAll",
      "customerAdministrator",
      "requestAdmin",
      "csam",
      "advocate",
      "incidentManager",
    ] as const;
    const isInTrail = async () => {
      const path = `customers/${CUSTOMER}/auditEntries`;
      const trail = await world.api.ask(PEOPLE.csam, { path, query: { maxpagesize: "1000" } });
      expect(trail.status).toBe(200);
      return trail.text.includes(request.requestId);
    };
    for (const who of others) expect(await isSeen(who, request)).toBe(true);
    expect(await isInTrail()).toBe(true);
    await say(request, 2, { isIncentiveRelated: true });
    for (const who of others) expect(await isSeen(who, request)).toBe(false);
    expect(await isInTrail()).toBe(false);
    expect(await isSeen("contact", request)).toBe(true);
    await say(request, 3, { isIncentiveRelated: false });
    for (const who of others) expect(await isSeen(who, request)).toBe(true);
  });
});
