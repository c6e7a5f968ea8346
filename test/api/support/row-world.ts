/** What was delivered for requests of every kind, in two workspaces and every grid, and by hand who is shown which of it. */
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import {
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../../fakes/events.ts";
import { done, join, membersOf, pathOf } from "./access-steps.ts";
import {
  AGREEMENT,
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
  upsertedEvent,
  WORKSPACE,
} from "./support-world.ts";

const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };

/** Sees the rows of both workspaces, and all requests of the other one. */
const MIXED = { email: "mixed@cust-t.example" } as const satisfies TokenRequest;
export const READERS = { ...PEOPLE, mixed: MIXED };

/** Those who may open Customer Activity, and the workspaces that they may choose. */
const whole = ["customerAdministrator", "csam"] as const;
const inFirst = ["admin", "viewsAll", "contact", "member", "groupMember", "otherContact"] as const;
export const readers = [...whole, ...inFirst, "elsewhere", "mixed"] as const;
export type Reader = (typeof readers)[number];

/** Who sees all requests of where they may look, and is told so. */
export const seeAll: readonly Reader[] = [...whole, "admin", "viewsAll", "elsewhere"];

const lookHere = ["customerAdministrator", "csam", "admin", "viewsAll"] as const;

/** By what was delivered: who sees it, by hand, of those who may look at the workspace in which it was. */
const seers = {
  /** Opened by the contact in the first workspace, as are the next five. */
  plain: [...lookHere, "contact"],
  shared: [...lookHere, "contact", "member"],
  grouped: [...lookHere, "contact", "groupMember"],
  named: [...lookHere, "contact", "otherContact"],
  incentive: ["contact"],
  takenBack: [...lookHere, "contact"],
  /** Of the other workspace, as the support desk says; delivered in the first. */
  crossed: [...whole, "mixed"],
  /** Support was never told of it. */
  unknown: lookHere,
  /** The same, with one number for what was delivered here and in the other workspace. */
  split: lookHere,
  /** Of no request. */
  none: [...whole, ...inFirst, "mixed"],
  /** Delivered in the other workspace from here on: of a request there, of one of the first, of an unknown one, of none. */
  there: [...whole, "elsewhere", "mixed"],
  crossedBack: whole,
  incentiveThere: [],
  unknownThere: [...whole, "elsewhere", "mixed"],
  noneThere: [...whole, "elsewhere", "mixed"],
  splitThere: [...whole, "elsewhere", "mixed"],
} as const satisfies Readonly<Record<string, readonly Reader[]>>;
export type Delivered = keyof typeof seers;
export const THERE: readonly Delivered[] = [
  "there",
  "crossedBack",
  "incentiveThere",
  "unknownThere",
  "noneThere",
  "splitThere",
];

export const isShown = (reader: Reader, name: Delivered): boolean => {
  const all: readonly Reader[] = seers[name];
  return all.includes(reader);
};

/** What grids show, each with what a row of it is found by. `additional`: on no entitlement. */
const lines = {
  "ent-prs": { service: "problemResolution", unit: "minutes" },
  "ent-pro": { service: "proactive", unit: "minutes" },
  "ent-edu": { service: "education", unit: "activities" },
  "ent-ass": { service: "assessment", unit: "executions" },
  "ent-crd": { service: "proactiveCredits", unit: "credits" },
  "ent-oth": { service: "other", unit: "executions" },
  additional: { service: "advisory", unit: "minutes" },
} as const;
export type LineName = keyof typeof lines;

// The names are those of the objects, no more.
export const deliveredNames = z.array(z.custom<Delivered>()).parse(Object.keys(seers));
export const lineNames = z.array(z.custom<LineName>()).parse(Object.keys(lines));

export type RowFact = {
  readonly eventId: string;
  readonly of: Delivered;
  readonly line: LineName;
  readonly number: string | null;
  readonly deliveredAt: string;
  readonly quantity: number;
};

export type RowWorld = SupportWorld & { readonly facts: readonly RowFact[] };

export async function startRowWorld(): Promise<RowWorld> {
  const world = await startSupportWorld();
  const { api } = world;
  await api.send([amended()]);
  await api.drained();
  await letThemLook(world);
  const numbers = await openRequests(world);
  const { facts, events } = deliveriesOf(numbers, world.otherWorkspace);
  await api.send(events);
  await api.drained();
  return { ...world, facts };
}

function amended(): string {
  const entitlements = Object.entries(lines).flatMap(([id, { service, unit }]) =>
    id === "additional" ? [] : entitlement(id, service, { unit, allowance: 9_000 }),
  );
  const contacts = entitlement("ent-contacts", "supportContacts", { unit: "contacts", allowance: 20 });
  const named = [PEOPLE.contact, PEOPLE.otherContact].map(({ email }) => ({ name: email, email }));
  const envelope = {
    id: "agr-t-amended",
    type: "support.agreement.amended.v1",
    time: "2026-01-02T00:00:00Z",
  };
  return agreementEvent(
    {
      ...PERIOD,
      agreementId: AGREEMENT,
      supportContacts: named,
      accountTeam: [{ ...PEOPLE.csam, role: "csam" }],
      packages: [basePackage({ ...PERIOD, entitlements: [contacts, ...entitlements] })],
    },
    envelope,
  );
}

async function letThemLook({ api, otherWorkspace }: SupportWorld): Promise<void> {
  const first = { customerId: CUSTOMER, workspaceId: WORKSPACE };
  const other = { customerId: CUSTOMER, workspaceId: otherWorkspace };
  const members = await membersOf(api, PEOPLE.admin, first);
  const viewAll = ["viewAllSupportRequests", "customerActivity"];
  const given: readonly (readonly [PersonName, readonly string[]])[] = [
    ["viewsAll", viewAll],
    ...(["contact", "member", "groupMember", "otherContact"] as const).map(
      (name) => [name, ["customerActivity"]] as const,
    ),
  ];
  for (const [name, permissions] of given) {
    const path = `${pathOf(first)}/members/${members.get(PEOPLE[name].email)?.memberId}`;
    const headers = { "content-type": "application/merge-patch+json" };
    await done(api, PEOPLE.admin, { method: "PATCH", path, headers, json: { permissions } });
  }
  await join(api, PEOPLE.admin, first, MIXED, { permissions: ["customerActivity"] });
  await join(api, PEOPLE.elsewhere, other, MIXED, { permissions: viewAll });
}

/** @returns the numbers, by what is delivered. */
async function openRequests(world: SupportWorld): Promise<Readonly<Partial<Record<Delivered, string>>>> {
  const open = async (facts = {}) => (await world.open(facts)).number;
  const workspaceId = world.otherWorkspace;
  await world.api.send([
    upsertedEvent("up-crossed", "CROSSED-1", { workspaceId }),
    upsertedEvent("up-there", "THERE-1", { workspaceId }),
    upsertedEvent("up-back", "BACK-1", { workspaceId: WORKSPACE }),
    upsertedEvent("up-incentive", "BONUS-1", { workspaceId, isIncentiveRelated: true }),
  ]);
  await world.api.drained();
  return {
    plain: await open(),
    shared: await open({ sharedWith: [PEOPLE.member.email] }),
    grouped: await open({ groupId: world.groupId }),
    named: await open({ primaryContact: { email: PEOPLE.otherContact.email } }),
    incentive: await open({ isIncentiveRelated: true }),
    takenBack: await open(),
    crossed: "CROSSED-1",
    unknown: "NOBODY-1",
    split: "NOBODY-3",
    there: "THERE-1",
    crossedBack: "BACK-1",
    incentiveThere: "BONUS-1",
    unknownThere: "NOBODY-2",
    splitThere: "NOBODY-3",
  };
}

const ROUNDS = 2;

function deliveriesOf(numbers: Readonly<Partial<Record<Delivered, string>>>, otherWorkspace: string) {
  const facts: RowFact[] = [];
  const events: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, of] of deliveredNames.entries()) {
      for (const line of lineNames) {
        const eventId = `${line}-${of}-${round}`;
        const number = numbers[of] ?? null;
        // Many rows share their time, and those of one request are not beside one another.
        const deliveredAt = `2026-03-${10 + ((index + round * 5) % 12)}T10:00:00.000Z`;
        const quantity = 10 + index;
        const fact = { eventId, of, line, number, deliveredAt, quantity };
        facts.push(fact);
        events.push(deliveryOf(fact, THERE.includes(of) ? otherWorkspace : WORKSPACE));
        if (of !== "takenBack") continue;
        const back = `back-${eventId}`;
        facts.push({ ...fact, eventId: back, quantity: -quantity });
        events.push(reversalEvent(back, eventId, { agreementId: AGREEMENT }));
      }
    }
  }
  return { facts, events };
}

function deliveryOf({ eventId, of, line, number, deliveredAt, quantity }: RowFact, workspaceId: string) {
  const { service, unit } = lines[line];
  const title = titleOf(of);
  const request = { number, title, category: line === "additional" ? "SU" : null, product: title };
  return deliveryEvent(eventId, {
    agreementId: AGREEMENT,
    packageId: "pkg-base",
    entitlementId: line === "additional" ? undefined : line,
    workspaceId,
    service,
    unit,
    quantity,
    deliveredAt,
    request: number === null ? undefined : request,
    detail: { learner: "Ana", activityTitle: title, assessment: title, engagement: title },
  });
}

/** Whether support was told of it. */
export const isKnown = (number: string | null): boolean => number !== null && !number.startsWith("NOBODY-");

/** By which it is found. */
export const titleOf = (of: Delivered): string => `zz${of} work`;
