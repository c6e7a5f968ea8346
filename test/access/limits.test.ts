import { describe, expect, it } from "vitest";
import { follow } from "../../src/access/apply-change.ts";
import { followUp } from "../../src/access/follow-up.ts";
import { changeWorkspace, workspaceOf } from "../../src/access/workspace-change.ts";
import { linkPackage } from "../../src/access/workspace-links.ts";
import { supportContactsAllowed } from "../../src/agreements/customer.ts";
import { agreementIdSchema, packageIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { LINKED_PACKAGES_MAX, workspaceSchema } from "../../src/agreements/workspace.ts";
import { agreementEvent, basePackage, CUSTOMER, entitlement } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { documentsOf } from "./checks.ts";
import { CUSTOMER_ID, customerOf, doing, someWorkspace } from "./given.ts";
import { accessTo, recordEvents } from "./world.ts";

const addOn = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    basePackage({ packageId: `pkg-${index}`, section: "addOn", entitlements: [] }),
  );

describe("links of a workspace", () => {
  const agreementId = agreementIdSchema.parse("agr-t-base");
  const link = (index: number) => ({ agreementId, packageId: packageIdSchema.parse(`pkg-${index}`) });

  it("are no more than the limit, and what was written can always be read and taken away", () => {
    const customer = customerOf(agreementEvent({ packages: addOn(LINKED_PACKAGES_MAX) }));
    let known = { value: customer, etag: '"1"' };
    for (let index = 0; index < LINKED_PACKAGES_MAX; index++) {
      const change = linkPackage(
        known,
        workspaceOf(known.value, "ws-default"),
        link(index),
        true,
        doing(`${index}`),
      );
      const document = change.writes[0]?.document;
      if (document?.kind !== "customer") throw new Error();
      known = { value: document, etag: '"1"' };
    }
    const workspace = workspaceOf(known.value, "ws-default");
    expect(workspaceSchema.parse(workspace).links["agr-t-base"]?.packageIds).toHaveLength(
      LINKED_PACKAGES_MAX,
    );
    const more = customerOf(
      agreementEvent({
        packages: [basePackage({ packageId: "pkg-new", section: "addOn", entitlements: [] })],
      }),
    );
    const full = { value: { ...more, workspaces: known.value.workspaces }, etag: '"1"' };
    const oneMore = { agreementId, packageId: packageIdSchema.parse("pkg-new") };
    expect(() => linkPackage(full, workspace, oneMore, true, doing("x"))).toThrow(
      expect.objectContaining({ code: "TooManyPackages" }),
    );
    const without = {
      value: { ...customer, agreements: customerOf(agreementEvent()).agreements },
      etag: '"1"',
    };
    const gone = linkPackage(
      { ...without, value: { ...without.value, workspaces: [workspace] } },
      workspace,
      link(5),
      false,
      doing("y"),
    );
    const [left] = gone.writes;
    if (left?.document.kind !== "customer") throw new Error();
    expect(left.document.workspaces[0]?.links["agr-t-base"]?.packageIds).not.toContain("pkg-5");
  });
});

describe("a workspace", () => {
  const workspaceId = workspaceIdSchema.parse("ws-second");
  const second = someWorkspace("ws-second", {
    links: { "agr-t-base": { isLinked: true, packageIds: [] } },
  });
  const customer = { ...customerOf(agreementEvent()), workspaces: [second] };
  const known = { value: customer, etag: '"1"' };

  it("that is closed is closed at once to whoever sees some workspaces, whatever their own document says", () => {
    const closed = { ...customer, workspaces: [{ ...second, status: "inactive" as const }] };
    const some = { kind: "some", workspaceIds: new Set([workspaceId]) } as const;
    expect(() => workspaceOf(closed, workspaceId, some)).toThrow(
      expect.objectContaining({ code: "ResourceNotFound" }),
    );
    expect(workspaceOf(closed, workspaceId).status).toBe("inactive");
    expect(workspaceOf(customer, workspaceId, some).status).toBe("active");
  });

  it("that is renamed concerns none of its members, one that closes or turns accounts away all of them", () => {
    const tasks = (patch: Parameters<typeof changeWorkspace>[2]) =>
      changeWorkspace(known, second, patch, doing("1"))?.followUps?.map(({ task }) => task.type);
    expect(tasks({ name: "New" })).toEqual([]);
    expect(tasks({ status: "inactive" })).toEqual(["members", "administrators"]);
    expect(tasks({ allowsPersonalAccounts: true })).toEqual(["members", "administrators"]);
    expect(tasks({ name: "ws-second" })).toBeUndefined();
  });
});

describe("support contacts", () => {
  const days = { startDate: "2026-03-01", endDate: "2027-02-28" };
  const customer = customerOf(
    agreementEvent({
      ...days,
      packages: [
        basePackage({
          ...days,
          entitlements: [entitlement("ent-c", "supportContacts", { unit: "contacts", allowance: 2 })],
        }),
      ],
    }),
  );

  it("are limited before the first package begins and after the last one ended too", () => {
    for (const day of ["2026-02-28", "2026-03-01", "2027-02-28", "2027-03-01", "2035-01-01"])
      expect(supportContactsAllowed(customer, day)).toBe(2);
    expect(
      supportContactsAllowed(customerOf(agreementEvent({ packages: [] })), "2026-03-01"),
    ).toBeUndefined();
  });
});

describe("what follows for many people", () => {
  it("reaches everybody behind one whose document cannot be written, and stays until that one is", async () => {
    const stores = memoryStores();
    const names = Array.from({ length: 30 }, (_, index) => ({
      email: `p${String(index).padStart(2, "0")}@cust-t.example`,
    }));
    await recordEvents(stores, [agreementEvent({ supportContacts: names })]);
    const task = { type: "members", workspaceId: workspaceIdSchema.parse("ws-default") } as const;
    const waiting = followUp(CUSTOMER_ID, task, "2026-01-01T00:00:00Z");
    const tried = new Set<string>();
    const people = {
      ...stores.people,
      read: async (email: string) => {
        tried.add(email);
        if (email === "p03@cust-t.example") throw new Error("too large");
        return stores.people.read(email);
      },
    };
    const access = { ...accessTo(stores), people };
    await expect(follow(access, waiting, "")).rejects.toThrow("1 of 31 people failed");
    expect(tried.size).toBe(31);
    expect(documentsOf(stores, "customer").map(({ customerId }) => customerId)).toEqual([CUSTOMER]);
  });
});
