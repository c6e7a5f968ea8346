/** Attempts at support requests of others, beside those that every route is tried with. */
import { people } from "./access-people.ts";
import { SOME_HOURS, SOME_TEXT, SOME_TIME } from "./access-request-bodies.ts";
import type { BodyCase, Write } from "./cross-tenant-attempts.ts";
import type { Names } from "./cross-tenant-views.ts";

const ANOTHER_VERSION = { "if-match": '"other"' };

/** By the name of the endpoint. Whom it is shared with, it stays shared with. */
export const harmlessToRequests: Readonly<Record<string, Write>> = {
  updateSupportRequest: { json: { status: "closed" }, headers: ANOTHER_VERSION },
  shareSupportRequest: { json: { email: people.contactOfA.email } },
  shareSupportRequestWithGroup: { json: { groupId: "0".repeat(16) }, headers: ANOTHER_VERSION },
  unshareSupportRequest: { headers: ANOTHER_VERSION },
  addSupportRequestContact: { json: { email: people.contactOfA.email } },
  addSupportRequestNote: { json: { text: "It fails." } },
  bookSupportRequestAppointment: { json: { start: SOME_TIME } },
  moveSupportRequestAppointment: { json: { start: SOME_TIME }, headers: ANOTHER_VERSION },
  cancelSupportRequestAppointment: { headers: ANOTHER_VERSION },
  addSupportRequestAttachment: { json: { name: "servers.txt", size: SOME_TEXT.length } },
  removeSupportRequestAttachment: { headers: ANOTHER_VERSION },
  completeSupportRequestUpload: { json: {} },
  putSupportRequestAttachmentContent: { json: SOME_TEXT, headers: { "content-type": "text/plain" } },
  putBusinessCalendar: { json: SOME_HOURS, headers: ANOTHER_VERSION },
  removeSupportRequestContact: { headers: ANOTHER_VERSION },
};

export const requestQueries = [
  ["/supportRequests", "customer", "customerId"],
  ["/supportRequests?count=true", "search", "word"],
  ["/supportRequests?count=true", "search", "number"],
  ["/supportRequests?count=true", "search", "title"],
  ["/supportRequests?scope=mine", "search", "number"],
  ["/supportRequests?scope=organization", "customer", "customerId"],
  ["/supportRequests?maxpagesize=1", "cursor", "number"],
  ["/supportRequests/{requestId}", "customer", "customerId"],
  ["/supportRequests/{requestId}/activity", "cursor", "communicationId"],
  ["/supportRequests/{requestId}/communications", "cursor", "communicationId"],
] as const;

/** None opens or shares anything: what is not hidden is wrong too, or is so already. */
export function requestBodies(own: Names): readonly BodyCase[] {
  const { customerId, workspaceId, requestId = "" } = own;
  const opening = {
    customerId,
    workspaceId,
    agreementId: "agr-nobody-has",
    title: "Backups fail",
    description: "Since Monday.",
    problemType: "configuration",
    severity: "minimal",
  };
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  return [
    ["POST", "supportRequests", "customerId", (text) => ({ ...opening, customerId: text })],
    ["POST", "supportRequests", "workspaceId", (text) => ({ ...opening, workspaceId: text })],
    [
      "POST",
      "supportRequests",
      "agreementId",
      (text) => ({ ...opening, agreementId: text, groupId: "none" }),
    ],
    ["POST", "supportRequests", "groupId", (text) => ({ ...opening, agreementId: undefined, groupId: text })],
    [
      "POST",
      "supportRequests",
      "email",
      (text) => ({ ...opening, agreementId: undefined, sharedWith: [text, "nobody@elsewhere.example"] }),
    ],
    ["POST", `${path}/notes`, "requestId", (text) => ({ text: "", requestId: text })],
    ["PUT", `${path}/shares/group`, "groupId", (text) => ({ groupId: text })],
    ["PATCH", path, "requestId", (text) => ({ status: "open", requestId: text })],
  ];
}
