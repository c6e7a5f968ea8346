/**
 * Reads of ledgers for pages, drill-downs and reports. Promise: what the page needs of a ledger is one query in one
 * partition, whose answer grows with entitlements and months and never with the number of entries.
 * Rows are narrowed to the chosen workspaces in the query; what sums are made of comes by workspace, and `figures.ts`, its
 * only reader, narrows it where it adds up.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { workspaceIdSchema } from "../agreements/ids.ts";
import {
  type Condition,
  isOneOf,
  type Query,
  queryAll,
  queryPages,
  readItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import type { Chosen } from "./chosen.ts";
import {
  type Account,
  accountSchema,
  type Entry,
  entrySchema,
  HEAD_ID,
  type Head,
  headSchema,
  type LedgerId,
  reasonSchema,
} from "./entry.ts";
import { rollupSchema } from "./rollup.ts";

const totalsSchema = rollupSchema.pick({
  kind: true,
  account: true,
  month: true,
  lastAt: true,
  totals: true,
});
const daysSchema = totalsSchema.extend({ days: rollupSchema.shape.days });
export type RollupTotals = z.infer<typeof totalsSchema>;
export type RollupDays = z.infer<typeof daysSchema>;

const pageDocumentSchema = z.discriminatedUnion("kind", [headSchema, totalsSchema]);

const countedSchema = z.object({
  account: accountSchema,
  at: z.string(),
  workspaceId: workspaceIdSchema,
  quantity: z.int(),
});
export type CountedEntry = z.infer<typeof countedSchema>;

/** What the additional-cases view needs of an entry; a case without a number is known by its entry. */
const additionalSchema = countedSchema.extend({
  id: z.string(),
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

/** Position after which a page goes on: the value it is sorted by, then the id. */
type Position = { readonly key: string | number; readonly id: string };

/** The paths that rows can be sorted by; each has a composite index with `id`. */
export const rowSortPaths = { deliveredAt: "at", recordedAt: "recordedAt", quantity: "quantity" } as const;
export type RowSort = keyof typeof rowSortPaths;

type RowQuery = {
  readonly account: Account;
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly sort: RowSort;
  readonly descending: boolean;
  readonly after: Position | undefined;
  /** A further condition in Cosmos SQL over `c`, with its parameters. */
  readonly filter: Query | undefined;
  readonly limit: number;
};

export type Ledger = { readonly head: Head; readonly rollups: readonly RollupTotals[] };

export type ActivityStore = {
  readonly ledger: (ledgerId: LedgerId) => Promise<Ledger | undefined>;
  readonly head: (ledgerId: LedgerId) => Promise<Versioned<Head> | undefined>;
  /** The roll-ups of one month, with their days. */
  readonly days: (ledgerId: LedgerId, month: string) => Promise<readonly RollupDays[]>;
  /** Every roll-up of one account, with its days, in no order. */
  readonly daysOf: (ledgerId: LedgerId, account: Account) => Promise<readonly RollupDays[]>;
  /** What counts from one instant to another, both inclusive. */
  readonly counted: (ledgerId: LedgerId, from: string, to: string) => Promise<readonly CountedEntry[]>;
  /** Time of the latest entry that counts up to an instant, on one account or any; undefined when there is none. */
  readonly lastAt: (
    ledgerId: LedgerId,
    query: Pick<RowQuery, "chosen"> & { readonly account: Account | undefined; readonly upTo: string },
  ) => Promise<string | undefined>;
  readonly rows: (ledgerId: LedgerId, query: RowQuery) => Promise<readonly Entry[]>;
  readonly entriesById: (
    ledgerId: LedgerId,
    chosen: Chosen,
    ids: readonly string[],
  ) => Promise<readonly Entry[]>;
  /** Different case numbers among the rows of an account. Its cost grows with the rows. */
  readonly caseCount: (
    ledgerId: LedgerId,
    query: Pick<RowQuery, "account" | "chosen" | "asOf">,
  ) => Promise<number>;
  readonly additional: (
    ledgerId: LedgerId,
    chosen: Chosen,
    asOf: string | undefined,
  ) => AsyncIterable<readonly AdditionalEntry[]>;
  /** Entries that count in [from, to), in order of time then id, in pages of at most `pageSize`. */
  readonly entriesBetween: (
    ledgerId: LedgerId,
    from: string,
    to: string,
    pageSize: number,
  ) => AsyncIterable<readonly Versioned<Entry>[]>;
};

export function cosmosActivityStore(container: Container): ActivityStore {
  return {
    ledger: async (ledgerId) => {
      const query = sql(
        "SELECT c.kind, c.id, c.ledgerId, c.customerId, c.agreementId, c.revision, c.settledRevision, c.rollupCount, c.mending, c.terms, c.links, c.linksVersion, c.account, c.month, c.lastAt, c.totals FROM c WHERE c.kind IN ('head', 'rollup')",
      );
      const documents = await queryAll(container, ledgerId, query, pageDocumentSchema);
      const head = documents.find((document) => document.kind === "head");
      const rollups = documents.filter((document) => document.kind === "rollup");
      return head === undefined ? undefined : { head, rollups };
    },
    head: (ledgerId) => readItem(container, HEAD_ID, ledgerId, headSchema),
    days: (ledgerId, month) =>
      queryAll(
        container,
        ledgerId,
        sql(
          "SELECT c.kind, c.account, c.month, c.lastAt, c.totals, c.days FROM c WHERE c.kind = 'rollup' AND c.month = @month",
          { month },
        ),
        daysSchema,
      ),
    daysOf: (ledgerId, account) =>
      queryAll(
        container,
        ledgerId,
        sql(
          "SELECT c.kind, c.account, c.month, c.lastAt, c.totals, c.days FROM c WHERE c.kind = 'rollup' AND c.account = @account",
          { account },
        ),
        daysSchema,
      ),
    counted: (ledgerId, from, to) =>
      queryAll(
        container,
        ledgerId,
        sql(
          "SELECT c.account, c.at, c.workspaceId, c.quantity FROM c WHERE c.kind = 'entry' AND c.state = 'posted' AND c.at >= @from AND c.at <= @to",
          { from, to },
        ),
        countedSchema,
      ),
    lastAt: async (ledgerId, { chosen, account, upTo }) => {
      const { text, parameters } = allOf([
        { text: "c.kind = 'entry' AND c.state = 'posted' AND c.at <= @upTo", parameters: { upTo } },
        inChosen(chosen),
        account === undefined ? anything : { text: "c.account = @account", parameters: { account } },
      ]);
      const query = sql(`SELECT TOP 1 VALUE c.at FROM c WHERE ${text} ORDER BY c.at DESC`, parameters);
      const [last] = await queryAll(container, ledgerId, query, z.string());
      return last;
    },
    rows: (ledgerId, query) => queryAll(container, ledgerId, rowsQuery(query), entrySchema),
    entriesById: async (ledgerId, chosen, ids) => {
      if (ids.length === 0) return [];
      const { text, parameters } = allOf([
        { text: "c.kind = 'entry'", parameters: {} },
        isOneOf("c.id", "id", ids),
        inChosen(chosen),
      ]);
      return queryAll(container, ledgerId, sql(`SELECT * FROM c WHERE ${text}`, parameters), entrySchema);
    },
    caseCount: async (ledgerId, query) => {
      const { text, parameters } = rowConditions(query);
      const numbers = sql(
        `SELECT DISTINCT VALUE c.event.data.request.number FROM c WHERE ${text}`,
        parameters,
      );
      return (await queryAll(container, ledgerId, numbers, z.string())).length;
    },
    additional: (ledgerId, chosen, asOf) => {
      const members =
        "c.id, c.account, c.at, c.workspaceId, c.quantity, c.reasons, c.reverses, c.caseNumber, c.event.data.agreementId, c.event.data.request.number, c.event.data.request.title, c.event.data.request.category, c.event.data.request.openedAt";
      const { text, parameters } = allOf([
        { text: "c.kind = 'entry' AND c.state = 'posted' AND STARTSWITH(c.account, 'a:')", parameters: {} },
        inChosen(chosen),
        upToInstant(asOf),
      ]);
      const query = sql(`SELECT ${members} FROM c WHERE ${text}`, parameters);
      return queryPages(container, ledgerId, query, additionalSchema);
    },
    entriesBetween: (ledgerId, from, to, pageSize) =>
      queryPages(
        container,
        ledgerId,
        sql(
          "SELECT * FROM c WHERE c.kind = 'entry' AND c.state = 'posted' AND c.at >= @from AND c.at < @to ORDER BY c.at, c.id",
          { from, to },
        ),
        versioned(entrySchema),
        pageSize,
      ),
  };
}

const anything: Condition = { text: "true", parameters: {} };

const inChosen = (chosen: Chosen): Condition =>
  chosen.kind === "everything" ? anything : isOneOf("c.workspaceId", "workspace", [...chosen.ids]);

const upToInstant = (asOf: string | undefined): Condition =>
  asOf === undefined ? anything : { text: "c.at <= @asOf", parameters: { asOf } };

/** Each names parameters of its own. */
const allOf = (conditions: readonly Condition[]): Condition => ({
  text: conditions.map(({ text }) => text).join(" AND "),
  parameters: Object.assign({}, ...conditions.map(({ parameters }) => parameters)),
});

const rowConditions = ({ account, chosen, asOf }: Pick<RowQuery, "account" | "chosen" | "asOf">): Condition =>
  allOf([
    { text: "c.kind = 'entry' AND c.account = @account", parameters: { account } },
    inChosen(chosen),
    upToInstant(asOf),
  ]);

function rowsQuery(query: RowQuery): Query {
  const { text, parameters } = rowConditions(query);
  const path = rowSortPaths[query.sort];
  const order = query.descending ? "DESC" : "ASC";
  const beyond = query.descending ? "<" : ">";
  const after = query.after;
  const keyset =
    after === undefined ? "" : ` AND (c.${path} ${beyond} @key OR (c.${path} = @key AND c.id ${beyond} @id))`;
  const filter = query.filter === undefined ? "" : ` AND (${query.filter.query})`;
  const base = sql(
    `SELECT TOP @limit * FROM c WHERE ${text}${keyset}${filter} ORDER BY c.${path} ${order}, c.id ${order}`,
    { ...parameters, limit: query.limit, ...(after === undefined ? {} : { key: after.key, id: after.id }) },
  );
  return { query: base.query, parameters: [...base.parameters, ...(query.filter?.parameters ?? [])] };
}
