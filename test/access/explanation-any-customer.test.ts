import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explain } from "../../src/access/explanation.ts";
import { createAuthorize } from "../../src/access/grant.ts";
import {
  applicationRoleOf,
  customerRoleSchema,
  heldRoleSchema,
  type Permission,
  permissionNames,
} from "../../src/access/permissions.ts";
import type { Membership, Person } from "../../src/access/person.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { NotFoundError } from "../../src/platform/errors.ts";

const ROLES = Object.values(applicationRoleOf).flatMap((role) => role ?? []);
const [ONE, OTHER] = [customerIdSchema.parse("cust-1"), customerIdSchema.parse("cust-2")];

const membershipAt = (customerId: Membership["customerId"]) =>
  fc
    .record({
      roles: fc.subarray(customerRoleSchema.options, { maxLength: 2 }),
      held: fc.subarray(heldRoleSchema.options),
      administersAll: fc.boolean(),
    })
    .map(
      ({ roles, held, administersAll }): Membership => ({
        customerId,
        version: 1,
        language: "en",
        roles,
        roleEnds: {},
        refusesPersonalAccounts: false,
        workspaces: {
          a: {
            roles: [...new Set([...held, "member" as const])],
            permissions: [],
            groupIds: [],
            isAdministratorByAgreement: false,
            refusesPersonalAccounts: false,
          },
        },
        administersAll: administersAll && held.includes("workspaceAdministrator"),
        invitations: [],
      }),
    );

const personOf = (...memberships: readonly Membership[]): Person => ({
  id: "person",
  email: "ana@cust.example",
  kind: "person",
  memberships: Object.fromEntries(memberships.map((each) => [each.customerId, each])),
});

/** Undefined: not let in. */
async function reachOf(person: Person | undefined, permission: Permission, roles: readonly string[] = ROLES) {
  const principal = {
    kind: "user" as const,
    subject: "s",
    email: "ana@cust.example",
    roles,
    isPersonalAccount: false,
  };
  const rule = { kind: "anyCustomer", permission, orRole: "Events.Send" } as const;
  const asked = createAuthorize(async () => person)(principal, rule, {});
  return asked.then(
    ({ reach }) => reach,
    (error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    },
  );
}

describe("a rule of any customer", () => {
  it("lets in whoever holds the permission for a whole customer, and reaches those customers alone, as is explained", async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(
        membershipAt(ONE),
        membershipAt(OTHER),
        fc.constantFrom(...permissionNames),
        async (one, other, permission) => {
          const rule = { kind: "anyCustomer", permission } as const;
          const explained = [one, other].filter(
            (each) => explain(each, rule, undefined, { kind: "all" }).isAllowed,
          );
          const reach = await reachOf(personOf(one, other), permission);
          expect(reach ?? []).toEqual(explained.map(({ customerId }) => customerId));
          allowed += explained.length;
        },
      ),
      { numRuns: 1_000 },
    );
    expect(allowed).toBeGreaterThan(100);
  });

  it("lets in whoever has the application role, to everything, and nobody else who holds nothing", async () => {
    expect(await reachOf(undefined, "rejectedEvents.read", ["Events.Send"])).toBe("all");
    expect(await reachOf(undefined, "rejectedEvents.read", ROLES)).toBeUndefined();
    expect(await reachOf(undefined, "rejectedEvents.read", [])).toBeUndefined();
  });
});
