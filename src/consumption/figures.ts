/**
 * The figures of one ledger, now or as of an instant: what every page, drill-down and report starts from.
 * Invariants: they are narrowed to the chosen workspaces where they are added up, so nobody can forget it later; only what
 * is left of an allowance is everybody's, because all workspaces share it.
 */
import { DEFAULT_WORKSPACE_ID } from "../agreements/ids.ts";
import {
  type EntitlementInPackage,
  entitlementsOf,
  type Terms,
  type TermsPackage,
} from "../agreements/terms.ts";
import { lastDayOf, type Window, windowOf } from "../agreements/window.ts";
import type { ActivityStore, CountedEntry, Ledger, RollupDays, RollupTotals } from "./activity-store.ts";
import { type Chosen, everything, includes, linkedPackageIds } from "./chosen.ts";
import {
  type Account,
  entitlementAccount,
  type Head,
  isAdditional,
  type LedgerId,
  monthOf,
} from "./entry.ts";
import { type Balance, balanceOf } from "./grants.ts";
import { contactsOn, type SeatedContacts } from "./grid-contacts.ts";
import type { Counts } from "./rollup.ts";
import type { SliceStore } from "./slice-store.ts";
import { readSlices, type Slices } from "./slices.ts";

/** What the figures are read from. */
export type FiguresStore = Pick<ActivityStore, "ledger" | "days" | "counted" | "lastAt"> & SliceStore;

export type FiguresQuery = {
  readonly chosen: Chosen;
  /** Only what was delivered up to this instant, inclusive, with all that is known now; undefined: everything. */
  readonly asOf: string | undefined;
  /** When grants are active or not: `asOf`, or now. */
  readonly at: string;
  /** The only account that is shown, where it is one. */
  readonly account?: Account;
  /** The additional cases and nothing else. */
  readonly isAdditionalOnly?: true;
  /** Who takes up the support contacts; undefined: whoever the agreement names. */
  readonly contacts?: SeatedContacts | undefined;
};

export type Figures = {
  readonly head: Head;
  readonly chosen: Chosen;
  /** What counts in the chosen workspaces. */
  readonly counts: ReadonlyMap<Account, Counts>;
  /** What counts anywhere. */
  readonly everybody: ReadonlyMap<Account, Counts>;
  /** What anything was ever delivered on in the chosen workspaces, whatever the instant. */
  readonly touched: ReadonlySet<Account>;
  /** Time of the last delivery that is shown (CA-17). */
  readonly lastAt: string | undefined;
  readonly at: string;
  /** What counts anywhere on the entitlements with grants, as these need it. */
  readonly slices: Slices;
  readonly contacts: SeatedContacts | undefined;
};

/** @returns undefined when there is no such ledger. */
export async function readFigures(
  store: FiguresStore,
  ledgerId: LedgerId,
  query: FiguresQuery,
): Promise<Figures | undefined> {
  const ledger = await store.ledger(ledgerId);
  return ledger === undefined ? undefined : figuresOf(store, ledger, query);
}

/** All that is known, whatever the instant. */
function figuresNow(
  { head, rollups }: Ledger,
  { chosen, account, at, contacts }: Omit<FiguresQuery, "asOf">,
  slices: Slices,
): Figures {
  const sums = newSums(chosen);
  addTotals(sums, rollups);
  const shown = rollups.filter((rollup) => account === undefined || rollup.account === account);
  const lastAt = latest(shown.flatMap((rollup) => lastOf(rollup, chosen)));
  return { head, ...sums, touched: touchedAccounts({ rollups }, chosen), lastAt, at, slices, contacts };
}

/** What can be told without reading more: whether the entitlement is shown at all. */
export function isShown(ledger: Ledger, query: Omit<FiguresQuery, "asOf">, entitlementId: string): boolean {
  const lines = linesOf(figuresNow(ledger, query, new Map()));
  return lines.some(({ entitlement }) => entitlement.entitlementId === entitlementId);
}

export async function figuresOf(store: FiguresStore, whole: Ledger, query: FiguresQuery): Promise<Figures> {
  const { chosen, asOf, account, at, contacts } = query;
  const ledger = query.isAdditionalOnly ? onlyAdditional(whole) : whole;
  const { head, rollups } = ledger;
  if (
    asOf === undefined ||
    rollups.every((rollup) => lastOf(rollup, everything).every((last) => last <= asOf))
  )
    return figuresNow(ledger, query, await readSlices(store, ledger, { account, asOf: undefined }));
  const month = monthOf(asOf);
  const dayStart = `${asOf.slice(0, 10)}T00:00:00.000Z`;
  const [days, today, lastAt, slices] = await Promise.all([
    store.days(head.ledgerId, month),
    store.counted(head.ledgerId, dayStart, asOf),
    readLastAt(store, ledger, { ...query, asOf }),
    readSlices(store, ledger, { account, asOf }),
  ]);
  const sums = newSums(chosen);
  addTotals(
    sums,
    rollups.filter((rollup) => rollup.month < month),
  );
  addDays(sums, days, asOf.slice(8, 10));
  addEntries(sums, today);
  return { head, ...sums, touched: touchedAccounts(ledger, chosen), lastAt, at, slices, contacts };
}

const onlyAdditional = ({ head, rollups }: Ledger): Ledger => ({
  head,
  rollups: rollups.filter(({ account }) => isAdditional(account)),
});

/** There are a handful of accounts of additional cases: one for a service in a unit. */
async function readLastAt(
  store: FiguresStore,
  { head: { ledgerId }, rollups }: Ledger,
  { chosen, account, asOf, isAdditionalOnly }: FiguresQuery & { readonly asOf: string },
): Promise<string | undefined> {
  const accounts = isAdditionalOnly ? [...new Set(rollups.map((each) => each.account))] : [account];
  const lasts = accounts.map((each) => store.lastAt(ledgerId, { chosen, account: each, upTo: asOf }));
  return latest(await Promise.all(lasts));
}

/** What anything was ever delivered on in the chosen workspaces. */
export function touchedAccounts({ rollups }: Pick<Ledger, "rollups">, chosen: Chosen): ReadonlySet<Account> {
  const touched = rollups.filter(({ totals }) => Object.keys(totals).some((id) => includes(chosen, id)));
  return new Set(touched.map(({ account }) => account));
}

const NONE: Counts = [0, 0];

/** Over the chosen workspaces. */
export const countsOf = ({ counts }: Figures, account: Account): Counts => counts.get(account) ?? NONE;

/** What is left of the allowance is everybody's. */
export type Line = EntitlementInPackage &
  Balance & {
    readonly agreementId: string;
    /** When it may be used, whatever ends it first, and its last day. */
    readonly window: Window;
    readonly expiresOn: string;
    /** In the entitlement's unit, over the chosen workspaces; undefined for a benefit. */
    readonly consumed: number | undefined;
    readonly rows: number;
  };

/**
 * The entitlements that are shown, with their figures: those whose package applies to a chosen workspace, and those that
 * something was delivered on there. So the figures of some workspaces are the sums of those of each.
 */
export function linesOf(figures: Figures): Line[] {
  const { head, chosen, touched } = figures;
  const { terms } = head;
  if (terms === undefined) return [];
  const linked = linkedPackageIds(chosen, terms);
  return entitlementsOf(terms).flatMap((each): Line[] => {
    const people =
      each.entitlement.service === "supportContacts" ? peopleOn(figures, terms, each) : undefined;
    const line = lineOf(figures, terms, each, people);
    const isTouched = line.rows > 0 || touched.has(entitlementAccount(each.entitlement.entitlementId));
    return linked.has(each.package.packageId) || isTouched ? [line] : [];
  });
}

/** The workspace of everybody who takes up the support contacts. Whom the agreement names is in the default one (WS-02). */
function peopleOn({ contacts }: Figures, terms: Terms, each: EntitlementInPackage): string[] {
  if (contacts === undefined) return terms.supportContacts.map(() => DEFAULT_WORKSPACE_ID);
  return contactsOn(contacts, terms.agreementId, each).map(({ workspaceId }) => workspaceId);
}

/** @param people workspaces of the support contacts, where the entitlement is for these. */
function lineOf(
  figures: Figures,
  terms: Terms,
  line: EntitlementInPackage,
  people: readonly string[] | undefined,
): Line {
  const { class: kind, entitlementId } = line.entitlement;
  const window = windowOf(terms, line.package, line.entitlement);
  const expiresOn = lastDayOf(window, terms.timeZone);
  const common = { ...line, agreementId: terms.agreementId, window, expiresOn };
  const account = entitlementAccount(entitlementId);
  const shown = people?.filter((workspaceId) => includes(figures.chosen, workspaceId)).length;
  const [consumed, rows] = shown === undefined ? countsOf(figures, account) : [shown, shown];
  const everybody = people?.length ?? (figures.everybody.get(account) ?? NONE)[0];
  const slices = figures.slices.get(account) ?? [];
  const balance = balanceOf(terms, line, { total: everybody, slices }, figures.at);
  return kind === "benefit"
    ? { ...common, ...balance, consumed: undefined, rows: 0 }
    : { ...common, ...balance, consumed, rows };
}

/** The packages that are shown: also one without entitlements, where it applies. */
export function packagesOf({ head: { terms }, chosen }: Figures, lines: readonly Line[]): TermsPackage[] {
  if (terms === undefined) return [];
  const shown = new Set([...linkedPackageIds(chosen, terms), ...lines.map((line) => line.package.packageId)]);
  return terms.packages.filter(({ packageId }) => shown.has(packageId));
}

type Sums = {
  readonly chosen: Chosen;
  readonly counts: Map<Account, Counts>;
  readonly everybody: Map<Account, Counts>;
};

const newSums = (chosen: Chosen): Sums => ({ chosen, counts: new Map(), everybody: new Map() });

function addTotals(sums: Sums, rollups: readonly RollupTotals[]): void {
  for (const { account, totals } of rollups) {
    for (const [workspaceId, counts] of Object.entries(totals)) add(sums, account, workspaceId, counts);
  }
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

function add({ chosen, counts, everybody }: Sums, account: Account, workspaceId: string, one: Counts): void {
  everybody.set(account, plus(everybody.get(account) ?? NONE, one));
  if (includes(chosen, workspaceId)) counts.set(account, plus(counts.get(account) ?? NONE, one));
}

const plus = (left: Counts, right: Counts): Counts => [left[0] + right[0], left[1] + right[1]];

const lastOf = ({ lastAt }: RollupTotals, chosen: Chosen): string[] =>
  Object.entries(lastAt).flatMap(([workspaceId, at]) => (includes(chosen, workspaceId) ? [at] : []));

/** The latest of some instants, undefined where there is none. */
export function latest(instants: readonly (string | undefined)[]): string | undefined {
  let last: string | undefined;
  for (const instant of instants) {
    if (instant !== undefined && (last === undefined || instant > last)) last = instant;
  }
  return last;
}
