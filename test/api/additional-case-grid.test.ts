import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { additionalColumns, orderedNames } from "../../src/consumption/grid.ts";
import { compareCells } from "../../src/consumption/grid-cells.ts";
import {
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { errorSchema } from "./support/shapes.ts";

const ADMIN: TokenRequest = { email: "admin@cust-t.example" };
const PATH = `customers/${CUSTOMER}/additionalCases`;
const ROWS = `${PATH}/rows`;
const PERIOD = { startDate: "2024-01-01", endDate: "2026-03-31" };

const rowSchema = z.looseObject({
  rowId: z.string(),
  kind: z.enum(["delivery", "reversal"]),
  deliveredAt: z.string(),
  agreementId: z.string().nullable(),
});
type Row = z.infer<typeof rowSchema>;
const valueSchema = z.union([z.string(), z.number(), z.null()]);
const cell = (row: Row, name: string) => valueSchema.parse(row[name]);
const placeOf = ({ agreementId, rowId }: Row): string => `${agreementId} ${rowId}`;

/** Advice is counted in executions there, and has categories too. */
const inExecutions = entitlement("ent-adv", "advisory", { unit: "executions" });
const agreement = agreementEvent({
  ...PERIOD,
  packages: [basePackage({ ...PERIOD, entitlements: [inExecutions] })],
});
const random = seededRandom(4_711);
const targets = [{}, { agreementId: "agr-nobody-knows" }, { agreementId: undefined }] as const;

const deliveries = Array.from({ length: 70 }, (_, index) => {
  const isCounted = index % 12 === 5;
  return {
    id: `g-${index}`,
    agreementId: "agr-t-base",
    ...(isCounted ? {} : random.pick(targets)),
    members: {
      service: isCounted ? "advisory" : random.pick(["advisory", "problemResolution"]),
      packageId: isCounted ? "pkg-base" : undefined,
      entitlementId: isCounted ? "ent-adv" : undefined,
      unit: isCounted ? "executions" : "minutes",
      quantity: 1 + random.below(6),
      deliveredAt: `2026-0${1 + random.below(5)}-1${random.below(3)}T10:00:00Z`,
      request:
        index % 9 === 0
          ? undefined
          : {
              number: `CASE-${random.below(12)}`,
              title: random.pick(["Replication stopped", "Éxito", undefined]),
              category: isCounted ? "SU" : random.pick([null, "SU", "X85"]),
              openedAt: random.pick(["2026-01-01T08:00:00Z", undefined]),
            },
    },
  };
});
const events = deliveries.flatMap(({ id, agreementId, members }, index) => {
  const delivery = deliveryEvent(id, { ...members, agreementId });
  return index % 6 === 0
    ? [delivery, reversalEvent(`back-${id}`, id, { agreementId, quantity: 1 })]
    : [delivery];
});

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreement, ...events]);
  await api.drained();
});
afterAll(() => api.stack.stop());

const rowsOf = (query: Readonly<Record<string, string>> = {}): Promise<Row[]> =>
  readAll(api, ADMIN, { path: ROWS, query }, rowSchema);

describe("the grid of additional cases", () => {
  test("has columns of every kind to find rows by, of three ledgers and two units", async () => {
    const rows = await rowsOf();
    expect(new Set(rows.map(({ agreementId }) => agreementId)).size).toBe(3);
    expect(new Set(rows.map((row) => row["unit"]))).toEqual(new Set(["minutes", "executions"]));
    for (const name of Object.keys(additionalColumns))
      expect([name, new Set(rows.map((row) => cell(row, name))).size > 1]).toEqual([
        name,
        name !== "workspaceId",
      ]);
  });

  test.each(Object.keys(additionalColumns))("is filtered by %s, also for what is not there", async (name) => {
    const rows = await rowsOf();
    for (const value of [...new Set(rows.map((row) => cell(row, name)))].slice(0, 4)) {
      const isText = typeof value === "string" && additionalColumns[name]?.type === "string";
      const literal = isText ? `'${value}'` : String(value);
      for (const [operator, isEqual] of [
        ["eq", true],
        ["ne", false],
      ] as const) {
        const found = await rowsOf({ filter: `${name} ${operator} ${literal}`, maxpagesize: "40" });
        const expected = rows.filter((row) => (cell(row, name) === value) === isEqual);
        expect([name, value, found.map(placeOf)]).toEqual([name, value, expected.map(placeOf)]);
      }
    }
  });

  test.each(orderedNames(additionalColumns))("is put in order by %s over all agreements", async (name) => {
    const key = name === "deliveredMinutes" ? "quantity" : name;
    const rows = await rowsOf();
    for (const [direction, sign] of [
      ["asc", 1],
      ["desc", -1],
    ] as const) {
      const found = await rowsOf({ orderby: `${name} ${direction}`, maxpagesize: "7" });
      const expected = rows.toSorted(
        (left, right) =>
          sign * (compareCells(cell(left, key), cell(right, key)) || compareCells(left.rowId, right.rowId)),
      );
      expect(found.map(placeOf)).toEqual(expected.map(placeOf));
    }
  });

  test("is searched, and shows the columns that are selected", async () => {
    const rows = await rowsOf();
    for (const search of ["éxito", "case-1", "none of these", "') OR true OR ('"]) {
      const expected = rows.filter((row) =>
        [cell(row, "number"), cell(row, "title")].some((text) =>
          String(text ?? "")
            .toLowerCase()
            .includes(search),
        ),
      );
      expect((await rowsOf({ search, maxpagesize: "5" })).map(placeOf)).toEqual(expected.map(placeOf));
    }
    const selected = await api.ask(ADMIN, { path: ROWS, query: { top: "1", select: "number,reasons" } });
    const [first] = rows;
    const [rowId, number, reasons] = [first?.rowId, first?.["number"], first?.["reasons"]];
    expect(selected.read(z.object({ value: z.array(z.unknown()) })).value).toEqual([
      { rowId, number, reasons },
    ]);
  });

  test.each([
    [{ filter: "reasons eq 'category'" }, "InvalidFilter", Object.keys(additionalColumns)],
    [{ orderby: "service" }, "InvalidOrderBy", orderedNames(additionalColumns)],
    [{ orderby: "number,title" }, "InvalidOrderBy", []],
    [{ select: "nothing" }, "InvalidQueryParameterValue", ["reasons", "deliveredMinutes"]],
  ] as const)("refuses %o by the columns that there are", async (query, code, names) => {
    const answer = await api.ask(ADMIN, { path: ROWS, query });
    const { error } = answer.read(errorSchema);
    expect([answer.status, error.code]).toEqual([400, code]);
    for (const name of names) expect(error.message).toContain(name);
  });

  test("says on every page the time of the last row of all that is asked for", async () => {
    const about = z.object({
      value: z.array(rowSchema),
      nextLink: z.url().optional(),
      dataAsOf: z.string().nullable(),
    });
    for (const query of [
      {},
      { filter: "category eq 'X85'" },
      { case: "CASE-3" },
      { search: "nothing has this" },
    ]) {
      const rows = await rowsOf(query);
      const last =
        rows
          .map(({ deliveredAt }) => deliveredAt)
          .toSorted(compareCells)
          .at(-1) ?? null;
      for (let next: string | undefined = ROWS, isFirst = true; next !== undefined; isFirst = false) {
        const asked = isFirst ? { path: next, query: { ...query, maxpagesize: "9" } } : { path: next };
        const page: z.infer<typeof about> = (await api.ask(ADMIN, asked)).read(about);
        expect(page.dataAsOf).toBe(last);
        next = page.nextLink;
      }
    }
  });
});

describe("the list of additional cases", () => {
  const listSchema = z.looseObject({
    value: z.array(z.looseObject({ key: z.string(), number: z.string().nullable(), service: z.string() })),
    nextLink: z.url().optional(),
    dataAsOf: z.string(),
  });

  test("has its totals on the first page, and each case on one page, whatever the size of these", async () => {
    const whole = (await api.ask(ADMIN, { path: PATH, query: { maxpagesize: "1000" } })).read(listSchema);
    expect(whole.nextLink).toBe(undefined);
    const { value, nextLink: _none, ...totals } = whole;
    for (const maxpagesize of ["1", "2", "5"]) {
      const first = (await api.ask(ADMIN, { path: PATH, query: { maxpagesize } })).read(listSchema);
      expect(first).toMatchObject(totals);
      const items = [...first.value];
      for (let next = first.nextLink; next !== undefined; ) {
        const page = (await api.ask(ADMIN, { path: next })).read(listSchema);
        expect(
          Object.keys(page)
            .filter((name) => name !== "nextLink")
            .toSorted(),
        ).toEqual(["dataAsOf", "rowsShown", "value"]);
        expect(page.dataAsOf).toBe(whole.dataAsOf);
        items.push(...page.value);
        next = page.nextLink;
      }
      expect(items).toEqual(value);
    }
    const top = await readAll(
      api,
      ADMIN,
      { path: PATH, query: { top: "5", maxpagesize: "2" } },
      z.looseObject({}),
    );
    expect(top).toEqual(value.slice(0, 5));
  });

  test.each([PATH, ROWS])("at %s knows no agreement that the page does not know", async (path) => {
    const answer = (agreements: string, at = path) => api.ask(ADMIN, { path: at, query: { agreements } });
    const page = `customers/${CUSTOMER}/activity`;
    for (const agreements of ["agr-never-named", "agr-nobody-knows", "agr-t-base,agr-never-named"]) {
      expect((await answer(agreements, page)).status).toBe(404);
      expect((await answer(agreements)).status).toBe(404);
    }
    expect((await answer("agr-t-base")).status).toBe(200);
    const found = await rowsOf({ filter: "agreementId eq 'agr-nobody-knows'" });
    expect(found.length).toBeGreaterThan(3);
  });
});
