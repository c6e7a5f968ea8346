/**
 * Who gets what from which endpoint, written down by hand and not derived from the contracts or the table of permissions:
 * one that is too open is to be seen here. Whoever is not named gets 401 without a valid token and 404 with one.
 */
import { callers, persons } from "./access-people.ts";
import {
  accountTeam,
  admins,
  and,
  anywhere,
  customer,
  type Expectation,
  groupManagers,
  inviters,
  LET_IN,
  MEMBERS_OF_DEFAULT,
  MEMBERS_OF_SECOND,
  memberReaders,
  members,
  noticeManagers,
  OTHER_VERSION,
  patch,
  post,
  put,
  remove,
  service,
  switchers,
  TEAM_OF_A,
  teamAt,
  WIDE_OF_A,
  whole,
  workspace,
} from "./access-places.ts";
import { requestExpectations } from "./access-request-expectations.ts";
import {
  newSubscriptionBody,
  previewBody,
  revocation,
  runPath,
  subscriptionPath,
  subscriptionsPath,
} from "./access-subscriptions.ts";
import type { Named } from "./access-world.ts";
import type { Ask } from "./running-api.ts";

const NO_GROUP_OF_THEIRS = { defaultGroupId: "none" };
const NO_NOTICES = {
  isEnabled: false,
  allowancePercents: [],
  expiryDays: [],
  tellsAdministrators: false,
  extraRecipients: [],
};
const ofCustomer = ({ customerId }: Named): string => `customers/${customerId}`;
const ofWorkspace = (named: Named): string => `${ofCustomer(named)}/workspaces/${named.workspaceId}`;
const ofContact = (named: Named): string => `${ofWorkspace(named)}/members/${named.contactId}`;
const ofMember = (named: Named): string => `${ofWorkspace(named)}/members/${named.memberId}`;
const ofGroup = (named: Named): string => `${ofWorkspace(named)}/groups/${named.groupId}`;
const ofAgreement = (named: Named): string => `${ofWorkspace(named)}/agreements/${named.agreementId}`;
const ofPerson = (named: Named): string => `${ofCustomer(named)}/people/${named.personId}`;
const ofEntitlement = (named: Named): string => `${ofCustomer(named)}/entitlements/${named.entitlementId}`;
const ofWebhook = (named: Named): string => `${ofCustomer(named)}/webhooks/${named.webhookId}`;
const ofReport = (named: Named): string => `${ofCustomer(named)}/reports/${named.reportId}`;
const at =
  (path: (named: Named) => string, more = "") =>
  (named: Named): Ask => ({ path: `${path(named)}${more}` });

/** By the name of the endpoint's contract. */
export const createExpectations = (personalInvitationId: string): Readonly<Record<string, Expectation>> => ({
  postEvents: service(["upstream"], post("events", [{ id: "not an event" }]), 202),
  getEventOutcomes: service(["upstream"], post("events/outcomes", { receipts: ["none"] })),
  listRejectedEvents: service(["upstream", ...TEAM_OF_A, "csamOfB"], { path: "rejectedEvents" }),
  replayRejectedEvent: {
    status: 200,
    request: ({ rejectedEventId }) => ({ method: "POST", path: `rejectedEvents/${rejectedEventId}/replay` }),
    open: { default: ["upstream", ...TEAM_OF_A], b: ["upstream", "csamOfB"], absent: [] },
    isAboutTarget: true,
  },
  getMe: service(persons, { path: "me" }),
  listCustomers: service(persons, { path: "customers" }),
  getCustomer: anywhere(members, at(ofCustomer)),

  getActivity: anywhere(and(admins, ["activityReaderOfA"]), at(ofCustomer, "/activity")),
  getEntitlement: anywhere(and(admins, ["activityReaderOfA"]), at(ofEntitlement)),
  listEntitlementRows: anywhere(and(admins, ["activityReaderOfA"]), at(ofEntitlement, "/rows")),
  listEntitlementCases: anywhere(and(admins, ["activityReaderOfA"]), at(ofEntitlement, "/cases")),
  getEntitlementHistory: anywhere(
    and(admins, ["activityReaderOfA"]),
    at(ofEntitlement, "/history?interval=month"),
  ),
  listExpirations: anywhere(and(admins, ["activityReaderOfA"]), at(ofCustomer, "/expirations")),
  listAdditionalCases: anywhere(and(admins, ["activityReaderOfA"]), at(ofCustomer, "/additionalCases")),
  listAdditionalCaseRows: anywhere(
    and(admins, ["activityReaderOfA"]),
    at(ofCustomer, "/additionalCases/rows"),
  ),

  requestReport: whole(
    (named) =>
      post(`${ofCustomer(named)}/reports`, {
        reportKind: "cpod",
        agreementId: named.agreementId,
        period: { month: "2026-03" },
      }),
    202,
  ),
  listReports: anywhere(and(admins, ["learningManagerOfA", "activityReaderOfA"]), at(ofCustomer, "/reports")),
  getReport: whole(at(ofReport)),
  // It has ended: whoever may cancel it is told so.
  cancelReport: whole((named) => post(`${ofReport(named)}/cancel`, undefined), LET_IN.conflict),
  downloadReport: whole(at(ofReport, "/files/csv-delivery"), 302),

  createReportSubscription: whole(
    (named) => post(subscriptionsPath(named), newSubscriptionBody(named.agreementId)),
    LET_IN.refused,
  ),
  listReportSubscriptions: anywhere(
    and(admins, ["learningManagerOfA", "activityReaderOfA"]),
    at(subscriptionsPath),
  ),
  getReportSubscription: whole(at(subscriptionPath)),
  updateReportSubscription: whole(
    (named) => ({ ...patch(subscriptionPath(named), { name: "Another" }), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  deleteReportSubscription: whole(
    (named) => ({ ...remove(subscriptionPath(named)), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  pauseReportSubscription: whole(
    (named) => ({ ...post(`${subscriptionPath(named)}/pause`), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  resumeReportSubscription: whole(
    (named) => ({ ...post(`${subscriptionPath(named)}/resume`), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  listReportSubscriptionRuns: whole(at(subscriptionPath, "/runs")),
  listReportDeliveries: whole(at(runPath, "/deliveries")),
  revokeReportDelivery: whole(revocation, LET_IN.alreadySo),
  previewReportSchedule: anywhere(and(admins, ["learningManagerOfA", "activityReaderOfA"]), (named) =>
    post(`${ofCustomer(named)}/reportSchedules/preview`, previewBody),
  ),
  // By the token of its link alone, whoever calls.
  showReportDelivery: service(callers, { path: "reportDeliveries/none" }, 404),
  downloadReportDelivery: service(callers, post("reportDeliveries/none/files/pdf"), 404),

  listWorkspaces: anywhere(members, at(ofCustomer, "/workspaces")),
  getWorkspace: workspace(members, at(ofWorkspace)),
  createWorkspace: accountTeam(
    (named) =>
      post(`${ofCustomer(named)}/workspaces`, {
        name: "Another",
        agreements: [{ agreementId: "agr-nobody-has" }],
        administrator: { email: "another@elsewhere.example" },
      }),
    LET_IN.refused,
  ),
  updateWorkspace: teamAt(
    (named) => ({ ...patch(ofWorkspace(named), { name: "Another" }), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  linkAgreement: teamAt((named) => put(ofAgreement(named)), LET_IN.alreadySo),
  // It is the only one.
  unlinkAgreement: teamAt((named) => remove(ofAgreement(named)), LET_IN.conflict),
  linkPackage: teamAt((named) => put(`${ofAgreement(named)}/packages/${named.packageId}`), LET_IN.refused),
  unlinkPackage: teamAt(
    (named) => remove(`${ofAgreement(named)}/packages/${named.packageId}`),
    LET_IN.alreadySo,
  ),

  listMembers: workspace(memberReaders, at(ofWorkspace, "/members")),
  getMember: workspace(memberReaders, at(ofMember)),
  updateMember: workspace(admins, (named) => patch(ofMember(named), NO_GROUP_OF_THEIRS), LET_IN.refused),
  removeMember: workspace(admins, (named) => remove(ofContact(named)), LET_IN.conflict),
  switchSupportContactOn: workspace(
    switchers,
    (named) => put(`${ofContact(named)}/supportContact`),
    LET_IN.alreadySo,
  ),
  switchSupportContactOff: workspace(
    switchers,
    (named) => remove(`${ofMember(named)}/supportContact`),
    LET_IN.alreadySo,
  ),
  updateOwnMembership: workspace(
    // Who is no member has no membership.
    { default: MEMBERS_OF_DEFAULT, second: MEMBERS_OF_SECOND, b: ["adminOfB"] },
    (named) => patch(`${ofWorkspace(named)}/me`, NO_GROUP_OF_THEIRS),
    LET_IN.refused,
  ),

  listInvitations: workspace(inviters, at(ofWorkspace, "/invitations")),
  inviteMembers: workspace(
    inviters,
    (named) => post(`${ofWorkspace(named)}/invitations`, { invitations: [{ email: named.memberEmail }] }),
    LET_IN.alreadySo,
  ),
  importInvitations: workspace(
    inviters,
    (named) => ({
      ...post(`${ofWorkspace(named)}/invitations/import`, `email\n${named.memberEmail}\n`),
      headers: { "content-type": "text/csv" },
    }),
    LET_IN.alreadySo,
  ),
  resendInvitation: workspace(
    inviters,
    (named) => ({ method: "POST", path: `${ofWorkspace(named)}/invitations/${named.tiredId}/resend` }),
    LET_IN.conflict,
  ),
  revokeInvitation: workspace(
    inviters,
    async (named, target, fresh) =>
      remove(`${ofWorkspace(named)}/invitations/${await fresh.invitation(target)}`),
    204,
  ),
  // Only whom it is for is told that the workspace refuses the account; nobody else hears of the invitation.
  acceptInvitation: service(
    ["invitedWithPersonalAccount"],
    { method: "POST", path: `me/invitations/${personalInvitationId}/accept` },
    LET_IN.personalAccount,
  ),

  listGroups: workspace(memberReaders, at(ofWorkspace, "/groups")),
  getGroup: workspace(memberReaders, at(ofGroup)),
  createGroup: workspace(
    groupManagers,
    (named) => post(`${ofWorkspace(named)}/groups`, { name: named.groupName }),
    LET_IN.conflict,
  ),
  updateGroup: workspace(
    groupManagers,
    (named) => ({ ...patch(ofGroup(named), { name: "Another" }), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  deleteGroup: workspace(groupManagers, (named) => remove(ofGroup(named)), LET_IN.conflict),
  addGroupMember: workspace(
    groupManagers,
    (named) => put(`${ofGroup(named)}/members/${named.contactId}`),
    LET_IN.alreadySo,
  ),
  removeGroupMember: workspace(
    groupManagers,
    (named) => remove(`${ofGroup(named)}/members/${named.memberId}`),
    LET_IN.alreadySo,
  ),

  getPerson: anywhere(admins, at(ofPerson)),
  explainAccess: anywhere(admins, at(ofPerson, "/access?operation=getActivity")),
  listRoleAssignments: customer(WIDE_OF_A, ["csamOfB"], at(ofCustomer, "/roleAssignments")),
  assignRole: customer(
    WIDE_OF_A,
    ["csamOfB"],
    // Only an agreement names a services admin.
    (named) =>
      post(`${ofCustomer(named)}/roleAssignments`, { email: named.memberEmail, role: "servicesAdmin" }),
    LET_IN.refused,
  ),
  removeRoleAssignment: customer(
    WIDE_OF_A,
    ["csamOfB"],
    async (named, target, fresh) =>
      remove(`${ofCustomer(named)}/roleAssignments/${await fresh.roleAssignment(target)}`),
    204,
  ),
  listAuditEntries: anywhere(admins, at(ofCustomer, "/auditEntries")),

  listNotices: whole(at(ofCustomer, "/notices")),
  getNoticeSettings: whole(at(ofCustomer, "/noticeSettings")),
  putNoticeSettings: noticeManagers(
    (named) => ({ ...put(`${ofCustomer(named)}/noticeSettings`), json: NO_NOTICES, ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  listWebhooks: noticeManagers(at(ofCustomer, "/webhooks")),
  getWebhook: noticeManagers(at(ofWebhook)),
  createWebhook: noticeManagers(
    (named) =>
      post(`${ofCustomer(named)}/webhooks`, { url: "https://10.0.0.1/", events: ["notice.created"] }),
    LET_IN.refused,
  ),
  updateWebhook: noticeManagers(
    (named) => ({ ...patch(ofWebhook(named), { status: "active" }), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  rotateWebhookSecret: noticeManagers(
    (named) => ({ ...post(`${ofWebhook(named)}/rotateSecret`), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  deleteWebhook: noticeManagers(
    (named) => ({ ...remove(ofWebhook(named)), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  listWebhookDeliveries: noticeManagers(at(ofWebhook, "/deliveries")),
  resendWebhookDelivery: noticeManagers(
    (named) => post(`${ofWebhook(named)}/deliveries/${named.deliveryId}/resend`),
    LET_IN.conflict,
  ),

  ...requestExpectations,

  getHealth: service(callers, { path: "health" }),
  getOpenApi: service(callers, { path: "openapi.json" }),
  showDocs: service(callers, { path: "docs" }),
  getDocsAsset: service(callers, { path: "docs/assets/start" }),
});
