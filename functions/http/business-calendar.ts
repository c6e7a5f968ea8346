import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { contentTag, requireMatch } from "../../src/platform/conditional.ts";
import { NotFoundError, UnavailableError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import { type BusinessCalendar, businessCalendarSchema } from "../../src/support/business-calendar.ts";
import { changeCalendar, currentCalendar, defaultCalendar } from "../../src/support/target-calendar.ts";

const ATTEMPTS_MAX = 5;
const RETRY_AFTER_SECONDS = 1;

const params = z.object({ customerId: customerIdSchema });
const calendarSchema = businessCalendarSchema.meta({ id: "BusinessCalendar" });

export function businessCalendarEndpoints(app: App) {
  const { calendarStore, calendars } = app.support;

  const getBusinessCalendar = defineEndpoint(
    {
      name: "getBusinessCalendar",
      method: "GET",
      route: "customers/{customerId}/businessCalendar",
      tag: "Support requests",
      summary: "Get the business hours and holidays by which response targets are counted",
      description:
        "Until somebody sets them: Monday to Friday, 09:00 to 17:00 in the customer's time zone, and no holidays.",
      access: { kind: "workspaces", permission: "customers.read" },
      params,
      responses: { 200: { description: "As they are now.", schema: calendarSchema } },
    },
    async ({ params: { customerId } }) => {
      const facts = await calendarStore.facts(customerId);
      if (facts.timeZone === undefined) throw new NotFoundError(`no customer ${customerId}`);
      return { status: 200, ...answerOf(currentCalendar(facts).calendar) };
    },
  );

  const putBusinessCalendar = defineEndpoint(
    {
      name: "putBusinessCalendar",
      method: "PUT",
      route: "customers/{customerId}/businessCalendar",
      tag: "Support requests",
      summary: "Set the business hours and holidays by which response targets are counted",
      description:
        "Open requests are counted by them within some minutes, also for the time before. What was noticed as missed stays so on the timeline.",
      access: { kind: "customer", permission: "workspaces.manage" },
      params,
      body: {
        kind: "json",
        schema: calendarSchema,
        example: { ...defaultCalendar("Europe/Madrid"), holidays: ["2026-12-25"] },
      },
      responses: { 200: { description: "As they are now.", schema: calendarSchema } },
    },
    async (request) => {
      const { customerId } = request.params;
      const after = answerOf(request.body);
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const [facts, known] = await Promise.all([
          calendarStore.facts(customerId),
          calendarStore.read(customerId),
        ]);
        if (facts.timeZone === undefined) throw new NotFoundError(`no customer ${customerId}`);
        const { calendar } = currentCalendar({ ...facts, known: known?.value });
        const before = answerOf(calendar);
        requireMatch(request.conditions, before.etag);
        // Also one that is like the default: from now on it does not follow the customer's time zone.
        if (known !== undefined && before.etag === after.etag) return { status: 200, ...after };
        const change = changeCalendar(doingOf(request, customerId), known, calendar, after.body);
        if (await calendarStore.commit(change)) {
          calendars.forget(customerId);
          return { status: 200, ...after };
        }
      }
      throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster");
    },
  );

  return [getBusinessCalendar, putBusinessCalendar];
}

function answerOf({ timeZone, week, holidays }: BusinessCalendar) {
  const { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = week;
  const body = {
    timeZone,
    week: { monday, tuesday, wednesday, thursday, friday, saturday, sunday },
    holidays: [...new Set(holidays)].toSorted(),
  };
  return { body, etag: contentTag(JSON.stringify(body)) };
}
