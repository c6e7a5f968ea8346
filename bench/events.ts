/** Generated events of one customer: the demo's base agreement, and any number of deliveries in its year. */
import { adminOf, baseAgreement, demoCustomers } from "../local/demo/customers.ts";

/** The agreement year is then the calendar year 2026; its add-on package begins in April. */
const TODAY = "2026-10-20";
export const NOW = "2026-12-31T12:00:00.000Z";

const [customer] = demoCustomers;
if (customer === undefined) throw new Error("the demo has no customer");
const agreement = baseAgreement(customer, TODAY);
export const AGREEMENT_DATA: unknown = agreement;
export const CUSTOMER = agreement.customerId;
export const AGREEMENT = agreement.agreementId;
export const ADMIN_EMAIL = adminOf(customer);

export type Target = {
  readonly entitlementId: string;
  readonly service: string;
  readonly unit: string;
  /** Of 2026, 1 to 12. */
  readonly month: number;
  /** A code that makes an additional case of each delivery. */
  readonly category?: string;
};

const lines = [
  { suffix: "prs", service: "problemResolution", unit: "minutes", firstMonth: 1 },
  { suffix: "adv", service: "advisory", unit: "minutes", firstMonth: 1 },
  { suffix: "pro", service: "proactive", unit: "minutes", firstMonth: 1 },
  { suffix: "edu", service: "education", unit: "activities", firstMonth: 1 },
  { suffix: "ass", service: "assessment", unit: "executions", firstMonth: 1 },
  { suffix: "crd", service: "proactiveCredits", unit: "credits", firstMonth: 4 },
] as const;

/** Every entitlement that is delivered on, in every month in which its package runs. */
export const targets: readonly Target[] = lines.flatMap(({ suffix, service, unit, firstMonth }) =>
  Array.from({ length: 13 - firstMonth }, (_, index) => ({
    entitlementId: `ent-${customer.key}-${suffix}`,
    service,
    unit,
    month: firstMonth + index,
  })),
);

/** Cases that count on no entitlement, in every month: with ids and numbers of their own. */
export const additionalTargets: readonly Target[] = targets
  .filter(({ service }) => service === "problemResolution")
  .map((target) => ({ ...target, entitlementId: `${target.entitlementId}-additional`, category: "SU" }));

/** @throws RangeError when there is no such entitlement in that month. */
export function targetOf(service: string, month: number): Target {
  const found = targets.find((target) => target.service === service && target.month === month);
  if (found === undefined) throw new RangeError(`no ${service} in month ${month}`);
  return found;
}

export function agreementEvent(): string {
  return event(
    "/contracts",
    `${AGREEMENT}-activated`,
    "support.agreement.activated.v1",
    "2026-01-01T00:00:00Z",
    agreement,
  );
}

const DAYS = 28;
const MINUTES = 24 * 60;

/** The `index`-th delivery on a target: its day and time follow from it, so that all days are used alike. */
export function deliveryEvent(
  { entitlementId, service, unit, month, category }: Target,
  index: number,
): string {
  const day = (index % DAYS) + 1;
  const minute = (index * 37) % MINUTES;
  const time = new Date(Date.UTC(2026, month - 1, day, 0, minute)).toISOString();
  const number = `${entitlementId}-${month}-${Math.floor(index / 4)}`;
  return event(
    "/servicedesk",
    deliveryId({ entitlementId, month }, index),
    "support.delivery.recorded.v1",
    time,
    {
      customerId: CUSTOMER,
      agreementId: AGREEMENT,
      entitlementId,
      service,
      quantity: unit === "minutes" ? 15 : 1,
      unit,
      deliveredAt: time,
      request: {
        number,
        title: "Replication stopped",
        product: "Windows Server",
        severity: "moderate",
        status: "closed",
        category: category ?? null,
        openedAt: time,
        closedAt: time,
        primaryContact: "Contact 1",
      },
    },
  );
}

export function reversalEvent(target: Target, index: number): string {
  return event("/servicedesk", `reversed-${deliveryId(target, index)}`, "support.delivery.reversed.v1", NOW, {
    customerId: CUSTOMER,
    agreementId: AGREEMENT,
    reverses: { source: "/servicedesk", id: deliveryId(target, index) },
    reason: "booked twice",
  });
}

const deliveryId = (
  { entitlementId, month }: Pick<Target, "entitlementId" | "month">,
  index: number,
): string => `${entitlementId}-${month}-${index}`;

function event(source: string, id: string, type: string, time: string, data: object): string {
  const datacontenttype = "application/json";
  return JSON.stringify({ specversion: "1.0", id, source, type, time, datacontenttype, data });
}
