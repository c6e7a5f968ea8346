/** The drill-down of one entitlement: its figures and every row behind them (CA-10). */
import type { Customer } from "../agreements/customer.ts";
import { agreementIdSchema } from "../agreements/ids.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { ActivityStore } from "./activity-store.ts";
import type { Chosen } from "./chosen.ts";
import { type Entry, entitlementAccount, type LedgerId, ledgerIdOf } from "./entry.ts";
import { type Figures, figuresOf, isShown, type Line, linesOf } from "./figures.ts";
import type { SeatedContacts } from "./grid-contacts.ts";

function ledgerOfEntitlement(customer: Customer, entitlementId: string): LedgerId | undefined {
  const owner = Object.entries(customer.agreements).find(([, agreement]) =>
    agreement.entitlementIds.some((id) => id === entitlementId),
  );
  return owner && ledgerIdOf(customer.customerId, agreementIdSchema.parse(owner[0]));
}

export type DrillDown = { readonly figures: Figures; readonly line: Line; readonly ledgerId: LedgerId };

/**
 * @param contacts who takes up the support contacts; undefined: whoever the agreement names.
 * @throws NotFoundError when the customer has no such entitlement, or nothing of it is in the chosen workspaces.
 */
export async function readDrillDown(
  store: ActivityStore,
  customer: Customer,
  entitlementId: string,
  chosen: Chosen,
  asOf: string | undefined,
  at: string,
  contacts?: SeatedContacts,
): Promise<DrillDown> {
  // What there is not costs a read as well: its answer takes as long as that for what is hidden (AC-08).
  const ledgerId = ledgerOfEntitlement(customer, entitlementId) ?? ledgerIdOf(customer.customerId, undefined);
  const ledger = await store.ledger(ledgerId);
  const query = { chosen, asOf, at, contacts, account: entitlementAccount(entitlementId) };
  if (ledger === undefined || !isShown(ledger, query, entitlementId))
    throw new NotFoundError(`no entitlement ${entitlementId}`);
  const figures = await figuresOf(store, ledger, query);
  const line = linesOf(figures).find(({ entitlement }) => entitlement.entitlementId === entitlementId);
  if (line === undefined) throw new NotFoundError(`no entitlement ${entitlementId}`);
  return { figures, line, ledgerId };
}

/** The deliveries that the reversals among these entries take back, by entry id. */
export async function readReversed(
  store: Pick<ActivityStore, "entriesById">,
  ledgerId: LedgerId,
  chosen: Chosen,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string, Entry>> {
  const ids = [...new Set(entries.flatMap(({ reverses }) => (reverses === undefined ? [] : [reverses])))];
  return new Map((await store.entriesById(ledgerId, chosen, ids)).map((entry) => [entry.id, entry]));
}
