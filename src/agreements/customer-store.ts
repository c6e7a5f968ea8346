import type { Container } from "@azure/cosmos";
import { queryPages, readItem, saveItem, sql, type Versioned } from "../platform/cosmos.ts";
import { CUSTOMER_DOCUMENT_ID, type Customer, customerSchema } from "./customer.ts";
import { type CustomerId, customerIdSchema } from "./ids.ts";

/** Where customers are kept, one document each. Promise: `save` writes only over the version that was read. */
export type CustomerStore = {
  /** Of every customer, in pages, in no order: a document that cannot be read holds up no other. */
  readonly allIds: () => AsyncIterable<readonly CustomerId[]>;
  readonly read: (customerId: CustomerId) => Promise<Versioned<Customer> | undefined>;
  /** @param etag undefined: there is no such customer yet. @returns false when somebody else was faster. */
  readonly save: (customer: Customer, etag: string | undefined) => Promise<boolean>;
};

export function cosmosCustomerStore(container: Container): CustomerStore {
  return {
    allIds: () =>
      queryPages(
        container,
        undefined,
        sql("SELECT VALUE c.customerId FROM c WHERE c.kind = 'customer'"),
        customerIdSchema,
      ),
    read: (customerId) => readItem(container, CUSTOMER_DOCUMENT_ID, customerId, customerSchema),
    save: (customer, etag) => saveItem(container, customer, customer.customerId, etag),
  };
}
