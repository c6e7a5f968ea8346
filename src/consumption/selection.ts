/** What a caller chose to see, looked up and checked against what the caller may see. */
import type { CustomerGrant } from "../access/grant.ts";
import type { Customer } from "../agreements/customer.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import { type AgreementId, agreementIdSchema } from "../agreements/ids.ts";
import { isWithin } from "../agreements/terms.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { ActivityStore } from "./activity-store.ts";
import { ledgerIdOf } from "./entry.ts";
import { type Figures, type FiguresStore, readFigures } from "./figures.ts";

/** @throws NotFoundError when there is no such customer. */
export async function readCustomer(
  customers: CustomerStore,
  customerId: Customer["customerId"],
): Promise<Customer> {
  const customer = await customers.read(customerId);
  if (customer === undefined) throw new NotFoundError(`no customer ${customerId}`);
  return customer.value;
}

/**
 * @returns the chosen workspaces, undefined for all of the customer's.
 * @throws NotFoundError for one that the caller may not know of, or that does not exist.
 */
export function chooseWorkspaces(
  customer: Customer,
  grant: CustomerGrant,
  chosen: "all" | readonly string[],
): ReadonlySet<string> | undefined {
  const mayKnow = (workspaceId: string): boolean =>
    customer.workspaces.some((each) => each.workspaceId === workspaceId) &&
    (grant.workspaces === "all" || grant.workspaces.has(workspaceId));
  if (chosen === "all") return grant.workspaces === "all" ? undefined : grant.workspaces;
  const foreign = chosen.find((workspaceId) => !mayKnow(workspaceId));
  if (foreign !== undefined) throw new NotFoundError(`no workspace ${foreign}`);
  return new Set(chosen);
}

/**
 * The chosen agreements with their figures; without a choice those active at `at`.
 * @throws NotFoundError for an agreement that the customer does not have.
 */
export async function readAgreements(
  store: ActivityStore,
  customer: Customer,
  chosen: readonly string[] | undefined,
  asOf: string | undefined,
  at: string,
): Promise<Figures[]> {
  const agreementIds = chosen === undefined ? Object.keys(customer.agreements) : chosen;
  const foreign = agreementIds.find((agreementId) => customer.agreements[agreementId] === undefined);
  if (foreign !== undefined) throw new NotFoundError(`no agreement ${foreign}`);
  const wanted =
    chosen === undefined ? agreementIds.filter((id) => mayBeActive(customer, id, at)) : agreementIds;
  const figures = await Promise.all(
    wanted.map((id) =>
      readFigures(store, ledgerIdOf(customer.customerId, agreementIdSchema.parse(id)), asOf),
    ),
  );
  return figures
    .filter((each) => each !== undefined)
    .filter(({ head }) => chosen !== undefined || (head.terms !== undefined && isWithin(at, head.terms)));
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
  asOf: string | undefined,
): Promise<Figures[]> {
  const unknown = customer.ledgers.filter((agreementId) => customer.agreements[agreementId] === undefined);
  const ledgers = [undefined, ...unknown].map((agreementId) => ledgerIdOf(customer.customerId, agreementId));
  const figures = await Promise.all(ledgers.map((ledgerId) => readFigures(store, ledgerId, asOf)));
  return figures.filter((each) => each !== undefined);
}

/** Every ledger of the customer: each agreement's, also of those that only cases name, and the one of none. */
export function ledgersOf(customer: Customer, agreements: readonly AgreementId[] | undefined) {
  const ids: readonly (AgreementId | undefined)[] = agreements ?? [...customer.ledgers, undefined];
  return ids.map((agreementId) => ledgerIdOf(customer.customerId, agreementId));
}
