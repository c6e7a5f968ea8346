/**
 * A request as the events of the support desk have it, folded one by one. Pure.
 * Invariants: the same events in any order end in the same request, because for each field that events may set, it is kept
 * which event set it, and only a newer one sets it again; an event that does not name a field leaves it as it is. Fields that
 * exist only here are never touched. How a request was opened is said by events only where it was not opened here.
 */

import type { Language } from "../agreements/agreement-event.ts";
import { DEFAULT_WORKSPACE_ID } from "../agreements/ids.ts";
import type { UpsertedEvent } from "../consumption/event.ts";
import type { AwaitedRequest } from "./awaited-request.ts";
import { deskLine, deskText } from "./desk-text.ts";
import { ownWords } from "./open-request.ts";
import {
  CONTACTS_MAX,
  type Contact,
  DESCRIPTION_LENGTH_MAX,
  requestDocumentId,
  type SupportRequest,
  severityRank,
  TITLE_LENGTH_MAX,
  type Upstream,
  type UpstreamKey,
} from "./request.ts";
import { compareUpstream, statusFactIdOf, upstreamKeyOf } from "./request-event.ts";
import { noResponses } from "./request-responses.ts";
import { statusOf, withStatusFact } from "./request-status.ts";

const NAME_LENGTH_MAX = 256;

/** @param language of the customer, for a request of which no event names one. */
export function withUpserted(
  known: SupportRequest | AwaitedRequest | undefined,
  event: UpsertedEvent,
  language: Language,
): SupportRequest {
  const before = known?.kind === "supportRequest" ? known : newRequest(known, event, language);
  const key = upstreamKeyOf(event, event.data.version);
  const told = withFields(before, event, key);
  const status = event.data.status;
  const fact = { at: event.time, status, factId: statusFactIdOf(key), version: key.version };
  const statusFacts = withStatusFact(told.statusFacts, fact);
  return {
    ...told,
    statusFacts,
    ...statusOf(statusFacts),
    words: [...ownWords(told)],
    changedAt: laterOf(before.changedAt, event.data.changedAt ?? event.time),
    revision: before.revision + 1,
  };
}

/** Before any event: what follows from none of them in particular. */
function newRequest(
  awaited: AwaitedRequest | undefined,
  { data, time }: UpsertedEvent,
  language: Language,
): SupportRequest {
  const { customerId, number, severity } = data;
  const responses = awaited?.responses ?? noResponses;
  return {
    id: requestDocumentId(number),
    customerId,
    kind: "supportRequest",
    number,
    title: "",
    description: "",
    problemType: null,
    product: null,
    severity,
    severityRank: severityRank[severity],
    status: "open",
    statusFacts: [],
    createdAt: time,
    changedAt: laterOf(data.changedAt ?? time, responses.lastAt ?? ""),
    closedAt: null,
    createdBy: null,
    primaryContact: null,
    contacts: [],
    advocate: null,
    workspaceId: DEFAULT_WORKSPACE_ID,
    agreementId: null,
    country: null,
    language,
    isIncentiveRelated: false,
    sharedWith: [],
    groupId: null,
    outsideSends: [],
    responses,
    upstream: { isOrigin: true, said: [] },
    words: [],
    noteWords: [],
    noteCount: 0,
    attachmentCount: 0,
    attachmentsEver: 0,
    appointment: null,
    nextTargetCheckAt: null,
    revision: awaited?.revision ?? 0,
  };
}

function withFields(before: SupportRequest, event: UpsertedEvent, key: UpstreamKey): SupportRequest {
  const { data } = event;
  const upstream = before.upstream ?? { isOrigin: false, said: [] };
  const won: string[] = [];
  /** The value that the event gives where it is the newest of those that say something of the field. */
  const newest = <Value>(field: string, value: Value | undefined, known: Value): Value => {
    const setBy = upstream.said.find(({ fields }) => fields.includes(field));
    if (value === undefined || (setBy !== undefined && compareUpstream(setBy, key) >= 0)) return known;
    won.push(field);
    return value;
  };
  const atOpening = <Value>(field: string, value: Value | undefined, known: Value): Value =>
    newest(field, upstream.isOrigin ? value : undefined, known);
  const severity = newest("severity", data.severity, before.severity);
  const createdAt = atOpening("createdAt", data.openedAt, before.createdAt);
  const hasOpening =
    won.includes("createdAt") || upstream.said.some(({ fields }) => fields.includes("createdAt"));
  const told = {
    ...before,
    title: newest("title", deskLine(data.title, TITLE_LENGTH_MAX) || data.number, before.title),
    description: newest("description", ifSaid(data.description, descriptionOf), before.description),
    problemType: newest("problemType", ifNamed(data.problemType, lineOf), before.problemType),
    product: newest("product", ifNamed(data.product, lineOf), before.product),
    severity,
    severityRank: severityRank[severity],
    // Where no event says when it was opened, it was there at the time of the first.
    createdAt: hasOpening || !upstream.isOrigin ? createdAt : earlierOf(createdAt, event.time),
    createdBy: atOpening("createdBy", data.createdBy, before.createdBy),
    primaryContact: atOpening(
      "primaryContact",
      ifNamed(data.primaryContact, contactOf),
      before.primaryContact,
    ),
    contacts: newest("contacts", ifSaid(data.contacts, contactsBeside(before, event)), before.contacts),
    advocate: newest("advocate", ifNamed(data.advocate, contactOf), before.advocate),
    workspaceId: newest("workspaceId", data.workspaceId, before.workspaceId),
    agreementId: newest("agreementId", data.agreementId, before.agreementId),
    country: newest("country", data.country, before.country),
    language: newest("language", data.language, before.language),
    isIncentiveRelated: newest("isIncentiveRelated", data.isIncentiveRelated, before.isIncentiveRelated),
  };
  return { ...told, upstream: withSaid(upstream, key, won) };
}

const ifSaid = <Value, Shown>(value: Value | undefined, show: (value: Value) => Shown): Shown | undefined =>
  value === undefined ? undefined : show(value);

/** Null takes away what was there. */
function ifNamed<Value, Shown>(
  value: Value | null | undefined,
  show: (value: Value) => Shown,
): Shown | null | undefined {
  if (value === undefined) return undefined;
  return value === null ? null : show(value);
}

const descriptionOf = (text: string): string => deskText(text, DESCRIPTION_LENGTH_MAX);
const lineOf = (text: string): string | null => deskLine(text, NAME_LENGTH_MAX) || null;

type Named = { readonly name?: string | null | undefined; readonly email: string };

const contactOf = ({ name, email }: Named): Contact => ({ name: lineOf(name ?? ""), email });

/** What the event names takes the place of what events named; whom the advocate added here stays. */
const contactsBeside =
  ({ contacts }: SupportRequest, { time }: UpsertedEvent) =>
  (named: readonly Named[]): SupportRequest["contacts"] => {
    const own = contacts.filter(({ isUpstream }) => isUpstream !== true);
    const taken = new Set(own.map(({ email }) => email));
    const others = new Map(named.filter(({ email }) => !taken.has(email)).map((each) => [each.email, each]));
    const added = [...others.values()].map(
      (each) => ({ ...contactOf(each), addedAt: time, isUpstream: true }) as const,
    );
    return [...own, ...added].slice(0, Math.max(CONTACTS_MAX, own.length));
  };

/** One order for the same content, so that equal requests are equal documents. */
function withSaid({ isOrigin, said }: Upstream, key: UpstreamKey, won: readonly string[]): Upstream {
  const others = said.map((each) => ({
    ...each,
    fields: each.fields.filter((field) => !won.includes(field)),
  }));
  const all = [...others, { ...key, fields: won.toSorted() }].filter(({ fields }) => fields.length > 0);
  return { isOrigin, said: all.toSorted((left, right) => compareUpstream(right, left)) };
}

const laterOf = (one: string, other: string): string => (one > other ? one : other);
const earlierOf = (one: string, other: string): string => (one < other ? one : other);
