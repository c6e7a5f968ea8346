/** The words in which the expectations of access are written down: who is who, and places of which several endpoints are. */
import type { Caller } from "./access-people.ts";
import type { Named, Target } from "./access-world.ts";
import type { Ask } from "./running-api.ts";

/** A change that is let in is refused for what it asks, or finds its work done: the next cell meets the same world. */
export const LET_IN = {
  alreadySo: 200,
  alreadyMade: 201,
  alreadyAsked: 202,
  refused: 400,
  personalAccount: 403,
  conflict: 409,
  otherVersion: 412,
} as const;

/** What is used up by being done: made anew for each cell. */
export type Fresh = {
  readonly invitation: (target: Target) => Promise<string>;
  readonly roleAssignment: (target: Target) => Promise<string>;
};
export type Request = (named: Named, target: Target, fresh: Fresh) => Ask | Promise<Ask>;

export type Expectation = {
  /** What those get who may. */
  readonly status: number;
  readonly request: Request;
  /** By what the request names; what is left out is not asked for. */
  readonly open: Readonly<Partial<Record<Target, readonly Caller[]>>>;
  /** Who may know of it and is told that this is not theirs to do: 403. */
  readonly forbidden?: Readonly<Partial<Record<Target, readonly Caller[]>>>;
  /** Whether the answer depends on what the request names. */
  readonly isAboutTarget: boolean;
  /** Also from those who may know of the workspace. */
  readonly isHiddenInWorkspace?: true;
};

export type Places = Readonly<Record<"default" | "second" | "b", readonly Caller[]>>;

export const TEAM_OF_A = ["csamOfA", "coordinatorOfA"] as const satisfies readonly Caller[];
export const WIDE_OF_A = ["customerAdministratorOfA", ...TEAM_OF_A] as const;
/** They may know of the customer, and of nothing in it but its support requests. */
const OTHERS_OF_A = ["advocateOfA", "incidentManagerOfA", "requestAdminOfA"] as const;
const ADMINS_OF_DEFAULT = ["servicesAdminOfA", "administratorOfDefault"] as const;
export const MEMBERS_OF_DEFAULT = [
  ...ADMINS_OF_DEFAULT,
  "contactOfA",
  "learningManagerOfA",
  "memberOfA",
  "activityReaderOfA",
  "requestReaderOfA",
  "inviterOfA",
  "groupManagerOfA",
] as const;
export const MEMBERS_OF_SECOND = ["administratorOfSecond", "personalInSecond"] as const;
/** With one workspace, its administrator is that of all of B. */
const WIDE_OF_B = ["adminOfB", "csamOfB"] as const;

export const members: Places = {
  default: [...WIDE_OF_A, ...OTHERS_OF_A, ...MEMBERS_OF_DEFAULT],
  second: [...WIDE_OF_A, ...OTHERS_OF_A, ...MEMBERS_OF_SECOND],
  b: WIDE_OF_B,
};
export const admins: Places = {
  default: [...WIDE_OF_A, ...ADMINS_OF_DEFAULT],
  second: [...WIDE_OF_A, "administratorOfSecond"],
  b: WIDE_OF_B,
};
export const and = (places: Places, inDefault: readonly Caller[]): Places => ({
  ...places,
  default: [...places.default, ...inDefault],
});
export const inviters = and(admins, ["inviterOfA"]);
export const groupManagers = and(admins, ["groupManagerOfA"]);
export const memberReaders = and(admins, ["inviterOfA", "groupManagerOfA"]);
/** Neither the customer administrator nor the administrator of a workspace (AC-06). */
export const switchers: Places = {
  default: [...TEAM_OF_A, "servicesAdminOfA"],
  second: TEAM_OF_A,
  b: WIDE_OF_B,
};

/** Of a customer, for those who hold it anywhere there. */
export function customer(
  who: readonly Caller[],
  ofB: readonly Caller[],
  request: Request,
  status = 200,
): Expectation {
  return { status, request, open: { default: who, b: ofB, absent: [] }, isAboutTarget: true };
}
export const anywhere = (
  { default: first, second, b }: Places,
  request: Request,
  status = 200,
): Expectation => customer([...first, ...second], b, request, status);
export const whole = (request: Request, status = 200): Expectation =>
  customer(WIDE_OF_A, WIDE_OF_B, request, status);
export const accountTeam = (request: Request, status = 200): Expectation =>
  customer(TEAM_OF_A, ["csamOfB"], request, status);

/** Not the administrator of a workspace, even of the only one. */
export const noticeManagers = (request: Request, status = 200): Expectation =>
  customer(WIDE_OF_A, ["csamOfB"], request, status);

/** Of a workspace. */
export function workspace(places: Places, request: Request, status = 200): Expectation {
  return { status, request, open: { ...places, noWorkspace: [], absent: [] }, isAboutTarget: true };
}

/** For the account team of the customer, whatever the workspace; one that there is not is not found. */
export const teamAt = (request: Request, status: number): Expectation =>
  workspace({ default: TEAM_OF_A, second: TEAM_OF_A, b: ["csamOfB"] }, request, status);

/** The same whatever is named, for these callers. */
export function service(who: readonly Caller[], request: Ask, status = 200): Expectation {
  return { status, request: () => request, open: { default: who }, isAboutTarget: false };
}

export const post = (path: string, json?: unknown): Ask => ({ method: "POST", path, json });
export const patch = (path: string, json: unknown): Ask => ({ method: "PATCH", path, json });
export const OTHER_VERSION = { headers: { "if-match": '"other"' } };
export const put = (path: string): Ask => ({ method: "PUT", path });
export const remove = (path: string): Ask => ({ method: "DELETE", path });
