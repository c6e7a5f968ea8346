/**
 * What of an agreement is watched at an instant: every allowance that is in force, and the end of every package that is.
 * Pure. Invariants: an agreement, package or entitlement that is over, or has not begun, is not watched; so what is loaded
 * with old events tells nothing of what has passed. Figures that are still being settled are nobody's.
 */
import { Temporal } from "temporal-polyfill";
import { isWithin, type Terms, type TermsPackage } from "../agreements/terms.ts";
import { type Figures, type Line, linesOf, packagesOf } from "../consumption/figures.ts";
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
  const packages = packagesOf(figures, lines).filter((item) => isWithin(now, item));
  return [...allowances, ...packages.map((item) => expiryOf(terms, item, rules, now))];
}

function allowanceOf(
  { lastAt }: Figures,
  terms: Terms,
  line: Line,
  { allowancePercents }: NoticeRules,
  now: string,
): Watched | undefined {
  const { entitlement, purchased, consumed } = line;
  const { entitlementId, unit, endedAt } = entitlement;
  const isOver = endedAt !== undefined && now >= endedAt;
  if (purchased == null || consumed === undefined || unit === undefined) return undefined;
  if (isOver || !isWithin(now, line.package)) return undefined;
  return {
    subject: { type: "allowanceUsed", agreementId: terms.agreementId, subjectId: entitlementId },
    terms,
    packageId: line.package.packageId,
    look: {
      thresholds: allowancePercents,
      // Exactly at the threshold is reached. Nothing of nothing is not used up.
      isReached: (percent) => consumed > 0 && consumed * 100 >= percent * purchased,
      tells: "all",
    },
    facts: {
      type: "allowanceUsed",
      ...named(terms, line.package),
      entitlementId,
      entitlementName: entitlement.name,
      consumed,
      purchased,
      unit,
      dataAsOf: lastAt ?? null,
    },
  };
}

function expiryOf(terms: Terms, item: TermsPackage, { expiryDays }: NoticeRules, now: string): Watched {
  const today = Temporal.PlainDate.from(dayIn(now, terms.timeZone));
  const daysLeft = today.until(Temporal.PlainDate.from(item.endDate), { largestUnit: "day" }).days;
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
    facts: { type: "packageExpiring", ...named(terms, item), endDate: item.endDate, daysLeft },
  };
}

const named = (terms: Terms, { packageId, name }: TermsPackage) => ({
  agreementId: terms.agreementId,
  agreementNumber: terms.number,
  packageId,
  packageName: name,
});
