import { describe, expect, it } from "vitest";
import { membershipOf, withMembership } from "../../src/access/person.ts";
import { agreementEvent } from "../fakes/events.ts";
import { customerOf, someMember, someWorkspace, workspaceIdOf } from "./given.ts";

const ADMIN = "admin@cust-t.example";
const second = workspaceIdOf("ws-2");
const customer = customerOf(agreementEvent({ plan: "premier" }));
const withSecond = (status: "active" | "inactive") => ({
  ...customer,
  workspaces: [...customer.workspaces, someWorkspace("ws-2", { status })],
});
const of = (
  email: string,
  customerNow: typeof customer,
  ...members: readonly ReturnType<typeof someMember>[]
) => membershipOf(email, { customer: customerNow, members, assignments: [] });

describe("what the documents of a customer come to for a person", () => {
  it("makes the services admin administrator of the first workspace, as long as a member of it (AC-01)", () => {
    expect(of(ADMIN, customer, someMember(ADMIN)).workspaces["ws-default"]?.roles).toEqual([
      "servicesAdmin",
      "workspaceAdministrator",
      "member",
    ]);
    const elsewhere = of(ADMIN, withSecond("active"), someMember(ADMIN, { workspaceId: second }));
    expect(elsewhere.workspaces).toMatchObject({ "ws-2": { roles: ["member"] } });
    expect(of(ADMIN, customer, someMember(ADMIN, { status: "removed" })).workspaces).toEqual({});
  });

  it("lets administer all of the customer only who administers every workspace, closed ones too", () => {
    const admin = (members: Parameters<typeof someMember>[1] = {}) =>
      someMember("ana@cust.example", { roles: ["workspaceAdministrator"], ...members });
    const all = (customerNow: typeof customer, ...members: readonly ReturnType<typeof someMember>[]) =>
      of("ana@cust.example", customerNow, ...members).administersAll;
    expect(all(customer, admin())).toBe(true);
    expect(of(ADMIN, customer, someMember(ADMIN)).administersAll).toBe(true);
    expect(all(withSecond("active"), admin())).toBe(false);
    expect(all(withSecond("active"), admin(), admin({ workspaceId: second }))).toBe(true);
    expect(all(withSecond("active"), admin(), admin({ workspaceId: second, status: "invited" }))).toBe(false);
    expect(all(withSecond("active"), admin(), admin({ workspaceId: second, roles: [] }))).toBe(false);
    expect(all(withSecond("inactive"), admin(), admin({ workspaceId: second }))).toBe(false);
    expect(all(customer)).toBe(false);
  });

  it("does not depend on the order in which the store gives the members", () => {
    const members = [
      someMember("ana@cust.example", { language: "pl" }),
      someMember("ana@cust.example", { language: "it", workspaceId: second }),
    ] as const;
    const [first, other] = members;
    expect(of("ana@cust.example", withSecond("active"), other, first)).toEqual(
      of("ana@cust.example", withSecond("active"), first, other),
    );
  });

  it("has the customer's language for who is a member of nothing", () => {
    expect(of("csam@provider.example", customer).language).toBe("es");
    const removed = someMember("ana@cust.example", { language: "pl", status: "removed" });
    expect(of("ana@cust.example", customer, removed).language).toBe("es");
  });

  it("replaces only what is older, and leaves the memberships at other customers alone", () => {
    const newer = { ...of(ADMIN, customer, someMember(ADMIN)), version: 5 };
    const person = withMembership(undefined, ADMIN, newer);
    expect(withMembership(person, ADMIN, newer)).toBeUndefined();
    expect(withMembership(person, ADMIN, { ...newer, version: 4 })).toBeUndefined();
    expect(withMembership(person, ADMIN, { ...newer, version: 6 })?.memberships["cust-t"]?.version).toBe(6);
    const other = customerOf(agreementEvent({ customerId: "cust-u" }));
    const both = withMembership(person, ADMIN, of(ADMIN, other));
    expect(both?.memberships["cust-t"]).toEqual(newer);
    expect(Object.keys(both?.memberships ?? {})).toEqual(["cust-t", "cust-u"]);
  });
});
