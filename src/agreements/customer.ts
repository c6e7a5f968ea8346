/**
 * A customer: what its agreements say of it. Invariant: the newest agreement event (by time, source, id) decides the
 * name, time zone and language, and for each agreement its own summary; the order of arrival does not matter.
 */
import * as z from "zod";
import {
  type AgreementEventData,
  agreementKindSchema,
  languageSchema,
  planSchema,
} from "./agreement-event.ts";
import {
  type AgreementId,
  agreementIdSchema,
  customerIdSchema,
  DEFAULT_WORKSPACE_ID,
  entitlementIdSchema,
  workspaceIdSchema,
} from "./ids.ts";
import { type AgreementFact, compareText } from "./terms.ts";

/** Agreements of one customer. */
export const AGREEMENTS_MAX = 500;

const agreementSummarySchema = z.object({
  asOf: z.string(),
  number: z.string(),
  plan: planSchema,
  kind: agreementKindSchema,
  startDate: z.iso.date(),
  endDate: z.iso.date(),
  servicesAdmin: z.string().optional(),
  accountTeam: z.array(z.object({ email: z.string(), role: z.enum(["csam", "accountCoordinator"]) })),
  entitlementIds: z.array(entitlementIdSchema),
});

export const CUSTOMER_DOCUMENT_ID = "customer";

export const customerSchema = z.object({
  id: z.literal(CUSTOMER_DOCUMENT_ID),
  customerId: customerIdSchema,
  kind: z.literal("customer"),
  /** Counts the changes; what is derived from a customer says which one it saw. */
  revision: z.int().min(1),
  asOf: z.string(),
  name: z.string(),
  timeZone: z.string(),
  language: languageSchema,
  workspaces: z.array(z.object({ workspaceId: workspaceIdSchema, name: z.string() })),
  agreements: z.record(z.string(), agreementSummarySchema),
  /** Everybody who has or had a role here, by e-mail address: also who lost it must be told. */
  people: z.array(z.string()),
  /** Every agreement that has a ledger, in order of first mention. */
  ledgers: z.array(agreementIdSchema),
});
export type Customer = z.infer<typeof customerSchema>;

const DEFAULT_WORKSPACE = { workspaceId: DEFAULT_WORKSPACE_ID, name: "Default workspace" };

/** What an agreement event makes of a customer; the customer itself when the event is not news. */
export function withAgreement(customer: Customer | undefined, fact: AgreementFact): Customer {
  const { data } = fact;
  const asOf = `${fact.time}\n${fact.source}\n${fact.id}`;
  const known = customer?.agreements[data.agreementId];
  const newsOfAgreement = known === undefined || compareText(known.asOf, asOf) < 0;
  const newsOfCustomer = customer === undefined || compareText(customer.asOf, asOf) < 0;
  const ids = entitlementIdsOf(data);
  const isComplete = known !== undefined && ids.every((id) => known.entitlementIds.includes(id));
  if (customer !== undefined && !newsOfAgreement && !newsOfCustomer && isComplete) return customer;
  const profile = newsOfCustomer
    ? { asOf, name: data.customerName, timeZone: data.timeZone, language: data.language }
    : { asOf: customer.asOf, name: customer.name, timeZone: customer.timeZone, language: customer.language };
  const summary = newsOfAgreement ? summaryOf(data, asOf) : known;
  // Also what a newer event left out: it ended, and what was consumed on it can still be opened.
  const entitlementIds = [...new Set([...(known?.entitlementIds ?? []), ...ids])].toSorted(compareText);
  const agreements = { ...customer?.agreements, [data.agreementId]: { ...summary, entitlementIds } };
  return {
    id: CUSTOMER_DOCUMENT_ID,
    customerId: data.customerId,
    kind: "customer",
    revision: (customer?.revision ?? 0) + 1,
    ...profile,
    workspaces: customer?.workspaces ?? [DEFAULT_WORKSPACE],
    agreements,
    people: [...new Set([...(customer?.people ?? []), ...membersOf(agreements)])].toSorted(compareText),
    ledgers: withLedger(customer?.ledgers ?? [], data.agreementId),
  };
}

export function withLedger(ledgers: readonly AgreementId[], agreementId: AgreementId): AgreementId[] {
  return ledgers.includes(agreementId) ? [...ledgers] : [...ledgers, agreementId];
}

function summaryOf(data: AgreementEventData, asOf: string): Customer["agreements"][string] {
  return {
    asOf,
    number: data.number,
    plan: data.plan,
    kind: data.kind,
    startDate: data.startDate,
    endDate: data.endDate,
    ...(data.servicesAdmin === undefined ? {} : { servicesAdmin: data.servicesAdmin.email }),
    accountTeam: data.accountTeam.map(({ email, role }) => ({ email, role })),
    entitlementIds: entitlementIdsOf(data),
  };
}

const entitlementIdsOf = ({ packages }: AgreementEventData) =>
  packages.flatMap((item) => item.entitlements.map((each) => each.entitlementId));

/** An entitlement id of this event that another agreement of the customer has: `/entitlements/{id}` needs one meaning. */
export function entitlementInUse(
  customer: Customer | undefined,
  data: AgreementEventData,
): string | undefined {
  const others = Object.entries(customer?.agreements ?? {}).filter(([id]) => id !== data.agreementId);
  const taken = new Set<string>(others.flatMap(([, agreement]) => agreement.entitlementIds));
  return entitlementIdsOf(data).find((id) => taken.has(id));
}

export type CustomerRole = "servicesAdmin" | "csam" | "accountCoordinator";

type Agreements = Customer["agreements"];

const membersOf = (agreements: Agreements): readonly string[] => [...currentRoles(agreements).keys()];

/** Who has which role at the customer now, by lower-case e-mail address; nobody who had one is left out. */
export function rolesByEmail(customer: Customer): ReadonlyMap<string, readonly CustomerRole[]> {
  const roles = currentRoles(customer.agreements);
  return new Map(customer.people.map((email) => [email, [...(roles.get(email) ?? [])].toSorted()]));
}

function currentRoles(agreements: Agreements): Map<string, Set<CustomerRole>> {
  const roles = new Map<string, Set<CustomerRole>>();
  const add = (email: string, role: CustomerRole): void => {
    roles.set(email, (roles.get(email) ?? new Set()).add(role));
  };
  for (const agreement of Object.values(agreements)) {
    if (agreement.servicesAdmin !== undefined) add(agreement.servicesAdmin, "servicesAdmin");
    for (const { email, role } of agreement.accountTeam) add(email, role);
  }
  return roles;
}
