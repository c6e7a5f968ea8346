/**
 * The consumption of entitlements with grants, by everybody, in slices that no border of a grant cuts.
 * Invariants: the slices of an account add up to what it consumed; they cost two queries in one partition at most, whatever
 * the number of entries and grants: months without a border come from the sums at hand, days without one from the days of
 * roll-ups, and only what is left from entries. An agreement without grants costs none.
 */
import { entitlementsOf, type Terms } from "../agreements/terms.ts";
import type { Ledger, RollupTotals } from "./activity-store.ts";
import { type Account, entitlementAccount, monthOf } from "./entry.ts";
import { bordersOf, type Slice } from "./grants.ts";
import { totalOf } from "./rollup.ts";
import type { Period } from "./row-store.ts";
import type { AccountDays, AccountEntry, SliceStore } from "./slice-store.ts";

export type Slices = ReadonlyMap<Account, readonly Slice[]>;

/** What of an account has to be read more finely than it is at hand. */
type Cuts = {
  readonly account: Account;
  /** Months that a border, or the instant of "as of", lies inside. */
  readonly months: ReadonlySet<string>;
  /** In these months the days that one lies inside, and what of them is asked for. */
  readonly days: ReadonlyMap<string, Period>;
};

/** @param asOf only what was delivered up to this instant, inclusive. */
export async function readSlices(
  store: SliceStore,
  { head: { ledgerId, terms }, rollups }: Ledger,
  { asOf, account }: { readonly asOf: string | undefined; readonly account?: Account | undefined },
): Promise<Slices> {
  const granted = grantedAccounts(terms).filter((each) => account === undefined || each.account === account);
  const cuts = granted.map((each) => cutsOf(each, rollups, asOf));
  const cut = cuts.filter(({ months }) => months.size > 0);
  const accounts = cut.map((each) => each.account);
  const months = [...new Set(cut.flatMap((each) => [...each.months]))];
  const periods = new Map(cut.flatMap((each) => [...each.days]));
  const [days, entries] = await Promise.all([
    months.length === 0 ? [] : store.daysIn(ledgerId, accounts, months),
    periods.size === 0 ? [] : store.countedIn(ledgerId, accounts, [...periods.values()]),
  ]);
  return new Map(cuts.map((each) => [each.account, slicesOf(each, { rollups, days, entries }, asOf)]));
}

type Granted = { readonly account: Account; readonly borders: readonly string[] };

/** Support contacts are counted as they are: nothing of them is delivered. */
function grantedAccounts(terms: Terms | undefined): readonly Granted[] {
  if (terms === undefined) return [];
  return entitlementsOf(terms).flatMap(({ entitlement: { entitlementId, grants, service } }) =>
    grants === undefined || service === "supportContacts"
      ? []
      : [{ account: entitlementAccount(entitlementId), borders: bordersOf(grants) }],
  );
}

function cutsOf(
  { account, borders }: Granted,
  rollups: readonly RollupTotals[],
  asOf: string | undefined,
): Cuts {
  const filled = new Set(rollups.filter((each) => each.account === account).map(({ month }) => month));
  const inside = borders.filter(
    (border) => filled.has(monthOf(border)) && (asOf === undefined || border <= asOf),
  );
  const days = inside.filter((border) => !isStartOfDay(border)).map(dayOf);
  const months = inside.filter((border) => border !== startOfMonth(monthOf(border))).map(monthOf);
  if (asOf !== undefined && filled.has(monthOf(asOf))) {
    months.push(monthOf(asOf));
    days.push(dayOf(asOf));
  }
  return { account, months: new Set(months), days: new Map(days.map((day) => [day, periodOf(day, asOf)])) };
}

type Read = {
  readonly rollups: readonly RollupTotals[];
  readonly days: readonly AccountDays[];
  readonly entries: readonly AccountEntry[];
};

function slicesOf(cuts: Cuts, { rollups, days, entries }: Read, asOf: string | undefined): Slice[] {
  const { account } = cuts;
  const isOwn = (each: { readonly account: Account }): boolean => each.account === account;
  const isUpTo = (at: string): boolean => asOf === undefined || at <= asOf;
  const ofMonths = rollups
    .filter((each) => isOwn(each) && !cuts.months.has(each.month))
    .map((each) => ({ at: startOfMonth(each.month), quantity: totalOf(each)[0] }));
  const ofDays = days
    .filter((each) => isOwn(each) && cuts.months.has(each.month))
    .flatMap(slicesOfDays)
    .filter(({ at }) => !cuts.days.has(dayOf(at)));
  const ofEntries = entries
    .filter((each) => isOwn(each) && cuts.days.has(dayOf(each.at)))
    .map(({ at, quantity }) => ({ at, quantity }));
  return [...ofMonths, ...ofDays, ...ofEntries].filter(({ at }) => isUpTo(at));
}

function slicesOfDays({ month, days }: AccountDays): Slice[] {
  return Object.values(days).flatMap((byDay) =>
    Object.entries(byDay).map(([day, [quantity]]) => ({ at: startOfDay(`${month}-${day}`), quantity })),
  );
}

const DAY_MS = 86_400_000;

/** The UTC day, up to the instant of "as of" where that is earlier; instants have milliseconds. */
function periodOf(day: string, asOf: string | undefined): Period {
  const from = startOfDay(day);
  const next = Date.parse(from) + DAY_MS;
  const end = asOf === undefined ? next : Math.min(next, Date.parse(asOf) + 1);
  return { from, to: new Date(end).toISOString() };
}

const dayOf = (instant: string): string => instant.slice(0, 10);
const startOfDay = (day: string): string => `${day}T00:00:00.000Z`;
const startOfMonth = (month: string): string => startOfDay(`${month}-01`);
const isStartOfDay = (instant: string): boolean => instant === startOfDay(dayOf(instant));
