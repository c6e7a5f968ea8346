/**
 * Reads of the rows behind totals. Promise: a page of rows is one query in one partition; every read is narrowed to the
 * chosen workspaces in its query, but `within`, which is what an allowance that everybody shares is counted by.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { type Condition, isOneOf, type Query, queryAll, sql } from "../platform/cosmos.ts";
import type { Chosen } from "./chosen.ts";
import { type Account, type Entry, entrySchema, type LedgerId } from "./entry.ts";
import { type CellName, cellPathOf, isCellName, keptCell } from "./grid-cells.ts";

const timedSchema = z.object({ id: z.string(), at: z.string(), quantity: z.int() });
export type TimedEntry = z.infer<typeof timedSchema>;

/** Half-open. */
export type Period = { readonly from: string; readonly to: string };

export type SortKey = string | number | null;

/** Position after which a page goes on: the value it is sorted by, then the id. */
export type Position = { readonly key: SortKey; readonly id: string };

/** The paths that rows can be sorted by besides their cells; each has a composite index with `id`. */
export const rowSortPaths = {
  deliveredAt: "at",
  recordedAt: "recordedAt",
  quantity: "quantity",
  workspaceId: "workspaceId",
} as const;
export type RowSort = keyof typeof rowSortPaths | CellName;

/** In a query over `c`. */
export const sortPathOf = (sort: RowSort): string =>
  `c.${isCellName(sort) ? cellPathOf(sort) : rowSortPaths[sort]}`;

/** What the entry is sorted by. */
export function sortKeyOf(entry: Entry, sort: RowSort): SortKey {
  return isCellName(sort) ? keptCell(entry.cells, sort) : (entry[rowSortPaths[sort]] ?? null);
}

export type RowScope = {
  readonly account: Account;
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
};

export type RowPage = {
  readonly sort: RowSort;
  readonly descending: boolean;
  /** `isIncluded`: a row of just that key and id comes after it as well, since the list had one of another ledger. */
  readonly after: (Position & { readonly isIncluded?: boolean }) | undefined;
  /** A further condition in Cosmos SQL over `c`, with its parameters. */
  readonly filter: Query | undefined;
  readonly limit: number;
};

/** The additional accounts of a ledger. */
export type AdditionalScope = Omit<RowScope, "account">;

export type RowStore = {
  readonly rows: (ledgerId: LedgerId, query: RowScope & RowPage) => Promise<readonly Entry[]>;
  readonly additionalRows: (
    ledgerId: LedgerId,
    query: AdditionalScope & RowPage,
  ) => Promise<readonly Entry[]>;
  /** Time of the last additional row; undefined where there is none. */
  readonly additionalLastAt: (
    ledgerId: LedgerId,
    query: AdditionalScope & Pick<RowPage, "filter">,
  ) => Promise<string | undefined>;
  readonly entriesById: (
    ledgerId: LedgerId,
    chosen: Chosen,
    ids: readonly string[],
  ) => Promise<readonly Entry[]>;
  /** What counts on an account in some periods, in no order and whatever its workspace. */
  readonly within: (
    ledgerId: LedgerId,
    account: Account,
    periods: readonly Period[],
  ) => Promise<readonly TimedEntry[]>;
};

export function cosmosRowStore(container: Container): RowStore {
  return {
    rows: (ledgerId, query) => queryAll(container, ledgerId, pageQuery(onAccount(query), query), entrySchema),
    additionalRows: (ledgerId, query) =>
      queryAll(container, ledgerId, pageQuery(onAdditional(query), query), entrySchema),
    additionalLastAt: async (ledgerId, query) => {
      const last = filtered(
        "SELECT TOP 1 VALUE c.at",
        onAdditional(query),
        query.filter,
        " ORDER BY c.at DESC",
      );
      return (await queryAll(container, ledgerId, last, z.string()))[0];
    },
    entriesById: async (ledgerId, chosen, ids) => {
      if (ids.length === 0) return [];
      const isEntry = { text: "c.kind = 'entry'", parameters: {} };
      const { text, parameters } = allOf([isEntry, isOneOf("c.id", "id", ids), inChosen(chosen)]);
      return queryAll(container, ledgerId, sql(`SELECT * FROM c WHERE ${text}`, parameters), entrySchema);
    },
    within: (ledgerId, account, periods) => {
      const onOne = onAccount({ account, chosen: { kind: "everything" }, asOf: undefined });
      const { text, parameters } = allOf([onOne, inPeriods(periods)]);
      const query = sql(`SELECT c.id, c.at, c.quantity FROM c WHERE ${text}`, parameters);
      return queryAll(container, ledgerId, query, timedSchema);
    },
  };
}

/** What everything meets. */
export const anything: Condition = { text: "true", parameters: {} };

export const inChosen = (chosen: Chosen): Condition =>
  chosen.kind === "everything" ? anything : isOneOf("c.workspaceId", "workspace", [...chosen.ids]);

const upToInstant = (asOf: string | undefined): Condition =>
  asOf === undefined ? anything : { text: "c.at <= @asOf", parameters: { asOf } };

/** Each names parameters of its own. */
export const allOf = (conditions: readonly Condition[]): Condition => ({
  text: conditions.map(({ text }) => text).join(" AND "),
  parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)),
});

export const onAccount = ({ account, chosen, asOf }: RowScope): Condition =>
  allOf([
    { text: "c.kind = 'entry' AND c.account = @account", parameters: { account } },
    inChosen(chosen),
    upToInstant(asOf),
  ]);

export const onAdditional = ({ chosen, asOf }: AdditionalScope): Condition =>
  allOf([
    { text: "c.kind = 'entry' AND c.state = 'posted' AND STARTSWITH(c.account, 'a:')", parameters: {} },
    inChosen(chosen),
    upToInstant(asOf),
  ]);

export function inPeriods(periods: readonly Period[]): Condition {
  if (periods.length === 0) return { text: "false", parameters: {} };
  const ranges = periods.map((_, index) => `(c.at >= @from${index} AND c.at < @to${index})`);
  const bounds = periods.flatMap(({ from, to }, index) => [
    [`from${index}`, from] as const,
    [`to${index}`, to] as const,
  ]);
  return { text: `(${ranges.join(" OR ")})`, parameters: Object.fromEntries(bounds) };
}

function pageQuery(condition: Condition, { sort, descending, after, filter, limit }: RowPage): Query {
  const path = sortPathOf(sort);
  const order = descending ? "DESC" : "ASC";
  const query = filtered("SELECT TOP @limit *", condition, filter, "");
  const keyset = after === undefined ? undefined : beyondRow(path, descending, after);
  const rest = keyset === undefined ? "" : ` AND ${keyset.text}`;
  const { parameters } = sql("", { ...keyset?.parameters, limit });
  return {
    query: `${query.query}${rest} ORDER BY ${path} ${order}, c.id ${order}`,
    parameters: [...query.parameters, ...parameters],
  };
}

/** @param filter as in a page of rows. */
export function filtered(
  select: string,
  { text, parameters }: Condition,
  filter: Query | undefined,
  order = "",
): Query {
  const further = filter === undefined ? "" : ` AND (${filter.query})`;
  const base = sql(`${select} FROM c WHERE ${text}${further}${order}`, parameters);
  return { query: base.query, parameters: [...base.parameters, ...(filter?.parameters ?? [])] };
}

/** Null comes before every value, and is neither more nor less than one where it is compared. */
function beyondRow(path: string, isDescending: boolean, after: NonNullable<RowPage["after"]>) {
  const { key, id, isIncluded = false } = after;
  const beyond = isDescending ? "<" : ">";
  const from = isIncluded ? `${beyond}=` : beyond;
  if (key === null) {
    const others = isDescending ? "" : ` OR NOT IS_NULL(${path})`;
    return { text: `((IS_NULL(${path}) AND c.id ${from} @id)${others})`, parameters: { id } };
  }
  const empty = isDescending ? ` OR IS_NULL(${path})` : "";
  return {
    text: `(${path} ${beyond} @key OR (${path} = @key AND c.id ${from} @id)${empty})`,
    parameters: { key, id },
  };
}
