/**
 * A customer: what its agreements say of it. Invariant: the newest agreement event (by time, source, id) decides the
 * name, time zone and language, and for each agreement its own summary; the order of arrival does not matter.
 */
import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import {
  type AgreementEventData,
  accountTeamRoleSchema,
  agreementKindSchema,
  languageSchema,
  planSchema,
  sectionSchema,
} from "./agreement-event.ts";
import {
  type AgreementId,
  agreementIdSchema,
  customerIdSchema,
  entitlementIdSchema,
  packageIdSchema,
} from "./ids.ts";
import { type AgreementFact, compareText } from "./terms.ts";
import { defaultWorkspace, linkOf, workspaceSchema } from "./workspace.ts";

/** Agreements of one customer. */
export const AGREEMENTS_MAX = 500;
/** Of a customer's document, well under the 2 MB that the store takes. */
export const CUSTOMER_BYTES_MAX = 1_500_000;

const agreementSummarySchema = z.object({
  asOf: z.string(),
  number: z.string(),
  plan: planSchema,
  kind: agreementKindSchema,
  startDate: z.iso.date(),
  endDate: z.iso.date(),
  servicesAdmin: z.string().optional(),
  accountTeam: z.array(z.object({ email: z.string(), role: accountTeamRoleSchema })),
  entitlementIds: z.array(entitlementIdSchema),
  packages: z.array(
    z.object({
      packageId: packageIdSchema,
      section: sectionSchema,
      startDate: z.iso.date(),
      endDate: z.iso.date(),
      /** People that may be support contacts under it (WS-08): null for any number, absent where it is not about them. */
      supportContacts: z.int().nullable().optional(),
    }),
  ),
});
export type AgreementSummary = z.infer<typeof agreementSummarySchema>;

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
  /** The time zone changed, and not all that is counted in it is known to be counted anew; since when somebody does so. */
  zoneChange: z.object({ seenAt: z.iso.datetime().nullable() }).optional(),
  language: languageSchema,
  workspaces: z.array(workspaceSchema),
  agreements: z.record(z.string(), agreementSummarySchema),
  /** Every agreement that has a ledger, in order of first mention. */
  ledgers: z.array(agreementIdSchema),
});
export type Customer = z.infer<typeof customerSchema>;

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
  const hasMoved = customer !== undefined && profile.timeZone !== customer.timeZone;
  const zoneChange = hasMoved ? { seenAt: null } : customer?.zoneChange;
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
    ...(zoneChange === undefined ? {} : { zoneChange }),
    workspaces: customer?.workspaces ?? [defaultWorkspace],
    agreements,
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
    packages: data.packages.map(({ packageId, section, startDate, endDate, entitlements }) => {
      const contacts = supportContactsOf(entitlements);
      return {
        packageId,
        section,
        startDate,
        endDate,
        ...(contacts === undefined ? {} : { supportContacts: contacts }),
      };
    }),
  };
}

/** The sum of a package's allowances; null where one of them is unmetered, undefined where there is none. */
function supportContactsOf(
  entitlements: AgreementEventData["packages"][number]["entitlements"],
): number | null | undefined {
  let sum: number | null | undefined;
  for (const each of entitlements) {
    if (each.class !== "consumable" || each.service !== "supportContacts") continue;
    const amount = each.grants?.reduce((total, grant) => total + grant.amount, 0) ?? each.allowance ?? null;
    sum = amount === null || sum === null ? null : (sum ?? 0) + amount;
  }
  return sum;
}

/** What one package lets people be support contacts: a number, or null for any number. */
export type SupportContactSeats = {
  readonly agreementId: string;
  readonly packageId: string;
  readonly allowed: number | null;
};

/**
 * The seats for support contacts on that day (`YYYY-MM-DD`, in the customer's time zone): those of every package that runs
 * then and applies somewhere. On a day without any they are those of the packages that ended last, or else of the first to
 * come: nobody is a contact without a seat, and nobody loses one over night. The agreement that began first comes first,
 * then the order of its packages.
 */
export function supportContactSeats(
  customer: Pick<Customer, "agreements" | "workspaces">,
  day: string,
): SupportContactSeats[] {
  const packages = packagesWithSeats(customer);
  const running = packages.filter(({ startDate, endDate }) => day >= startDate && day <= endDate);
  const lastEnd = packages
    .map(({ endDate }) => endDate)
    .filter((endDate) => endDate < day)
    .toSorted()
    .at(-1);
  const firstStart = packages.map(({ startDate }) => startDate).toSorted()[0];
  const chosen =
    running.length > 0
      ? running
      : packages.filter(({ startDate, endDate }) =>
          lastEnd === undefined ? startDate === firstStart : endDate === lastEnd,
        );
  return chosen.map(({ agreementId, packageId, allowed }) => ({ agreementId, packageId, allowed }));
}

function packagesWithSeats({ agreements, workspaces }: Pick<Customer, "agreements" | "workspaces">) {
  const inOrder = Object.entries(agreements).toSorted(
    ([leftId, left], [rightId, right]) =>
      compareText(left.startDate, right.startDate) || compareText(leftId, rightId),
  );
  return inOrder.flatMap(([agreementId, agreement]) => {
    const linked = new Set(
      workspaces.flatMap((workspace) => linkOf(workspace, agreementId, agreement).packageIds),
    );
    return agreement.packages.flatMap((item) => {
      const { packageId, section, supportContacts: allowed } = item;
      if (allowed === undefined || (section === "addOn" && !linked.has(packageId))) return [];
      // A package has no time outside of its agreement.
      const startDate = item.startDate > agreement.startDate ? item.startDate : agreement.startDate;
      const endDate = item.endDate < agreement.endDate ? item.endDate : agreement.endDate;
      return startDate > endDate ? [] : [{ agreementId, packageId, startDate, endDate, allowed }];
    });
  });
}

/**
 * How many people may be support contacts on that day. Undefined where nothing limits them: no package speaks of them, or
 * one does without a number.
 */
export function supportContactsAllowed(
  customer: Pick<Customer, "agreements" | "workspaces">,
  day: string,
): number | undefined {
  let sum: number | undefined;
  for (const { allowed } of supportContactSeats(customer, day)) {
    if (allowed === null) return undefined;
    sum = (sum ?? 0) + allowed;
  }
  return sum;
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

/**
 * When an agreement stops giving a role to those whom it names: when it is over and a later one, which names somebody in
 * that role, has begun. Undefined while nobody came after them: somebody must be able to look into what was.
 */
export function roleEndsAt(
  { agreements, timeZone }: Pick<Customer, "agreements" | "timeZone">,
  agreementId: string,
  isNamed: (agreement: AgreementSummary) => boolean,
): string | undefined {
  const own = agreements[agreementId];
  const later = Object.values(agreements).filter(
    (each) => own !== undefined && each.endDate > own.endDate && isNamed(each),
  );
  const [firstStart] = later.map(({ startDate }) => startDate).toSorted();
  if (own === undefined || firstStart === undefined) return undefined;
  const dayAfter = Temporal.PlainDate.from(own.endDate).add({ days: 1 }).toString();
  return startOfDay(dayAfter > firstStart ? dayAfter : firstStart, timeZone);
}

const startOfDay = (day: string, timeZone: string): string =>
  new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds).toISOString();

/** Addresses that an agreement gives a role at the customer, as the event and as the summary before it name them. */
export function namedByAgreement(
  before: Customer | undefined,
  { agreementId, servicesAdmin, accountTeam }: AgreementEventData,
): readonly string[] {
  const known = before?.agreements[agreementId];
  const named = [
    servicesAdmin?.email,
    known?.servicesAdmin,
    ...accountTeam.map(({ email }) => email),
    ...(known?.accountTeam.map(({ email }) => email) ?? []),
  ];
  return [...new Set(named.filter((email) => email !== undefined))];
}
