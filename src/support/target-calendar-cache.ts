import { LRUCache } from "lru-cache";
import type { CustomerId } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { CalendarStore } from "./business-calendar-store.ts";
import type { RequestKey, SupportRequest } from "./request.ts";
import type { RequestStore } from "./request-store.ts";
import { currentCalendar } from "./target-calendar.ts";
import type { TargetCalendar } from "./target-check.ts";

/** For so long an instance goes on counting by a calendar that another one changed. */
const CALENDAR_CACHE_SECONDS = 60;
const CALENDARS_MAX = 1_000;

export type Calendars = {
  /** At most `CALENDAR_CACHE_SECONDS` old: mostly without asking the store. */
  readonly current: (customerId: CustomerId) => Promise<TargetCalendar>;
  /** As the store has it now. */
  readonly fresh: (customerId: CustomerId) => Promise<TargetCalendar>;
  /** A request and the current calendar, always by one call to the store. */
  readonly withRequest: (
    key: RequestKey,
  ) => Promise<{ readonly known: Versioned<SupportRequest> | undefined; readonly current: TargetCalendar }>;
  /** Whoever changes a calendar here sees it at once. */
  readonly forget: (customerId: CustomerId) => void;
};

/** Invariant: age counts from before the store is asked, and a read that failed is not kept. */
export function createCalendars(
  store: Pick<CalendarStore, "facts" | "withRequest">,
  requests: Pick<RequestStore, "read">,
): Calendars {
  const kept = new LRUCache<string, Promise<TargetCalendar>>({
    max: CALENDARS_MAX,
    ttl: CALENDAR_CACHE_SECONDS * 1_000,
  });
  const keep = (customerId: CustomerId, reading: Promise<TargetCalendar>): Promise<TargetCalendar> => {
    kept.set(customerId, reading);
    reading.catch(() => {
      if (kept.peek(customerId) === reading) kept.delete(customerId);
    });
    return reading;
  };
  const fresh: Calendars["fresh"] = async (customerId) => currentCalendar(await store.facts(customerId));
  return {
    fresh,
    current: (customerId) => kept.get(customerId) ?? keep(customerId, fresh(customerId)),
    withRequest: async (key) => {
      const current = kept.get(key.customerId);
      if (current !== undefined) {
        const [known, calendar] = await Promise.all([requests.read(key), current]);
        return { known, current: calendar };
      }
      const reading = store.withRequest(key);
      const calendar = keep(
        key.customerId,
        reading.then(({ facts }) => currentCalendar(facts)),
      );
      return { known: (await reading).known, current: await calendar };
    },
    forget: (customerId) => {
      kept.delete(customerId);
    },
  };
}
