/** What a caller asked for, looked up: the customer, its agreements, and what belongs to none of them. */
import type { Customer } from "../agreements/customer.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import { type AgreementId, agreementIdSchema } from "../agreements/ids.ts";
import { isWithin } from "../agreements/terms.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { Ledger } from "./activity-store.ts";
import { type Chosen, isAgreementLinked } from "./chosen.ts";
import { type LedgerId, ledgerIdOf } from "./entry.ts";
import { type Figures, type FiguresStore, figuresOf, touchedAccounts } from "./figures.ts";
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
  const found =
    named === undefined
      ? await findLedgers(
          store,
          customer,
          Object.keys(customer.agreements).filter((id) => mayBeActive(customer, id, at)),
        )
      : await findKnownLedgers(store, customer, chosen, named);
  const ledgers = found
    .flatMap(({ ledger }) => (ledger === undefined ? [] : [ledger]))
    .filter(({ head }) => named !== undefined || (head.terms !== undefined && isWithin(at, head.terms)));
  return Promise.all(ledgers.map((ledger) => figuresOf(store, ledger, { chosen, asOf, at, contacts })));
}

function findLedgers(store: Pick<FiguresStore, "ledger">, customer: Customer, ids: readonly string[]) {
  return Promise.all(
    ids.map(async (id) => ({
      id,
      ledger: await store.ledger(ledgerIdOf(customer.customerId, agreementIdSchema.parse(id))),
    })),
  );
}

/** @throws NotFoundError for a name that the customer does not have, or that the caller may not know of. */
async function findKnownLedgers(
  store: Pick<FiguresStore, "ledger">,
  customer: Customer,
  chosen: Chosen,
  named: readonly string[],
) {
  // What there is not is looked for as well: its answer takes as long as that for what is hidden (AC-08).
  const found = await findLedgers(store, customer, named);
  const hidden = found.find(({ id, ledger }) => !mayBeKnown(customer, chosen, id, ledger));
  if (hidden !== undefined) throw new NotFoundError(`no agreement ${hidden.id}`);
  return found;
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

export type PageFigures = {
  readonly agreements: readonly Figures[];
  readonly elsewhere: readonly Figures[];
};

/**
 * The agreements that a page shows, as `readAgreements` gives them, and without names the additional cases of all other
 * ledgers: of agreements that are not active, of what names no agreement, or one that nobody knows. A case is most often
 * additional because its agreement is over, and would be seen nowhere (CA-14). One query for each ledger of the customer.
 */
export async function readPage(
  store: FiguresStore,
  customer: Customer,
  chosen: Chosen,
  asked: {
    readonly named: readonly string[] | undefined;
    readonly asOf: string | undefined;
    readonly at: string;
    readonly contacts?: SeatedContacts;
  },
): Promise<PageFigures> {
  const { named, asOf, at, contacts } = asked;
  if (named !== undefined) {
    const agreements = await readAgreements(store, customer, chosen, named, asOf, at, contacts);
    return { agreements, elsewhere: [] };
  }
  const known = Object.keys(customer.agreements);
  const unknown = customer.ledgers.filter((id) => customer.agreements[id] === undefined);
  const found = await Promise.all(
    [...known, ...unknown, undefined].map(async (id) => {
      const agreementId = id === undefined ? undefined : agreementIdSchema.parse(id);
      const ledger = await store.ledger(ledgerIdOf(customer.customerId, agreementId));
      if (ledger === undefined) return [];
      const { terms } = ledger.head;
      const isActive = id !== undefined && known.includes(id) && terms !== undefined && isWithin(at, terms);
      const query = { chosen, asOf, at, contacts };
      const figures = await figuresOf(store, ledger, isActive ? query : { ...query, isAdditionalOnly: true });
      return [{ isActive, figures }];
    }),
  );
  const [agreements = [], elsewhere = []] = [true, false].map((wanted) =>
    found.flat().flatMap(({ isActive, figures }) => (isActive === wanted ? [figures] : [])),
  );
  return { agreements, elsewhere };
}

/**
 * The ledgers of the named agreements; without names every ledger of the customer: each agreement's, also of those that only
 * cases name, and the one of none. One query for each name, none without.
 * @throws NotFoundError as `readAgreements`.
 */
export async function readLedgerIds(
  store: Pick<FiguresStore, "ledger">,
  customer: Customer,
  chosen: Chosen,
  named: readonly AgreementId[] | undefined,
): Promise<readonly LedgerId[]> {
  if (named !== undefined) await findKnownLedgers(store, customer, chosen, named);
  const ids: readonly (AgreementId | undefined)[] = named ?? [...customer.ledgers, undefined];
  return ids.map((agreementId) => ledgerIdOf(customer.customerId, agreementId));
}
