/**
 * Reads of the rows behind totals. Promise: a page of rows is one query in one partition; every read is narrowed to the
 * chosen workspaces in its query, but `within`, which is what an allowance that everybody shares is counted by.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { workspaceIdSchema } from "../agreements/ids.ts";
import { type Condition, isOneOf, type Query, queryAll, queryPages, sql } from "../platform/cosmos.ts";
import type { Chosen } from "./chosen.ts";
import {
  type Account,
  accountSchema,
  type Entry,
  entrySchema,
  type LedgerId,
  reasonSchema,
} from "./entry.ts";
import { type CellName, cellPathOf, isCellName, keptCell, keptCellsSchema } from "./grid-cells.ts";

/** What the additional-cases view needs of an entry; a case without a number is known by its entry. */
const additionalSchema = z.object({
  id: z.string(),
  account: accountSchema,
  at: z.string(),
  workspaceId: workspaceIdSchema,
  quantity: z.int(),
  reasons: z.array(reasonSchema).default([]),
  reverses: z.string().optional(),
  caseNumber: z.string().optional(),
  number: z.string().optional(),
  title: z.string().optional(),
  category: z.string().nullish(),
  openedAt: z.string().nullish(),
  agreementId: z.string().optional(),
});
export type AdditionalEntry = z.infer<typeof additionalSchema>;

/** What a page of cases shows of a row, and counts of it. */
const caseRowSchema = z.object({
  id: z.string(),
  at: z.string(),
  workspaceId: workspaceIdSchema,
  quantity: z.int(),
  reverses: z.string().optional(),
  cells: keptCellsSchema,
});
export type CaseRow = z.infer<typeof caseRowSchema>;

/** What all rows of one case come to. */
const caseSumSchema = z.object({ total: z.int(), reversals: z.int(), quantity: z.int().default(0) });
type CaseSum = z.infer<typeof caseSumSchema>;

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

type RowScope = {
  readonly account: Account;
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
};

export type RowPage = {
  readonly sort: RowSort;
  readonly descending: boolean;
  readonly after: Position | undefined;
  /** A further condition in Cosmos SQL over `c`, with its parameters. */
  readonly filter: Query | undefined;
  readonly limit: number;
};

/** One case, or the rows of none. */
type CaseNumber = { readonly number: string | null };

/** `filter` as in a page of rows. */
type CaseScope = RowScope & Pick<RowPage, "filter">;

export type RowStore = {
  readonly rows: (ledgerId: LedgerId, query: RowScope & RowPage) => Promise<readonly Entry[]>;
  /** Rows of all additional accounts of a ledger. */
  readonly additionalRows: (
    ledgerId: LedgerId,
    query: Omit<RowScope, "account"> & RowPage,
  ) => Promise<readonly Entry[]>;
  readonly entriesById: (
    ledgerId: LedgerId,
    chosen: Chosen,
    ids: readonly string[],
  ) => Promise<readonly Entry[]>;
  /** Rows in order of their case's number, those of none first, then of their ids. */
  readonly caseRows: (
    ledgerId: LedgerId,
    query: CaseScope & { readonly after: CaseNumber | undefined; readonly limit: number },
  ) => Promise<readonly CaseRow[]>;
  /** What all rows of one case come to, however many. */
  readonly caseSum: (ledgerId: LedgerId, query: CaseScope & CaseNumber) => Promise<CaseSum>;
  readonly lastOfCase: (ledgerId: LedgerId, query: CaseScope & CaseNumber) => Promise<CaseRow | undefined>;
  /** Different case numbers among the rows of an account. Its cost grows with the rows. */
  readonly caseCount: (ledgerId: LedgerId, query: CaseScope) => Promise<number>;
  /** What counts on an account in some periods, in no order and whatever its workspace. */
  readonly within: (
    ledgerId: LedgerId,
    account: Account,
    periods: readonly Period[],
  ) => Promise<readonly TimedEntry[]>;
  readonly additional: (
    ledgerId: LedgerId,
    chosen: Chosen,
    asOf: string | undefined,
  ) => AsyncIterable<readonly AdditionalEntry[]>;
};

export function cosmosRowStore(container: Container): RowStore {
  const caseQuery = (query: CaseScope & CaseNumber, select: string, order = ""): Query =>
    filtered(`SELECT ${select}`, allOf([onAccount(query), ofCase(query)]), query.filter, order);
  return {
    rows: (ledgerId, query) => queryAll(container, ledgerId, pageQuery(onAccount(query), query), entrySchema),
    additionalRows: (ledgerId, query) =>
      queryAll(container, ledgerId, pageQuery(onAdditional(query), query), entrySchema),
    entriesById: async (ledgerId, chosen, ids) => {
      if (ids.length === 0) return [];
      const isEntry = { text: "c.kind = 'entry'", parameters: {} };
      const { text, parameters } = allOf([isEntry, isOneOf("c.id", "id", ids), inChosen(chosen)]);
      return queryAll(container, ledgerId, sql(`SELECT * FROM c WHERE ${text}`, parameters), entrySchema);
    },
    caseRows: (ledgerId, { after, limit, ...query }) => {
      const condition = allOf([onAccount(query), beyondCase(after)]);
      const select = `SELECT TOP ${limit} ${CASE_MEMBERS}`;
      const page = filtered(select, condition, query.filter, ` ORDER BY ${NUMBER}, c.id`);
      return queryAll(container, ledgerId, page, caseRowSchema);
    },
    caseSum: async (ledgerId, query) => {
      const sums = "COUNT(1) AS total, COUNT(c.reverses) AS reversals, SUM(c.quantity) AS quantity";
      const [sum] = await queryAll(container, ledgerId, caseQuery(query, sums), caseSumSchema);
      return sum ?? { total: 0, reversals: 0, quantity: 0 };
    },
    lastOfCase: async (ledgerId, query) => {
      const last = caseQuery(query, `TOP 1 ${CASE_MEMBERS}`, " ORDER BY c.at DESC, c.id DESC");
      return (await queryAll(container, ledgerId, last, caseRowSchema))[0];
    },
    caseCount: async (ledgerId, query) => {
      const hasNumber = { text: `IS_STRING(${NUMBER})`, parameters: {} };
      const condition = allOf([onAccount(query), hasNumber]);
      const numbers = filtered(`SELECT DISTINCT VALUE ${NUMBER}`, condition, query.filter);
      return (await queryAll(container, ledgerId, numbers, z.string())).length;
    },
    within: (ledgerId, account, periods) => {
      const onOne = onAccount({ account, chosen: { kind: "everything" }, asOf: undefined });
      const { text, parameters } = allOf([onOne, inPeriods(periods)]);
      const query = sql(`SELECT c.id, c.at, c.quantity FROM c WHERE ${text}`, parameters);
      return queryAll(container, ledgerId, query, timedSchema);
    },
    additional: (ledgerId, chosen, asOf) => {
      const members =
        "c.id, c.account, c.at, c.workspaceId, c.quantity, c.reasons, c.reverses, c.caseNumber, c.event.data.agreementId, c.event.data.request.number, c.event.data.request.title, c.event.data.request.category, c.event.data.request.openedAt";
      const { text, parameters } = onAdditional({ chosen, asOf });
      const query = sql(`SELECT ${members} FROM c WHERE ${text}`, parameters);
      return queryPages(container, ledgerId, query, additionalSchema);
    },
  };
}

const NUMBER = sortPathOf("number");
const CASE_MEMBERS = "c.id, c.at, c.workspaceId, c.quantity, c.reverses, c.cells";

const anything: Condition = { text: "true", parameters: {} };

export const inChosen = (chosen: Chosen): Condition =>
  chosen.kind === "everything" ? anything : isOneOf("c.workspaceId", "workspace", [...chosen.ids]);

const upToInstant = (asOf: string | undefined): Condition =>
  asOf === undefined ? anything : { text: "c.at <= @asOf", parameters: { asOf } };

/** Each names parameters of its own. */
export const allOf = (conditions: readonly Condition[]): Condition => ({
  text: conditions.map(({ text }) => text).join(" AND "),
  parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)),
});

const onAccount = ({ account, chosen, asOf }: RowScope): Condition =>
  allOf([
    { text: "c.kind = 'entry' AND c.account = @account", parameters: { account } },
    inChosen(chosen),
    upToInstant(asOf),
  ]);

const onAdditional = ({ chosen, asOf }: Omit<RowScope, "account">): Condition =>
  allOf([
    { text: "c.kind = 'entry' AND c.state = 'posted' AND STARTSWITH(c.account, 'a:')", parameters: {} },
    inChosen(chosen),
    upToInstant(asOf),
  ]);

const ofCase = ({ number }: CaseNumber): Condition =>
  number === null
    ? { text: `IS_NULL(${NUMBER})`, parameters: {} }
    : { text: `${NUMBER} = @number`, parameters: { number } };

function beyondCase(after: CaseNumber | undefined): Condition {
  if (after === undefined) return anything;
  if (after.number === null) return { text: `IS_STRING(${NUMBER})`, parameters: {} };
  return { text: `${NUMBER} > @afterNumber`, parameters: { afterNumber: after.number } };
}

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

function filtered(
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
function beyondRow(path: string, isDescending: boolean, { key, id }: Position) {
  const beyond = isDescending ? "<" : ">";
  if (key === null) {
    const others = isDescending ? "" : ` OR NOT IS_NULL(${path})`;
    return { text: `((IS_NULL(${path}) AND c.id ${beyond} @id)${others})`, parameters: { id } };
  }
  const empty = isDescending ? ` OR IS_NULL(${path})` : "";
  return {
    text: `(${path} ${beyond} @key OR (${path} = @key AND c.id ${beyond} @id)${empty})`,
    parameters: { key, id },
  };
}
