/**
 * Events of the support desk become requests and their e-mail.
 * Invariants: an event, what it changes and what is told of it are one transaction, so that each counts once whatever fails or
 * is repeated; an e-mail that comes before its request waits in the request's place, seen by nobody.
 */
import type { LRUCache } from "lru-cache";
import type { DirectoryAccess } from "../access/apply-change.ts";
import { type AuditEntry, auditEntry, type Doing } from "../access/audit-entry.ts";
import type { Customer } from "../agreements/customer.ts";
import type { WorkspaceId } from "../agreements/ids.ts";
import { canonicalJson, contentHashOf, entryIdOf } from "../consumption/entry.ts";
import type { CommunicatedEvent, RequestEvent, UpsertedEvent } from "../consumption/event.ts";
import {
  ATTEMPTS_MAX,
  ContentionError,
  conflictingContent,
  type Outcome,
  recorded,
  rejectedOutcome,
  repeated,
} from "../consumption/outcome.ts";
import type { RequestRecorder } from "../consumption/request-recorder.ts";
import { boundedCache } from "../platform/bounded-cache.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { type AwaitedRequest, awaitedRequest } from "./awaited-request.ts";
import { type ChangeAccess, changeRequest, type Decided } from "./change-request.ts";
import { communicationOf } from "./communication.ts";
import { ensureAdvocate } from "./desk-advocate.ts";
import { requestAudit } from "./open-request.ts";
import { type RequestKey, requestIdOf, type SupportRequest } from "./request.ts";
import { factOf, tooEarly } from "./request-event.ts";
import type { RequestEventStore } from "./request-event-store.ts";
import type { RequestPart } from "./request-part.ts";
import { withResponse } from "./request-responses.ts";
import type { RequestChange, RequestStore } from "./request-store.ts";
import { statusNews } from "./status-news.ts";
import { withUpserted } from "./upserted-request.ts";

export type RequestRecording = ChangeAccess & {
  readonly requests: Pick<RequestStore, "read" | "readPlace" | "commit">;
  readonly events: Pick<RequestEventStore, "read">;
  readonly directory: DirectoryAccess;
  readonly now: () => string;
};

/** Advocates that one instance remembers to have seen to. */
const ADVOCATES_MAX = 1_000;

export function createRequestRecorder(access: RequestRecording): RequestRecorder {
  const seenTo = boundedCache<string, true>(ADVOCATES_MAX);
  return {
    record: async (event, customer) => {
      const known = (await knownOutcome(access, event)) ?? refusedFor(access, event);
      if (event.kind === "requestCommunicated") return known ?? recordCommunicated(access, event);
      if (known?.status === "rejected") return known;
      const { outcome, request } =
        known === undefined ? await recordUpserted(access, event, customer) : { outcome: known };
      // A repeat may be the redelivery of one after which this was not done.
      if (outcome.status !== "rejected") await seeToAdvocate(access, seenTo, event, customer, request);
      return outcome;
    },
  };
}

/** @returns undefined for an event that was not recorded yet. */
async function knownOutcome({ events }: RequestRecording, event: RequestEvent): Promise<Outcome | undefined> {
  const fact = await events.read(event.data.customerId, entryIdOf(event));
  if (fact === undefined) return undefined;
  return fact.value.hash === contentHashOf(event) ? repeated : rejectedOutcome(conflictingContent);
}

/** What waits with its time is replayed when that has come. */
function refusedFor({ now }: RequestRecording, event: RequestEvent): Outcome | undefined {
  const rejection = tooEarly(event, now());
  return rejection === undefined ? undefined : rejectedOutcome(rejection);
}

type Recorded = { readonly outcome: Outcome; readonly request?: SupportRequest };

async function recordUpserted(
  access: RequestRecording,
  event: UpsertedEvent,
  { language }: Customer,
): Promise<Recorded> {
  const key = keyOf(event);
  return changeOnce(access, event, async (known) => {
    const place = known ?? (await access.requests.readPlace(key));
    const now = access.now();
    const before = known?.value;
    const after = withUpserted(place?.value, event, language);
    return {
      after,
      placeEtag: place?.etag,
      writes: [created(factOf(event, now))],
      audit: auditOf(doingOf(event, now), before, after),
      messages: await statusNews(access.directory.directory, { before, after, now }),
    };
  });
}

/** Changes the request by the event, unless somebody else recorded that meanwhile. */
async function changeOnce(
  access: RequestRecording,
  event: RequestEvent,
  decide: (known: Versioned<SupportRequest> | undefined) => Promise<Decided> | Decided,
): Promise<Recorded> {
  const state: { attempts: number; outcome?: Outcome | undefined } = { attempts: 0 };
  try {
    const { value } = await changeRequest(access, keyOf(event), async (known) => {
      if (state.attempts++ > 0) state.outcome = await knownOutcome(access, event);
      return state.outcome === undefined ? decide(known) : undefined;
    });
    return { outcome: state.outcome ?? recorded, request: value };
  } catch (error) {
    // It was recorded of another request, so there may be none of this number.
    if (state.outcome === undefined) throw error;
    return { outcome: state.outcome };
  }
}

async function recordCommunicated(access: RequestRecording, event: CommunicatedEvent): Promise<Outcome> {
  const { customerId, direction } = event.data;
  const key = keyOf(event);
  const parts = [created(factOf(event, access.now())), created(communicationOf(event))];
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const known = attempt === 0 ? undefined : await knownOutcome(access, event);
    if (known !== undefined) return known;
    // What the customer wrote changes nothing of the request itself, so that it need not be there.
    const place = direction === "inbound" ? undefined : await access.requests.readPlace(key);
    if (place?.value.kind === "supportRequest")
      return (await changeOnce(access, event, (request) => answered(request, event, parts))).outcome;
    const awaited = { document: withAnswer(place?.value ?? awaitedRequest(key), event), etag: place?.etag };
    const writes = direction === "inbound" ? parts : [awaited, ...parts];
    const { outcome } = await access.requests.commit({ customerId, writes, audit: [] });
    if (outcome === "committed") return recorded;
  }
  throw new ContentionError(requestIdOf(key));
}

function answered(
  request: Versioned<SupportRequest> | undefined,
  event: CommunicatedEvent,
  writes: RequestChange["writes"],
): Decided {
  if (request === undefined) return undefined;
  const { changedAt } = request.value;
  const isLater = event.sentAt > changedAt;
  const after = { ...withAnswer(request.value, event), changedAt: isLater ? event.sentAt : changedAt };
  return { after, writes, audit: [] };
}

const withAnswer = <Place extends AwaitedRequest | SupportRequest>(
  place: Place,
  { sentAt }: CommunicatedEvent,
): Place => ({
  ...place,
  responses: withResponse(place.responses, sentAt),
  revision: place.revision + 1,
});

/** Whoever is the advocate now, whichever event said so, of a request that others than its creator know of. */
async function seeToAdvocate(
  access: RequestRecording,
  seenTo: LRUCache<string, true>,
  event: UpsertedEvent,
  customer: Customer,
  changed: SupportRequest | undefined,
): Promise<void> {
  const request = changed ?? (await access.requests.read(keyOf(event)))?.value;
  if (request === undefined || request.isIncentiveRelated || request.advocate === null) return;
  const name = `${customer.customerId}\n${request.advocate.email}`;
  if (seenTo.has(name)) return;
  await ensureAdvocate(access.directory, doingOf(event, access.now()), customer, request.advocate);
  seenTo.set(name, true);
}

const keyOf = ({ data }: RequestEvent): RequestKey => ({ customerId: data.customerId, number: data.number });

const created = (document: RequestPart) => ({ document, etag: undefined });

/** Two events that share an id differ in their content. */
const doingOf = (event: UpsertedEvent, at: string): Doing => ({
  customerId: event.data.customerId,
  actor: { subject: event.source },
  at,
  key: `${entryIdOf(event)}\n${contentHashOf(event)}`,
});

/** What says nothing new of who sees the request and how it stands is in the event alone. */
function auditOf(doing: Doing, before: SupportRequest | undefined, after: SupportRequest): AuditEntry[] {
  if (before === undefined) return [requestAudit(doing, "supportRequestOpened", undefined, after)];
  const entry = requestAudit(doing, "supportRequestChanged", before, after);
  if (before.workspaceId !== after.workspaceId) return moveAudits(doing, entry, before.workspaceId);
  return canonicalJson(entry.before) === canonicalJson(entry.after) ? [] : [entry];
}

/** Either workspace is told its own side: the one that the request left what was, the one that it came to what is. */
function moveAudits(doing: Doing, entry: AuditEntry, left: WorkspaceId): AuditEntry[] {
  const { before, after, ...shared } = entry;
  const { action, target } = shared;
  const { id } = auditEntry({ ...doing, key: `${doing.key}\nleft` }, { action, target });
  return [
    { ...shared, after },
    { ...shared, id, workspaceId: left, before },
  ];
}
