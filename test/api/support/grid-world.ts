/** A customer with an entitlement of every kind of grid, and what was delivered on each: some of it taken back. */
import {
  agreementEvent,
  basePackage,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../../fakes/events.ts";
import { seededRandom } from "../../fakes/random.ts";

/** In force whenever the tests run. */
const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const ALLOWED_CONTACTS = 5;
export const CREDITS = 60;
const DELIVERIES = 40;

const lines = [
  { entitlementId: "ent-prs", service: "problemResolution", unit: "minutes", allowance: null },
  { entitlementId: "ent-pro", service: "proactive", unit: "minutes", allowance: 4_800 },
  { entitlementId: "ent-edu", service: "education", unit: "activities", allowance: 500 },
  { entitlementId: "ent-ass", service: "assessment", unit: "executions", allowance: 500 },
  { entitlementId: "ent-crd", service: "proactiveCredits", unit: "credits", allowance: CREDITS },
  { entitlementId: "ent-oth", service: "other", unit: "executions", allowance: 10 },
] as const;
type Service = (typeof lines)[number]["service"];

export const agreement = agreementEvent({
  ...PERIOD,
  supportContacts: [
    { name: "Zoë Contact", email: "zoe@cust-t.example" },
    { name: "Adam Contact", email: "adam@cust-t.example" },
  ],
  packages: [
    basePackage({
      ...PERIOD,
      entitlements: [
        ...lines.map(({ entitlementId, service, unit, allowance }) =>
          entitlement(entitlementId, service, { unit, allowance }),
        ),
        entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: ALLOWED_CONTACTS }),
      ],
    }),
  ],
});

const random = seededRandom(20_261_120);
const products: readonly [string, ...(string | undefined)[]] = [
  "Windows Server",
  "SQL Server",
  "żółw",
  undefined,
];
const titles: readonly [string, ...(string | undefined)[]] = [
  "Replication stopped",
  "Éxito a medias",
  "'quoted' \"title\"",
  "100 % _done_",
  undefined,
];

function detailOf(service: Service, index: number): Record<string, unknown> {
  if (service === "education") {
    return {
      learner: random.pick(["Łucja", "Ana", "bruno"]),
      activityTitle: random.pick(["Azure basics", "SQL tuning"]),
      format: random.pick(["onDemand", "instructorLed"]),
      level: random.pick(["100", "200", "300"]),
      language: random.pick(["es", "pl", "it", "en"]),
      startedAt: `2026-03-0${1 + (index % 9)}T10:00:00+02:00`,
      ...(index % 3 === 0 ? { completedAt: "no time at all" } : { completedAt: "2026-04-01T10:00:00Z" }),
    };
  }
  if (service === "assessment") {
    return {
      assessment: random.pick(["Active Directory", "SQL Server"]),
      technology: random.pick(["AD", "SQL"]),
      status: random.pick(["running", "done"]),
      requestedBy: random.pick<unknown>(["Ana", 7, undefined]),
    };
  }
  return {
    engagement: random.pick(["Health check", "Workshop", "Upgrade"]),
    status: random.pick(["scheduled", "delivered"]),
    scheduledMinutes: 6_000,
  };
}

function requestOf(service: Service, index: number): Record<string, unknown> | undefined {
  if (service === "problemResolution" || (service === "proactive" && index % 2 === 0)) {
    return {
      number: `INC${String(random.below(9)).padStart(4, "0")}`,
      title: random.pick(titles),
      product: random.pick(products),
      severity: random.pick(["critical", "moderate", "minimal", null]),
      status: random.pick(["open", "attentionNeeded", "closed"]),
      openedAt: `2026-0${1 + (index % 3)}-1${index % 10}T08:00:00Z`,
      ...(index % 4 === 0 ? {} : { closedAt: "2026-05-05T08:00:00Z" }),
      primaryContact: random.pick(["Zoë Contact", "Adam Contact", null]),
    };
  }
  return undefined;
}

type Delivered = { readonly id: string; readonly line: (typeof lines)[number]; readonly body: string };

/** On a few instants, many of which are shared. */
function deliveredOn(line: (typeof lines)[number], index: number): Delivered {
  const id = `${line.entitlementId}-${index}`;
  const { entitlementId, service, unit } = line;
  const body = deliveryEvent(id, {
    entitlementId,
    service,
    unit,
    quantity: 1 + random.below(5),
    deliveredAt: `2026-0${2 + random.below(3)}-${random.pick(["01", "02", "28"])}T1${random.below(3)}:00:00Z`,
    request: requestOf(service, index),
    detail: service === "problemResolution" ? undefined : detailOf(service, index),
  });
  return { id, line, body };
}

const delivered = lines.flatMap((line) =>
  Array.from({ length: DELIVERIES }, (_, index) => deliveredOn(line, index)),
);

/** Every fifth is taken back, whole or by one. */
const reversals = delivered
  .filter((_, index) => index % 5 === 0)
  .map(({ id, line }, index) => {
    const all = { entitlementId: line.entitlementId };
    return reversalEvent(`back-${id}`, id, index % 2 === 0 ? { ...all, quantity: 1 } : all);
  });

export const events: readonly string[] = [...delivered.map(({ body }) => body), ...reversals];
export const ROWS_OF_EACH = DELIVERIES + DELIVERIES / 5;
export const grids = [
  { entitlementId: "ent-prs", grid: "cases" },
  { entitlementId: "ent-pro", grid: "cases" },
  { entitlementId: "ent-edu", grid: "education" },
  { entitlementId: "ent-ass", grid: "assessments" },
  { entitlementId: "ent-crd", grid: "credits" },
  { entitlementId: "ent-oth", grid: "other" },
] as const;
