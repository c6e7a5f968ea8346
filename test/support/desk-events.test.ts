import { describe, expect, it } from "vitest";
import { applyChange, nobodyToTell } from "../../src/access/apply-change.ts";
import { type AuditEntry, auditEntrySchema } from "../../src/access/audit-entry.ts";
import { personIdOf } from "../../src/access/member.ts";
import { removeRole, roleAssignmentIdOf } from "../../src/access/role-assignment.ts";
import { workspaceIdSchema } from "../../src/agreements/ids.ts";
import { messageSchema } from "../../src/messages/message.ts";
import { addContact } from "../../src/support/contacts.ts";
import { requestNumberSchema } from "../../src/support/request.ts";
import { agreementEvent, CUSTOMER, communicatedEvent, upsertedEvent } from "../fakes/events.ts";
import { memoryRequests } from "../fakes/memory-requests.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import {
  changeHere,
  type DeskWorld,
  KEY,
  NOW,
  OPENED_AT,
  openHere,
  recorderOf,
  rolesOf,
  startDesk,
} from "./desk-world.ts";

const advocate = { name: "Nora", email: "Nora@Provider.example" };
const GIVEN = ["nora@provider.example: advocate active 1"];

const record = async (world: DeskWorld, ...bodies: string[]) => recorderOf(world).record(bodies);
const openRejections = ({ stores }: DeskWorld): string[] =>
  stores
    .rejected()
    .flatMap(({ status, event, reason }) => (status === "rejected" ? [`${event.id}: ${reason.code}`] : []));

const named = (...names: readonly string[]) => ({
  contacts: names.map((name) => ({ name, email: `${name}@cust-t.example` })),
});

/** As the advocate does it. */
async function addHere(world: DeskWorld, who: string, name?: string): Promise<void> {
  const contact = { email: `${who}@cust-t.example`, name, language: "es" } as const;
  const key = `contact ${who}`;
  const doing = { customerId: KEY.customerId, actor: { subject: "nora" }, at: OPENED_AT, key };
  const sender = { email: "n@p.example", name: "N" };
  await changeHere(world, (known) => known && addContact(doing, sender, known, contact));
}

function contactsOf({ kept }: DeskWorld) {
  const request = kept.request(KEY);
  return request?.kind === "supportRequest" ? request.contacts : [];
}

describe("an event of a customer that nobody knows yet", () => {
  it("is kept, and recorded when the agreement comes that makes the customer known", async () => {
    const world = { stores: memoryStores(), kept: memoryRequests() };
    const [upserted, communicated] = await record(world, upsertedEvent("u1"), communicatedEvent("c1"));
    expect(upserted).toMatchObject({ status: "rejected", rejection: { code: "unknownCustomer" } });
    expect(communicated).toMatchObject({ status: "rejected", rejection: { target: "data.customerId" } });
    expect(world.kept.documents()).toEqual([]);
    await record(world, agreementEvent());
    expect(openRejections(world)).toEqual([]);
    expect(world.kept.request(KEY)).toMatchObject({ title: "Backups fail", language: "es" });
    expect(world.kept.communications()).toHaveLength(1);
  });

  it("or of a workspace that is none of its customer's is rejected with that reason, and nothing is kept of it", async () => {
    const world = await startDesk();
    const [outcome] = await record(world, upsertedEvent("u1", { workspaceId: "ws-elsewhere" }));
    expect(outcome).toMatchObject({ status: "rejected", rejection: { code: "unknownWorkspace" } });
    expect(world.kept.documents()).toEqual([]);
  });
});

describe("an event", () => {
  it("is repeated with the same content, and refused with another one", async () => {
    const world = await startDesk();
    const [first, again, other] = await record(
      world,
      upsertedEvent("u1"),
      upsertedEvent("u1"),
      upsertedEvent("u1", { title: "Other" }),
    );
    expect([first, again]).toEqual([{ status: "recorded" }, { status: "repeated" }]);
    expect(other).toMatchObject({
      status: "rejected",
      rejection: { code: "conflictingContent", target: "id" },
    });
    expect(world.kept.request(KEY)).toMatchObject({ title: "Backups fail", revision: 1 });
  });

  it("keeps the members that nobody knows, also of people, and is kept whole whatever is shown of it", async () => {
    const world = await startDesk();
    const data = { title: "x".repeat(1_000), note: { deep: [1] }, advocate: { ...advocate, phone: "1" } };
    await record(world, upsertedEvent("u1", data));
    expect(world.kept.facts()[0]?.event.data).toMatchObject({ ...data, advocate: { phone: "1" } });
    expect(world.kept.request(KEY)).toMatchObject({ title: "x".repeat(256) });
  });

  it("of one customer touches no request of another with the same number", async () => {
    const world = await startDesk();
    const other = { customerId: "cust-u", agreementId: "agr-u" };
    await record(world, agreementEvent(other, { id: "other" }), upsertedEvent("u1", { title: "Ours" }));
    await record(world, upsertedEvent("u1", { customerId: "cust-u", title: "Theirs" }));
    await record(world, communicatedEvent("c1", { customerId: "cust-u" }));
    expect(world.kept.request(KEY)).toMatchObject({ title: "Ours", responses: { firstAt: null } });
    expect(world.kept.communications().map(({ customerId }) => customerId)).toEqual(["cust-u"]);
  });

  it("shows nothing of what no reader sees, and cuts what is too long for a list", async () => {
    const world = await startDesk();
    const hostile = "a\u0000b\r\nc\u2028d\ud800e\u0007 ";
    await record(
      world,
      upsertedEvent("u1", {
        title: hostile,
        description: `${hostile}${"y".repeat(30_000)}`,
        product: " \u0000 ",
        primaryContact: { name: `Ana${"\u0301".repeat(200)}`, email: "ANA@cust-t.example" },
      }),
    );
    const request = world.kept.request(KEY);
    expect(request).toMatchObject({ title: "ab c d\ufffde", product: null });
    expect(request).toMatchObject({ primaryContact: { email: "ana@cust-t.example" } });
    expect(request).toHaveProperty("description", expect.stringMatching(/^ab\nc\nd\ufffde y{19990,}$/));
  });

  it("of an older version never overrules the status of a newer one, whatever its time and whichever comes first", async () => {
    const newer = { version: 5, status: "closed", severity: "critical" };
    const older = { version: 4, status: "open", severity: "minimal" };
    const bodies = [
      upsertedEvent("u5", newer, { time: "2026-03-01T10:00:00Z" }),
      upsertedEvent("u4", older, { time: "2026-03-01T11:00:00Z" }),
      // No version is older than any.
      upsertedEvent("u0", { status: "attentionNeeded" }, { time: "2026-03-01T12:00:00Z" }),
    ];
    for (const order of [bodies, bodies.toReversed()]) {
      const world = await startDesk();
      await record(world, ...order);
      expect(world.kept.request(KEY)).toMatchObject({
        status: "closed",
        severity: "critical",
        closedAt: "2026-03-01T10:00:00.000Z",
      });
    }
  });

  it("with a time of more than a day ahead is refused until then, and changes nothing of what comes after it", async () => {
    const world = await startDesk();
    const [late, latest] = ["2026-11-21T00:00:00.001Z", "2026-11-21T00:00:00.000Z"];
    const outcomes = await record(
      world,
      upsertedEvent("u1", {}, { time: late }),
      upsertedEvent("u2", { openedAt: late }),
      upsertedEvent("u3", { changedAt: late }),
      communicatedEvent("c1", {}, { time: late }),
      communicatedEvent("c2", { sentAt: late }),
    );
    const targets = ["time", "data.openedAt", "data.changedAt", "time", "data.sentAt"];
    expect(outcomes).toMatchObject(
      targets.map((target) => ({ status: "rejected", rejection: { code: "timeInFuture", target } })),
    );
    expect(openRejections(world)).toHaveLength(targets.length);
    expect(world.kept.documents()).toEqual([]);
    const times = { openedAt: latest, changedAt: latest };
    expect(
      await record(
        world,
        upsertedEvent("u4", times, { time: latest }),
        communicatedEvent("c3", { sentAt: latest }, { time: latest }),
      ),
    ).toEqual([{ status: "recorded" }, { status: "recorded" }]);
  });

  it("counts by the millisecond, and within one by its id", async () => {
    const world = await startDesk();
    await record(
      world,
      upsertedEvent("u2", { title: "Second" }, { time: "2026-03-01T10:00:00.0001Z" }),
      upsertedEvent("u1", { title: "First", status: "closed" }, { time: "2026-03-01T10:00:00.0009Z" }),
    );
    expect(world.kept.request(KEY)).toMatchObject({ title: "Second", status: "open" });
  });

  it("adds contacts beside those of the advocate here, and takes away only its own", async () => {
    const world = await startDesk();
    await openHere(world);
    await addHere(world, "eva");
    await record(world, upsertedEvent("u1", named("ana", "bob", "eva")));
    await record(world, upsertedEvent("u2", named("bob"), { time: "2026-03-02T00:00:00Z" }));
    await record(world, upsertedEvent("u3", {}, { time: "2026-03-03T00:00:00Z" }));
    expect(contactsOf(world).map(({ email, isUpstream }) => [email, isUpstream])).toEqual([
      ["eva@cust-t.example", undefined],
      ["bob@cust-t.example", true],
    ]);
  });
});

describe("a contact whom the support desk named", () => {
  it("stays once the advocate adds them, under the new name, and once only, whatever events say later", async () => {
    const world = await startDesk();
    await record(world, upsertedEvent("u1", named("ana", "bob")));
    await addHere(world, "bob", "Bob");
    await addHere(world, "ana");
    await addHere(world, "bob", "Robert");
    await record(world, upsertedEvent("u2", { contacts: [] }, { time: "2026-03-02T00:00:00Z" }));
    expect(contactsOf(world)).toEqual([
      { email: "bob@cust-t.example", name: "Bob", addedAt: OPENED_AT },
      { email: "ana@cust-t.example", name: "ana", addedAt: OPENED_AT },
    ]);
    const entries = world.kept.documents().filter(({ kind }) => kind === "auditEntry");
    expect(entries).toMatchObject([
      { action: "supportRequestOpened" },
      { action: "supportRequestContactAdded" },
      { action: "supportRequestContactAdded" },
    ]);
  });
});

describe("whoever is named as the advocate", () => {
  it("has the role at the customer, once, however many events say so", async () => {
    const world = await startDesk();
    await record(world, upsertedEvent("u1", { advocate }));
    await record(world, upsertedEvent("u2", { advocate, number: "INC0000002" }));
    await record(world, upsertedEvent("u1", { advocate }));
    expect(rolesOf(world.stores)).toEqual(GIVEN);
    const [entry, ...others] = world.stores
      .directoryDocuments()
      .flatMap((each) => (each.kind === "auditEntry" && each.action === "roleAssigned" ? [each] : []));
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ actor: { subject: "/servicedesk" }, customerId: CUSTOMER });
  });

  it("does not get back what somebody took away", async () => {
    const world = await startDesk();
    await record(world, upsertedEvent("u1", { advocate }));
    const { directory } = world.stores;
    const id = roleAssignmentIdOf("advocate", personIdOf(KEY.customerId, "nora@provider.example"));
    const known = await directory.roleAssignment(KEY.customerId, id);
    if (known === undefined) throw new Error("there is no assignment");
    const doing = { customerId: KEY.customerId, actor: { subject: "csam" }, at: NOW, key: "removal" };
    await applyChange({ ...world.stores, ...nobodyToTell }, removeRole(doing, known)[0]);
    await record(
      world,
      upsertedEvent("u2", { advocate }, { time: "2026-03-02T00:00:00Z" }),
      upsertedEvent("u1", { advocate }),
    );
    expect(rolesOf(world.stores)).toEqual(["nora@provider.example: advocate removed 2"]);
  });

  it("needs none where the agreement names them, gets none by an old event, and none of what nobody may know of", async () => {
    const world = await startDesk();
    const team = [
      { email: "csam@provider.example", role: "csam" },
      { email: advocate.email, role: "advocate" },
    ];
    await record(
      world,
      agreementEvent({ accountTeam: team }, { id: "amended", time: "2026-02-01T00:00:00Z" }),
    );
    await record(world, upsertedEvent("u1", { advocate }));
    expect(rolesOf(world.stores)).toEqual([]);

    const other = { email: "otto@provider.example" };
    await record(world, upsertedEvent("u0", { advocate: other }, { time: "2026-02-01T00:00:00Z" }));
    expect(rolesOf(world.stores)).toEqual([]);

    await record(world, upsertedEvent("u9", { number: "INC9", advocate: other, isIncentiveRelated: true }));
    expect(rolesOf(world.stores)).toEqual([]);
    const number = requestNumberSchema.parse("INC9");
    expect(world.kept.request({ ...KEY, number })).toMatchObject({ advocate: { email: other.email } });
  });
});

describe("people at the customer", () => {
  const told = ({ kept }: DeskWorld): string[] =>
    kept
      .documents()
      .filter(({ kind }) => kind === "message")
      .map((each) => messageSchema.parse(each))
      .map(({ to, content }) => `${to.email} ${content.template}`);
  const creator = { createdBy: "contact@cust-t.example" };
  const today = { time: "2026-11-19T23:00:00Z" };

  it("are told once of a status that is news, and of none that is old or was there already", async () => {
    const world = await startDesk();
    await record(
      world,
      upsertedEvent("u1", creator),
      upsertedEvent("u0", { status: "closed" }, { time: "2026-03-02T00:00:00Z" }),
    );
    expect(told(world)).toEqual([]);
    const news = upsertedEvent("u2", { status: "attentionNeeded" }, today);
    await record(world, news, news);
    await record(
      world,
      upsertedEvent("u3", { status: "attentionNeeded", title: "T" }, { time: "2026-11-19T23:30:00Z" }),
    );
    expect(told(world)).toEqual(["contact@cust-t.example supportRequestStatus"]);
  });
});

describe("the audit trail", () => {
  const trail = ({ kept }: DeskWorld): AuditEntry[] =>
    kept.documents().flatMap((each) => (each.kind === "auditEntry" ? [auditEntrySchema.parse(each)] : []));

  async function addWorkspace({ stores }: DeskWorld, workspaceId: string): Promise<void> {
    const known = await stores.customers.read(KEY.customerId);
    const [first] = known?.value.workspaces ?? [];
    if (known === undefined || first === undefined) throw new Error("there is no customer");
    const other = { ...first, workspaceId: workspaceIdSchema.parse(workspaceId) };
    await stores.customers.save({ ...known.value, workspaces: [first, other] }, known.etag);
  }

  it("says what the support desk changed of who sees a request and how it stands, and of nothing else", async () => {
    const world = await startDesk();
    await record(
      world,
      upsertedEvent("u1"),
      upsertedEvent("u2", { title: "Other words" }, { time: "2026-03-02T00:00:00Z" }),
      upsertedEvent("u3", { status: "closed" }, { time: "2026-03-03T00:00:00Z" }),
      communicatedEvent("c1"),
    );
    expect(trail(world)).toMatchObject([
      { action: "supportRequestOpened", actor: { subject: "/servicedesk" } },
      { action: "supportRequestChanged", before: { status: "open" }, after: { status: "closed" } },
    ]);
  });

  it("says where a request belongs to now, and to either workspace of a move its own side", async () => {
    const world = await startDesk();
    await addWorkspace(world, "ws-other");
    await record(
      world,
      upsertedEvent("u1"),
      upsertedEvent("u2", { agreementId: "agr-t-base" }, { time: "2026-03-02T00:00:00Z" }),
      upsertedEvent(
        "u3",
        { workspaceId: "ws-other", status: "closed", createdBy: "zoe@cust-t.example" },
        { time: "2026-03-03T00:00:00Z" },
      ),
    );
    const [opened, linked, ...moved] = trail(world);
    expect(opened).toMatchObject({ workspaceId: "ws-default", after: { agreementId: null } });
    expect(linked).toMatchObject({ before: { agreementId: null }, after: { agreementId: "agr-t-base" } });
    expect(moved).toHaveLength(2);
    const [left, come] = ["ws-default", "ws-other"].map((id) =>
      moved.find(({ workspaceId }) => workspaceId === id),
    );
    expect(left).toMatchObject({ before: { workspaceId: "ws-default", status: "open", createdBy: null } });
    expect(come).toMatchObject({ after: { workspaceId: "ws-other", status: "closed" } });
    expect(JSON.stringify(left)).not.toMatch(/ws-other|closed|zoe/);
    expect(JSON.stringify(come)).not.toContain("ws-default");
    await record(
      world,
      upsertedEvent("u4", { isIncentiveRelated: true }, { time: "2026-03-04T00:00:00Z" }),
      upsertedEvent(
        "u5",
        { isIncentiveRelated: false, workspaceId: "ws-default" },
        { time: "2026-03-05T00:00:00Z" },
      ),
    );
    const hidden = trail(world).slice(4);
    expect(hidden.map((entry) => entry.onlyFor)).toEqual(Array(3).fill("zoe@cust-t.example"));
    expect(hidden[0]).toMatchObject({
      before: { isIncentiveRelated: false },
      after: { isIncentiveRelated: true },
    });
  });

  it("tells of an incentive-related request its creator alone", async () => {
    const world = await startDesk();
    await record(world, upsertedEvent("u1", { isIncentiveRelated: true, createdBy: "zoe@cust-t.example" }));
    expect(trail(world)).toMatchObject([{ onlyFor: "zoe@cust-t.example" }]);
  });
});
