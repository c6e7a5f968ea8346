import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { auditEntrySchema } from "../access/audit-entry.ts";
import { type BatchOperation, commitBatch, readItem, saveItem, type Versioned } from "../platform/cosmos.ts";
import {
  ADVOCATE_CALENDAR_DOCUMENT_ID,
  type CalendarDocument,
  calendarDocumentSchema,
} from "./advocate-calendar.ts";

/** An entry of the audit trail of one advocate: it is about no customer. */
const calendarEntrySchema = auditEntrySchema
  .omit({ customerId: true, workspaceId: true, onlyFor: true })
  .extend({ email: z.string() });
export type CalendarEntry = z.infer<typeof calendarEntrySchema>;

/** Calendars of advocates, one document each, in the partition of the address beside the person. */
export type AdvocateCalendarStore = {
  /** One point read. */
  readonly read: (email: string) => Promise<Versioned<CalendarDocument> | undefined>;
  /** Writes only over the version that was read. @returns false when somebody else was faster. */
  readonly save: (calendar: CalendarDocument, etag: string) => Promise<boolean>;
  /** What the advocate sets, with its entry in the trail, in one transaction. @param etag undefined: there is none yet. */
  readonly change: (
    calendar: CalendarDocument,
    etag: string | undefined,
    entry: CalendarEntry,
  ) => Promise<"committed" | "overtaken" | "repeated">;
};

export function cosmosAdvocateCalendarStore(container: Container): AdvocateCalendarStore {
  return {
    read: (email) => readItem(container, ADVOCATE_CALENDAR_DOCUMENT_ID, email, calendarDocumentSchema),
    save: (calendar, etag) => saveItem(container, calendar, calendar.email, etag),
    change: async (calendar, etag, entry) => {
      const written: BatchOperation<CalendarDocument> =
        etag === undefined
          ? { type: "create", document: calendar }
          : { type: "replace", document: calendar, etag };
      // The entry comes first: it tells a repeated request from one that was overtaken.
      const result = await commitBatch<CalendarDocument | CalendarEntry>(container, calendar.email, [
        { type: "create", document: entry },
        written,
      ]);
      if (result.outcome === "committed") return "committed";
      return result.index === 0 ? "repeated" : "overtaken";
    },
  };
}
