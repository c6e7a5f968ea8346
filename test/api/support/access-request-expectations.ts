/**
 * Who gets what of support requests. In each workspace there is one, opened by its support contact; that of the default
 * workspace is shared with a plain member, and its advocate is known.
 */
import { type Caller, persons } from "./access-people.ts";
import {
  accountTeam,
  anywhere,
  type Expectation,
  LET_IN,
  MEMBERS_OF_DEFAULT,
  members,
  OTHER_VERSION,
  type Places,
  patch,
  post,
  put,
  type Request,
  remove,
  service,
  TEAM_OF_A,
} from "./access-places.ts";
import { SOME_CALENDAR, SOME_HOURS, SOME_TEXT, SOME_TIME } from "./access-request-bodies.ts";
import { NO_ID } from "./access-requests.ts";
import type { Named } from "./access-world.ts";

/** Whoever it belongs to, administrators, and whom it was shared with. */
const inCharge: Places = {
  default: [
    "customerAdministratorOfA",
    "servicesAdminOfA",
    "administratorOfDefault",
    "contactOfA",
    "memberOfA",
  ],
  second: ["customerAdministratorOfA", "administratorOfSecond"],
  b: ["adminOfB"],
};
const lookingOn: Places = {
  default: [...TEAM_OF_A, "incidentManagerOfA", "requestReaderOfA"],
  second: [...TEAM_OF_A, "incidentManagerOfA"],
  b: ["csamOfB"],
};
/** SR-07: nobody else adds contacts, however much they administer. */
const advocate: Places = { default: ["advocateOfA"], second: [], b: [] };
const requestAdmin: Places = { default: ["requestAdminOfA"], second: ["requestAdminOfA"], b: [] };

const all = (...places: readonly Places[]): Places => ({
  default: places.flatMap((each) => each.default),
  second: places.flatMap((each) => each.second),
  b: places.flatMap((each) => each.b),
});
const seers = all(inCharge, lookingOn, requestAdmin, advocate);
const workers = all(inCharge, requestAdmin, advocate);
/** SR-12, SR-07: not the Support request admin. */
const schedulers = all(inCharge, advocate);
const removers = all(inCharge, advocate);
/** Who announced the attachment and nobody else; of the second workspace and of B somebody who does not call. */
const uploaders: Places = { default: ["contactOfA"], second: [], b: [] };
const without = (places: Places, others: Places): Places => ({
  default: places.default.filter((each) => !others.default.includes(each)),
  second: places.second.filter((each) => !others.second.includes(each)),
  b: places.b.filter((each) => !others.b.includes(each)),
});

const toRead = (request: Request, status = 200): Expectation => ofRequest(seers, request, status);

/** For those of them who see the request and no more, it is forbidden. */
function ofRequest(who: Places, request: Request, status = 200): Expectation {
  return {
    status,
    request,
    open: { ...who, noWorkspace: [], absent: [] },
    forbidden: without(seers, who),
    isAboutTarget: true,
    isHiddenInWorkspace: true,
  };
}

const below =
  (more = "") =>
  (named: Named) => ({ path: `${pathOfRequest(named)}${more}` });
const pathOfRequest = ({ requestId }: Named): string => `supportRequests/${encodeURIComponent(requestId)}`;

const ofCustomer = ({ customerId }: Named): string => `customers/${customerId}`;
const pathOfAppointment = (named: Named): string =>
  `${pathOfRequest(named)}/appointments/${named.appointmentId}`;

const pathOfAttachment = (named: Named): string =>
  `${pathOfRequest(named)}/attachments/${named.attachmentId}`;

/** However often it is asked for, it is done once. */
const REPEATED = { headers: { "repeatability-request-id": "0f0c9a52-6f1e-4a0b-9d6f-2f3f0a9b7c12" } };
const CONTACTS: readonly Caller[] = ["contactOfA"];

export const requestExpectations: Readonly<Record<string, Expectation>> = {
  listSupportRequestProblemTypes: service(persons, { path: "supportRequestProblemTypes" }),
  // What is in the list is for `access-lists.test.ts`.
  listSupportRequests: anywhere(members, ({ customerId }) => ({
    path: `supportRequests?customer=${customerId}`,
  })),
  openSupportRequest: {
    status: LET_IN.refused,
    request: ({ customerId, workspaceId }) =>
      post("supportRequests", {
        customerId,
        workspaceId,
        agreementId: "agr-nobody-has",
        title: "Backups fail",
        description: "Since Monday.",
        problemType: "configuration",
        severity: "minimal",
      }),
    open: { default: CONTACTS, second: [], b: [], noWorkspace: [], absent: [] },
    forbidden: {
      default: MEMBERS_OF_DEFAULT.filter((each) => !CONTACTS.includes(each)),
      second: ["administratorOfSecond", "personalInSecond"],
      b: ["adminOfB"],
    },
    isAboutTarget: true,
  },
  getSupportRequest: toRead(below()),
  listSupportRequestActivity: toRead(below("/activity")),
  listSupportRequestCommunications: toRead(below("/communications")),
  getSupportRequestCommunication: toRead((named) => ({
    path: `${pathOfRequest(named)}/communications/${named.communicationId}`,
  })),
  listSupportRequestNotes: toRead(below("/notes")),
  getSupportRequestNote: toRead((named) => ({ path: `${pathOfRequest(named)}/notes/${named.noteId}` })),
  addSupportRequestNote: ofRequest(
    workers,
    (named) => ({ ...post(`${pathOfRequest(named)}/notes`, { text: "It fails." }), ...REPEATED }),
    LET_IN.alreadyMade,
  ),
  listSupportRequestAppointments: toRead(below("/appointments")),
  getSupportRequestAppointment: toRead((named) => ({ path: pathOfAppointment(named) })),
  getSupportRequestAppointmentInvitation: toRead((named) => ({
    path: `${pathOfAppointment(named)}/invitation`,
  })),
  listSupportRequestAppointmentSlots: ofRequest(schedulers, below("/appointmentSlots")),
  // There is one already.
  bookSupportRequestAppointment: ofRequest(
    schedulers,
    (named) => post(`${pathOfRequest(named)}/appointments`, { start: SOME_TIME }),
    LET_IN.conflict,
  ),
  moveSupportRequestAppointment: ofRequest(
    schedulers,
    (named) => ({ ...patch(pathOfAppointment(named), { start: SOME_TIME }), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  cancelSupportRequestAppointment: ofRequest(
    schedulers,
    (named) => ({ ...remove(pathOfAppointment(named)), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  getAdvocateCalendar: service(["advocateOfA"], { path: "me/advocateCalendar" }),
  putAdvocateCalendar: service(
    ["advocateOfA", "staffOfNobody"],
    { ...put("me/advocateCalendar"), json: SOME_CALENDAR, ...OTHER_VERSION },
    LET_IN.otherVersion,
  ),
  listSupportRequestAttachments: toRead(below("/attachments")),
  getSupportRequestAttachment: toRead((named) => ({ path: pathOfAttachment(named) })),
  downloadSupportRequestAttachment: toRead((named) => ({ path: `${pathOfAttachment(named)}/content` })),
  addSupportRequestAttachment: ofRequest(
    workers,
    (named) => ({
      ...post(`${pathOfRequest(named)}/attachments`, { name: "servers.txt", size: SOME_TEXT.length }),
      ...REPEATED,
    }),
    LET_IN.alreadyMade,
  ),
  // SR-07: the Support request admin adds attachments and takes none of others away.
  removeSupportRequestAttachment: ofRequest(
    removers,
    (named) => ({ ...remove(pathOfAttachment(named)), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  // Its upload is over.
  giveSupportRequestUploadLink: ofRequest(
    uploaders,
    (named) => post(`${pathOfAttachment(named)}/uploadLink`),
    LET_IN.conflict,
  ),
  listSupportRequestUploadBlocks: ofRequest(
    uploaders,
    (named) => ({ path: `${pathOfAttachment(named)}/blocks` }),
    LET_IN.conflict,
  ),
  completeSupportRequestUpload: ofRequest(
    uploaders,
    (named) => post(`${pathOfAttachment(named)}/complete`, {}),
    LET_IN.alreadyAsked,
  ),
  putSupportRequestAttachmentContent: ofRequest(
    uploaders,
    (named) => ({
      ...put(`${pathOfAttachment(named)}/content`),
      json: SOME_TEXT,
      headers: { "content-type": "text/plain" },
    }),
    LET_IN.alreadyAsked,
  ),
  listSupportRequestShares: toRead(below("/shares")),
  shareSupportRequest: ofRequest(
    inCharge,
    (named) => post(`${pathOfRequest(named)}/shares`, { email: named.openedBy }),
    LET_IN.alreadyMade,
  ),
  shareSupportRequestWithGroup: ofRequest(
    inCharge,
    (named) => ({
      ...put(`${pathOfRequest(named)}/shares/group`),
      json: { groupId: named.groupId },
      ...OTHER_VERSION,
    }),
    LET_IN.otherVersion,
  ),
  unshareSupportRequest: ofRequest(
    inCharge,
    (named) => ({ ...remove(`${pathOfRequest(named)}/shares/${named.shareId}`), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  listSupportRequestContacts: toRead(below("/contacts")),
  addSupportRequestContact: ofRequest(
    advocate,
    (named) => post(`${pathOfRequest(named)}/contacts`, { email: named.openedBy }),
    LET_IN.alreadyMade,
  ),
  getBusinessCalendar: anywhere(members, (named) => ({ path: `${ofCustomer(named)}/businessCalendar` })),
  putBusinessCalendar: accountTeam(
    (named) => ({ ...put(`${ofCustomer(named)}/businessCalendar`), json: SOME_HOURS, ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  removeSupportRequestContact: ofRequest(
    advocate,
    (named) => ({ ...remove(`${pathOfRequest(named)}/contacts/${NO_ID}`), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
  updateSupportRequest: ofRequest(
    workers,
    (named) => ({ ...patch(pathOfRequest(named), { status: "closed" }), ...OTHER_VERSION }),
    LET_IN.otherVersion,
  ),
};
