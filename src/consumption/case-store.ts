/**
 * Reads of rows by case, of an entitlement and of the additional cases. Promise: each is one query in one partition,
 * narrowed to the chosen workspaces there.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { workspaceIdSchema } from "../agreements/ids.ts";
import { type Condition, isOneOf, type Query, queryAll, queryPages } from "../platform/cosmos.ts";
import { accountSchema, type LedgerId, reasonSchema } from "./entry.ts";
import { keptCellsSchema } from "./grid-cells.ts";
import {
  type AdditionalScope,
  allOf,
  anything,
  filtered,
  onAccount,
  onAdditional,
  type RowPage,
  type RowScope,
  sortPathOf,
} from "./row-store.ts";

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

const numberedSchema = z.object({ number: z.string().nullable(), workspaceId: workspaceIdSchema });
const caseQuantitySchema = z.object({
  number: z.string(),
  workspaceId: workspaceIdSchema,
  quantity: z.int(),
});
type CaseQuantity = z.infer<typeof caseQuantitySchema>;

/** What the list of additional cases needs of an entry. */
const additionalSchema = z.object({
  id: z.string(),
  account: accountSchema,
  at: z.string(),
  workspaceId: workspaceIdSchema,
  quantity: z.int(),
  reasons: z.array(reasonSchema).default([]),
  reverses: z.string().optional(),
  number: z.string().nullish(),
  title: z.string().optional(),
  category: z.string().nullish(),
  openedAt: z.string().nullish(),
  agreementId: z.string().nullish(),
});
export type AdditionalEntry = z.infer<typeof additionalSchema>;

/** One case, or the rows of none. */
type CaseNumber = { readonly number: string | null };

/** An additional case: its number, or where it has none the id of its delivery. */
export type CaseKey = { readonly number: string } | { readonly number: null; readonly id: string };

/** `filter` as in a page of rows. */
type CaseScope = RowScope & Pick<RowPage, "filter">;

type CasePlace = {
  readonly after: CaseNumber | undefined;
  readonly isDescending: boolean;
  readonly limit: number;
};

export type CaseStore = {
  /** Rows in order of their case's number, those of none before all others, then of their ids. */
  readonly caseRows: (
    ledgerId: LedgerId,
    query: CaseScope & CasePlace & { readonly numbers: readonly (string | null)[] | undefined },
  ) => Promise<readonly CaseRow[]>;
  /** The case number and workspace of each row, in the same order. */
  readonly caseNumbers: (
    ledgerId: LedgerId,
    query: CaseScope & CasePlace,
  ) => Promise<readonly z.infer<typeof numberedSchema>[]>;
  /** What all rows of one case come to, however many. */
  readonly caseSum: (ledgerId: LedgerId, query: CaseScope & CaseNumber) => Promise<CaseSum>;
  readonly lastOfCase: (ledgerId: LedgerId, query: CaseScope & CaseNumber) => Promise<CaseRow | undefined>;
  /** What is left of each case of an account that has a number, by workspace. Its cost grows with the rows. */
  readonly caseQuantities: (ledgerId: LedgerId, query: CaseScope) => Promise<readonly CaseQuantity[]>;
  /** Different case numbers among the rows of an account, by workspace. Its cost grows with the rows. */
  readonly differentNumbers: (
    ledgerId: LedgerId,
    query: CaseScope,
  ) => Promise<readonly z.infer<typeof numberedSchema>[]>;
  /** Additional cases in order of their keys, those without a number first, each as often as it has rows. */
  readonly additionalKeys: (
    ledgerId: LedgerId,
    query: AdditionalScope &
      Pick<RowPage, "filter"> & { readonly after: CaseKey | undefined; readonly limit: number },
  ) => Promise<readonly CaseKey[]>;
  /** Every row of some additional cases, or of all of them. */
  readonly additional: (
    ledgerId: LedgerId,
    query: AdditionalScope & Pick<RowPage, "filter"> & { readonly keys: readonly CaseKey[] | undefined },
  ) => AsyncIterable<readonly AdditionalEntry[]>;
};

const NUMBER = sortPathOf("number");
const NUMBER_MEMBERS = `${NUMBER} AS number, c.workspaceId`;
const CASE_MEMBERS = "c.id, c.at, c.workspaceId, c.quantity, c.reverses, c.cells";
const ADDITIONAL_MEMBERS = `c.id, c.account, c.at, c.workspaceId, c.quantity, c.reasons, c.reverses, ${NUMBER} AS number, c.event.data.agreementId, c.event.data.request.title, c.event.data.request.category, c.event.data.request.openedAt`;

export function cosmosCaseStore(container: Container): CaseStore {
  const caseQuery = (query: CaseScope & CaseNumber, select: string, order = ""): Query =>
    filtered(`SELECT ${select}`, allOf([onAccount(query), ofCase(query)]), query.filter, order);
  const pageQuery = (query: CaseScope & CasePlace, members: string, further = anything): Query => {
    const { after, isDescending, limit, filter } = query;
    const direction = isDescending ? "DESC" : "ASC";
    const order = ` ORDER BY ${NUMBER} ${direction}, c.id ${direction}`;
    const condition = allOf([onAccount(query), beyondCase(after, isDescending), further]);
    return filtered(`SELECT TOP ${limit} ${members}`, condition, filter, order);
  };
  return {
    caseRows: (ledgerId, query) => {
      const ofNumbers = query.numbers === undefined ? anything : ofCases(query.numbers);
      return queryAll(container, ledgerId, pageQuery(query, CASE_MEMBERS, ofNumbers), caseRowSchema);
    },
    caseNumbers: (ledgerId, query) =>
      queryAll(container, ledgerId, pageQuery(query, NUMBER_MEMBERS), numberedSchema),
    caseSum: async (ledgerId, query) => {
      const sums = "COUNT(1) AS total, COUNT(c.reverses) AS reversals, SUM(c.quantity) AS quantity";
      const [sum] = await queryAll(container, ledgerId, caseQuery(query, sums), caseSumSchema);
      return sum ?? { total: 0, reversals: 0, quantity: 0 };
    },
    lastOfCase: async (ledgerId, query) => {
      const last = caseQuery(query, `TOP 1 ${CASE_MEMBERS}`, " ORDER BY c.at DESC, c.id DESC");
      return (await queryAll(container, ledgerId, last, caseRowSchema))[0];
    },
    caseQuantities: async (ledgerId, query) => {
      const condition = allOf([onAccount(query), hasNumber]);
      const select = `SELECT ${NUMBER_MEMBERS}, SUM(c.quantity) AS quantity`;
      const sums = filtered(select, condition, query.filter, ` GROUP BY ${NUMBER}, c.workspaceId`);
      return queryAll(container, ledgerId, sums, caseQuantitySchema);
    },
    differentNumbers: async (ledgerId, query) => {
      const condition = allOf([onAccount(query), hasNumber]);
      const numbers = filtered(`SELECT DISTINCT ${NUMBER_MEMBERS}`, condition, query.filter);
      return queryAll(container, ledgerId, numbers, numberedSchema);
    },
    additionalKeys: async (ledgerId, { after, limit, ...query }) => {
      const condition = allOf([onAdditional(query), isOfKey, beyondKey(after)]);
      const select = `SELECT TOP ${limit} c.id, ${NUMBER} AS number`;
      const page = filtered(select, condition, query.filter, ` ORDER BY ${NUMBER}, c.id`);
      const found = await queryAll(container, ledgerId, page, additionalKeySchema);
      return found.map(({ number, id }) => (number === null ? { number, id } : { number }));
    },
    additional: (ledgerId, { keys, ...query }) => {
      const condition = allOf([onAdditional(query), keys === undefined ? anything : ofKeys(keys)]);
      const rows = filtered(`SELECT ${ADDITIONAL_MEMBERS}`, condition, query.filter);
      return queryPages(container, ledgerId, rows, additionalSchema);
    },
  };
}

const additionalKeySchema = z.object({ id: z.string(), number: z.string().nullable() });

const hasNumber: Condition = { text: `IS_STRING(${NUMBER})`, parameters: {} };

const ofCase = ({ number }: CaseNumber): Condition =>
  number === null
    ? { text: `IS_NULL(${NUMBER})`, parameters: {} }
    : { text: `${NUMBER} = @number`, parameters: { number } };

function ofCases(numbers: readonly (string | null)[]): Condition {
  const { text, parameters } = isOneOf(
    NUMBER,
    "case",
    numbers.filter((number) => number !== null),
  );
  return { text: numbers.includes(null) ? `(IS_NULL(${NUMBER}) OR ${text})` : text, parameters };
}

function beyondCase(after: CaseNumber | undefined, isDescending: boolean): Condition {
  if (after === undefined) return anything;
  const { number } = after;
  if (number === null) return isDescending ? { text: "false", parameters: {} } : hasNumber;
  const parameters = { afterNumber: number };
  return isDescending
    ? { text: `(${NUMBER} < @afterNumber OR IS_NULL(${NUMBER}))`, parameters }
    : { text: `${NUMBER} > @afterNumber`, parameters };
}

/** What is taken back of a case without a number is found by its delivery. */
const isOfKey: Condition = {
  text: `(IS_STRING(${NUMBER}) OR (IS_NULL(${NUMBER}) AND NOT IS_DEFINED(c.reverses)))`,
  parameters: {},
};

function beyondKey(after: CaseKey | undefined): Condition {
  if (after === undefined || after.number !== null) return beyondCase(after, false);
  return { text: `(${hasNumber.text} OR c.id > @afterId)`, parameters: { afterId: after.id } };
}

function ofKeys(keys: readonly CaseKey[]): Condition {
  const numbers = isOneOf(
    NUMBER,
    "case",
    keys.flatMap(({ number }) => number ?? []),
  );
  const ids = keys.flatMap((key) => (key.number === null ? key.id : []));
  const own = isOneOf("c.id", "delivery", ids);
  const back = isOneOf("c.reverses", "reversed", ids);
  return {
    text: `(${numbers.text} OR (IS_NULL(${NUMBER}) AND (${own.text} OR ${back.text})))`,
    parameters: { ...numbers.parameters, ...own.parameters, ...back.parameters },
  };
}
