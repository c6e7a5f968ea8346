import * as z from "zod";
import { auditEntry, doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint, EVENTS_SEND, type Grant } from "../../src/access/grant.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import type { RejectedEvent } from "../../src/consumption/rejected-event.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";

/** Rejections older than this many months are no longer listed. */
const MONTHS_LISTED = 13;

const reasonSchema = z.object({ code: z.string(), message: z.string(), target: z.string().optional() });

const rejectedEventSchema = z
  .object({
    id: z.string(),
    status: z.enum(["rejected", "resolved"]),
    reason: reasonSchema,
    event: z.object({
      id: z.string().optional(),
      source: z.string().optional(),
      type: z.string().optional(),
      customerId: z.string().optional(),
    }),
    body: z.string().nullable().meta({
      description:
        "The event as it came. null for staff where it tells of a support request: who may see that is not known yet.",
    }),
    attempts: z.int(),
    rejectedAt: z.iso.datetime(),
    lastAttemptAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "RejectedEvent" });

const positionSchema = z.object({ month: z.string(), rejectedAt: z.string(), id: z.string() });

export function rejectedEventEndpoints(app: App) {
  const listRejectedEvents = defineEndpoint(
    {
      name: "listRejectedEvents",
      method: "GET",
      route: "rejectedEvents",
      tag: "Events",
      summary: "List the events that could not be accepted, newest first",
      description: `Whoever sends events sees all; staff see those of their customers. The last ${MONTHS_LISTED} months.`,
      access: { kind: "anyCustomer", permission: "rejectedEvents.read", orRole: EVENTS_SEND },
      query: z.object({ status: z.enum(["rejected", "resolved"]).optional(), ...pagingQuery(100) }),
      responses: {
        200: { description: "A page of rejected events.", schema: listSchema(rejectedEventSchema) },
      },
    },
    async ({ query, grant, url, now }) => {
      const customerIds = grant.reach === "all" ? undefined : grant.reach;
      const scope = { name: "listRejectedEvents", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const events: RejectedEvent[] = [];
      for (const month of monthsFrom(page.after?.month ?? now.toISOString().slice(0, 7), now)) {
        const limit = page.limit + 1 - events.length;
        if (limit === 0) break;
        const after = page.after?.month === month ? page.after : undefined;
        events.push(
          ...(await app.rejectedEvents.page({ month, after, status: query.status, customerIds, limit })),
        );
      }
      const { value, nextLink } = finishPage(scope, page, events, ({ month, rejectedAt, id }) => ({
        month,
        rejectedAt,
        id,
      }));
      return {
        status: 200,
        body: {
          value: value.map((each) => view(each, grant)),
          ...(nextLink === undefined ? {} : { nextLink }),
        },
      };
    },
  );

  const replayRejectedEvent = defineEndpoint(
    {
      name: "replayRejectedEvent",
      method: "POST",
      route: "rejectedEvents/{rejectedEventId}/replay",
      tag: "Events",
      summary: "Try a rejected event again, after its cause was mended",
      description: "An event that was accepted in the meantime counts once; replaying it again is harmless.",
      access: { kind: "anyCustomer", permission: "rejectedEvents.replay", orRole: EVENTS_SEND },
      repeatable: true,
      params: z.object({ rejectedEventId: z.string().regex(/^\d{4}-\d{2}~[\w-]{22}$/) }),
      responses: {
        200: {
          description: "What became of it.",
          schema: z.object({
            status: z.enum(["recorded", "repeated", "rejected"]),
            error: reasonSchema.optional(),
          }),
        },
      },
    },
    async (request) => {
      const { params, grant, now } = request;
      const [month = "", id = ""] = params.rejectedEventId.split("~");
      const found = (await app.rejectedEvents.find(month, id))?.value;
      if (found === undefined || !isReached(found, grant)) throw new NotFoundError("no such rejected event");
      const customerId = customerIdSchema.safeParse(found.event.customerId);
      if (customerId.success) {
        // Before it is done: a crash in between leaves an entry of what was asked for, and never a replay without one.
        const target = `rejectedEvents/${params.rejectedEventId}`;
        const doing = doingOf(request, customerId.data);
        await app.audit.append(auditEntry(doing, { action: "rejectedEventReplayed", target }));
      }
      const [outcome] = await app.recorder.record([found.body]);
      if (outcome === undefined) throw new Error("a replayed event has no outcome");
      if (outcome.status === "rejected")
        return { status: 200, body: { status: outcome.status, error: outcome.rejection } };
      await app.rejectedEvents.resolve(id, now.toISOString());
      return { status: 200, body: { status: outcome.status } };
    },
  );

  return [listRejectedEvents, replayRejectedEvent];
}

const isReached = ({ event }: RejectedEvent, { reach }: Grant): boolean =>
  reach === "all" || reach.some((customerId) => customerId === event.customerId);

/** An event about a request that was rejected is no request: nobody can be told apart who may see it (SR-02, SR-06). */
const tellsOfRequest = ({ event }: RejectedEvent): boolean =>
  event.type?.startsWith("support.request.") === true;

/** From a month back to the oldest that is listed. */
function monthsFrom(start: string, now: Date): string[] {
  const months = Array.from({ length: MONTHS_LISTED }, (_, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7),
  );
  return months.filter((month) => month <= start);
}

function view(rejected: RejectedEvent, { reach }: Grant) {
  const { id, month, status, reason, event, body, attempts, rejectedAt, lastAttemptAt, resolvedAt } =
    rejected;
  return {
    id: `${month}~${id}`,
    status,
    reason,
    event,
    body: reach !== "all" && tellsOfRequest(rejected) ? null : body,
    attempts,
    rejectedAt,
    lastAttemptAt,
    resolvedAt: resolvedAt ?? null,
  };
}
