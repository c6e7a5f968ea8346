import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { AGREEMENT, agreementEvent, basePackage, CUSTOMER } from "../fakes/events.ts";
import {
  accept,
  assign,
  createGroup,
  createWorkspace,
  done,
  invite,
  join,
  membersOf,
  pathOf,
  type Workspace,
} from "./support/access-steps.ts";
import type { Ask } from "./support/running-api.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const ADMIN = { email: "admin@cust-t.example" };
const FIRST: Workspace = { customerId: CUSTOMER, workspaceId: "ws-default" };
const MEMBERS = `${pathOf(FIRST)}/members`;

let api: RunningApi;
let second: Workspace;

const agreement = (more: object, id: string): string =>
  agreementEvent(
    {
      ...PERIOD,
      servicesAdmin: { name: "Admin", email: ADMIN.email },
      supportContacts: [],
      accountTeam: [{ email: CSAM.email, role: "csam" }],
      packages: [basePackage(PERIOD)],
      ...more,
    },
    { id, time: `2026-01-0${id.length}T00:00:00Z` },
  );

/** With the settings of every start: what was read about a caller is kept for some seconds. */
beforeAll(async () => {
  api = await startApi();
  await record(agreement({}, "1"));
});

afterAll(() => api.stack.stop());

/** Until whoever the agreement names is known too. */
async function record(line: string): Promise<void> {
  await api.send([line]);
  await api.drained();
}

let count = 0;
const somebody = (more: Omit<TokenRequest, "email"> = {}): TokenRequest => {
  count += 1;
  return { email: `person-${count}@cust-t.example`, ...more };
};

const statusFor = async (person: TokenRequest, path: string): Promise<number> =>
  (await api.ask(person, { path })).status;

/** Asked twice, so that what is known of the person is surely kept. */
async function expectOpen(person: TokenRequest, path: string): Promise<void> {
  expect([path, await statusFor(person, path), await statusFor(person, path)]).toEqual([path, 200, 200]);
}

const change = (by: TokenRequest, request: Ask) => done(api, by, request);

test("the services admin sees the customer as a whole until there is a second workspace, and from then on the first one", async () => {
  await expectOpen(ADMIN, `customers/${CUSTOMER}/notices`);
  second = await createWorkspace(api, CSAM, CUSTOMER, {
    name: "Second",
    agreements: [{ agreementId: AGREEMENT }],
    allowsPersonalAccounts: true,
    administrator: somebody(),
  });
  expect(await statusFor(ADMIN, `customers/${CUSTOMER}/notices`)).toBe(404);
  expect(await statusFor(ADMIN, pathOf(second))).toBe(404);
  await expectOpen(ADMIN, MEMBERS);
});

describe("the next request knows", () => {
  test("of a permission that was given, and of one that was taken", async () => {
    const person = somebody();
    const { memberId } = await join(api, CSAM, FIRST, person);
    const [page, patch] = [
      `customers/${CUSTOMER}/activity`,
      { method: "PATCH", path: `${MEMBERS}/${memberId}` },
    ];
    expect(await statusFor(person, page)).toBe(404);
    await change(ADMIN, { ...patch, json: { permissions: ["customerActivity"] } });
    await expectOpen(person, page);
    await change(ADMIN, { ...patch, json: { permissions: [] } });
    expect(await statusFor(person, page)).toBe(404);
  });

  test("of a role that was given, and of one that was taken", async () => {
    const person = somebody();
    const { memberId } = await join(api, CSAM, FIRST, person);
    const patch = { method: "PATCH", path: `${MEMBERS}/${memberId}` };
    expect(await statusFor(person, MEMBERS)).toBe(404);
    await change(CSAM, { ...patch, json: { roles: ["workspaceAdministrator"] } });
    await expectOpen(person, MEMBERS);
    // By the person itself: it may, and is none the next moment.
    await change(person, { ...patch, json: { roles: [] } });
    expect(await statusFor(person, MEMBERS)).toBe(404);
    expect((await api.ask(person, { ...patch, json: { roles: ["workspaceAdministrator"] } })).status).toBe(
      404,
    );
  });

  test("of a member who was removed, and invited again", async () => {
    const person = somebody();
    const { memberId } = await join(api, CSAM, FIRST, person, { permissions: ["inviteUsers"] });
    await expectOpen(person, MEMBERS);
    await change(ADMIN, { method: "DELETE", path: `${MEMBERS}/${memberId}` });
    for (const path of [MEMBERS, pathOf(FIRST), `customers/${CUSTOMER}`])
      expect([path, await statusFor(person, path)]).toEqual([path, 404]);
    expect((await change(person, { path: "customers" })).text).toBe('{"value":[]}');
    const invitationId = await invite(api, ADMIN, FIRST, person);
    expect(await statusFor(person, pathOf(FIRST))).toBe(404);
    const again = await accept(api, person, invitationId);
    expect(again).toMatchObject({ roles: [], permissions: [], groupIds: [] });
    expect([await statusFor(person, pathOf(FIRST)), await statusFor(person, MEMBERS)]).toEqual([200, 404]);
  });

  test("of an invitation that was taken back", async () => {
    const person = somebody();
    const invitationId = await invite(api, ADMIN, FIRST, person);
    const invitations = z.object({ invitations: z.array(z.unknown()) });
    expect((await change(person, { path: "me" })).read(invitations).invitations.length).toBe(1);
    await change(ADMIN, { method: "DELETE", path: `${pathOf(FIRST)}/invitations/${invitationId}` });
    expect((await change(person, { path: "me" })).read(invitations).invitations).toEqual([]);
    const path = `me/invitations/${invitationId}/accept`;
    expect((await api.ask(person, { method: "POST", path })).status).toBe(404);
    expect(await statusFor(person, pathOf(FIRST))).toBe(404);
  });

  test.each([
    ["customerAdministrator", [], MEMBERS],
    ["csam", ["Csam"], `customers/${CUSTOMER}/roleAssignments`],
    ["accountCoordinator", ["AccountCoordinator"], `customers/${CUSTOMER}/roleAssignments`],
    ["advocate", ["Advocate"], `customers/${CUSTOMER}`],
    ["incidentManager", ["IncidentManager"], `customers/${CUSTOMER}`],
  ] as const)("of the role %s that was assigned, and taken away", async (role, roles, path) => {
    const person = somebody({ roles });
    expect(await statusFor(person, path)).toBe(404);
    const id = await assign(api, CSAM, CUSTOMER, person.email, role);
    await expectOpen(person, path);
    await change(CSAM, { method: "DELETE", path: `customers/${CUSTOMER}/roleAssignments/${id}` });
    expect(await statusFor(person, path)).toBe(404);
  });

  test("of a workspace that was closed, and opened again", async () => {
    const person = somebody();
    await join(api, CSAM, second, person, { roles: ["workspaceAdministrator"] });
    const paths = [pathOf(second), `${pathOf(second)}/members`, `customers/${CUSTOMER}/activity`];
    for (const path of paths) await expectOpen(person, path);
    const patch = { method: "PATCH", path: pathOf(second) };
    await change(CSAM, { ...patch, json: { status: "inactive" } });
    for (const path of paths) expect([path, await statusFor(person, path)]).toEqual([path, 404]);
    await change(CSAM, { ...patch, json: { status: "active" } });
    for (const path of paths) await expectOpen(person, path);
  });

  test("whether the workspace accepts personal accounts", async () => {
    const person = somebody({ personal: true });
    const atWork = { email: person.email };
    await join(api, CSAM, second, person);
    await expectOpen(person, pathOf(second));
    const patch = { method: "PATCH", path: pathOf(second) };
    await change(CSAM, { ...patch, json: { allowsPersonalAccounts: false } });
    expect([await statusFor(person, pathOf(second)), await statusFor(atWork, pathOf(second))]).toEqual([
      404, 200,
    ]);
    await change(CSAM, { ...patch, json: { allowsPersonalAccounts: true } });
    await expectOpen(person, pathOf(second));
    // As the plan says, which is unified.
    await change(CSAM, { ...patch, json: { allowsPersonalAccounts: null } });
    expect(await statusFor(person, pathOf(second))).toBe(404);
    await change(CSAM, { ...patch, json: { allowsPersonalAccounts: true } });
  });

  test("of the group that a member is in", async () => {
    const person = somebody();
    const { memberId } = await join(api, CSAM, FIRST, person);
    const groupId = await createGroup(api, CSAM, FIRST, "Group", [memberId]);
    const own = z.object({
      customers: z.array(z.object({ workspaces: z.array(z.object({ groupIds: z.array(z.string()) })) })),
    });
    const groups = async () => {
      const { customers } = (await change(person, { path: "me" })).read(own);
      return customers[0]?.workspaces[0]?.groupIds;
    };
    expect(await groups()).toEqual([groupId]);
    const path = `${pathOf(FIRST)}/groups/${groupId}/members/${memberId}`;
    await change(ADMIN, { method: "DELETE", path });
    expect(await groups()).toEqual([]);
  });

  test("of a change of those whom the agreement names", async () => {
    const [csam, admin] = [somebody({ roles: ["Csam"] }), somebody()];
    const path = `customers/${CUSTOMER}/roleAssignments`;
    expect(await statusFor(csam, path)).toBe(404);
    const accountTeam = [CSAM, csam].map(({ email }) => ({ email, role: "csam" }));
    await record(agreement({ accountTeam }, "22"));
    await expectOpen(csam, path);
    await expectOpen(ADMIN, MEMBERS);
    await record(agreement({ servicesAdmin: { name: "New", email: admin.email } }, "333"));
    expect(await statusFor(csam, path)).toBe(404);
    expect(await statusFor(ADMIN, MEMBERS)).toBe(404);
    await expectOpen(admin, MEMBERS);
    await record(agreement({}, "4444"));
    await expectOpen(ADMIN, MEMBERS);
  });
});

test("a services admin who is no member of any workspace any more finds no customer, in lists either", async () => {
  const own = (await membersOf(api, CSAM, FIRST)).get(ADMIN.email);
  await expectOpen(ADMIN, MEMBERS);
  await change(CSAM, { method: "DELETE", path: `${MEMBERS}/${own?.memberId}` });
  expect(await statusFor(ADMIN, `customers/${CUSTOMER}`)).toBe(404);
  expect((await change(ADMIN, { path: "customers" })).text).toBe('{"value":[]}');
  const customers = z.object({ customers: z.array(z.unknown()) });
  expect((await change(ADMIN, { path: "me" })).read(customers).customers).toEqual([]);
});

test("a personal account opens no workspace that refuses them, whatever role its owner has at the customer", async () => {
  const person = somebody();
  await assign(api, CSAM, CUSTOMER, person.email, "customerAdministrator");
  const personal = { ...person, personal: true };
  for (const path of [pathOf(FIRST), MEMBERS, `customers/${CUSTOMER}/activity?workspaces=ws-default`]) {
    await expectOpen(person, path);
    expect([path, await statusFor(personal, path)]).toEqual([path, 404]);
  }
});
