import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { deliveryColumns } from "../../src/consumption/grid.ts";
import { compareCells } from "../../src/consumption/grid-cells.ts";
import { CUSTOMER, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { agreement, CREDITS, events, grids, ROWS_OF_EACH } from "./support/grid-world.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { caseSchema, entitlementSchema } from "./support/shapes.ts";

const ADMIN: TokenRequest = { email: "admin@cust-t.example" };
const entitlementPath = (id: string): string => `customers/${CUSTOMER}/entitlements/${id}`;

const rowSchema = z.looseObject({
  rowId: z.string(),
  kind: z.enum(["delivery", "reversal"]),
  deliveredAt: z.string(),
  quantity: z.int(),
  number: z.string().nullable(),
  event: z.object({ id: z.string() }),
  reverses: z.object({ id: z.string() }).nullable(),
});
type Row = z.infer<typeof rowSchema>;
const valueSchema = z.union([z.string(), z.number(), z.null()]);

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreement, ...events]);
});
afterAll(() => api.stack.stop());

function rowsOf(id: string, query: Readonly<Record<string, string>> = {}): Promise<Row[]> {
  return readAll(api, ADMIN, { path: `${entitlementPath(id)}/rows`, query }, rowSchema);
}

const idsOf = (rows: readonly Row[]): string[] => rows.map(({ rowId }) => rowId);
const sumOf = (rows: readonly Row[]): number => rows.reduce((sum, { quantity }) => sum + quantity, 0);
const cell = (row: Row, name: string): string | number | null => valueSchema.parse(row[name]);

function inOrder(rows: readonly Row[], name: string, sign: 1 | -1): string[] {
  const sorted = rows.toSorted(
    (left, right) =>
      sign * (compareCells(cell(left, name), cell(right, name)) || compareCells(left.rowId, right.rowId)),
  );
  return idsOf(sorted);
}

describe.each(grids)("the $grid grid of $entitlementId", ({ entitlementId, grid }) => {
  const columns = Object.keys(deliveryColumns[grid]);

  test("has every row behind the total, of its own kind, as the drill-down says", async () => {
    const head = (await api.ask(ADMIN, { path: entitlementPath(entitlementId) })).read(
      entitlementSchema.extend({ grid: z.string() }),
    );
    const answer = await api.ask(ADMIN, { path: head.rowsLink });
    const about = z.object({ grid: z.string(), rows: z.string(), dataAsOf: z.string() });
    expect(answer.read(about)).toEqual({ grid, rows: "all", dataAsOf: head.dataAsOf });
    expect(head.grid).toBe(grid);
    const rows = await rowsOf(entitlementId);
    expect([rows.length, sumOf(rows), rows.length]).toEqual([head.rows, head.consumed, ROWS_OF_EACH]);
    for (const row of rows) for (const name of columns) expect(row).toHaveProperty(name);
  });

  test("shows of a reversal the columns of what it takes back", async () => {
    const rows = await rowsOf(entitlementId);
    const deliveries = new Map(rows.map((row) => [row.event.id, row]));
    const reversals = rows.filter(({ kind }) => kind === "reversal");
    expect(reversals.length).toBeGreaterThan(5);
    const others = ["quantity", "creditsUsed", "deliveredMinutes", "recordedAt"];
    for (const row of reversals) {
      const taken = deliveries.get(row.reverses?.id ?? "");
      for (const name of columns.filter((each) => !others.includes(each)))
        expect([name, row[name]]).toEqual([name, taken?.[name]]);
    }
  });

  test("is put in order by each of its columns, up and down, with every row once whatever the page", async () => {
    const rows = await rowsOf(entitlementId);
    for (const name of columns) {
      for (const [direction, sign] of [
        ["asc", 1],
        ["desc", -1],
      ] as const) {
        const query = { orderby: `${name} ${direction}`, maxpagesize: "7" };
        expect([name, idsOf(await rowsOf(entitlementId, query))]).toEqual([name, inOrder(rows, name, sign)]);
      }
    }
  });

  test("is filtered by each of its columns, also for what is not there", async () => {
    const rows = await rowsOf(entitlementId);
    for (const name of columns) {
      for (const value of [...new Set(rows.map((row) => cell(row, name)))].slice(0, 4)) {
        const isText = typeof value === "string" && deliveryColumns[grid][name]?.type === "string";
        const literal = isText ? `'${value.replaceAll("'", "''")}'` : String(value);
        const found = await rowsOf(entitlementId, { filter: `${name} eq ${literal}` });
        const expected = rows.filter((row) => cell(row, name) === value);
        expect([name, value, idsOf(found)]).toEqual([name, value, idsOf(expected)]);
      }
    }
  });

  test("gives the columns that are selected, and none that it does not have", async () => {
    const [first] = await rowsOf(entitlementId, { top: "1" });
    const path = `${entitlementPath(entitlementId)}/rows`;
    const selected = await api.ask(ADMIN, { path, query: { top: "1", select: "quantity,number" } });
    const { value } = selected.read(z.object({ value: z.array(z.unknown()) }));
    const { rowId, quantity, number } = first ?? {};
    expect(value).toEqual([{ rowId, quantity, number }]);
    const refused = await api.ask(ADMIN, { path, query: { select: "nothing" } });
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([
      400,
      "InvalidQueryParameterValue",
    ]);
  });
});

describe("search", () => {
  test.each([
    ["ent-prs", "REPLICATION", "title"],
    ["ent-prs", "inc0003", "number"],
    ["ent-prs", "ŻÓŁ", "product"],
    ["ent-prs", "zoë c", "primaryContact"],
    ["ent-prs", "% _", "title"],
    ["ent-pro", "Health", "title"],
    ["ent-crd", "HEALTH", "engagement"],
    ["ent-edu", "łucj", "learner"],
    ["ent-edu", "sql", "activityTitle"],
    ["ent-ass", "active", "assessment"],
  ])("finds in %s by a part in any case: %s in %s", async (id, search, name) => {
    const found = await rowsOf(id, { search, maxpagesize: "5" });
    const expected = (await rowsOf(id)).filter((row) =>
      String(cell(row, name) ?? "")
        .toLowerCase()
        .includes(search.toLowerCase()),
    );
    expect(found.length).toBeGreaterThan(1);
    expect(idsOf(found)).toEqual(idsOf(expected));
  });

  test("finds nothing for what stands nowhere, and takes no part of a query for one", async () => {
    expect(await rowsOf("ent-prs", { search: "') OR true OR ('" })).toEqual([]);
  });
});

describe("the balance after each credit row", () => {
  const withBalance = rowSchema.extend({ balanceAfter: z.int(), creditsUsed: z.int() });

  test("is what is left by time, deliveries before reversals, then id, whatever filter, order, instant or page shows the row", async () => {
    const path = `${entitlementPath("ent-crd")}/rows`;
    const all = await readAll(api, ADMIN, { path, query: { orderby: "deliveredAt asc" } }, withBalance);
    const expected = new Map<string, number>();
    let left = CREDITS;
    const inOrder = all.toSorted(
      (left, right) =>
        Date.parse(left.deliveredAt) - Date.parse(right.deliveredAt) ||
        Number(left.creditsUsed < 0) - Number(right.creditsUsed < 0),
    );
    for (const { rowId, creditsUsed } of inOrder) {
      left -= creditsUsed;
      expected.set(rowId, Math.max(0, left));
    }
    expect(Math.min(...expected.values())).toBe(0);
    const head = (await api.ask(ADMIN, { path: entitlementPath("ent-crd") })).read(entitlementSchema);
    expect(inOrder.at(-1)?.balanceAfter).toBe(head.remaining);
    const queries: Readonly<Record<string, string>>[] = [
      { orderby: "deliveredAt asc" },
      { maxpagesize: "3" },
      { orderby: "engagement desc", maxpagesize: "4" },
      { filter: "status eq 'delivered'", maxpagesize: "5" },
      { search: "work", orderby: "creditsUsed asc" },
      { asOf: "2026-03-02T11:00:00Z" },
    ];
    for (const query of queries) {
      const rows = await readAll(api, ADMIN, { path, query }, withBalance);
      expect(rows.length).toBeGreaterThan(3);
      for (const { rowId, balanceAfter } of rows) expect(balanceAfter).toBe(expected.get(rowId));
    }
  });
});

describe("by case", () => {
  test.each(["ent-prs", "ent-pro", "ent-edu"])(
    "the rows of %s are all there, each in one case",
    async (id) => {
      const rows = await rowsOf(id);
      const path = `${entitlementPath(id)}/cases`;
      const cases = await readAll(api, ADMIN, { path, query: { maxpagesize: "2" } }, caseSchema);
      const numbers = [...new Set(rows.map(({ number }) => number))].toSorted(compareCells);
      expect(cases.map(({ number }) => number)).toEqual(numbers);
      for (const { number, rowsLink, ...totals } of cases) {
        const own = rows.filter((row) => row.number === number);
        const deliveries = own.filter(({ kind }) => kind === "delivery").length;
        expect(totals).toEqual({ deliveries, rows: own.length, quantity: sumOf(own) });
        expect(idsOf(await readAll(api, ADMIN, { path: rowsLink }, rowSchema))).toEqual(idsOf(own));
      }
      const counted = await api.ask(ADMIN, { path, query: { count: "true" } });
      const named = numbers.filter((number) => number !== null).length;
      expect(counted.read(z.object({ count: z.int() })).count).toBe(named);
    },
  );

  test("a case is shown as its last delivery has it", async () => {
    const shown = caseSchema.extend({
      title: z.string().nullable(),
      status: z.string().nullable(),
      lastDeliveredAt: z.string(),
    });
    const cases = await readAll(api, ADMIN, { path: `${entitlementPath("ent-prs")}/cases` }, shown);
    for (const { number, title, status, lastDeliveredAt } of cases) {
      const [last] = await rowsOf("ent-prs", { case: number ?? "" });
      expect([title, status, lastDeliveredAt]).toEqual([
        last?.["title"],
        last?.["status"],
        last?.deliveredAt,
      ]);
    }
  });
});

describe("pages", () => {
  test("neither skip nor repeat a row that was there, when others come before and after the position", async () => {
    const other = { entitlementId: "ent-prs", service: "problemResolution" };
    for (const [index, orderby] of [
      "deliveredAt desc",
      "title asc",
      "title desc",
      "quantity asc",
    ].entries()) {
      const before = await rowsOf("ent-prs", { orderby });
      const path = `${entitlementPath("ent-prs")}/rows`;
      const list = z.object({ value: z.array(rowSchema), nextLink: z.url().optional() });
      const first = (await api.ask(ADMIN, { path, query: { orderby, maxpagesize: "20" } })).read(list);
      const added = ["A", "Replication", "zz", undefined].map((title, each) =>
        deliveryEvent(`late-${index}-${each}`, {
          ...other,
          quantity: each + 1,
          deliveredAt: `2026-0${each + 1}-15T10:00:00Z`,
          request: { number: `LATE-${each}`, title },
        }),
      );
      await api.send([...added, reversalEvent(`late-back-${index}`, `late-${index}-1`)]);
      await api.drained();
      const rest = await readAll(api, ADMIN, { path: first.nextLink ?? "" }, rowSchema);
      const ids = [...idsOf(first.value), ...idsOf(rest)];
      const known = new Set(idsOf(before));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => known.has(id))).toEqual(idsOf(before));
      expect(ids.length).toBeGreaterThan(before.length);
    }
  });
});
