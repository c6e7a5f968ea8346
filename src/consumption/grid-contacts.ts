/**
 * Which support contact takes up which entitlement (CA-11, WS-08). Pure.
 * Invariants: a contact takes up one entitlement at most and has one workspace, so what is shown of some workspaces adds up
 * to what is shown of all; the same people and agreements are seated alike in whatever order they came; at an instant in
 * the past nobody is seated who became a contact later. Who was one then and is none now is not kept with the contacts.
 */
import type { SupportContacts } from "../access/support-contacts.ts";
import { type Customer, supportContactSeats } from "../agreements/customer.ts";
import { compareText, type EntitlementInPackage } from "../agreements/terms.ts";
import { dayIn } from "../platform/instant.ts";

export type Contact = SupportContacts["contacts"][number];

/** The contacts that a package takes, oldest first, by agreement and package. */
export type SeatedContacts = ReadonlyMap<string, readonly Contact[]>;

const seatKey = (agreementId: string, packageId: string): string => `${agreementId}\n${packageId}`;

/**
 * The oldest contacts fill the packages that run at that instant one after another, each up to what it allows; who is left
 * over, because fewer are allowed than there were, is on the last.
 */
export function seatContacts(
  customer: Pick<Customer, "agreements" | "workspaces" | "timeZone">,
  contacts: readonly Contact[],
  at: string,
): SeatedContacts {
  const seats = supportContactSeats(customer, dayIn(at, customer.timeZone));
  const oldestFirst = contacts
    .filter(({ since }) => since <= at)
    .toSorted(
      (left, right) => compareText(left.since, right.since) || compareText(left.memberId, right.memberId),
    );
  const groups = fill(
    seats.map(({ allowed }) => allowed),
    oldestFirst,
  );
  return new Map(
    seats.map(({ agreementId, packageId }, index) => [seatKey(agreementId, packageId), groups[index] ?? []]),
  );
}

/** The contacts on one entitlement of a package: its entitlements are filled like the packages. */
export function contactsOn(
  seated: SeatedContacts,
  agreementId: string,
  { package: item, entitlement }: EntitlementInPackage,
): readonly Contact[] {
  const current = item.entitlements.filter(
    ({ service, class: kind, endedAt }) =>
      service === "supportContacts" && kind === "consumable" && endedAt === undefined,
  );
  const index = current.findIndex(({ entitlementId }) => entitlementId === entitlement.entitlementId);
  const groups = fill(
    current.map(({ allowance }) => allowance ?? null),
    seated.get(seatKey(agreementId, item.packageId)) ?? [],
  );
  return groups[index] ?? [];
}

/** @param sizes of the groups in order; null takes all that are left. */
function fill<Item>(sizes: readonly (number | null)[], items: readonly Item[]): (readonly Item[])[] {
  let start = 0;
  return sizes.map((size, index) => {
    const isLast = index === sizes.length - 1;
    const end = size === null || isLast ? items.length : Math.min(items.length, start + size);
    const group = items.slice(start, end);
    start = end;
    return group;
  });
}
