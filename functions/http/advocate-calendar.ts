import { defineEndpoint } from "../../src/access/grant.ts";
import { applicationRoleOf } from "../../src/access/permissions.ts";
import { contentTag, requireMatch } from "../../src/platform/conditional.ts";
import { NotFoundError, UnavailableError } from "../../src/platform/errors.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import type { CalendarDocument } from "../../src/support/advocate-calendar.ts";
import {
  calendarEntry,
  calendarSettingsSchema,
  settingsOf,
  withSettings,
} from "../../src/support/advocate-calendar-change.ts";

const ATTEMPTS_MAX = 10;
const RETRY_AFTER_SECONDS = 1;

const ROUTE = "me/advocateCalendar";
const access = { kind: "application", role: applicationRoleOf.advocate ?? "Advocate" } as const;
const settingsSchema = calendarSettingsSchema.meta({ id: "AdvocateCalendar" });

const officeDay = [
  { from: "09:00", to: "13:00" },
  { from: "14:00", to: "17:00" },
];

export function advocateCalendarEndpoints(app: App) {
  const { advocateCalendars } = app.booking;

  const getAdvocateCalendar = defineEndpoint(
    {
      name: "getAdvocateCalendar",
      method: "GET",
      route: ROUTE,
      tag: "Support requests",
      summary: "Get when appointments can be had with the caller, an advocate",
      access,
      responses: { 200: { description: "As it is now.", schema: settingsSchema } },
    },
    async ({ principal }) => {
      const found = await advocateCalendars.read(emailOf(principal));
      if (found === undefined) throw new NotFoundError("the advocate has no calendar");
      return { status: 200, ...answerOf(found.value) };
    },
  );

  const putAdvocateCalendar = defineEndpoint(
    {
      name: "putAdvocateCalendar",
      method: "PUT",
      route: ROUTE,
      tag: "Support requests",
      summary: "Set when appointments can be had with the caller, an advocate",
      description:
        "Working hours are the wall clock's of the time zone, whatever the time of the year. What is booked stays booked.",
      access,
      body: {
        kind: "json",
        schema: settingsSchema,
        example: {
          timeZone: "Europe/Madrid",
          week: {
            monday: officeDay,
            tuesday: officeDay,
            wednesday: officeDay,
            thursday: officeDay,
            friday: [{ from: "09:00", to: "14:00" }],
            saturday: [],
            sunday: [],
          },
          holidays: ["2026-12-25"],
          slotMinutes: 30,
          leadMinutes: 120,
          language: "es",
        },
      },
      responses: { 200: { description: "As it is now.", schema: settingsSchema } },
    },
    async ({ principal, body, conditions, now, repeatKey, requestId }) => {
      const email = emailOf(principal);
      const actor = { subject: principal.subject, email };
      const doing = { actor, at: now.toISOString(), key: `${principal.subject}\n${repeatKey ?? requestId}` };
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const known = await advocateCalendars.read(email);
        const before = known && answerOf(known.value);
        requireMatch(conditions, before?.etag);
        const calendar = withSettings(known?.value, email, body);
        const after = answerOf(calendar);
        if (before?.etag === after.etag) return { status: 200, ...after };
        const entry = calendarEntry({ ...doing, before: known?.value, after: calendar });
        const outcome = await advocateCalendars.change(calendar, known?.etag, entry);
        if (outcome !== "overtaken") return { status: 200, ...after };
      }
      throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster");
    },
  );

  return [getAdvocateCalendar, putAdvocateCalendar];
}

/** @throws NotFoundError for an account without an address, by which requests name their advocate. */
function emailOf({ email }: Principal): string {
  if (email === undefined) throw new NotFoundError("an advocate without an address");
  return email.toLowerCase();
}

/** Its tag is that of what the advocate sets: a booking changes none of it. */
function answerOf(calendar: CalendarDocument) {
  const body = settingsOf(calendar);
  return { body, etag: contentTag(JSON.stringify(body)) };
}
