/** Lists of support requests over several customers, whose support desks number alike. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { agreementEvent, basePackage } from "../fakes/events.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { upsertedEvent } from "./support/support-world.ts";

const CUSTOMERS = ["cust-a", "cust-b", "cust-c"];
/** Sees the requests of all of them. */
const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const ORDERS = ["createdAt", "changedAt", "closedAt", "number", "title", "product", "severity", "status"];
const WHOLE = 100;

/** At every customer the same numbers, times and all else; two are closed, and one has a product. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "CASE-1": {},
  "CASE-2": { status: "closed", product: "Printing" },
  "CASE-3": { severity: "critical" },
  "CASE-4": { status: "closed", time: "2026-03-01T11:00:00Z" },
};

const itemSchema = z.looseObject({ requestId: z.string() });
const foundSchema = z.object({ value: z.array(z.looseObject({ number: z.string() })), count: z.int() });
let api: RunningApi;

async function listed(query: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const items = await readAll(api, CSAM, { path: "supportRequests", query }, itemSchema);
  return items.map(({ requestId }) => requestId);
}

beforeAll(async () => {
  api = await startApi();
  await api.send(
    CUSTOMERS.map((customerId) => {
      const facts = { customerId, agreementId: `agr-${customerId}`, number: `T-${customerId}` };
      const packages = [basePackage({ packageId: `pkg-${customerId}` })];
      return agreementEvent({ ...facts, packages }, { id: `activated ${customerId}` });
    }),
  );
  await api.drained();
  await api.send(
    CUSTOMERS.flatMap((customerId) =>
      Object.entries(NUMBERS).map(([number, facts]) =>
        upsertedEvent(`${customerId} ${number}`, number, { customerId, ...facts }),
      ),
    ),
  );
  await api.drained();
});
afterAll(() => api.stack.stop());

describe("a list over several customers with the same numbers", () => {
  const all = CUSTOMERS.flatMap((id) => Object.keys(NUMBERS).map((number) => `${id}~${number}`)).toSorted();

  test.each(ORDERS)("skips and repeats nothing in the order of %s, whatever the pages", async (field) => {
    for (const direction of ["asc", "desc"]) {
      const orderby = `${field} ${direction}`;
      const whole = await listed({ orderby, maxpagesize: String(WHOLE) });
      expect(whole.toSorted(), orderby).toEqual(all);
      for (const maxpagesize of ["1", "2", "3"])
        expect(await listed({ orderby, maxpagesize }), `${orderby} by ${maxpagesize}`).toEqual(whole);
    }
  });

  test("is the other way round when it is asked for the other way round", async () => {
    for (const field of ORDERS) {
      const ascending = await listed({ orderby: `${field} asc` });
      expect(await listed({ orderby: `${field} desc` })).toEqual(ascending.toReversed());
    }
  });
});

test.each(["cas", "CAS", "Case-2", "cAsE-"])(
  "the beginning of a number, %s, finds it in any case, and counts it",
  async (search) => {
    const query = { search, count: "true" };
    const { value, count } = (await api.ask(CSAM, { path: "supportRequests", query })).read(foundSchema);
    const numbers = Object.keys(NUMBERS).filter((number) => number.startsWith(search.toUpperCase()));
    expect(value.map(({ number }) => number).toSorted()).toEqual(CUSTOMERS.flatMap(() => numbers).toSorted());
    expect(count).toBe(value.length);
  },
);
