/**
 * The additional cases of a customer: cases that no entitlement accounts for, with every reason that holds (CA-14), grouped
 * by service (CA-15). Invariant: a case is counted once, however many of its deliveries are here and for whatever reasons.
 */
import type { Reason } from "./entry.ts";
import type { AdditionalEntry } from "./row-store.ts";

type AdditionalCase = {
  /** The case number, or the id of its one entry where it has none. */
  readonly key: string;
  readonly number: string | null;
  readonly title: string | null;
  readonly service: string;
  readonly category: string | null;
  readonly reasons: readonly Reason[];
  readonly openedAt: string | null;
  readonly lastDeliveredAt: string;
  readonly minutes: number;
  readonly rows: number;
  readonly agreementId: string | null;
};

export type AdditionalCases = {
  readonly dataAsOf: string | null;
  readonly cases: number;
  readonly minutes: number;
  readonly rows: number;
  /** Number of cases for each reason; a case with two is in both. */
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  /** Number of requests for each service. */
  readonly services: readonly {
    readonly service: string;
    readonly requests: number;
    readonly minutes: number;
  }[];
  /** In order of their keys, then services. */
  readonly items: readonly AdditionalCase[];
};

type Draft = { -readonly [Key in keyof AdditionalCase]: AdditionalCase[Key] } & {
  readonly reasonSet: Set<Reason>;
};

export async function collectAdditionalCases(
  pages: AsyncIterable<readonly AdditionalEntry[]>,
): Promise<AdditionalCases> {
  const drafts = new Map<string, Draft>();
  for await (const page of pages) {
    for (const entry of page) addEntry(drafts, entry);
  }
  return summarize(
    [...drafts.values()]
      .map(finish)
      .toSorted((left, right) =>
        `${left.key}\n${left.service}` < `${right.key}\n${right.service}` ? -1 : 1,
      ),
  );
}

function addEntry(drafts: Map<string, Draft>, entry: AdditionalEntry): void {
  const [, service = "", unit = ""] = entry.account.split(":");
  const number = entry.number ?? entry.caseNumber;
  const key = number ?? entry.reverses ?? entry.id;
  const draft = drafts.get(`${service}\n${key}`) ?? newDraft(key, service, number);
  drafts.set(`${service}\n${key}`, draft);
  draft.minutes += unit === "minutes" ? entry.quantity : 0;
  draft.rows += 1;
  for (const reason of entry.reasons) draft.reasonSet.add(reason);
  draft.title ??= entry.title ?? null;
  draft.category ??= entry.category ?? null;
  draft.openedAt ??= entry.openedAt ?? null;
  draft.agreementId ??= entry.agreementId ?? null;
  if (entry.at > draft.lastDeliveredAt) draft.lastDeliveredAt = entry.at;
}

function newDraft(key: string, service: string, number: string | undefined): Draft {
  return {
    key,
    number: number ?? null,
    title: null,
    service,
    category: null,
    reasons: [],
    openedAt: null,
    lastDeliveredAt: "",
    minutes: 0,
    rows: 0,
    agreementId: null,
    reasonSet: new Set(),
  };
}

function finish({ reasonSet, ...draft }: Draft): AdditionalCase {
  return { ...draft, reasons: [...reasonSet].toSorted() };
}

function summarize(items: readonly AdditionalCase[]): AdditionalCases {
  const byKey = Map.groupBy(items, ({ key }) => key);
  const reasons: Partial<Record<Reason, number>> = {};
  for (const group of byKey.values()) {
    for (const reason of new Set(group.flatMap((each) => each.reasons)))
      reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const services = [...Map.groupBy(items, ({ service }) => service)].map(([service, group]) => ({
    service,
    requests: group.length,
    minutes: group.reduce((total, { minutes }) => total + minutes, 0),
  }));
  const lastAt = items.reduce(
    (last, { lastDeliveredAt }) => (lastDeliveredAt > last ? lastDeliveredAt : last),
    "",
  );
  return {
    dataAsOf: lastAt === "" ? null : lastAt,
    cases: byKey.size,
    minutes: services.reduce((total, { minutes }) => total + minutes, 0),
    rows: items.reduce((total, { rows }) => total + rows, 0),
    reasons,
    services: services.toSorted((left, right) => (left.service < right.service ? -1 : 1)),
    items,
  };
}
