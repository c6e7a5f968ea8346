import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freeContacts } from "../../src/access/member-change.ts";
import type { SupportContacts } from "../../src/access/support-contacts.ts";
import { packageIdSchema } from "../../src/agreements/ids.ts";
import { agreementEvent, basePackage } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { checkDirectory, documentsOf } from "./checks.ts";
import { checkSwitches, switches } from "./contact-switches.ts";
import { CUSTOMER_ID, customerOf, someMember, someWorkspace, T0 } from "./given.ts";
import { type Operation, operate } from "./operations.ts";
import { contactsPackage } from "./random-operations.ts";
import { accessTo, recordEvents } from "./world.ts";

const noon = "2026-11-20T12:00:00.000Z";

function contacts(count: number): SupportContacts {
  const { memberId, workspaceId } = someMember("one@cust-t.example");
  const each = { memberId, workspaceId, since: T0 };
  return {
    id: "supportContacts",
    customerId: CUSTOMER_ID,
    kind: "supportContacts",
    contacts: Array.from({ length: count }, () => each),
  };
}

describe("support contacts (WS-08)", () => {
  it("are never more than allowed, whoever switches them at the same time", async () => {
    let switchedOn = 0;
    await fc.assert(
      fc.asyncProperty(switches, async (each) => {
        switchedOn += await checkSwitches(each);
      }),
      { numRuns: 200 },
    );
    expect(switchedOn).toBeGreaterThan(500);
  });

  it.each([
    [
      "Europe/Madrid",
      "2026-03-31T21:59:59.999Z",
      "2026-03-31T22:00:00.000Z",
      "2026-10-24T21:59:59.999Z",
      "2026-10-24T22:00:00.000Z",
    ],
    [
      "America/New_York",
      "2026-04-01T03:59:59.999Z",
      "2026-04-01T04:00:00.000Z",
      "2026-10-25T03:59:59.999Z",
      "2026-10-25T04:00:00.000Z",
    ],
    [
      "Asia/Kolkata",
      "2026-03-31T18:29:59.999Z",
      "2026-03-31T18:30:00.000Z",
      "2026-10-24T18:29:59.999Z",
      "2026-10-24T18:30:00.000Z",
    ],
  ])(
    "are allowed by a package from its first instant to its last in %s",
    (timeZone, before, first, last, after) => {
      const running = { ...contactsPackage(20), startDate: "2026-04-01", endDate: "2026-10-24" };
      const always = contactsPackage(1, "always");
      const customer = customerOf(agreementEvent({ timeZone, packages: [running, always] }));
      const free = (at: string) => freeContacts(customer, undefined, at);
      expect([before, first, last, after].map(free)).toEqual([1, 21, 21, 1]);
    },
  );

  it("are unlimited where nothing speaks of them or something is unmetered, and none where none are allowed", () => {
    const free = (...packages: readonly unknown[]) =>
      freeContacts(customerOf(agreementEvent({ packages })), contacts(3), noon);
    expect(free(basePackage())).toBe(Number.POSITIVE_INFINITY);
    expect(free(contactsPackage(null))).toBe(Number.POSITIVE_INFINITY);
    expect(free(contactsPackage(5), contactsPackage(null, "other"))).toBe(Number.POSITIVE_INFINITY);
    expect(free(contactsPackage(0))).toBe(-3);
    expect(free(contactsPackage(3))).toBe(0);
    expect(free(contactsPackage(3), contactsPackage(4, "other"))).toBe(4);
  });

  it("are allowed by an add-on package only where it is linked to a workspace", () => {
    const addOn = { ...contactsPackage(5, "addOn"), section: "addOn" };
    const customer = customerOf(agreementEvent({ packages: [contactsPackage(1), addOn] }));
    expect(freeContacts(customer, undefined, noon)).toBe(1);
    const links = { "agr-t-base": { isLinked: false, packageIds: [packageIdSchema.parse("pkg-addOn")] } };
    const workspaces = [...customer.workspaces, someWorkspace("ws-2", { links })];
    expect(freeContacts({ ...customer, workspaces }, undefined, noon)).toBe(6);
  });
});

describe("the switch of a support contact (AC-06)", () => {
  const ana = { customerId: CUSTOMER_ID, workspace: "default", email: "ana@cust-t.example" };
  const on: Operation = { do: "switchOn", ...ana };
  const joined: Operation[] = [
    { do: "invite", ...ana, roles: ["learningManager"] },
    { do: "accept", ...ana },
  ];

  async function customer(allowed: number, ...operations: readonly Operation[]): Promise<MemoryStores> {
    const stores = memoryStores();
    await recordEvents(stores, [agreementEvent({ packages: [contactsPackage(allowed)] })]);
    for (const [index, each] of operations.entries())
      await operate(accessTo(stores), each, { at: T0, key: `before ${index}` });
    return stores;
  }
  const tried = (stores: MemoryStores, operation: Operation) =>
    operate(accessTo(stores), operation, { at: T0, key: "tried" });
  const kept = (stores: MemoryStores) =>
    documentsOf(stores, "member").find(({ email }) => email === ana.email);

  it("says how many are allowed and named where there is no room", async () => {
    const stores = await customer(1, ...joined);
    await expect(tried(stores, on)).rejects.toMatchObject({
      code: "SupportContactLimitReached",
      innererror: { allowed: 1, named: 1 },
    });
    await operate(
      accessTo(stores),
      { ...on, do: "switchOff", email: "contact@cust-t.example" },
      { at: T0, key: "off" },
    );
    await tried(stores, on);
    expect(kept(stores)).toMatchObject({
      roles: ["learningManager", "supportContact"],
      supportContactSince: T0,
    });
    checkDirectory(stores);
  });

  it("is for active members alone", async () => {
    const [invited] = joined;
    const stores = await customer(2, ...(invited === undefined ? [] : [invited]));
    await expect(tried(stores, on)).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("is neither made nor unmade by setting roles", async () => {
    const stores = await customer(2, ...joined, on);
    await tried(stores, { do: "change", ...ana, patch: { roles: ["workspaceAdministrator"] } });
    expect(kept(stores)?.roles).toEqual(["supportContact", "workspaceAdministrator"]);
    checkDirectory(stores);
  });

  it("comes before a member is removed", async () => {
    const stores = await customer(2, ...joined, on);
    await expect(tried(stores, { do: "remove", ...ana })).rejects.toMatchObject({
      code: "MemberIsSupportContact",
    });
    await tried(stores, { do: "switchOff", ...ana });
    expect(kept(stores)?.supportContactSince).toBeUndefined();
    await operate(accessTo(stores), { do: "remove", ...ana }, { at: T0, key: "removed" });
    expect(kept(stores)).toMatchObject({ status: "removed", roles: [] });
    checkDirectory(stores);
  });
});
