/**
 * What an advocate sets of the own calendar. Pure. Invariants: what is booked stays booked, also where it is no working time
 * any more; each change has its entry in the trail of the advocate (AC-09).
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import {
  ADVOCATE_CALENDAR_DOCUMENT_ID,
  type CalendarDocument,
  calendarDocumentSchema,
  LEAD_MINUTES_MAX,
  SLOT_MINUTES_MAX,
  SLOT_MINUTES_MIN,
} from "./advocate-calendar.ts";
import type { CalendarEntry } from "./advocate-calendar-store.ts";
import { businessCalendarSchema } from "./business-calendar.ts";

const SLOT_MINUTES = 30;
const LEAD_MINUTES = 120;

export const calendarSettingsSchema = z.strictObject({
  ...businessCalendarSchema.unwrap().shape,
  slotMinutes: z
    .int()
    .min(SLOT_MINUTES_MIN)
    .max(SLOT_MINUTES_MAX)
    .default(SLOT_MINUTES)
    .meta({ description: "How long an appointment takes." }),
  leadMinutes: z.int().min(0).max(LEAD_MINUTES_MAX).default(LEAD_MINUTES).meta({
    description: "How long before it begins a slot is offered last.",
  }),
  language: languageSchema.default("en").meta({ description: "Of messages about appointments." }),
});
export type CalendarSettings = z.output<typeof calendarSettingsSchema>;

export function settingsOf({
  hours,
  slotMinutes,
  leadMinutes,
  language,
}: CalendarDocument): CalendarSettings {
  const { timeZone, week, holidays } = hours;
  return { timeZone, week, holidays: [...holidays], slotMinutes, leadMinutes, language };
}

/** @param email of the advocate, in lower case. */
export function withSettings(
  known: CalendarDocument | undefined,
  email: string,
  { timeZone, week, holidays, ...rest }: CalendarSettings,
): CalendarDocument {
  return calendarDocumentSchema.parse({
    id: ADVOCATE_CALENDAR_DOCUMENT_ID,
    email,
    kind: "advocateCalendar",
    ...rest,
    hours: { timeZone, week, holidays: [...new Set(holidays)].toSorted() },
    bookings: known?.bookings ?? [],
  });
}

type Change = {
  readonly actor: CalendarEntry["actor"];
  readonly at: string;
  readonly key: string;
  readonly before: CalendarDocument | undefined;
  readonly after: CalendarDocument;
};

export function calendarEntry({ actor, at, key, before, after }: Change): CalendarEntry {
  const action = "advocateCalendarChanged";
  const target = "/me/advocateCalendar";
  const id = createHash("sha256").update([key, action, target].join("\n")).digest("base64url").slice(0, 27);
  return {
    id: `audit~${id}`,
    email: after.email,
    kind: "auditEntry",
    at,
    actor,
    action,
    target,
    ...(before === undefined ? {} : { before: settingsOf(before) }),
    after: settingsOf(after),
  };
}
