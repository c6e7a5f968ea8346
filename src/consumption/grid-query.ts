/**
 * What rows of a grid are asked for, as a condition on the entries that is served together with the page's own. Pure.
 * Invariant: what a caller wrote is a parameter and never a part of the text.
 */
import type { Query } from "../platform/cosmos.ts";
import { parseFilter } from "../platform/filter.ts";
import { toSql } from "../platform/filter-evaluation.ts";
import { type Columns, fieldsOf, filterPathOf } from "./grid.ts";
import type { CellName } from "./grid-cells.ts";
import { sortPathOf } from "./row-store.ts";

export type RowsAsked = {
  readonly filter?: string | undefined;
  readonly search?: string | undefined;
  readonly case?: string | undefined;
};

/** @throws InvalidRequestError `InvalidFilter`. */
export function rowCondition(
  asked: RowsAsked,
  columns: Columns,
  searched: readonly CellName[],
  others: readonly (Query | undefined)[] = [],
): Query | undefined {
  const conditions = [
    asked.filter === undefined ? undefined : filterQuery(asked.filter, columns),
    asked.search === undefined ? undefined : searchQuery(asked.search, searched),
    asked.case === undefined ? undefined : caseQuery(asked.case),
    ...others,
  ].filter((query) => query !== undefined);
  if (conditions.length === 0) return undefined;
  return {
    query: conditions.map(({ query }) => `(${query})`).join(" AND "),
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

function filterQuery(text: string, columns: Columns): Query {
  const fields = fieldsOf(columns);
  const paths = Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, filterPathOf(column)]),
  );
  const condition = toSql(parseFilter(text, fields), { fields, paths });
  return { query: condition.text, parameters: [...condition.parameters] };
}

/** In any case. */
const searchQuery = (search: string, cells: readonly CellName[]): Query => ({
  query: cells.map((cell) => `CONTAINS(${sortPathOf(cell)}, @search, true)`).join(" OR "),
  parameters: [{ name: "@search", value: search }],
});

const caseQuery = (number: string): Query => ({
  query: `${sortPathOf("number")} = @case`,
  parameters: [{ name: "@case", value: number }],
});
