/**
 * Who is told that the provider did not answer a request in time: its advocate and the customer's account managers (SR-14).
 * Invariant: nobody is told of a request that the person could not open (SR-06, AC-08): the right is looked up when it is
 * told, in the customer's own documents.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import type { Customer } from "../agreements/customer.ts";
import { personViewer } from "./person-viewer.ts";
import type { SupportRequest } from "./request.ts";
import type { Recipient } from "./request-messages.ts";
import { sees } from "./viewer.ts";

/** People who are told of one request: with all else of it they fit one transaction. The advocate comes first. */
const RECIPIENTS_MAX = 20;

type Directory = Pick<DirectoryStore, "ofPerson" | "roleAssignments">;

/** One query for the roles that somebody assigned, and one for each person. */
export async function targetRecipients(
  directory: Directory,
  customer: Customer,
  request: SupportRequest,
  now: string,
): Promise<readonly Recipient[]> {
  const { customerId } = customer;
  const assigned = (await directory.roleAssignments(customerId))
    .map(({ value }) => value)
    .filter(({ role, status }) => role === "csam" && status === "active")
    .map(({ email }) => email);
  const advocate = request.advocate === null ? [] : [request.advocate.email];
  const emails = [...new Set([...advocate, ...managersNamed(customer, request), ...assigned])];
  const found = emails.slice(0, RECIPIENTS_MAX).map(async (email): Promise<Recipient[]> => {
    const found = await personViewer(directory, customer, email, now);
    if (found === undefined || !sees(found.viewer, request)) return [];
    const { recipient } = found;
    return [request.advocate?.email === email ? { ...recipient, name: request.advocate.name } : recipient];
  });
  return (await Promise.all(found)).flat();
}

/** Those of the request's agreement; of all agreements where it has none, or one that names nobody. */
function managersNamed({ agreements }: Customer, { agreementId }: SupportRequest): readonly string[] {
  const managersOf = (team: Customer["agreements"][string]["accountTeam"]): string[] =>
    team.filter(({ role }) => role === "csam").map(({ email }) => email);
  const own = managersOf(agreements[agreementId ?? ""]?.accountTeam ?? []);
  return own.length > 0
    ? own
    : Object.values(agreements).flatMap(({ accountTeam }) => managersOf(accountTeam));
}
