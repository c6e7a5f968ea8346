/**
 * What expires soon (CA-09): agreements, packages and grants, with what is left unused of them. Pure.
 * Invariants: the last day is the last on which something could be delivered, in the time zone of the agreement's days,
 * whatever ends it first; exactly so many days left as asked for is still soon; what is over is not listed.
 */
import { compareText, type TermsPackage } from "../agreements/terms.ts";
import { lastDayOf, statusAt, type Window, windowOf } from "../agreements/window.ts";
import { dayIn } from "../platform/instant.ts";
import type { ShownAgreement } from "./activity.ts";
import type { Line } from "./figures.ts";
import { type GrantBalance, windowOfGrant } from "./grants.ts";

const kinds = ["agreement", "package", "grant"] as const;
export const expirationKinds = kinds;

export type Expiration = {
  readonly kind: (typeof kinds)[number];
  readonly agreementId: string;
  readonly packageId: string | null;
  readonly entitlementId: string | null;
  readonly grantId: string | null;
  /** Of the package or entitlement; of an agreement its number. */
  readonly name: string;
  readonly status: "upcoming" | "active";
  readonly lastDay: string;
  /** 0 on the last day. */
  readonly daysLeft: number;
  /** The first instant at which it is over. */
  readonly expiresAt: string;
  readonly unused: readonly Unused[];
};

type Unused = {
  readonly entitlementId: string;
  readonly packageId: string;
  readonly name: string;
  readonly service: Line["entitlement"]["service"];
  readonly unit: NonNullable<Line["entitlement"]["unit"]>;
  /** In `unit`, more than 0. */
  readonly quantity: number;
};

/** Soonest first; of one day agreements, then packages, then grants. */
export function expirationsOf(
  agreements: readonly ShownAgreement[],
  at: string,
  withinDays: number,
): Expiration[] {
  const all = agreements.flatMap((each) => ofAgreement(each, at));
  return all
    .filter(({ daysLeft }) => daysLeft <= withinDays)
    .toSorted((left, right) => compareText(expirationKey(left), expirationKey(right)));
}

/** Different for every one, and in their order. */
export const expirationKey = (each: Expiration): string =>
  [
    each.lastDay,
    kinds.indexOf(each.kind),
    each.agreementId,
    each.packageId,
    each.entitlementId,
    each.grantId,
  ].join("\n");

function ofAgreement({ terms, packages, lines }: ShownAgreement, at: string): Expiration[] {
  const { agreementId, number, timeZone } = terms;
  const dated = (window: Window, what: Omit<Expiration, "status" | "lastDay" | "daysLeft" | "expiresAt">) =>
    whenDated(window, at, timeZone).map((when): Expiration => ({ ...what, ...when }));
  const none = { packageId: null, entitlementId: null, grantId: null };
  const current = lines.filter(({ window }) => at < window.endsAt);
  const unusedIn = (item: TermsPackage): Unused[] =>
    current.filter((line) => line.package.packageId === item.packageId).flatMap(unusedOf);
  return [
    ...dated(terms, {
      ...none,
      kind: "agreement",
      agreementId,
      name: number,
      unused: current.flatMap(unusedOf),
    }),
    ...packages.flatMap((item) => {
      const { packageId, name } = item;
      const unused = unusedIn(item);
      return dated(windowOf(terms, item), { ...none, kind: "package", agreementId, packageId, name, unused });
    }),
    ...current.flatMap((line) =>
      line.grants.flatMap((each) => {
        const { packageId } = line.package;
        const { entitlementId, name } = line.entitlement;
        const window = windowOf(line.window, windowOfGrant(each.grant));
        const ids = { agreementId, packageId, entitlementId, grantId: each.grant.grantId };
        return dated(window, { kind: "grant", ...ids, name, unused: unusedOfGrant(line, each) });
      }),
    ),
  ];
}

/** Empty for what is over, or never was. */
function whenDated(window: Window, at: string, timeZone: string) {
  const status = statusAt(window, at);
  if (status === "inactive") return [];
  const lastDay = lastDayOf(window, timeZone);
  const daysLeft = (Date.parse(lastDay) - Date.parse(dayIn(at, timeZone))) / DAY_MS;
  return [{ status, lastDay, daysLeft, expiresAt: window.endsAt }];
}

/** Of calendar days, which have no time zone any more. */
const DAY_MS = 86_400_000;

const unusedOf = (line: Line): Unused[] => unused(line, line.remaining ?? 0);

/**
 * Of one that has not begun too; of a carry-over before its source ends, as things stand now. What is carried over does not
 * expire.
 */
const unusedOfGrant = (line: Line, each: GrantBalance): Unused[] =>
  unused(line, each.unused - each.carriedOn);

function unused({ package: item, entitlement }: Line, quantity: number): Unused[] {
  const { entitlementId, name, service, unit } = entitlement;
  if (quantity === 0 || unit === undefined) return [];
  return [{ entitlementId, packageId: item.packageId, name, service, unit, quantity }];
}
