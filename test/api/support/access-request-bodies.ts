/** Bodies that are right and change nothing of support requests, and what may be set in each of their parts. */
import type { BodyCase } from "./access-bodies.ts";
import type { Named } from "./access-world.ts";

const OTHER_VERSION = { "if-match": '"other"' };

export const SOME_HOURS = {
  timeZone: "UTC",
  week: {
    monday: [{ from: "09:00", to: "17:00" }],
    tuesday: [],
    wednesday: [],
    thursday: [],
    friday: [],
    saturday: [],
    sunday: [],
  },
  holidays: [],
};

const always = [{ from: "00:00", to: "24:00" }];
/** Of an advocate with whom there are appointments at any time. */
export const SOME_CALENDAR = {
  timeZone: "UTC",
  week: {
    monday: always,
    tuesday: always,
    wednesday: always,
    thursday: always,
    friday: always,
    saturday: always,
    sunday: always,
  },
  holidays: [],
  slotMinutes: 30,
  leadMinutes: 0,
  language: "en",
};
export const SOME_TEXT = "Two of five.\n";
export const SOME_TIME = "2031-01-01T09:00:00Z";

export function requestBodyCases(named: Named): Readonly<Record<string, BodyCase>> {
  const { customerId, workspaceId, requestId, openedBy, groupId, appointmentId, attachmentId } = named;
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  return {
    openSupportRequest: {
      caller: "contactOfA",
      request: {
        method: "POST",
        path: "supportRequests",
        json: {
          customerId,
          workspaceId,
          agreementId: "agr-nobody-has",
          title: "Backups fail",
          description: "Since Monday.",
          problemType: "configuration",
          severity: "minimal",
          primaryContact: { email: openedBy },
        },
      },
      settable: {
        "": [
          "customerId",
          "workspaceId",
          "agreementId",
          "title",
          "description",
          "problemType",
          "product",
          "severity",
          "primaryContact",
          "country",
          "language",
          "isIncentiveRelated",
          "sharedWith",
          "groupId",
        ],
        primaryContact: ["name", "email"],
      },
    },
    updateSupportRequest: {
      caller: "contactOfA",
      request: { method: "PATCH", path, headers: OTHER_VERSION, json: { status: "closed" } },
      settable: { "": ["status", "reason"] },
    },
    shareSupportRequest: {
      caller: "contactOfA",
      request: { method: "POST", path: `${path}/shares`, json: { email: openedBy } },
      settable: { "": ["email"] },
    },
    shareSupportRequestWithGroup: {
      caller: "contactOfA",
      request: { method: "PUT", path: `${path}/shares/group`, headers: OTHER_VERSION, json: { groupId } },
      settable: { "": ["groupId"] },
    },
    addSupportRequestNote: {
      caller: "contactOfA",
      request: {
        method: "POST",
        path: `${path}/notes`,
        // As often as it comes, it is one.
        headers: { "repeatability-request-id": "5f0c9a52-6f1e-4a0b-9d6f-2f3f0a9b7c13" },
        json: { text: "It fails." },
      },
      settable: { "": ["text"] },
    },
    addSupportRequestAttachment: {
      caller: "contactOfA",
      request: {
        method: "POST",
        path: `${path}/attachments`,
        headers: { "repeatability-request-id": "5f0c9a52-6f1e-4a0b-9d6f-2f3f0a9b7c14" },
        json: { name: "servers.txt", size: SOME_TEXT.length },
      },
      settable: { "": ["name", "size", "sha256", "mediaType"] },
    },
    completeSupportRequestUpload: {
      caller: "contactOfA",
      request: { method: "POST", path: `${path}/attachments/${attachmentId}/complete`, json: {} },
      settable: { "": ["sha256"] },
    },
    bookSupportRequestAppointment: {
      caller: "contactOfA",
      request: { method: "POST", path: `${path}/appointments`, json: { start: SOME_TIME } },
      settable: { "": ["start", "timeZone", "attendees"] },
    },
    moveSupportRequestAppointment: {
      caller: "contactOfA",
      request: {
        method: "PATCH",
        path: `${path}/appointments/${appointmentId}`,
        headers: OTHER_VERSION,
        json: { start: SOME_TIME },
      },
      settable: { "": ["start", "timeZone"] },
    },
    putAdvocateCalendar: {
      caller: "advocateOfA",
      request: {
        method: "PUT",
        path: "me/advocateCalendar",
        headers: OTHER_VERSION,
        json: { ...SOME_CALENDAR, leadMinutes: 60 },
      },
      settable: {
        "": ["timeZone", "week", "holidays", "slotMinutes", "leadMinutes", "language"],
        week: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        ...Object.fromEntries(
          ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((day) => [
            `week.${day}[]`,
            ["from", "to"],
          ]),
        ),
      },
    },
    putBusinessCalendar: {
      caller: "csamOfA",
      request: {
        method: "PUT",
        path: `customers/${customerId}/businessCalendar`,
        headers: OTHER_VERSION,
        json: SOME_HOURS,
      },
      settable: {
        "": ["timeZone", "week", "holidays"],
        week: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        "week.monday[]": ["from", "to"],
      },
    },
    addSupportRequestContact: {
      caller: "contactOfA",
      request: { method: "POST", path: `${path}/contacts`, json: { email: openedBy } },
      settable: { "": ["name", "email"] },
    },
  };
}
