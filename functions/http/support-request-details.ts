import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import { listSchema } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { notOfferedSchema, whyNotOffered } from "../../src/support/appointment.ts";
import { changeRequest } from "../../src/support/change-request.ts";
import { changeStatus } from "../../src/support/change-status.ts";
import { plainText } from "../../src/support/plain-text.ts";
import { problemTypes } from "../../src/support/problem-types.ts";
import { contactSchema, requestIdOf, type SupportRequest } from "../../src/support/request.ts";
import { senderName } from "../../src/support/request-messages.ts";
import { requestStatusSchema } from "../../src/support/request-status.ts";
import { requestLink, summaryView, summaryViewSchema } from "../../src/support/request-view.ts";
import { statusNews } from "../../src/support/status-news.ts";
import { targetsView, targetsViewSchema } from "../../src/support/target-view.ts";
import { type Ability, abilitiesOf, type Viewer } from "../../src/support/viewer.ts";
import { MERGE_PATCH } from "./directory.ts";
import {
  askedRequest,
  requestParams,
  requestRoute,
  requireAbility,
  seenAs,
  seenRequest,
  senderOf,
} from "./support-request.ts";

const REASON_LENGTH_MAX = 1_000;

export const detailsSchema = summaryViewSchema
  .extend({
    description: z.string(),
    contacts: z.array(contactSchema).meta({ description: "Whom the advocate writes to besides." }),
    appointment: z
      .object({
        isOffered: z.boolean(),
        reason: notOfferedSchema.optional().meta({ description: "Why none is offered." }),
        booked: z
          .object({ appointmentId: z.string(), start: z.iso.datetime(), end: z.iso.datetime() })
          .nullable()
          .meta({ description: "The one booked last, unless it was cancelled; it may be over." }),
      })
      .meta({
        description: "Whether the advocate has a calendar is seen when appointmentSlots are asked for.",
      }),
    allowed: z.array(z.string()).meta({ description: "What the caller may do with it." }),
    links: z.record(z.string(), z.url()),
  })
  .meta({ id: "SupportRequest" });

const withTargetsSchema = detailsSchema
  .extend({ targets: targetsViewSchema })
  .meta({ id: "SupportRequestDetails" });

export function detailsView(request: SupportRequest, viewer: Viewer, url: URL) {
  const requestId = requestIdOf(request);
  return {
    ...summaryView(request, url),
    description: request.description,
    contacts: request.contacts.map(({ name, email }) => ({ name, email })),
    appointment: offerOf(request),
    allowed: [...abilitiesOf(viewer, request)].filter((each) => isPossible(each, request)).toSorted(),
    links: Object.fromEntries(
      ["notes", "attachments", "communications", "activity", "contacts", "shares", "appointments"].map(
        (part) => [part, requestLink(url, requestId, part)] as const,
      ),
    ),
  };
}

/** SR-06: what only its creator may see is neither shared nor talked about with an advocate. */
const isPossible = (ability: Ability, { isIncentiveRelated }: SupportRequest): boolean =>
  !isIncentiveRelated || (ability !== "share" && ability !== "schedule");

function offerOf(request: SupportRequest) {
  const reason = whyNotOffered(request);
  return {
    isOffered: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
    booked: request.appointment,
  };
}

export function supportRequestDetailEndpoints(app: App) {
  const listProblemTypes = defineEndpoint(
    {
      name: "listSupportRequestProblemTypes",
      method: "GET",
      route: "supportRequestProblemTypes",
      tag: "Support requests",
      summary: "List what a support request can be about",
      access: { kind: "signedIn" },
      responses: {
        200: {
          description: "All of them.",
          schema: listSchema(
            z
              .object({
                problemTypeId: z.string(),
                names: z.record(languageSchema, z.string()),
                offersAppointments: z.boolean(),
              })
              .meta({ id: "ProblemType" }),
          ),
        },
      },
    },
    async () => ({ status: 200, body: { value: problemTypes } }),
  );

  const getSupportRequest = defineEndpoint(
    {
      name: "getSupportRequest",
      method: "GET",
      route: requestRoute,
      tag: "Support requests",
      summary: "Get a support request",
      access: { kind: "signedIn" },
      params: requestParams,
      responses: {
        200: {
          description: "The request, and when the provider has to answer it.",
          schema: withTargetsSchema,
        },
      },
    },
    async (request) => {
      const { key, viewer } = askedRequest(request);
      const { known: found, current } = await app.support.calendars.withRequest(key);
      const { known } = seenAs(key, viewer, found);
      const targets = targetsView(known.value, current.calendar, request.now.toISOString());
      const body = { ...detailsView(known.value, viewer, request.url), targets };
      return { status: 200, etag: known.etag, isAlwaysWhole: true, body };
    },
  );

  const updateSupportRequest = defineEndpoint(
    {
      name: "updateSupportRequest",
      method: "PATCH",
      route: requestRoute,
      tag: "Support requests",
      summary: "Close a support request, reopen it with a reason, or say whose turn it is",
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        contentTypes: MERGE_PATCH,
        schema: z.strictObject({
          status: requestStatusSchema,
          reason: plainText(REASON_LENGTH_MAX)
            .optional()
            .meta({ description: "Why a closed request is reopened; needed then." }),
        }),
        example: { status: "closed" },
      },
      responses: { 200: { description: "As it is now.", schema: detailsSchema } },
    },
    async (request) => {
      const { key, viewer } = await seenRequest(app, request);
      const doing = doingOf(request, key.customerId);
      const { value, etag } = await changeRequest(app.support, key, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "changeStatus");
        requireMatch(request.conditions, seen.known.etag);
        const decided = changeStatus(doing, seen.known, request.body);
        if (decided === undefined) return undefined;
        const change = { before: seen.known.value, after: decided.after, now: doing.at };
        const by = senderName(senderOf(request));
        return { ...decided, messages: await statusNews(app.directory.directory, change, by) };
      });
      return { status: 200, etag, body: detailsView(value, viewer, request.url) };
    },
  );

  return [listProblemTypes, getSupportRequest, updateSupportRequest];
}
