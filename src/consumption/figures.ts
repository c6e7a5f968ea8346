/** The figures of one ledger, now or as of an instant: what every page, drill-down and report starts from. */
import { type EntitlementInPackage, entitlementsOf } from "../agreements/terms.ts";
import type { ActivityStore, CountedEntry, RollupDays, RollupTotals } from "./activity-store.ts";
import { type Account, entitlementAccount, type Head, type LedgerId, monthOf } from "./entry.ts";
import type { Counts } from "./rollup.ts";

/** What the figures are read from. */
export type FiguresStore = Pick<ActivityStore, "ledger" | "days" | "counted" | "lastAt">;

export type Figures = {
  readonly head: Head;
  /** By account, then workspace. */
  readonly counts: ReadonlyMap<Account, ReadonlyMap<string, Counts>>;
  /** Time of the last delivery that is included (CA-17). */
  readonly lastAt: string | undefined;
};

/**
 * @param asOf only what was delivered up to this instant, inclusive, with all that is known now; undefined: everything.
 * @returns undefined when there is no such ledger.
 */
export async function readFigures(
  store: FiguresStore,
  ledgerId: LedgerId,
  asOf: string | undefined,
): Promise<Figures | undefined> {
  const ledger = await store.ledger(ledgerId);
  if (ledger === undefined) return undefined;
  const { head, rollups } = ledger;
  if (asOf === undefined || rollups.every(({ lastAt }) => lastAt <= asOf)) {
    return { head, counts: sumTotals(rollups), lastAt: latest(rollups.map(({ lastAt }) => lastAt)) };
  }
  const month = monthOf(asOf);
  const dayStart = `${asOf.slice(0, 10)}T00:00:00.000Z`;
  const [days, today, lastAt] = await Promise.all([
    store.days(ledgerId, month),
    store.counted(ledgerId, dayStart, asOf),
    store.lastAt(ledgerId, asOf),
  ]);
  const counts = sumTotals(rollups.filter((rollup) => rollup.month < month));
  addDays(counts, days, asOf.slice(8, 10));
  addEntries(counts, today);
  return { head, counts, lastAt };
}

/** Sum over the chosen workspaces, or all of them. */
export function countsOf(
  figures: Figures,
  account: Account,
  workspaces: ReadonlySet<string> | undefined,
): Counts {
  let quantity = 0;
  let rows = 0;
  for (const [workspaceId, counts] of figures.counts.get(account) ?? []) {
    if (workspaces !== undefined && !workspaces.has(workspaceId)) continue;
    quantity += counts[0];
    rows += counts[1];
  }
  return [quantity, rows];
}

export type Line = EntitlementInPackage & {
  readonly agreementId: string;
  /** What may be used: a number, null for unmetered ("Included"), undefined for a benefit (CA-07, CA-08). */
  readonly purchased: number | null | undefined;
  /** In the entitlement's unit, over the chosen workspaces; undefined for a benefit. */
  readonly consumed: number | undefined;
  /** What is left of the allowance for everybody, never below 0; undefined where there is no allowance. */
  readonly remaining: number | undefined;
  /** Consumption of everybody past the allowance (LE-10). */
  readonly overage: number | undefined;
  readonly rows: number;
};

/** Every entitlement of the agreement with its figures. An allowance is shared by all workspaces, so what is left of it is too. */
export function linesOf(figures: Figures, workspaces: ReadonlySet<string> | undefined): Line[] {
  const { terms } = figures.head;
  if (terms === undefined) return [];
  return entitlementsOf(terms).map((line): Line => {
    const { entitlement } = line;
    const common = { ...line, agreementId: terms.agreementId, purchased: entitlement.allowance };
    if (entitlement.class === "benefit") {
      return { ...common, consumed: undefined, remaining: undefined, overage: undefined, rows: 0 };
    }
    const contacts = entitlement.service === "supportContacts" ? terms.supportContacts.length : undefined;
    const account = entitlementAccount(entitlement.entitlementId);
    const [consumed, rows] =
      contacts === undefined ? countsOf(figures, account, workspaces) : [contacts, contacts];
    const everybody = contacts ?? countsOf(figures, account, undefined)[0];
    const allowance = entitlement.allowance ?? undefined;
    return {
      ...common,
      consumed,
      rows,
      remaining: allowance === undefined ? undefined : Math.max(0, allowance - everybody),
      overage: allowance === undefined ? undefined : Math.max(0, everybody - allowance),
    };
  });
}

type Sums = Map<Account, Map<string, Counts>>;

function sumTotals(rollups: readonly RollupTotals[]): Sums {
  const sums: Sums = new Map();
  for (const { account, totals } of rollups) {
    for (const [workspaceId, counts] of Object.entries(totals)) add(sums, account, workspaceId, counts);
  }
  return sums;
}

function addDays(sums: Sums, rollups: readonly RollupDays[], before: string): void {
  for (const { account, days } of rollups) {
    for (const [workspaceId, byDay] of Object.entries(days)) {
      for (const [day, counts] of Object.entries(byDay)) {
        if (day < before) add(sums, account, workspaceId, counts);
      }
    }
  }
}

function addEntries(sums: Sums, entries: readonly CountedEntry[]): void {
  for (const { account, workspaceId, quantity } of entries) add(sums, account, workspaceId, [quantity, 1]);
}

function add(sums: Sums, account: Account, workspaceId: string, [quantity, rows]: Counts): void {
  const workspaces = sums.get(account) ?? new Map<string, Counts>();
  sums.set(account, workspaces);
  const [quantityBefore, rowsBefore] = workspaces.get(workspaceId) ?? [0, 0];
  workspaces.set(workspaceId, [quantityBefore + quantity, rowsBefore + rows]);
}

/** The latest of some instants; an empty one is none. */
export function latest(instants: readonly (string | undefined)[]): string | undefined {
  let last: string | undefined;
  for (const instant of instants) {
    if (instant !== undefined && instant !== "" && (last === undefined || instant > last)) last = instant;
  }
  return last;
}
