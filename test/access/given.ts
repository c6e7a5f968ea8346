/** Documents and places for tests, small and readable. */
import { type AuditEntry, auditEntry, type Doing } from "../../src/access/audit-entry.ts";
import type { Change } from "../../src/access/directory-store.ts";
import { type Group, groupDocumentId } from "../../src/access/group.ts";
import { type Member, memberDocumentId, memberIdOf, personIdOf } from "../../src/access/member.ts";
import type { At } from "../../src/access/member-step.ts";
import { type Customer, withAgreement } from "../../src/agreements/customer.ts";
import { customerIdSchema, DEFAULT_WORKSPACE_ID, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { defaultWorkspace, type Workspace } from "../../src/agreements/workspace.ts";
import { parseEventText } from "../../src/consumption/event.ts";
import { agreementEvent, CUSTOMER } from "../fakes/events.ts";

export const T0 = "2026-11-20T00:00:00.000Z";
export const customerIdOf = (text: string) => customerIdSchema.parse(text);
export const workspaceIdOf = (text: string) => workspaceIdSchema.parse(text);
export const CUSTOMER_ID = customerIdOf(CUSTOMER);

export const doing = (key: string, customerId = CUSTOMER_ID, at = T0): Doing => ({
  customerId,
  actor: { subject: "someone", email: "someone@cust-t.example" },
  at,
  key,
});

let entries = 0;
export const someEntry = (customerId = CUSTOMER_ID, members: Partial<AuditEntry> = {}): AuditEntry => ({
  ...auditEntry(doing(`entry ${++entries}`, customerId), { action: "memberChanged", target: "/x" }),
  ...members,
});

/** The customer that these agreement events make, in this order. */
export function customerOf(...bodies: readonly [string, ...string[]]): Customer {
  let customer: Customer | undefined;
  for (const body of bodies) {
    const parsed = parseEventText(body);
    if (parsed.outcome === "rejected" || parsed.event.kind !== "agreement")
      throw new Error("not an agreement");
    customer = withAgreement(customer, parsed.event);
  }
  if (customer === undefined) throw new Error("no event, no customer");
  return customer;
}

export const at = (members: Partial<At> = {}): At => ({
  customer: customerOf(agreementEvent({ plan: "premier" })),
  workspace: defaultWorkspace,
  doing: doing("request"),
  actorName: "Someone",
  ...members,
});

export const someWorkspace = (workspaceId: string, members: Partial<Workspace> = {}): Workspace => ({
  workspaceId: workspaceIdOf(workspaceId),
  name: workspaceId,
  status: "active",
  links: {},
  ...members,
});

export function someMember(email: string, members: Partial<Member> = {}): Member {
  const { customerId = CUSTOMER_ID, workspaceId = DEFAULT_WORKSPACE_ID } = members;
  const memberId = memberIdOf(customerId, workspaceId, email);
  return {
    id: memberDocumentId(memberId),
    customerId,
    kind: "member",
    memberId,
    personId: personIdOf(customerId, email),
    workspaceId,
    email,
    namedBy: [],
    language: "es",
    status: "active",
    roles: [],
    permissions: [],
    groupIds: [],
    revision: 1,
    ...members,
  };
}

export const someGroup = (groupId: string, members: Partial<Group> = {}): Group => ({
  id: groupDocumentId(groupId),
  customerId: CUSTOMER_ID,
  kind: "group",
  groupId,
  workspaceId: DEFAULT_WORKSPACE_ID,
  name: groupId,
  memberCount: 0,
  status: "active",
  revision: 1,
  ...members,
});

/** A change that creates these documents. */
export const creating = (customerId: Change["customerId"], ...documents: readonly Member[]): Change => ({
  customerId,
  writes: documents.map((document) => ({ document, etag: undefined })),
  audit: [someEntry(customerId)],
});
