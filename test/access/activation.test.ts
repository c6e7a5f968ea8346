import { describe, expect, it } from "vitest";
import { followUpChanges } from "../../functions/timer/follow-ups.ts";
import { agreementEvent, basePackage, CUSTOMER } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { keptLog } from "../timers/kept-log.ts";
import { checkDirectory, documentsOf } from "./checks.ts";
import { checkEveryFault } from "./every-fault.ts";
import { CUSTOMER_ID, T0 } from "./given.ts";
import { operate } from "./operations.ts";
import { contactsPackage } from "./random-operations.ts";
import { accessTo, recordEvents } from "./world.ts";

const ADMIN = "admin@cust-t.example";
const CONTACTS = ["one", "two", "three", "four"].map((name) => ({ email: `${name}@cust-t.example`, name }));
const place = { customerId: CUSTOMER_ID, workspace: "default" };

const withContacts = (
  allowance: number | null,
  overrides: Record<string, unknown> = {},
  envelope = {},
): string =>
  agreementEvent(
    {
      endDate: "2030-12-31",
      packages: [contactsPackage(allowance)],
      supportContacts: CONTACTS,
      ...overrides,
    },
    envelope,
  );

async function activated(...bodies: readonly string[]): Promise<MemoryStores> {
  const stores = memoryStores();
  for (const body of bodies) await recordEvents(stores, [body]);
  return stores;
}

const members = (stores: MemoryStores) =>
  documentsOf(stores, "member").map(({ email, status, roles }) =>
    `${email} ${status} ${roles.join()}`.trim(),
  );
const messagesTo = (stores: MemoryStores) => stores.messages().map(({ to }) => to.email);
const personOf = (stores: MemoryStores, email: string) =>
  stores.peopleKept().find((person) => person.email === email)?.memberships[CUSTOMER];

describe("an agreement that is activated (WS-01, WS-02)", () => {
  it("makes whom it names members of the default workspace at once, each with role, message and entry", async () => {
    const stores = await activated(withContacts(20));
    expect(documentsOf(stores, "customer")[0]?.workspaces.map(({ workspaceId }) => workspaceId)).toEqual([
      "ws-default",
    ]);
    expect(members(stores)).toEqual([
      `${ADMIN} active`,
      ...CONTACTS.map(({ email }) => `${email} active supportContact`),
    ]);
    expect(personOf(stores, ADMIN)?.workspaces["ws-default"]?.roles).toEqual([
      "servicesAdmin",
      "workspaceAdministrator",
      "member",
    ]);
    expect(personOf(stores, CONTACTS[0]?.email ?? "")?.workspaces["ws-default"]?.roles).toEqual([
      "supportContact",
      "member",
    ]);
    expect(stores.messages().map(({ language, content, to }) => ({ language, content, to }))).toEqual(
      [{ email: ADMIN, name: "Admin T" }, ...CONTACTS].map((to) => ({
        language: "es",
        to,
        content: {
          template: "welcome",
          customerName: "Customer T",
          workspaceName: "Default workspace",
          agreementNumber: "T-2026-001",
          isSupportContact: to.email !== ADMIN,
        },
      })),
    );
    expect(
      documentsOf(stores, "auditEntry").map(({ action, actor }) => `${action} ${actor.subject}`),
    ).toEqual(["agreementRecorded /contracts", ...Array.from({ length: 5 }, () => "memberAdded /contracts")]);
    checkDirectory(stores);
  });

  it("gives who is named as services admin and as contact both, and one message", async () => {
    const stores = await activated(withContacts(1, { supportContacts: [{ email: ADMIN.toUpperCase() }] }));
    expect(members(stores)).toEqual([`${ADMIN} active supportContact`]);
    expect(messagesTo(stores)).toEqual([ADMIN]);
    expect(personOf(stores, ADMIN)?.workspaces["ws-default"]?.roles).toEqual([
      "supportContact",
      "servicesAdmin",
      "workspaceAdministrator",
      "member",
    ]);
  });

  it.each([
    [0, 0],
    [2, 2],
    [4, 4],
    [5, 4],
    [null, 4],
  ])(
    "makes the first %s of its four contacts support contacts, and the others members (WS-08)",
    async (allowance, count) => {
      const stores = await activated(withContacts(allowance));
      const contacts = members(stores).filter((each) => each.endsWith("supportContact"));
      expect(contacts).toEqual(CONTACTS.slice(0, count).map(({ email }) => `${email} active supportContact`));
      expect(members(stores)).toHaveLength(5);
      expect(
        stores.messages().filter(({ content }) => content.template === "welcome" && content.isSupportContact),
      ).toHaveLength(count);
      checkDirectory(stores);
    },
  );

  it("makes all of them support contacts where no package speaks of their number", async () => {
    const stores = await activated(withContacts(0, { packages: [basePackage()] }));
    expect(members(stores).filter((each) => each.endsWith("supportContact"))).toHaveLength(4);
  });

  it("refuses personal addresses under a Unified agreement, with one entry however often it comes (WS-06)", async () => {
    const supportContacts = [{ email: "bea@gmail.com" }, ...CONTACTS];
    const unified = withContacts(4, { supportContacts });
    const stores = await activated(unified, unified);
    expect(members(stores)).toHaveLength(5);
    expect(members(stores).filter((each) => each.endsWith("supportContact"))).toHaveLength(4);
    const refusals = documentsOf(stores, "auditEntry").filter(({ action }) => action === "memberRefused");
    expect(refusals.map(({ after }) => after)).toEqual([
      { email: "bea@gmail.com", reason: "PersonalAccountRefused" },
    ]);
    const premier = await activated(withContacts(4, { supportContacts, plan: "premier" }));
    expect(members(premier)).toHaveLength(6);
  });

  it("adds people though another agreement's event had the same id and was refused one of them", async () => {
    const personal = { email: "bea@gmail.com" };
    const second = agreementEvent({
      agreementId: "agr-t-second",
      packages: [contactsPackage(2, "second")],
      supportContacts: [personal, { email: "new@cust-t.example" }],
    });
    const stores = await activated(withContacts(4, { supportContacts: [personal] }), second);
    expect(members(stores)).toContain("new@cust-t.example active supportContact");
    checkDirectory(stores);
  });

  it("sends no message for an agreement that is over, and one on its last day in the customer's time zone", async () => {
    const over = await activated(withContacts(9, { endDate: "2026-11-19", timeZone: "Europe/Madrid" }));
    expect(messagesTo(over)).toEqual([]);
    expect(members(over)).toHaveLength(5);
    expect(over.directoryDocuments().filter(({ kind }) => kind === "followUp")).toEqual([]);
    expect(messagesTo(await activated(withContacts(9, { endDate: "2026-11-20" })))).toHaveLength(5);
    const west = { endDate: "2026-11-19", timeZone: "America/New_York" };
    expect(messagesTo(await activated(withContacts(9, west)))).toHaveLength(5);
  });

  it("takes 500 contacts, each once, whatever of them is known already", async () => {
    const supportContacts = Array.from({ length: 500 }, (_, index) => ({
      email: `c${index}@cust-t.example`,
    }));
    const stores = await activated(
      withContacts(450, { supportContacts: supportContacts.slice(100, 150) }),
      withContacts(450, { supportContacts }, { id: "amended", time: "2026-02-01T00:00:00Z" }),
    );
    expect(members(stores)).toHaveLength(501);
    expect(documentsOf(stores, "supportContacts")[0]?.contacts).toHaveLength(450);
    expect(new Set(messagesTo(stores)).size).toBe(501);
    checkDirectory(stores);
  });

  it("replaces an account team of fifty, of a customer with a hundred workspaces and another plan", async () => {
    const team = (prefix: string) =>
      Array.from({ length: 50 }, (_, index) => ({
        email: `${prefix}${index}@provider.example`,
        role: "csam",
      }));
    const stores = await activated(withContacts(4, { accountTeam: team("old") }));
    for (let index = 1; index < 100; index++) {
      const workspace = {
        customerId: CUSTOMER_ID,
        workspace: `ws ${index}`,
        email: `a${index}@cust-t.example`,
      };
      const moment = { at: T0, key: `k${index}` };
      await operate(
        accessTo(stores),
        { do: "createWorkspace", ...workspace, agreementId: "agr-t-base" },
        moment,
      );
    }
    const amended = { id: "amended", time: "2026-02-01T00:00:00Z" };
    await recordEvents(stores, [withContacts(4, { accountTeam: team("new"), plan: "premier" }, amended)]);
    expect(personOf(stores, "old7@provider.example")?.roles).toEqual([]);
    expect(personOf(stores, "new49@provider.example")?.roles).toEqual(["csam"]);
    checkDirectory(stores);
  });
});

describe("agreement events that come again, late or in another order", () => {
  const amended = (time: string) =>
    withContacts(
      3,
      { supportContacts: CONTACTS.slice(1), servicesAdmin: { email: "new@cust-t.example" } },
      { id: time, time },
    );

  it("invite nobody twice", async () => {
    const events = [withContacts(3), amended("2026-02-01T00:00:00Z"), amended("2026-03-01T00:00:00Z")];
    for (let seed = 1; seed <= 30; seed++) {
      const stores = memoryStores();
      for (const body of seededRandom(seed).shuffled([...events, ...events]))
        await recordEvents(stores, [body]);
      expect(new Set(messagesTo(stores)).size).toBe(messagesTo(stores).length);
      expect(messagesTo(stores)).toContain("new@cust-t.example");
      checkDirectory(stores);
    }
  });

  it("undo nothing that an administrator decided since", async () => {
    const stores = await activated(withContacts(20));
    const access = accessTo(stores);
    const [one, two, three, four] = CONTACTS.map(({ email }) => ({ ...place, email }));
    if (one === undefined || two === undefined || three === undefined || four === undefined)
      throw new Error();
    const moment = (key: string) => ({ at: T0, key });
    await operate(access, { do: "switchOff", ...one }, moment("1"));
    await operate(access, { do: "switchOff", ...two }, moment("2"));
    await operate(access, { do: "remove", ...two }, moment("3"));
    await operate(access, { do: "change", ...three, patch: { roles: ["learningManager"] } }, moment("4"));
    await operate(
      access,
      { do: "invite", ...place, email: "invited@cust-t.example", roles: [] },
      moment("5"),
    );
    const before = members(stores);
    const names = { supportContacts: [...CONTACTS, { email: "invited@cust-t.example" }] };
    await recordEvents(stores, [withContacts(20)]);
    await recordEvents(stores, [withContacts(20, names, { id: "amended", time: "2026-02-01T00:00:00Z" })]);
    expect(members(stores).slice(0, -1)).toEqual(before.slice(0, -1));
    // Whom an agreement names is a member at once: there is nothing left to accept.
    expect(members(stores).at(-1)).toBe("invited@cust-t.example active supportContact");
    expect(before).toEqual([
      `${ADMIN} active`,
      `${one.email} active`,
      `${two.email} removed`,
      `${three.email} active supportContact,learningManager`,
      `${four.email} active supportContact`,
      "invited@cust-t.example invited",
    ]);
    checkDirectory(stores);
  });

  it("bring back whom another agreement names, and make a contact of a member with a seat", async () => {
    const stores = await activated(withContacts(20));
    const access = accessTo(stores);
    const [one, two] = CONTACTS.map(({ email }) => ({ ...place, email }));
    if (one === undefined || two === undefined) throw new Error();
    await operate(access, { do: "switchOff", ...one }, { at: T0, key: "1" });
    await operate(access, { do: "remove", ...one }, { at: T0, key: "2" });
    await operate(access, { do: "switchOff", ...two }, { at: T0, key: "3" });
    const next = {
      agreementId: "agr-t-next",
      supportContacts: [{ email: one.email }, { email: two.email }],
      packages: [],
    };
    await recordEvents(stores, [agreementEvent(next, { id: "next", time: "2026-02-01T00:00:00Z" })]);
    expect(members(stores)).toEqual(
      expect.arrayContaining([`${one.email} active supportContact`, `${two.email} active supportContact`]),
    );
    await recordEvents(stores, [agreementEvent(next, { id: "next", time: "2026-02-01T00:00:00Z" })]);
    checkDirectory(stores);
  });

  it("take the roles of an agreement from whom it no longer names", async () => {
    const team = (email: string) => ({ accountTeam: [{ email, role: "csam" }] });
    const stores = await activated(
      withContacts(4, team("old@provider.example")),
      withContacts(
        4,
        { ...team("new@provider.example"), servicesAdmin: undefined },
        { id: "2", time: "2026-02-01T00:00:00Z" },
      ),
    );
    expect(personOf(stores, "old@provider.example")?.roles).toEqual([]);
    expect(personOf(stores, "new@provider.example")?.roles).toEqual(["csam"]);
    expect(personOf(stores, ADMIN)).toMatchObject({
      roles: [],
      workspaces: { "ws-default": { roles: ["member"] } },
    });
  });
});

describe("whatever fails while an agreement is activated", () => {
  it("ends as if nothing had, once the event was delivered again and the timer has run", async () => {
    const supportContacts = [...CONTACTS, { email: "bea@gmail.com" }];
    const amended = { id: "amended", time: "2026-02-01T00:00:00Z" };
    const accountTeam = [{ email: "new@provider.example", role: "advocate" }];
    const pairs = await checkEveryFault([
      withContacts(2, { supportContacts }),
      withContacts(3, { plan: "premier", supportContacts, accountTeam }, amended),
    ]);
    console.log(`${pairs} pairs of await point and fault`);
    expect(pairs).toBeGreaterThan(200);
  });

  it("is gone on with by the timer that is deployed, once it is older than a request lasts", async () => {
    const stores = memoryStores();
    const people = { ...stores.people, save: async () => Promise.reject(new Error("away")) };
    await recordEvents({ ...stores, people }, [withContacts(2)]);
    expect(stores.peopleKept()).toEqual([]);
    const directory = { ...accessTo(stores), customers: stores.customers };
    const log = keptLog();
    const run = (seconds: number) =>
      followUpChanges({ directory }, { log, now: () => Date.parse(T0) + seconds * 1_000 });
    await run(30);
    expect(stores.peopleKept()).toEqual([]);
    await run(31);
    checkDirectory(stores);
    expect(personOf(stores, ADMIN)?.roles).toEqual(["servicesAdmin"]);
  });
});
