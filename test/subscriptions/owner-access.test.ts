import { describe, expect, it } from "vitest";
import { auditEntry } from "../../src/access/audit-entry.ts";
import type { DirectoryDocument } from "../../src/access/directory-store.ts";
import { type Member, memberDocumentId, memberIdOf, personIdOf } from "../../src/access/member.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { DEFAULT_WORKSPACE_ID, workspaceIdSchema } from "../../src/agreements/ids.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { addresseesOf, languagesOf, ownerMay } from "../../src/subscriptions/owner-access.ts";
import { memoryDirectory } from "../fakes/memory-directory.ts";
import { agreementId, customer, customerId, owner, START } from "./subscription-world.ts";

const second = workspaceIdSchema.parse("ws-2");
const twoWorkspaces: Customer = {
  ...customer,
  workspaces: [...customer.workspaces, { workspaceId: second, name: "Second", status: "active", links: {} }],
};
const cpod: ReportScope = { reportKind: "cpod", agreementId };
const learning = (workspaceIds: (typeof second)[] | null): ReportScope => ({
  reportKind: "education",
  workspaceIds,
});

function member(facts: Partial<Member>): Member {
  const email = facts.email ?? owner.email;
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

async function directoryWith(...documents: readonly DirectoryDocument[]) {
  let tags = 0;
  const { directory } = memoryDirectory(() => `"${++tags}"`);
  const doing = { customerId, actor: { subject: "test" }, at: START, key: "k" };
  const audit = [auditEntry(doing, { action: "memberAdded", target: "/" })] as const;
  const writes = documents.map((document) => ({ document, etag: undefined }));
  await directory.commit({ customerId, writes, audit: [...audit] });
  return directory;
}

describe("a subscription may what its owner may now (EX-03, AC-07)", () => {
  const may = async (facts: Partial<Member>, scope: ReportScope, who = owner, of = twoWorkspaces) =>
    ownerMay(await directoryWith(member(facts)), of, who, scope, START);

  it("nothing for whoever is nobody, was removed, or may only invite", async () => {
    for (const scope of [cpod, learning(null), learning([DEFAULT_WORKSPACE_ID])]) {
      expect(await may({ email: "other@cust-t.example", roles: ["workspaceAdministrator"] }, scope)).toBe(
        false,
      );
      expect(await may({ roles: ["workspaceAdministrator"], status: "removed" }, scope)).toBe(false);
      expect(await may({ permissions: ["inviteUsers"] }, scope)).toBe(false);
    }
  });

  it.each([
    ["a learning manager", { roles: ["learningManager" as const] }],
    ["whoever may see the activity of a workspace", { permissions: ["customerActivity" as const] }],
  ])("what was learnt in the workspaces of %s, and nothing of another", async (_who, facts) => {
    expect(await may(facts, learning([DEFAULT_WORKSPACE_ID]))).toBe(true);
    expect(await may(facts, learning([DEFAULT_WORKSPACE_ID, second]))).toBe(false);
    expect(await may(facts, learning(null))).toBe(false);
    expect(await may(facts, cpod)).toBe(false);
  });

  it("everything of the customer for whoever administers all of its workspaces, until there is another", async () => {
    const roles = { roles: ["workspaceAdministrator" as const] };
    expect(await may(roles, cpod, owner, customer)).toBe(true);
    expect(await may(roles, cpod)).toBe(false);
  });

  it("what staff may that an agreement names, as long as it does", async () => {
    const agreement = customer.agreements[agreementId];
    if (agreement === undefined) throw new Error("no agreement");
    const accountTeam = [{ email: owner.email, role: "csam" as const }];
    const named = { ...customer, agreements: { [agreementId]: { ...agreement, accountTeam } } };
    const directory = await directoryWith();
    expect(await ownerMay(directory, named, owner, cpod, START)).toBe(true);
    expect(await ownerMay(directory, customer, owner, cpod, START)).toBe(false);
    const ended = { ...agreement, accountTeam, endDate: "2025-12-31" };
    const successor = {
      ...agreement,
      startDate: "2026-01-01",
      accountTeam: [{ email: "other@provider.example", role: "csam" as const }],
    };
    const followed = { ...customer, agreements: { [agreementId]: ended, "agr-next": successor } };
    expect(await ownerMay(directory, followed, owner, cpod, START)).toBe(false);
  });

  it("nothing for a personal account where a workspace refuses those (WS-06)", async () => {
    const allowing = (allowsPersonalAccounts: boolean): Customer => ({
      ...customer,
      workspaces: customer.workspaces.map((each) => ({ ...each, allowsPersonalAccounts })),
    });
    const roles = { roles: ["workspaceAdministrator" as const] };
    const personal = { ...owner, isPersonalAccount: true };
    expect(await may(roles, cpod, owner, allowing(false))).toBe(true);
    expect(await may(roles, cpod, personal, allowing(false))).toBe(false);
    expect(await may(roles, cpod, personal, allowing(true))).toBe(true);
  });
});

describe("the language of a recipient", () => {
  it("is that which is named, else the account's, else the customer's; a report has each once, in order", async () => {
    const directory = await directoryWith(member({ email: "pawel@cust-t.example", language: "pl" }));
    const addressees = await addresseesOf(directory, customer, [
      { email: "pawel@cust-t.example" },
      { email: "nobody@elsewhere.example", name: "Nobody" },
      { email: "pawel@cust-t.example", language: "en" },
      { email: "other@elsewhere.example" },
    ]);
    expect(addressees).toEqual([
      { email: "pawel@cust-t.example", language: "pl" },
      { email: "nobody@elsewhere.example", name: "Nobody", language: "es" },
      { email: "pawel@cust-t.example", language: "en" },
      { email: "other@elsewhere.example", language: "es" },
    ]);
    expect(languagesOf(addressees)).toEqual(["en", "es", "pl"]);
  });
});
