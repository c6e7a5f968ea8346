/**
 * The rows of an account by case. Promise: a page costs one query of at most `PAGE_ROWS_MAX` rows, two more where its first
 * case has more rows than that, and one more where cases are found by their rows.
 * Invariants: a case is whole on the one page that has it, with all of its rows, also those that it was not found by: rows
 * come in the order of their cases, and one of which the rest is beyond the page's rows is left to the next page, or summed
 * up by the store if it fills the page alone; pages neither skip nor repeat a case that was there all the time.
 */

import { compareText } from "../agreements/terms.ts";
import type { Query } from "../platform/cosmos.ts";
import type { CaseRow, CaseStore } from "./case-store.ts";
import type { Chosen } from "./chosen.ts";
import type { Account, LedgerId } from "./entry.ts";
import { keptCell } from "./grid-cells.ts";

/** Each is about half a KB. */
const PAGE_ROWS_MAX = 1_000;

export type CaseScope = {
  readonly account: Account;
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly filter: Query | undefined;
};

export type CasesAsked = CaseScope & {
  /** Only the cases with a row that meets it, besides `filter`. */
  readonly matching: Query | undefined;
};

export type Case = {
  /** Null: the rows that are of no case. */
  readonly number: string | null;
  readonly deliveries: number;
  readonly rows: number;
  readonly quantity: number;
  /** Says how the case was then. */
  readonly last: CaseRow;
};

export type CasePage = {
  /** In order of their numbers, that of no case before all others. */
  readonly cases: readonly Case[];
  readonly isLast: boolean;
};

type Place = {
  readonly after: { readonly number: string | null } | undefined;
  readonly isDescending: boolean;
  readonly limit: number;
};

export async function readCases(
  store: Pick<CaseStore, "caseRows" | "caseNumbers" | "caseSum" | "lastOfCase">,
  ledgerId: LedgerId,
  { matching, ...scope }: CasesAsked,
  page: Place,
): Promise<CasePage> {
  const found = matching && (await findNumbers(store, ledgerId, { ...scope, matching }, page));
  if (found?.numbers.length === 0) return { cases: [], isLast: true };
  const place = { ...page, limit: PAGE_ROWS_MAX + 1, numbers: found?.numbers };
  const rows = await store.caseRows(ledgerId, { ...scope, ...place });
  const groups = [...Map.groupBy(rows, ({ cells }) => keptCell(cells, "number"))];
  const [first] = groups;
  const isCut = rows.length > PAGE_ROWS_MAX;
  if (isCut && groups.length === 1 && first !== undefined) {
    const large = await readLargeCase(store, ledgerId, scope, first[0]);
    if (large !== undefined) return { cases: [large], isLast: false };
  }
  const whole = isCut ? groups.slice(0, -1) : groups;
  const cases = whole.slice(0, page.limit).flatMap(([number, group]) => caseOf(number, group) ?? []);
  const isLast = !isCut && whole.length <= page.limit && (found?.isLast ?? true);
  if (cases.length > 0 || isLast) return { cases, isLast };
  // All of them were moved away meanwhile.
  const number = first?.[0] ?? found?.numbers.at(-1) ?? null;
  return readCases(store, ledgerId, { ...scope, matching }, { ...page, after: { number } });
}

/** The numbers of the cases that have a row which matches: as many as a page holds. */
async function findNumbers(
  store: Pick<CaseStore, "caseNumbers">,
  ledgerId: LedgerId,
  { matching, ...scope }: CaseScope & { readonly matching: Query },
  page: Place,
) {
  const filter = bothOf(scope.filter, matching);
  const limit = PAGE_ROWS_MAX;
  const found = await store.caseNumbers(ledgerId, { ...scope, ...page, filter, limit });
  const different = [...new Set(found)];
  const numbers = different.slice(0, page.limit);
  return { numbers, isLast: found.length < limit && numbers.length === different.length };
}

/**
 * How many cases there are of which something is left: where all was taken back, nobody asked for anything. One query, or
 * two where cases are found by their rows; the cost grows with the rows.
 */
export async function countCases(
  store: Pick<CaseStore, "caseQuantities" | "differentNumbers">,
  ledgerId: LedgerId,
  { matching, ...scope }: CasesAsked,
): Promise<number> {
  const [quantities, found] = await Promise.all([
    store.caseQuantities(ledgerId, scope),
    matching && store.differentNumbers(ledgerId, { ...scope, filter: bothOf(scope.filter, matching) }),
  ]);
  const counted = [...quantities].filter(([number, left]) => left > 0 && (found?.has(number) ?? true));
  return counted.length;
}

/** Each names parameters of its own. */
function bothOf(left: Query | undefined, right: Query): Query {
  if (left === undefined) return right;
  return {
    query: `(${left.query}) AND (${right.query})`,
    parameters: [...left.parameters, ...right.parameters],
  };
}

async function readLargeCase(
  store: Pick<CaseStore, "caseSum" | "lastOfCase">,
  ledgerId: LedgerId,
  scope: CaseScope,
  number: string | null,
): Promise<Case | undefined> {
  const [sum, last] = await Promise.all([
    store.caseSum(ledgerId, { ...scope, number }),
    store.lastOfCase(ledgerId, { ...scope, number }),
  ]);
  if (last === undefined) return undefined;
  return { number, deliveries: sum.total - sum.reversals, rows: sum.total, quantity: sum.quantity, last };
}

function caseOf(number: string | null, rows: readonly CaseRow[]): Case | undefined {
  const last = rows.toSorted(
    (left, right) => compareText(right.at, left.at) || compareText(right.id, left.id),
  )[0];
  if (last === undefined) return undefined;
  return {
    number,
    deliveries: rows.filter(({ reverses }) => reverses === undefined).length,
    rows: rows.length,
    quantity: rows.reduce((sum, { quantity }) => sum + quantity, 0),
    last,
  };
}
