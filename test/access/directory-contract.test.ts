import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Change, Write } from "../../src/access/directory-store.ts";
import { type FollowUpTask, followUp } from "../../src/access/follow-up.ts";
import { assignRole, removeRole } from "../../src/access/role-assignment.ts";
import type { SupportContacts } from "../../src/access/support-contacts.ts";
import { DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { newMessage } from "../../src/messages/message.ts";
import { directoryTargets } from "./directory-targets.ts";
import {
  creating,
  customerIdOf,
  doing,
  someEntry,
  someGroup,
  someMember,
  T0,
  workspaceIdOf,
} from "./given.ts";

let customers = 0;
/** A customer that nothing was written for: with characters that a key may have, since every id may. */
const freshCustomer = () => customerIdOf(`cust ñ%20'"+&地 ${++customers}`);

describe.each(directoryTargets)("the promises of the directory, kept by $name", ({ open }) => {
  let opened: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    await opened.close();
  });
  const directory = () => opened.stores.directory;
  const everyEntry = (customerId: string) =>
    opened.stores.audit.page(customerId, {
      scope: { kind: "all" },
      reader: "",
      hiddenRequests: [],
      filter: undefined,
      after: undefined,
      limit: 200,
    });

  it("makes a change whole: members, group, contacts, entries, messages and follow-ups", async () => {
    const customerId = freshCustomer();
    const member = someMember("ana@cust.example", { customerId, name: "Ana 'O\"Neill" });
    const group = someGroup("g-1", { customerId });
    const contacts: SupportContacts = {
      id: "supportContacts",
      customerId,
      kind: "supportContacts",
      contacts: [{ memberId: member.memberId, workspaceId: member.workspaceId, since: T0 }],
    };
    const entry = someEntry(customerId, { before: { roles: [] }, after: { roles: ["member"], "a b": null } });
    const waiting = followUp(customerId, { type: "people", emails: [member.email] }, T0);
    const result = await directory().commit({
      customerId,
      writes: [member, group, contacts].map((document) => ({ document, etag: undefined })),
      audit: [entry],
      messages: [messageTo(customerId, member.email)],
      followUps: [waiting],
    });
    if (result.outcome !== "committed") throw new Error(result.outcome);
    expect(await directory().member(customerId, member.memberId)).toEqual({
      value: member,
      etag: result.etags.get(member.id),
    });
    expect(await directory().members(customerId, [member.memberId, "none"])).toHaveLength(1);
    expect((await directory().group(customerId, "g-1"))?.value).toEqual(group);
    expect((await directory().supportContacts(customerId))?.value).toEqual(contacts);
    expect(await everyEntry(customerId)).toEqual([entry]);
    expect(result.etags.get(waiting.id)).toMatch(/./);
  });

  it.each([
    ["a document that is there already is created", "overtaken"],
    ["a document is no longer as it was read", "overtaken"],
    ["a document that is gone is replaced", "overtaken"],
    ["the same request made the change before", "repeated"],
    ["one entry of the trail is there already", "repeated"],
    ["the same document is created twice by one change", "overtaken"],
    ["the message is there already", "overtaken"],
  ])("makes nothing of a change when %s", async (why, outcome) => {
    const customerId = freshCustomer();
    const known = someMember("known@cust.example", { customerId });
    const entry = someEntry(customerId);
    const message = messageTo(customerId, known.email);
    await directory().commit({ ...creating(customerId, known), audit: [entry], messages: [message] });
    const stranger = someMember("stranger@cust.example", { customerId });
    const change = { ...creating(customerId, stranger), messages: [messageTo(customerId, stranger.email)] };
    const other: Write = { document: known, etag: undefined };
    const variants: Readonly<Record<string, Change>> = {
      "a document that is there already is created": { ...change, writes: [...change.writes, other] },
      "a document is no longer as it was read": {
        ...change,
        writes: [...change.writes, { document: known, etag: '"00000000-0000-0000-0000-000000000000"' }],
      },
      "a document that is gone is replaced": {
        ...change,
        writes: [
          ...change.writes,
          { document: someMember("gone@cust.example", { customerId }), etag: '"1"' },
        ],
      },
      "the same request made the change before": { ...change, audit: [entry] },
      "one entry of the trail is there already": { ...change, audit: [...change.audit, entry] },
      "the same document is created twice by one change": {
        ...change,
        writes: [...change.writes, ...change.writes],
      },
      "the message is there already": { ...change, messages: [message] },
    };
    const planned = variants[why];
    if (planned === undefined) throw new Error(`no variant: ${why}`);
    const followUps = [
      followUp(customerId, { type: "people", emails: [stranger.email] }, "1990-01-01T00:00:00Z"),
    ];
    expect(await directory().commit({ ...planned, followUps })).toEqual({ outcome });
    expect(await directory().member(customerId, stranger.memberId)).toBeUndefined();
    expect(await everyEntry(customerId)).toEqual([entry]);
    const left = await directory().waiting("1990-01-02T00:00:00Z", 100);
    expect(left.filter(({ value }) => value.customerId === customerId)).toEqual([]);
  });

  it("replaces a member only as it was read, and gives the new tag", async () => {
    const customerId = freshCustomer();
    const member = someMember("ana@cust.example", { customerId });
    await directory().commit(creating(customerId, member));
    const first = (await directory().member(customerId, member.memberId))?.etag;
    const replaced = (roles: "learningManager"[], etag: string | undefined): Change => ({
      ...creating(customerId),
      writes: [{ document: { ...member, roles, revision: 2 }, etag }],
    });
    const result = await directory().commit(replaced(["learningManager"], first));
    if (result.outcome !== "committed") throw new Error(result.outcome);
    expect(await directory().commit(replaced([], first))).toEqual({ outcome: "overtaken" });
    const kept = await directory().member(customerId, member.memberId);
    expect(kept?.value.roles).toEqual(["learningManager"]);
    expect(kept?.etag).toBe(result.etags.get(member.id));
    expect(kept?.etag).not.toBe(first);
  });

  it("takes 100 documents in one change and refuses 101 before anything is written", async () => {
    const customerId = freshCustomer();
    const members = Array.from({ length: 100 }, (_, index) =>
      someMember(`m${index}@cust.example`, { customerId }),
    );
    await expect(directory().commit(creating(customerId, ...members))).rejects.toThrow(RangeError);
    expect(await directory().member(customerId, members[0]?.memberId ?? "")).toBeUndefined();
    expect((await directory().commit(creating(customerId, ...members.slice(1)))).outcome).toBe("committed");
  });

  it("keeps a follow-up until it is done as it was: one that was asked for again stays", async () => {
    const customerId = freshCustomer();
    const task: FollowUpTask = { type: "people", emails: ["ana@cust.example"] };
    const asked = async (createdAt: string) => {
      const waiting = followUp(customerId, task, createdAt);
      const change = { ...creating(customerId), writes: [], followUps: [waiting] };
      const result = await directory().commit(change);
      if (result.outcome !== "committed") throw new Error(result.outcome);
      return { waiting, etag: result.etags.get(waiting.id) ?? "" };
    };
    const mine = async () =>
      (await directory().waiting("1991", 1_000)).filter(({ value }) => value.customerId === customerId);
    const first = await asked("1990-01-01T00:00:00.000Z");
    const second = await asked("1990-01-02T00:00:00.000Z");
    expect(await mine()).toEqual([{ value: second.waiting, etag: second.etag }]);
    await directory().done(first.waiting, first.etag);
    expect(await mine()).toHaveLength(1);
    await directory().done(second.waiting, second.etag);
    expect(await mine()).toEqual([]);
    await directory().done(second.waiting, second.etag);
  });

  it("gives what waits since before an instant, oldest first, of all customers, as many as asked for", async () => {
    const ids = [freshCustomer(), freshCustomer(), freshCustomer()];
    for (const [index, customerId] of ids.entries()) {
      for (const createdAt of [
        `1989-01-0${3 - index}T00:00:00.000Z`,
        `1989-02-0${1 + index}T00:00:00.000Z`,
      ]) {
        const task: FollowUpTask = { type: "people", emails: [createdAt] };
        const followUps = [followUp(customerId, task, createdAt)];
        await directory().commit({ ...creating(customerId), writes: [], followUps });
      }
    }
    const all = await directory().waiting("1989-02-03T00:00:00.000Z", 100);
    expect(all.map(({ value }) => value.createdAt.slice(0, 10))).toEqual([
      "1989-01-01",
      "1989-01-02",
      "1989-01-03",
      "1989-02-01",
      "1989-02-02",
    ]);
    const two = await directory().waiting("1989-03", 2);
    expect(two.map(({ value }) => value.customerId)).toEqual([ids[2], ids[1]]);
    for (const { value, etag } of await directory().waiting("1989-03", 100))
      await directory().done(value, etag);
  });

  it("pages members by address, each once, of one workspace and of the statuses asked for", async () => {
    const customerId = freshCustomer();
    const other = workspaceIdOf("ws-other");
    const names = ["zoe", "ana", "bea", "carl", "dora"];
    const members = names.map((name) =>
      someMember(`${name}@cust.example`, { customerId, groupIds: [`g-${name}`] }),
    );
    const strangers = [
      someMember("ana@cust.example", { customerId, workspaceId: other }),
      someMember("removed@cust.example", { customerId, status: "removed" }),
      someMember("invited@cust.example", { customerId, status: "invited" }),
    ];
    await directory().commit(creating(customerId, ...members, ...strangers));
    const wanted = { workspaceId: DEFAULT_WORKSPACE_ID, statuses: ["active"], limit: 2 } as const;
    const seen: string[] = [];
    for (;;) {
      const page = await directory().memberPage(customerId, { ...wanted, after: seen.at(-1) });
      seen.push(...page.map(({ value }) => value.email));
      if (page.length < 2) break;
    }
    expect(seen).toEqual(names.toSorted().map((name) => `${name}@cust.example`));
    const both = { ...wanted, statuses: ["active", "invited"], after: "carl", limit: 9 } as const;
    expect((await directory().memberPage(customerId, both)).map(({ value }) => value.email)).toEqual(
      ["carl", "dora", "invited", "zoe"].map((name) => `${name}@cust.example`),
    );
    const ofGroup = { ...wanted, groupId: "g-bea", after: undefined };
    expect((await directory().memberPage(customerId, ofGroup)).map(({ value }) => value.email)).toEqual([
      "bea@cust.example",
    ]);
  });

  it.each([
    ["ana", ["ana@cust.example", "b@cust.example"]],
    ["ANA", ["ana@cust.example", "b@cust.example"]],
    ["a@cust", ["ana@cust.example"]],
    ["ÑANDÚ", ["c@cust.example"]],
    ["100%", ["d@cust.example"]],
    ["%", ["d@cust.example"]],
    ["_", []],
    ["O'B", ["e@cust.example"]],
    ['"x"', ["e@cust.example"]],
    ["\\", ["d@cust.example"]],
    ["' OR true --", []],
    ["nobody", []],
  ])("finds members by a part of name or address, as it is written: %s", async (search, found) => {
    const customerId = freshCustomer();
    const named = [
      someMember("ana@cust.example", { customerId }),
      someMember("b@cust.example", { customerId, name: "Mariana" }),
      someMember("c@cust.example", { customerId, name: "Ñandú" }),
      someMember("d@cust.example", { customerId, name: "100% \\ sure" }),
      someMember("e@cust.example", { customerId, name: `O'Brien "x"` }),
    ];
    await directory().commit(creating(customerId, ...named));
    const page = {
      workspaceId: DEFAULT_WORKSPACE_ID,
      statuses: ["active"],
      search,
      after: undefined,
      limit: 9,
    } as const;
    expect((await directory().memberPage(customerId, page)).map(({ value }) => value.email)).toEqual(found);
  });

  it("gives all that is known of one person, and who administers a workspace, each address once", async () => {
    const customerId = freshCustomer();
    const roles = ["workspaceAdministrator"] as const;
    const second = workspaceIdOf("ws-2");
    const members = [
      someMember("ana@cust.example", { customerId, roles: [...roles] }),
      someMember("ana@cust.example", { customerId, roles: [...roles], workspaceId: second }),
      someMember("bea@cust.example", { customerId, roles: [...roles], status: "removed" }),
      someMember("carl@cust.example", { customerId, roles: ["learningManager"] }),
    ];
    const [change, assignment] = assignRole(doing("assign", customerId), undefined, {
      email: "Ana@cust.example",
      role: "csam",
    });
    await directory().commit(creating(customerId, ...members));
    await directory().commit(change);
    const { personId } = assignment;
    const facts = await directory().ofPerson(customerId, personId);
    expect(facts.members.map(({ workspaceId }) => workspaceId).toSorted()).toEqual(["ws-2", "ws-default"]);
    expect(facts.assignments).toEqual([assignment]);
    expect(await directory().administrators(customerId)).toEqual(["ana@cust.example"]);
    expect(await directory().ofPerson(customerId, "nobody")).toEqual({ members: [], assignments: [] });
  });

  it("lists active groups by name and roles that hold, and finds by id also those that do not", async () => {
    const customerId = freshCustomer();
    const groups = [
      someGroup("g-b", { customerId, name: "Beta" }),
      someGroup("g-a", { customerId, name: "Alpha" }),
      someGroup("g-d", { customerId, name: "Aaa", status: "deleted" }),
      someGroup("g-o", { customerId, name: "Aaa", workspaceId: workspaceIdOf("ws-2") }),
    ];
    const writes = groups.map((document) => ({ document, etag: undefined }));
    await directory().commit({ ...creating(customerId), writes });
    const found = await directory().groups(customerId, DEFAULT_WORKSPACE_ID);
    expect(found.map(({ value }) => value.groupId)).toEqual(["g-a", "g-b"]);
    expect((await directory().group(customerId, "g-d"))?.value.status).toBe("deleted");
    const person = { email: "ana@cust.example", role: "advocate" } as const;
    const [assigned, { roleAssignmentId }] = assignRole(doing("assign", customerId), undefined, person);
    await directory().commit(assigned);
    const known = await directory().roleAssignment(customerId, roleAssignmentId);
    expect(await directory().roleAssignments(customerId)).toEqual([known]);
    if (known !== undefined) await directory().commit(removeRole(doing("remove", customerId), known)[0]);
    expect(await directory().roleAssignments(customerId)).toEqual([]);
    expect((await directory().roleAssignment(customerId, roleAssignmentId))?.value.status).toBe("removed");
  });

  it("keeps customers apart, also where their documents have the same ids", async () => {
    const [mine, other] = [freshCustomer(), freshCustomer()];
    const memberOf = (customerId: typeof mine, name: string) => ({
      ...someMember("same@cust.example"),
      customerId,
      name,
    });
    const groupOf = (customerId: typeof mine) => someGroup("g-same", { customerId, name: customerId });
    for (const customerId of [mine, other]) {
      const change = creating(customerId, memberOf(customerId, customerId));
      const group = { document: groupOf(customerId), etag: undefined };
      const result = await directory().commit({ ...change, writes: [...change.writes, group] });
      expect(result.outcome).toBe("committed");
    }
    const { memberId, personId } = someMember("same@cust.example");
    const page = {
      workspaceId: DEFAULT_WORKSPACE_ID,
      statuses: ["active"],
      after: undefined,
      limit: 9,
    } as const;
    for (const customerId of [mine, other]) {
      expect((await directory().member(customerId, memberId))?.value.name).toBe(customerId);
      expect((await directory().members(customerId, [memberId])).map(({ value }) => value.name)).toEqual([
        customerId,
      ]);
      expect((await directory().memberPage(customerId, page)).map(({ value }) => value.name)).toEqual([
        customerId,
      ]);
      expect((await directory().ofPerson(customerId, personId)).members.map(({ name }) => name)).toEqual([
        customerId,
      ]);
      expect(
        (await directory().groups(customerId, DEFAULT_WORKSPACE_ID)).map(({ value }) => value.name),
      ).toEqual([customerId]);
      expect(await everyEntry(customerId)).toHaveLength(1);
    }
    expect(await directory().member(freshCustomer(), memberId)).toBeUndefined();
  });
});

const messageTo = (customerId: ReturnType<typeof freshCustomer>, email: string) =>
  newMessage(
    {
      id: `message~${someMember(email).memberId}~1`,
      customerId,
      to: { email },
      language: "es",
      content: {
        template: "welcome",
        customerName: "Customer",
        workspaceName: "Workspace",
        agreementNumber: "1",
        isSupportContact: false,
      },
    },
    T0,
  );
