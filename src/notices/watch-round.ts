/**
 * What one run of the timer has to look at: agreements whose figures or terms changed since the run before, and every
 * customer once on each of its days, because ends come near without anything changing. Pure but for its stores.
 * Invariants: whatever a run failed at or did not get to is looked at by the next, also after a restart: the mark names it,
 * or stays where it was; a mark is true by itself, so that of two runs at the same time either may keep its own.
 */
import type { Customer } from "../agreements/customer.ts";
import { type AgreementId, agreementIdSchema, type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import type { LedgerId } from "../consumption/entry.ts";
import { dayIn } from "../platform/instant.ts";
import type { Look, WatchMark, WatchStore, ZonedCustomer } from "./watch-store.ts";

/** Clocks differ, and what was written last may be read a little later: so much of the run before is looked at again. */
const OVERLAP_MS = 3 * 60_000;
/** Days begin on a quarter of an hour everywhere. */
const DAY_CHECK_MS = 15 * 60_000;

/** What one mark can name: some 60 KB at the most, as long as ids may be. */
export const MISSED_MAX = 200;

export type WatchRound = {
  /** Each once, by a name for the log. */
  readonly looks: ReadonlyMap<string, Look>;
  /** How far it is when all of these were looked at. */
  readonly next: Omit<WatchMark, "missed">;
};

export async function nextRound(
  store: Pick<WatchStore, "changedSince" | "customers">,
  mark: WatchMark | undefined,
  now: string,
): Promise<WatchRound> {
  const customers = await newDayCustomers(store, mark?.daysUntil, now);
  const next = { changesUntil: now, daysUntil: customers === undefined ? (mark?.daysUntil ?? now) : now };
  // The first run looks at every customer, and so at all that ever changed.
  const changed = mark === undefined ? [] : await store.changedSince(minus(mark.changesUntil, OVERLAP_MS));
  const all = [
    ...(mark?.missed ?? []),
    ...(customers ?? []).map((customerId): Look => ({ customerId })),
    ...[...changed].flatMap(agreementOf),
  ];
  return { looks: new Map(all.map((look) => [nameOf(look), look])), next };
}

const nameOf = ({ customerId, agreementId }: Look): string =>
  agreementId === undefined ? customerId : `${customerId}/${agreementId}`;

/** @returns undefined when more was missed than a mark can name: then the one before has to stay. */
export const markAfter = ({ next }: WatchRound, missed: readonly Look[]): WatchMark | undefined =>
  missed.length > MISSED_MAX ? undefined : { ...next, missed };

/** @returns undefined when it is not yet time to look whose day is a new one. */
async function newDayCustomers(
  store: Pick<WatchStore, "customers">,
  before: string | undefined,
  now: string,
): Promise<CustomerId[] | undefined> {
  if (before !== undefined && quarterOf(before) === quarterOf(now)) return undefined;
  const found: CustomerId[] = [];
  for await (const page of store.customers())
    found.push(...page.filter((each) => isNewDay(each, before, now)).map(({ customerId }) => customerId));
  return found;
}

const isNewDay = ({ timeZone }: ZonedCustomer, before: string | undefined, now: string): boolean =>
  before === undefined || dayIn(before, timeZone) !== dayIn(now, timeZone);

const quarterOf = (instant: string): number => Math.floor(Date.parse(instant) / DAY_CHECK_MS);

const minus = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) - milliseconds).toISOString();

/** A ledger of no agreement has nothing to watch. */
function agreementOf(ledgerId: LedgerId): Look[] {
  const [customerId, agreementId] = ledgerId.split("/");
  if (agreementId === undefined || agreementId === "") return [];
  return [
    { customerId: customerIdSchema.parse(customerId), agreementId: agreementIdSchema.parse(agreementId) },
  ];
}

/** Agreements of the customer that may be in force: a day on either side covers every time zone. */
export function currentAgreements({ agreements }: Customer, now: string): AgreementId[] {
  const day = 86_400_000;
  const yesterday = minus(now, day).slice(0, 10);
  const tomorrow = minus(now, -day).slice(0, 10);
  return Object.entries(agreements)
    .filter(([, { startDate, endDate }]) => startDate <= tomorrow && endDate >= yesterday)
    .map(([id]) => agreementIdSchema.parse(id));
}
