/**
 * What every view of Customer Activity must show of a set of events, by brute force over the naive model's rows: nothing is
 * folded, kept or narrowed early, and no code of the product is used.
 */
import {
  type Agreement,
  allLines,
  appliesBy,
  type CountedRow,
  countedRows,
  eventsOf,
  inTime,
  isAgreement,
  linkIn,
  localDay,
  type Pack,
  type Workspaces,
  within,
} from "./naive-model.ts";

export type NaiveAsked = {
  /** Undefined: the customer as a whole. */
  readonly ids: readonly string[] | undefined;
  readonly asOf: string | undefined;
  /** When agreements and packages are active or not. */
  readonly at: string;
};

export type NaiveLine = {
  readonly entitlementId: string;
  readonly agreementId: string;
  readonly packageId: string;
  readonly service: string;
  readonly class: string;
  readonly unit: string | null;
  readonly isUnmetered: boolean;
  readonly purchased: number | null;
  readonly consumed: number | null;
  readonly remaining: number | null;
  readonly overage: number | null;
  readonly rows: number;
};

type Known = { readonly versions: readonly Agreement[]; readonly current: Agreement };

export type NaiveWorld = {
  readonly customerId: string;
  readonly rows: readonly CountedRow[];
  /** By id. */
  readonly agreements: ReadonlyMap<string, Known>;
  readonly workspaces: Workspaces;
};

export function naiveWorld(
  bodies: readonly string[],
  customerId: string,
  workspaces: Workspaces,
): NaiveWorld {
  const events = eventsOf(bodies);
  const own = events.filter(isAgreement).filter(({ data }) => data.customerId === customerId);
  const agreements = new Map<string, Known>();
  for (const [id, group] of Map.groupBy(own, ({ data }) => data.agreementId)) {
    const versions = group.toSorted(inTime);
    const current = versions.at(-1);
    if (current !== undefined) agreements.set(id, { versions, current });
  }
  const rows = countedRows(events, workspaces).filter((row) => row.customerId === customerId);
  return { customerId, rows, agreements, workspaces };
}

const isIn = ({ ids }: NaiveAsked, workspaceId: string): boolean => ids?.includes(workspaceId) ?? true;
const isBy = ({ asOf }: NaiveAsked, at: string): boolean => asOf === undefined || at <= asOf;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const quantityOf = (rows: readonly CountedRow[]): number => sum(rows.map(({ quantity }) => quantity));
export const latestOf = (rows: readonly Pick<CountedRow, "at">[]): string | null =>
  rows
    .map(({ at }) => at)
    .toSorted()
    .at(-1) ?? null;

/** The rows behind the total of an entitlement, or of the additional cases where it is `a:`. */
export function naiveRows(world: NaiveWorld, asked: NaiveAsked, account: string): readonly CountedRow[] {
  return world.rows.filter(
    (row) =>
      (account === "a:" ? row.account.startsWith("a:") : row.account === account) &&
      isIn(asked, row.workspaceId) &&
      isBy(asked, row.at),
  );
}

/** The entitlements of an agreement that are shown: where their package applies, or something was ever delivered. */
export function naiveLines(world: NaiveWorld, asked: NaiveAsked, { versions, current }: Known): NaiveLine[] {
  const { agreementId } = current.data;
  return allLines(versions).flatMap(({ entitlementId, service, line, pack }): NaiveLine[] => {
    const ofLine = world.rows.filter(({ account }) => account === `e:${entitlementId}`);
    const isTouched = ofLine.some(({ workspaceId }) => isIn(asked, workspaceId));
    if (!isTouched && !applies(world, asked, current, pack)) return [];
    const shown = naiveRows(world, asked, `e:${entitlementId}`);
    const isBenefit = line.class === "benefit";
    const allowance = line.allowance ?? null;
    const everybody = quantityOf(ofLine.filter(({ at }) => isBy(asked, at)));
    return [
      {
        entitlementId,
        agreementId,
        packageId: pack.packageId,
        service,
        class: line.class,
        unit: line.unit ?? null,
        isUnmetered: !isBenefit && allowance === null,
        purchased: isBenefit ? null : allowance,
        consumed: isBenefit ? null : quantityOf(shown),
        remaining: allowance === null ? null : Math.max(0, allowance - everybody),
        overage: allowance === null ? null : Math.max(0, everybody - allowance),
        rows: shown.length,
      },
    ];
  });
}

function applies({ workspaces }: NaiveWorld, { ids }: NaiveAsked, current: Agreement, pack: Pack): boolean {
  return ids?.some((id) => appliesBy(linkIn(id, current, workspaces.links))(pack)) ?? true;
}

function isLinkedAtAll({ workspaces }: NaiveWorld, { ids }: NaiveAsked, current: Agreement): boolean {
  const links = ids?.map((id) => linkIn(id, current, workspaces.links));
  return links?.some(({ isLinked, packageIds }) => isLinked || packageIds.length > 0) ?? true;
}

type Days = { readonly startDate: string; readonly endDate: string };

/** The last day on which it applies: its own, its agreement's, or that of the last instant before it was left out. */
function expiryOf(days: Days, agreement: Agreement["data"], endedAt: string | undefined): string {
  const ended = endedAt && localDay(new Date(Date.parse(endedAt) - 1).toISOString(), agreement.timeZone);
  return [days.endDate, agreement.endDate, ...(ended ? [ended] : [])].toSorted()[0] ?? "";
}

/** What is left out before its first day is never to come. */
function statusOf(
  days: Days,
  agreement: Agreement["data"],
  endedAt: string | undefined,
  at: string,
): "upcoming" | "active" | "inactive" {
  const day = localDay(at, agreement.timeZone);
  const first = days.startDate > agreement.startDate ? days.startDate : agreement.startDate;
  const last = expiryOf(days, agreement, endedAt);
  if (last < first || day > last || (endedAt !== undefined && at >= endedAt)) return "inactive";
  return day < first ? "upcoming" : "active";
}

/** Every package that the agreement ever had: as the newest event that has it says, ended by the next one. */
function packsOf(versions: readonly Agreement[]) {
  const ids = new Set(versions.flatMap(({ data }) => data.packages.map(({ packageId }) => packageId)));
  return [...ids].flatMap((id) => {
    const newest = versions.findLast(({ data }) => data.packages.some(({ packageId }) => packageId === id));
    const pack = newest?.data.packages.find(({ packageId }) => packageId === id);
    if (newest === undefined || pack === undefined) return [];
    return [{ pack, endedAt: versions[versions.indexOf(newest) + 1]?.time }];
  });
}

const byText = (left: unknown, right: unknown): number =>
  JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;

/** All that the page shows, each list in an order that does not matter. */
export function naivePage(world: NaiveWorld, asked: NaiveAsked) {
  const active = [...world.agreements.values()].filter(({ current: { data } }) =>
    within(localDay(asked.at, data.timeZone), data),
  );
  const shown = active.flatMap((known) => {
    const lines = naiveLines(world, asked, known);
    const isShown = lines.length > 0 || isLinkedAtAll(world, asked, known.current);
    return isShown ? [{ ...known, lines }] : [];
  });
  const read = world.rows.filter(
    ({ account, agreementId = "", workspaceId, at }) =>
      (account.startsWith("a:") || active.some(({ current }) => current.data.agreementId === agreementId)) &&
      isIn(asked, workspaceId) &&
      isBy(asked, at),
  );
  const additional = read.filter(({ account }) => account.startsWith("a:"));
  return {
    dataAsOf: latestOf(read),
    workspaces: (
      asked.ids ?? ["ws-default", ...(world.workspaces.further[world.customerId] ?? [])]
    ).toSorted(),
    agreements: shown.map(({ current: { data } }) => agreementView(data, asked.at)).toSorted(byText),
    packages: shown
      .flatMap(({ versions, current, lines }) =>
        packsOf(versions).flatMap(({ pack, endedAt }) => {
          const own = lines.filter(({ packageId }) => packageId === pack.packageId).toSorted(byText);
          if (own.length === 0 && !applies(world, asked, current, pack)) return [];
          const { packageId, section, startDate, endDate } = pack;
          const status = statusOf(pack, current.data, endedAt, asked.at);
          const expiresOn = expiryOf(pack, current.data, endedAt);
          const { agreementId } = current.data;
          return [{ packageId, agreementId, section, startDate, endDate, expiresOn, status, lines: own }];
        }),
      )
      .toSorted(byText),
    categories: naiveCategories(
      shown.flatMap(({ versions, current, lines }) => {
        const sections = new Map(packsOf(versions).map(({ pack }) => [pack.packageId, pack.section]));
        const statuses = new Map(
          allLines(versions).map(({ entitlementId, pack, endedAt }) => [
            entitlementId,
            statusOf(pack, current.data, endedAt, asked.at),
          ]),
        );
        return lines
          .filter(({ packageId }) => sections.get(packageId) === "enterpriseWide")
          .map((line) => ({ ...line, status: statuses.get(line.entitlementId) }));
      }),
    ),
    additionalCases: { minutes: quantityOf(additional), rows: additional.length },
  };
}

function agreementView(data: Agreement["data"], at: string) {
  const { agreementId, kind, startDate, endDate } = data;
  return { agreementId, kind, startDate, endDate, status: statusOf(data, data, undefined, at) };
}

const CATEGORIES: Readonly<Record<string, string>> = {
  proactive: "proactive",
  advisory: "asNeeded",
  problemResolution: "asNeeded",
  education: "education",
  supportContacts: "supportContacts",
  assessment: "assessments",
};

type CategoryLine = NaiveLine & { readonly status: ReturnType<typeof statusOf> | undefined };

/** CA-05, for worlds whose services have one unit each. */
function naiveCategories(lines: readonly CategoryLine[]) {
  const counted = lines.filter((line) => line.class === "consumable" && line.service in CATEGORIES);
  return [...Map.groupBy(counted, ({ service }) => CATEGORIES[service])]
    .map(([category, group]) => {
      const isUnmetered = group.some((line) => line.isUnmetered);
      const leftIn = (status: CategoryLine["status"]) => {
        const own = group.filter((line) => line.status === status);
        return isUnmetered ? null : sum(own.map(({ remaining }) => remaining ?? 0));
      };
      return {
        category,
        isUnmetered,
        purchased: isUnmetered ? null : sum(group.map(({ purchased }) => purchased ?? 0)),
        consumed: sum(group.map(({ consumed }) => consumed ?? 0)),
        remaining: leftIn("active"),
        expired: leftIn("inactive"),
        upcoming: leftIn("upcoming"),
        overage: sum(group.map(({ overage }) => overage ?? 0)),
        entitlementIds: group.map(({ entitlementId }) => entitlementId).toSorted(),
      };
    })
    .toSorted(byText);
}

/**
 * CA-14, CA-15: each case once for its service, with every reason, however many of its rows are here. Those are counted of
 * which not everything was taken back.
 */
export function naiveAdditionalCases(world: NaiveWorld, asked: NaiveAsked) {
  const rows = naiveRows(world, asked, "a:");
  const items = [...Map.groupBy(rows, ({ service, caseNumber }) => `${caseNumber}\n${service}`)].map(
    ([, group]) => ({
      number: group[0]?.caseNumber,
      service: group[0]?.service,
      reasons: [...new Set(group.flatMap(({ reasons }) => reasons))].toSorted(),
      minutes: quantityOf(group),
      rows: group.length,
      lastDeliveredAt: latestOf(group),
    }),
  );
  const casesIn = (some: typeof rows): number =>
    [...Map.groupBy(some, ({ caseNumber }) => caseNumber).values()].filter((group) => quantityOf(group) > 0)
      .length;
  const reasons = [...new Set(rows.flatMap((row) => row.reasons))].map((reason) => [
    reason,
    casesIn(rows.filter((row) => row.reasons.includes(reason))),
  ]);
  return {
    dataAsOf: latestOf(rows),
    cases: casesIn(rows),
    minutes: quantityOf(rows),
    rows: rows.length,
    reasons: Object.fromEntries(reasons),
    services: [...Map.groupBy(items, ({ service }) => service)]
      .map(([service, group]) => ({
        service,
        requests: casesIn(rows.filter((row) => row.service === service)),
        minutes: sum(group.map(({ minutes }) => minutes)),
      }))
      .toSorted(byText),
    items: items.toSorted(byText),
  };
}
