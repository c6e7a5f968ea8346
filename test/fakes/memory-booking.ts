import type { Versioned } from "../../src/platform/cosmos.ts";
import { type CalendarDocument, calendarDocumentSchema } from "../../src/support/advocate-calendar.ts";
import type { AdvocateCalendarStore } from "../../src/support/advocate-calendar-store.ts";
import type { PartStore } from "../../src/support/part-store.ts";
import { requestDocumentId, type SupportRequest, supportRequestSchema } from "../../src/support/request.ts";
import { operationsOf, type RequestStore } from "../../src/support/request-store.ts";

/** What arranging an appointment reads and writes. */
export type BookingStores = {
  readonly requests: Pick<RequestStore, "read" | "commit">;
  readonly parts: Pick<PartStore, "read">;
  readonly advocateCalendars: Pick<AdvocateCalendarStore, "read" | "save">;
};

export type MemoryBooking = BookingStores & {
  /** Besides what the product may write. */
  readonly put: (partition: string, document: SupportRequest | CalendarDocument) => void;
};

/** Documents in memory, in partitions, with transactions and tags as the real stores have them. */
export function memoryBooking(): MemoryBooking {
  const kept = new Map<string, Versioned<unknown>>();
  let tags = 0;
  const at = (partition: string, id: string): string => `${partition}/${id}`;
  const put = (partition: string, document: { readonly id: string }): string => {
    const etag = `"${++tags}"`;
    kept.set(at(partition, document.id), { value: structuredClone(document), etag });
    return etag;
  };
  return {
    put,
    requests: {
      read: async ({ customerId, number }) => {
        const found = kept.get(at(customerId, requestDocumentId(number)));
        return found && { value: supportRequestSchema.parse(found.value), etag: found.etag };
      },
      commit: async (change) => {
        const operations = operationsOf(change);
        const refused = operations.find((operation) => {
          const known = kept.get(at(change.customerId, operation.document.id));
          return operation.type === "replace" ? known?.etag !== operation.etag : known !== undefined;
        });
        if (refused !== undefined)
          return { outcome: refused.document.kind === "auditEntry" ? "repeated" : "overtaken" };
        const etags = operations.map(
          ({ document }) => [document.id, put(change.customerId, document)] as const,
        );
        return { outcome: "committed", etags: new Map(etags) };
      },
    },
    parts: {
      read: async (customerId, id, schema) => {
        const found = kept.get(at(customerId, id));
        return found && { value: schema.parse(found.value), etag: found.etag };
      },
    },
    advocateCalendars: {
      read: async (email) => {
        const found = kept.get(at(email, "advocateCalendar"));
        return found && { value: calendarDocumentSchema.parse(found.value), etag: found.etag };
      },
      save: async (calendar, etag) => {
        if (kept.get(at(calendar.email, calendar.id))?.etag !== etag) return false;
        put(calendar.email, calendar);
        return true;
      },
    },
  };
}

/** About each call: told its name, what does it, and what it answers where it is refused. */
export type AroundBooking = <Value>(
  method: string,
  run: () => Promise<Value>,
  refusal: Value | undefined,
) => Promise<Value>;

export function aroundBooking(
  { requests, parts, advocateCalendars }: BookingStores,
  around: AroundBooking,
): BookingStores {
  return {
    requests: {
      read: (key) => around("requests.read", () => requests.read(key), undefined),
      commit: (change) =>
        around("requests.commit", () => requests.commit(change), { outcome: "overtaken" as const }),
    },
    parts: {
      read: (customerId, id, schema) =>
        around("parts.read", () => parts.read(customerId, id, schema), undefined),
    },
    advocateCalendars: {
      read: (email) => around("calendars.read", () => advocateCalendars.read(email), undefined),
      save: (calendar, etag) => around("calendars.save", () => advocateCalendars.save(calendar, etag), false),
    },
  };
}
