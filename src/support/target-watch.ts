/**
 * Notices response targets that were missed, and counts anew when a calendar or the customer's time zone changed (SR-14).
 * Invariants: what was missed is noticed once, whatever is repeated, overlaps or ends in between, because the milestone, the
 * request that knows of it and the messages are one transaction; of an incentive-related request nobody is told.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import type { Customer } from "../agreements/customer.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { CalendarStore } from "./business-calendar-store.ts";
import { type ChangeAccess, changeRequest, type Decided } from "./change-request.ts";
import { type Miss, missMilestone } from "./milestone.ts";
import type { RequestKey, SupportRequest } from "./request.ts";
import { requestIdOf } from "./request.ts";
import { factsOf, requestMessage } from "./request-messages.ts";
import { NEWS_AGE_MAX_MS } from "./status-news.ts";
import { currentCalendar } from "./target-calendar.ts";
import type { Calendars } from "./target-calendar-cache.ts";
import { type TargetCalendar, unnoticedMisses, withNoticed, withTargets } from "./target-check.ts";
import { targetRecipients } from "./target-recipients.ts";

/** Requests of one customer that one run counts anew. The next run goes on. */
const RECOUNTED_MAX = 1_000;
/**
 * After a change of a calendar somebody may for so long, in milliseconds, still write a request that was counted by the one
 * before: whoever keeps it for a minute, in a call that takes four.
 */
export const SETTLE_MS = 600_000;

export type TargetAccess = {
  readonly support: Omit<ChangeAccess, "withTargets"> & {
    readonly calendars: Pick<Calendars, "fresh">;
    readonly calendarStore: Pick<CalendarStore, "read" | "countedBefore" | "settle">;
  };
  readonly customers: Pick<CustomerStore, "read" | "save">;
  readonly directory: Pick<DirectoryStore, "ofPerson" | "roleAssignments">;
};

/** @returns how many targets were noticed as missed; 0 also where somebody else was faster. */
export async function noticeMissed(access: TargetAccess, key: RequestKey, now: string): Promise<number> {
  const calendar = await access.support.calendars.fresh(key.customerId);
  let noticed = 0;
  await changeCounted(access, key, calendar, now, async (known) => {
    const misses = unnoticedMisses(known, calendar, now);
    noticed = misses.length;
    return {
      after: withNoticed(known, misses),
      audit: [],
      writes: misses.map((miss) => ({ document: missMilestone(key, miss, now), etag: undefined })),
      messages: await messagesOf(access, known, misses, now),
    };
  });
  return noticed;
}

/**
 * Counts the requests of a customer by its calendar as it is now, a bounded number of them.
 * @returns how many were counted.
 * @throws AggregateError when some failed, after all had their turn.
 */
export async function recountRequests(
  access: TargetAccess,
  customerId: CustomerId,
  now: string,
): Promise<number> {
  const { calendarStore } = access.support;
  const [setting, customer] = await Promise.all([
    calendarStore.read(customerId),
    access.customers.read(customerId),
  ]);
  const changed = setting?.value.isSettled === false ? setting : undefined;
  const moved = customer?.value.zoneChange === undefined ? undefined : customer;
  if (changed === undefined && moved === undefined) return 0;
  const calendar = currentCalendar({ known: setting?.value, timeZone: customer?.value.timeZone });
  const keys = await calendarStore.countedBefore(customerId, calendar, RECOUNTED_MAX);
  const failures: unknown[] = [];
  for (const key of keys) {
    try {
      await changeCounted(access, key, calendar, now, (known) => ({ after: known, audit: [] }));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} requests of ${customerId}`);
  const isOver = (since: string): boolean =>
    keys.length < RECOUNTED_MAX && Date.parse(now) - Date.parse(since) > SETTLE_MS;
  if (changed !== undefined && isOver(changed.value.changedAt)) await calendarStore.settle(changed);
  if (moved !== undefined) await settleZone(access.customers, moved, now, isOver);
  return keys.length;
}

/** Whoever was faster made another change of the customer: the next run goes on. */
async function settleZone(
  customers: Pick<CustomerStore, "save">,
  { value, etag }: Versioned<Customer>,
  now: string,
  isOver: (since: string) => boolean,
): Promise<void> {
  const { zoneChange, ...customer } = value;
  const seenAt = zoneChange?.seenAt ?? null;
  if (seenAt === null) await customers.save({ ...customer, zoneChange: { seenAt: now } }, etag);
  else if (isOver(seenAt)) await customers.save(customer, etag);
}

/** By exactly this calendar, and only where something comes of it. */
async function changeCounted(
  { support }: TargetAccess,
  key: RequestKey,
  calendar: TargetCalendar,
  now: string,
  decide: (known: SupportRequest) => Promise<NonNullable<Decided>> | NonNullable<Decided>,
): Promise<void> {
  const counted = (request: SupportRequest): SupportRequest => withTargets(request, calendar, now);
  await changeRequest({ ...support, withTargets: async (after) => counted(after) }, key, async (known) => {
    if (known === undefined) return undefined;
    const decided = await decide(known.value);
    return isCountedAs(known.value, counted(decided.after)) ? undefined : decided;
  });
}

const isCountedAs = (one: SupportRequest, other: SupportRequest): boolean =>
  one.nextTargetCheckAt === other.nextTargetCheckAt &&
  JSON.stringify(one.targetMarks) === JSON.stringify(other.targetMarks);

/** What is long over is on the timeline, and no news to anybody. */
async function messagesOf(
  { customers, directory }: TargetAccess,
  request: SupportRequest,
  misses: readonly Miss[],
  now: string,
): Promise<readonly Message[]> {
  const news = misses.filter(({ missedAt }) => Date.parse(now) - Date.parse(missedAt) < NEWS_AGE_MAX_MS);
  if (news.length === 0 || request.isIncentiveRelated) return [];
  const customer = (await customers.read(request.customerId))?.value;
  if (customer === undefined) return [];
  const recipients = await targetRecipients(directory, customer, request, now);
  return news.flatMap(({ target, startsAt, missedAt }) => {
    const content = {
      template: "supportRequestTargetMissed",
      ...factsOf(request),
      requestId: requestIdOf(request),
      customerName: customer.name,
      target,
      missedAt,
      timeZone: customer.timeZone,
    } as const;
    return recipients.flatMap((each) =>
      requestMessage(request, each, content, `${target}\n${startsAt}`, now),
    );
  });
}
