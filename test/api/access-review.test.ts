/** What the edge and the access endpoints promise beyond the matrix of callers and endpoints. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { rejectedEventEndpoints } from "../../functions/http/rejected-events.ts";
import { roleAssignmentEndpoints } from "../../functions/http/role-assignments.ts";
import type { Grant } from "../../src/access/grant.ts";
import { isForWorkspaces, isPermission, permissionNames } from "../../src/access/permissions.ts";
import { readConfig } from "../../src/platform/config.ts";
import type { Contract } from "../../src/platform/contract.ts";
import type { AnyAnswer, Endpoint, RawRequest } from "../../src/platform/endpoint.ts";
import { ConflictError } from "../../src/platform/errors.ts";
import { type App, wire } from "../../src/platform/wiring.ts";
import { AGREEMENT, agreementEvent, basePackage, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import { createWorkspace, done, join, pathOf, rejectionOf, type Workspace } from "./support/access-steps.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const SERVICES_ADMIN = { email: "admin@cust-t.example" };
const ADMIN_OF_SECOND = { email: "second@cust-t.example" };

const FIRST: Workspace = { customerId: CUSTOMER, workspaceId: "ws-default" };

let api: RunningApi;
let second: Workspace;
let app: App;
let contracts: readonly Contract[];

beforeAll(async () => {
  api = await startApi({ given: { ACCESS_CACHE_SECONDS: "0" } });
  app = wire(readConfig(api.stack.settings));
  contracts = allEndpoints(app).map(({ contract }) => contract);
  const terms = {
    ...PERIOD,
    servicesAdmin: { name: "Admin", email: SERVICES_ADMIN.email },
    supportContacts: [],
    accountTeam: [{ email: CSAM.email, role: "csam" }],
    packages: [basePackage(PERIOD)],
  };
  await api.send([agreementEvent(terms, { id: "1", time: "2026-01-01T00:00:00Z" })]);
  await api.drained();
  second = await createWorkspace(api, CSAM, CUSTOMER, {
    name: "Second",
    agreements: [{ agreementId: AGREEMENT }],
    administrator: ADMIN_OF_SECOND,
  });
});

afterAll(() => api.stack.stop());

/** Past the edge, by a service that reaches everything: for endpoints over stores that a test changes. */
async function handle(
  endpoints: readonly Endpoint<Grant>[],
  name: string,
  more: Partial<RawRequest<Grant>>,
): Promise<AnyAnswer> {
  const endpoint = endpoints.find(({ contract }) => contract.name === name);
  if (endpoint === undefined) throw new Error(`there is no ${name}`);
  return endpoint.handle({
    now: new Date(),
    requestId: randomUUID(),
    repeatKey: undefined,
    traceparent: undefined,
    contentType: undefined,
    conditions: { ifMatch: undefined, ifNoneMatch: undefined },
    url: new URL(api.stack.apiUrl),
    params: {},
    search: new URLSearchParams(),
    rawHeaders: new Headers(),
    content: undefined,
    principal: { kind: "user", subject: "upstream", roles: [], isPersonalAccount: false },
    grant: {
      person: undefined,
      customers: new Map(),
      scope: { kind: "some", workspaceIds: new Set() },
      reach: "all",
    },
    ...more,
  });
}

describe("what is said to be held in a workspace", () => {
  const meSchema = z.object({
    customers: z.array(
      z.object({
        permissions: z.array(z.string()),
        workspaces: z.array(z.object({ effectivePermissions: z.array(z.string()) })),
      }),
    ),
  });

  test("a permission is marked as the whole customer's exactly where no endpoint takes it in a workspace", () => {
    const inWorkspaces = new Set(
      contracts.flatMap(({ access }) =>
        access.kind === "workspace" || access.kind === "workspaces" ? [access.permission] : [],
      ),
    );
    // Held in a workspace and asked for of each request, which names its workspace itself.
    const ofRequests = ["open", "readAll", "share", "work"].map((each) => `supportRequests.${each}`);
    expect(permissionNames.filter(isForWorkspaces)).toEqual([...inWorkspaces, ...ofRequests].toSorted());
    expect([...inWorkspaces].every(isPermission)).toBe(true);
  });

  test("/me names in a workspace only what opens something there", async () => {
    const me = (await done(api, ADMIN_OF_SECOND, { path: "me" })).read(meSchema);
    const [customer] = me.customers;
    expect(customer?.permissions).toEqual([]);
    expect(customer?.workspaces.map((each) => each.effectivePermissions)).toEqual([
      [
        "access.explain",
        "auditEntries.read",
        "customerActivity.read",
        "customers.read",
        "groups.manage",
        "invitations.manage",
        "members.change",
        "members.read",
        "reports.create",
        "reports.read",
        "supportRequests.readAll",
        "supportRequests.share",
        "supportRequests.work",
      ],
    ]);
  });

  test("a person is shown in a workspace only with what opens something there", async () => {
    const { personId } = await join(
      api,
      CSAM,
      second,
      { email: "helper@cust-t.example" },
      {
        roles: ["workspaceAdministrator"],
      },
    );
    const path = `customers/${CUSTOMER}/people/${personId}`;
    const names = z.object({ permissions: z.array(z.object({ permission: z.string() })) });
    for (const caller of [CSAM, ADMIN_OF_SECOND]) {
      const { permissions } = (await done(api, caller, { path })).read(names);
      expect(permissions.map(({ permission }) => permission)).not.toContain("proofsOfDelivery.read");
      expect(permissions.map(({ permission }) => permission)).toContain("members.read");
    }
  });
});

describe("a Repeatability-Request-ID", () => {
  test("makes the same request count once, and is another request at another place or with another body", async () => {
    const id = randomUUID();
    const create = async (workspace: Workspace, name: string) => {
      const answer = await done(api, CSAM, {
        method: "POST",
        path: `${pathOf(workspace)}/groups`,
        headers: { "repeatability-request-id": id },
        json: { name },
      });
      return answer.read(z.object({ groupId: z.string(), name: z.string() }));
    };
    const first = await create(FIRST, "Repeated");
    expect(await create(FIRST, "Repeated")).toEqual(first);
    const elsewhere = await create(second, "Repeated");
    const other = await create(FIRST, "Another");
    expect([elsewhere.name, other.name]).toEqual(["Repeated", "Another"]);
    expect(new Set([first, elsewhere, other].map(({ groupId }) => groupId)).size).toBe(3);
  });
});

describe("a condition on a write", () => {
  const stale = { "if-match": '"another"' };

  test("is kept by linking and unlinking: they change the version that they name, and no other", async () => {
    const path = `${pathOf(second)}/agreements/${AGREEMENT}`;
    const tag = (await done(api, CSAM, { path: pathOf(second) })).headers.get("etag") ?? "";
    for (const method of ["PUT", "DELETE"]) {
      expect((await api.ask(CSAM, { method, path, headers: stale })).status).toBe(412);
      const ofPackage = { method, path: `${path}/packages/some`, headers: stale };
      expect((await api.ask(CSAM, ofPackage)).status).toBe(412);
    }
    expect((await done(api, CSAM, { path: pathOf(second) })).headers.get("etag")).toBe(tag);
    await done(api, CSAM, { method: "PUT", path, headers: { "if-match": tag } });
  });

  test("is refused where it is not kept, and the write is not made", async () => {
    const path = `customers/${CUSTOMER}/roleAssignments`;
    const json = { email: "somebody@cust-t.example", role: "customerAdministrator" };
    expect((await api.ask(CSAM, { method: "POST", path, json, headers: stale })).status).toBe(501);
    const created = await done(api, CSAM, { method: "POST", path, json });
    const { roleAssignmentId } = created.read(z.object({ roleAssignmentId: z.string() }));
    const one = { method: "DELETE", path: `${path}/${roleAssignmentId}` };
    expect((await api.ask(CSAM, { ...one, headers: stale })).status).toBe(501);
    await done(api, CSAM, one);
  });
});

describe("a replay of a rejected event", () => {
  const entrySchema = z.object({ action: z.string(), target: z.string() });
  let rejectedEventId: string;

  beforeAll(async () => {
    await api.send([deliveryEvent("lost-1", { entitlementId: "ent-nowhere", service: "proactive" })]);
    await api.drained();
    rejectedEventId = await rejectionOf(api, "lost-1");
  });

  async function entries(): Promise<number> {
    const path = `customers/${CUSTOMER}/auditEntries`;
    const trail = await readAll(api, CSAM, { path }, entrySchema);
    return trail.filter(({ target }) => target === `rejectedEvents/${rejectedEventId}`).length;
  }

  test("has one entry in the audit trail, however often the same request comes, and another one for another", async () => {
    const replay = (id: string) =>
      done(api, CSAM, {
        method: "POST",
        path: `rejectedEvents/${rejectedEventId}/replay`,
        headers: { "repeatability-request-id": id },
      });
    const before = await entries();
    const id = randomUUID();
    await replay(id);
    await replay(id);
    expect(await entries()).toBe(before + 1);
    await replay(randomUUID());
    expect(await entries()).toBe(before + 2);
  });

  test("is in the audit trail before anything is recorded", async () => {
    const before = await entries();
    let entriesThen: number | undefined;
    const recorder: App["recorder"] = {
      ...app.recorder,
      record: async () => {
        entriesThen = await entries();
        throw new Error("stopped here");
      },
    };
    const endpoints = rejectedEventEndpoints({ ...app, recorder });
    const asked = handle(endpoints, "replayRejectedEvent", { params: { rejectedEventId } });
    await expect(asked).rejects.toThrow("stopped here");
    expect(entriesThen).toBe(before + 1);
  });
});

test("a customer has at most 500 role assignments, and one that holds already is answered all the same", async () => {
  const path = `customers/${CUSTOMER}/roleAssignments`;
  const role = "customerAdministrator";
  await done(api, CSAM, { method: "POST", path, json: { email: "first@cust-t.example", role } });
  const { directory } = app.directory;
  const withHeld = (count: number) => {
    const roleAssignments: typeof directory.roleAssignments = async (customerId) => {
      const [one] = await directory.roleAssignments(customerId);
      return one === undefined ? [] : Array.from({ length: count }, () => one);
    };
    return roleAssignmentEndpoints({
      ...app,
      directory: { ...app.directory, directory: { ...directory, roleAssignments } },
    });
  };
  const assignTo = (count: number, email: string) =>
    handle(withHeld(count), "assignRole", { params: { customerId: CUSTOMER }, content: { email, role } });
  expect((await assignTo(499, "last@cust-t.example")).status).toBe(201);
  const refused = assignTo(500, "more@cust-t.example");
  await expect(refused).rejects.toBeInstanceOf(ConflictError);
  await expect(refused).rejects.toMatchObject({ code: "TooManyRoleAssignments" });
  expect((await assignTo(500, "last@cust-t.example")).status).toBe(201);
});
