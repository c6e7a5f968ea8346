import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { readConfig } from "../../src/platform/config.ts";
import type { Contract } from "../../src/platform/contract.ts";
import { wire } from "../../src/platform/wiring.ts";
import { type BodyCase, bodilessCases, bodyCases, withField } from "./support/access-bodies.ts";
import { fieldNames, tellingValue } from "./support/access-fields.ts";
import { people } from "./support/access-people.ts";
import { accept, done, invite, membersOf, pathOf } from "./support/access-steps.ts";
import { type AccessWorld, createAccessWorld } from "./support/access-world.ts";
import type { Answer } from "./support/answer.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { errorSchema } from "./support/shapes.ts";

const AT_ONCE = 16;
const FEWEST_NAMES = 100;
const SETUP_LIMIT_MS = 120_000;

let api: RunningApi;
let world: AccessWorld;
let contracts: readonly Contract[];
let names: readonly string[];

beforeAll(async () => {
  api = await startApi();
  contracts = allEndpoints(wire(readConfig(api.stack.settings))).map(({ contract }) => contract);
  names = fieldNames(contracts);
  world = await createAccessWorld(api);
}, SETUP_LIMIT_MS);

afterAll(() => api.stack.stop());

/** How much time is left is another with each look. */
const TARGETS = /"targets":\{.*?\}\},?/;

/** All that anybody can change of A. */
async function snapshot(): Promise<readonly string[]> {
  const { default: first, second } = world.named;
  const below = [first, second].flatMap((each) =>
    ["", "/members", "/invitations", "/groups"].map((list) => `${pathOf(each)}${list}`),
  );
  const paths = [
    "customers/cust-a",
    "customers/cust-a/roleAssignments",
    "customers/cust-a/reports",
    "customers/cust-a/reportSubscriptions",
    ...below,
  ];
  const request = `supportRequests/${encodeURIComponent(first.requestId)}`;
  const ofRequests = [
    "customers/cust-a/businessCalendar",
    "supportRequests",
    request,
    `${request}/activity`,
    `${request}/notes`,
    `${request}/attachments`,
    `${request}/appointments`,
    `${request}/shares`,
    `${request}/contacts`,
  ];
  return Promise.all(
    [...paths, ...ofRequests].map(async (path) =>
      (await done(api, people.csamOfA, { path })).text.replace(TARGETS, ""),
    ),
  );
}

const codeOf = (answer: Answer): string | undefined =>
  errorSchema.safeParse(JSON.parse(answer.text)).data?.error.code;

/** Sentences about what was neither refused nor without effect. */
async function acceptedFields({ caller, request, settable, isLoose }: BodyCase): Promise<readonly string[]> {
  const base = await api.ask(people[caller], request);
  expect(codeOf(base)).not.toBe("InvalidRequestBody");
  const attempts = names.flatMap((name) =>
    withField(request.json, name, tellingValue(name))
      .filter(({ place }) => !settable[place]?.includes(name))
      .map((each) => ({ ...each, name })),
  );
  const found: string[] = [];
  for (let from = 0; from < attempts.length; from += AT_ONCE) {
    const some = attempts.slice(from, from + AT_ONCE).map(async ({ place, name, json }) => {
      const answer = await api.ask(people[caller], { ...request, json });
      if (answer.status === 400 && codeOf(answer) === "InvalidRequestBody") return [];
      const isIgnored = answer.status === base.status && (isLoose === true || name === "__proto__");
      return isIgnored ? [] : [`${name} in '${place}': ${answer.status}`];
    });
    found.push(...(await Promise.all(some)).flat());
  }
  expect(Object.keys(settable).toSorted()).toEqual(
    [...new Set(withField(request.json, "any", 0).map(({ place }) => place))].toSorted(),
  );
  return found;
}

describe("a field that the sender may not set", () => {
  test("is each that any document or answer has, and there are many", () => {
    expect(names.length).toBeGreaterThan(FEWEST_NAMES);
    expect(names).toEqual(
      expect.arrayContaining(["revision", "kind", "supportContactSince", "_etag", "__proto__"]),
    );
  });

  test("is tried on every endpoint that takes a body, and on those that take none", () => {
    const taking = contracts.filter(({ body }) => body?.kind === "json").map(({ name }) => name);
    expect(Object.keys(bodyCases(world)).toSorted()).toEqual(taking.toSorted());
    const writing = contracts.filter(
      ({ method, body }) => /PUT|POST|PATCH/.test(method) && body === undefined,
    );
    // These two have a test of their own, or are for facts of upstream systems.
    const others = ["acceptInvitation", "replayRejectedEvent"];
    expect([...Object.keys(bodilessCases(world)), ...others].toSorted()).toEqual(
      writing.map(({ name }) => name).toSorted(),
    );
  });

  test.each([
    "createWorkspace",
    "updateWorkspace",
    "updateMember",
    "updateOwnMembership",
    "inviteMembers",
    "createGroup",
    "updateGroup",
    "assignRole",
    "requestReport",
    "createReportSubscription",
    "updateReportSubscription",
    "previewReportSchedule",
    "putNoticeSettings",
    "createWebhook",
    "updateWebhook",
    "openSupportRequest",
    "updateSupportRequest",
    "shareSupportRequest",
    "shareSupportRequestWithGroup",
    "addSupportRequestContact",
    "putBusinessCalendar",
    "addSupportRequestNote",
    "addSupportRequestAttachment",
    "completeSupportRequestUpload",
    "bookSupportRequestAppointment",
    "moveSupportRequestAppointment",
    "putAdvocateCalendar",
    "getEventOutcomes",
    "postEvents",
  ])("is refused by %s or without effect, in every part of the body", async (name) => {
    const each = bodyCases(world)[name];
    // What the body itself does, it does at once; what comes with it later does nothing.
    if (each !== undefined) await api.ask(people[each.caller], each.request);
    const before = await snapshot();
    expect(each && (await acceptedFields(each))).toEqual([]);
    expect(await snapshot()).toEqual(before);
  });

  test("is without effect where there is no body to read", async () => {
    const before = await snapshot();
    const json = Object.fromEntries(names.map((name) => [name, tellingValue(name)]));
    for (const [name, { caller, request }] of Object.entries(bodilessCases(world))) {
      const bare = await api.ask(people[caller], request);
      const full = await api.ask(people[caller], { ...request, json });
      expect([name, full.status, full.text]).toEqual([name, bare.status, bare.text]);
    }
    expect(await snapshot()).toEqual(before);
  });

  test("is nothing that an invited person can bring along", async () => {
    const { default: first } = world.named;
    const person = { email: "modest@elsewhere.example" };
    const id = await invite(api, people.inviterOfA, first, person);
    const json = Object.fromEntries(names.map((name) => [name, tellingValue(name)]));
    const path = `me/invitations/${id}/accept`;
    const answer = await done(api, person, { method: "POST", path, json });
    expect(JSON.parse(answer.text)).toMatchObject({
      roles: [],
      permissions: [],
      groupIds: [],
      supportContactSince: null,
    });
    expect((await api.ask(person, { path: `${pathOf(first)}/members` })).status).toBe(404);
  });
});

describe("whoever may only invite", () => {
  const outcomes = z.object({
    invited: z.int(),
    value: z.array(z.object({ outcome: z.string(), error: z.object({ code: z.string() }).nullable() })),
  });
  const refused = { outcome: "refused", error: { code: "MayNotGiveRoles" } };

  test.each([
    { roles: ["workspaceAdministrator"] },
    { roles: ["learningManager"] },
    { permissions: ["customerActivity"] },
    { permissions: ["inviteUsers"] },
    { roles: ["learningManager"], permissions: ["manageGroups"] },
  ])("gives nobody %o, in a list or in a file", async ({ roles = [], permissions = [] }) => {
    const path = `${pathOf(world.named.default)}/invitations`;
    const json = { invitations: [{ email: "raised@elsewhere.example", roles, permissions }] };
    const list = await done(api, people.inviterOfA, { method: "POST", path, json });
    expect(list.read(outcomes)).toEqual({ invited: 0, value: [refused] });
    const file = `email,roles,permissions\nraised@elsewhere.example,${roles.join(" ")},${permissions.join(" ")}\n`;
    const headers = { "content-type": "text/csv" };
    const imported = await done(api, people.inviterOfA, {
      method: "POST",
      path: `${path}/import`,
      json: file,
      headers,
    });
    expect(imported.read(outcomes)).toEqual({ invited: 0, value: [refused] });
  });

  test("cannot change a member, an own role or an own permission", async () => {
    const { default: first } = world.named;
    const members = await membersOf(api, people.csamOfA, first);
    const own = members.get(people.inviterOfA.email)?.memberId ?? "";
    for (const memberId of [own, first.memberId]) {
      const path = `${pathOf(first)}/members/${memberId}`;
      const patch = { method: "PATCH", path, json: { permissions: ["manageGroups"] } };
      expect((await api.ask(people.inviterOfA, patch)).status).toBe(404);
    }
    expect(await membersOf(api, people.csamOfA, first)).toEqual(members);
  });
});

describe("a support contact", () => {
  const givers = [
    "csamOfA",
    "servicesAdminOfA",
    "administratorOfDefault",
    "customerAdministratorOfA",
  ] as const;

  test.each(givers)("is not made by %s in a change of roles, an invitation or a file", async (caller) => {
    const { default: first } = world.named;
    const before = await snapshot();
    const roles = ["supportContact"];
    const patch = { method: "PATCH", path: `${pathOf(first)}/members/${first.memberId}`, json: { roles } };
    expect((await api.ask(people[caller], patch)).status).toBe(400);
    const path = `${pathOf(first)}/invitations`;
    const json = { invitations: [{ email: "raised@elsewhere.example", roles }] };
    expect((await api.ask(people[caller], { method: "POST", path, json })).status).toBe(400);
    const file = "email,roles\nraised@elsewhere.example,supportContact\n";
    const headers = { "content-type": "text/csv" };
    const imported = await done(api, people[caller], {
      method: "POST",
      path: `${path}/import`,
      json: file,
      headers,
    });
    expect(imported.read(z.object({ invited: z.int() }))).toEqual({ invited: 0 });
    expect(await snapshot()).toEqual(before);
  });

  test("stays one when the other roles are changed", async () => {
    const { default: first } = world.named;
    const path = `${pathOf(first)}/members/${first.contactId}`;
    const change = (roles: readonly string[]) =>
      done(api, people.administratorOfDefault, { method: "PATCH", path, json: { roles } });
    const schema = z.object({ roles: z.array(z.string()) });
    expect((await change(["learningManager"])).read(schema).roles.toSorted()).toEqual([
      "learningManager",
      "supportContact",
    ]);
    expect((await change([])).read(schema).roles).toEqual(["supportContact"]);
  });
});

test("nobody gives a member the role of the services admin, of everybody, or of the provider's staff", async () => {
  const { default: first } = world.named;
  const before = await snapshot();
  for (const role of ["servicesAdmin", "member", "csam", "customerAdministrator", "Csam"]) {
    const path = `${pathOf(first)}/members/${first.memberId}`;
    const answer = await api.ask(people.csamOfA, { method: "PATCH", path, json: { roles: [role] } });
    expect([role, answer.status]).toEqual([role, 400]);
  }
  expect(await snapshot()).toEqual(before);
});

test("a member's own change sets name, language and default group, and moves nothing else", async () => {
  const { default: first } = world.named;
  const person = { email: "steady@elsewhere.example" };
  const joined = await accept(api, person, await invite(api, people.csamOfA, first, person));
  const json = { name: "Steady", language: "pl", defaultGroupId: null };
  const path = `${pathOf(first)}/me`;
  const changed = await done(api, person, { method: "PATCH", path, json });
  expect(JSON.parse(changed.text)).toMatchObject({ ...joined, name: "Steady", language: "pl" });
});
