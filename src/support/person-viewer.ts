/**
 * Somebody who has not signed in, as a viewer of requests: whoever is to be told of one is told only what the person could
 * open (SR-06, AC-08). Invariant: the right is looked up when it is asked for, in the customer's own documents.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import { customersOf } from "../access/grant.ts";
import { personIdOf } from "../access/member.ts";
import { applicationRoleOf } from "../access/permissions.ts";
import { membershipOf, withMembership } from "../access/person.ts";
import type { Customer } from "../agreements/customer.ts";
import type { Recipient } from "./request-messages.ts";
import { type Viewer, viewerOf } from "./viewer.ts";

/** Whoever the directory says is staff is staff. */
const EVERY_ROLE = Object.values(applicationRoleOf).filter((role) => role !== undefined);

type PersonViewer = { readonly viewer: Viewer; readonly recipient: Recipient };

/** One query. @returns undefined for whoever has nothing to do with the customer. */
export async function personViewer(
  directory: Pick<DirectoryStore, "ofPerson">,
  customer: Customer,
  email: string,
  now: string,
): Promise<PersonViewer | undefined> {
  const { customerId } = customer;
  const facts = await directory.ofPerson(customerId, personIdOf(customerId, email));
  const membership = membershipOf(email, { customer, ...facts });
  const principal = { roles: EVERY_ROLE, isPersonalAccount: false };
  const grant = customersOf(principal, withMembership(undefined, email, membership), now).get(customerId);
  if (grant === undefined) return undefined;
  const known = [...facts.members, ...facts.assignments].find(({ name }) => name !== undefined);
  return {
    viewer: viewerOf(grant, email),
    recipient: { email, name: known?.name, language: membership.language },
  };
}
