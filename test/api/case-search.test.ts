import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { deliveryColumns } from "../../src/consumption/grid.ts";
import { compareCells } from "../../src/consumption/grid-cells.ts";
import { CUSTOMER, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { agreement, events } from "./support/grid-world.ts";
import { quantityOf, readAll, readRows } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { caseSchema, errorSchema } from "./support/shapes.ts";

const ADMIN: TokenRequest = { email: "admin@cust-t.example" };
const pathOf = (id: string): string => `customers/${CUSTOMER}/entitlements/${id}`;

/** Everything of this case is taken back. */
const goneCase = [1, 2].flatMap((part) => [
  deliveryEvent(`gone-${part}`, {
    entitlementId: "ent-prs",
    service: "problemResolution",
    quantity: part,
    deliveredAt: "2026-03-03T10:00:00Z",
    request: { number: "GONE", title: "Replication stopped", product: "SQL Server", severity: "minimal" },
  }),
  reversalEvent(`gone-back-${part}`, `gone-${part}`, { entitlementId: "ent-prs" }),
]);

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreement, ...events, ...goneCase]);
  await api.drained();
});
afterAll(() => api.stack.stop());

type Asked = Readonly<Record<string, string>>;
const casesOf = (id: string, query: Asked = {}) =>
  readAll(api, ADMIN, { path: `${pathOf(id)}/cases`, query }, caseSchema);

async function countOf(id: string, query: Asked = {}): Promise<number> {
  const answer = await api.ask(ADMIN, { path: `${pathOf(id)}/cases`, query: { ...query, count: "true" } });
  return answer.read(z.object({ count: z.int() })).count;
}

describe("cases are found by their rows", () => {
  test.each([
    ["ent-prs", { filter: "severity eq 'critical'" }],
    ["ent-prs", { filter: "deliveredMinutes lt 0" }],
    ["ent-prs", { filter: "product eq null and status ne 'closed'", search: "replication" }],
    ["ent-prs", { search: "sql" }],
    ["ent-prs", { search: "nothing has this" }],
    ["ent-pro", { filter: "number eq null" }],
    ["ent-edu", { search: "sql" }],
  ] as const)("of %s by %o, and shown with all of their rows", async (id, query) => {
    const found = await readRows(api, ADMIN, pathOf(id), query);
    const all = await readRows(api, ADMIN, pathOf(id));
    const numbers = new Set(found.map(({ number }) => number));
    for (const [orderby, sign] of [
      ["number", 1],
      ["number desc", -1],
    ] as const) {
      const cases = await casesOf(id, { ...query, orderby, maxpagesize: "2" });
      const expected = [...numbers]
        .toSorted((left, right) => compareCells(left, right) * sign)
        .map((number) => {
          const own = all.filter((row) => row.number === number);
          return { number, rows: own.length, quantity: quantityOf(own) };
        });
      expect(cases.map(({ number, rows, quantity }) => ({ number, rows, quantity }))).toEqual(expected);
      const counted = expected.filter(({ number, quantity }) => number !== null && quantity > 0);
      expect(await countOf(id, query)).toBe(counted.length);
    }
  });

  test("by each column of their rows, and by none that there is not", async () => {
    for (const name of Object.keys(deliveryColumns.cases))
      await casesOf("ent-prs", { filter: `${name} ne null`, top: "1" });
    for (const [query, code, word] of [
      [{ filter: "balanceAfter gt 1" }, "InvalidFilter", "deliveredMinutes"],
      [{ orderby: "title" }, "InvalidOrderBy", "number"],
    ] as const) {
      const answer = await api.ask(ADMIN, { path: `${pathOf("ent-prs")}/cases`, query });
      const { error } = answer.read(errorSchema);
      expect([answer.status, error.code]).toEqual([400, code]);
      expect(error.message).toContain(word);
    }
    const minutes = await api.ask(ADMIN, {
      path: `${pathOf("ent-edu")}/rows`,
      query: { filter: "deliveredMinutes gt 1" },
    });
    expect(minutes.status).toBe(400);
  });
});

test("a case of which everything was taken back is listed with its rows, and counted as none", async () => {
  const cases = await casesOf("ent-prs");
  const gone = cases.find(({ number }) => number === "GONE");
  expect(gone).toMatchObject({ deliveries: 2, rows: 4, quantity: 0 });
  const left = cases.filter(({ number, quantity }) => number !== null && quantity > 0);
  expect(await countOf("ent-prs")).toBe(left.length);
  expect(await countOf("ent-prs", { filter: "number eq 'GONE'" })).toBe(0);
  const rows = await readRows(api, ADMIN, pathOf("ent-prs"), { case: "GONE" });
  expect([rows.length, quantityOf(rows)]).toEqual([4, 0]);
});
