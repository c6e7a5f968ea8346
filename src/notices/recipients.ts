/**
 * Who is told of a notice. Invariant: nobody is told of what that person could not see on the Customer Activity page
 * (AC-08): the right is looked up when the notice is made, in the customer's own documents, and not when the rules were set.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import { customersOf, type Scope, scopeOf } from "../access/grant.ts";
import { personIdOf } from "../access/member.ts";
import { applicationRoleOf } from "../access/permissions.ts";
import { membershipOf, type PersonFacts, withMembership } from "../access/person.ts";
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import type { Terms } from "../agreements/terms.ts";
import { chooseWorkspaces, linkedPackageIds } from "../consumption/chosen.ts";
import type { NoticeRules } from "./notice-settings.ts";

/** People who are told of one notice: with all else of it they fit one transaction. Extra addresses come first. */
const RECIPIENTS_MAX = 50;

type RecipientDirectory = Pick<DirectoryStore, "ofPerson" | "roleAssignments">;

export type Recipient = {
  readonly email: string;
  readonly name: string | undefined;
  readonly language: Language;
  /** Of the customer's activity. */
  readonly scope: Scope;
};

/** One query for each person, in the customer's partition. */
export async function recipientsOf(
  directory: RecipientDirectory,
  customer: Customer,
  rules: NoticeRules,
): Promise<Recipient[]> {
  const administrators = rules.tellsAdministrators ? await administratorsOf(directory, customer) : [];
  const emails = [...new Set([...rules.extraRecipients, ...administrators])].slice(0, RECIPIENTS_MAX);
  const found = await Promise.all(emails.map((email) => recipientOf(directory, customer, email)));
  return found.flatMap((recipient) => recipient ?? []);
}

async function administratorsOf(
  directory: RecipientDirectory,
  { customerId, agreements }: Customer,
): Promise<string[]> {
  const assigned = (await directory.roleAssignments(customerId))
    .map(({ value }) => value)
    .filter(({ role }) => role === "customerAdministrator")
    .map(({ email }) => email);
  const named = Object.values(agreements).flatMap(({ servicesAdmin }) => servicesAdmin ?? []);
  return [...named, ...assigned];
}

/** @returns undefined for somebody who may not see any of the customer's activity. */
async function recipientOf(
  directory: Pick<DirectoryStore, "ofPerson">,
  customer: Customer,
  email: string,
): Promise<Recipient | undefined> {
  const facts = await directory.ofPerson(customer.customerId, personIdOf(customer.customerId, email));
  const membership = membershipOf(email, { customer, ...facts });
  // Nobody signs in to be told: whoever the directory says is staff is staff.
  const roles = Object.values(applicationRoleOf).filter((role) => role !== undefined);
  const principal = { roles, isPersonalAccount: false };
  const grant = customersOf(principal, withMembership(undefined, email, membership)).get(customer.customerId);
  if (grant === undefined) return undefined;
  const scope = scopeOf(grant, "customerActivity.read");
  const name = nameOf(facts);
  return { email, name, language: membership.language, scope };
}

function nameOf({ members, assignments }: Pick<PersonFacts, "members" | "assignments">): string | undefined {
  return [...members, ...assignments].find(({ name }) => name !== undefined)?.name;
}

/** Whether the package is on the page that the recipient would open. */
export function sees({ scope }: Recipient, customer: Customer, terms: Terms, packageId: string): boolean {
  if (scope.kind === "all") return true;
  const visible = customer.workspaces.filter(
    ({ workspaceId, status }) => status === "active" && scope.workspaceIds.has(workspaceId),
  );
  if (visible.length === 0) return false;
  return linkedPackageIds(chooseWorkspaces(customer, scope, "all"), terms).has(packageId);
}
