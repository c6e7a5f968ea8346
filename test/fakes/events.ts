/** Events for tests, small and readable: an agreement with one entitlement of each kind, deliveries, reversals. */

type Json = Record<string, unknown>;

export const CUSTOMER = "cust-t";
export const AGREEMENT = "agr-t-base";

export function agreementEvent(overrides: Json = {}, envelope: Json = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id: "agr-t-base-activated",
    source: "/contracts",
    type: "support.agreement.activated.v1",
    time: "2026-01-01T00:00:00Z",
    ...envelope,
    data: {
      customerId: CUSTOMER,
      customerName: "Customer T",
      timeZone: "Europe/Madrid",
      language: "es",
      agreementId: AGREEMENT,
      number: "T-2026-001",
      plan: "unified",
      kind: "base",
      startDate: "2026-01-01",
      endDate: "2026-12-31",
      servicesAdmin: { name: "Admin T", email: "admin@cust-t.example" },
      supportContacts: [{ name: "Contact T", email: "contact@cust-t.example" }],
      accountTeam: [{ email: "csam@provider.example", role: "csam" }],
      packages: [basePackage()],
      ...overrides,
    },
  });
}

export function basePackage(overrides: Json = {}): Json {
  return {
    packageId: "pkg-base",
    name: "Unified Performance",
    section: "enterpriseWide",
    startDate: "2026-01-01",
    endDate: "2026-12-31",
    entitlements: [
      entitlement("ent-prs", "problemResolution", { allowance: null }),
      entitlement("ent-adv", "advisory", { allowance: 600 }),
      entitlement("ent-pro", "proactive", { allowance: 4_800 }),
      entitlement("ent-crd", "proactiveCredits", { unit: "credits", allowance: 50 }),
      { entitlementId: "ent-sdm", name: "Service delivery management", service: "other", class: "benefit" },
    ],
    ...overrides,
  };
}

export function entitlement(entitlementId: string, service: string, overrides: Json = {}): Json {
  return {
    entitlementId,
    name: entitlementId,
    service,
    class: "consumable",
    unit: "minutes",
    allowance: 600,
    ...overrides,
  };
}

export function deliveryEvent(id: string, overrides: Json = {}, envelope: Json = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/servicedesk",
    type: "support.delivery.recorded.v1",
    time: "2026-03-01T09:15:00Z",
    ...envelope,
    data: {
      customerId: CUSTOMER,
      agreementId: AGREEMENT,
      packageId: "pkg-base",
      entitlementId: "ent-adv",
      service: "advisory",
      quantity: 15,
      unit: "minutes",
      deliveredAt: "2026-03-01T09:15:00Z",
      request: {
        number: `CASE-${id}`,
        title: "A question",
        severity: "moderate",
        status: "open",
        category: null,
      },
      ...overrides,
    },
  });
}

export function reversalEvent(
  id: string,
  reverses: string,
  overrides: Json = {},
  envelope: Json = {},
): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/servicedesk",
    type: "support.delivery.reversed.v1",
    time: "2026-03-05T08:00:00Z",
    ...envelope,
    data: {
      customerId: CUSTOMER,
      agreementId: AGREEMENT,
      reverses: { source: "/servicedesk", id: reverses },
      reason: "booked twice",
      ...overrides,
    },
  });
}

/** How a request of the support desk stands now. */
export function upsertedEvent(id: string, overrides: Json = {}, envelope: Json = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/servicedesk",
    type: "support.request.upserted.v1",
    time: "2026-03-01T10:00:00Z",
    ...envelope,
    data: {
      customerId: CUSTOMER,
      number: "INC0000001",
      title: "Backups fail",
      severity: "moderate",
      status: "open",
      openedAt: "2026-03-01T09:00:00Z",
      ...overrides,
    },
  });
}

/** One e-mail of a request. */
export function communicatedEvent(id: string, overrides: Json = {}, envelope: Json = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/servicedesk",
    type: "support.request.communicated.v1",
    time: "2026-03-01T11:00:00Z",
    ...envelope,
    data: {
      customerId: CUSTOMER,
      number: "INC0000001",
      direction: "outbound",
      from: "Desk <desk@provider.example>",
      to: ["contact@cust-t.example"],
      subject: "Your request",
      body: "We look into it.",
      sentAt: "2026-03-01T11:00:00Z",
      ...overrides,
    },
  });
}
