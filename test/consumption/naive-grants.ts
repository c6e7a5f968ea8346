/**
 * What is left of grants, by brute force: one unit after the other in order of time, every day looked up on the
 * customer's calendar, and no code of the product. Slow, and simple enough to be believed.
 */
export type NaiveGrant = {
  readonly grantId: string;
  readonly kind?: "initial" | "topUp" | "carryOver" | undefined;
  readonly amount: number;
  readonly startDate: string;
  readonly endDate: string;
  readonly priority: number;
  readonly carriedFrom?: string | undefined;
};

/** `quantity` is what is left of the delivery after everything that takes it back. */
export type NaiveDelivery = { readonly at: string; readonly quantity: number };

export type NaiveBalance = {
  readonly burnt: Readonly<Record<string, number>>;
  readonly granted: Readonly<Record<string, number>>;
  readonly overage: number;
  readonly remaining: number;
  readonly purchased: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day on the customer's wall. */
export function dayOn(instant: string, timeZone: string): string {
  const known = formats.get(timeZone) ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" });
  formats.set(timeZone, known);
  return known.format(new Date(instant));
}

/** @param today the day of the balance, within the package. */
export function naiveBalance(
  grants: readonly NaiveGrant[],
  deliveries: readonly NaiveDelivery[],
  timeZone: string,
  today: string,
): NaiveBalance {
  const burnt: Record<string, number> = {};
  let overage = 0;
  for (const { at, quantity } of deliveries.toSorted((left, right) => (left.at < right.at ? -1 : 1))) {
    const day = dayOn(at, timeZone);
    for (let unit = 0; unit < quantity; unit++) {
      const next = grants
        .filter((grant) => isActive(grant, day) && leftOf(grant, grants, burnt) > 0)
        .reduce<NaiveGrant | undefined>((best, grant) => (isBefore(grant, best) ? grant : best), undefined);
      if (next === undefined) overage += 1;
      else burnt[next.grantId] = (burnt[next.grantId] ?? 0) + 1;
    }
  }
  const total = (of: (grant: NaiveGrant) => number) => grants.reduce((sum, grant) => sum + of(grant), 0);
  return {
    burnt: Object.fromEntries(grants.map(({ grantId }) => [grantId, burnt[grantId] ?? 0])),
    granted: Object.fromEntries(grants.map((grant) => [grant.grantId, grantedOf(grant, grants, burnt)])),
    overage,
    remaining: total((grant) => (isActive(grant, today) ? leftOf(grant, grants, burnt) : 0)),
    purchased: total((grant) => (grant.kind !== "carryOver" && grant.startDate <= today ? grant.amount : 0)),
  };
}

const isActive = ({ startDate, endDate }: NaiveGrant, day: string): boolean =>
  startDate <= day && day <= endDate;

function isBefore(grant: NaiveGrant, other: NaiveGrant | undefined): boolean {
  if (other === undefined) return true;
  if (grant.priority !== other.priority) return grant.priority < other.priority;
  if (grant.endDate !== other.endDate) return grant.endDate < other.endDate;
  if (grant.startDate !== other.startDate) return grant.startDate < other.startDate;
  return grant.grantId < other.grantId;
}

/** A carry-over begins after its source's last day, so all that its source will ever burn has been burnt by then. */
function grantedOf(
  grant: NaiveGrant,
  all: readonly NaiveGrant[],
  burnt: Readonly<Record<string, number>>,
): number {
  const source = all.find(({ grantId }) => grantId === grant.carriedFrom);
  if (source === undefined) return grant.amount;
  const carriedBefore = all
    .filter((other) => other.carriedFrom === grant.carriedFrom && other.endDate > source.endDate)
    .filter(
      (other) =>
        other.startDate < grant.startDate ||
        (other.startDate === grant.startDate && other.grantId < grant.grantId),
    )
    .reduce((sum, other) => sum + grantedOf(other, all, burnt), 0);
  return Math.min(grant.amount, leftOf(source, all, burnt) - carriedBefore);
}

const leftOf = (
  grant: NaiveGrant,
  all: readonly NaiveGrant[],
  burnt: Readonly<Record<string, number>>,
): number => grantedOf(grant, all, burnt) - (burnt[grant.grantId] ?? 0);
