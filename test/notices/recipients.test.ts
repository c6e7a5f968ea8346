import { describe, expect, it } from "vitest";
import { auditEntry } from "../../src/access/audit-entry.ts";
import type { DirectoryDocument } from "../../src/access/directory-store.ts";
import type { Member } from "../../src/access/member.ts";
import { memberDocumentId, memberIdOf, personIdOf } from "../../src/access/member.ts";
import type { RoleAssignment } from "../../src/access/role-assignment.ts";
import { DEFAULT_WORKSPACE_ID, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { customerId, type NoticeWorld, noticeWorld, oneAllowance } from "./notice-world.ts";
import { addWebhook } from "./some-notices.ts";

const second = workspaceIdSchema.parse("ws-2");

let keys = 0;
async function write(world: NoticeWorld, ...documents: readonly DirectoryDocument[]): Promise<void> {
  const doing = {
    customerId,
    actor: { subject: "test" },
    at: "2026-05-01T00:00:00.000Z",
    key: String(++keys),
  };
  const audit = [auditEntry(doing, { action: "memberAdded", target: "/" })] as const;
  const writes = documents.map((document) => ({ document, etag: undefined }));
  const { outcome } = await world.stores.directory.commit({ customerId, writes, audit: [...audit] });
  expect(outcome).toBe("committed");
}

function member(email: string, facts: Partial<Member> = {}): Member {
  const workspaceId = facts.workspaceId ?? DEFAULT_WORKSPACE_ID;
  const memberId = memberIdOf(customerId, workspaceId, email);
  return {
    id: memberDocumentId(memberId),
    customerId,
    kind: "member",
    memberId,
    personId: personIdOf(customerId, email),
    workspaceId,
    namedBy: [],
    email,
    language: "en",
    status: "active",
    roles: [],
    permissions: [],
    groupIds: [],
    revision: 1,
    ...facts,
  };
}

function administrator(email: string, facts: Partial<RoleAssignment> = {}): RoleAssignment {
  const roleAssignmentId = `customerAdministrator~${personIdOf(customerId, email)}`;
  return {
    id: `roleAssignment~${roleAssignmentId}`,
    customerId,
    kind: "roleAssignment",
    roleAssignmentId,
    personId: personIdOf(customerId, email),
    email,
    role: "customerAdministrator",
    status: "active",
    createdAt: "2026-05-01T00:00:00.000Z",
    revision: 1,
    ...facts,
  };
}

/** A second workspace that nothing of the agreement applies to. */
async function withSecondWorkspace(world: NoticeWorld): Promise<void> {
  const customer = await world.stores.customers.read(customerId);
  if (customer === undefined) throw new Error("no customer");
  const links = { "agr-t-base": { isLinked: false, packageIds: [] } };
  const { workspaces, revision } = customer.value;
  const next = {
    ...customer.value,
    revision: revision + 1,
    workspaces: [...workspaces, { workspaceId: second, name: "Second", status: "active" as const, links }],
  };
  expect(await world.stores.customers.save(next, customer.etag)).toBe(true);
}
const told = (world: NoticeWorld): string[] =>
  world
    .kept("message")
    .map(({ to }) => to.email)
    .toSorted();

async function crossing(prepare: (world: NoticeWorld) => Promise<void>): Promise<NoticeWorld> {
  const world = noticeWorld();
  await world.record(oneAllowance());
  await prepare(world);
  await world.record(deliveryEvent("d-1", { quantity: 450 }));
  expect(await world.look()).toHaveLength(1);
  return world;
}

describe("who is told of a notice", () => {
  it("is the services admin and the customer's administrators, each in their own language", async () => {
    const world = await crossing((each) =>
      write(
        each,
        administrator("boss@cust-t.example", { name: "Boss" }),
        administrator("gone@cust-t.example", { status: "removed" }),
        administrator("agent@cust-t.example", { role: "advocate" }),
        member("boss@cust-t.example", { language: "pl" }),
        member("plain@cust-t.example"),
      ),
    );
    expect(told(world)).toEqual(["admin@cust-t.example", "boss@cust-t.example"]);
    const boss = world.kept("message").find(({ to }) => to.email === "boss@cust-t.example");
    expect(boss).toMatchObject({ language: "pl", to: { name: "Boss" } });
  });

  it("is nobody but the extra addresses where administrators are not to be told", async () => {
    const world = await crossing(async (each) => {
      await each.setRules({ tellsAdministrators: false, extraRecipients: ["csam@provider.example"] });
    });
    expect(told(world)).toEqual(["csam@provider.example"]);
  });

  it("is of the extra addresses none whose owner may not see the customer's activity, or not any more", async () => {
    const world = await crossing(async (each) => {
      await write(
        each,
        member("plain@cust-t.example"),
        member("granted@cust-t.example", { permissions: ["customerActivity"] }),
        member("lost@cust-t.example", { permissions: ["customerActivity"], status: "removed" }),
        member("invited@cust-t.example", { roles: ["workspaceAdministrator"], status: "invited" }),
        member("admin2@cust-t.example", { roles: ["workspaceAdministrator"] }),
      );
      await each.setRules({
        tellsAdministrators: false,
        extraRecipients: ["plain", "granted", "lost", "invited", "admin2", "nobody"].map(
          (name) => `${name}@cust-t.example`,
        ),
      });
    });
    expect(told(world)).toEqual(["admin2@cust-t.example", "granted@cust-t.example"]);
  });

  it("is nobody whose workspaces the package does not apply to (WS-07)", async () => {
    const world = await crossing(async (each) => {
      await withSecondWorkspace(each);
      await write(
        each,
        member("here@cust-t.example", { permissions: ["customerActivity"] }),
        member("there@cust-t.example", { permissions: ["customerActivity"], workspaceId: second }),
        administrator("boss@cust-t.example"),
      );
      await each.setRules({ extraRecipients: ["here@cust-t.example", "there@cust-t.example"] });
    });
    expect(told(world)).toEqual(["admin@cust-t.example", "boss@cust-t.example", "here@cust-t.example"]);
  });

  it("is at most fifty people, so that eight thresholds and five webhooks still fit one transaction", async () => {
    const world = noticeWorld();
    const entitlements = [entitlement("ent-adv", "advisory")];
    await world.record(agreementEvent({ packages: [basePackage({ entitlements })] }));
    for (let index = 0; index < 60; index++)
      await write(world, administrator(`a${String(index).padStart(2, "0")}@cust-t.example`));
    await world.setRules({ allowancePercents: [10, 20, 30, 40, 50, 60, 70, 80] });
    for (let index = 0; index < 5; index++) await addWebhook(world, index);
    await world.record(deliveryEvent("d-1", { quantity: 600 }));
    expect(await world.look()).toHaveLength(8);
    expect(world.kept("message")).toHaveLength(50);
    expect(world.kept("webhookDelivery")).toHaveLength(40);
  });
});
