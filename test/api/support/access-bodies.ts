/** Bodies that are right and change nothing, by the endpoint that takes them, and what may be set in each of their parts. */
import { type Person, people } from "./access-people.ts";
import { requestBodyCases } from "./access-request-bodies.ts";
import { pathOf } from "./access-steps.ts";
import { newSubscriptionBody, previewBody, revocation, subscriptionPath } from "./access-subscriptions.ts";
import type { AccessWorld } from "./access-world.ts";
import type { Ask } from "./running-api.ts";

export type BodyCase = {
  readonly caller: Person;
  readonly request: Ask & { readonly json: unknown };
  /** By place in the body, from its top: the names of its fields, written down by hand. */
  readonly settable: Readonly<Record<string, readonly string[]>>;
  /** Takes whatever comes: what it does not know is without effect. */
  readonly isLoose?: true;
};

const OTHER_VERSION = { "if-match": '"other"' };
const ofSchedule = ["every", "weekday", "dayOfMonth", "monthOfQuarter", "hour", "minute", "timeZone"];
const ofRecipient = ["email", "name", "language"];
const ofSubscription = ["name", "schedule", "recipients", "formats", "skipsWhenEmpty", "sendsCorrections"];
const NO_GROUP = { defaultGroupId: "none" };

export function bodyCases({ named }: AccessWorld): Readonly<Record<string, BodyCase>> {
  const { default: first } = named;
  const workspace = pathOf(first);
  const customer = `customers/${first.customerId}`;
  const ofInvited = ["email", "name", "language"];
  return {
    createWorkspace: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `${customer}/workspaces`,
        json: {
          name: "Another",
          agreements: [{ agreementId: "agr-nobody-has", packageIds: [] }],
          administrator: { email: "another@elsewhere.example" },
        },
      },
      settable: {
        "": ["name", "allowsPersonalAccounts", "agreements", "administrator"],
        "agreements[]": ["agreementId", "packageIds"],
        administrator: ofInvited,
      },
    },
    updateWorkspace: {
      caller: "csamOfA",
      request: { method: "PATCH", path: workspace, headers: OTHER_VERSION, json: { name: "Another" } },
      settable: { "": ["name", "status", "allowsPersonalAccounts"] },
    },
    updateMember: {
      caller: "administratorOfDefault",
      request: { method: "PATCH", path: `${workspace}/members/${first.memberId}`, json: NO_GROUP },
      settable: { "": ["name", "language", "roles", "permissions", "defaultGroupId"] },
    },
    updateOwnMembership: {
      caller: "memberOfA",
      request: { method: "PATCH", path: `${workspace}/me`, json: NO_GROUP },
      settable: { "": ["name", "language", "defaultGroupId"] },
    },
    inviteMembers: {
      caller: "administratorOfDefault",
      request: {
        method: "POST",
        path: `${workspace}/invitations`,
        json: { invitations: [{ email: first.memberEmail }] },
      },
      settable: { "": ["invitations"], "invitations[]": [...ofInvited, "roles", "permissions"] },
    },
    createGroup: {
      caller: "groupManagerOfA",
      request: { method: "POST", path: `${workspace}/groups`, json: { name: first.groupName } },
      settable: { "": ["name", "description"] },
    },
    updateGroup: {
      caller: "groupManagerOfA",
      request: {
        method: "PATCH",
        path: `${workspace}/groups/${first.groupId}`,
        headers: OTHER_VERSION,
        json: { name: "Another" },
      },
      settable: { "": ["name", "description"] },
    },
    assignRole: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `${customer}/roleAssignments`,
        json: { email: people.advocateOfA.email, role: "advocate" },
      },
      settable: { "": ["email", "name", "role"] },
    },
    requestReport: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `${customer}/reports`,
        json: { reportKind: "cpod", agreementId: first.agreementId, period: { month: "2199-01" } },
      },
      settable: { "": ["reportKind", "agreementId", "period"], period: ["month"] },
    },
    createReportSubscription: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `${customer}/reportSubscriptions`,
        json: newSubscriptionBody(first.agreementId),
      },
      settable: {
        "": [...ofSubscription, "reportKind", "agreementId"],
        schedule: ofSchedule,
        "recipients[]": ofRecipient,
      },
    },
    updateReportSubscription: {
      caller: "csamOfA",
      request: {
        method: "PATCH",
        path: subscriptionPath(first),
        headers: OTHER_VERSION,
        json: { ...previewBody, recipients: [{ email: "planted@elsewhere.example" }] },
      },
      settable: { "": ofSubscription, schedule: ofSchedule, "recipients[]": ofRecipient },
    },
    previewReportSchedule: {
      caller: "csamOfA",
      request: { method: "POST", path: `${customer}/reportSchedules/preview`, json: previewBody },
      settable: { "": ["schedule"], schedule: ofSchedule },
    },
    putNoticeSettings: {
      caller: "customerAdministratorOfA",
      request: {
        method: "PUT",
        path: `${customer}/noticeSettings`,
        headers: OTHER_VERSION,
        json: {
          isEnabled: false,
          allowancePercents: [],
          expiryDays: [],
          tellsAdministrators: false,
          extraRecipients: [],
        },
      },
      settable: {
        "": ["isEnabled", "allowancePercents", "expiryDays", "tellsAdministrators", "extraRecipients"],
      },
    },
    createWebhook: {
      caller: "customerAdministratorOfA",
      request: {
        method: "POST",
        path: `${customer}/webhooks`,
        // As often as it comes, it is one: see the headers.
        headers: { "repeatability-request-id": "5f0c9a52-6f1e-4a0b-9d6f-2f3f0a9b7c11" },
        json: { url: "https://hooks.elsewhere.example/", events: ["notice.created"] },
      },
      settable: { "": ["url", "description", "events"] },
    },
    updateWebhook: {
      caller: "customerAdministratorOfA",
      request: {
        method: "PATCH",
        path: `${customer}/webhooks/${first.webhookId}`,
        headers: OTHER_VERSION,
        json: { status: "disabled" },
      },
      settable: { "": ["url", "description", "events", "status"] },
    },
    ...requestBodyCases(first),
    getEventOutcomes: {
      caller: "upstream",
      request: { method: "POST", path: "events/outcomes", json: { receipts: ["none"] } },
      settable: { "": ["receipts"] },
      isLoose: true,
    },
    postEvents: {
      caller: "upstream",
      request: { method: "POST", path: "events", json: { id: "planted" } },
      // An event is kept as it came; of what it says of itself nothing is taken for who sent it.
      settable: { "": ["id", "source", "data", "specversion", "time", "type"] },
      isLoose: true,
    },
  };
}

/** Without a body, and without any more effect here. */
export function bodilessCases({ named }: AccessWorld): Readonly<Record<string, Omit<BodyCase, "settable">>> {
  const { default: first } = named;
  const workspace = pathOf(first);
  const put = (path: string) => ({ method: "PUT", path: `${workspace}/${path}`, json: undefined });
  return {
    linkAgreement: { caller: "csamOfA", request: put(`agreements/${first.agreementId}`) },
    linkPackage: {
      caller: "csamOfA",
      request: put(`agreements/${first.agreementId}/packages/${first.packageId}`),
    },
    switchSupportContactOn: {
      caller: "servicesAdminOfA",
      request: put(`members/${first.contactId}/supportContact`),
    },
    addGroupMember: {
      caller: "groupManagerOfA",
      request: put(`groups/${first.groupId}/members/${first.contactId}`),
    },
    resendWebhookDelivery: {
      caller: "customerAdministratorOfA",
      request: {
        method: "POST",
        path: `customers/${first.customerId}/webhooks/${first.webhookId}/deliveries/${first.deliveryId}/resend`,
        json: undefined,
      },
    },
    giveSupportRequestUploadLink: {
      caller: "contactOfA",
      request: {
        method: "POST",
        path: `supportRequests/${encodeURIComponent(first.requestId)}/attachments/${first.attachmentId}/uploadLink`,
        json: undefined,
      },
    },
    rotateWebhookSecret: {
      caller: "customerAdministratorOfA",
      request: {
        method: "POST",
        path: `customers/${first.customerId}/webhooks/${first.webhookId}/rotateSecret`,
        headers: OTHER_VERSION,
        json: undefined,
      },
    },
    pauseReportSubscription: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `${subscriptionPath(first)}/pause`,
        headers: OTHER_VERSION,
        json: undefined,
      },
    },
    resumeReportSubscription: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `${subscriptionPath(first)}/resume`,
        headers: OTHER_VERSION,
        json: undefined,
      },
    },
    revokeReportDelivery: { caller: "csamOfA", request: { ...revocation(first), json: undefined } },
    // The token of its link alone says who it is for.
    downloadReportDelivery: {
      caller: "csamOfA",
      request: { method: "POST", path: "reportDeliveries/none/files/pdf", json: undefined },
    },
    cancelReport: {
      caller: "csamOfA",
      request: {
        method: "POST",
        path: `customers/${first.customerId}/reports/${first.reportId}/cancel`,
        json: undefined,
      },
    },
    resendInvitation: {
      caller: "inviterOfA",
      request: { method: "POST", path: `${workspace}/invitations/${first.tiredId}/resend`, json: undefined },
    },
  };
}

/** The body with one more field, in each of its parts in turn. */
export function withField(
  json: unknown,
  name: string,
  value: unknown,
  place = "",
): readonly { readonly place: string; readonly json: unknown }[] {
  if (Array.isArray(json)) {
    const items: readonly unknown[] = json;
    return items.flatMap((item, index) =>
      withField(item, name, value, `${place}[]`).map((each) => ({
        place: each.place,
        json: items.map((other, at) => (at === index ? each.json : other)),
      })),
    );
  }
  if (typeof json !== "object" || json === null) return [];
  const entries: readonly (readonly [string, unknown])[] = Object.entries(json);
  // Made of entries, `__proto__` is a field as any other.
  const here = { place, json: Object.fromEntries([...entries, [name, value]]) };
  const below = entries.flatMap(([key, part]) =>
    withField(part, name, value, place === "" ? key : `${place}.${key}`).map((each) => ({
      place: each.place,
      json: Object.fromEntries(entries.map(([other, kept]) => [other, other === key ? each.json : kept])),
    })),
  );
  return [here, ...below];
}
