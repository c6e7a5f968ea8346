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
  allowance: z.int().nullish(),
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
  request: z.object({ number: z.string().optional(), category: z.string().nullish() }).optional(),
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
export type Event = z.infer<typeof eventSchema>;
type Delivery = Extract<Event, { type: "support.delivery.recorded.v1" }>;
type Reversal = Extract<Event, { type: "support.delivery.reversed.v1" }>;
export type Agreement = Extract<
  Event,
  { type: "support.agreement.activated.v1" | "support.agreement.amended.v1" }
>;

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

export const eventsOf = (bodies: readonly string[]): readonly Event[] =>
  [...new Set(bodies)].map((body) => eventSchema.parse(JSON.parse(body)));

/** A row behind a total: a delivery, or what a reversal takes back of one. */
export type CountedRow = {
  readonly customerId: string;
  readonly agreementId: string | undefined;
  readonly account: string;
  readonly workspaceId: string;
  /** When it counts: of a reversal, when it was delivered what it reverses. */
  readonly at: string;
  readonly quantity: number;
  readonly reasons: readonly string[];
  /** Source and id of its own event. */
  readonly event: string;
  readonly service: string;
  readonly caseNumber: string | undefined;
};

export function countedRows(
  events: readonly Event[],
  workspaces: Workspaces = onlyTheDefault,
): readonly CountedRow[] {
  return events.filter(isDelivery).flatMap((delivery): CountedRow[] => {
    const placed = placeOf(delivery, events.filter(isAgreement), workspaces);
    if (placed === undefined) return [];
    const { customerId, agreementId, workspaceId, deliveredAt, quantity, service, request } = delivery.data;
    const at = new Date(deliveredAt).toISOString();
    const caseNumber = request?.number;
    const row = { customerId, agreementId, workspaceId, at, service, caseNumber, ...placed };
    return [
      { ...row, quantity, event: `${delivery.source} ${delivery.id}` },
      ...takenBack(delivery, events.filter(isReversal)).taken.map(({ event, amount }) => ({
        ...row,
        quantity: -amount,
        event,
      })),
    ];
  });
}

export function expectedOf(bodies: readonly string[], workspaces: Workspaces = onlyTheDefault): Expected {
  const events = eventsOf(bodies);
  const counts: Record<string, readonly [number, number]> = {};
  const reasons: Record<string, readonly string[]> = {};
  for (const row of countedRows(events, workspaces)) {
    const ledger = `${row.customerId}/${row.agreementId ?? ""}`;
    if (row.reasons.length > 0 && row.quantity > 0) reasons[`${ledger} | ${row.event}`] = row.reasons;
    const key = `${ledger} | ${row.account} | ${row.workspaceId} | ${row.at.slice(0, 10)}`;
    const [quantity, rows] = counts[key] ?? [0, 0];
    counts[key] = [quantity + row.quantity, rows + 1];
  }
  return { counts, reasons, refused: refusedAmong(events, workspaces) };
}

function refusedAmong(events: readonly Event[], workspaces: Workspaces): string[] {
  const ofDeliveries = events
    .filter(isDelivery)
    .flatMap((delivery) =>
      placeOf(delivery, events.filter(isAgreement), workspaces) === undefined
        ? [delivery.id]
        : takenBack(delivery, events.filter(isReversal)).refused,
    );
  const fruitless = events.filter(isReversal).filter((each) => isFruitless(each, events));
  return [...ofDeliveries, ...fruitless.map(({ id }) => id)].toSorted();
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
export const isAgreement = (event: Event): event is Agreement => event.type.startsWith("support.agreement.");

export const inTime = (left: Event, right: Event): number =>
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
  const taken: { readonly event: string; readonly amount: number }[] = [];
  const refused: string[] = [];
  for (const { source, id, data } of mine.toSorted(inTime)) {
    const amount = data.quantity ?? left;
    if (left === 0 || amount > left) refused.push(id);
    else {
      left -= amount;
      taken.push({ event: `${source} ${id}`, amount });
    }
  }
  return { taken, refused };
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

export const within = (
  day: string,
  days: { readonly startDate: string; readonly endDate: string },
): boolean => days.startDate <= day && day <= days.endDate;

/** The calendar day on the customer's wall. */
export function localDay(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(new Date(instant));
}

export type Pack = Agreement["data"]["packages"][number];
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

export function allLines(
  versions: readonly Agreement[],
): (Found & { readonly service: string; readonly line: z.infer<typeof line> })[] {
  const ids = versions.flatMap(({ data }) =>
    data.packages.flatMap((pack) => pack.entitlements.map((each) => each.entitlementId)),
  );
  return [...new Set(ids)].flatMap((entitlementId) => {
    const having = versions.filter(({ data }) => packWith(data.packages, entitlementId) !== undefined);
    const newest = having.at(-1);
    const pack = newest === undefined ? undefined : packWith(newest.data.packages, entitlementId);
    const own = pack?.entitlements.find((each) => each.entitlementId === entitlementId);
    if (newest === undefined || pack === undefined || own === undefined) return [];
    const after = versions[versions.indexOf(newest) + 1];
    const later = versions
      .slice(versions.indexOf(newest))
      .findLast(({ data }) => data.packages.some((each) => each.packageId === pack.packageId));
    const dates = later?.data.packages.find((each) => each.packageId === pack.packageId) ?? pack;
    return [{ entitlementId, service: own.service, line: own, pack: dates, endedAt: after?.time }];
  });
}

const packWith = (packages: readonly Pack[], entitlementId: string): Pack | undefined =>
  packages.find((pack) => pack.entitlements.some((each) => each.entitlementId === entitlementId));

/** What of an agreement applies to a workspace: what was decided, or the base agreement to the default one (WS-01). */
export function linkIn(
  workspaceId: string,
  { data: { customerId, agreementId, kind } }: Agreement,
  links: readonly DecidedLink[],
): Pick<DecidedLink, "isLinked" | "packageIds"> {
  const decided = links.find(
    (each) =>
      each.customerId === customerId && each.agreementId === agreementId && each.workspaceId === workspaceId,
  );
  return decided ?? { isLinked: workspaceId === "ws-default" && kind === "base", packageIds: [] };
}

/** Enterprise-wide packages apply where the agreement is linked, add-on ones where they are named (WS-03). */
export const appliesBy =
  ({ isLinked, packageIds }: Pick<DecidedLink, "isLinked" | "packageIds">) =>
  ({ section, packageId }: Pick<Pack, "section" | "packageId">): boolean =>
    section === "enterpriseWide" ? isLinked : packageIds.includes(packageId);

function linked(
  workspaceId: string,
  current: Agreement,
  versions: readonly Agreement[],
  found: Found | undefined,
  links: readonly DecidedLink[],
): boolean {
  const applies = appliesBy(linkIn(workspaceId, current, links));
  return found === undefined ? versions.some(({ data }) => data.packages.some(applies)) : applies(found.pack);
}
