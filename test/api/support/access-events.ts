/** What the contract system and the service desk say of the customers A and B. */
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../../fakes/events.ts";
import { people, WORD } from "./access-people.ts";

/** In force whenever the tests run. */
const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };

/** Ids of B hold a word of their own: what a caller sent is told from what it learnt. */
export const ID = {
  a: { customerId: "cust-a", agreementId: "agr-a-base", packageId: "pkg-a-base", addOnId: "pkg-a-plus" },
  /** Linked to none of A's workspaces. */
  wholeOfA: { agreementId: "agr-a-whole", packageId: "pkg-a-whole", entitlementId: "ent-a-whole" },
  b: {
    customerId: "cust-qmzvkxb",
    agreementId: "agr-qmzvkxb-base",
    packageId: "pkg-qmzvkxb-base",
    addOnId: "pkg-qmzvkxb-plus",
  },
} as const;
/** In minutes: what is delivered to A in all, and to B, crosses a threshold that there is a notice of. */
const ALLOWANCE = { a: 100, b: 50 } as const;
export const ENTITLEMENT = { a: "ent-a-adv", b: "ent-qmzvkxb-adv" } as const;

export type CustomerKey = "a" | "b";

export const agreements: readonly string[] = [
  baseAgreement("a", "Amberfox", people.servicesAdminOfA.email, people.contactOfA.email, [
    { email: people.csamOfA.email, role: "csam" },
    { email: people.coordinatorOfA.email, role: "accountCoordinator" },
  ]),
  baseAgreement("b", WORD.b, people.adminOfB.email, `contact@${WORD.b}.example`, [
    { email: people.csamOfB.email, role: "csam" },
  ]),
  agreementEvent(
    {
      ...PERIOD,
      customerId: ID.a.customerId,
      customerName: "Amberfox",
      agreementId: ID.wholeOfA.agreementId,
      number: `${WORD.wholeOfA}-1`,
      kind: "addOn",
      servicesAdmin: undefined,
      supportContacts: [],
      accountTeam: [],
      packages: [
        basePackage({
          ...PERIOD,
          packageId: ID.wholeOfA.packageId,
          name: WORD.wholeOfA,
          section: "addOn",
          entitlements: [entitlement(ID.wholeOfA.entitlementId, "proactive", { name: WORD.wholeOfA })],
        }),
      ],
    },
    { id: "activated-whole" },
  ),
];

function baseAgreement(
  of: CustomerKey,
  customerName: string,
  admin: string,
  contact: string,
  accountTeam: readonly unknown[],
): string {
  const word = of === "a" ? "Amberfox" : WORD.b;
  const { addOnId, packageId, ...names } = ID[of];
  return agreementEvent(
    {
      ...PERIOD,
      ...names,
      customerName,
      number: `${word}-1`,
      servicesAdmin: { name: "Admin", email: admin },
      supportContacts: [{ name: "Contact", email: contact }],
      accountTeam,
      packages: [
        basePackage({
          ...PERIOD,
          packageId,
          name: word,
          entitlements: [
            entitlement(ENTITLEMENT[of], "advisory", {
              name: word,
              description: word,
              allowance: ALLOWANCE[of],
            }),
          ],
        }),
        basePackage({ ...PERIOD, packageId: addOnId, name: word, section: "addOn", entitlements: [] }),
      ],
    },
    { id: `activated-${of}` },
  );
}

type Where = { readonly of: CustomerKey; readonly workspaceId?: string; readonly word: string };

/** On the entitlement, as an additional case, and one that is rejected for its unit. */
export function deliveriesTo({ of, workspaceId, word }: Where): readonly string[] {
  const { customerId, agreementId, packageId } = ID[of];
  const names = { customerId, agreementId, packageId, entitlementId: ENTITLEMENT[of], workspaceId };
  const request = { title: `Question of ${word}`, product: word, primaryContact: `asker@${word}.example` };
  return [
    ...[1, 2, 3].map((n) =>
      deliveryEvent(`delivered-${word}-${n}`, {
        ...names,
        request: { ...request, number: `${word}-${n}`, status: "open", severity: "moderate" },
      }),
    ),
    ...[1, 2].map((n) =>
      deliveryEvent(`additional-${word}-${n}`, {
        ...names,
        request: { ...request, number: `extra-${word}-${n}`, category: "SU" },
      }),
    ),
    deliveryEvent(`wrong-${word}`, { ...names, unit: "credits" }),
  ];
}
