import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { readConfig } from "../../src/platform/config.ts";
import type { Contract } from "../../src/platform/contract.ts";
import { wire } from "../../src/platform/wiring.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { type Expectation, expectations } from "./support/access-expectations.ts";
import {
  type AccessWorld,
  type Caller,
  callers,
  createAccessWorld,
  type people,
  persons,
  type Target,
  targets,
} from "./support/access-world.ts";
import { type Answer, visible } from "./support/answer.ts";
import { type Ask, ask, type RunningApi, startApi } from "./support/running-api.ts";
import { listSchema, rejectedEventSchema } from "./support/shapes.ts";

const METHOD_NOT_ALLOWED = 405;
/** The store is quiet when so many looks at it see nothing new. */
const QUIET_POLLS = 3;

let api: RunningApi;
let world: AccessWorld;
let contracts: readonly Contract[];

beforeAll(async () => {
  api = await startApi();
  contracts = allEndpoints(wire(readConfig(api.stack.settings))).map(({ contract }) => contract);
  world = await createAccessWorld(api);
});

afterAll(() => api.stack.stop());

async function askAs(caller: Caller, request: Ask): Promise<Answer> {
  return ask(api.stack.apiUrl, await world.tokenOf(caller), request);
}

const isKnown = (caller: Caller): boolean => persons.some((person) => person === caller);

function expectedStatus({ open, status }: Expectation, caller: Caller, target: Target): number {
  if (open[target].includes(caller)) return status;
  return isKnown(caller) ? 404 : 401;
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
  expect(Object.keys(expectations).toSorted()).toEqual(contracts.map(({ name }) => name).toSorted());
});

test.each(Object.entries(expectations))(
  "%s is open to those who may and to nobody else, for own, other and absent customers",
  async (name, expectation) => {
    const contract = contracts.find((each) => each.name === name);
    const table = (statusOf: (caller: Caller, target: Target) => Promise<number> | number) =>
      Promise.all(
        callers.flatMap((caller) =>
          targets.map(async (target) => `${caller} ${target} ${await statusOf(caller, target)}`),
        ),
      );
    const expected = await table((caller, target) => expectedStatus(expectation, caller, target));
    const request = (target: Target): Ask => expectation.request(world.named[target]);
    const asked = await table(async (caller, target) => (await askAs(caller, request(target))).status);
    expect(asked).toEqual(expected);
    if (contract?.method !== "GET") return;
    const heads = await table(async (caller, target) => {
      const head = await askAs(caller, { ...request(target), method: "HEAD" });
      expect(head.text).toBe("");
      return head.status;
    });
    const refused = await table(() => METHOD_NOT_ALLOWED);
    expect(heads).toEqual(contract.head === false ? refused : expected);
  },
);

const aboutCustomers = Object.entries(expectations).filter(([, { isAboutCustomer }]) => isAboutCustomer);

test.each(aboutCustomers)(
  "%s does not tell what is another customer's from what does not exist",
  async (_, { open, request }) => {
    await api.drained();
    for (const caller of callers.filter((each) => !open.b.includes(each))) {
      const other = await measured(caller, request(world.named.b));
      const absent = await measured(caller, request(world.named.absent));
      expect([caller, other]).toEqual([caller, absent]);
    }
  },
);

describe("inside a customer of one's own", () => {
  const path = "customers/cust-a";

  test.each([
    {
      what: "an entitlement",
      request: (id: string): Ask => ({ path: `${path}/entitlements/ent-${id}-adv` }),
    },
    { what: "rows", request: (id: string): Ask => ({ path: `${path}/entitlements/ent-${id}-adv/rows` }) },
    {
      what: "an agreement",
      request: (id: string): Ask => ({ path: `${path}/activity?agreements=agr-${id}-base` }),
    },
    { what: "a workspace", request: (id: string): Ask => ({ path: `${path}/activity?workspaces=ws-${id}` }) },
    {
      what: "additional cases of an agreement",
      request: (id: string): Ask => ({ path: `${path}/additionalCases?agreements=agr-${id}-base` }),
    },
    {
      what: "a report of an agreement",
      request: (id: string): Ask => ({
        method: "POST",
        path: `${path}/reports`,
        json: { agreementId: `agr-${id}-base`, period: { month: "2026-03" } },
      }),
    },
  ])("$what of another customer is what does not exist", async ({ request }) => {
    await api.drained();
    const other = await measuredToTheEnd("adminOfA", request("b"));
    expect(other).toEqual(await measuredToTheEnd("adminOfA", request("x")));
  });

  test("a report and its file of another customer are what does not exist", async () => {
    const { a, b, absent } = world.named;
    for (const suffix of ["", "/files/csv"]) {
      const other = await measuredToTheEnd("adminOfA", { path: `${path}/reports/${b.reportId}${suffix}` });
      expect(other.status).toBe(404);
      const none = await measuredToTheEnd("adminOfA", {
        path: `${path}/reports/${absent.reportId}${suffix}`,
      });
      expect(other).toEqual(none);
      expect((await askAs("adminOfA", { path: `${path}/reports/${a.reportId}${suffix}` })).status).not.toBe(
        404,
      );
    }
  });

  test("a download link opens for nobody but whom it was made for", async () => {
    const schema = z.object({ files: z.array(z.object({ downloadLink: z.url() })) });
    const report = await askAs("adminOfA", { path: `${path}/reports/${world.named.a.reportId}` });
    const link = report.read(schema).files[0]?.downloadLink ?? "";
    expect((await askAs("adminOfA", { path: link })).status).toBe(302);
    expect((await askAs("csamOfA", { path: link })).status).toBe(404);
    expect((await askAs("adminOfB", { path: link })).status).toBe(404);
    expect((await askAs("without token", { path: link })).status).toBe(401);
  });
});

describe("lists", () => {
  const customersOf: Readonly<Record<keyof typeof people, readonly string[]>> = {
    nobody: [],
    adminOfA: ["cust-a"],
    adminOfB: ["cust-b"],
    contactOfA: [],
    csamOfA: ["cust-a"],
    csamOfAWithoutRole: [],
    csamOfNobody: [],
    coordinatorOfA: ["cust-a"],
    coordinatorOfAAsCsam: [],
    upstream: [],
  };
  const item = z.object({ customerId: z.string() });

  test.each(persons)("of customers name those of %s and no others", async (person) => {
    const { value } = (await askAs(person, { path: "customers" })).read(listSchema(item));
    expect(value.map(({ customerId }) => customerId)).toEqual(customersOf[person]);
    const me = (await askAs(person, { path: "me" })).read(z.object({ customers: z.array(item) }));
    expect(me.customers.map(({ customerId }) => customerId)).toEqual(customersOf[person]);
  });

  test("of rejected events name those of one's customers, and upstream systems see all", async () => {
    const seenBy = async (person: Caller) => {
      const answer = await askAs(person, { path: "rejectedEvents", query: { maxpagesize: "1000" } });
      const { value } = answer.read(listSchema(rejectedEventSchema));
      return [...new Set(value.map(({ event }) => event.customerId ?? "none"))].toSorted();
    };
    expect(await seenBy("csamOfA")).toEqual(["cust-a"]);
    expect(await seenBy("coordinatorOfA")).toEqual(["cust-a"]);
    expect(await seenBy("upstream")).toEqual(["cust-a", "cust-b", "none"]);
  });
});

test("whoever may not know of a customer learns nothing from a complaint about the request", async () => {
  const wrong = [
    { path: "customers/cust-b/activity?asOf=yesterday" },
    { path: "customers/cust-b/activity?surprise=1" },
    { path: "customers/cust-b/entitlements/ent-b-adv/rows?filter=((" },
    { method: "POST", path: "customers/cust-b/reports", json: "{ not json" },
  ];
  for (const request of wrong) expect((await askAs("adminOfA", request)).status).toBe(404);
});
