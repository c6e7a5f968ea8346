import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { readConfig } from "../../src/platform/config.ts";
import type { Contract } from "../../src/platform/contract.ts";
import { wire } from "../../src/platform/wiring.ts";
import { CUSTOMER, communicatedEvent } from "../fakes/events.ts";
import { SOME_CALENDAR } from "./support/access-request-bodies.ts";
import { asksOf, belowRequest, partIdsOf } from "./support/access-request-parts.ts";
import { attach } from "./support/access-requests.ts";
import { done, membersOf } from "./support/access-steps.ts";
import { visible } from "./support/answer.ts";
import {
  AGREEMENT,
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
  upsertedEvent,
} from "./support/support-world.ts";

const SETUP_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 120_000;

/** By hand: who of all people sees which request, and nobody else. */
const always = [
  "admin",
  "contact",
  "viewsAll",
  "customerAdministrator",
  "requestAdmin",
  "csam",
  "incidentManager",
] as const;
const seers = {
  plain: always,
  shared: [...always, "member"],
  grouped: [...always, "groupMember"],
  named: [...always, "otherContact"],
  /** Named by the support desk: its advocate. */
  assigned: [...always, "advocate"],
  incentive: ["contact"],
  /** Whose advocate is not told of it. */
  incentiveAssigned: ["contact"],
  /** Names somebody as its primary contact, who does not see it for that. */
  incentiveOfOther: ["otherContact"],
  /** Opened at the support desk, by somebody whose address it writes in capitals. */
  fromDesk: [...always, "member", "otherAdvocate"],
  /** Of no agreement that an incident manager could manage, and of nobody. */
  ofNobody: ["admin", "viewsAll", "customerAdministrator", "requestAdmin", "csam"],
  /** In the other workspace; its primary contact is no member of that one. */
  elsewhere: ["elsewhere", "customerAdministrator", "requestAdmin", "csam", "incidentManager"],
} as const satisfies Readonly<Record<string, readonly PersonName[]>>;
type RequestName = keyof typeof seers;

// The names are those of the objects, no more.
const personNames = z.array(z.custom<PersonName>()).parse(Object.keys(PEOPLE));
const requestNames = z.array(z.custom<RequestName>()).parse(Object.keys(seers));

const isSeer = (who: PersonName, name: RequestName): boolean => {
  const all: readonly PersonName[] = seers[name];
  return all.includes(who);
};

type Known = { readonly requestId: string; readonly number: string; readonly by: PersonName };

let world: SupportWorld;
let contracts: readonly Contract[];
let known: Readonly<Record<RequestName, Known>>;

beforeAll(async () => {
  world = await startSupportWorld();
  contracts = allEndpoints(wire(readConfig(world.api.stack.settings)))
    .map(({ contract }) => contract)
    .filter(({ route }) => belowRequest(route));
  known = await openAll();
  for (const name of requestNames) await furnish(name);
}, SETUP_LIMIT_MS);

afterAll(() => world.api.stack.stop());

async function openAll() {
  const { api, otherWorkspace, groupId } = world;
  const there = { customerId: CUSTOMER, workspaceId: otherWorkspace };
  const olga = (await membersOf(api, PEOPLE.csam, there)).get(PEOPLE.elsewhere.email);
  const path = `customers/${CUSTOMER}/workspaces/${otherWorkspace}/members/${olga?.memberId}/supportContact`;
  await done(api, PEOPLE.csam, { method: "PUT", path });
  const open = async (name: RequestName, facts = {}, by: PersonName = "contact"): Promise<Known> => {
    const { requestId, number } = await world.open({ title: titleOf(name), ...facts }, PEOPLE[by]);
    return { requestId, number, by };
  };
  const { email } = PEOPLE.member;
  const send = async (name: RequestName, number: string, facts = {}) => {
    const mail = { number, subject: titleOf(name), body: `Dear zz${name}` };
    await api.send([
      upsertedEvent(`told-${name}`, number, { title: titleOf(name), ...facts }),
      communicatedEvent(`written-${name}`, mail),
    ]);
  };
  const assign = async (name: RequestName, request: Known) => {
    await send(name, request.number, { advocate: { email: PEOPLE.advocate.email } });
    return request;
  };
  const tell = async (name: RequestName, facts: Readonly<Record<string, unknown>>) => {
    const number = `SR-${name}`;
    await send(name, number, facts);
    const by = "createdBy" in facts ? "contact" : "csam";
    return { requestId: `${CUSTOMER}~${number}`, number, by } as const;
  };
  return {
    plain: await open("plain"),
    shared: await open("shared", { sharedWith: [email] }),
    grouped: await open("grouped", { groupId }),
    named: await open("named", { primaryContact: { email: PEOPLE.otherContact.email } }),
    assigned: await assign("assigned", await open("assigned")),
    incentiveAssigned: await assign(
      "incentiveAssigned",
      await open("incentiveAssigned", { isIncentiveRelated: true }),
    ),
    fromDesk: await tell("fromDesk", {
      createdBy: PEOPLE.contact.email.toUpperCase(),
      primaryContact: { email: email.toUpperCase() },
      advocate: { email: PEOPLE.otherAdvocate.email.toUpperCase() },
      agreementId: AGREEMENT,
    }),
    ofNobody: await tell("ofNobody", {}),
    incentive: await open("incentive", { isIncentiveRelated: true }),
    incentiveOfOther: await open(
      "incentiveOfOther",
      { isIncentiveRelated: true, primaryContact: { email } },
      "otherContact",
    ),
    elsewhere: await open(
      "elsewhere",
      { workspaceId: otherWorkspace, primaryContact: { email } },
      "elsewhere",
    ),
  };
}

/** With what can be below a request: so that there is something to hide. */
async function furnish(name: RequestName): Promise<void> {
  const { requestId, by } = known[name];
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  const post = (part: string, json: unknown) =>
    done(world.api, PEOPLE[by], { method: "POST", path: `${path}/${part}`, json });
  if (name !== "ofNobody") {
    await post("notes", { text: `It is zz${name}.` });
    await post("attachments", { name: `zz${name}.txt`, size: 8 });
  }
  if (name !== "assigned") return;
  await attach(world.api, PEOPLE[by], path);
  await post("shares", { email: "outside@narew.example" });
  const { advocate } = PEOPLE;
  await done(world.api, advocate, { method: "PUT", path: "me/advocateCalendar", json: SOME_CALENDAR });
  await done(world.api, advocate, {
    method: "POST",
    path: `${path}/contacts`,
    json: { email: "jan@narew.example" },
  });
  const slots = await done(world.api, PEOPLE[by], { path: `${path}/appointmentSlots` });
  const [slot] = slots.read(z.object({ value: z.array(z.object({ start: z.string() })) })).value;
  await post("appointments", { start: slot?.start });
}

/** With one word that all have, and one that no other has. */
const titleOf = (name: RequestName): string => `Backups of zz${name} fail`;

const listSchema = z.object({
  value: z.array(z.looseObject({ requestId: z.string() })),
  nextLink: z.string().optional(),
  count: z.int(),
});

async function listed(who: PersonName, query: Readonly<Record<string, string>>) {
  const ask = { path: "supportRequests", query: { maxpagesize: "1000", count: "true", ...query } };
  const { value, count, nextLink } = (await done(world.api, PEOPLE[who], ask)).read(listSchema);
  return { ids: value.map(({ requestId }) => requestId).toSorted(), count, nextLink };
}

const idsOf = (names: readonly RequestName[]): string[] =>
  names.map((name) => known[name].requestId).toSorted();

describe.each(personNames)("%s", (who) => {
  const seen = requestNames.filter((name) => isSeer(who, name));

  test("opens the requests that are to be seen, and finds no others", async () => {
    for (const name of requestNames) {
      const path = `supportRequests/${encodeURIComponent(known[name].requestId)}`;
      const { status } = await world.api.ask(PEOPLE[who], { path });
      expect([name, status]).toEqual([name, isSeer(who, name) ? 200 : 404]);
    }
  });

  test("lists, counts and finds them by word, number and filter, and no others", async () => {
    const exactly = { ids: idsOf(seen), count: seen.length };
    expect(await listed(who, {})).toEqual(exactly);
    expect(await listed(who, { search: "BACKUPS fail" })).toEqual(exactly);
    expect(await listed(who, { search: "SR-" })).toEqual(exactly);
    expect(await listed(who, { filter: "not (number eq 'none')" })).toEqual(exactly);
    expect(await listed(who, { filter: "number eq 'none' or createdAt ge 2020-01-01T00:00:00Z" })).toEqual(
      exactly,
    );
    for (const name of requestNames) {
      const one = isSeer(who, name) ? [name] : [];
      const only = { ids: idsOf(one), count: one.length };
      const { number } = known[name];
      for (const query of [
        { search: `zz${name}` },
        { search: number },
        { filter: `number eq '${number}'` },
        { filter: `startswith(number, '${number}')`, orderby: "title desc" },
      ])
        expect([query, await listed(who, query)]).toEqual([query, only]);
    }
  });

  test("lists as own ones what was opened, and all of the organisation as its Support request admin", async () => {
    const own = seen.filter((name) => known[name].by === who && name !== "ofNobody");
    expect(await listed(who, { scope: "mine" })).toEqual({ ids: idsOf(own), count: own.length });
    const query = { scope: "organization", count: "true" };
    const answer = await world.api.ask(PEOPLE[who], { path: "supportRequests", query });
    expect(answer.status).toBe(who === "requestAdmin" ? 200 : 403);
    if (who === "requestAdmin")
      expect(await listed(who, query)).toEqual({ ids: idsOf(seen), count: seen.length });
  });

  test("is given each of them once by pages of any size, and no page of nothing", async () => {
    for (const maxpagesize of ["1", "2"]) {
      const ids: string[] = [];
      let ask: { path: string; query?: Record<string, string> } | undefined = {
        path: "supportRequests",
        query: { maxpagesize, count: "true" },
      };
      while (ask !== undefined) {
        const page: z.infer<typeof listSchema> = (await done(world.api, PEOPLE[who], ask)).read(listSchema);
        ids.push(...page.value.map(({ requestId }) => requestId));
        expect(page.count).toBe(seen.length);
        expect(page.value.length).toBe(seen.length === 0 ? 0 : page.value.length || -1);
        ask = page.nextLink === undefined ? undefined : { path: page.nextLink };
      }
      expect(ids.toSorted()).toEqual(idsOf(seen));
    }
  });
});

/** Those who get furthest, and what is hidden from them. */
const hidden: readonly (readonly [PersonName, RequestName])[] = [
  ["member", "plain"],
  ["member", "incentiveOfOther"],
  ["member", "elsewhere"],
  ["groupMember", "shared"],
  ["otherContact", "incentive"],
  ["otherContact", "grouped"],
  ["contact", "incentiveOfOther"],
  ["advocate", "incentiveAssigned"],
  ["otherAdvocate", "assigned"],
  ["incidentManager", "ofNobody"],
  ["viewsAll", "incentive"],
  ["viewsAll", "elsewhere"],
  ["admin", "incentive"],
  ["admin", "elsewhere"],
  ["elsewhere", "named"],
  ["customerAdministrator", "incentive"],
  ["requestAdmin", "incentive"],
  ["csam", "incentive"],
  ["incidentManager", "incentiveOfOther"],
  ["advocate", "plain"],
  ["advocate", "incentive"],
  ["otherAdvocate", "elsewhere"],
  ["stranger", "shared"],
];

const mirrored = (text: string): string => Array.from(text).toReversed().join("");

describe("what is hidden answers as what does not exist, byte by byte", () => {
  test.each(hidden)(
    "to %s: %s, and everything below it",
    async (who, name) => {
      expect(isSeer(who, name)).toBe(false);
      const { requestId, number, by } = known[name];
      const nothing = `${CUSTOMER}~${mirrored(number)}`;
      const creator = PEOPLE[by];
      const etag = (
        await done(world.api, creator, { path: `supportRequests/${encodeURIComponent(requestId)}` })
      ).headers.get("etag");
      const different: string[] = [];
      for (const contract of contracts) {
        const ids = await partIdsOf(world.api, creator, contract.route, requestId);
        const others = asksOf(contract, requestId, ids, etag ?? "");
        const twins = asksOf(contract, nothing, ids, etag ?? "");
        for (const [index, ask] of others.entries()) {
          const twin = twins[index];
          if (twin === undefined) throw new RangeError("there is nothing to compare with");
          const answer = visible(await world.api.ask(PEOPLE[who], ask));
          const absent = visible(await world.api.ask(PEOPLE[who], twin));
          const isAlike = JSON.stringify(answer) === JSON.stringify(absent);
          if (!isAlike || answer.status < 400)
            different.push(`${ask.method} ${ask.path}: ${answer.status} ${answer.text}, not ${absent.text}`);
        }
      }
      expect(different).toEqual([]);
      expect(contracts.length).toBeGreaterThan(5);
    },
    TEST_LIMIT_MS,
  );

  test("and there was everything below a request that an address can name", async () => {
    const { requestId, by } = known.assigned;
    for (const { route } of contracts) {
      const parameters = route.split("{").length - 2;
      const ids = await partIdsOf(world.api, PEOPLE[by], route, requestId);
      expect([route, ids.size]).toEqual([route, parameters]);
    }
  });

  test("and nothing that was tried changed anything", async () => {
    for (const name of requestNames) {
      const { requestId, by } = known[name];
      const path = `supportRequests/${encodeURIComponent(requestId)}`;
      const { status } = (await done(world.api, PEOPLE[by], { path })).read(
        z.looseObject({ status: z.string() }),
      );
      expect([name, status]).toEqual([name, "open"]);
    }
  });

  test("the lists of a request hold nothing of another one", async () => {
    const lists = contracts.filter(({ method, route }) => method === "GET" && route.split("{").length === 2);
    for (const name of requestNames) {
      const { requestId, by } = known[name];
      const texts: string[] = [];
      for (const { route } of lists) {
        const path = route.replace("{requestId}", encodeURIComponent(requestId));
        texts.push((await world.api.ask(PEOPLE[by], { path })).text);
      }
      const whole = texts.join();
      // Whole words: an id may begin with any letters.
      const words = requestNames.filter((each) => new RegExp(`\\bzz${each}\\b`).test(whole));
      expect(words).toEqual([name]);
      const numbers = requestNames.filter((each) => whole.includes(`"${known[each].number}"`));
      expect(numbers).toEqual([name]);
    }
  });

  test("the part of another request is none of this one, whether or not that one is seen", async () => {
    const wrong: string[] = [];
    const mine = known.plain.requestId;
    for (const contract of contracts.filter(({ method }) => method === "GET")) {
      for (const name of ["shared", "incentiveOfOther"] as const) {
        const { requestId, by } = known[name];
        const ids = await partIdsOf(world.api, PEOPLE[by], contract.route, requestId);
        if (ids.size === 0) continue;
        const none = new Map([...ids].map(([key]) => [key, "0".repeat(22)]));
        const [ask] = asksOf(contract, mine, ids, "");
        const [twin] = asksOf(contract, mine, none, "");
        if (ask === undefined || twin === undefined) continue;
        const answer = await world.api.ask(PEOPLE.contact, ask);
        const absent = await world.api.ask(PEOPLE.contact, twin);
        if (answer.status !== 404 || answer.text !== absent.text)
          wrong.push(`${ask.path}: ${answer.status} ${answer.text}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
