import * as z from "zod";
import { defineEndpoint, EVENTS_SEND } from "../../src/access/grant.ts";
import { eventDataSchemas, eventTypes } from "../../src/consumption/event.ts";
import { EVENTS_MAX, ingest, outcomesOf, RECEIPTS_MAX } from "../../src/consumption/ingest.ts";
import type { App } from "../../src/platform/wiring.ts";

/** A little below the gateway's patience and far above a batch of a hundred ordinary events. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

const reason = z.object({ code: z.string(), message: z.string(), target: z.string().optional() });

const ENVELOPE = {
  specversion: z.literal("1.0"),
  id: z.string(),
  source: z.string(),
  time: z.iso.datetime({ offset: true }).optional(),
};

/** What is accepted, written down. Each event is judged by itself, so that a bad one holds up none of its neighbours. */
const { $schema: _, ...accepted } = z.toJSONSchema(
  z.union([
    z.object({
      ...ENVELOPE,
      type: z.enum([eventTypes.agreementActivated, eventTypes.agreementAmended]),
      data: eventDataSchemas.agreementAmended,
    }),
    ...(["deliveryRecorded", "deliveryReversed", "requestUpserted", "requestCommunicated"] as const).map(
      (name) => z.object({ ...ENVELOPE, type: z.literal(eventTypes[name]), data: eventDataSchemas[name] }),
    ),
  ]),
  { io: "input", unrepresentable: "any" },
);
const event = z.unknown().meta({ ...accepted, id: "Event" });

const REQUEST_EVENTS =
  "Support requests are told of by two types. `support.request.upserted.v1` says how a request stands. The newest event decides, by `version` where there is one, then by time, then by id; a member that it leaves out stays as an older event, or the opening, said it, and null takes away what was there. `status` holds from the event's time on and takes its turn with what users state; from then on no event of a lower version changes it. `createdBy`, `primaryContact` and `openedAt` count only for requests that were not opened here. `support.request.communicated.v1` is one e-mail of a request, `inbound` where the customer sent it, with a `body` of at most 48 KB; it may come before its request, and is shown with that. Times are taken to the millisecond, and events within one are in the order of versions, then ids. An event of either type with a time of more than 24 hours ahead is rejected (`timeInFuture`) and can be replayed when that is over.";

const example = {
  specversion: "1.0",
  id: "INC0000047-3",
  source: "/servicedesk",
  type: "support.delivery.recorded.v1",
  time: "2026-03-01T09:15:00Z",
  data: {
    customerId: "cust-a",
    agreementId: "agr-a-base",
    entitlementId: "ent-a-prs",
    service: "problemResolution",
    quantity: 15,
    unit: "minutes",
  },
};

export function eventEndpoints(app: App) {
  const postEvents = defineEndpoint(
    {
      name: "postEvents",
      method: "POST",
      route: "events",
      tag: "Events",
      summary: "Send delivery events",
      description: `One CloudEvent 1.0 or a batch of them. Each has its own outcome: \`accepted\` is in the queue and has a receipt with which to ask what became of it, \`rejected\` is kept with its reason. Sending an event again is harmless.\n\n${REQUEST_EVENTS}`,
      access: { kind: "application", role: EVENTS_SEND },
      repeatable: true,
      body: {
        kind: "json",
        schema: z.union([z.array(event).min(1).max(EVENTS_MAX), z.record(z.string(), z.unknown())]),
        contentTypes: [
          "application/cloudevents-batch+json",
          "application/cloudevents+json",
          "application/json",
        ],
        maxBytes: BODY_BYTES_MAX,
        // One event that is nested too deep must not refuse its neighbours.
        maxDepth: Number.POSITIVE_INFINITY,
        example: [example],
      },
      responses: {
        202: {
          description: "The outcome of each event, in the order of the request.",
          schema: z.object({
            value: z.array(
              z.object({
                index: z.int(),
                id: z.string().optional(),
                source: z.string().optional(),
                status: z.enum(["accepted", "rejected"]),
                receipt: z.string().optional(),
                error: reason.optional(),
              }),
            ),
          }),
        },
      },
    },
    async ({ body, now, traceparent }) => {
      const events = Array.isArray(body) ? body : [body];
      const outcomes = await ingest(app.ingest, events, now.toISOString(), traceparent);
      const value = outcomes.map((outcome, index) => ({
        index,
        ...nameOf(events[index]),
        ...(outcome.status === "accepted"
          ? { status: outcome.status, receipt: outcome.receipt }
          : { status: outcome.status, error: outcome.rejection }),
      }));
      return { status: 202, body: { value } };
    },
  );

  const getOutcomes = defineEndpoint(
    {
      name: "getEventOutcomes",
      method: "POST",
      route: "events/outcomes",
      tag: "Events",
      summary: "Ask what became of accepted events",
      description:
        "`pending` is still in the queue; `repeated` was recorded before this receipt was given; `unknown` is no receipt of this service.",
      access: { kind: "application", role: EVENTS_SEND },
      repeatable: true,
      body: {
        kind: "json",
        schema: z.object({ receipts: z.array(z.string().max(2_048)).min(1).max(RECEIPTS_MAX) }),
        maxBytes: 256 * 1024,
      },
      responses: {
        200: {
          description: "The status of each receipt, in the order of the request.",
          schema: z.object({
            value: z.array(
              z.object({
                receipt: z.string(),
                status: z.enum(["pending", "recorded", "repeated", "rejected", "unknown"]),
                error: reason.optional(),
              }),
            ),
          }),
        },
      },
    },
    async ({ body, now }) => {
      const statuses = await outcomesOf(app.ingest, body.receipts, now);
      const value = statuses.map((each, index) => ({
        receipt: body.receipts[index] ?? "",
        status: each.status,
        ...("rejection" in each ? { error: each.rejection } : {}),
      }));
      return { status: 200, body: { value } };
    },
  );

  return [postEvents, getOutcomes];
}

const named = z.object({
  id: z.string().max(512).optional().catch(undefined),
  source: z.string().max(512).optional().catch(undefined),
});

/** Whatever can be read of an event's name, so that a producer finds it again. */
function nameOf(event: unknown): { readonly id?: string; readonly source?: string } {
  const parsed = named.safeParse(event);
  if (!parsed.success) return {};
  const { id, source } = parsed.data;
  return { ...(id === undefined ? {} : { id }), ...(source === undefined ? {} : { source }) };
}
