import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { workspaceIdSchema } from "../../src/agreements/ids.ts";
import { type Case, type CasesAsked, countCases, readCases } from "../../src/consumption/case-list.ts";
import type { CaseRow, CaseStore } from "../../src/consumption/case-store.ts";
import { everything } from "../../src/consumption/chosen.ts";
import { entitlementAccount, ledgerIdOf } from "../../src/consumption/entry.ts";
import { compareCells, keptCell } from "../../src/consumption/grid-cells.ts";
import { everyRow, type Numbered } from "../../src/consumption/grid-visibility.ts";
import { agreementId, customerId } from "../reports/support/world.ts";

const ledgerId = ledgerIdOf(customerId, agreementId);
const account = entitlementAccount("ent-prs");
const workspaceId = workspaceIdSchema.parse("ws-default");
const elsewhere = workspaceIdSchema.parse("ws-other");
const ONLY_HERE = { query: "c.workspaceId = 'ws-default'", parameters: [] };

/** Serves the rows of a list as the store does. */
function caseStore(
  rows: readonly CaseRow[],
): Pick<CaseStore, "caseRows" | "caseNumbers" | "caseSum" | "lastOfCase"> {
  const numberOf = ({ cells }: CaseRow): string | null => keptCell(cells, "number");
  const ofCase = ({ number, filter }: Parameters<CaseStore["caseSum"]>[1]) =>
    rows
      .filter((row) => numberOf(row) === number)
      .filter((row) => filter === undefined || (filter === ONLY_HERE && row.workspaceId === workspaceId));
  const sorted = rows.toSorted(
    (left, right) => compareCells(numberOf(left), numberOf(right)) || compareCells(left.id, right.id),
  );
  const beyond = (page: Parameters<CaseStore["caseNumbers"]>[1]) => {
    const { after, isDescending } = page;
    const inOrder = isDescending ? sorted.toReversed() : sorted;
    const sign = isDescending ? -1 : 1;
    return inOrder.filter(
      (row) => after === undefined || compareCells(numberOf(row), after.number) * sign > 0,
    );
  };
  return {
    caseRows: async (_, { numbers, ...page }) =>
      beyond(page)
        .filter((row) => numbers === undefined || numbers.includes(numberOf(row)))
        .slice(0, page.limit),
    // A row matches whose quantity is more than one.
    caseNumbers: async (_, page) =>
      beyond(page)
        .filter(({ quantity }) => page.filter === undefined || quantity > 1)
        .slice(0, page.limit)
        .map((row) => ({ number: numberOf(row), workspaceId: row.workspaceId })),
    caseSum: async (_, query) => ({
      total: ofCase(query).length,
      reversals: ofCase(query).filter(({ reverses }) => reverses !== undefined).length,
      quantity: ofCase(query).reduce((sum, { quantity }) => sum + quantity, 0),
    }),
    lastOfCase: async (_, query) =>
      ofCase(query).toSorted((left, right) =>
        compareCells(`${right.at}${right.id}`, `${left.at}${left.id}`),
      )[0],
  };
}

const scope = { account, chosen: everything, asOf: undefined, filter: undefined, visibility: everyRow };
const matching = { query: "c.quantity > 1", parameters: [] };
const limits = fc.integer({ min: 1, max: 5 });
const sizes = fc.array(fc.constantFrom(1, 2, 7, 400, 999, 1_000, 1_001, 1_002, 2_500), { maxLength: 6 });

const rowsOf = (caseSizes: readonly number[]): CaseRow[] =>
  caseSizes.flatMap((size, index) =>
    Array.from(
      { length: size },
      (_, each): CaseRow => ({
        id: `${index}-${each}`,
        at: `2026-03-${String(1 + (each % 28)).padStart(2, "0")}T00:00:00.000Z`,
        // In small cases no row that matches is here.
        workspaceId: (size > 7 ? each % 5 < 2 : each % 2 === 0) ? workspaceId : elsewhere,
        // Of every third case no row matches, of the others one in two.
        quantity: each % 9 === 8 ? -1 : index % 3 === 2 ? 1 : 1 + (each % 2),
        ...(each % 9 === 8 ? { reverses: "another" } : {}),
        cells: { n: index === 0 ? null : `CASE-${index}`, t: `${each}` },
      }),
    ),
  );

async function readAll(
  rows: readonly CaseRow[],
  limit: number,
  isDescending: boolean,
  wanted: CasesAsked["matching"],
  visibility: CasesAsked["visibility"] = everyRow,
): Promise<readonly Case[]> {
  const store = caseStore(rows);
  const cases: Case[] = [];
  for (let after: { number: string | null } | undefined, isLast = false; !isLast; ) {
    const place = { after, limit, isDescending };
    const { value, next } = await readCases(
      store,
      ledgerId,
      { ...scope, visibility, matching: wanted },
      place,
    );
    expect(value.length).toBeLessThanOrEqual(limit);
    if (next !== undefined) expect([value.length, next.isShown]).toEqual([limit, true]);
    cases.push(...value);
    isLast = next === undefined;
    after = next?.place;
  }
  return cases;
}

describe("rows by case", () => {
  it("are each in one whole case, however they are found and in whatever order, and however many rows a case and a page have", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, limits, fc.boolean(), fc.boolean(), async (caseSizes, limit, ...how) => {
        const [isDescending, isFiltered] = how;
        const rows = rowsOf(caseSizes);
        const cases = await readAll(rows, limit, isDescending, isFiltered ? matching : undefined);
        const groups = [...Map.groupBy(rows, ({ cells }) => keptCell(cells, "number"))]
          .filter(([, group]) => !isFiltered || group.some(({ quantity }) => quantity > 1))
          .toSorted(([left], [right]) => compareCells(left, right) * (isDescending ? -1 : 1));
        expect(
          cases.map(({ number, rows: count, quantity, deliveries }) => [number, count, quantity, deliveries]),
        ).toEqual(
          groups.map(([number, group]) => [
            number,
            group.length,
            group.reduce((sum, { quantity }) => sum + quantity, 0),
            group.filter(({ reverses }) => reverses === undefined).length,
          ]),
        );
        for (const { number, last } of cases) {
          const latest =
            groups.find(([each]) => each === number)?.[1].map(({ at, id }) => `${at}${id}`) ?? [];
          expect(`${last.at}${last.id}`).toBe(latest.toSorted(compareCells).at(-1));
        }
      }),
      { numRuns: 120 },
    );
  });
});

describe("rows that are hidden", () => {
  const names = fc.uniqueArray(fc.constantFrom("CASE-1", "CASE-2", "CASE-3", "CASE-4", "CASE-5"));

  /** Of some cases all rows are hidden, of others those of the other workspace. */
  const visibilityOf = (hidden: readonly string[], partly: readonly string[]) => {
    const isShown = ({ number, workspaceId: place }: Numbered) =>
      number === null || (!hidden.includes(number) && (place === workspaceId || !partly.includes(number)));
    return {
      isShown,
      shown: async <Row>(rows: readonly Row[], of: (row: Row) => Numbered) =>
        rows.filter((row) => isShown(of(row))),
      filterOf: (number: string | null) => {
        if (number !== null && hidden.includes(number)) return { query: "false", parameters: [] };
        return number !== null && partly.includes(number) ? ONLY_HERE : undefined;
      },
    };
  };

  it("leave pages as they are where these never were", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(sizes, limits, names, names, fc.boolean(), fc.boolean()),
        async ([caseSizes, limit, hidden, partly, isDescending, isFiltered]) => {
          const visibility = visibilityOf(hidden, partly);
          const rows = rowsOf(caseSizes);
          const others = rows.filter((row) =>
            visibility.isShown({ number: keptCell(row.cells, "number"), workspaceId: row.workspaceId }),
          );
          const wanted = isFiltered ? matching : undefined;
          expect(await readAll(rows, limit, isDescending, wanted, visibility)).toEqual(
            await readAll(others, limit, isDescending, wanted),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("the number of cases", () => {
  it("is of those of which something is left, and that were found", async () => {
    const quantities = [
      { number: "CASE-1", workspaceId, quantity: 30 },
      { number: "CASE-2", workspaceId, quantity: 2 },
      { number: "CASE-2", workspaceId: elsewhere, quantity: -2 },
      { number: "CASE-3", workspaceId, quantity: 1 },
      { number: "CASE-3", workspaceId: elsewhere, quantity: 1 },
    ];
    const found = ["CASE-2", "CASE-3"].map((number) => ({ number, workspaceId }));
    const store = { caseQuantities: async () => quantities, differentNumbers: async () => found };
    expect(await countCases(store, ledgerId, { ...scope, matching: undefined })).toBe(2);
    expect(await countCases(store, ledgerId, { ...scope, matching })).toBe(1);
  });
});
