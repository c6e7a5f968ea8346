/** Three invented customers, with agreements that are running on the day the demo is started. */

export type DemoCustomer = {
  readonly key: string;
  readonly name: string;
  readonly timeZone: string;
  readonly language: "es" | "pl" | "it";
  readonly plan: "unified" | "premier";
  readonly contacts: number;
};

export const demoCustomers: readonly DemoCustomer[] = [
  {
    key: "olivar",
    name: "Textiles Olivar",
    timeZone: "Europe/Madrid",
    language: "es",
    plan: "unified",
    contacts: 4,
  },
  {
    key: "narew",
    name: "Narew Logistyka",
    timeZone: "Europe/Warsaw",
    language: "pl",
    plan: "premier",
    contacts: 3,
  },
  {
    key: "lario",
    name: "Alimentari Lario",
    timeZone: "Europe/Rome",
    language: "it",
    plan: "unified",
    contacts: 6,
  },
];

export const DEMO_CSAM = "csam@provider.example";
export const adminOf = ({ key }: DemoCustomer): string => `admin@${key}.example`;

/** First and last day of an agreement year that began `months` months before `today` (`YYYY-MM-DD`). */
function agreementYear(
  today: string,
  months: number,
): { readonly startDate: string; readonly endDate: string } {
  const start = new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 1 - months, 1));
  const end = new Date(Date.UTC(start.getUTCFullYear() + 1, start.getUTCMonth(), 0));
  return { startDate: dayOf(start), endDate: dayOf(end) };
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

const consumable = (
  key: string,
  id: string,
  name: string,
  service: string,
  unit: string,
  allowance: number | null,
) => ({
  entitlementId: `ent-${key}-${id}`,
  name,
  description: `${name} of the agreement`,
  service,
  class: "consumable",
  unit,
  allowance,
});

/** The base agreement: enterprise-wide services, benefits, and an add-on package that ends sooner. */
export function baseAgreement(customer: DemoCustomer, today: string) {
  const { key } = customer;
  const year = agreementYear(today, 9);
  return {
    ...header(customer, `agr-${key}-base`, "base", year),
    packages: [
      {
        packageId: `pkg-${key}-base`,
        name: customer.plan === "unified" ? "Unified Performance" : "Premier Standard",
        section: "enterpriseWide",
        ...year,
        entitlements: [
          consumable(key, "prs", "Problem Resolution Support", "problemResolution", "minutes", null),
          consumable(key, "adv", "Advisory Support", "advisory", "minutes", 3_000),
          consumable(key, "pro", "Built-in proactive services", "proactive", "minutes", 4_800),
          consumable(key, "edu", "On-demand education", "education", "activities", null),
          consumable(key, "ass", "On-demand assessment", "assessment", "executions", 2),
          consumable(key, "con", "Support contacts", "supportContacts", "contacts", 20),
          {
            entitlementId: `ent-${key}-sdm`,
            name: "Service delivery management",
            service: "other",
            class: "benefit",
            actionUrl: "https://example.com/service-delivery",
          },
        ],
      },
      {
        packageId: `pkg-${key}-credits`,
        name: "Proactive credits",
        section: "addOn",
        ...agreementYear(today, 6),
        entitlements: [consumable(key, "crd", "Proactive credits", "proactiveCredits", "credits", 50)],
      },
    ],
  };
}

/** A second agreement, an add-on: one engineer for part of the year. */
export function engineerAgreement(customer: DemoCustomer, today: string) {
  const { key } = customer;
  const year = agreementYear(today, 4);
  const entitlement = consumable(
    key,
    "dse",
    "Designated Support Engineering",
    "designatedSupportEngineering",
    "minutes",
    12_000,
  );
  return {
    ...header(customer, `agr-${key}-dse`, "addOn", year),
    packages: [
      {
        packageId: `pkg-${key}-dse`,
        name: "Designated Support Engineering",
        section: "addOn",
        ...year,
        entitlements: [entitlement],
      },
    ],
  };
}

function header(
  customer: DemoCustomer,
  agreementId: string,
  kind: "base" | "addOn",
  year: { readonly startDate: string; readonly endDate: string },
) {
  const { key, name, timeZone, language, plan, contacts } = customer;
  return {
    customerId: `cust-${key}`,
    customerName: name,
    timeZone,
    language,
    agreementId,
    number: `${key.toUpperCase()}-${year.startDate.slice(0, 4)}-${kind === "base" ? "001" : "002"}`,
    plan,
    kind,
    ...year,
    servicesAdmin: { name: `Services admin of ${name}`, email: adminOf(customer) },
    supportContacts: Array.from({ length: contacts }, (_, index) => ({
      name: `Contact ${index + 1}`,
      email: `contact${index + 1}@${key}.example`,
    })),
    accountTeam: [{ email: DEMO_CSAM, name: "Customer success account manager", role: "csam" }],
  };
}
