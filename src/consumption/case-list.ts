/**
 * The rows of an account by case. Promise: a page costs one query of at most `PAGE_ROWS_MAX` rows, and two more where its
 * first case has more rows than that.
 * Invariants: a case is whole on the one page that has it: rows come in the order of their cases, and one of which the rest
 * is beyond the page's rows is left to the next page, or summed up by the store if it fills the page alone; pages neither
 * skip nor repeat a case that was there all the time.
 */

import { compareText } from "../agreements/terms.ts";
import type { Query } from "../platform/cosmos.ts";
import type { Chosen } from "./chosen.ts";
import type { Account, LedgerId } from "./entry.ts";
import { keptCell } from "./grid-cells.ts";
import type { CaseRow, RowStore } from "./row-store.ts";

/** Each is about half a KB. */
const PAGE_ROWS_MAX = 1_000;

export type CaseScope = {
  readonly account: Account;
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly filter: Query | undefined;
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
  /** In order of their numbers, that of no case first. */
  readonly cases: readonly Case[];
  readonly isLast: boolean;
};

export async function readCases(
  store: Pick<RowStore, "caseRows" | "caseSum" | "lastOfCase">,
  ledgerId: LedgerId,
  scope: CaseScope,
  page: { readonly after: { readonly number: string | null } | undefined; readonly limit: number },
): Promise<CasePage> {
  const rows = await store.caseRows(ledgerId, { ...scope, after: page.after, limit: PAGE_ROWS_MAX + 1 });
  const groups = [...Map.groupBy(rows, ({ cells }) => keptCell(cells, "number"))];
  const [first] = groups;
  const isCut = rows.length > PAGE_ROWS_MAX;
  if (isCut && groups.length === 1 && first !== undefined) {
    const large = await readLargeCase(store, ledgerId, scope, first[0]);
    if (large !== undefined) return { cases: [large], isLast: false };
    // All of it was moved away meanwhile.
    return readCases(store, ledgerId, scope, { ...page, after: { number: first[0] } });
  }
  const whole = isCut ? groups.slice(0, -1) : groups;
  const cases = whole.slice(0, page.limit).flatMap(([number, group]) => caseOf(number, group) ?? []);
  return { cases, isLast: !isCut && whole.length <= page.limit };
}

async function readLargeCase(
  store: Pick<RowStore, "caseSum" | "lastOfCase">,
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
