/**
 * Who calls. Customer A has two workspaces, the default one and a second one; B has one and knows nothing of A. The word
 * in an address says where its owner belongs, and is a secret everywhere else.
 */
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { UPSTREAM } from "./running-api.ts";

/** In every name, title and address of what belongs there and nowhere else. */
export const WORD = {
  defaultOfA: "larkspur",
  secondOfA: "quillwort",
  /** Of agreements that are linked to no workspace of A. */
  wholeOfA: "marigold",
  b: "zephyrine",
} as const;

const inDefault = (name: string) => `${name}@${WORD.defaultOfA}.example`;
const inSecond = (name: string) => `${name}@${WORD.secondOfA}.example`;
const ofProvider = (name: string) => `${name}@provider.example`;

/** Callers with a valid token. */
export const people = {
  /** Administrator of the default workspace, and since there is a second one not of all of A. */
  servicesAdminOfA: { email: inDefault("admin") },
  customerAdministratorOfA: { email: `chief@${WORD.wholeOfA}.example` },
  administratorOfDefault: { email: inDefault("manager") },
  administratorOfSecond: { email: inSecond("manager") },
  contactOfA: { email: inDefault("contact") },
  learningManagerOfA: { email: inDefault("learning") },
  memberOfA: { email: inDefault("member") },
  /** Each with one granted permission in the default workspace and nothing else. */
  activityReaderOfA: { email: inDefault("activity") },
  requestReaderOfA: { email: inDefault("requests") },
  inviterOfA: { email: inDefault("inviter") },
  groupManagerOfA: { email: inDefault("groups") },
  /** The second workspace accepts personal accounts. */
  personalInSecond: { email: inSecond("guest"), personal: true },

  /** By a role, and a member of no workspace. */
  requestAdminOfA: { email: `requests@${WORD.wholeOfA}.example` },

  csamOfA: { email: ofProvider("csam"), roles: ["Csam"] },
  coordinatorOfA: { email: ofProvider("coordinator"), roles: ["AccountCoordinator"] },
  advocateOfA: { email: ofProvider("advocate"), roles: ["Advocate"] },
  incidentManagerOfA: { email: ofProvider("incidents"), roles: ["IncidentManager"] },
  /** Assigned to A, and the directory does not say that they are what they were assigned as. */
  csamOfAWithoutRole: { email: ofProvider("csam") },
  coordinatorOfAWithoutRole: { email: ofProvider("coordinator") },
  advocateOfAWithoutRole: { email: ofProvider("advocate") },
  incidentManagerOfAWithoutRole: { email: ofProvider("incidents") },
  /** Another role of the provider's opens nothing. */
  coordinatorOfAAsCsam: { email: ofProvider("coordinator"), roles: ["Csam"] },
  advocateOfAAsCsam: { email: ofProvider("advocate"), roles: ["Csam"] },
  staffOfNobody: {
    email: ofProvider("other"),
    roles: ["Csam", "AccountCoordinator", "Advocate", "IncidentManager"],
  },

  /** To the default workspace, and has not answered. */
  invitedToA: { email: inDefault("invited") },
  removedFromA: { email: inDefault("removed") },
  /** Members and administrators of the default workspace, which refuses personal accounts. */
  memberOfAWithPersonalAccount: { email: inDefault("member"), personal: true },
  servicesAdminOfAWithPersonalAccount: { email: inDefault("admin"), personal: true },
  /** Invited to the default workspace. */
  invitedWithPersonalAccount: { email: inDefault("invited.guest"), personal: true },

  adminOfB: { email: `admin@${WORD.b}.example` },
  csamOfB: { email: ofProvider("csam.b"), roles: ["Csam"] },
  upstream: UPSTREAM,
  nobody: { email: "nobody@elsewhere.example" },
} as const satisfies Readonly<Record<string, TokenRequest>>;

export type Person = keyof typeof people;
export type Caller = Person | "without token" | "with forged token";

// The names are those of the object above, no more.
export const persons = z.array(z.custom<Person>()).parse(Object.keys(people));
export const callers: readonly Caller[] = ["without token", "with forged token", ...persons];

/** Of whom the access rules say something besides; they never call in the matrix. */
export const bystanders = {
  inBothOfA: { email: "both@amberfox.example" },
  pendingInDefault: { email: inDefault("pending") },
  pendingInSecond: { email: inSecond("pending") },
  pendingInB: { email: `pending@${WORD.b}.example` },
  /** Of the support requests of the second workspace and of B. */
  advocateOfOthers: { email: ofProvider("advocate2"), roles: ["Advocate"] },
  memberOfB: { email: `member@${WORD.b}.example` },
} as const satisfies Readonly<Record<string, TokenRequest>>;
