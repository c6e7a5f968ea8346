import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { ENTITLEMENT, ID } from "./support/access-events.ts";
import { bystanders, type Person, people, persons, WORD } from "./support/access-people.ts";
import { done, memberSchema, pathOf } from "./support/access-steps.ts";
import { type AccessWorld, createAccessWorld } from "./support/access-world.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import {
  additionalCasesSchema,
  listSchema,
  pageSchema,
  rejectedEventSchema,
  rowSchema,
} from "./support/shapes.ts";

const SETUP_LIMIT_MS = 120_000;

let api: RunningApi;
let world: AccessWorld;

beforeAll(async () => {
  api = await startApi();
  world = await createAccessWorld(api);
}, SETUP_LIMIT_MS);

afterAll(() => api.stack.stop());

const readList = <Item extends z.ZodType>(person: Person, path: string, item: Item, maxpagesize = "1000") =>
  readAll(api, people[person], { path, query: { maxpagesize } }, item);
const read = async <Schema extends z.ZodType>(person: Person, path: string, schema: Schema) =>
  (await done(api, people[person], { path })).read(schema);

/** One that has no pages. */
const readWhole = async <Item extends z.ZodType>(person: Person, path: string, item: Item) =>
  (await read(person, path, listSchema(item))).value;

const withEmail = z.object({ email: z.string() });
const emailsOf = (names: readonly Person[]): readonly string[] =>
  names.map((name) => people[name].email).toSorted();

const MEMBERS_OF_DEFAULT = [
  "servicesAdminOfA",
  "administratorOfDefault",
  "contactOfA",
  "learningManagerOfA",
  "memberOfA",
  "activityReaderOfA",
  "requestReaderOfA",
  "inviterOfA",
  "groupManagerOfA",
] as const;
const MEMBERS_OF_SECOND = ["administratorOfSecond", "personalInSecond"] as const;
const WIDE_OF_A = ["customerAdministratorOfA", "csamOfA", "coordinatorOfA"] as const;
const OTHERS_OF_A = ["advocateOfA", "incidentManagerOfA", "requestAdminOfA"] as const;

const customersOf = (person: Person): readonly string[] => {
  if (person === "adminOfB" || person === "csamOfB") return [ID.b.customerId];
  const ofA: readonly Person[] = [...MEMBERS_OF_DEFAULT, ...MEMBERS_OF_SECOND, ...WIDE_OF_A, ...OTHERS_OF_A];
  return ofA.includes(person) ? [ID.a.customerId] : [];
};

describe("customers", () => {
  const item = z.object({
    customerId: z.string(),
    workspaces: z.array(z.object({ workspaceId: z.string() })),
    agreements: z.array(z.object({ agreementId: z.string() })),
  });
  const expectedOf = (person: Person) => {
    const { default: first, second, b } = world.named;
    if (customersOf(person).length === 0) return [];
    if (person === "adminOfB" || person === "csamOfB")
      return [[b.customerId, [b.workspaceId], [b.agreementId]]];
    const isIn = (names: readonly Person[]): boolean => names.includes(person);
    if (isIn(MEMBERS_OF_DEFAULT)) return [[ID.a.customerId, [first.workspaceId], [ID.a.agreementId]]];
    if (isIn(MEMBERS_OF_SECOND)) return [[ID.a.customerId, [second.workspaceId], [ID.a.agreementId]]];
    const both = [first.workspaceId, second.workspaceId];
    return [[ID.a.customerId, both, [ID.a.agreementId, ID.wholeOfA.agreementId]]];
  };

  test.each(persons)(
    "are listed to %s with what the caller may see of them, and no others",
    async (person) => {
      const shown = (await readList(person, "customers", item)).map((each) => [
        each.customerId,
        each.workspaces.map(({ workspaceId }) => workspaceId),
        each.agreements.map(({ agreementId }) => agreementId).toSorted(),
      ]);
      expect(shown).toEqual(expectedOf(person));
      const me = await read(
        person,
        "me",
        z.object({ customers: z.array(z.object({ customerId: z.string() })) }),
      );
      expect(me.customers.map(({ customerId }) => customerId)).toEqual(customersOf(person));
    },
  );

  test.each(persons)("that %s may see are the same one by one", async (person) => {
    for (const { customerId, ...listed } of await readList(person, "customers", item)) {
      const one = await read(person, `customers/${customerId}`, item);
      expect(one).toEqual({ customerId, ...listed });
      const workspaces = await readWhole(
        person,
        `customers/${customerId}/workspaces`,
        item.shape.workspaces.element,
      );
      expect(workspaces).toEqual(listed.workspaces);
    }
  });
});

describe("people", () => {
  test.each(["csamOfA", "servicesAdminOfA", "inviterOfA", "groupManagerOfA"] as const)(
    "of the default workspace are listed to %s, all of them and no others, by whatever page size",
    async (person) => {
      const expected = [...emailsOf(MEMBERS_OF_DEFAULT), bystanders.inBothOfA.email].toSorted();
      for (const size of ["1", "4", "1000"]) {
        const list = await readList(person, `${pathOf(world.named.default)}/members`, withEmail, size);
        expect(list.map(({ email }) => email)).toEqual(expected);
      }
    },
  );

  test("of the second workspace are listed to its administrator, with what they have in it alone", async () => {
    const path = `${pathOf(world.named.second)}/members`;
    const list = await readList("administratorOfSecond", path, memberSchema, "1");
    const expected = [...emailsOf(MEMBERS_OF_SECOND), bystanders.inBothOfA.email].toSorted();
    expect(list.map(({ email }) => email)).toEqual(expected);
    const both = list.find(({ email }) => email === bystanders.inBothOfA.email);
    expect(both).toMatchObject({ roles: ["supportContact"], groupIds: [world.named.second.groupId] });
  });

  test("who were invited and have not answered are listed by workspace", async () => {
    const invited = async (person: Person, of: "default" | "second" | "b") => {
      const list = await readList(person, `${pathOf(world.named[of])}/invitations`, withEmail, "1");
      return list.map(({ email }) => email);
    };
    const common = (word: string) => [`pending@${word}.example`, `tired@${word}.example`];
    const own = emailsOf(["invitedToA", "invitedWithPersonalAccount"]);
    expect(await invited("inviterOfA", "default")).toEqual([...own, ...common(WORD.defaultOfA)].toSorted());
    expect(await invited("administratorOfSecond", "second")).toEqual(common(WORD.secondOfA));
    expect(await invited("adminOfB", "b")).toEqual(common(WORD.b));
  });

  test("are found by a search in their own workspace alone", async () => {
    const path = `${pathOf(world.named.default)}/members`;
    for (const search of [WORD.secondOfA, WORD.b, "personal", "guest", "pending"]) {
      const answer = await done(api, people.servicesAdminOfA, { path, query: { search } });
      expect([search, answer.text]).toEqual([search, '{"value":[]}']);
    }
  });

  test("are in the groups of their workspace alone", async () => {
    const groups = (person: Person, of: "default" | "second" | "b") =>
      readWhole(
        person,
        `${pathOf(world.named[of])}/groups`,
        z.object({ name: z.string(), members: z.int() }),
      );
    const one = (word: string) => [{ name: `${word} group`, members: 1 }];
    expect(await groups("groupManagerOfA", "default")).toEqual(one(WORD.defaultOfA));
    expect(await groups("administratorOfSecond", "second")).toEqual(one(WORD.secondOfA));
    expect(await groups("adminOfB", "b")).toEqual(one(WORD.b));
  });

  test("are shown with what they have in the workspaces that the caller administers", async () => {
    const schema = z.object({
      roles: z.array(z.string()),
      workspaces: z.array(z.object({ workspaceId: z.string() })),
    });
    const path = `customers/cust-a/people/${world.named.default.personId}`;
    const workspacesFor = async (person: Person) =>
      (await read(person, path, schema)).workspaces.map(({ workspaceId }) => workspaceId).toSorted();
    const { default: first, second } = world.named;
    expect(await workspacesFor("servicesAdminOfA")).toEqual([first.workspaceId]);
    expect(await workspacesFor("administratorOfSecond")).toEqual([second.workspaceId]);
    expect(await workspacesFor("csamOfA")).toEqual([second.workspaceId, first.workspaceId].toSorted());
  });

  test("are explained by what they have in the workspaces that the caller administers, and not by the rest", async () => {
    const { default: first, second } = world.named;
    const path = `${pathOf(second)}/members/${second.contactId}`;
    const json = { permissions: ["customerActivity"] };
    await done(api, people.administratorOfSecond, { method: "PATCH", path, json });
    const schema = z.object({
      isAllowed: z.boolean(),
      because: z.array(z.object({ workspaceId: z.string().optional() })),
    });
    const explained = (person: Person) =>
      read(person, `customers/cust-a/people/${first.personId}/access?operation=getActivity`, schema);
    const inSecond = { isAllowed: true, because: [{ workspaceId: second.workspaceId }] };
    expect(await explained("csamOfA")).toEqual(inSecond);
    expect(await explained("administratorOfSecond")).toEqual(inSecond);
    expect(await explained("servicesAdminOfA")).toEqual({ isAllowed: false, because: [] });
  });
});

describe("the audit trail", () => {
  const entry = z.object({ id: z.string(), action: z.string(), workspaceId: z.string().nullable() });
  const path = "customers/cust-a/auditEntries";

  test.each(["servicesAdminOfA", "administratorOfSecond"] as const)(
    "shows %s exactly what is about the own workspace, by whatever page size",
    async (person) => {
      const whole = await readList("csamOfA", path, entry);
      const { workspaceId } = person === "servicesAdminOfA" ? world.named.default : world.named.second;
      const expected = whole.filter((each) => each.workspaceId === workspaceId);
      expect(expected.length).toBeGreaterThan(5);
      for (const size of ["3", "1000"]) expect(await readList(person, path, entry, size)).toEqual(expected);
    },
  );

  test("shows those who see the whole customer also what is about no workspace", async () => {
    const whole = await readList("customerAdministratorOfA", path, entry, "7");
    expect(whole).toEqual(await readList("csamOfA", path, entry));
    const customerWide = new Set(
      whole.filter(({ workspaceId }) => workspaceId === null).map(({ action }) => action),
    );
    expect(customerWide).toEqual(
      new Set([
        "agreementRecorded",
        "roleAssigned",
        "reportRequested",
        "reportSubscriptionCreated",
        "webhookCreated",
        "webhookChanged",
      ]),
    );
  });

  test("gives a filter no more than the caller may see", async () => {
    const { default: first, second } = world.named;
    const filters = [
      `workspaceId eq '${second.workspaceId}'`,
      "workspaceId eq null",
      `workspaceId ne '${first.workspaceId}'`,
      `contains(target, '${second.workspaceId}')`,
      "action eq 'roleAssigned'",
      `not (workspaceId eq '${first.workspaceId}')`,
    ];
    for (const filter of filters) {
      const query = { filter };
      const answer = await done(api, people.servicesAdminOfA, { path, query });
      expect([filter, answer.text]).toEqual([filter, '{"value":[]}']);
      const whole = await readAll(api, people.csamOfA, { path, query }, entry);
      expect([filter, whole.length > 0]).toEqual([filter, true]);
    }
  });
});

describe("consumption", () => {
  test.each([
    ["servicesAdminOfA", [WORD.defaultOfA]],
    ["activityReaderOfA", [WORD.defaultOfA]],
    ["administratorOfSecond", [WORD.secondOfA]],
    ["csamOfA", [WORD.defaultOfA, WORD.secondOfA]],
    ["customerAdministratorOfA", [WORD.defaultOfA, WORD.secondOfA]],
  ] as const)("is shown to %s of %j, in page, grid and additional cases", async (person, words) => {
    const page = await read(person, "customers/cust-a/activity", pageSchema);
    const line = page.enterpriseWide.packages[0]?.entitlements[0];
    expect(line).toMatchObject({ rows: 3 * words.length, consumed: 45 * words.length });
    expect(page.additionalCases).toEqual({ rows: 2 * words.length, minutes: 30 * words.length });
    expect(page.workspaces.length).toBe(words.length);
    const grid = await readList(
      person,
      `customers/cust-a/entitlements/${ENTITLEMENT.a}/rows`,
      rowSchema,
      "2",
    );
    // CA-18: totals are whole, and rows that show requests are for those who see all requests there.
    const shown = person === "activityReaderOfA" ? [] : words;
    const numbers = shown.flatMap((word) => [1, 2, 3].map((n) => `${word}-${n}`));
    expect(grid.map(({ number }) => number ?? "").toSorted()).toEqual(numbers.toSorted());
    const cases = await read(person, "customers/cust-a/additionalCases", additionalCasesSchema);
    const extra = shown.flatMap((word) => [1, 2].map((n) => `extra-${word}-${n}`));
    expect(cases.value.map(({ key }) => key).toSorted()).toEqual(extra.toSorted());
    expect(cases.cases).toBe(2 * words.length);
  });

  test("of the whole customer shows agreements that no workspace has, and a single workspace does not", async () => {
    const idsFor = async (person: Person) =>
      (await read(person, "customers/cust-a/activity", pageSchema)).agreements.map(
        (each) => each.agreementId,
      );
    expect((await idsFor("csamOfA")).toSorted()).toEqual([ID.a.agreementId, ID.wholeOfA.agreementId]);
    expect(await idsFor("servicesAdminOfA")).toEqual([ID.a.agreementId]);
    expect(await idsFor("administratorOfSecond")).toEqual([ID.a.agreementId]);
  });
});

test("reports are listed by customer", async () => {
  const item = z.object({ id: z.string() });
  const { default: first, b } = world.named;
  for (const person of WIDE_OF_A)
    expect(await readList(person, "customers/cust-a/reports", item)).toEqual([{ id: first.reportId }]);
  expect(await readList("adminOfB", `customers/${b.customerId}/reports`, item)).toEqual([{ id: b.reportId }]);
});

test("rejected events are listed to the account team of their customer, and to upstream systems all of them", async () => {
  const idsFor = async (person: Person) =>
    (await readList(person, "rejectedEvents", rejectedEventSchema))
      .map(({ event }) => event.id ?? "")
      .toSorted();
  const ofA = [`wrong-${WORD.defaultOfA}`, `wrong-${WORD.secondOfA}`];
  expect(await idsFor("csamOfA")).toEqual(ofA);
  expect(await idsFor("coordinatorOfA")).toEqual(ofA);
  expect(await idsFor("csamOfB")).toEqual([`wrong-${WORD.b}`]);
  expect(await idsFor("upstream")).toEqual([...ofA, `wrong-${WORD.b}`].toSorted());
});

test("roles at the customer are listed with those that agreements name", async () => {
  const item = z.object({ email: z.string(), role: z.string(), roleAssignmentId: z.string().nullable() });
  const list = await readWhole("customerAdministratorOfA", "customers/cust-a/roleAssignments", item);
  const shown = list.map(
    ({ email, role, roleAssignmentId }) =>
      `${email} ${role}, by ${roleAssignmentId === null ? "an agreement" : "somebody"}`,
  );
  expect(shown.toSorted()).toEqual(
    [
      `${people.servicesAdminOfA.email} servicesAdmin, by an agreement`,
      `${people.csamOfA.email} csam, by an agreement`,
      `${people.coordinatorOfA.email} accountCoordinator, by an agreement`,
      `${people.customerAdministratorOfA.email} customerAdministrator, by somebody`,
      `${people.advocateOfA.email} advocate, by somebody`,
      `${people.incidentManagerOfA.email} incidentManager, by somebody`,
      `${people.requestAdminOfA.email} supportRequestAdmin, by somebody`,
      "late@provider.example advocate, by somebody",
      `${bystanders.advocateOfOthers.email} advocate, by somebody`,
    ].toSorted(),
  );
});
