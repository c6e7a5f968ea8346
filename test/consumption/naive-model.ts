/**
 * What a set of events must come to, by brute force: every figure is looked for among all events, nothing is folded,
 * and no code of the product is used. Slow, and simple enough to be believed.
 */
import * as z from "zod";

const line = z.object({
  entitlementId: z.string(),
  service: z.string(),
  class: z.string(),
  unit: z.string().optional(),
});
const agreementSchema = z.object({
  customerId: z.string(),
  agreementId: z.string(),
  timeZone: z.string(),
  kind: z.string(),
  startDate: z.string(),
  endDate: z.string(),
  packages: z.array(
    z.object({
      packageId: z.string(),
      section: z.string(),
      startDate: z.string(),
      endDate: z.string(),
      entitlements: z.array(line),
    }),
  ),
});
const deliverySchema = z.object({
  customerId: z.string(),
  agreementId: z.string().optional(),
  packageId: z.string().optional(),
  entitlementId: z.string().optional(),
  workspaceId: z.string().default("ws-default"),
  service: z.string(),
  quantity: z.int(),
  unit: z.string(),
  deliveredAt: z.string(),
  request: z.object({ category: z.string().nullish() }).optional(),
});
const reversalSchema = z.object({
  customerId: z.string(),
  agreementId: z.string().optional(),
  reverses: z.object({ source: z.string(), id: z.string() }),
  quantity: z.int().optional(),
});
const envelope = { source: z.string(), id: z.string(), time: z.string() };
const eventSchema = z.discriminatedUnion("type", [
  z.object({ ...envelope, type: z.literal("support.agreement.activated.v1"), data: agreementSchema }),
  z.object({ ...envelope, type: z.literal("support.agreement.amended.v1"), data: agreementSchema }),
  z.object({ ...envelope, type: z.literal("support.delivery.recorded.v1"), data: deliverySchema }),
  z.object({ ...envelope, type: z.literal("support.delivery.reversed.v1"), data: reversalSchema }),
]);
type Event = z.infer<typeof eventSchema>;
type Delivery = Extract<Event, { type: "support.delivery.recorded.v1" }>;
type Reversal = Extract<Event, { type: "support.delivery.reversed.v1" }>;
type Agreement = Extract<Event, { type: "support.agreement.activated.v1" | "support.agreement.amended.v1" }>;

export type Expected = {
  /** `ledger | account | workspace | day` to quantity and rows. */
  readonly counts: Readonly<Record<string, readonly [number, number]>>;
  /** Reasons of every additional case, by `ledger | source id`. */
  readonly reasons: Readonly<Record<string, readonly string[]>>;
  /** Ids of deliveries and reversals that count nothing because they are refused. */
  readonly refused: readonly string[];
};

/** What of an agreement applies to a workspace, where somebody decided. */
export type DecidedLink = {
  readonly customerId: string;
  readonly agreementId: string;
  readonly workspaceId: string;
  readonly isLinked: boolean;
  readonly packageIds: readonly string[];
};

/** The workspaces that a customer has besides the default one, by customer, and what was decided in the end. */
export type Workspaces = {
  readonly further: Readonly<Record<string, readonly string[]>>;
  readonly links: readonly DecidedLink[];
};

const onlyTheDefault: Workspaces = { further: {}, links: [] };

export function expectedOf(bodies: readonly string[], workspaces: Workspaces = onlyTheDefault): Expected {
  const events = [...new Set(bodies)].map((body) => eventSchema.parse(JSON.parse(body)));
  const counts: Record<string, readonly [number, number]> = {};
  const reasons: Record<string, readonly string[]> = {};
  const refused: string[] = [];
  for (const delivery of events.filter(isDelivery)) {
    const placed = placeOf(delivery, events.filter(isAgreement), workspaces);
    if (placed === undefined) {
      refused.push(delivery.id);
      continue;
    }
    const { agreementId = "", customerId, workspaceId, deliveredAt } = delivery.data;
    const ledger = `${customerId}/${agreementId}`;
    if (placed.reasons.length > 0) reasons[`${ledger} | ${delivery.source} ${delivery.id}`] = placed.reasons;
    const key = `${ledger} | ${placed.account} | ${workspaceId} | ${deliveredAt.slice(0, 10)}`;
    const taken = takenBack(delivery, events.filter(isReversal));
    refused.push(...taken.refused);
    const [quantity, rows] = counts[key] ?? [0, 0];
    counts[key] = [quantity + delivery.data.quantity - taken.quantity, rows + 1 + taken.rows];
  }
  const fruitless = events.filter(isReversal).filter((each) => isFruitless(each, events));
  return { counts, reasons, refused: [...refused, ...fruitless.map(({ id }) => id)].toSorted() };
}

/** A reversal of what is no delivery, or for a customer that nobody knows. */
function isFruitless({ data }: Reversal, events: readonly Event[]): boolean {
  const known = events.some((each) => isAgreement(each) && each.data.customerId === data.customerId);
  const named = events.find(
    (each) =>
      each.data.customerId === data.customerId &&
      each.data.agreementId === data.agreementId &&
      each.source === data.reverses.source &&
      each.id === data.reverses.id,
  );
  return !known || (named !== undefined && !isDelivery(named));
}

const isDelivery = (event: Event): event is Delivery => event.type === "support.delivery.recorded.v1";
const isReversal = (event: Event): event is Reversal => event.type === "support.delivery.reversed.v1";
const isAgreement = (event: Event): event is Agreement => event.type.startsWith("support.agreement.");

const inTime = (left: Event, right: Event): number =>
  [left.time, left.source, left.id].join("\n") < [right.time, right.source, right.id].join("\n") ? -1 : 1;

function takenBack(delivery: Delivery, reversals: readonly Reversal[]) {
  const mine = reversals.filter(
    ({ data }) =>
      data.customerId === delivery.data.customerId &&
      data.agreementId === delivery.data.agreementId &&
      data.reverses.source === delivery.source &&
      data.reverses.id === delivery.id,
  );
  let left = delivery.data.quantity;
  let rows = 0;
  const refused: string[] = [];
  for (const { id, data } of mine.toSorted(inTime)) {
    const asked = data.quantity ?? left;
    if (left === 0 || asked > left) refused.push(id);
    else {
      left -= asked;
      rows += 1;
    }
  }
  return { quantity: delivery.data.quantity - left, rows, refused };
}

function placeOf(
  delivery: Delivery,
  agreements: readonly Agreement[],
  workspaces: Workspaces,
): { readonly account: string; readonly reasons: readonly string[] } | undefined {
  const { data } = delivery;
  if (!agreements.some((each) => each.data.customerId === data.customerId)) return undefined;
  const ids = ["ws-default", ...(workspaces.further[data.customerId] ?? [])];
  if (!ids.includes(data.workspaceId)) return undefined;
  const isCase = data.service === "problemResolution" || data.service === "advisory";
  const versions = agreements
    .filter((each) => each.data.customerId === data.customerId && each.data.agreementId === data.agreementId)
    .toSorted(inTime);
  const current = versions.at(-1);
  const day = current === undefined ? "" : localDay(data.deliveredAt, current.data.timeZone);
  const inAgreement = current !== undefined && within(day, current.data);
  const found = current === undefined ? undefined : lineOf(delivery, versions, inAgreement ? day : undefined);
  const inLine = found !== undefined && inAgreement && covers(found, day, data.deliveredAt);
  if (!isCase) return inLine ? { account: `e:${found.entitlementId}`, reasons: [] } : undefined;
  const reasons: string[] = [];
  if (current !== undefined) {
    if (found === undefined ? !inAgreement : !inLine) reasons.push("agreementExpired");
    if (!linked(data.workspaceId, current, versions, found, workspaces.links))
      reasons.push("agreementNotInWorkspace");
  }
  if (found === undefined) reasons.push("noMatchingEntitlement");
  if (data.request?.category != null) reasons.push("category");
  return reasons.length === 0 && found !== undefined
    ? { account: `e:${found.entitlementId}`, reasons }
    : { account: `a:${data.service}:${data.unit}`, reasons };
}

const within = (day: string, days: { readonly startDate: string; readonly endDate: string }): boolean =>
  days.startDate <= day && day <= days.endDate;

/** The calendar day on the customer's wall. */
function localDay(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(new Date(instant));
}

type Pack = Agreement["data"]["packages"][number];
type Found = { readonly entitlementId: string; readonly pack: Pack; readonly endedAt: string | undefined };

const covers = ({ pack, endedAt }: Found, day: string, instant: string): boolean =>
  within(day, pack) && (endedAt === undefined || instant < endedAt);

/**
 * The line that a delivery means, among those of every version: the newest that has it says what it is. Of several, the
 * one that covers the day is meant.
 */
function lineOf(
  { data }: Delivery,
  versions: readonly Agreement[],
  dayInAgreement: string | undefined,
): Found | undefined {
  const candidates = allLines(versions).filter(
    (each) =>
      each.service === data.service &&
      (data.packageId === undefined || each.pack.packageId === data.packageId) &&
      (data.entitlementId === undefined || each.entitlementId === data.entitlementId),
  );
  if (candidates.length === 1) return candidates[0];
  const covering = candidates.filter(
    (each) => dayInAgreement !== undefined && covers(each, dayInAgreement, data.deliveredAt),
  );
  return covering.length === 1 ? covering[0] : undefined;
}

function allLines(versions: readonly Agreement[]): (Found & { readonly service: string })[] {
  const ids = versions.flatMap(({ data }) =>
    data.packages.flatMap((pack) => pack.entitlements.map((each) => each.entitlementId)),
  );
  return [...new Set(ids)].flatMap((entitlementId) => {
    const having = versions.filter(({ data }) => packWith(data.packages, entitlementId) !== undefined);
    const newest = having.at(-1);
    const pack = newest === undefined ? undefined : packWith(newest.data.packages, entitlementId);
    const service = pack?.entitlements.find((each) => each.entitlementId === entitlementId)?.service;
    if (newest === undefined || pack === undefined || service === undefined) return [];
    const after = versions[versions.indexOf(newest) + 1];
    const later = versions
      .slice(versions.indexOf(newest))
      .findLast(({ data }) => data.packages.some((each) => each.packageId === pack.packageId));
    const dates = later?.data.packages.find((each) => each.packageId === pack.packageId) ?? pack;
    return [{ entitlementId, service, pack: dates, endedAt: after?.time }];
  });
}

const packWith = (packages: readonly Pack[], entitlementId: string): Pack | undefined =>
  packages.find((pack) => pack.entitlements.some((each) => each.entitlementId === entitlementId));

/**
 * Enterprise-wide packages apply where the agreement is linked, add-on ones where they are named (WS-03); where nobody
 * decided, the default workspace has the base agreement (WS-01).
 */
function linked(
  workspaceId: string,
  { data: { customerId, agreementId, kind } }: Agreement,
  versions: readonly Agreement[],
  found: Found | undefined,
  links: readonly DecidedLink[],
): boolean {
  const decided = links.find(
    (each) =>
      each.customerId === customerId && each.agreementId === agreementId && each.workspaceId === workspaceId,
  );
  const applies = ({ section, packageId }: Pack): boolean =>
    section === "enterpriseWide"
      ? (decided?.isLinked ?? (workspaceId === "ws-default" && kind === "base"))
      : (decided?.packageIds.includes(packageId) ?? false);
  return found === undefined ? versions.some(({ data }) => data.packages.some(applies)) : applies(found.pack);
}
