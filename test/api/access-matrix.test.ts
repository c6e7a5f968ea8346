import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { readConfig } from "../../src/platform/config.ts";
import type { Contract } from "../../src/platform/contract.ts";
import { wire } from "../../src/platform/wiring.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { createExpectations } from "./support/access-expectations.ts";
import { type Caller, callers, people, persons } from "./support/access-people.ts";
import type { Expectation, Fresh } from "./support/access-places.ts";
import { assign, invite } from "./support/access-steps.ts";
import { type AccessWorld, createAccessWorld, type Target, targets } from "./support/access-world.ts";
import { type Answer, visible } from "./support/answer.ts";
import { type Ask, ask, type RunningApi, startApi } from "./support/running-api.ts";

const FORBIDDEN = 403;
const METHOD_NOT_ALLOWED = 405;
/** The store is quiet when so many looks at it see nothing new. */
const QUIET_POLLS = 3;
const SETUP_LIMIT_MS = 120_000;

let api: RunningApi;
let world: AccessWorld;
let contracts: readonly Contract[];
let expectations: Readonly<Record<string, Expectation>>;
/** The ids of the world are not known before it is there; the names are. */
const names = Object.keys(createExpectations(""));

beforeAll(async () => {
  // Without a cache of what was read about a caller, so that the same request takes as many reads each time.
  api = await startApi({ given: { ACCESS_CACHE_SECONDS: "0" } });
  contracts = allEndpoints(wire(readConfig(api.stack.settings))).map(({ contract }) => contract);
  world = await createAccessWorld(api);
  expectations = createExpectations(world.personalInvitationId);
}, SETUP_LIMIT_MS);

afterAll(() => api.stack.stop());

async function askAs(caller: Caller, request: Ask): Promise<Answer> {
  return ask(api.stack.apiUrl, await world.tokenOf(caller), request);
}

let used = 0;
const fresh: Fresh = {
  invitation: async (target) => {
    if (target === "noWorkspace" || target === "absent") return world.named.absent.pendingId;
    const by = target === "b" ? people.csamOfB : people.csamOfA;
    used += 1;
    return invite(api, by, world.named[target], { email: `fresh-${used}@elsewhere.example` });
  },
  roleAssignment: async (target) => {
    if (target === "absent") return world.named.absent.roleAssignmentId;
    const by = target === "b" ? people.csamOfB : people.csamOfA;
    used += 1;
    const email = `fresh-${used}@elsewhere.example`;
    return assign(api, by, world.named[target].customerId, email, "customerAdministrator");
  },
};

const targetsOf = ({ open }: Expectation): readonly Target[] =>
  targets.filter((target) => open[target] !== undefined);

const isKnown = (caller: Caller): boolean => persons.some((person) => person === caller);

function expectedStatus({ open, forbidden, status }: Expectation, caller: Caller, target: Target): number {
  if (open[target]?.includes(caller)) return status;
  if (forbidden?.[target]?.includes(caller)) return FORBIDDEN;
  return isKnown(caller) ? 404 : 401;
}

function expectationOf(name: string): Expectation {
  const expectation = expectations[name];
  if (expectation === undefined) throw new Error(`there is no expectation for ${name}`);
  return expectation;
}

async function requestOf(name: string, target: Target): Promise<Ask> {
  return expectationOf(name).request(world.named[target], target, fresh);
}

const storeRequests = (): number => api.stack.cosmos?.requests().at(-1)?.index ?? -1;

/** An answer, and how many requests to the store it took. */
async function measured(caller: Caller, request: Ask) {
  const before = storeRequests();
  const answer = await askAs(caller, request);
  return { ...visible(answer), storeRequests: storeRequests() - before };
}

/** The same with what still runs after the answer: of reads side by side one may have settled it. */
async function measuredToTheEnd(caller: Caller, request: Ask) {
  const before = storeRequests();
  const answer = await askAs(caller, request);
  let last = -1;
  let unchanged = 0;
  await eventually(() => {
    const now = storeRequests();
    unchanged = now === last ? unchanged + 1 : 0;
    last = now;
    return unchanged >= QUIET_POLLS ? true : undefined;
  });
  return { ...visible(answer), storeRequests: last - before };
}

test("every endpoint has an expectation, and no expectation is about an endpoint that is gone", () => {
  expect(names.toSorted()).toEqual(contracts.map(({ name }) => name).toSorted());
});

test.each(names)(
  "%s is open to those who may and to nobody else, in the default, the second and no workspace, for another and for no customer",
  async (name) => {
    const expectation = expectationOf(name);
    const contract = contracts.find((each) => each.name === name);
    const cells = targetsOf(expectation).flatMap((target) => callers.map((caller) => ({ caller, target })));
    /** Sentences about the cells that answer otherwise than expected. */
    const surprises = async (
      method: string | undefined,
      expected: (caller: Caller, target: Target) => number,
    ) => {
      const found = cells.map(async ({ caller, target }) => {
        const request = await requestOf(name, target);
        const answer = await askAs(caller, method === undefined ? request : { ...request, method });
        if (method === "HEAD") expect(answer.text).toBe("");
        const wanted = expected(caller, target);
        return answer.status === wanted ? [] : [`${caller} ${target}: ${answer.status}, not ${wanted}`];
      });
      return (await Promise.all(found)).flat();
    };
    const asExpected = (caller: Caller, target: Target) => expectedStatus(expectation, caller, target);
    expect(await surprises(undefined, asExpected)).toEqual([]);
    if (contract?.method !== "GET") return;
    expect(await surprises("HEAD", contract.head === false ? () => METHOD_NOT_ALLOWED : asExpected)).toEqual(
      [],
    );
  },
);

/** What is hidden, and what there is not in its place. */
const hidden = [
  ["b", "absent"],
  ["second", "noWorkspace"],
] as const satisfies readonly (readonly [Target, Target])[];

/** Those who may know of what the target stands for. */
function knowing(name: string, target: Target): readonly Caller[] {
  const isPlace = expectationOf(name).open.noWorkspace !== undefined;
  const place = expectationOf(isPlace ? "getWorkspace" : "getCustomer");
  const { open, forbidden = {}, isHiddenInWorkspace } = expectationOf(name);
  const around = isHiddenInWorkspace === true ? {} : place.open;
  return [around, open, forbidden].flatMap((each) => each[target] ?? []);
}

// Their targets are made anew for each request, which takes requests to the store.
const usedUp = ["revokeInvitation", "removeRoleAssignment"];

test.each(names.filter((name) => !usedUp.includes(name)))(
  "%s does not tell what is hidden from what does not exist, to any caller",
  async (name) => {
    const expectation = expectationOf(name);
    if (!expectation.isAboutTarget) return;
    await api.drained();
    for (const [target, nothing] of hidden) {
      if (expectation.open[target] === undefined) continue;
      const [other, absent] = await Promise.all([requestOf(name, target), requestOf(name, nothing)]);
      const outsiders = callers.filter((each) => !knowing(name, target).includes(each));
      for (const caller of outsiders) await expectAlike(caller, other, absent);
    }
  },
);

async function expectAlike(caller: Caller, other: Ask, absent: Ask): Promise<void> {
  const quick = [await measured(caller, other), await measured(caller, absent)];
  if (isDeepStrictEqual(quick[0], quick[1])) return;
  const patient = [await measuredToTheEnd(caller, other), await measuredToTheEnd(caller, absent)];
  expect([caller, patient[0]]).toEqual([caller, patient[1]]);
}

describe("inside a workspace or customer of one's own", () => {
  test("a download link opens for nobody but whom it was made for", async () => {
    const path = `customers/cust-a/reports/${world.named.default.reportId}`;
    const report = await askAs("customerAdministratorOfA", { path });
    const link = /"downloadLink":"([^"]+)"/.exec(report.text)?.[1] ?? "";
    expect((await askAs("customerAdministratorOfA", { path: link })).status).toBe(302);
    expect((await askAs("csamOfA", { path: link })).status).toBe(404);
    expect((await askAs("servicesAdminOfA", { path: link })).status).toBe(404);
    expect((await askAs("adminOfB", { path: link })).status).toBe(404);
    expect((await askAs("without token", { path: link })).status).toBe(401);
  });

  test("the provider's staff are assigned by the account team, and not by the customer's administrator", async () => {
    const path = "customers/cust-a/roleAssignments";
    const staff = ["csam", "accountCoordinator", "advocate", "incidentManager"];
    for (const role of staff) {
      const json = { email: "planted@elsewhere.example", role };
      const answer = await askAs("customerAdministratorOfA", { method: "POST", path, json });
      expect([role, answer.status]).toEqual([role, 403]);
    }
    const { roleAssignmentId } = world.named.default;
    const remove = { method: "DELETE", path: `${path}/${roleAssignmentId}` };
    expect((await askAs("customerAdministratorOfA", remove)).status).toBe(403);
    const list = await askAs("csamOfA", { path });
    expect(list.text).not.toContain("planted");
    expect(list.text).toContain(roleAssignmentId);
  });
});

test("whoever may not know of something learns nothing from a complaint about the request", async () => {
  const { b, second } = world.named;
  const [ofB, ofSecond] = [b, second].map(
    ({ customerId, workspaceId }) => `customers/${customerId}/workspaces/${workspaceId}`,
  );
  const wrong: readonly Ask[] = [
    { path: `customers/${b.customerId}/activity?asOf=yesterday` },
    { path: `customers/${b.customerId}/activity?surprise=1` },
    { path: `customers/${b.customerId}/entitlements/${b.entitlementId}/rows?filter=((` },
    { method: "POST", path: `customers/${b.customerId}/reports`, json: "{ not json" },
    { path: `${ofB}/members?maxpagesize=none` },
    { path: `${ofSecond}/members?cursor=none` },
    { method: "POST", path: `${ofSecond}/invitations`, json: "{ not json" },
    { method: "PATCH", path: `${ofSecond}/me`, json: [] },
    { method: "POST", path: `${ofSecond}/groups`, headers: { "content-type": "text/plain" }, json: "{}" },
  ];
  const statuses = await Promise.all(
    wrong.map(async (request) => (await askAs("servicesAdminOfA", request)).status),
  );
  expect(statuses).toEqual(wrong.map(() => 404));
});
