/**
 * What people are told of a request by e-mail (SR-04, SR-07). Pure.
 * Invariants: of an incentive-related request nobody is told but its creator (SR-06); only to people who see it goes what
 * leads to it; nobody is told of what they did themselves; the same occasion makes the same message, once.
 */
import * as z from "zod";
import type { Doing } from "../access/audit-entry.ts";
import type { Member } from "../access/member.ts";
import type { Language } from "../agreements/agreement-event.ts";
import { type Content, type Message, newMessage } from "../messages/message.ts";
import { startOf } from "./plain-text.ts";
import { requestIdOf, type SupportRequest } from "./request.ts";
import { stableId } from "./stable-id.ts";

const NAME_LENGTH_MAX = 256;

export type Recipient = {
  readonly email: string;
  readonly name?: string | null | undefined;
  readonly language: Language;
};

/** Who does it, as recipients are told. */
export type Sender = { readonly email: string; readonly name: string | undefined };

export function senderName({ email, name = "" }: Sender): string {
  return nameOf(name) ?? startOf(email, NAME_LENGTH_MAX);
}

const nameOf = (name: string): string | undefined =>
  startOf(name.trim(), NAME_LENGTH_MAX).trim() || undefined;

/** What every message about a request tells of it. */
export const factsOf = ({ number, title, severity, status }: SupportRequest) => ({
  number,
  title: nameOf(title) ?? number,
  severity,
  status,
});

const emailSchema = z.email();

/**
 * @param occasion what it tells of; unique within the request.
 * @returns nothing for what is no address: the support desk may name people in ways of its own.
 */
export function requestMessage(
  request: SupportRequest,
  { email, name, language }: Recipient,
  content: Content,
  occasion: string,
  now: string,
): Message[] {
  if (!emailSchema.safeParse(email).success) return [];
  const { customerId, workspaceId } = request;
  const known = nameOf(name ?? "");
  const id = `message~${stableId(request, content.template, email, occasion)}`;
  const to = { email, ...(known === undefined ? {} : { name: known }) };
  return [newMessage({ id, customerId, workspaceId, to, language, content }, now)];
}

/** To a member whom it is shared with now. */
export function sharedMessage(
  { at, key }: Pick<Doing, "at" | "key">,
  sender: Sender,
  request: SupportRequest,
  member: Recipient,
): Message[] {
  if (request.isIncentiveRelated || member.email === sender.email) return [];
  const content = {
    template: "supportRequestShared",
    ...factsOf(request),
    requestId: requestIdOf(request),
    sharedBy: senderName(sender),
  } as const;
  return requestMessage(request, member, content, key, at);
}

/** To somebody who is no member. */
export function sentMessage(
  { at, key }: Pick<Doing, "at" | "key">,
  sender: Sender,
  request: SupportRequest,
  recipient: Recipient,
): Message[] {
  if (request.isIncentiveRelated) return [];
  const sentBy = senderName(sender);
  const senderEmail = startOf(sender.email, NAME_LENGTH_MAX);
  const content = { template: "supportRequestSent", ...factsOf(request), sentBy, senderEmail } as const;
  return requestMessage(request, recipient, content, key, at);
}

/** To somebody whom the advocate added as a contact. */
export function contactMessage(
  { at, key }: Pick<Doing, "at" | "key">,
  sender: Sender,
  request: SupportRequest,
  contact: Recipient,
): Message[] {
  if (request.isIncentiveRelated || contact.email === sender.email) return [];
  const addedBy = senderName(sender);
  const content = { template: "supportRequestContact", ...factsOf(request), addedBy } as const;
  return requestMessage(request, contact, content, key, at);
}

/** To the primary contact that was named and the people it was shared with, as it was opened; each once. */
export function openingMessages(
  doing: Pick<Doing, "at" | "key">,
  sender: Sender,
  request: SupportRequest,
  members: ReadonlyMap<string, Member>,
): Message[] {
  if (request.isIncentiveRelated) return [];
  const named = members.get(request.primaryContact?.email ?? "");
  const content = {
    template: "supportRequestPrimaryContact",
    ...factsOf(request),
    requestId: requestIdOf(request),
    openedBy: senderName(sender),
  } as const;
  const others = request.sharedWith.flatMap((email) => members.get(email) ?? []);
  return [
    ...(named === undefined || named.email === sender.email
      ? []
      : requestMessage(request, named, content, doing.key, doing.at)),
    ...others.filter((each) => each !== named).flatMap((each) => sharedMessage(doing, sender, request, each)),
  ];
}
