import { describe, expect, it } from "vitest";
import { customersOf, scopeOf } from "../../src/access/grant.ts";
import { atTime, membershipOf, withMembership } from "../../src/access/person.ts";
import { agreementEvent } from "../fakes/events.ts";
import { CUSTOMER_ID, customerOf, someMember } from "./given.ts";

const OLD = { agreementId: "agr-old", startDate: "2020-01-01", endDate: "2020-12-31" };
const NEW = { agreementId: "agr-new", startDate: "2021-02-01", endDate: "2026-12-31", packages: [] };
const named = (who: string) => ({
  servicesAdmin: { email: `admin-${who}@cust-t.example` },
  accountTeam: [{ email: `csam-${who}@provider.example`, role: "csam" }],
});
const old = agreementEvent(
  { ...OLD, ...named("old"), packages: [] },
  { id: "1", time: "2020-01-01T00:00:00Z" },
);
const next = (members: object) =>
  agreementEvent({ ...NEW, ...members }, { id: "2", time: "2021-01-01T00:00:00Z" });

function accessOf(email: string, events: readonly [string, ...string[]], now: string) {
  const customer = customerOf(...events);
  const membership = membershipOf(email, { customer, members: [someMember(email)], assignments: [] });
  const person = withMembership(undefined, email, membership);
  const grant = customersOf({ roles: ["Csam"], isPersonalAccount: false }, person, now).get(CUSTOMER_ID);
  const scope = grant && scopeOf(grant, "customerActivity.read");
  return { roles: grant?.roles, opens: scope?.kind === "all" ? "all" : [...(scope?.workspaceIds ?? [])] };
}

describe("the roles that an agreement gives", () => {
  // In Madrid the first of February begins at 23:00 UTC of the day before.
  const LAST = "2021-01-31T22:59:59.999Z";
  const FIRST = "2021-01-31T23:00:00.000Z";

  it("end when it is over and one that names others has begun, and not a moment before", () => {
    const both = [old, next(named("new"))] as const;
    expect(accessOf("csam-old@provider.example", both, LAST)).toEqual({ roles: ["csam"], opens: "all" });
    expect(accessOf("csam-old@provider.example", both, FIRST)).toEqual({ roles: [], opens: [] });
    expect(accessOf("admin-old@cust-t.example", both, LAST).opens).toBe("all");
    expect(accessOf("admin-old@cust-t.example", both, FIRST)).toEqual({ roles: [], opens: [] });
    expect(accessOf("admin-new@cust-t.example", both, FIRST).opens).toBe("all");
  });

  it("stay while nobody comes after: somebody must be able to look into what was", () => {
    expect(accessOf("csam-old@provider.example", [old], "2030-01-01T00:00:00Z").opens).toBe("all");
    const nobody = next({ servicesAdmin: undefined, accountTeam: [] });
    expect(accessOf("admin-old@cust-t.example", [old, nobody], "2026-01-01T00:00:00Z").opens).toBe("all");
  });

  it("stay with whom the next one names again, and with whom somebody made an administrator besides", () => {
    expect(accessOf("csam-old@provider.example", [old, next(named("old"))], FIRST).opens).toBe("all");
    const email = "admin-old@cust-t.example";
    const member = someMember(email, { roles: ["workspaceAdministrator"] });
    const customer = customerOf(old, next(named("new")));
    const membership = atTime(membershipOf(email, { customer, members: [member], assignments: [] }), FIRST);
    expect(membership.roles).toEqual([]);
    expect(membership.workspaces["ws-default"]?.roles).toEqual(["workspaceAdministrator", "member"]);
    expect(membership.administersAll).toBe(true);
  });
});
