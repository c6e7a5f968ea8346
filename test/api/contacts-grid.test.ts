import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { agreementEvent, basePackage, CUSTOMER, entitlement } from "../fakes/events.ts";
import { linesOf, readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { entitlementSchema, pageSchema } from "./support/shapes.ts";

const ADMIN: TokenRequest = { email: "admin@cust-t.example" };
const CSAM: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const contacts = (id: string, allowance: number) =>
  entitlement(id, "supportContacts", { unit: "contacts", allowance });

/** Three named, of which the first entitlement takes two. */
const agreement = agreementEvent({
  ...PERIOD,
  supportContacts: ["zoe", "adam", "eva"].map((name) => ({
    name: `${name} Contact`,
    email: `${name}@cust-t.example`,
  })),
  packages: [basePackage({ ...PERIOD, entitlements: [contacts("ent-first", 2), contacts("ent-second", 3)] })],
});

const rowSchema = z.object({
  rowId: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  roles: z.array(z.string()),
  status: z.string().nullable(),
  supportContactSince: z.iso.datetime(),
  workspaceId: z.string(),
  quantity: z.literal(1),
});
const gridSchema = z.object({ grid: z.string(), contacts: z.int(), allowed: z.int().nullable() });

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
  await api.send([agreement]);
  await api.drained();
});
afterAll(() => api.stack.stop());

const pathOf = (id: string): string => `customers/${CUSTOMER}/entitlements/${id}`;
const rowsOf = (id: string, query: Readonly<Record<string, string>> = {}) =>
  readAll(api, ADMIN, { path: `${pathOf(id)}/rows`, query }, rowSchema);

/** The number by page, drill-down, header and rows: one and the same. */
async function numberOf(id: string, workspaces = "all"): Promise<number> {
  const query = { workspaces };
  const page = await api.ask(CSAM, { path: `customers/${CUSTOMER}/activity`, query });
  const head = await api.ask(CSAM, { path: pathOf(id), query });
  const grid = await api.ask(CSAM, { path: `${pathOf(id)}/rows`, query });
  const rows = await readAll(api, CSAM, { path: `${pathOf(id)}/rows`, query }, rowSchema);
  const numbers = [
    linesOf(page.read(pageSchema)).get(id)?.consumed,
    head.read(entitlementSchema).consumed,
    grid.read(gridSchema).contacts,
    rows.length,
  ];
  expect(new Set(numbers).size, String(numbers)).toBe(1);
  return rows.length;
}

describe("support contacts", () => {
  test("take up the entitlements one after the other, and page, drill-down, header and rows say so", async () => {
    expect([await numberOf("ent-first"), await numberOf("ent-second")]).toEqual([2, 1]);
    const grid = await api.ask(ADMIN, { path: `${pathOf("ent-second")}/rows` });
    expect(grid.read(gridSchema)).toEqual({ grid: "contacts", contacts: 1, allowed: 3 });
    const people = [...(await rowsOf("ent-first")), ...(await rowsOf("ent-second"))];
    expect(new Set(people.map(({ email }) => email))).toEqual(
      new Set(["adam", "eva", "zoe"].map((name) => `${name}@cust-t.example`)),
    );
    for (const { roles, status, workspaceId } of people)
      expect([roles, status, workspaceId]).toEqual([["supportContact"], "active", "ws-default"]);
  });

  test("are listed in any order, filtered, searched and paged", async () => {
    const all = await rowsOf("ent-first");
    const emails = all.map(({ email }) => email ?? "");
    expect(emails).toEqual(emails.toSorted());
    for (const orderby of ["email desc", "name desc"]) {
      const rows = await rowsOf("ent-first", { orderby, maxpagesize: "1" });
      expect(rows.map(({ email }) => email)).toEqual(emails.toReversed());
    }
    const [first] = all;
    const name = first?.name?.toUpperCase() ?? "";
    expect(await rowsOf("ent-first", { search: name })).toEqual([first]);
    expect(await rowsOf("ent-first", { filter: `email eq '${first?.email}'` })).toEqual([first]);
    expect(await rowsOf("ent-first", { filter: "contains(roles, 'learning')" })).toEqual([]);
    expect(await rowsOf("ent-first", { case: "CASE-1" })).toEqual([]);
    const cases = await api.ask(ADMIN, { path: `${pathOf("ent-first")}/cases` });
    expect(cases.read(z.object({ value: z.array(z.unknown()) })).value).toEqual([]);
  });

  test("refuse what is a column of another grid", async () => {
    const path = `${pathOf("ent-first")}/rows`;
    for (const query of [{ orderby: "deliveredAt" }, { filter: "title eq 'x'" }, { select: "title" }])
      expect((await api.ask(ADMIN, { path, query })).status).toBe(400);
  });

  test("of a workspace are counted there, and all workspaces come to all of them", async () => {
    const path = `customers/${CUSTOMER}/workspaces`;
    const administrator = { email: "anna@cust-t.example", name: "Anna" };
    const json = { name: "A", agreements: [{ agreementId: "agr-t-base" }], administrator };
    const created = await api.ask(CSAM, { method: "POST", path, json });
    const { workspaceId } = created.read(z.object({ workspaceId: z.string() }));
    expect([await numberOf("ent-first", workspaceId), await numberOf("ent-second", workspaceId)]).toEqual([
      0, 0,
    ]);
    expect(await numberOf("ent-first", "ws-default")).toBe(2);
    const head = await api.ask(CSAM, { path: pathOf("ent-first"), query: { workspaces: workspaceId } });
    expect(head.read(entitlementSchema)).toMatchObject({ consumed: 0, remaining: 0 });
  });

  test("who became some later are not counted as of before", async () => {
    const [first] = await rowsOf("ent-first");
    const since = first?.supportContactSince ?? "";
    const before = new Date(Date.parse(since) - 1).toISOString();
    const page = async (asOf: string) => {
      const answer = await api.ask(CSAM, { path: `customers/${CUSTOMER}/activity`, query: { asOf } });
      return answer.read(pageSchema).enterpriseWide.categories.map(({ consumed }) => consumed);
    };
    expect(await page(new Date().toISOString())).toEqual([3]);
    expect(await rowsOf("ent-first", { asOf: before })).toEqual([]);
    expect(await page(before)).toEqual([0]);
  });

  test("who are switched off are counted no more", async () => {
    const [gone] = await rowsOf("ent-first");
    const members = `customers/${CUSTOMER}/workspaces/ws-default/members`;
    const path = `${members}/${gone?.rowId}/supportContact`;
    const answer = await api.ask(CSAM, { method: "DELETE", path });
    expect(answer.status, answer.text).toBeLessThan(300);
    expect([await numberOf("ent-first"), await numberOf("ent-second")]).toEqual([2, 0]);
  });
});
