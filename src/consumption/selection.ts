/** What a caller asked for, looked up: the customer, its agreements, and what belongs to none of them. */
import type { Customer } from "../agreements/customer.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import { type AgreementId, agreementIdSchema } from "../agreements/ids.ts";
import { isWithin } from "../agreements/terms.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { Ledger } from "./activity-store.ts";
import { type Chosen, isAgreementLinked } from "./chosen.ts";
import { ledgerIdOf } from "./entry.ts";
import { type Figures, type FiguresStore, figuresOf, readFigures, touchedAccounts } from "./figures.ts";
import type { SeatedContacts } from "./grid-contacts.ts";

/** @throws NotFoundError when there is no such customer. */
export async function readCustomer(
  customers: Pick<CustomerStore, "read">,
  customerId: Customer["customerId"],
): Promise<Customer> {
  const customer = await customers.read(customerId);
  if (customer === undefined) throw new NotFoundError(`no customer ${customerId}`);
  return customer.value;
}

/**
 * The named agreements with their figures; without names those active at `at`, whatever of them is chosen.
 * @throws NotFoundError for a name that the customer does not have, or that the caller may not know of.
 */
export async function readAgreements(
  store: FiguresStore,
  customer: Customer,
  chosen: Chosen,
  named: readonly string[] | undefined,
  asOf: string | undefined,
  at: string,
  contacts?: SeatedContacts,
): Promise<Figures[]> {
  const ids = named ?? Object.keys(customer.agreements).filter((id) => mayBeActive(customer, id, at));
  // What there is not is looked for as well: its answer takes as long as that for what is hidden (AC-08).
  const found = await Promise.all(
    ids.map(async (id) => ({
      id,
      ledger: await store.ledger(ledgerIdOf(customer.customerId, agreementIdSchema.parse(id))),
    })),
  );
  const hidden = named && found.find(({ id, ledger }) => !mayBeKnown(customer, chosen, id, ledger));
  if (hidden !== undefined) throw new NotFoundError(`no agreement ${hidden.id}`);
  const ledgers = found
    .flatMap(({ ledger }) => (ledger === undefined ? [] : [ledger]))
    .filter(({ head }) => named !== undefined || (head.terms !== undefined && isWithin(at, head.terms)));
  return Promise.all(ledgers.map((ledger) => figuresOf(store, ledger, { chosen, asOf, at, contacts })));
}

/** Whoever sees only some workspaces knows of what applies to one of them, or was delivered there (WS-07). */
function mayBeKnown(
  { agreements }: Customer,
  chosen: Chosen,
  agreementId: string,
  ledger: Ledger | undefined,
): boolean {
  const agreement = agreements[agreementId];
  if (agreement === undefined) return false;
  if (chosen.kind === "everything" || !chosen.hidesTheRest) return true;
  const isTouched = ledger !== undefined && touchedAccounts(ledger, chosen).size > 0;
  return isTouched || isAgreementLinked(chosen, agreementId, agreement);
}

/** A day on either side covers every time zone: it spares reading ledgers of agreements that ended long ago. */
function mayBeActive(customer: Customer, agreementId: string, at: string): boolean {
  const summary = customer.agreements[agreementId];
  if (summary === undefined) return false;
  return shiftDays(at, 1) >= summary.startDate && shiftDays(at, -1) <= summary.endDate;
}

function shiftDays(at: string, days: number): string {
  return new Date(Date.parse(at) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The customer's ledgers of what names no agreement, or one that nobody knows: all there is in them are cases. */
export async function readUnassigned(
  store: FiguresStore,
  customer: Customer,
  chosen: Chosen,
  asOf: string | undefined,
  at: string,
): Promise<Figures[]> {
  const unknown = customer.ledgers.filter((agreementId) => customer.agreements[agreementId] === undefined);
  const ledgers = [undefined, ...unknown].map((agreementId) => ledgerIdOf(customer.customerId, agreementId));
  const figures = await Promise.all(
    ledgers.map((ledgerId) => readFigures(store, ledgerId, { chosen, asOf, at })),
  );
  return figures.filter((each) => each !== undefined);
}

/** Every ledger of the customer: each agreement's, also of those that only cases name, and the one of none. */
export function ledgersOf(customer: Customer, agreements: readonly AgreementId[] | undefined) {
  const ids: readonly (AgreementId | undefined)[] = agreements ?? [...customer.ledgers, undefined];
  return ids.map((agreementId) => ledgerIdOf(customer.customerId, agreementId));
}
