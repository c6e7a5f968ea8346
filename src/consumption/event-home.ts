/**
 * Where an event of a customer belongs: the customer must be known, its workspace one of the customer's, and the ledger
 * open. Invariant: a ledger is listed with its customer before anything is in it, so that nothing is ever out of sight.
 */
import type { LRUCache } from "lru-cache";
import { type Customer, withLedger } from "../agreements/customer.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import {
  type AgreementId,
  type CustomerId,
  DEFAULT_WORKSPACE_ID,
  type WorkspaceId,
} from "../agreements/ids.ts";
import type { DeliveryEvent, Rejection, RequestEvent, ReversalEvent } from "./event.ts";
import { ATTEMPTS_MAX, ContentionError } from "./outcome.ts";
import { isCase, refusal } from "./posting.ts";
import { type AgreementAccess, ensureLedger } from "./record-agreements.ts";

/** Ledgers of agreements that only deliveries name, of one customer: most of them are mistyped. */
const UNKNOWN_AGREEMENTS_MAX = 500;

export type HomeAccess = AgreementAccess & {
  readonly customers: Pick<CustomerStore, "read" | "save">;
  /** What this instance last saw; what is missing in it is looked up again before anything is rejected for it. */
  readonly customersSeen: LRUCache<CustomerId, Customer>;
};

type Home = { readonly workspaceId: WorkspaceId } | { readonly rejection: Rejection };

export async function homeOfDelivery(access: HomeAccess, { data }: DeliveryEvent): Promise<Home> {
  const { customerId, agreementId, workspaceId = DEFAULT_WORKSPACE_ID } = data;
  const hasWorkspace = (customer: Customer): boolean =>
    customer.workspaces.some((each) => each.workspaceId === workspaceId);
  const customer = await findCustomer(access, customerId, hasWorkspace);
  if (customer === undefined) return { rejection: unknownCustomer(customerId) };
  if (!hasWorkspace(customer)) return { rejection: unknownWorkspace(workspaceId) };
  if (agreementId === undefined || customer.ledgers.includes(agreementId)) return { workspaceId };
  // Only a case can belong to an agreement that nobody knows: it is an additional case (CA-14).
  if (!isCase(data.service)) return { rejection: unknownAgreement(agreementId) };
  const rejection = await openLedger(access, customer, agreementId);
  return rejection === undefined ? { workspaceId } : { rejection };
}

/** A request may name an agreement that nobody knows, as its deliveries may (CA-14). */
export async function homeOfRequest(
  access: HomeAccess,
  event: RequestEvent,
): Promise<{ readonly customer: Customer } | { readonly rejection: Rejection }> {
  const { customerId } = event.data;
  const workspaceId = event.kind === "requestUpserted" ? event.data.workspaceId : undefined;
  const hasWorkspace = ({ workspaces }: Customer): boolean =>
    workspaceId === undefined || workspaces.some((each) => each.workspaceId === workspaceId);
  const customer = await findCustomer(access, customerId, hasWorkspace);
  if (customer === undefined) return { rejection: unknownCustomer(customerId) };
  if (workspaceId !== undefined && !hasWorkspace(customer))
    return { rejection: unknownWorkspace(workspaceId) };
  return { customer };
}

/** @returns why a reversal has no ledger, undefined when it has. */
export async function homeOfReversal(
  access: HomeAccess,
  { data }: ReversalEvent,
): Promise<Rejection | undefined> {
  const customer = await findCustomer(access, data.customerId, () => true);
  if (customer === undefined) return unknownCustomer(data.customerId);
  return data.agreementId === undefined ? undefined : openLedger(access, customer, data.agreementId);
}

async function findCustomer(
  { customers, customersSeen }: HomeAccess,
  customerId: CustomerId,
  hasWhatIsNeeded: (customer: Customer) => boolean,
): Promise<Customer | undefined> {
  const seen = customersSeen.get(customerId);
  if (seen !== undefined && hasWhatIsNeeded(seen)) return seen;
  const current = (await customers.read(customerId))?.value;
  if (current !== undefined) customersSeen.set(customerId, current);
  return current;
}

async function openLedger(
  access: HomeAccess,
  seen: Customer,
  agreementId: AgreementId,
): Promise<Rejection | undefined> {
  const { customerId } = seen;
  if (seen.ledgers.includes(agreementId)) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const customer = await access.customers.read(customerId);
    if (customer === undefined) return unknownCustomer(customerId);
    const isListed = customer.value.ledgers.includes(agreementId);
    if (!isListed && hasTooManyUnknown(customer.value)) return unknownAgreement(agreementId);
    await ensureLedger(access, customerId, agreementId);
    const next = { ...customer.value, ledgers: withLedger(customer.value.ledgers, agreementId) };
    if (isListed || (await access.customers.save(next, customer.etag))) {
      access.customersSeen.set(customerId, next);
      return undefined;
    }
  }
  throw new ContentionError(`customer ${customerId}`);
}

function hasTooManyUnknown({ ledgers, agreements }: Customer): boolean {
  return ledgers.filter((each) => !Object.hasOwn(agreements, each)).length >= UNKNOWN_AGREEMENTS_MAX;
}

const unknownCustomer = (customerId: CustomerId): Rejection =>
  refusal("unknownCustomer", `customer ${customerId} is not known`, "data.customerId");

const unknownWorkspace = (workspaceId: WorkspaceId): Rejection =>
  refusal("unknownWorkspace", `workspace ${workspaceId} is not one of the customer's`, "data.workspaceId");

const unknownAgreement = (agreementId: AgreementId): Rejection =>
  refusal("unknownAgreement", `agreement ${agreementId} is not known for this customer`, "data.agreementId");
