import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accessView } from "../../functions/http/people.ts";
import { explain } from "../../src/access/explanation.ts";
import { type CustomerGrant, createAuthorize, customersOf, scopeOf } from "../../src/access/grant.ts";
import {
  applicationRoleOf,
  type CustomerRole,
  customerRoleSchema,
  grantedPermissionSchema,
  heldRoleSchema,
  type Permission,
  permissionNames,
} from "../../src/access/permissions.ts";
import type { Membership, Person, WorkspaceMembership } from "../../src/access/person.ts";
import type { AccessRule } from "../../src/platform/contract.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { CUSTOMER_ID } from "./given.ts";

const STAFF: readonly CustomerRole[] = ["csam", "accountCoordinator", "advocate", "incidentManager"];
const APPLICATION_ROLES = Object.values(applicationRoleOf).flatMap((role) => role ?? []);

const inWorkspace = (members: Partial<WorkspaceMembership> = {}): WorkspaceMembership => ({
  roles: ["member"],
  permissions: [],
  groupIds: [],
  isAdministratorByAgreement: false,
  refusesPersonalAccounts: false,
  ...members,
});

const membership = (members: Partial<Membership> = {}): Membership => ({
  customerId: CUSTOMER_ID,
  version: 1,
  language: "es",
  roles: [],
  roleEnds: {},
  refusesPersonalAccounts: false,
  workspaces: {},
  administersAll: false,
  invitations: [],
  ...members,
});

const personOf = (...memberships: readonly Membership[]): Person => ({
  id: "person",
  email: "ana@cust.example",
  kind: "person",
  memberships: Object.fromEntries(memberships.map((each) => [each.customerId, each])),
});

const principal = (
  members: { readonly roles?: readonly string[]; readonly isPersonalAccount?: boolean } = {},
) => ({
  kind: "user" as const,
  subject: "subject",
  email: "ana@cust.example",
  roles: APPLICATION_ROLES,
  isPersonalAccount: false,
  ...members,
});

/** What somebody holds, also where it is too little to know of the customer. */
const grantOf = ({
  roles = [],
  workspaces = {},
  administersAll = false,
}: Partial<Membership>): CustomerGrant => ({
  customerId: CUSTOMER_ID,
  roles,
  workspaces: new Map(Object.entries(workspaces)),
  administersAll,
  managedAgreements: new Set(),
});

/** Where somebody with one role, or one grant in the workspace `a` of two, holds a permission. */
function heldBy(permission: Permission): string[] {
  const scope = (members: Partial<Membership>): string => {
    const held = scopeOf(grantOf(members), permission);
    return held.kind === "all" ? "all" : [...held.workspaceIds].join();
  };
  const b = inWorkspace({ roles: [] });
  const a = (members: Partial<WorkspaceMembership>) => ({
    workspaces: { a: inWorkspace({ roles: [], ...members }), b },
  });
  const holders: (readonly [string, string])[] = [
    ...customerRoleSchema.options.map((role) => [role, scope({ roles: [role] })] as const),
    ...heldRoleSchema.options.map((role) => [`${role} in`, scope(a({ roles: [role] }))] as const),
    ...grantedPermissionSchema.options.map(
      (each) => [`${each} granted in`, scope(a({ permissions: [each] }))] as const,
    ),
  ];
  return holders.filter(([, held]) => held !== "").map(([name, held]) => `${name} ${held}`);
}

const TEAM = ["csam all", "accountCoordinator all"];
const WHOLE = ["customerAdministrator all", ...TEAM];
const ADMIN = "workspaceAdministrator in a";

/** AC-01 to AC-07, SR-02 to SR-07, and who is told of notices, by hand: nothing read from the table of the product. */
const expected: Readonly<Record<string, readonly string[]>> = {
  "access.explain": [...WHOLE, ADMIN],
  "auditEntries.read": [...WHOLE, ADMIN],
  "customerActivity.read": [...WHOLE, ADMIN, "customerActivity granted in a"],
  "customers.read": [
    ...WHOLE,
    "advocate all",
    "incidentManager all",
    "supportRequestAdmin all",
    ADMIN,
    "supportContact in a",
    "learningManager in a",
    "member in a",
  ],
  "groups.manage": [...WHOLE, ADMIN, "manageGroups granted in a"],
  "invitations.manage": [...WHOLE, ADMIN, "inviteUsers granted in a"],
  "members.change": [...WHOLE, ADMIN],
  "members.read": [...WHOLE, ADMIN, "inviteUsers granted in a", "manageGroups granted in a"],
  "notices.manage": WHOLE,
  "notices.read": [...WHOLE, ADMIN],
  "rejectedEvents.read": TEAM,
  "rejectedEvents.replay": TEAM,
  "proofsOfDelivery.read": [...WHOLE, ADMIN],
  "reports.create": [...WHOLE, ADMIN, "learningManager in a", "customerActivity granted in a"],
  "reports.read": [...WHOLE, ADMIN, "learningManager in a", "customerActivity granted in a"],
  "roleAssignments.manage": WHOLE,
  "supportContacts.switch": [...TEAM, "servicesAdmin in a"],
  "supportRequestAdmins.assign": ["customerAdministrator all"],
  "supportRequests.open": ["supportContact in a"],
  "supportRequests.readAll": [
    ...WHOLE,
    "supportRequestAdmin all",
    ADMIN,
    "viewAllSupportRequests granted in a",
  ],
  "supportRequests.readOrganization": ["supportRequestAdmin all"],
  "supportRequests.share": ["customerAdministrator all", ADMIN],
  "supportRequests.work": ["customerAdministrator all", "supportRequestAdmin all", ADMIN],
  "workspaces.manage": TEAM,
};

describe("a permission", () => {
  it.each(Object.entries(expected))("%s is held by these and nobody else", (name, holders) => {
    const permission = permissionNames.find((each) => each === name);
    if (permission === undefined) throw new Error(`no permission ${name}`);
    expect(heldBy(permission).toSorted()).toEqual(holders.toSorted());
  });

  it("has an expectation here, each of them", () => {
    expect(Object.keys(expected).toSorted()).toEqual([...permissionNames]);
  });

  it.each(Object.entries(expected))(
    "%s is over the whole customer for who administers every workspace, if for one",
    (name, holders) => {
      const permission = permissionNames.find((each) => each === name);
      if (permission === undefined) throw new Error(`no permission ${name}`);
      const admin = inWorkspace({ roles: ["workspaceAdministrator"] });
      const held = scopeOf(grantOf({ workspaces: { a: admin, b: admin }, administersAll: true }), permission);
      expect(held.kind).toBe(holders.includes(ADMIN) ? "all" : "some");
    },
  );
});

describe("what a membership comes to under a token", () => {
  const open = inWorkspace({ roles: ["workspaceAdministrator"] });
  const closed = inWorkspace({ roles: ["workspaceAdministrator"], refusesPersonalAccounts: true });

  it.each(STAFF)("the role %s is held only with the application role of the same name", (role) => {
    const person = personOf(membership({ roles: [role] }));
    const needed = applicationRoleOf[role];
    const others = APPLICATION_ROLES.filter((each) => each !== needed);
    expect(customersOf(principal({ roles: others }), person).size).toBe(0);
    expect(customersOf(principal({ roles: [] }), person).size).toBe(0);
    expect(
      customersOf(principal({ roles: needed === undefined ? [] : [needed] }), person).get(CUSTOMER_ID)?.roles,
    ).toEqual([role]);
  });

  it("an application role without a membership is nothing", () => {
    expect(customersOf(principal(), undefined).size).toBe(0);
    expect(customersOf(principal(), personOf()).size).toBe(0);
    expect(customersOf(principal(), personOf(membership())).size).toBe(0);
  });

  it("a personal account finds nothing of the workspaces that refuse it (WS-06)", () => {
    const both = { workspaces: { open, closed }, administersAll: true, refusesPersonalAccounts: true };
    const personal = customersOf(principal({ isPersonalAccount: true }), personOf(membership(both))).get(
      CUSTOMER_ID,
    );
    expect([...(personal?.workspaces.keys() ?? [])]).toEqual(["open"]);
    expect(personal?.administersAll).toBe(false);
    const none = membership({ workspaces: { closed }, administersAll: true, refusesPersonalAccounts: true });
    expect(customersOf(principal({ isPersonalAccount: true }), personOf(none)).size).toBe(0);
    const work = customersOf(principal(), personOf(membership(both))).get(CUSTOMER_ID);
    expect(work?.administersAll).toBe(true);
  });

  it("a services admin who is in no workspace, or in none that takes the account, knows of no customer", () => {
    const removed = personOf(membership({ roles: ["servicesAdmin"] }));
    expect(customersOf(principal(), removed).size).toBe(0);
    const refused = personOf(membership({ roles: ["servicesAdmin"], workspaces: { closed } }));
    expect(customersOf(principal({ isPersonalAccount: true }), refused).size).toBe(0);
    expect(customersOf(principal(), refused).size).toBe(1);
  });

  it("a customer is known exactly where it may be read somewhere", () => {
    fc.assert(
      fc.property(membershipArbitrary, fc.boolean(), (each, isPersonalAccount) => {
        for (const customer of customersOf(principal({ isPersonalAccount }), personOf(each)).values()) {
          const scope = scopeOf(customer, "customers.read");
          expect(scope.kind === "all" || scope.workspaceIds.size > 0).toBe(true);
        }
      }),
    );
  });

  it.each([
    ["customerAdministrator", true, []],
    ["customerAdministrator", false, ["customerAdministrator"]],
    ["servicesAdmin", true, []],
    ["servicesAdmin", false, ["servicesAdmin"]],
    ["csam", true, ["csam"]],
  ] as const)(
    "a personal account with the role %s, where some workspace refuses it: %s, holds %j",
    (role, refuses, held) => {
      const workspaces = { open };
      const person = personOf(membership({ roles: [role], refusesPersonalAccounts: refuses, workspaces }));
      const grant = customersOf(principal({ isPersonalAccount: true }), person).get(CUSTOMER_ID);
      expect(grant?.roles ?? []).toEqual(held);
    },
  );

  it.each([
    ["customer", {}, "not found"],
    ["workspaces", {}, "a"],
    ["workspace", { workspaceId: "a" }, "a"],
    ["workspace", { workspaceId: "b" }, "not found"],
    ["workspace", {}, "not found"],
  ] as const)(
    "who holds a permission in one workspace asks by the rule %s with %j: %s",
    async (kind, params, outcome) => {
      const person = personOf(
        membership({ workspaces: { a: inWorkspace(), b: inWorkspace({ roles: [] }) } }),
      );
      const authorize = createAuthorize(async () => person);
      const asked = authorize(
        principal(),
        { kind, permission: "customers.read" },
        { customerId: CUSTOMER_ID, ...params },
      );
      const scope = await asked.then(
        (grant) => (grant.scope.kind === "all" ? "all" : [...grant.scope.workspaceIds].join()),
        (error: unknown) => (error instanceof NotFoundError ? "not found" : String(error)),
      );
      expect(scope).toBe(outcome);
    },
  );

  it.each(["another", "", "constructor", "__proto__", "CUST-T"])(
    "is not found at a customer with the id '%s'",
    async (customerId) => {
      const authorize = createAuthorize(async () => personOf(membership({ roles: ["csam"] })));
      const rule = { kind: "customer", permission: "customers.read" } as const;
      await expect(authorize(principal(), rule, { customerId })).rejects.toBeInstanceOf(NotFoundError);
    },
  );

  it("is not found by a permission that no table has", async () => {
    const authorize = createAuthorize(async () => personOf(membership({ roles: ["csam"] })));
    for (const permission of ["everything", "toString", "__proto__"]) {
      const asked = authorize(principal(), { kind: "customer", permission }, { customerId: CUSTOMER_ID });
      await expect(asked).rejects.toBeInstanceOf(NotFoundError);
    }
  });
});

const workspaceIds = ["a", "b", "c"] as const;
/** Whoever is in a workspace is a member at least. */
const workspaceArbitrary = fc.record({
  roles: fc.subarray(heldRoleSchema.options).map((roles) => [...new Set([...roles, "member" as const])]),
  permissions: fc.subarray(grantedPermissionSchema.options),
  groupIds: fc.constant<string[]>([]),
  isAdministratorByAgreement: fc.constant(false),
  refusesPersonalAccounts: fc.boolean(),
});
const membershipArbitrary = fc
  .record({
    roles: fc.subarray(customerRoleSchema.options, { maxLength: 2 }),
    refusesPersonalAccounts: fc.boolean(),
    workspaces: fc.dictionary(fc.constantFrom(...workspaceIds), workspaceArbitrary, { maxKeys: 3 }),
  })
  .map((members) =>
    membership({
      ...members,
      administersAll: workspaceIds.every((id) =>
        members.workspaces[id]?.roles.includes("workspaceAdministrator"),
      ),
    }),
  );

const ruleArbitrary: fc.Arbitrary<Extract<AccessRule<Permission>, { permission: string }>> = fc.record({
  kind: fc.constantFrom("customer", "workspaces", "workspace"),
  permission: fc.constantFrom(...permissionNames),
});

describe("the explanation of access", () => {
  it("says allowed exactly where a request is let in, and then always why", async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(
        membershipArbitrary,
        ruleArbitrary,
        fc.constantFrom(...workspaceIds),
        async (each, rule, id) => {
          const workspaceId = rule.kind === "workspace" ? id : undefined;
          const explanation = explain(each, rule, workspaceId, { kind: "all" });
          const params = { customerId: CUSTOMER_ID, ...(workspaceId === undefined ? {} : { workspaceId }) };
          const isLetIn = await createAuthorize(async () => personOf(each))(principal(), rule, params).then(
            () => true,
            () => false,
          );
          expect(explanation.isAllowed).toBe(isLetIn);
          if (isLetIn) expect(explanation.because).not.toEqual([]);
          allowed += isLetIn ? 1 : 0;
        },
      ),
      { numRuns: 3_000 },
    );
    expect(allowed).toBeGreaterThan(300);
  });

  it("names no workspace that the asker may not see, and no role at the customer to who sees only some", () => {
    fc.assert(
      fc.property(membershipArbitrary, ruleArbitrary, fc.subarray([...workspaceIds]), (each, rule, ids) => {
        const { because } = explain(each, rule, undefined, { kind: "some", workspaceIds: new Set(ids) });
        for (const reason of because) {
          expect(reason.kind).not.toBe("customerRole");
          if (reason.kind !== "customerRole") expect(ids).toContain(reason.workspaceId);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same to who sees some workspaces, whatever else there is: allowed and why agree", () => {
    const shown = new Set<string>(["a", "b"]);
    fc.assert(
      fc.property(
        membershipArbitrary,
        membershipArbitrary,
        ruleArbitrary,
        fc.constantFrom(...workspaceIds, undefined),
        (each, other, rule, workspaceId) => {
          const visible = { kind: "some", workspaceIds: shown } as const;
          const { c: _, ...common } = each.workspaces;
          const { c } = other.workspaces;
          const elsewhere = { ...other, workspaces: { ...common, ...(c === undefined ? {} : { c }) } };
          const explanation = explain(each, rule, workspaceId, visible);
          expect(explanation).toEqual(explain(elsewhere, rule, workspaceId, visible));
          expect(explanation.isAllowed).toBe(explanation.because.length > 0);
          expect(accessView(each, visible)).toEqual(accessView(elsewhere, visible));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("says which application role a role of the provider's needs, and the rules that grant it", () => {
    const rule = { kind: "customer", permission: "workspaces.manage" } as const;
    expect(explain(membership({ roles: ["csam"] }), rule, undefined, { kind: "all" }).because).toEqual([
      { kind: "customerRole", role: "csam", rules: ["WS-03", "WS-04"], needsApplicationRole: "Csam" },
    ]);
    const own = { kind: "customer", permission: "roleAssignments.manage" } as const;
    const [reason] = explain(membership({ roles: ["customerAdministrator"] }), own, undefined, {
      kind: "all",
    }).because;
    expect(reason?.needsApplicationRole).toBeNull();
  });

  it.each([
    [{ kind: "anonymous" }, true],
    [{ kind: "signedIn" }, true],
    [{ kind: "application", role: "Events.Send" }, false],
  ] as const)("of what needs no permission: %j is allowed to a person: %s", (rule, isAllowed) => {
    expect(explain(membership(), rule, undefined, { kind: "all" })).toEqual({
      permission: null,
      isAllowed,
      because: [],
    });
  });
});
