/**
 * What of an agreement is watched at an instant: every allowance that is in force, and the end of every package and grant
 * that is. Pure. Invariants: an agreement, package, entitlement or grant that is over, or has not begun, is not watched; so
 * what is loaded with old events tells nothing of what has passed. What ends, when, and with what unused is as in the list
 * of what expires. Figures that are still being settled are nobody's.
 */
import { compareText, isWithin, type Terms, type TermsPackage } from "../agreements/terms.ts";
import { entitlementAccount } from "../consumption/entry.ts";
import { type Expiration, expirationsOf } from "../consumption/expirations.ts";
import { type Figures, type Line, linesOf, packagesOf } from "../consumption/figures.ts";
import { burn, windowOfGrant } from "../consumption/grants.ts";
import type { Look, Subject } from "./crossing.ts";
import type { NoticeFacts } from "./notice.ts";
import type { NoticeRules } from "./notice-settings.ts";

export type Watched = {
  readonly subject: Subject;
  readonly terms: Terms;
  readonly packageId: string;
  readonly look: Look;
  readonly facts: NoticeFacts;
};

/**
 * @param figures everything of the customer, whatever the instant.
 * @param now instant.
 */
export function watchedIn(figures: Figures, rules: NoticeRules, now: string): Watched[] {
  const { terms, revision, settledRevision } = figures.head;
  if (terms === undefined || !isWithin(now, terms)) return [];
  // Deliveries are on their way to where they count now; when they are there, the ledger has changed again.
  if (settledRevision < revision) return [];
  const lines = linesOf(figures);
  const allowances = lines.flatMap((line) => allowanceOf(figures, terms, line, rules, now) ?? []);
  const shown = { terms, packages: packagesOf(figures, lines), lines };
  // Whatever is in force, however far its end: one that is put off is armed again.
  const ends = expirationsOf([shown], now, Number.POSITIVE_INFINITY).filter((end) => end.status === "active");
  const packageEnds = ends.filter(({ kind }) => kind === "package");
  return [
    ...allowances,
    ...packageEnds.flatMap((end) => packageEndOf(terms, end, rules) ?? []),
    ...packageEnds.flatMap((packageEnd) =>
      ends
        .filter(({ kind, packageId }) => kind === "grant" && packageId === packageEnd.packageId)
        .flatMap((end) => grantEndOf(figures, terms, lines, { end, packageEnd }, rules) ?? []),
    ),
  ];
}

function allowanceOf(
  figures: Figures,
  terms: Terms,
  line: Line,
  { allowancePercents }: NoticeRules,
  now: string,
): Watched | undefined {
  const { entitlement } = line;
  const { entitlementId, unit, endedAt } = entitlement;
  const isOver = endedAt !== undefined && now >= endedAt;
  const use = useOf(figures, line);
  if (use === undefined || unit === undefined) return undefined;
  if (isOver || !isWithin(now, line.package)) return undefined;
  const { consumed, usable } = use;
  return {
    subject: { type: "allowanceUsed", agreementId: terms.agreementId, subjectId: entitlementId },
    terms,
    packageId: line.package.packageId,
    look: {
      thresholds: allowancePercents,
      // Exactly at the threshold is reached. Nothing of nothing is not used up.
      isReached: (percent) => consumed > 0 && consumed * 100 >= percent * usable,
      tells: "all",
    },
    facts: {
      type: "allowanceUsed",
      ...named(terms, line.package),
      entitlementId,
      entitlementName: entitlement.name,
      consumed,
      purchased: usable,
      unit,
      dataAsOf: figures.lastAt ?? null,
    },
  };
}

/**
 * What may be used now, and what of that is used. Of grants those that are active alone: one that expired unused is of no
 * use to anybody. Overage is for good, so as long as something is left it is that of earlier grants.
 */
function useOf({ slices }: Figures, { entitlement, purchased, consumed, ...balance }: Line) {
  const { remaining, overage = 0, grants } = balance;
  if (purchased == null || consumed === undefined || remaining === undefined) return undefined;
  if (grants.length === 0) return { usable: purchased, consumed };
  const active = grants.filter(({ status }) => status === "active");
  const usable = active.reduce((sum, { granted }) => sum + granted, 0);
  if (remaining > 0) return { usable, consumed: usable - remaining };
  const since = sinceWhen(grants);
  const known = slices.get(entitlementAccount(entitlement.entitlementId)) ?? [];
  const earlier = burn(
    grants.map(({ grant }) => grant),
    known.filter(({ at }) => at < since),
  );
  return { usable, consumed: usable + overage - earlier.overage };
}

/** When the first of the active grants began; where none is active, when the last one ended. */
function sinceWhen(grants: Line["grants"]): string {
  const instants = (wanted: "active" | "expired", border: "startsAt" | "endsAt") =>
    grants
      .filter(({ status }) => status === wanted)
      .map(({ grant }) => windowOfGrant(grant)[border])
      .toSorted(compareText);
  return instants("active", "startsAt")[0] ?? instants("expired", "endsAt").at(-1) ?? "";
}

function packageEndOf(terms: Terms, end: Expiration, { expiryDays }: NoticeRules): Watched | undefined {
  const item = terms.packages.find(({ packageId }) => packageId === end.packageId);
  if (item === undefined) return undefined;
  const { lastDay: endDate, daysLeft } = end;
  return {
    subject: { type: "packageExpiring", agreementId: terms.agreementId, subjectId: item.packageId },
    terms,
    packageId: item.packageId,
    look: {
      thresholds: expiryDays,
      isReached: (days) => daysLeft <= days,
      // Of a package that comes to be known late, only what is left of it now is true.
      tells: "last",
    },
    facts: { type: "packageExpiring", ...named(terms, item), endDate, daysLeft },
  };
}

type GrantEnd = { readonly end: Expiration; readonly packageEnd: Expiration };

/** Nothing is lost with a grant that is used up; and of one that ends with its package the package's own end tells. */
function grantEndOf(
  { lastAt }: Figures,
  terms: Terms,
  lines: readonly Line[],
  { end, packageEnd }: GrantEnd,
  { expiryDays }: NoticeRules,
): Watched | undefined {
  const line = lines.find(
    ({ package: item, entitlement }) =>
      item.packageId === end.packageId && entitlement.entitlementId === end.entitlementId,
  );
  if (line?.entitlement.unit === undefined || end.grantId === null) return undefined;
  const { entitlementId, name: entitlementName, unit } = line.entitlement;
  const { grantId, lastDay: endDate, daysLeft } = end;
  const unused = end.unused.reduce((sum, { quantity }) => sum + quantity, 0);
  const isTold = unused > 0 && endDate < packageEnd.lastDay;
  return {
    // An entitlement's id has no slash.
    subject: {
      type: "grantExpiring",
      agreementId: terms.agreementId,
      subjectId: `${entitlementId}/${grantId}`,
    },
    terms,
    packageId: line.package.packageId,
    look: { thresholds: expiryDays, isReached: (days) => isTold && daysLeft <= days, tells: "last" },
    facts: {
      type: "grantExpiring",
      ...named(terms, line.package),
      entitlementId,
      entitlementName,
      grantId,
      endDate,
      daysLeft,
      unused,
      unit,
      dataAsOf: lastAt ?? null,
    },
  };
}

const named = (terms: Terms, { packageId, name }: TermsPackage) => ({
  agreementId: terms.agreementId,
  agreementNumber: terms.number,
  packageId,
  packageName: name,
});
