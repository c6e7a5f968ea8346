/**
 * Contacts of a request: people whom its advocate writes to besides (SR-07). Pure.
 * Invariant: being a contact decides nothing about what somebody sees or may do.
 */
import type { Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, NotFoundError } from "../platform/errors.ts";
import type { Decided } from "./change-request.ts";
import { requestAudit } from "./open-request.ts";
import { CONTACTS_MAX, type RequestKey, type SupportRequest } from "./request.ts";
import { contactMessage, type Recipient, type Sender } from "./request-messages.ts";
import { stableId } from "./stable-id.ts";

/** The same for the same address, also if it was taken off in between. */
export const contactIdOf = (key: RequestKey, email: string): string => stableId(key, "contact", email);

/**
 * Whom the support desk named becomes one that was added here, so that its events do not take them away.
 * @returns undefined for somebody who was added here already.
 * @throws ConflictError where there are too many.
 */
export function addContact(
  doing: Doing,
  sender: Sender,
  { value: known }: Versioned<SupportRequest>,
  { email, name, language }: Recipient,
): Decided {
  const named = known.contacts.find((each) => each.email === email);
  if (named !== undefined && named.isUpstream !== true) return undefined;
  const others = known.contacts.filter((each) => each !== named);
  if (others.length >= CONTACTS_MAX) {
    throw new ConflictError(
      "TooManyContacts",
      `A request has at most ${CONTACTS_MAX} contacts: take somebody off first.`,
    );
  }
  const contact = { name: name ?? named?.name ?? null, email, addedAt: doing.at };
  const after = withContacts(doing, known, [...others, contact]);
  return {
    after,
    audit: [contactAudit(doing, "supportRequestContactAdded", known, after, email)],
    messages: contactMessage(doing, sender, after, { email, name, language }),
  };
}

/** @throws NotFoundError */
export function removeContact(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  contactId: string,
): NonNullable<Decided> {
  const contact = known.contacts.find(({ email }) => contactIdOf(known, email) === contactId);
  if (contact === undefined) throw new NotFoundError(`no contact ${contactId}`);
  const others = known.contacts.filter((each) => each !== contact);
  const after = withContacts(doing, known, others);
  return { after, audit: [contactAudit(doing, "supportRequestContactRemoved", known, after, contact.email)] };
}

function withContacts(
  doing: Doing,
  known: SupportRequest,
  contacts: SupportRequest["contacts"],
): SupportRequest {
  return { ...known, contacts, changedAt: doing.at, revision: known.revision + 1 };
}

function contactAudit(
  doing: Doing,
  action: "supportRequestContactAdded" | "supportRequestContactRemoved",
  before: SupportRequest,
  after: SupportRequest,
  email: string,
) {
  return requestAudit(doing, action, before, after, {
    target: `/contacts/${contactIdOf(after, email)}`,
    before: { contacts: before.contacts },
    after: { contacts: after.contacts },
  });
}
