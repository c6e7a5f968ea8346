/** What the endpoints about a customer's workspaces and people have in common. */
import * as z from "zod";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";

const PERSON_NAME_MAX = 256;

export const personName = z.string().trim().min(1).max(PERSON_NAME_MAX);

/** Whom to invite. */
export const invitedPersonShape = {
  email: z.email().max(254).toLowerCase(),
  name: personName.optional(),
  language: languageSchema.optional().meta({ description: "Of the message. Default: the customer's." }),
};

/** JSON Merge Patch (RFC 7396); plain JSON means the same. */
export const MERGE_PATCH = ["application/merge-patch+json", "application/json"] as const;

/** @throws NotFoundError when there is no such customer. */
export async function readCustomer(app: App, customerId: CustomerId): Promise<Versioned<Customer>> {
  const customer = await app.customers.read(customerId);
  if (customer === undefined) throw new NotFoundError(`no customer ${customerId}`);
  return customer;
}
