import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { InvalidRequestError } from "../../src/platform/errors.ts";
import { instantText } from "../../src/platform/instant.ts";
import type { App } from "../../src/platform/wiring.ts";
import { openAppointment, requireOffered } from "../../src/support/appointment.ts";
import { slotsWith } from "../../src/support/appointment-booking.ts";
import { appointmentContent } from "../../src/support/appointment-messages.ts";
import { findAppointment, readAppointment } from "../../src/support/appointment-plan.ts";
import { inZone } from "../../src/support/appointment-slots.ts";
import { daysAfter, timeZoneSchema } from "../../src/support/business-calendar.ts";
import { contentDisposition } from "../../src/support/file-name.ts";
import {
  contactSchema,
  type RequestKey,
  requestIdOf,
  type SupportRequest,
} from "../../src/support/request.ts";
import { appointmentIdSchema, localTime } from "./appointment-view.ts";
import { readCustomer } from "./directory.ts";
import { requestParams, requestRoute, requireAbility, seenRequest } from "./support-request.ts";

const DAYS = 7;
const DAYS_MAX = 31;
const DAY_MS = 86_400_000;
/** More than there are in so many days, of the shortest kind and round the clock. */
const SLOTS_MAX = 3_000;

const slotsSchema = z
  .object({
    advocate: contactSchema,
    slotMinutes: z.int(),
    timeZone: z.string(),
    value: z.array(
      z.object({
        start: z.iso.datetime(),
        end: z.iso.datetime(),
        localStart: localTime,
        localEnd: localTime,
      }),
    ),
  })
  .meta({ id: "AppointmentSlots" });

export function appointmentSlotEndpoints(app: App) {
  /** While there is an appointment, that of the advocate with whom it was booked: it can be moved there. */
  async function advocateOf(key: RequestKey, request: SupportRequest, now: string) {
    const open = openAppointment(request, now);
    const booked = open === null ? undefined : await findAppointment(app.support, key, open.appointmentId);
    if (booked === undefined) return requireOffered(request);
    const { email, name } = booked.value.advocate;
    return { email, name };
  }

  const listSlots = defineEndpoint(
    {
      name: "listSupportRequestAppointmentSlots",
      method: "GET",
      route: `${requestRoute}/appointmentSlots`,
      tag: "Support requests",
      summary: "List when an appointment with the advocate of a support request can be had",
      description:
        "409 `AppointmentsNotOffered`, `NoAdvocate`, `RequestClosed` or `NoCalendar` says why none can. While one is booked: where it can be moved to.",
      access: { kind: "signedIn" },
      params: requestParams,
      query: z.object({
        from: instantText.optional().meta({ description: "Default: now." }),
        to: instantText.optional().meta({
          description: `Slots that begin before it. Default: ${DAYS} days after \`from\`; at most ${DAYS_MAX}.`,
        }),
        timeZone: timeZoneSchema.optional().meta({ description: "Default: the customer's." }),
      }),
      responses: { 200: { description: "All of them in this time, the next first.", schema: slotsSchema } },
    },
    async (request) => {
      const { query } = request;
      const seen = await seenRequest(app, request);
      requireAbility(seen, "schedule");
      const now = request.now.toISOString();
      const from = query.from ?? now;
      const to = query.to ?? daysAfter(from, DAYS);
      requireRange(from, to);
      const advocate = await advocateOf(seen.key, seen.known.value, now);
      const asked = { from, to, now, limit: SLOTS_MAX };
      const [{ slotMinutes, slots }, customer] = await Promise.all([
        slotsWith(app.booking, advocate.email, seen.known.value, asked),
        query.timeZone === undefined ? readCustomer(app, seen.key.customerId) : undefined,
      ]);
      const timeZone = query.timeZone ?? customer?.value.timeZone ?? "UTC";
      const value = slots.map(({ start, end }) => ({
        start,
        end,
        localStart: inZone(start, timeZone).local,
        localEnd: inZone(end, timeZone).local,
      }));
      return { status: 200, body: { advocate, slotMinutes, timeZone, value } };
    },
  );

  const getInvitation = defineEndpoint(
    {
      name: "getSupportRequestAppointmentInvitation",
      method: "GET",
      route: `${requestRoute}/appointments/{appointmentId}/invitation`,
      tag: "Support requests",
      summary: "Get the invitation to an appointment, for calendars",
      description: "Of a cancelled one, what takes it out of them. In the caller's language.",
      access: { kind: "signedIn" },
      params: requestParams.extend({ appointmentId: appointmentIdSchema }),
      responses: {
        200: { description: "An iCalendar file (RFC 5545), to be saved.", contentTypes: ["text/calendar"] },
      },
    },
    async (request) => {
      const { params, grant } = request;
      const { key, known } = await seenRequest(app, request);
      const { value: appointment } = await readAppointment(app.support, key, params.appointmentId);
      const content = appointmentContent(known.value, appointment, {
        change: appointment.status,
        timeZone: appointment.timeZone,
        requestId: requestIdOf(key),
      });
      const language = grant.person?.memberships[key.customerId]?.language ?? known.value.language;
      const { name, contentType, content: file } = await invitationIn(key.customerId, language, content);
      return {
        status: 200,
        headers: { "content-disposition": contentDisposition(name), "x-content-type-options": "nosniff" },
        contentType,
        body: new TextEncoder().encode(file),
      };
    },
  );

  // Loaded when somebody asks for one: most instances never write any.
  async function invitationIn(
    customerId: SupportRequest["customerId"],
    language: SupportRequest["language"],
    content: ReturnType<typeof appointmentContent>,
  ) {
    const [{ renderMessage }, { appointmentInvitation }] = await Promise.all([
      import("../../src/messages/render-message.ts"),
      import("../../src/support/appointment-invitation.ts"),
    ]);
    const { event } = renderMessage({ customerId, to: { email: "" }, language, content }, app.delivery.links);
    if (event === undefined) throw new Error("the letter of an appointment has no event");
    return appointmentInvitation(content, event);
  }

  return [listSlots, getInvitation];
}

/** @throws InvalidRequestError */
function requireRange(from: string, to: string): void {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  if (days > 0 && days <= DAYS_MAX) return;
  throw new InvalidRequestError("InvalidRange", `to: must be after from, by at most ${DAYS_MAX} days.`, {
    target: "to",
  });
}
