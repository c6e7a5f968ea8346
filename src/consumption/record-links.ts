/**
 * What a customer says of an agreement's links to workspaces comes into the head of its ledger, so that where a delivery
 * counts follows from the head alone. Cases then move by settling (CA-16).
 * Invariants: the head's links are never replaced by those of an older customer, for which reason it keeps the newest
 * version that it was compared with even where nothing differed; a ledger that is opened without links gets them before
 * it is settled for the first time.
 */
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import { linksOfAgreement } from "../agreements/terms.ts";
import { canonicalJson, type Head, ledgerIdOf } from "./entry.ts";
import { ATTEMPTS_MAX, ContentionError } from "./outcome.ts";
import type { LedgerAccess } from "./record-deliveries.ts";

export type LinksAccess = LedgerAccess & { readonly customers: Pick<CustomerStore, "read"> };

/**
 * Once is enough and again is harmless; without a ledger there is nothing to do.
 * @throws ContentionError when others are always faster.
 */
export async function relink(
  { store, cache, customers }: LinksAccess,
  customerId: CustomerId,
  agreementId: AgreementId,
): Promise<void> {
  const ledgerId = ledgerIdOf(customerId, agreementId);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const customer = (await customers.read(customerId))?.value;
    const head = await store.readHead(ledgerId);
    if (customer === undefined || head === undefined || customer.revision <= head.value.linksVersion) return;
    const links = linksOfAgreement(customer, agreementId);
    const isSame = canonicalJson(links) === canonicalJson(head.value.links);
    const document: Head = {
      ...head.value,
      links,
      linksVersion: customer.revision,
      revision: head.value.revision + (isSame ? 0 : 1),
    };
    const result = await cache.commit(ledgerId, [{ type: "replace", document, etag: head.etag }]);
    if (result.outcome === "committed") return;
  }
  throw new ContentionError(ledgerId);
}
