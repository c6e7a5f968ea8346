/** Random grants in a year with a leap day, with borders on the days when clocks change. */
import fc from "fast-check";
import type { NaiveGrant } from "./naive-grants.ts";

export const timeZones = [
  "Europe/Madrid",
  "Europe/Warsaw",
  "Europe/Rome",
  "America/Sao_Paulo",
  "Asia/Kolkata",
] as const;

/** The package's days; 2018 is when São Paulo's midnight of 4 November did not exist. */
export const YEARS = [2018, 2024, 2025] as const;

const DAY_MS = 86_400_000;
export const shiftDay = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

const borderDays = (year: number): readonly string[] => [
  `${year}-01-01`,
  shiftDay(`${year}-03-01`, -1),
  `${year}-03-01`,
  `${year}-03-31`,
  `${year}-10-27`,
  `${year}-11-04`,
  `${year}-12-31`,
];

const dayIn = (year: number) =>
  fc.oneof(
    fc.constantFrom(...borderDays(year)),
    fc.integer({ min: 0, max: 364 }).map((days) => shiftDay(`${year}-01-01`, days)),
  );

/** A grant, or a carry-over of one before it that begins some days after that has ended. */
export const grantsIn = (year: number): fc.Arbitrary<NaiveGrant[]> =>
  fc
    .array(
      fc.record({
        days: fc.tuple(dayIn(year), dayIn(year)).map((pair) => pair.toSorted()),
        amount: fc.integer({ min: 0, max: 40 }),
        priority: fc.integer({ min: 0, max: 2 }),
        isTopUp: fc.boolean(),
        source: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
        gap: fc.constantFrom(1, 1, 2, 30),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((drafts) => {
      const grants: NaiveGrant[] = [];
      for (const draft of drafts) grants.push(grantOf(draft, grants));
      return grants;
    });

type Draft = {
  readonly days: readonly string[];
  readonly amount: number;
  readonly priority: number;
  readonly isTopUp: boolean;
  readonly source: number | undefined;
  readonly gap: number;
};

function grantOf(draft: Draft, before: readonly NaiveGrant[]): NaiveGrant {
  const { amount, priority, days } = draft;
  const [first = "", last = ""] = days;
  // Ids against the order of making, so that the order of ids is put to use.
  const grantId = `g${9 - before.length}`;
  const source = draft.source === undefined ? undefined : before[draft.source];
  if (source === undefined) {
    const kind = draft.isTopUp ? ("topUp" as const) : undefined;
    return { grantId, amount, priority, startDate: first, endDate: last, ...(kind && { kind }) };
  }
  const startDate = shiftDay(source.endDate, draft.gap);
  const length = Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS);
  const endDate = shiftDay(startDate, length);
  return { grantId, kind: "carryOver", amount, priority, startDate, endDate, carriedFrom: source.grantId };
}

/** Instants anywhere, and about the midnights at which grants begin and end. */
export const instantsAround = (grants: readonly NaiveGrant[], year: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom(...grants.flatMap(({ startDate, endDate }) => [startDate, shiftDay(endDate, 1)])),
        fc.integer({ min: -13 * 60, max: 13 * 60 }),
        fc.constantFrom(0, 0, -1, 1),
      )
      .map(([day, minutes, ms]) => new Date(Date.parse(day) + minutes * 60_000 + ms).toISOString()),
    fc
      .integer({ min: 0, max: 366 * 1_440 })
      .map((minutes) => new Date(Date.UTC(year, 0, 1) + minutes * 60_000).toISOString()),
  );
