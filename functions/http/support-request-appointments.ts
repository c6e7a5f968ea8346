import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { instantText } from "../../src/platform/instant.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import {
  APPOINTMENT_KIND,
  appointmentSchema,
  INVITED_MAX,
  newAppointmentId,
} from "../../src/support/appointment.ts";
import { changeAppointment } from "../../src/support/appointment-booking.ts";
import {
  planBooking,
  planCancellation,
  planMove,
  readAppointment,
} from "../../src/support/appointment-plan.ts";
import { timeZoneSchema } from "../../src/support/business-calendar.ts";
import type { RequestKey } from "../../src/support/request.ts";
import { isAssigned } from "../../src/support/viewer.ts";
import { appointmentIdSchema, appointmentView, appointmentViewSchema } from "./appointment-view.ts";
import { MERGE_PATCH, readCustomer } from "./directory.ts";
import {
  askedRequest,
  doingFor,
  requestParams,
  requestRoute,
  requireAbility,
  seenAs,
  seenRequest,
  senderOf,
} from "./support-request.ts";

const PAGE_ITEMS = 50;

const route = `${requestRoute}/appointments`;
const params = requestParams.extend({ appointmentId: appointmentIdSchema });
const positionSchema = z.object({ at: z.string(), id: z.string() });

const startSchema = instantText.meta({
  description: "The beginning of a slot: see appointmentSlots. In any offset.",
});
const zoneSchema = timeZoneSchema.optional();

export function supportRequestAppointmentEndpoints(app: App) {
  const access = {
    parts: app.support.parts,
    directory: app.directory.directory,
    customers: app.directory.customers,
  };
  const zoneOf = async ({ customerId }: RequestKey, timeZone: string | undefined): Promise<string> =>
    timeZone ?? (await readCustomer(app, customerId)).value.timeZone;

  const listAppointments = defineEndpoint(
    {
      name: "listSupportRequestAppointments",
      method: "GET",
      route,
      tag: "Support requests",
      summary: "List the appointments of a support request, the one booked last first",
      access: { kind: "signedIn" },
      params: requestParams,
      query: z.object(pagingQuery(PAGE_ITEMS)),
      responses: {
        200: { description: "A page of appointments.", schema: listSchema(appointmentViewSchema) },
      },
    },
    async (request) => {
      const { query, url, now } = request;
      const { key } = await seenRequest(app, request);
      const scope = { name: "listSupportRequestAppointments", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const asked = { kinds: [APPOINTMENT_KIND], after: page.after, limit: page.limit + 1 };
      const found = (await app.support.parts.page(key, asked, appointmentSchema)).map((each) => each.value);
      const { value, ...link } = finishPage(scope, page, found, ({ at, id }) => ({ at, id }));
      return { status: 200, body: { value: value.map((each) => appointmentView(each, url)), ...link } };
    },
  );

  const getAppointment = defineEndpoint(
    {
      name: "getSupportRequestAppointment",
      method: "GET",
      route: `${route}/{appointmentId}`,
      tag: "Support requests",
      summary: "Get one appointment of a support request",
      access: { kind: "signedIn" },
      params,
      responses: { 200: { description: "The appointment.", schema: appointmentViewSchema } },
    },
    async (request) => {
      const { key } = await seenRequest(app, request);
      const { value, etag } = await readAppointment(access, key, request.params.appointmentId);
      return { status: 200, etag, body: appointmentView(value, request.url) };
    },
  );

  const bookOne = defineEndpoint(
    {
      name: "bookSupportRequestAppointment",
      method: "POST",
      route,
      tag: "Support requests",
      summary: "Book an appointment with the advocate of a support request",
      description:
        "Offered only if there are appointments for the problem type and an advocate is assigned who has a calendar. A slot that was taken meanwhile is refused with `SlotTaken`, and `innererror.freeSlots` lists what is free instead. A request has one appointment at a time. Who books it, the advocate and the attendees get an invitation by e-mail.",
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        schema: z.strictObject({
          start: startSchema,
          timeZone: zoneSchema.meta({
            description: "In which the customer's people are told the time. Default: the customer's.",
          }),
          attendees: z.array(z.email().max(254).toLowerCase()).max(INVITED_MAX).optional().meta({
            description:
              "Further people: members who may see the request, and its contacts. Default: nobody; where the advocate books, the primary contact.",
          }),
        }),
        example: { start: "2026-11-23T09:30:00+01:00", timeZone: "Europe/Madrid" },
      },
      repeatable: true,
      responses: { 201: { description: "It is booked.", schema: appointmentViewSchema } },
    },
    async (request) => {
      const { body, grant, url } = request;
      const { key, viewer } = askedRequest(request);
      const doing = doingFor(request, key);
      await changeAppointment(app.booking, key, doing.at, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "schedule");
        const { email, name = null } = senderOf(request);
        const { value } = seen.known;
        const language = grant.person?.memberships[key.customerId]?.language ?? value.language;
        return planBooking(access, doing, seen.known, {
          start: body.start,
          timeZone: await zoneOf(key, body.timeZone),
          bookedBy: { email, name, language },
          attendees: body.attendees,
          isByAdvocate: isAssigned(viewer, value),
        });
      });
      // Read again: of two same requests made at once, the other one's may be the one that is kept.
      const { value, etag } = await readAppointment(access, key, newAppointmentId(key, doing));
      return { status: 201, etag, body: appointmentView(value, url) };
    },
  );

  const moveOne = defineEndpoint(
    {
      name: "moveSupportRequestAppointment",
      method: "PATCH",
      route: `${route}/{appointmentId}`,
      tag: "Support requests",
      summary: "Move an appointment of a support request to another slot",
      description:
        "Of the advocate with whom it was booked, whoever works on the request now. If the slot was taken meanwhile, the appointment stays where it is.",
      access: { kind: "signedIn" },
      params,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject({ start: startSchema, timeZone: zoneSchema }),
        example: { start: "2026-11-24T11:00:00+01:00" },
      },
      responses: { 200: { description: "As it is now.", schema: appointmentViewSchema } },
    },
    async (request) => {
      const { body, conditions, url } = request;
      const { appointmentId } = request.params;
      const { key, viewer } = askedRequest(request);
      const doing = doingFor(request, key);
      const { start, timeZone } = body;
      await changeAppointment(app.booking, key, doing.at, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "schedule");
        return planMove(access, doing, seen.known, { appointmentId, conditions, start, timeZone });
      });
      const { value, etag } = await readAppointment(access, key, appointmentId);
      return { status: 200, etag, body: appointmentView(value, url) };
    },
  );

  const cancelOne = defineEndpoint(
    {
      name: "cancelSupportRequestAppointment",
      method: "DELETE",
      route: `${route}/{appointmentId}`,
      tag: "Support requests",
      summary: "Cancel an appointment of a support request",
      description: "The slot is free again, and everybody who was invited is told so.",
      access: { kind: "signedIn" },
      params,
      responses: { 204: { description: "It is cancelled; it stays on the list." } },
    },
    async (request) => {
      const { conditions } = request;
      const { appointmentId } = request.params;
      const { key, viewer } = askedRequest(request);
      const doing = doingFor(request, key);
      await changeAppointment(app.booking, key, doing.at, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "schedule");
        return planCancellation(access, doing, seen.known, { appointmentId, conditions });
      });
      return { status: 204 };
    },
  );

  return [listAppointments, getAppointment, bookOne, moveOne, cancelOne];
}
