import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CUSTOMER } from "../fakes/events.ts";
import { accept, createGroup, done, invite, join, membersOf, pathOf } from "./support/access-steps.ts";
import { visible } from "./support/answer.ts";
import type { Ask } from "./support/running-api.ts";
import { mailsAbout } from "./support/support-mail.ts";
import {
  type OpenedRequest,
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
  WORKSPACE,
} from "./support/support-world.ts";

const FIRST = { customerId: CUSTOMER, workspaceId: WORKSPACE };

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const shareSchema = z.looseObject({ kind: z.string(), shareId: z.string() });
const listSchema = z.object({ value: z.array(shareSchema) });
const pathTo = ({ requestId }: OpenedRequest, rest = ""): string =>
  `supportRequests/${encodeURIComponent(requestId)}${rest}`;
const ask = (who: PersonName, request: Ask) => world.api.ask(PEOPLE[who], request);

const share = (who: PersonName, request: OpenedRequest, email: string, headers = {}) =>
  ask(who, { method: "POST", path: pathTo(request, "/shares"), json: { email }, headers });
const shareWithGroup = (who: PersonName, request: OpenedRequest, groupId: string, headers = {}) =>
  ask(who, { method: "PUT", path: pathTo(request, "/shares/group"), json: { groupId }, headers });
const unshare = (who: PersonName, request: OpenedRequest, shareId: string, headers = {}) =>
  ask(who, { method: "DELETE", path: pathTo(request, `/shares/${shareId}`), headers });
const sharesOf = async (who: PersonName, request: OpenedRequest) =>
  (await done(world.api, PEOPLE[who], { path: pathTo(request, "/shares") })).read(listSchema).value;
const isSeenBy = async (who: PersonName, request: OpenedRequest): Promise<boolean> =>
  (await ask(who, { path: pathTo(request) })).status === 200;

/** What lists, search and counts hold for somebody. */
async function found(who: PersonName, query: Readonly<Record<string, string>>) {
  const answer = await done(world.api, PEOPLE[who], {
    path: "supportRequests",
    query: { ...query, count: "true", maxpagesize: "1000" },
  });
  const list = answer.read(
    z.object({ value: z.array(z.looseObject({ requestId: z.string() })), count: z.int() }),
  );
  return { ids: list.value.map(({ requestId }) => requestId), count: list.count };
}

const trailSchema = z.object({
  value: z.array(
    z.looseObject({
      action: z.string(),
      target: z.string(),
      before: z.unknown().optional(),
      after: z.unknown().optional(),
    }),
  ),
});
async function trailOf(request: OpenedRequest, action: string) {
  const path = `customers/${CUSTOMER}/auditEntries`;
  const answer = await done(world.api, PEOPLE.csam, { path, query: { maxpagesize: "1000" } });
  return answer
    .read(trailSchema)
    .value.filter((entry) => entry.action === action && entry.target.includes(request.requestId));
}

describe("sharing with a member", () => {
  test("gives access that details, lists, search and counts show at once, and tells the member", async () => {
    const request = await world.open({ title: "Zymurgy fails" });
    expect(await found("member", { search: "zymurgy" })).toEqual({ ids: [], count: 0 });
    expect((await share("contact", request, "MIA@cust-t.example")).status).toBe(201);
    expect(await isSeenBy("member", request)).toBe(true);
    expect(await found("member", { search: "zymurgy" })).toEqual({ ids: [request.requestId], count: 1 });
    expect((await found("member", {})).ids).toContain(request.requestId);
    const [mail, ...more] = await mailsAbout(world, request, PEOPLE.member);
    expect(more).toEqual([]);
    expect(mail?.text).toContain("Zymurgy fails");
    expect(mail?.text).toContain("zoe@cust-t.example");
    const [entry] = await trailOf(request, "supportRequestShared");
    expect(entry).toMatchObject({
      before: { sharedWith: [], groupId: null },
      after: { sharedWith: [PEOPLE.member.email], groupId: null },
    });
  });

  test("again changes nothing and tells nobody, and taking it back ends the access at once", async () => {
    const request = await world.open();
    const first = await share("contact", request, PEOPLE.member.email);
    const again = await share("contact", request, PEOPLE.member.email);
    expect(again.text).toBe(first.text);
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(await mailsAbout(world, request, PEOPLE.member)).toHaveLength(1);
    const { shareId } = first.read(shareSchema);
    expect((await unshare("contact", request, shareId)).status).toBe(204);
    expect(await isSeenBy("member", request)).toBe(false);
    expect((await unshare("contact", request, shareId)).status).toBe(404);
    const [entry] = await trailOf(request, "supportRequestUnshared");
    expect(entry).toMatchObject({
      before: { sharedWith: [PEOPLE.member.email] },
      after: { sharedWith: [] },
    });
  });

  test("at once by several gives access once and tells the member once", async () => {
    const request = await world.open({ groupId: world.groupId });
    const all = await Promise.all(
      (["contact", "admin", "groupMember", "contact", "admin"] as const).map((who) =>
        share(who, request, PEOPLE.member.email),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect((await sharesOf("contact", request)).filter(({ kind }) => kind === "user")).toHaveLength(1);
    expect(await mailsAbout(world, request, PEOPLE.member)).toHaveLength(1);
  });

  test("is a right of members as long as they are members", async () => {
    const leaver = { email: "leaver@cust-t.example" };
    const { memberId } = await join(world.api, PEOPLE.admin, FIRST, leaver);
    const request = await world.open();
    await share("contact", request, leaver.email);
    const sees = async () => (await world.api.ask(leaver, { path: pathTo(request) })).status;
    expect(await sees()).toBe(200);
    const path = `${pathOf(FIRST)}/members/${memberId}`;
    await done(world.api, PEOPLE.admin, { method: "DELETE", path });
    expect(await sees()).toBe(404);
  });

  test("of a version that is no longer the newest is refused", async () => {
    const request = await world.open();
    const etag = (await ask("contact", { path: pathTo(request) })).headers.get("etag") ?? "";
    const listed = await ask("contact", { path: pathTo(request, "/shares") });
    expect(listed.headers.get("etag")).toBe(etag);
    const current = { "if-match": etag };
    expect((await shareWithGroup("contact", request, world.groupId, current)).status).toBe(200);
    expect((await shareWithGroup("contact", request, world.groupId, current)).status).toBe(412);
    expect((await unshare("contact", request, "group", current)).status).toBe(412);
    expect((await unshare("contact", request, "group")).status).toBe(204);
  });
});

describe("sharing with a group", () => {
  test("is with one at a time: another one takes the access of the members of the first", async () => {
    const members = await membersOf(world.api, PEOPLE.admin, FIRST);
    const memberId = members.get(PEOPLE.member.email)?.memberId ?? "";
    const other = await createGroup(world.api, PEOPLE.admin, FIRST, "Night shift", [memberId]);
    const request = await world.open({ groupId: world.groupId });
    const see = async () => [await isSeenBy("groupMember", request), await isSeenBy("member", request)];
    expect(await see()).toEqual([true, false]);
    expect((await shareWithGroup("groupMember", request, other)).status).toBe(200);
    expect(await see()).toEqual([false, true]);
    expect(await sharesOf("contact", request)).toEqual([{ kind: "group", shareId: "group", groupId: other }]);
    const [entry] = await trailOf(request, "supportRequestShared");
    expect(entry).toMatchObject({ before: { groupId: world.groupId }, after: { groupId: other } });
    const path = `${pathOf(FIRST)}/groups/${other}`;
    await done(world.api, PEOPLE.admin, { method: "DELETE", path: `${path}/members/${memberId}` });
    expect(await see()).toEqual([false, false]);
    await done(world.api, PEOPLE.admin, { method: "DELETE", path });
    expect((await shareWithGroup("contact", request, other)).text).toContain("UnknownGroup");
    expect((await unshare("contact", request, "group")).status).toBe(204);
    expect(await sharesOf("contact", request)).toEqual([]);
  });

  test("of another workspace, or that is not there, is refused", async () => {
    const second = { customerId: CUSTOMER, workspaceId: world.otherWorkspace };
    const foreign = await createGroup(world.api, PEOPLE.elsewhere, second, "Elsewhere", []);
    const request = await world.open();
    const answers = [
      await shareWithGroup("contact", request, foreign),
      await shareWithGroup("contact", request, "no-group"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    const withoutId = answers.map(({ text }) => text.replaceAll(/"requestId":"[^"]*"/g, ""));
    expect(withoutId[0]).toBe(withoutId[1]);
  });
});

describe("sending to somebody outside", () => {
  test("is by e-mail only, without a link, and gives no access", async () => {
    const request = await world.open({ severity: "critical" });
    const answer = await share("contact", request, PEOPLE.stranger.email);
    expect(answer.read(shareSchema)).toMatchObject({
      kind: "outside",
      email: PEOPLE.stranger.email,
      sends: 1,
    });
    expect(await isSeenBy("stranger", request)).toBe(false);
    const [mail] = await mailsAbout(world, request, PEOPLE.stranger);
    for (const told of [request.number, "Backups fail since Monday", "zoe@cust-t.example"])
      expect(mail?.text).toContain(told);
    for (const secret of [request.requestId, "0x80070020", "http", "href", WORKSPACE])
      expect(`${mail?.text}${mail?.html}`).not.toContain(secret);
    const [entry] = await trailOf(request, "supportRequestSentOutside");
    expect(entry).toMatchObject({ before: { sends: 0 }, after: { sends: 1, email: PEOPLE.stranger.email } });
    const { shareId } = answer.read(shareSchema);
    expect((await unshare("contact", request, shareId)).status).toBe(204);
    expect(await sharesOf("contact", request)).toEqual([]);
  });

  test("is what becomes of somebody who is invited and has not accepted, or belongs to another workspace", async () => {
    const invited = { email: "invited@cust-t.example" };
    await invite(world.api, PEOPLE.admin, FIRST, invited);
    const request = await world.open();
    for (const { email } of [invited, PEOPLE.elsewhere]) {
      expect((await share("contact", request, email)).read(shareSchema).kind).toBe("outside");
      expect((await world.api.ask({ email }, { path: pathTo(request) })).status).toBe(404);
    }
    const [mail] = await mailsAbout(world, request, PEOPLE.elsewhere);
    expect(mail?.subject).toContain("Solicitud de soporte");
  });

  test("happens once for a repeated request, and at most 20 times an hour", async () => {
    const request = await world.open();
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f1001" };
    const [first, second] = [
      await share("contact", request, "first@elsewhere.example", headers),
      await share("contact", request, "first@elsewhere.example", headers),
    ];
    expect(second?.text).toBe(first?.text);
    expect(await mailsAbout(world, request, { email: "first@elsewhere.example" })).toHaveLength(1);
    const statuses: number[] = [];
    for (let index = 0; index < 20; index++)
      statuses.push((await share("contact", request, `someone${index}@elsewhere.example`)).status);
    expect(statuses).toEqual([...Array.from({ length: 19 }, () => 201), 409]);
    const refused = await share("contact", request, "more@elsewhere.example");
    expect(refused.text).toContain("TooManySends");
    expect(await mailsAbout(world, request, { email: "more@elsewhere.example" })).toEqual([]);
    expect((await share("contact", request, PEOPLE.member.email)).status).toBe(201);
  });
});

describe("the repeat of a share", () => {
  test("gives no access to somebody outside who has become a member since, and answers as the first did", async () => {
    const nina = { email: "nina@cust-t.example" };
    const invitationId = await invite(world.api, PEOPLE.admin, FIRST, nina);
    const request = await world.open();
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f1002" };
    const first = await share("contact", request, nina.email, headers);
    await accept(world.api, nina, invitationId);
    const second = await share("contact", request, nina.email, headers);
    expect([second.status, second.text]).toEqual([201, first.text]);
    expect((await world.api.ask(nina, { path: pathTo(request) })).status).toBe(404);
    expect(await mailsAbout(world, request, nina)).toHaveLength(1);
    expect((await share("contact", request, nina.email)).read(shareSchema).kind).toBe("user");
  });

  test("sends nothing to somebody who is no member any more, also when it was taken back", async () => {
    const former = { email: "former@cust-t.example" };
    const { memberId } = await join(world.api, PEOPLE.admin, FIRST, former);
    const request = await world.open();
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f1003" };
    const first = await share("contact", request, former.email, headers);
    const path = `${pathOf(FIRST)}/members/${memberId}`;
    await done(world.api, PEOPLE.admin, { method: "DELETE", path });
    const repeat = async () => {
      const { status, text } = await share("contact", request, former.email, headers);
      return [status, text];
    };
    expect(await repeat()).toEqual([201, first.text]);
    await unshare("contact", request, first.read(shareSchema).shareId);
    expect(await repeat()).toEqual([201, first.text]);
    expect(await sharesOf("contact", request)).toEqual([]);
    expect(await mailsAbout(world, request, former)).toHaveLength(1);
  });
});

describe("who shares", () => {
  /** [list, share with a member, send outside, put a group, take it off] */
  const operations = async (who: PersonName, request: OpenedRequest) => [
    (await ask(who, { path: pathTo(request, "/shares") })).status,
    (await share(who, request, PEOPLE.otherContact.email)).status,
    (await share(who, request, "outside@elsewhere.example")).status,
    (await shareWithGroup(who, request, world.groupId)).status,
    (await unshare(who, request, "group")).status,
  ];
  const ALLOWED = [200, 201, 201, 200, 204];
  const REFUSED = [200, 403, 403, 403, 403];
  const ABSENT = [404, 404, 404, 404, 404];
  const expected: Readonly<Record<PersonName, readonly number[]>> = {
    admin: ALLOWED,
    contact: ALLOWED,
    customerAdministrator: ALLOWED,
    // It is shared with this one.
    member: ALLOWED,
    viewsAll: REFUSED,
    requestAdmin: REFUSED,
    csam: REFUSED,
    incidentManager: REFUSED,
    otherContact: ABSENT,
    groupMember: ABSENT,
    elsewhere: ABSENT,
    advocate: ABSENT,
    otherAdvocate: ABSENT,
    stranger: ABSENT,
  };

  test.each(Object.keys(expected) as PersonName[])("as the table says: %s", async (who) => {
    const request = await world.open({ sharedWith: [PEOPLE.member.email] });
    expect(await operations(who, request)).toEqual(expected[who]);
  });

  test("an incentive-related request: nobody, and for others it is not there", async () => {
    const request = await world.open({ isIncentiveRelated: true });
    const answers = [
      await share("contact", request, PEOPLE.member.email),
      await share("contact", request, PEOPLE.stranger.email),
      await shareWithGroup("contact", request, world.groupId),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(409);
      expect(text).toContain("IncentiveNotShared");
    }
    const absent = { ...request, requestId: `${CUSTOMER}~SR-222222222222` };
    for (const who of ["admin", "member", "csam", "stranger"] as const) {
      expect(visible(await share(who, request, PEOPLE.stranger.email))).toEqual(
        visible(await share(who, absent, PEOPLE.stranger.email)),
      );
    }
    expect(await mailsAbout(world, request, PEOPLE.stranger)).toEqual([]);
  });
});
