/**
 * What a person may reach, by e-mail address: one document, so that access costs one point read.
 * Invariant: a membership says which revision of its customer it was derived from and never goes back to an older one.
 */
import * as z from "zod";
import type { CustomerRole } from "../agreements/customer.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";

export const PERSON_DOCUMENT_ID = "person";

const customerRoleSchema = z.enum(["servicesAdmin", "csam", "accountCoordinator"]);

const membershipSchema = z.object({
  customerId: customerIdSchema,
  customerRevision: z.int(),
  roles: z.array(customerRoleSchema),
});

export const personSchema = z.object({
  id: z.literal(PERSON_DOCUMENT_ID),
  email: z.string(),
  kind: z.literal("person"),
  /** By customer. One without roles is kept: it says that they were taken away. */
  memberships: z.record(z.string(), membershipSchema),
});
export type Person = z.infer<typeof personSchema>;

/** @returns undefined when the person already reflects this revision of the customer, or a newer one. */
export function withMembership(
  person: Person | undefined,
  email: string,
  customer: { readonly customerId: CustomerId; readonly revision: number },
  roles: readonly CustomerRole[],
): Person | undefined {
  const known = person?.memberships[customer.customerId];
  if (known !== undefined && known.customerRevision >= customer.revision) return undefined;
  return {
    id: PERSON_DOCUMENT_ID,
    email,
    kind: "person",
    memberships: {
      ...person?.memberships,
      [customer.customerId]: {
        customerId: customer.customerId,
        customerRevision: customer.revision,
        roles: [...roles],
      },
    },
  };
}
