/**
 * Reads of ledgers for what is left of grants. Promise: each is one query in one partition, over the days of some roll-ups
 * or the entries of some days.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { type Condition, isOneOf, queryAll, sql } from "../platform/cosmos.ts";
import { type Account, accountSchema, type LedgerId } from "./entry.ts";
import { rollupSchema } from "./rollup.ts";

const accountDaysSchema = rollupSchema.pick({ account: true, month: true, days: true });
export type AccountDays = z.infer<typeof accountDaysSchema>;

const accountEntrySchema = z.object({ account: accountSchema, at: z.string(), quantity: z.int() });
export type AccountEntry = z.infer<typeof accountEntrySchema>;

/** Half-open. */
export type Period = { readonly from: string; readonly to: string };

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
      const during = inAnyOf(periods);
      const query = sql(
        `SELECT c.account, c.at, c.quantity FROM c WHERE c.kind = 'entry' AND c.state = 'posted' AND ${own.text} AND ${during.text}`,
        { ...own.parameters, ...during.parameters },
      );
      return queryAll(container, ledgerId, query, accountEntrySchema);
    },
  };
}

function inAnyOf(periods: readonly Period[]): Condition {
  const ranges = periods.map((_, index) => `(c.at >= @from${index} AND c.at < @to${index})`);
  const bounds = periods.flatMap(({ from, to }, index) => [
    [`from${index}`, from] as const,
    [`to${index}`, to] as const,
  ]);
  return {
    text: ranges.length === 0 ? "false" : `(${ranges.join(" OR ")})`,
    parameters: Object.fromEntries(bounds),
  };
}
