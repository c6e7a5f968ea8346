/**
 * Whoever the support desk names as the advocate of a request may act as one at the customer (AC-05), where nobody decided
 * about that. Invariant: what somebody decided stays: a role that was taken away is not given again.
 */
import { type DirectoryAccess, decideAndApply } from "../access/apply-change.ts";
import type { Doing } from "../access/audit-entry.ts";
import { personIdOf } from "../access/member.ts";
import { assignRole, roleAssignmentIdOf } from "../access/role-assignment.ts";
import type { Customer } from "../agreements/customer.ts";
import { dayIn } from "../platform/instant.ts";
import type { Contact } from "./request.ts";

const ROLE = "advocate";

/** Harmless when it is done again. */
export async function ensureAdvocate(
  access: DirectoryAccess,
  doing: Doing,
  customer: Customer,
  { email, name }: Contact,
): Promise<void> {
  if (isNamedByAgreement(customer, email, doing.at)) return;
  const { customerId } = doing;
  const id = roleAssignmentIdOf(ROLE, personIdOf(customerId, email));
  await decideAndApply(access, async () => {
    const known = await access.directory.roleAssignment(customerId, id);
    if (known !== undefined) return { change: undefined, before: known, after: known.value };
    const [change, after] = assignRole(doing, known, { email, name: name ?? undefined, role: ROLE });
    return { change, before: undefined, after };
  });
}

const isNamedByAgreement = ({ agreements, timeZone }: Customer, email: string, now: string): boolean =>
  Object.values(agreements).some(
    ({ endDate, accountTeam }) =>
      endDate >= dayIn(now, timeZone) &&
      accountTeam.some((each) => each.role === ROLE && each.email === email),
  );
