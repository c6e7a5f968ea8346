/**
 * What of an agreement is watched at an instant: every allowance that is in force, and the end of every package that is.
 * Pure. Invariants: an agreement, package or entitlement that is over, or has not begun, is not watched; so what is loaded
 * with old events tells nothing of what has passed. Figures that are still being settled are nobody's.
 */
import { Temporal } from "temporal-polyfill";
import { compareText, isWithin, type Terms, type TermsPackage } from "../agreements/terms.ts";
import { windowOf } from "../agreements/window.ts";
import { entitlementAccount } from "../consumption/entry.ts";
import { type Figures, type Line, linesOf, packagesOf } from "../consumption/figures.ts";
import { burn, windowOfGrant } from "../consumption/grants.ts";
import { dayIn } from "../platform/instant.ts";
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
  const packages = packagesOf(figures, lines).filter((item) => isWithin(now, windowOf(terms, item)));
  return [...allowances, ...packages.map((item) => expiryOf(terms, item, rules, now))];
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

/** A package ends with its agreement at the latest: its last day is the last on which something could be delivered. */
function expiryOf(terms: Terms, item: TermsPackage, { expiryDays }: NoticeRules, now: string): Watched {
  const today = Temporal.PlainDate.from(dayIn(now, terms.timeZone));
  const { endsAt } = windowOf(terms, item);
  const endDate = dayIn(new Date(Date.parse(endsAt) - 1).toISOString(), terms.timeZone);
  const daysLeft = today.until(Temporal.PlainDate.from(endDate), { largestUnit: "day" }).days;
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

const named = (terms: Terms, { packageId, name }: TermsPackage) => ({
  agreementId: terms.agreementId,
  agreementNumber: terms.number,
  packageId,
  packageName: name,
});
