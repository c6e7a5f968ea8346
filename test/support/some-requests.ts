/** A request as it is opened, and its people, for tests of what is decided about them. */
import type { Doing } from "../../src/access/audit-entry.ts";
import { type Member, memberDocumentId, memberIdOf, memberSchema } from "../../src/access/member.ts";
import { customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { newRequestNumber, openRequest } from "../../src/support/open-request.ts";
import type { SupportRequest } from "../../src/support/request.ts";

export const CUSTOMER_ID = customerIdSchema.parse("cust-t");
const WORKSPACE_ID = workspaceIdSchema.parse("ws-default");
export const OPENED_AT = "2026-03-01T09:00:00.000Z";
export const CREATOR = "zoe@cust-t.example";

export const doingAt = (at: string, key: string, email = CREATOR): Doing => ({
  customerId: CUSTOMER_ID,
  actor: { subject: `subject of ${email}`, email },
  at,
  key,
});

export function someRequest(facts: Partial<SupportRequest> = {}): SupportRequest {
  const doing = doingAt(OPENED_AT, "opening");
  const { after } = openRequest(doing, newRequestNumber(doing), CREATOR, {
    title: "Backups fail",
    description: "Since Monday.",
    problemType: "configuration",
    product: null,
    severity: "moderate",
    primaryContact: { name: "Zoe", email: CREATOR },
    workspaceId: WORKSPACE_ID,
    agreementId: null,
    country: null,
    language: "en",
    isIncentiveRelated: false,
    sharedWith: [],
    groupId: null,
  });
  return { ...after, ...facts };
}

export const versionOf = (value: SupportRequest): Versioned<SupportRequest> => ({ value, etag: '"1"' });

export function someMember(email: string): Member {
  const memberId = memberIdOf(CUSTOMER_ID, WORKSPACE_ID, email);
  return memberSchema.parse({
    id: memberDocumentId(memberId),
    customerId: CUSTOMER_ID,
    kind: "member",
    memberId,
    personId: `person of ${email}`,
    workspaceId: WORKSPACE_ID,
    email,
    language: "pl",
    status: "active",
    roles: [],
    permissions: [],
    groupIds: [],
    namedBy: [],
    revision: 1,
  });
}
