/**
 * What was left of an allowance after each of some rows, by time, deliveries before reversals, then id. Promise: whatever
 * rows they are, the days of the account are one query and the entries of the rows' own days another, for each
 * `PERIODS_MAX` days that do not touch.
 * Invariant: it is what the whole account comes to up to the row, all workspaces together, since these share the allowance;
 * so it is the same whatever filter, order or page shows the row, and never more than the allowance.
 */
import { compareText, type Terms } from "../agreements/terms.ts";
import type { ActivityStore, RollupDays } from "./activity-store.ts";
import { type Entry, entitlementAccount, type LedgerId } from "./entry.ts";
import type { Line } from "./figures.ts";
import { balanceOf, bordersOf, type Slice } from "./grants.ts";
import type { Period, TimedEntry } from "./row-store.ts";

/** Of one query. */
const PERIODS_MAX = 100;
const DAY_MS = 86_400_000;

/** @returns by entry; nothing where there is no allowance. */
export async function readBalances(
  store: Pick<ActivityStore, "daysOf" | "within">,
  ledgerId: LedgerId,
  terms: Terms,
  line: Line,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string, number>> {
  const { entitlement } = line;
  if (entitlement.allowance == null || entries.length === 0) return new Map();
  const account = entitlementAccount(entitlement.entitlementId);
  // A day in which a grant begins or ends is told apart by its entries, as the rows' own days are.
  const borders = bordersOf(entitlement.grants ?? []);
  const borderDays = borders.map(dayOf);
  const days = [...new Set([...entries.map(({ at }) => dayOf(at)), ...borderDays])].toSorted();
  const periods = periodsOf(days);
  const chunks = Array.from({ length: Math.ceil(periods.length / PERIODS_MAX) }, (_, index) =>
    periods.slice(index * PERIODS_MAX, (index + 1) * PERIODS_MAX),
  );
  const [rollups, ...found] = await Promise.all([
    store.daysOf(ledgerId, account),
    ...chunks.map((chunk) => store.within(ledgerId, account, chunk)),
  ]);
  const timed = timeline(rollups, new Set(days), found.flat());
  const wanted = new Set(entries.map(({ id }) => id));
  const balances = new Map<string, number>();
  const slices: Slice[] = [];
  let total = 0;
  for (const { id, at, quantity } of timed) {
    addSlice(slices, borders, { at, quantity });
    total += quantity;
    if (id === undefined || !wanted.has(id)) continue;
    balances.set(id, balanceOf(terms, line, { total, slices }, at).remaining ?? 0);
  }
  return balances;
}

/** What lies between the same two borders is one slice. */
function addSlice(slices: Slice[], borders: readonly string[], { at, quantity }: Slice): void {
  const last = slices.at(-1);
  if (last === undefined || borders.some((border) => last.at < border && border <= at))
    slices.push({ at, quantity });
  else slices[slices.length - 1] = { at: last.at, quantity: last.quantity + quantity };
}

type Step = Omit<TimedEntry, "id"> & { readonly id: string | undefined };

/** What counts on the account in order: entries on the days that were read, and the other days as a whole. */
function timeline(
  rollups: readonly RollupDays[],
  read: ReadonlySet<string>,
  entries: readonly TimedEntry[],
): readonly Step[] {
  const whole = rollups.flatMap(({ month, days }) =>
    Object.values(days).flatMap((byDay) =>
      Object.entries(byDay).map(
        ([day, [quantity]]): Step => ({ id: undefined, at: startOf(`${month}-${day}`), quantity }),
      ),
    ),
  );
  return [...whole.filter(({ at }) => !read.has(dayOf(at))), ...entries].toSorted(compareSteps);
}

/** A reversal has the instant of its delivery: before that there is nothing to take back. */
function compareSteps(left: Step, right: Step): number {
  return (
    compareText(left.at, right.at) ||
    Number(left.quantity < 0) - Number(right.quantity < 0) ||
    compareText(left.id ?? "", right.id ?? "")
  );
}

/** Days that touch are one period. */
function periodsOf(days: readonly string[]): Period[] {
  const periods: Period[] = [];
  for (const day of days) {
    const from = startOf(day);
    const to = new Date(Date.parse(from) + DAY_MS).toISOString();
    const last = periods.at(-1);
    if (last?.to === from) periods[periods.length - 1] = { from: last.from, to };
    else periods.push({ from, to });
  }
  return periods;
}

const dayOf = (instant: string): string => instant.slice(0, 10);
const startOf = (day: string): string => `${day}T00:00:00.000Z`;
