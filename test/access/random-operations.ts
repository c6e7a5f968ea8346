/** Random things that happen to the directories of two customers: events of their agreements, and what people do. */
import fc from "fast-check";
import { agreementEvent, basePackage, entitlement } from "../fakes/events.ts";
import { customerIdOf } from "./given.ts";
import type { Operation } from "./operations.ts";

export const CUSTOMERS = ["cust-t", "cust-u"] as const;
export const PEOPLE = [
  "admin@cust.example",
  "ana@cust.example",
  "bea@gmail.com",
  "carl@cust.example",
  "csam@provider.example",
] as const;
const [ADMIN, ANA, BEA, CARL, CSAM] = PEOPLE;

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
        supportContacts: [{ email: ADMIN }],
      },
      { id: "second", time: "2026-01-15T00:00:00Z" },
    ),
  ];
}

const customerId = fc.constantFrom(...CUSTOMERS).map(customerIdOf);
const workspace = fc.constantFrom("default", "default", "second", "third");
const email = fc.constantFrom(...PEOPLE);
const place = { customerId, workspace };
const onMember = { ...place, email };
const roles = fc.subarray(["workspaceAdministrator", "learningManager"] as const);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("invite" as const), ...onMember, roles }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("accept" as const), ...onMember }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("resend", "revoke", "remove", "switchOn", "switchOff", "switchOn"),
      ...onMember,
    }),
  },
  {
    weight: 2,
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
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("join", "leave", "join"),
      ...onMember,
      group: fc.constantFrom("red", "blue"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("createGroup", "createGroup", "deleteGroup"),
      ...place,
      group: fc.constantFrom("red", "blue"),
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
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("assign", "unassign"),
      ...onMember,
      role: fc.constantFrom("customerAdministrator", "incidentManager"),
    }),
  },
);

const event = fc
  .constantFrom(...CUSTOMERS.flatMap(eventsOf))
  .map((body): Happening["what"] => ({ event: body }));

const happening: fc.Arbitrary<Happening> = fc.record({
  days: fc.constantFrom(0, 0, 0, 0, 20),
  what: fc.oneof({ weight: 4, arbitrary: operation }, { weight: 1, arbitrary: event }),
});

/** Both customers' first agreements, then anything. */
export const lives: fc.Arbitrary<readonly Happening[]> = fc
  .array(happening, { minLength: 1, maxLength: 40, size: "max" })
  .map((rest) => [
    ...CUSTOMERS.flatMap((each) => eventsOf(each).slice(0, 1)).map((body) => ({
      days: 0,
      what: { event: body },
    })),
    ...rest,
  ]);
