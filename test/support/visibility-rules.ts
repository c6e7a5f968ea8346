/**
 * Who sees a request and what may be done with it, from the words of the rules (SR-01 to SR-07, AC-01, AC-02, AC-05, WS-06)
 * and without a line of the product: people and requests are described by what they are to each other.
 */

/** What somebody is in a workspace that he or she is an active member of. */
export type Place = {
  readonly administers: boolean;
  readonly isSupportContact: boolean;
  readonly viewsAll: boolean;
  /** Of the one group of this workspace. */
  readonly isInGroup: boolean;
};

/** "here" is the first workspace, which refuses personal accounts; "there" is another, which accepts them. */
export type Where = "here" | "there";

export type Someone = {
  readonly here: Place | undefined;
  readonly there: Place | undefined;
  /** Named by the agreement: administrator of the first workspace (AC-01). */
  readonly isServicesAdmin: boolean;
  readonly role: Role | undefined;
  /** The provider's staff act as what the directory says only with the same role in their tokens. */
  readonly hasApplicationRole: boolean;
  readonly manages: readonly ("this" | "other")[] | "all";
  readonly isPersonalAccount: boolean;
};

export type Role =
  | "customerAdministrator"
  | "csam"
  | "accountCoordinator"
  | "advocate"
  | "incidentManager"
  | "supportRequestAdmin";

/** Of a request, who it names: the one who looks, somebody else, or nobody. */
type Named = "me" | "another" | "nobody";

export type Asked = {
  readonly where: Where;
  readonly creator: Named;
  readonly primaryContact: Named;
  readonly isSharedWithMe: boolean;
  readonly group: "ofWorkspace" | "another" | "none";
  readonly advocate: Named;
  readonly agreement: "this" | "other" | "none";
  readonly isIncentiveRelated: boolean;
};

const STAFF: readonly (Role | undefined)[] = ["csam", "accountCoordinator", "advocate", "incidentManager"];

/** The role that counts: staff need the application role, and one of the customer's no personal account. */
function roleOf({ role, hasApplicationRole, isPersonalAccount }: Someone): Role | undefined {
  if (STAFF.includes(role)) return hasApplicationRole ? role : undefined;
  return isPersonalAccount ? undefined : role;
}

function placeOf(person: Someone, where: Where): Place | undefined {
  if (where === "there") return person.there;
  return person.isPersonalAccount ? undefined : person.here;
}

const administers = (person: Someone, where: Where): boolean => {
  const place = placeOf(person, where);
  if (place === undefined) return false;
  return place.administers || (where === "here" && person.isServicesAdmin);
};

const hasGroup = (person: Someone, { where, group }: Asked): boolean =>
  placeOf(person, where)?.isInGroup === true && group === "ofWorkspace";
const isMember = (person: Someone, { where }: Asked): boolean => placeOf(person, where) !== undefined;

/** Each reason for which a request is seen that is not incentive-related, by the rule that says so. */
const reasons = {
  "SR-05 creator": (person: Someone, asked: Asked) => isMember(person, asked) && asked.creator === "me",
  "SR-02 group": hasGroup,
  "SR-02 shared": (person: Someone, asked: Asked) => isMember(person, asked) && asked.isSharedWithMe,
  "SR-02 primary contact": (person: Someone, asked: Asked) =>
    isMember(person, asked) && asked.primaryContact === "me",
  "SR-02 View all": (person: Someone, { where }: Asked) => placeOf(person, where)?.viewsAll === true,
  "AC-01 workspace administrator": (person: Someone, { where }: Asked) => administers(person, where),
  "AC-01 customer administrator": (person: Someone) => roleOf(person) === "customerAdministrator",
  "AC-05 account team": (person: Someone) =>
    roleOf(person) === "csam" || roleOf(person) === "accountCoordinator",
  "AC-05 advocate": (person: Someone, { advocate }: Asked) =>
    roleOf(person) === "advocate" && advocate === "me",
  "AC-05 incident manager": (person: Someone, { agreement }: Asked) =>
    roleOf(person) === "incidentManager" &&
    (person.manages === "all" || person.manages.some((each) => each === agreement)),
  "SR-05 Support request admin": (person: Someone) => roleOf(person) === "supportRequestAdmin",
} as const;

export const reasonEntries = Object.entries(reasons);

/** SR-06 outranks every other rule: of an incentive-related request only its creator knows. */
export function expectedToSee(person: Someone, asked: Asked): boolean {
  if (asked.isIncentiveRelated) return reasons["SR-05 creator"](person, asked);
  return reasonEntries.some(([, holds]) => holds(person, asked));
}

/** SR-05: listed as *My requests*. */
export const expectedOwn = reasons["SR-05 creator"];

/** SR-05: may ask for *Organization requests*. */
export const expectedToSeeOrganization = (person: Someone): boolean =>
  roleOf(person) === "supportRequestAdmin";

/** SR-03: only support contacts of the workspace. */
export const expectedToOpen = (person: Someone, where: Where): boolean =>
  placeOf(person, where)?.isSupportContact === true;

/** By what may be done, who may of those that see the request. */
const doers: Readonly<Record<string, (person: Someone, asked: Asked) => boolean>> = {
  changeStatus: (person, asked) => isInCharge(person, asked) || isWorkingOn(person, asked),
  addNote: (person, asked) => isInCharge(person, asked) || isWorkingOn(person, asked),
  attach: (person, asked) => isInCharge(person, asked) || isWorkingOn(person, asked),
  removeAttachment: (person, asked) => isInCharge(person, asked) || reasons["AC-05 advocate"](person, asked),
  // SR-07 gives the Support request admin status, notes and attachments, and no more.
  share: (person, asked) => isInCharge(person, asked),
  schedule: (person, asked) => isInCharge(person, asked) || reasons["AC-05 advocate"](person, asked),
  addContact: reasons["AC-05 advocate"],
};

/** Whose request it is, who was let in to manage it (SR-03), and administrators. View all lets look and no more. */
const isInCharge = (person: Someone, asked: Asked): boolean =>
  reasons["SR-05 creator"](person, asked) ||
  reasons["SR-02 group"](person, asked) ||
  reasons["SR-02 shared"](person, asked) ||
  reasons["SR-02 primary contact"](person, asked) ||
  reasons["AC-01 workspace administrator"](person, asked) ||
  reasons["AC-01 customer administrator"](person);

const isWorkingOn = (person: Someone, asked: Asked): boolean =>
  reasons["AC-05 advocate"](person, asked) || reasons["SR-05 Support request admin"](person);

export const expectedAbilities = (person: Someone, asked: Asked): readonly string[] =>
  expectedToSee(person, asked)
    ? Object.keys(doers)
        .filter((name) => doers[name]?.(person, asked))
        .toSorted()
    : [];
