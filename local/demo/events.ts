/**
 * The demo: a few hundred events of three customers, the same for the same day. They go in through the ingest endpoint
 * like any producer's, also the ones that are meant to be reversed or rejected.
 */
import { baseAgreement, type DemoCustomer, demoCustomers, engineerAgreement } from "./customers.ts";

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 240;
const CASES = 36;

type Json = Readonly<Record<string, unknown>>;
type Draw = (limit: number) => number;

/** @param today `YYYY-MM-DD`. @returns CloudEvents as JSON texts, agreements first. */
export function demoEvents(today: string): string[] {
  return demoCustomers.flatMap((customer, index) => {
    const draw = drawing(index + 1);
    const at = (daysAgo: number, minutes: number): string =>
      new Date(Date.parse(`${today}T08:00:00Z`) - daysAgo * DAY_MS + minutes * 60_000).toISOString();
    return [
      ...[baseAgreement(customer, today), engineerAgreement(customer, today)].map((data) =>
        event(
          "/contracts",
          `${data.agreementId}-activated`,
          "support.agreement.activated.v1",
          `${data.startDate}T00:00:00Z`,
          data,
        ),
      ),
      ...cases(customer, draw, at),
      ...engagements(customer, draw, at),
      ...corrections(customer, at),
    ];
  });
}

/** Cases of the demo's second workspace. */
export function workspaceEvents(today: string, workspaceId: string): string[] {
  const draw = drawing(99);
  return Array.from({ length: 6 }, (_, index) => {
    const daysAgo = draw(60) + 1;
    const openedAt = new Date(Date.parse(`${today}T08:00:00Z`) - daysAgo * DAY_MS).toISOString();
    const number = `NAREW-MAG-${index + 1}`;
    return delivery(`${number}-1`, openedAt, {
      customerId: "cust-narew",
      agreementId: "agr-narew-base",
      packageId: "pkg-narew-base",
      entitlementId: "ent-narew-adv",
      workspaceId,
      service: "advisory",
      quantity: 15 * (draw(6) + 1),
      unit: "minutes",
      request: {
        number,
        title: titles[draw(titles.length)],
        product: products[draw(products.length)],
        severity: "minimal",
        status: "closed",
        category: null,
        openedAt,
        closedAt: openedAt,
        primaryContact: "Ewa Zielińska",
      },
    });
  });
}

const products = ["Windows Server", "Exchange", "SQL Server", "Entra ID", "Azure Networking"];
const titles = [
  "Slow sign-in",
  "Backup fails",
  "Certificate expired",
  "Replication stopped",
  "How to size the cluster",
];

/** Support cases of several deliveries; every ninth is coded and some name no agreement: additional cases. */
function cases(
  customer: DemoCustomer,
  draw: Draw,
  at: (daysAgo: number, minutes: number) => string,
): string[] {
  const { key } = customer;
  return Array.from({ length: CASES }, (_, index) => {
    const service = index % 3 === 0 ? "advisory" : "problemResolution";
    const daysAgo = draw(HISTORY_DAYS) + 1;
    const number = `${key.toUpperCase()}-${String(index + 1).padStart(4, "0")}`;
    const request = {
      number,
      title: titles[draw(titles.length)],
      product: products[draw(products.length)],
      severity: ["critical", "moderate", "minimal"][draw(3)],
      status: daysAgo > 30 ? "closed" : "open",
      category: index % 9 === 8 ? "SU" : null,
      openedAt: at(daysAgo, 0),
      closedAt: daysAgo > 30 ? at(daysAgo - 1, 0) : null,
      primaryContact: `Contact ${draw(customer.contacts) + 1}`,
    };
    const isUnassigned = index % 12 === 11;
    return Array.from({ length: draw(4) + 1 }, (_each, part) =>
      delivery(`${number}-${part + 1}`, at(daysAgo, part * 90), {
        customerId: `cust-${key}`,
        ...(isUnassigned
          ? {}
          : {
              agreementId: `agr-${key}-base`,
              packageId: `pkg-${key}-base`,
              entitlementId: `ent-${key}-${service === "advisory" ? "adv" : "prs"}`,
            }),
        service,
        quantity: 15 * (draw(6) + 1),
        unit: "minutes",
        request,
      }),
    );
  }).flat();
}

/** Everything that is no case: workshops, credits, the engineer's days, learning, an assessment. */
function engagements(
  customer: DemoCustomer,
  draw: Draw,
  at: (daysAgo: number, minutes: number) => string,
): string[] {
  const { key } = customer;
  const of = (kind: string, count: number, data: (index: number) => Json): string[] =>
    Array.from({ length: count }, (_, index) =>
      delivery(`${key}-${kind}-${index + 1}`, at(draw(100) + 1, index), {
        customerId: `cust-${key}`,
        ...data(index),
      }),
    );
  const base = { agreementId: `agr-${key}-base` };
  return [
    ...of("workshop", 5, (index) => ({
      ...base,
      service: "proactive",
      quantity: 120 + 60 * draw(4),
      unit: "minutes",
      detail: { engagement: `Workshop ${index + 1}`, status: "delivered", scheduledMinutes: 480 },
    })),
    ...of("credit", 6, (index) => ({
      ...base,
      service: "proactiveCredits",
      quantity: draw(5) + 1,
      unit: "credits",
      detail: { engagement: `Health check ${index + 1}`, status: "delivered" },
    })),
    ...of("engineer", 12, (index) => ({
      agreementId: `agr-${key}-dse`,
      service: "designatedSupportEngineering",
      quantity: 240,
      unit: "minutes",
      detail: { engagement: `Engineer's day ${index + 1}`, status: "delivered", scheduledMinutes: 480 },
    })),
    ...of("learning", 14, (index) => ({
      ...base,
      service: "education",
      quantity: 1,
      unit: "activities",
      detail: {
        learner: `Learner ${draw(5) + 1}`,
        activityTitle: `Course ${index + 1}`,
        format: "video",
        level: "200",
      },
    })),
    ...of("assessment", 1, () => ({
      ...base,
      service: "assessment",
      quantity: 1,
      unit: "executions",
      detail: { assessment: "Directory health", technology: "Entra ID", status: "completed" },
    })),
  ];
}

/** A delivery that was booked twice and reversed, and one that names an entitlement nobody sold: it is rejected. */
function corrections(customer: DemoCustomer, at: (daysAgo: number, minutes: number) => string): string[] {
  const { key } = customer;
  const base = { customerId: `cust-${key}`, agreementId: `agr-${key}-base` };
  const workshop = { ...base, service: "proactive", quantity: 240, unit: "minutes" };
  return [
    delivery(`${key}-twice`, at(20, 0), {
      ...workshop,
      detail: { engagement: "Booked twice", status: "delivered" },
    }),
    event("/servicedesk", `${key}-twice-reversed`, "support.delivery.reversed.v1", at(19, 0), {
      ...base,
      reverses: { source: "/servicedesk", id: `${key}-twice` },
      reason: "booked twice",
    }),
    delivery(`${key}-unsold`, at(15, 0), { ...workshop, entitlementId: `ent-${key}-unsold` }),
  ];
}

function delivery(id: string, time: string, data: Json): string {
  return event("/servicedesk", id, "support.delivery.recorded.v1", time, { ...data, deliveredAt: time });
}

export function event(source: string, id: string, type: string, time: string, data: Json): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source,
    type,
    time,
    datacontenttype: "application/json",
    data,
  });
}

/** Draws whole numbers below a limit; the same seed draws the same ones (Lehmer's generator). */
function drawing(seed: number): Draw {
  let state = (seed * 48_271) % 2_147_483_647;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}
