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
  /** When a newer event left it out. */
  readonly endedAt?: string | undefined;
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

/** What a newer event leaves out is ended at that event's time. */
export function naiveGrants(
  versions: readonly { readonly time: string; readonly grants: readonly NaiveGrant[] }[],
): NaiveGrant[] {
  const newest = versions.at(-1)?.grants ?? [];
  const older = new Map(versions.flatMap(({ grants }) => grants.map((grant) => [grant.grantId, grant])));
  return [...older.values()].map((grant) => {
    const current = newest.find(({ grantId }) => grantId === grant.grantId);
    if (current !== undefined) return current;
    const last = versions.findLastIndex(({ grants }) => grants.includes(grant));
    return { ...grant, endedAt: versions[last + 1]?.time };
  });
}

/** @param at the instant of the balance, within the package. */
export function naiveBalance(
  all: readonly NaiveGrant[],
  deliveries: readonly NaiveDelivery[],
  timeZone: string,
  at: string,
): NaiveBalance {
  const burnt: Record<string, number> = {};
  let overage = 0;
  const grants = all.map((grant): Known => {
    const ended = grant.endedAt === undefined ? undefined : wallOn(grant.endedAt, timeZone);
    const first = `${grant.startDate} 00:00:00.000`;
    const last = `${grant.endDate} 23:59:59.999`;
    const end = ended !== undefined && ended <= last ? ended : `${last}+`;
    return { ...grant, first, end, isVoid: end <= first };
  });
  for (const delivery of deliveries.toSorted((left, right) => (left.at < right.at ? -1 : 1))) {
    const { quantity } = delivery;
    const moment = { at: delivery.at, wall: wallOn(delivery.at, timeZone) };
    for (let unit = 0; unit < quantity; unit++) {
      const next = grants
        .filter((grant) => isActive(grant, moment) && leftOf(grant, grants, burnt) > 0)
        .reduce<Known | undefined>((best, grant) => (isBefore(grant, best) ? grant : best), undefined);
      if (next === undefined) overage += 1;
      else burnt[next.grantId] = (burnt[next.grantId] ?? 0) + 1;
    }
  }
  const moment = { at, wall: wallOn(at, timeZone) };
  const total = (of: (grant: Known) => number) => grants.reduce((sum, grant) => sum + of(grant), 0);
  return {
    burnt: Object.fromEntries(grants.map(({ grantId }) => [grantId, burnt[grantId] ?? 0])),
    granted: Object.fromEntries(grants.map((grant) => [grant.grantId, grantedOf(grant, grants, burnt)])),
    overage,
    remaining: total((grant) => (isActive(grant, moment) ? leftOf(grant, grants, burnt) : 0)),
    purchased: total((grant) =>
      grant.kind !== "carryOver" && !grant.isVoid && grant.first <= moment.wall ? grant.amount : 0,
    ),
  };
}

/** With what the customer's wall clock shows when it begins, and when it no longer applies. */
type Known = NaiveGrant & { readonly first: string; readonly end: string; readonly isVoid: boolean };

/** The day and the time of day on the customer's wall. */
function wallOn(instant: string, timeZone: string): string {
  const day = dayOn(instant, timeZone);
  const time = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  }).format(new Date(instant));
  return `${day} ${time.replace(",", ".")}`;
}

type Moment = { readonly at: string; readonly wall: string };

/** An hour that the clock shows twice is told apart by the instant. */
const isActive = ({ first, endDate, endedAt }: Known, { at, wall }: Moment): boolean =>
  first <= wall && wall <= `${endDate} 23:59:59.999` && (endedAt === undefined || at < endedAt);

function isBefore(grant: Known, other: Known | undefined): boolean {
  if (other === undefined) return true;
  if (grant.priority !== other.priority) return grant.priority < other.priority;
  if (grant.end !== other.end) return grant.end < other.end;
  if (grant.startDate !== other.startDate) return grant.startDate < other.startDate;
  return grant.grantId < other.grantId;
}

/** A carry-over begins after its source's last day, so all that its source will ever burn has been burnt by then. */
function grantedOf(grant: Known, all: readonly Known[], burnt: Readonly<Record<string, number>>): number {
  const source = all.find(({ grantId }) => grantId === grant.carriedFrom);
  if (grant.isVoid) return 0;
  if (source === undefined) return grant.amount;
  const carriedBefore = all
    .filter((other) => other.carriedFrom === grant.carriedFrom)
    .filter(
      (other) =>
        other.startDate < grant.startDate ||
        (other.startDate === grant.startDate && other.grantId < grant.grantId),
    )
    .reduce((sum, other) => sum + grantedOf(other, all, burnt), 0);
  return Math.min(grant.amount, leftOf(source, all, burnt) - carriedBefore);
}

const leftOf = (grant: Known, all: readonly Known[], burnt: Readonly<Record<string, number>>): number =>
  grantedOf(grant, all, burnt) - (burnt[grant.grantId] ?? 0);
