/**
 * Reading of several ledgers of a customer for one list. Promise: every ledger is asked, at most `LEDGERS_AT_ONCE` at a
 * time, so what is held is bounded by the page and not by the number of ledgers.
 */
import type { LedgerId } from "./entry.ts";

const LEDGERS_AT_ONCE = 20;

/** @param add takes what ledgers gave to what there is so far. */
export async function foldLedgers<Found, Sum>(
  ledgers: readonly LedgerId[],
  read: (ledgerId: LedgerId) => Promise<Found>,
  none: Sum,
  add: (sum: Sum, found: readonly Found[]) => Sum,
): Promise<Sum> {
  let sum = none;
  for (let start = 0; start < ledgers.length; start += LEDGERS_AT_ONCE) {
    const some = ledgers.slice(start, start + LEDGERS_AT_ONCE);
    sum = add(sum, await Promise.all(some.map(read)));
  }
  return sum;
}
