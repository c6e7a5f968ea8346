/**
 * The support contacts that a CPOD counts and names. Promise: they are those of the page at the end of the period (EX-06).
 * Two reads of the customer's directory, whatever the number of people.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import type { Customer } from "../agreements/customer.ts";
import { type Figures, linesOf } from "../consumption/figures.ts";
import { contactsOn, type SeatedContacts, seatContacts } from "../consumption/grid-contacts.ts";
import { dayIn } from "../platform/instant.ts";

export type ContactDirectory = Pick<DirectoryStore, "supportContacts" | "members">;

export type NamedContact = {
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly workspaceId: string;
  /** The day, in the customer's time zone. */
  readonly since: string;
};

export async function readSeats(
  directory: ContactDirectory,
  customer: Customer,
  at: string,
): Promise<SeatedContacts> {
  const people = await directory.supportContacts(customer.customerId);
  return seatContacts(customer, people?.value.contacts ?? [], at);
}

/** Those that are counted on the agreement's entitlements, in the order in which they are counted. */
export async function readContacts(
  directory: ContactDirectory,
  { customerId, timeZone }: Customer,
  figures: Figures,
): Promise<readonly NamedContact[]> {
  const { contacts } = figures;
  if (contacts === undefined) return [];
  const seated = linesOf(figures)
    .filter(({ entitlement }) => entitlement.service === "supportContacts")
    .flatMap((line) => contactsOn(contacts, line.agreementId, line));
  if (seated.length === 0) return [];
  const ids = seated.map(({ memberId }) => memberId);
  const members = await directory.members(customerId, ids);
  const byId = new Map(members.map(({ value }) => [value.memberId, value]));
  return seated.map(({ memberId, workspaceId, since }) => ({
    name: byId.get(memberId)?.name,
    email: byId.get(memberId)?.email,
    workspaceId,
    since: dayIn(since, timeZone),
  }));
}
