/**
 * Who gets what from which endpoint, written down by hand and not derived from the contracts: a contract that is too
 * open is to be seen here. Whoever is not named gets 401 without a valid token and 404 with one.
 */
import type { Caller, Named, Target } from "./access-world.ts";
import { callers, persons } from "./access-world.ts";
import type { Ask } from "./running-api.ts";

export type Expectation = {
  /** What those get who may. */
  readonly status: number;
  readonly request: (named: Named) => Ask;
  readonly open: Readonly<Record<Target, readonly Caller[]>>;
  /** Whether the answer depends on the customer that is named. */
  readonly isAboutCustomer: boolean;
};

const OF_A: readonly Caller[] = ["adminOfA", "csamOfA", "coordinatorOfA"];
const OF_B: readonly Caller[] = ["adminOfB"];

/** For whoever belongs to the customer. */
function customer(request: Expectation["request"], status = 200): Expectation {
  return { status, request, open: { a: OF_A, b: OF_B, absent: [] }, isAboutCustomer: true };
}

/** The same for whatever customer, for these callers. */
function service(who: readonly Caller[], request: Ask, status = 200): Expectation {
  return {
    status,
    request: () => request,
    open: { a: who, b: who, absent: who },
    isAboutCustomer: false,
  };
}

const get =
  (path: (named: Named) => string) =>
  (named: Named): Ask => ({ path: path(named) });
const post = (path: string, json: unknown): Ask => ({ method: "POST", path, json });

/** By the name of the endpoint's contract. */
export const expectations: Readonly<Record<string, Expectation>> = {
  postEvents: service(["upstream"], post("events", [{ id: "not an event" }]), 202),
  getEventOutcomes: service(["upstream"], post("events/outcomes", { receipts: ["none"] })),
  listRejectedEvents: service(["upstream", "csamOfA", "coordinatorOfA"], { path: "rejectedEvents" }),
  replayRejectedEvent: {
    status: 200,
    request: ({ rejectedEventId }) => ({ method: "POST", path: `rejectedEvents/${rejectedEventId}/replay` }),
    open: { a: ["upstream", "csamOfA", "coordinatorOfA"], b: ["upstream"], absent: [] },
    isAboutCustomer: true,
  },
  getMe: service(persons, { path: "me" }),
  listCustomers: service(persons, { path: "customers" }),
  getCustomer: customer(get(({ customerId }) => `customers/${customerId}`)),
  getActivity: customer(get(({ customerId }) => `customers/${customerId}/activity`)),
  getEntitlement: customer(
    get(({ customerId, entitlementId }) => `customers/${customerId}/entitlements/${entitlementId}`),
  ),
  listEntitlementRows: customer(
    get(({ customerId, entitlementId }) => `customers/${customerId}/entitlements/${entitlementId}/rows`),
  ),
  listAdditionalCases: customer(get(({ customerId }) => `customers/${customerId}/additionalCases`)),
  requestReport: customer(
    ({ customerId, agreementId }) =>
      post(`customers/${customerId}/reports`, { agreementId, period: { month: "2026-03" } }),
    202,
  ),
  listReports: customer(get(({ customerId }) => `customers/${customerId}/reports`)),
  getReport: customer(get(({ customerId, reportId }) => `customers/${customerId}/reports/${reportId}`)),
  downloadReport: customer(
    get(({ customerId, reportId }) => `customers/${customerId}/reports/${reportId}/files/csv`),
    302,
  ),
  listAuditEntries: customer(get(({ customerId }) => `customers/${customerId}/auditEntries`)),
  getHealth: service(callers, { path: "health" }),
  getOpenApi: service(callers, { path: "openapi.json" }),
  showDocs: service(callers, { path: "docs" }),
  getDocsAsset: service(callers, { path: "docs/assets/start" }),
};
