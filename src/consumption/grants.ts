/**
 * What is left of an entitlement (LE-10, LE-11). Pure.
 * Consumption burns, at the time it was delivered, the grants active then: the lower `priority` number first, then the
 * nearest expiry, then the oldest, then by id. What no grant covers is overage for good; what is left of a grant when it
 * ends expires, but for what a carry-over takes of it.
 * Invariants: only the net consumption between borders of grants counts, so neither the order of deliveries nor how finely
 * they are cut changes anything; what was granted is what was burnt and what is unused; all that was consumed is what was
 * burnt and the overage; nothing is ever below 0.
 */
import { compareText, type EntitlementInPackage, type TermsGrant } from "../agreements/terms.ts";
import { statusAt, type Window, windowOf } from "../agreements/window.ts";

/** Consumption, net of what was taken back, from `at` on up to any later instant before which no grant begins or ends. */
export type Slice = { readonly at: string; readonly quantity: number };

type BurntGrant = {
  readonly grant: TermsGrant;
  /** Its amount; of a carry-over what its source leaves unused, up to that: until the source ends, as things stand now. */
  readonly granted: number;
  readonly burnt: number;
  readonly unused: number;
  /** What carry-overs take of `unused`. */
  readonly carriedOn: number;
};

export type Burn = {
  /** In the order they are given in. */
  readonly grants: readonly BurntGrant[];
  /** What no grant covered. */
  readonly overage: number;
};

type GrantStatus = "upcoming" | "active" | "expired";

type Burning = {
  readonly grant: TermsGrant;
  readonly endsAt: string;
  granted: number;
  burnt: number;
  carriedOn: number;
};

export function burn(grants: readonly TermsGrant[], slices: readonly Slice[]): Burn {
  const all = grants.map((grant): Burning => {
    const granted = grant.kind === "carryOver" || isVoid(grant) ? 0 : grant.amount;
    return { grant, endsAt: endOf(grant), granted, burnt: 0, carriedOn: 0 };
  });
  const inOrder = all.toSorted(compareGrants);
  const borders = bordersOf(grants);
  let overage = 0;
  for (const [index, quantity] of netBetween(borders, slices).entries()) {
    const start = borders[index - 1];
    for (const ended of all.filter(({ endsAt }) => endsAt === start)) carryOn(ended, all);
    const active = inOrder.filter(
      ({ grant, endsAt }) => start !== undefined && grant.startsAt <= start && start < endsAt,
    );
    overage += consume(active, quantity);
  }
  return {
    grants: all.map(({ grant, granted, burnt, carriedOn }) => ({
      grant,
      granted,
      burnt,
      unused: granted - burnt,
      carriedOn,
    })),
    overage,
  };
}

/** Instants at which a grant begins or ends, ascending: no slice may lie on both sides of one. */
export function bordersOf(grants: readonly TermsGrant[]): readonly string[] {
  return [...new Set(grants.flatMap((grant) => [grant.startsAt, endOf(grant)]))].toSorted(compareText);
}

const endOf = ({ endsAt, endedAt }: TermsGrant): string =>
  endedAt !== undefined && endedAt < endsAt ? endedAt : endsAt;

/** When it could be used; empty where it was left out before it began. */
export const windowOfGrant = (grant: TermsGrant): Window => ({
  startsAt: grant.startsAt,
  endsAt: endOf(grant),
});

/** Left out of the agreement before it began. */
const isVoid = (grant: TermsGrant): boolean => endOf(grant) <= grant.startsAt;

function compareGrants(left: Burning, right: Burning): number {
  return (
    left.grant.priority - right.grant.priority ||
    compareText(left.endsAt, right.endsAt) ||
    compareText(left.grant.startsAt, right.grant.startsAt) ||
    compareText(left.grant.grantId, right.grant.grantId)
  );
}

/** What was consumed before the first border, between each two, and after the last. */
function netBetween(borders: readonly string[], slices: readonly Slice[]): readonly number[] {
  const net = Array.from({ length: borders.length + 1 }, () => 0);
  for (const { at, quantity } of slices) {
    const after = borders.findIndex((border) => border > at);
    const index = after < 0 ? borders.length : after;
    net[index] = (net[index] ?? 0) + quantity;
  }
  return net;
}

/** Several carry-overs of one grant share what it left: those that begin first take all they can. */
function carryOn(source: Burning, all: readonly Burning[]): void {
  const carried = all
    .filter(({ grant }) => grant.carriedFrom === source.grant.grantId && !isVoid(grant))
    .filter(({ endsAt }) => endsAt > source.endsAt)
    .toSorted(
      (left, right) =>
        compareText(left.grant.startsAt, right.grant.startsAt) ||
        compareText(left.grant.grantId, right.grant.grantId),
    );
  for (const next of carried) {
    next.granted = Math.min(next.grant.amount, source.granted - source.burnt - source.carriedOn);
    source.carriedOn += next.granted;
  }
}

/** @returns what none of these covers. */
function consume(active: readonly Burning[], quantity: number): number {
  let rest = Math.max(0, quantity);
  for (const each of active) {
    const taken = Math.min(rest, each.granted - each.burnt);
    each.burnt += taken;
    rest -= taken;
  }
  return rest;
}

export type GrantBalance = BurntGrant & {
  readonly status: GrantStatus;
  /** What it lost when it ended. */
  readonly expiredUnused: number;
};

/**
 * What was bought and not used, by whether it may be used at the instant. Its sum is `purchased` and the overage less what
 * everybody consumed, as long as nothing is dated after the instant: that may be on a grant that has not begun.
 */
type Unused = {
  /** 0 where the package is not active. */
  readonly active: number;
  /** Left in what is over, but for what is carried on. */
  readonly expired: number;
  /** In a package that has not begun, or carried on to a grant that has not. */
  readonly upcoming: number;
};

export type Balance = {
  /**
   * What was bought and may be used: a number, null for unmetered ("Included"), undefined for a benefit (CA-07, CA-08). Of
   * grants all that have begun; what is carried over was bought with its source and counts there.
   */
  readonly purchased: number | null | undefined;
  /** Never below 0; undefined where there is no allowance. Of grants what is left of the active ones. */
  readonly remaining: number | undefined;
  readonly overage: number | undefined;
  /** All that was not used of `purchased`; undefined where there is no allowance. */
  readonly unused: Unused | undefined;
  /** Empty where there is one plain allowance. */
  readonly grants: readonly GrantBalance[];
};

/**
 * What an allowance comes to at an instant. A plain one is one grant over all of the package's time. Before that time the
 * figures are those of its first instant, after it those of its last: what was left when it ended.
 * @param consumed by everybody; `slices` of the same are needed where there are grants.
 */
export function balanceOf(
  terms: Window,
  { package: item, entitlement }: EntitlementInPackage,
  consumed: { readonly total: number; readonly slices: readonly Slice[] },
  at: string,
): Balance {
  const { allowance, grants, service } = entitlement;
  const window = windowOf(terms, item, entitlement);
  if (grants === undefined) {
    if (allowance == null) return { ...unmetered, purchased: allowance };
    const remaining = Math.max(0, allowance - consumed.total);
    return {
      purchased: allowance,
      remaining,
      overage: Math.max(0, consumed.total - allowance),
      unused: unusedIn(window, at, { ...nothing, active: remaining }),
      grants: [],
    };
  }
  const within = clamp(at, window);
  const isCounted = service === "supportContacts";
  // People are not used up: those there are take up what is granted now.
  const burnt = burn(grants, isCounted ? [{ at: within, quantity: consumed.total }] : consumed.slices);
  const balances = burnt.grants.map((each): GrantBalance => {
    const status = at >= window.endsAt ? "expired" : statusOf(each.grant, at);
    const expiredUnused = status === "expired" ? each.unused - each.carriedOn : 0;
    return { ...each, status, expiredUnused };
  });
  const active = balances.filter(({ grant }) => statusOf(grant, within) === "active");
  const begun = balances.filter(({ grant }) => grant.kind !== "carryOver" && grant.startsAt <= within);
  const remaining = sum(active, ({ unused }) => unused);
  const unused = isCounted ? { ...nothing, active: remaining } : unusedOf(balances, within);
  return {
    purchased: sum(isCounted ? active : begun, ({ granted }) => granted),
    remaining,
    overage: burnt.overage,
    unused: unusedIn(window, at, unused),
    grants: balances,
  };
}

const unmetered = { remaining: undefined, overage: undefined, unused: undefined, grants: [] } as const;
const nothing: Unused = { active: 0, expired: 0, upcoming: 0 };

/** What a carry-over has of a grant that is not over counts there, once. */
function unusedOf(balances: readonly GrantBalance[], within: string): Unused {
  const over = new Set(
    balances.flatMap(({ grant }) => (statusOf(grant, within) === "expired" ? [grant.grantId] : [])),
  );
  const amounts = { ...nothing };
  for (const { grant, unused, carriedOn } of balances) {
    const { kind, carriedFrom = "", startsAt } = grant;
    const isCounted = kind === "carryOver" ? over.has(carriedFrom) : startsAt <= within;
    const status = statusOf(grant, within);
    if (isCounted) amounts[status] += status === "expired" ? unused - carriedOn : unused;
  }
  return amounts;
}

/** Of a package that is over nothing may be used any more, of one that has not begun nothing yet. */
function unusedIn(window: Window, at: string, unused: Unused): Unused {
  const status = statusAt(window, at);
  if (status === "active") return unused;
  const all = unused.active + unused.expired + unused.upcoming;
  return { ...nothing, [status === "upcoming" ? "upcoming" : "expired"]: all };
}

function statusOf(grant: TermsGrant, at: string): GrantStatus {
  if (at >= endOf(grant)) return "expired";
  return at < grant.startsAt ? "upcoming" : "active";
}

/** The nearest instant inside; instants have milliseconds. */
function clamp(at: string, { startsAt, endsAt }: Window): string {
  if (at >= endsAt) return new Date(Math.max(Date.parse(startsAt), Date.parse(endsAt) - 1)).toISOString();
  return at < startsAt ? startsAt : at;
}

function sum(grants: readonly GrantBalance[], amount: (grant: GrantBalance) => number): number {
  return grants.reduce((total, grant) => total + amount(grant), 0);
}
