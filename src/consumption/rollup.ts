/**
 * The roll-up of one account in one UTC month: what its postings add up to, by workspace and day.
 * Invariants: it is a pure fold of the postings and does not depend on their order; applying a posting and taking it
 * back leaves the same counts; its size depends on days and workspaces, never on the number of postings.
 */
import * as z from "zod";
import {
  type Account,
  accountSchema,
  type LedgerId,
  ledgerIdSchema,
  monthOf,
  monthSchema,
  type Posting,
} from "./entry.ts";

/** [quantity, rows]: a pair, because a roll-up holds hundreds of them. */
const countsSchema = z.tuple([z.int(), z.int()]);

export const rollupSchema = z.object({
  id: z.string(),
  ledgerId: ledgerIdSchema,
  kind: z.literal("rollup"),
  account: accountSchema,
  month: monthSchema,
  /** Revision of the terms that its postings were placed under. */
  revision: z.int().min(0),
  /** Latest `at` of its postings, by workspace: who sees one of them is not told when another had its last. */
  lastAt: z.record(z.string(), z.string()),
  /** By workspace. */
  totals: z.record(z.string(), countsSchema),
  /** By workspace and day of the month, `01` to `31`. */
  days: z.record(z.string(), z.record(z.string(), countsSchema)),
});
export type Rollup = z.infer<typeof rollupSchema>;
export type Counts = readonly [quantity: number, rows: number];

/** A posting that counts: it has an account and a workspace. */
export type CountedPosting = Posting & {
  readonly account: Account;
  readonly workspaceId: NonNullable<Posting["workspaceId"]>;
};

export function isCounted<Item extends Posting>(posting: Item): posting is Item & CountedPosting {
  return posting.state === "posted" && posting.account !== undefined && posting.workspaceId !== undefined;
}

export const rollupIdOf = (account: Account, month: string): string => `rollup:${account}:${month}`;

export function newRollup(ledgerId: LedgerId, account: Account, month: string, revision: number): Rollup {
  return {
    id: rollupIdOf(account, month),
    ledgerId,
    kind: "rollup",
    account,
    month,
    revision,
    lastAt: {},
    totals: {},
    days: {},
  };
}

/**
 * @returns the roll-up with the posting added, or with `sign` -1 taken back. A `lastAt` never falls here: only moves take
 * away the last posting of a time, and settling folds their month anew.
 */
export function apply(rollup: Rollup, posting: CountedPosting, sign: 1 | -1 = 1): Rollup {
  const { workspaceId, at } = posting;
  const day = at.slice(8, 10);
  const change: Counts = [sign * posting.quantity, sign];
  const days = withCounts(rollup.days[workspaceId] ?? {}, day, change);
  const totals = withCounts(rollup.totals, workspaceId, change);
  const before = rollup.lastAt[workspaceId] ?? "";
  const lastAt = sign === 1 && at > before ? at : before;
  return {
    ...rollup,
    lastAt: withMember(rollup.lastAt, workspaceId, workspaceId in totals ? lastAt : undefined),
    totals,
    days: withMember(rollup.days, workspaceId, Object.keys(days).length === 0 ? undefined : days),
  };
}

type CountsByKey = Rollup["totals"];

function withCounts(counts: CountsByKey, key: string, change: Counts): CountsByKey {
  const [quantity, rows] = counts[key] ?? [0, 0];
  const next: [number, number] = [quantity + change[0], rows + change[1]];
  return withMember(counts, key, next[1] === 0 ? undefined : next);
}

/** Keys in order and nothing empty, so that equal roll-ups have equal bytes. */
function withMember<Value>(
  record: Record<string, Value>,
  key: string,
  value: Value | undefined,
): Record<string, Value> {
  if (value !== undefined && key in record) return { ...record, [key]: value };
  const entries = Object.entries(record).filter(([name]) => name !== key);
  if (value !== undefined) entries.push([key, value]);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** Adds a posting to a fold from nothing: the rebuild, and what a settled month must equal (LE-06). */
export function addPosting(
  rollups: Map<string, Rollup>,
  ledgerId: LedgerId,
  revision: number,
  posting: CountedPosting,
): void {
  const month = monthOf(posting.at);
  const id = rollupIdOf(posting.account, month);
  rollups.set(id, apply(rollups.get(id) ?? newRollup(ledgerId, posting.account, month, revision), posting));
}

/** Sum of a roll-up over all workspaces. */
export function totalOf({ totals }: Pick<Rollup, "totals">): Counts {
  let quantity = 0;
  let rows = 0;
  for (const counts of Object.values(totals)) {
    quantity += counts[0];
    rows += counts[1];
  }
  return [quantity, rows];
}
