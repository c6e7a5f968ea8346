/**
 * The rows of an account by case. Promise: what is read at once costs one query of at most `PAGE_ROWS_MAX` rows, two more
 * where its first case has more rows than that, and one more where cases are found by their rows.
 * Invariants: a case is whole on the one page that has it, with all of its rows, also those that it was not found by, but for
 * those that are hidden from the caller, who finds no case by them either: rows come in the order of their cases, and one of
 * which the rest is beyond the rows that were read is read next, or summed up by the store if it has more than are read;
 * pages neither skip nor repeat a case that was there all the time.
 */

import { compareText } from "../agreements/terms.ts";
import type { Query } from "../platform/cosmos.ts";
import type { CaseRow, CaseStore } from "./case-store.ts";
import type { Chosen } from "./chosen.ts";
import type { Account, LedgerId } from "./entry.ts";
import { keptCell } from "./grid-cells.ts";
import {
  type Numbered,
  type Read,
  type RowVisibility,
  readShownPage,
  type ShownPage,
} from "./grid-visibility.ts";

/** Each is about half a KB. */
const PAGE_ROWS_MAX = 1_000;

type CaseScope = {
  readonly account: Account;
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  /** What narrows the rows besides: that of the visibility. */
  readonly filter: Query | undefined;
  readonly visibility: Pick<RowVisibility, "shown" | "filterOf">;
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

type Place = { readonly number: string | null };

type PageAsked = {
  readonly after: Place | undefined;
  readonly isDescending: boolean;
  readonly limit: number;
};

type Store = Pick<CaseStore, "caseRows" | "caseNumbers" | "caseSum" | "lastOfCase">;

/** A page of cases in order of their numbers, that of no case before all others. */
export function readCases(
  store: Store,
  ledgerId: LedgerId,
  asked: CasesAsked,
  { after, limit, isDescending }: PageAsked,
): Promise<ShownPage<Case, Place>> {
  const read = (place: Place | undefined, count: number) =>
    readOn(store, ledgerId, asked, { after: place, limit: count, isDescending });
  return readShownPage({ after, limit }, read, placeOf);
}

const placeOf = ({ number }: Place): Place => ({ number });

async function readOn(
  store: Store,
  ledgerId: LedgerId,
  { matching, ...scope }: CasesAsked,
  page: PageAsked,
): Promise<Read<Case, Place>> {
  const found = matching && (await findNumbers(store, ledgerId, { ...scope, matching }, page));
  if (found?.numbers.length === 0) return { found: [], end: found.end };
  const place = { ...page, limit: PAGE_ROWS_MAX + 1, numbers: found?.numbers };
  const rows = await store.caseRows(ledgerId, { ...scope, ...place });
  const groups = [...Map.groupBy(rows, ({ cells }) => keptCell(cells, "number"))];
  const isCut = rows.length > PAGE_ROWS_MAX;
  const [first] = groups;
  if (isCut && groups.length === 1 && first !== undefined) {
    const [number, some] = first;
    return { found: await readLargeCase(store, ledgerId, scope, number, some), end: { number } };
  }
  const whole = isCut ? groups.slice(0, -1) : groups;
  const read = whole.slice(0, page.limit);
  const shown = await scope.visibility.shown(
    read.flatMap(([, group]) => group),
    numberedOf,
  );
  const cases = [...Map.groupBy(shown, ({ cells }) => keptCell(cells, "number"))];
  const last = read.at(-1);
  const hasMore = isCut || whole.length > read.length;
  return {
    found: cases.flatMap(([number, group]) => caseOf(number, group) ?? []),
    end: hasMore && last !== undefined ? { number: last[0] } : found?.end,
  };
}

const numberedOf = ({ cells, workspaceId }: CaseRow): Numbered => ({
  number: keptCell(cells, "number"),
  workspaceId,
});

/** The numbers of the cases that have a row which is shown and matches: as many as are asked for, unless many are hidden. */
async function findNumbers(
  store: Pick<CaseStore, "caseNumbers">,
  ledgerId: LedgerId,
  { matching, ...scope }: CaseScope & { readonly matching: Query },
  page: PageAsked,
) {
  const filter = bothOf(scope.filter, matching);
  const limit = PAGE_ROWS_MAX;
  const rows = await store.caseNumbers(ledgerId, { ...scope, ...page, filter, limit });
  const groups = [...Map.groupBy(rows, ({ number }) => number)];
  const found: (string | null)[] = [];
  let read = 0;
  // As few are looked up as it takes, in as few queries.
  for (let step = page.limit; found.length < page.limit && read < groups.length; step *= 2) {
    const some = groups.slice(read, read + step).flatMap(([, group]) => group);
    const shown = await scope.visibility.shown(some, (row) => row);
    found.push(...new Set(shown.map(({ number }) => number)));
    read += step;
  }
  const numbers = found.slice(0, page.limit);
  if (numbers.length < found.length) return { numbers, end: { number: numbers.at(-1) ?? null } };
  const isAll = read >= groups.length && rows.length < limit;
  const last = groups[Math.min(read, groups.length) - 1];
  return { numbers, end: isAll || last === undefined ? undefined : { number: last[0] } };
}

/**
 * How many cases there are of which something is left: where all was taken back, nobody asked for anything. One query, or
 * two where cases are found by their rows, and those that tell what is shown; the cost grows with the rows.
 */
export async function countCases(
  store: Pick<CaseStore, "caseQuantities" | "differentNumbers">,
  ledgerId: LedgerId,
  { matching, ...scope }: CasesAsked,
): Promise<number> {
  const [quantities, matches] = await Promise.all([
    store.caseQuantities(ledgerId, scope),
    matching && store.differentNumbers(ledgerId, { ...scope, filter: bothOf(scope.filter, matching) }),
  ]);
  const left = new Map<string, number>();
  for (const { number, quantity } of await scope.visibility.shown(quantities, (each) => each))
    left.set(number, (left.get(number) ?? 0) + quantity);
  const shown = matches && (await scope.visibility.shown(matches, (each) => each));
  const found = shown && new Set(shown.map(({ number }) => number));
  return [...left].filter(([number, rest]) => rest > 0 && (found?.has(number) ?? true)).length;
}

/** Each names parameters of its own. */
function bothOf(left: Query | undefined, right: Query): Query {
  if (left === undefined) return right;
  return {
    query: `(${left.query}) AND (${right.query})`,
    parameters: [...left.parameters, ...right.parameters],
  };
}

/** @param some of its rows. None, where it is hidden or was moved away meanwhile. */
async function readLargeCase(
  store: Pick<CaseStore, "caseSum" | "lastOfCase">,
  ledgerId: LedgerId,
  { visibility, ...scope }: CaseScope,
  number: string | null,
  some: readonly CaseRow[],
): Promise<readonly Case[]> {
  await visibility.shown(some, numberedOf);
  const own = visibility.filterOf(number);
  const query = { ...scope, filter: own === undefined ? scope.filter : bothOf(scope.filter, own), number };
  const [sum, last] = await Promise.all([store.caseSum(ledgerId, query), store.lastOfCase(ledgerId, query)]);
  if (last === undefined) return [];
  return [{ number, deliveries: sum.total - sum.reversals, rows: sum.total, quantity: sum.quantity, last }];
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
