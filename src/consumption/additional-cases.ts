/**
 * The additional cases of a customer: cases that no entitlement accounts for, with every reason that holds (CA-14), grouped
 * by service (CA-15). Invariants: a case is counted once, however many of its deliveries are here and for whatever reasons;
 * where everything was taken back it is listed with its rows, and counted nowhere: each number is that of the cases among
 * the rows behind it of which something is left.
 */
import { compareText } from "../agreements/terms.ts";
import type { AdditionalEntry, CaseKey } from "./case-store.ts";
import type { Reason } from "./entry.ts";
import { latest } from "./figures.ts";
import { compareCells } from "./grid-cells.ts";

export type AdditionalCase = {
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

/** What a case says of itself: as the last of its rows that says it does, by time and then by id, in whatever order they come. */
const facts = ["title", "category", "openedAt", "agreementId"] as const;
type Fact = (typeof facts)[number];

export type AdditionalCases = {
  readonly dataAsOf: string | null;
  readonly cases: number;
  readonly minutes: number;
  readonly rows: number;
  /** Number of cases for each reason that a row has; a case with two is in both. */
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  /** Number of requests for each service. */
  readonly services: readonly {
    readonly service: string;
    readonly requests: number;
    readonly minutes: number;
  }[];
  /** In order of their numbers, none first, then of their keys and services. */
  readonly items: readonly AdditionalCase[];
};

type Draft = { -readonly [Key in keyof AdditionalCase]: AdditionalCase[Key] } & {
  /** Whatever the unit: what was taken back is taken back from all of it. */
  left: number;
  readonly leftFor: Map<Reason, number>;
  /** The row that each fact is from. */
  readonly saidBy: Map<Fact, AdditionalEntry>;
};

export async function collectAdditionalCases(
  pages: AsyncIterable<readonly AdditionalEntry[]>,
): Promise<AdditionalCases> {
  const drafts = new Map<string, Draft>();
  for await (const page of pages) {
    for (const entry of page) addEntry(drafts, entry);
  }
  return summarize([...drafts.values()].toSorted(compareCases));
}

/** As the store has their numbers in order. */
function compareCases(left: AdditionalCase, right: AdditionalCase): number {
  return (
    compareCells(left.number, right.number) ||
    compareText(left.key, right.key) ||
    compareText(left.service, right.service)
  );
}

export const caseKeyOf = ({ number, key }: Pick<AdditionalCase, "number" | "key">): CaseKey =>
  number === null ? { number, id: key } : { number };

function addEntry(drafts: Map<string, Draft>, entry: AdditionalEntry): void {
  const [, service = "", unit = ""] = entry.account.split(":");
  const number = entry.number ?? null;
  const key = number ?? entry.reverses ?? entry.id;
  const place = `${service}\n${number === null}\n${key}`;
  const draft = drafts.get(place) ?? newDraft(key, service, number);
  drafts.set(place, draft);
  draft.minutes += unit === "minutes" ? entry.quantity : 0;
  draft.rows += 1;
  draft.left += entry.quantity;
  for (const reason of entry.reasons)
    draft.leftFor.set(reason, (draft.leftFor.get(reason) ?? 0) + entry.quantity);
  for (const fact of facts) {
    const value = entry[fact] ?? null;
    if (value === null || !isLater(entry, draft.saidBy.get(fact))) continue;
    draft[fact] = value;
    draft.saidBy.set(fact, entry);
  }
  if (entry.at > draft.lastDeliveredAt) draft.lastDeliveredAt = entry.at;
}

function isLater(entry: AdditionalEntry, other: AdditionalEntry | undefined): boolean {
  return other === undefined || (compareText(entry.at, other.at) || compareText(entry.id, other.id)) > 0;
}

function newDraft(key: string, service: string, number: string | null): Draft {
  return {
    key,
    number,
    title: null,
    service,
    category: null,
    reasons: [],
    openedAt: null,
    lastDeliveredAt: "",
    minutes: 0,
    rows: 0,
    agreementId: null,
    left: 0,
    leftFor: new Map(),
    saidBy: new Map(),
  };
}

function finish({ left: _left, saidBy: _saidBy, leftFor, ...draft }: Draft): AdditionalCase {
  return { ...draft, reasons: [...leftFor.keys()].toSorted() };
}

function summarize(drafts: readonly Draft[]): AdditionalCases {
  const byKey = [...Map.groupBy(drafts, ({ key, number }) => `${number === null}\n${key}`).values()];
  const services = [...Map.groupBy(drafts, ({ service }) => service)].map(([service, group]) => ({
    service,
    requests: group.filter(({ left }) => left > 0).length,
    minutes: sumOf(group, ({ minutes }) => minutes),
  }));
  return {
    dataAsOf: latest(drafts.map(({ lastDeliveredAt }) => lastDeliveredAt)) ?? null,
    cases: byKey.filter((group) => sumOf(group, ({ left }) => left) > 0).length,
    minutes: sumOf(services, ({ minutes }) => minutes),
    rows: sumOf(drafts, ({ rows }) => rows),
    reasons: reasonsOf(byKey),
    services: services.toSorted((left, right) => compareText(left.service, right.service)),
    items: drafts.map(finish),
  };
}

function reasonsOf(cases: readonly (readonly Draft[])[]): AdditionalCases["reasons"] {
  const reasons: Partial<Record<Reason, number>> = {};
  for (const group of cases) {
    for (const reason of new Set(group.flatMap(({ leftFor }) => [...leftFor.keys()]))) {
      const left = sumOf(group, ({ leftFor }) => leftFor.get(reason) ?? 0);
      reasons[reason] = (reasons[reason] ?? 0) + (left > 0 ? 1 : 0);
    }
  }
  return reasons;
}

const sumOf = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
