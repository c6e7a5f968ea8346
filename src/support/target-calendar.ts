/**
 * The business calendar of a customer, by which its response targets are counted: one that somebody set, or the default.
 * Pure. Invariant: each change has the next revision, so what was counted by another calendar is known.
 */
import * as z from "zod";
import { type AuditEntry, auditEntry, type Doing } from "../access/audit-entry.ts";
import { customerIdSchema } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { type BusinessCalendar, businessCalendarSchema } from "./business-calendar.ts";
import type { TargetCalendar } from "./target-check.ts";

export const CALENDAR_DOCUMENT_ID = "businessCalendar";

export const customerCalendarSchema = z.object({
  id: z.literal(CALENDAR_DOCUMENT_ID),
  customerId: customerIdSchema,
  kind: z.literal("businessCalendar"),
  revision: z.int().min(1),
  changedAt: z.string(),
  /** Whether every request is counted by it: see `target-watch.ts`. */
  isSettled: z.boolean(),
  calendar: businessCalendarSchema,
});
export type CustomerCalendar = z.infer<typeof customerCalendarSchema>;

/** What the store knows of a customer's calendar. */
export type CalendarFacts = {
  readonly known: CustomerCalendar | undefined;
  /** The customer's; undefined: there is no such customer. */
  readonly timeZone: string | undefined;
};

const OFFICE_DAY = [{ from: "09:00", to: "17:00" }];

/** Monday to Friday, 09:00 to 17:00, no holidays. */
export const defaultCalendar = (timeZone: string): BusinessCalendar => ({
  timeZone,
  week: {
    monday: OFFICE_DAY,
    tuesday: OFFICE_DAY,
    wednesday: OFFICE_DAY,
    thursday: OFFICE_DAY,
    friday: OFFICE_DAY,
    saturday: [],
    sunday: [],
  },
  holidays: [],
});

export const currentCalendar = ({ known, timeZone = "UTC" }: CalendarFacts): TargetCalendar =>
  known === undefined
    ? { calendar: defaultCalendar(timeZone), revision: 0 }
    : { calendar: known.calendar, revision: known.revision };

export type CalendarChange = {
  readonly document: CustomerCalendar;
  readonly etag: string | undefined;
  readonly audit: AuditEntry;
};

/** @param before as it was for whoever looked, which may be the default. */
export function changeCalendar(
  doing: Doing,
  known: Versioned<CustomerCalendar> | undefined,
  before: BusinessCalendar,
  after: BusinessCalendar,
): CalendarChange {
  const { customerId, at } = doing;
  return {
    document: {
      id: CALENDAR_DOCUMENT_ID,
      customerId,
      kind: "businessCalendar",
      revision: (known?.value.revision ?? 0) + 1,
      changedAt: at,
      isSettled: false,
      calendar: after,
    },
    etag: known?.etag,
    audit: auditEntry(doing, {
      action: "businessCalendarChanged",
      target: `/customers/${customerId}/businessCalendar`,
      before,
      after,
    }),
  };
}
