/** Every combination that the table of visibility is asked about, and what the product is given of each. */
import { customersOf } from "../../src/access/grant.ts";
import type { CustomerRole } from "../../src/access/permissions.ts";
import type { Membership, Person, WorkspaceMembership } from "../../src/access/person.ts";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import {
  requestDocumentId,
  requestNumberSchema,
  type SupportRequest,
  severityRank,
} from "../../src/support/request.ts";
import { noResponses } from "../../src/support/request-responses.ts";
import { type Viewer, viewerOf } from "../../src/support/viewer.ts";
import type { Asked, Place, Role, Someone, Where } from "./visibility-rules.ts";

export const CUSTOMER_ID = customerIdSchema.parse("cust-t");
const ME = "me@cust-t.example";
const ANOTHER = "another@cust-t.example";
export const WORKSPACE_IDS: Readonly<Record<Where, string>> = { here: "ws-default", there: "ws-there" };
const GROUP_IDS: Readonly<Record<Where, string>> = { here: "group-here", there: "group-there" };
const AGREEMENT_IDS = {
  this: agreementIdSchema.parse("agr-this"),
  other: agreementIdSchema.parse("agr-other"),
} as const;
const AT = "2026-03-01T09:00:00.000Z";

const YES_OR_NO = [false, true] as const;
const NAMED = ["me", "another", "nobody"] as const;

const plain: Place = { administers: false, isSupportContact: false, viewsAll: false, isInGroup: false };

type Standing = Pick<Someone, "here" | "isServicesAdmin">;

const standingsHere: readonly Standing[] = [
  { here: undefined, isServicesAdmin: false },
  // Named by the agreement and no member any more.
  { here: undefined, isServicesAdmin: true },
  { here: { ...plain, isSupportContact: true }, isServicesAdmin: false },
  ...["member", "administrator", "servicesAdmin"].flatMap((as) =>
    YES_OR_NO.flatMap((viewsAll) =>
      YES_OR_NO.map((isInGroup) => ({
        here: { ...plain, viewsAll, isInGroup, administers: as === "administrator" },
        isServicesAdmin: as === "servicesAdmin",
      })),
    ),
  ),
];

const placesThere: readonly (Place | undefined)[] = [
  undefined,
  plain,
  { ...plain, administers: true },
  { ...plain, viewsAll: true },
  { ...plain, isInGroup: true, isSupportContact: true },
];

type Standpoint = Pick<Someone, "role" | "hasApplicationRole" | "manages" | "isPersonalAccount">;
const withRole = (role: Role | undefined, more: Partial<Standpoint> = {}): Standpoint => ({
  role,
  hasApplicationRole: true,
  manages: [],
  isPersonalAccount: false,
  ...more,
});
const standpoints: readonly Standpoint[] = [
  withRole(undefined),
  withRole("customerAdministrator"),
  withRole("supportRequestAdmin"),
  withRole("incidentManager"),
  ...(["csam", "accountCoordinator", "advocate"] as const).flatMap((role) =>
    YES_OR_NO.map((hasApplicationRole) => withRole(role, { hasApplicationRole })),
  ),
  ...([["this"], ["other"], ["this", "other"], "all"] as const).map((manages) =>
    withRole("incidentManager", { manages }),
  ),
  withRole("incidentManager", { manages: "all", hasApplicationRole: false }),
  ...([undefined, "customerAdministrator", "supportRequestAdmin", "csam"] as const).map((role) =>
    withRole(role, { isPersonalAccount: true }),
  ),
];

export const people: readonly Someone[] = standingsHere.flatMap((standing) =>
  placesThere.flatMap((there) => standpoints.map((standpoint) => ({ ...standing, there, ...standpoint }))),
);

export const requests: readonly Asked[] = (["here", "there"] as const).flatMap((where) =>
  NAMED.flatMap((creator) =>
    NAMED.flatMap((primaryContact) =>
      YES_OR_NO.flatMap((isSharedWithMe) =>
        (["ofWorkspace", "another", "none"] as const).flatMap((group) =>
          NAMED.flatMap((advocate) =>
            (["this", "other", "none"] as const).flatMap((agreement) =>
              YES_OR_NO.map((isIncentiveRelated) => ({
                where,
                creator,
                primaryContact,
                isSharedWithMe,
                group,
                advocate,
                agreement,
                isIncentiveRelated,
              })),
            ),
          ),
        ),
      ),
    ),
  ),
);

const APPLICATION_ROLES: Readonly<Record<string, string>> = {
  csam: "Csam",
  accountCoordinator: "AccountCoordinator",
  advocate: "Advocate",
  incidentManager: "IncidentManager",
};

/** As the directory keeps the person and the token names the account; undefined: nobody at the customer. */
export function viewerFor(person: Someone): Viewer | undefined {
  const { role, isServicesAdmin, isPersonalAccount, hasApplicationRole } = person;
  const applicationRole = APPLICATION_ROLES[role ?? ""];
  const roles = hasApplicationRole && applicationRole !== undefined ? [applicationRole] : [];
  const customers = customersOf({ roles, isPersonalAccount }, documentOf(person));
  const customer = customers.get(CUSTOMER_ID);
  // Signed in under the same address in other letters.
  return customer && viewerOf(customer, isServicesAdmin ? ME.toUpperCase() : ME);
}

function documentOf(person: Someone): Person {
  const { here, there, role, isServicesAdmin, manages } = person;
  const isFirstAdmin = isServicesAdmin && here !== undefined;
  const workspaces = {
    ...(here && { [WORKSPACE_IDS.here]: membershipIn("here", here, isFirstAdmin) }),
    ...(there && { [WORKSPACE_IDS.there]: membershipIn("there", there, false) }),
  };
  const roles: CustomerRole[] = [
    ...(role === undefined ? [] : [role]),
    ...(isServicesAdmin ? (["servicesAdmin"] as const) : []),
  ];
  const membership: Membership = {
    customerId: CUSTOMER_ID,
    version: 1,
    language: "en",
    roles,
    roleEnds: {},
    ...(role === "incidentManager" && {
      managedAgreements: manages === "all" ? manages : manages.map((each) => AGREEMENT_IDS[each]),
    }),
    refusesPersonalAccounts: true,
    workspaces,
    administersAll: Object.values(WORKSPACE_IDS).every((id) =>
      workspaces[id]?.roles.includes("workspaceAdministrator"),
    ),
    invitations: [],
  };
  return { id: "person", email: ME, kind: "person", memberships: { [CUSTOMER_ID]: membership } };
}

function membershipIn(where: Where, place: Place, isServicesAdmin: boolean): WorkspaceMembership {
  const isAdministrator = place.administers || isServicesAdmin;
  return {
    roles: [
      "member",
      ...(isAdministrator ? (["workspaceAdministrator"] as const) : []),
      ...(isServicesAdmin ? (["servicesAdmin"] as const) : []),
      ...(place.isSupportContact ? (["supportContact"] as const) : []),
    ],
    permissions: place.viewsAll ? ["viewAllSupportRequests"] : [],
    groupIds: place.isInGroup ? [GROUP_IDS[where]] : [],
    isAdministratorByAgreement: isServicesAdmin && !place.administers,
    refusesPersonalAccounts: where === "here",
  };
}

const ADDRESSES = { me: ME, another: ANOTHER, nobody: null } as const;
const contactOf = (named: keyof typeof ADDRESSES) => {
  const email = ADDRESSES[named];
  return email === null ? null : { name: null, email };
};

/** The request as it is kept. */
function documentFor(asked: Asked, index: number): SupportRequest {
  const number = requestNumberSchema.parse(`SR-${String(index).padStart(5, "0")}`);
  const groupIds = { ofWorkspace: GROUP_IDS[asked.where], another: "group-of-others", none: null };
  return {
    id: requestDocumentId(number),
    customerId: CUSTOMER_ID,
    kind: "supportRequest",
    number,
    title: `Request ${number}`,
    description: "Backups fail.",
    problemType: null,
    product: null,
    severity: "moderate",
    severityRank: severityRank.moderate,
    status: "open",
    statusFacts: [],
    createdAt: AT,
    changedAt: AT,
    closedAt: null,
    createdBy: ADDRESSES[asked.creator],
    primaryContact: contactOf(asked.primaryContact),
    contacts: [],
    advocate: contactOf(asked.advocate),
    workspaceId: workspaceIdSchema.parse(WORKSPACE_IDS[asked.where]),
    agreementId: asked.agreement === "none" ? null : AGREEMENT_IDS[asked.agreement],
    country: null,
    language: "en",
    isIncentiveRelated: asked.isIncentiveRelated,
    sharedWith: asked.isSharedWithMe ? [ANOTHER, ME] : [ANOTHER],
    groupId: groupIds[asked.group],
    outsideSends: [],
    responses: noResponses,
    upstream: null,
    words: [],
    noteWords: [],
    noteCount: 0,
    attachmentCount: 0,
    attachmentsEver: 0,
    appointment: null,
    nextTargetCheckAt: null,
    revision: 1,
  };
}

export const kept: readonly { readonly asked: Asked; readonly document: SupportRequest }[] = requests.map(
  (asked, index) => ({ asked, document: documentFor(asked, index) }),
);
export const documents: readonly SupportRequest[] = kept.map(({ document }) => document);
