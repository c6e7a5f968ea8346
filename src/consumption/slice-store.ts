/**
 * Reads of ledgers for what is left of grants. Promise: each is one query in one partition, over the days of some roll-ups
 * or the entries of some days.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { isOneOf, queryAll, sql } from "../platform/cosmos.ts";
import { type Account, accountSchema, type LedgerId } from "./entry.ts";
import { rollupSchema } from "./rollup.ts";
import { inPeriods, type Period } from "./row-store.ts";

const accountDaysSchema = rollupSchema.pick({ account: true, month: true, days: true });
export type AccountDays = z.infer<typeof accountDaysSchema>;

const accountEntrySchema = z.object({ account: accountSchema, at: z.string(), quantity: z.int() });
export type AccountEntry = z.infer<typeof accountEntrySchema>;

export type SliceStore = {
  /** The days of the roll-ups of some accounts in some months. */
  readonly daysIn: (
    ledgerId: LedgerId,
    accounts: readonly Account[],
    months: readonly string[],
  ) => Promise<readonly AccountDays[]>;
  /** What counts on some accounts in any of some periods, in all workspaces. */
  readonly countedIn: (
    ledgerId: LedgerId,
    accounts: readonly Account[],
    periods: readonly Period[],
  ) => Promise<readonly AccountEntry[]>;
};

export function cosmosSliceStore(container: Container): SliceStore {
  return {
    daysIn: (ledgerId, accounts, months) => {
      const own = isOneOf("c.account", "account", accounts);
      const inMonths = isOneOf("c.month", "month", months);
      const query = sql(
        `SELECT c.account, c.month, c.days FROM c WHERE c.kind = 'rollup' AND ${own.text} AND ${inMonths.text}`,
        { ...own.parameters, ...inMonths.parameters },
      );
      return queryAll(container, ledgerId, query, accountDaysSchema);
    },
    countedIn: (ledgerId, accounts, periods) => {
      const own = isOneOf("c.account", "account", accounts);
      const during = inPeriods(periods);
      const query = sql(
        `SELECT c.account, c.at, c.quantity FROM c WHERE c.kind = 'entry' AND c.state = 'posted' AND ${own.text} AND ${during.text}`,
        { ...own.parameters, ...during.parameters },
      );
      return queryAll(container, ledgerId, query, accountEntrySchema);
    },
  };
}
