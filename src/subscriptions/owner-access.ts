/**
 * What people of a subscription are at the customer, looked up when something is made or sent. Invariant: a subscription has
 * the rights that its owner has now, by the customer's own documents, and no others (EX-03).
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import { type CustomerGrant, customersOf } from "../access/grant.ts";
import { personIdOf } from "../access/member.ts";
import { applicationRoleOf } from "../access/permissions.ts";
import { membershipOf, withMembership } from "../access/person.ts";
import { type Language, languageSchema } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import { seesScope } from "../reports/report-access.ts";
import type { ReportScope } from "../reports/report-scope.ts";
import type { Owner, Recipient } from "./subscription.ts";

type OfPerson = Pick<DirectoryStore, "ofPerson">;

/** Whether the owner may see all that a report of this scope says. */
export async function ownerMay(
  directory: OfPerson,
  customer: Customer,
  owner: Owner,
  scope: ReportScope,
  now: string,
): Promise<boolean> {
  return seesScope(await grantOf(directory, customer, owner, now), scope);
}

async function grantOf(
  directory: OfPerson,
  customer: Customer,
  { email, isPersonalAccount }: Owner,
  now: string,
): Promise<CustomerGrant | undefined> {
  const { customerId } = customer;
  const facts = await directory.ofPerson(customerId, personIdOf(customerId, email));
  const person = withMembership(undefined, email, membershipOf(email, { customer, ...facts }));
  // Nobody signs in for a run: whoever the directory says is staff is staff.
  const roles = Object.values(applicationRoleOf).filter((role) => role !== undefined);
  return customersOf({ roles, isPersonalAccount }, person, now).get(customerId);
}

/** Somebody to write to, in a language of their own. */
export type Addressee = Pick<Recipient, "email" | "name"> & { readonly language: Language };

/** The language that is named, else the account's at the customer, else the customer's. */
export function addresseesOf(
  directory: OfPerson,
  customer: Customer,
  recipients: readonly Recipient[],
): Promise<Addressee[]> {
  return Promise.all(
    recipients.map(async (recipient) => ({
      ...recipient,
      language: recipient.language ?? (await languageOf(directory, customer, recipient.email)),
    })),
  );
}

async function languageOf(directory: OfPerson, customer: Customer, email: string): Promise<Language> {
  const { customerId } = customer;
  const facts = await directory.ofPerson(customerId, personIdOf(customerId, email));
  return membershipOf(email, { customer, ...facts }).language;
}

/** Each once, in the order in which they are made. */
export function languagesOf(addressees: readonly Addressee[]): Language[] {
  const wanted = new Set(addressees.map(({ language }) => language));
  return languageSchema.options.filter((language) => wanted.has(language));
}
