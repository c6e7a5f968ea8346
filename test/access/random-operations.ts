/** Random things that happen to the directories of two customers: events of their agreements, and what people do. */
import fc from "fast-check";
import { agreementEvent, basePackage, entitlement } from "../fakes/events.ts";
import { customerIdOf } from "./given.ts";
import type { Operation } from "./operations.ts";

const CUSTOMERS = ["cust-t", "cust-u"] as const;
const PEOPLE = [
  "admin@cust.example",
  "ana@cust.example",
  "bea@gmail.com",
  "carl@cust.example",
  "dora@cust.example",
  "csam@provider.example",
] as const;
const [ADMIN, ANA, BEA, CARL, DORA, CSAM] = PEOPLE;

export type Happening = {
  /** Since the one before. */
  readonly days: number;
  readonly what: { readonly event: string } | Operation;
};

/** A package that allows so many support contacts; its agreement lasts longer than any test. */
export const contactsPackage = (allowance: number | null, id = "base") =>
  basePackage({
    packageId: `pkg-${id}`,
    endDate: "2030-12-31",
    entitlements: [entitlement(`ent-contacts-${id}`, "supportContacts", { unit: "contacts", allowance })],
  });

/** The customer's events in order of their times: activated, amended again and again, a second agreement. */
function eventsOf(customerId: string): string[] {
  const base = (time: string, overrides: Record<string, unknown>): string =>
    agreementEvent(
      {
        customerId,
        endDate: "2030-12-31",
        packages: [contactsPackage(2)],
        servicesAdmin: { email: ADMIN },
        supportContacts: [{ email: ANA }, { email: BEA }],
        accountTeam: [{ email: CSAM, role: "csam" }],
        ...overrides,
      },
      { id: `base ${time}`, time },
    );
  return [
    base("2026-01-01T00:00:00Z", {}),
    base("2026-02-01T00:00:00Z", { plan: "premier", servicesAdmin: { email: ANA } }),
    base("2026-03-01T00:00:00Z", {
      plan: "premier",
      accountTeam: [
        { email: CSAM, role: "accountCoordinator" },
        { email: CARL, role: "advocate" },
        { email: BEA, role: "incidentManager" },
      ],
      supportContacts: [{ email: CARL }, { email: ADMIN }, { email: BEA }],
    }),
    base("2026-04-01T00:00:00Z", { plan: "unified", kind: "addOn", accountTeam: [] }),
    agreementEvent(
      {
        customerId,
        agreementId: "agr-t-second",
        plan: "premier",
        endDate: "2030-12-31",
        packages: [contactsPackage(1, "second")],
        servicesAdmin: { email: CARL },
        accountTeam: [{ email: BEA, role: "incidentManager" }],
        supportContacts: [{ email: ADMIN }],
      },
      { id: "second", time: "2026-01-15T00:00:00Z" },
    ),
  ];
}

/** Uneven, so that what is done to one thing often follows what was done to it before. */
const customerId = fc.constantFrom("cust-t", "cust-t", "cust-t", "cust-u").map(customerIdOf);
const workspace = fc.constantFrom("default", "default", "default", "second", "second", "third");
const email = fc.constantFrom(DORA, DORA, DORA, DORA, ANA, BEA, CARL, ADMIN);
const place = { customerId, workspace };
const onMember = { ...place, email };
const roles = fc.subarray(["workspaceAdministrator", "learningManager"] as const);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("invite" as const), ...onMember, roles }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("accept" as const), ...onMember }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom("resend", "revoke", "remove", "switchOn", "switchOff", "switchOn"),
      ...onMember,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      ...onMember,
      patch: fc.record(
        { roles, permissions: fc.subarray(["customerActivity", "inviteUsers"] as const) },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("join", "leave", "join"),
      ...onMember,
      group: fc.constantFrom("red", "red", "red", "blue"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("createGroup", "deleteGroup"),
      ...place,
      group: fc.constantFrom("red", "red", "red", "blue"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("createWorkspace" as const),
      customerId,
      workspace: fc.constantFrom("second", "third"),
      email,
      agreementId: fc.constantFrom("agr-t-base", "agr-t-second"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("changeWorkspace" as const),
      ...place,
      patch: fc.record(
        {
          status: fc.constantFrom("active", "inactive"),
          allowsPersonalAccounts: fc.constantFrom(true, false, null),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("link" as const),
      ...place,
      agreementId: fc.constantFrom("agr-t-base", "agr-t-second"),
      isLinked: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("assign", "unassign"),
      ...onMember,
      role: fc.constantFrom("customerAdministrator", "incidentManager", "supportRequestAdmin"),
    }),
  },
);

const event = fc
  .constantFrom(...CUSTOMERS.flatMap(eventsOf))
  .map((body): Happening["what"] => ({ event: body }));

const happening: fc.Arbitrary<Happening> = fc.record({
  days: fc.integer({ min: 0, max: 24 }).map((turn) => (turn === 24 ? 20 : 0)),
  what: fc.oneof({ weight: 8, arbitrary: operation }, { weight: 1, arbitrary: event }),
});

const CUST_T = customerIdOf("cust-t");
/** Both customers' first agreements; of the first one also a second workspace and a group in each. */
const beginning: readonly Happening["what"][] = [
  ...CUSTOMERS.flatMap((each) => eventsOf(each).slice(0, 1)).map((body) => ({ event: body })),
  { do: "createWorkspace", customerId: CUST_T, workspace: "second", email: CARL, agreementId: "agr-t-base" },
  { do: "createGroup", customerId: CUST_T, workspace: "default", group: "red" },
  { do: "createGroup", customerId: CUST_T, workspace: "second", group: "red" },
];
/** What of a life comes before anything random. */
export const BEGINNING = beginning.length;

/** The beginning, then anything. */
export const lives: fc.Arbitrary<readonly Happening[]> = fc
  .array(happening, { minLength: 1, maxLength: 60, size: "max" })
  .map((rest) => [...beginning.map((what) => ({ days: 0, what })), ...rest]);
