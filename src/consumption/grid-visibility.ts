/**
 * Which rows a caller sees (CA-18). Totals are whole for whoever may open the page, but rows that show support requests are
 * for those who may see the request (SR-02, SR-06). Every list of rows and of cases asks here, and decides itself on nothing.
 * Invariant: what is not shown leaves no trace in a list: neither in its pages and their number, nor in counts, nor in what is
 * found by filters and search (AC-08). Where more rows in a row are left out than are read for one page, the page is short and
 * goes on, and its link does not tell where.
 */
import type { Query } from "../platform/cosmos.ts";
import type { NextPlace } from "../platform/paging.ts";

/** What of a row decides; `number`: of its request, null where it shows none. */
export type Numbered = { readonly number: string | null; readonly workspaceId: string };

export type RowVisibility = {
  /** What the answer says of its rows: it follows from who asks alone, never from what there is. */
  readonly rows: "all" | "permitted";
  /** A condition that every row which is shown meets, for queries over `c`; what meets it may be hidden all the same. */
  readonly filter: Query | undefined;
  /** What `shown` needs to know of these numbers, in one query: those that it was asked about are not asked again. */
  readonly lookUp: (numbers: readonly (string | null)[]) => Promise<void>;
  /** Those of the rows that are shown; one query at most, for numbers that were not looked up before. */
  readonly shown: <Row>(rows: readonly Row[], of: (row: Row) => Numbered) => Promise<readonly Row[]>;
  /** Whether the caller can open the request; of a number that `shown` was asked about. */
  readonly isOpenable: (number: string | null) => boolean;
  /** A condition for the rows of one number that `shown` lets through, where it does not let through all of them. */
  readonly filterOf: (number: string | null) => Query | undefined;
};

/** Whatever there is, for what is not asked for by a caller. */
export const everyRow: RowVisibility = {
  rows: "all",
  filter: undefined,
  lookUp: async () => undefined,
  shown: async (rows) => rows,
  isOpenable: () => false,
  filterOf: () => undefined,
};

/** How often a page is read on where rows of it are hidden; each time for twice as many as are missing as before. */
const ROUNDS_MAX = 10;
/** At once, where a page has no more. */
const ROUND_ROWS_MAX = 500;

/** What was read, and the place after which the list goes on; undefined: there is nothing after it. */
export type Read<Row, Place> = { readonly found: readonly Row[]; readonly end: Place | undefined };

/** @returns the rows that were read, which were `limit` at most, and where they end. */
export function readOf<Row, Place>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place,
): Read<Row, Place> {
  const last = rows.at(-1);
  return { found: rows, end: last === undefined || rows.length < limit ? undefined : placeOf(last) };
}

export type ShownPage<Row, Place> = {
  /** As many as the page has, unless the list ends or too many were hidden. */
  readonly value: readonly Row[];
  /** Undefined on the last page. */
  readonly next: NextPlace<Place> | undefined;
};

/**
 * A page of what is shown: reads on until it is full and one more is found, which tells that there is a next page.
 * @param read gives only what is shown, and where it has read to.
 */
export async function readShownPage<Row, Place>(
  { after, limit }: { readonly after: Place | undefined; readonly limit: number },
  read: (after: Place | undefined, count: number) => Promise<Read<Row, Place>>,
  placeOf: (row: Row) => Place,
): Promise<ShownPage<Row, Place>> {
  const value: Row[] = [];
  let place = after;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const missing = limit + 1 - value.length;
    const count = Math.min(missing * 2 ** round, Math.max(limit + 1, ROUND_ROWS_MAX));
    const { found, end } = await read(place, count);
    value.push(...found);
    const last = value[limit - 1];
    if (value.length > limit && last !== undefined)
      return { value: value.slice(0, limit), next: { place: placeOf(last), isShown: true } };
    if (end === undefined) return { value, next: undefined };
    place = end;
  }
  return { value, next: place === undefined ? undefined : { place, isShown: false } };
}
