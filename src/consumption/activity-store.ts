/**
 * Reads of ledgers for pages, drill-downs and reports. Promise: what the page needs of a ledger is one query in one
 * partition, whose answer grows with entitlements and months and never with the number of entries.
 * What sums are made of comes by workspace, and `figures.ts` narrows it where it adds up; rows are narrowed in their query.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { workspaceIdSchema } from "../agreements/ids.ts";
import { queryAll, queryPages, readItem, sql, type Versioned, versioned } from "../platform/cosmos.ts";
import { type CaseStore, cosmosCaseStore } from "./case-store.ts";
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
} from "./entry.ts";
import { rollupSchema } from "./rollup.ts";
import { allOf, cosmosRowStore, inChosen, type RowStore } from "./row-store.ts";
import { cosmosSliceStore, type SliceStore } from "./slice-store.ts";

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

export type Ledger = { readonly head: Head; readonly rollups: readonly RollupTotals[] };

export type ActivityStore = RowStore &
  CaseStore &
  SliceStore & {
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
      query: {
        readonly chosen: Chosen;
        readonly account: Account | undefined;
        readonly upTo: string;
      },
    ) => Promise<string | undefined>;
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
    ...cosmosRowStore(container),
    ...cosmosCaseStore(container),
    ...cosmosSliceStore(container),
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
        ...(account === undefined ? [] : [{ text: "c.account = @account", parameters: { account } }]),
      ]);
      const query = sql(`SELECT TOP 1 VALUE c.at FROM c WHERE ${text} ORDER BY c.at DESC`, parameters);
      const [last] = await queryAll(container, ledgerId, query, z.string());
      return last;
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
