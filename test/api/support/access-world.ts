/** Two customers that know nothing of each other, and two workspaces of one of them that know no more. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { agreements, type CustomerKey, ENTITLEMENT, ID } from "./access-events.ts";
import { bystanders, type Caller, people, WORD } from "./access-people.ts";
import { type NamedRequest, NO_ID, noRequestOf, openRequestIn } from "./access-requests.ts";
import {
  assign,
  createGroup,
  createWorkspace,
  done,
  invite,
  join,
  makeReport,
  membersOf,
  pathOf,
  rejectionOf,
  type Workspace,
} from "./access-steps.ts";
import { type SubscriptionNames, subscriptionOf } from "./access-subscriptions.ts";
import { noticesOf } from "./access-webhooks.ts";
import type { RunningApi } from "./running-api.ts";

/** As often as an invitation is sent at all. */
const SENDS = 10;

/** Of A: the two workspaces, and one that there is not. */
export const targets = ["default", "second", "b", "noWorkspace", "absent"] as const;
export type Target = (typeof targets)[number];

/** Of each target, what routes and requests name. */
export type Named = Workspace &
  NamedRequest &
  SubscriptionNames & {
    readonly agreementId: string;
    readonly packageId: string;
    /** Of an add-on package. */
    readonly addOnId: string;
    readonly entitlementId: string;
    readonly reportId: string;
    readonly rejectedEventId: string;
    /** Of a plain member, in no group. */
    readonly memberId: string;
    readonly memberEmail: string;
    readonly memberPersonId: string;
    /** Of a support contact, who is in the group. */
    readonly contactId: string;
    readonly groupId: string;
    readonly groupName: string;
    readonly personId: string;
    readonly roleAssignmentId: string;
    /** Disabled. */
    readonly webhookId: string;
    readonly deliveryId: string;
    readonly pendingId: string;
    /** An invitation that was sent as often as it may be. */
    readonly tiredId: string;
    readonly email: string;
  };

export type AccessWorld = {
  readonly named: Readonly<Record<Target, Named>>;
  /** To the default workspace of A, for somebody with a personal account. */
  readonly personalInvitationId: string;
  readonly tokenOf: (caller: Caller) => Promise<string | undefined>;
};

/** @returns the second workspace. */
async function settleA(api: RunningApi): Promise<Workspace> {
  const { csamOfA } = people;
  const { customerId, agreementId, addOnId } = ID.a;
  const first = { customerId, workspaceId: "ws-default" };
  const second = await createWorkspace(api, csamOfA, customerId, {
    name: WORD.secondOfA,
    agreements: [{ agreementId, packageIds: [addOnId] }],
    allowsPersonalAccounts: true,
    administrator: people.administratorOfSecond,
  });
  await done(api, csamOfA, {
    method: "PATCH",
    path: pathOf(first),
    json: { name: `${WORD.defaultOfA} workspace` },
  });
  await join(api, csamOfA, first, people.administratorOfDefault, { roles: ["workspaceAdministrator"] });
  await join(api, people.servicesAdminOfA, first, people.learningManagerOfA, { roles: ["learningManager"] });
  await join(api, people.administratorOfDefault, first, people.memberOfA);
  const granted = {
    activityReaderOfA: "customerActivity",
    requestReaderOfA: "viewAllSupportRequests",
    inviterOfA: "inviteUsers",
    groupManagerOfA: "manageGroups",
  } as const;
  for (const name of ["activityReaderOfA", "requestReaderOfA", "inviterOfA", "groupManagerOfA"] as const)
    await join(api, csamOfA, first, people[name], { permissions: [granted[name]] });
  await join(api, people.administratorOfSecond, second, people.personalInSecond);
  await join(api, csamOfA, first, bystanders.inBothOfA);
  const { memberId } = await join(api, people.administratorOfSecond, second, bystanders.inBothOfA);
  const path = `${pathOf(second)}/members/${memberId}/supportContact`;
  await done(api, csamOfA, { method: "PUT", path });
  await assign(api, csamOfA, customerId, people.customerAdministratorOfA.email, "customerAdministrator");
  const { customerAdministratorOfA, requestAdminOfA } = people;
  await assign(api, customerAdministratorOfA, customerId, requestAdminOfA.email, "supportRequestAdmin");
  await assign(api, csamOfA, customerId, people.advocateOfA.email, "advocate");
  await assign(api, people.coordinatorOfA, customerId, people.incidentManagerOfA.email, "incidentManager");
  const removed = await join(api, csamOfA, first, people.removedFromA);
  await done(api, csamOfA, { method: "DELETE", path: `${pathOf(first)}/members/${removed.memberId}` });
  await invite(api, people.inviterOfA, first, people.invitedToA);
  return second;
}

type Settled = {
  readonly of: CustomerKey;
  readonly workspace: Workspace;
  readonly word: string;
  readonly plain: string;
  readonly contact: string;
  /** Whom every administrator of the customer may see. */
  readonly person: string;
  readonly pending: string;
  /** Whom the support request is shared with. */
  readonly sharedWith: readonly TokenRequest[];
  /** Of the support request. */
  readonly advocate: TokenRequest;
  readonly slot: number;
};

/** What every workspace has of its own, so that each can be asked for the same. */
async function furnish(api: RunningApi, settled: Settled) {
  const { of, workspace, word } = settled;
  const by = of === "a" ? people.csamOfA : people.csamOfB;
  const members = await membersOf(api, by, workspace);
  const [plain, contact, person] = [settled.plain, settled.contact, settled.person].map((email) =>
    members.get(email),
  );
  if (plain === undefined || contact === undefined || person === undefined)
    throw new Error(`members are missing from ${word}`);
  const groupName = `${word} group`;
  const groupId = await createGroup(api, by, workspace, groupName, [contact.memberId]);
  const pendingId = await invite(api, by, workspace, { email: settled.pending }, { name: word });
  const tiredId = await invite(api, by, workspace, { email: `tired@${word}.example` });
  const path = `${pathOf(workspace)}/invitations/${tiredId}/resend`;
  for (let sends = 1; sends < SENDS; sends += 1) await done(api, by, { method: "POST", path });
  return {
    ...ID[of],
    ...workspace,
    entitlementId: ENTITLEMENT[of],
    memberId: plain.memberId,
    memberEmail: plain.email,
    memberPersonId: plain.personId,
    contactId: contact.memberId,
    personId: person.personId,
    groupId,
    groupName,
    pendingId,
    tiredId,
    email: settled.pending,
    ...(await openRequestIn(api, { ...settled, groupId })),
  };
}

export async function createAccessWorld(api: RunningApi): Promise<AccessWorld> {
  const { a, b } = ID;
  await api.send(agreements);
  // Until whoever they name is known too.
  await api.drained();
  const second = await settleA(api);
  const first = { customerId: a.customerId, workspaceId: "ws-default" };
  const ofB = { customerId: b.customerId, workspaceId: "ws-default" };
  await done(api, people.csamOfB, { method: "PATCH", path: pathOf(ofB), json: { name: WORD.b } });
  await join(api, people.adminOfB, ofB, bystanders.memberOfB);
  const notices = await noticesOf(api, second.workspaceId);
  const personalInvitationId = await invite(api, people.csamOfA, first, people.invitedWithPersonalAccount);
  const reports = {
    a: await makeReport(api, people.csamOfA, a.customerId, a.agreementId),
    b: await makeReport(api, people.adminOfB, b.customerId, b.agreementId),
  };
  const shared = {
    a: {
      ...notices.a,
      ...(await subscriptionOf(api, "a", reports.a)),
      reportId: reports.a,
      roleAssignmentId: await assign(api, people.csamOfA, a.customerId, "late@provider.example", "advocate"),
    },
    b: {
      ...notices.b,
      ...(await subscriptionOf(api, "b", reports.b)),
      reportId: reports.b,
      roleAssignmentId: await assign(api, people.csamOfB, b.customerId, `late@${WORD.b}.example`, "advocate"),
    },
  };
  const both = bystanders.inBothOfA.email;
  const contactOfB = `contact@${WORD.b}.example`;
  const places = [
    {
      of: "a",
      workspace: first,
      word: WORD.defaultOfA,
      plain: people.memberOfA.email,
      contact: people.contactOfA.email,
      person: both,
      sharedWith: [people.memberOfA],
      advocate: people.advocateOfA,
      slot: 0,
    },
    {
      of: "a",
      workspace: second,
      word: WORD.secondOfA,
      plain: people.personalInSecond.email,
      contact: both,
      person: both,
      sharedWith: [],
      advocate: bystanders.advocateOfOthers,
      slot: 1,
    },
    {
      of: "b",
      workspace: ofB,
      word: WORD.b,
      plain: bystanders.memberOfB.email,
      contact: contactOfB,
      person: contactOfB,
      sharedWith: [],
      advocate: bystanders.advocateOfOthers,
      slot: 2,
    },
  ] as const;
  const [ofDefault, ofSecond, namedOfB] = await Promise.all(
    places.map(async (place) => ({
      ...(await furnish(api, { ...place, pending: `pending@${place.word}.example` })),
      ...shared[place.of],
      rejectedEventId: await rejectionOf(api, `wrong-${place.word}`),
    })),
  );
  if (ofDefault === undefined || ofSecond === undefined || namedOfB === undefined)
    throw new Error("a workspace is missing");
  await api.drained();
  const absent = absentOf(ofDefault);
  const noWorkspace = { ...absent, customerId: a.customerId, ...noRequestOf(a.customerId) };
  return {
    named: { default: ofDefault, second: ofSecond, b: namedOfB, noWorkspace, absent },
    personalInvitationId,
    tokenOf: await tokens(api),
  };
}

/** Of the form of the others, so that it is not the form that answers. */
function absentOf({ reportId, workspaceId, webhookId }: Named): Named {
  return {
    customerId: "cust-0000000",
    workspaceId: workspaceId.replaceAll(/(?<=-).*/g, "0".repeat(16)),
    agreementId: "agr-0000000-base",
    packageId: "pkg-0000000-base",
    addOnId: "pkg-0000000-plus",
    entitlementId: "ent-0000000-adv",
    reportId: reportId.replaceAll(/\w/g, "0"),
    rejectedEventId: `${new Date().toISOString().slice(0, 7)}~${NO_ID}`,
    memberId: NO_ID,
    memberEmail: "member@absentee.example",
    memberPersonId: NO_ID,
    contactId: NO_ID,
    personId: NO_ID,
    groupId: "0".repeat(16),
    groupName: "absentee group",
    roleAssignmentId: `advocate~${NO_ID}`,
    webhookId: webhookId.replace(/(?<=^wh-).*/, NO_ID),
    deliveryId: NO_ID,
    subscriptionId: NO_ID,
    runId: `${NO_ID}~2026-11`,
    reportDeliveryId: NO_ID,
    pendingId: NO_ID,
    tiredId: NO_ID,
    email: "nobody@absentee.example",
    ...noRequestOf("cust-0000000"),
  };
}

async function tokens(api: RunningApi): Promise<AccessWorld["tokenOf"]> {
  const forged = await forgedToken(await api.tokenFor(people.csamOfA));
  return async (caller) => {
    if (caller === "without token") return undefined;
    return caller === "with forged token" ? forged : api.tokenFor(people[caller]);
  };
}

/** The same claims under the same key id, signed by somebody else. */
async function forgedToken(token: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const { alg = "RS256", kid = "" } = decodeProtectedHeader(token);
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg, kid, typ: "JWT" })
    .sign(createPrivateKey(pem));
}
