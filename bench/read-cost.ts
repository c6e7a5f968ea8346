/** What pages cost as the facts behind them grow: the page's cost must follow from the agreement, not from its history. */
import { type Answer, type BenchApp, type Cost, recordAgreement, recordDeliveries, startApp } from "./app.ts";
import { additionalTargets, CUSTOMER, targetOf, targets } from "./events.ts";
import type { Bench, Figure } from "./figure.ts";
import { growthExponent } from "./statistics.ts";

const SIZES = [100, 1_000, 10_000, 100_000] as const;
const DETAIL_WIDTH = 10;
const FLAT = { from: -0.02, to: 0.02 };

const measures = [
  { key: "roundTrips", label: "round trips" },
  { key: "requestUnits", label: "formula RU" },
  { key: "bytes", label: "bytes answered" },
  { key: "bytesRead", label: "bytes from the store" },
] as const;
type Measure = (typeof measures)[number]["key"];
const everything: readonly Measure[] = measures.map(({ key }) => key);

type Reading = Cost & Pick<Answer, "bytes"> & { readonly facts: number };
type Page = {
  readonly name: string;
  /** What of it is promised not to grow. */
  readonly flat: readonly Measure[];
  /** Of it the cost is told: what goes before is none of it. */
  readonly before?: (bench: BenchApp) => Promise<Answer>;
  readonly open: (bench: BenchApp, before: Answer | undefined) => Promise<Answer>;
};

/** Of a list, as its first page says. */
const cursorOf = (answer: Answer | undefined): Readonly<Record<string, string>> => {
  const cursor = answer?.nextLink === undefined ? null : new URL(answer.nextLink).searchParams.get("cursor");
  if (cursor === null) throw new Error("the list has one page");
  return { cursor };
};

const { entitlementId } = targetOf("problemResolution", 1);
const ofCustomer = { customerId: CUSTOMER };
const ofEntitlement = { ...ofCustomer, entitlementId };

const FEW = { maxpagesize: "5" };

const pages: readonly Page[] = [
  { name: "the page", flat: everything, open: ({ get }) => get("getActivity", { params: ofCustomer }) },
  {
    name: "the page as of a day in August",
    flat: [],
    open: ({ get }) => get("getActivity", { params: ofCustomer, search: { asOf: "2026-08-14T12:00:00Z" } }),
  },
  {
    name: "a drill-down",
    flat: [],
    open: ({ get }) => get("getEntitlement", { params: ofEntitlement }),
  },
  {
    name: "a year's history by day",
    // It reads days: what comes from the store grows until there is something on each of them.
    flat: ["roundTrips", "bytes"],
    open: ({ get }) => get("getEntitlementHistory", { params: ofEntitlement }),
  },
  {
    name: "a year's history by day as of a day in August",
    flat: ["roundTrips"],
    open: ({ get }) =>
      get("getEntitlementHistory", { params: ofEntitlement, search: { asOf: "2026-08-14T12:00:00Z" } }),
  },
  {
    name: "100 rows of a grid",
    flat: [],
    open: ({ get }) => get("listEntitlementRows", { params: ofEntitlement, search: { maxpagesize: "100" } }),
  },
  {
    name: "5 cases of a grid, found by their rows",
    flat: [],
    open: ({ get }) =>
      get("listEntitlementCases", { params: ofEntitlement, search: { maxpagesize: "5", search: "windows" } }),
  },
  {
    // Its totals read every row: this is what grows.
    name: "the first 5 additional cases, with the totals of all",
    flat: [],
    open: ({ get }) => get("listAdditionalCases", { params: ofCustomer, search: FEW }),
  },
  {
    name: "the next 5 additional cases",
    flat: ["roundTrips", "bytes"],
    before: ({ get }) => get("listAdditionalCases", { params: ofCustomer, search: FEW }),
    open: ({ get }, before) =>
      get("listAdditionalCases", { params: ofCustomer, search: { ...FEW, ...cursorOf(before) } }),
  },
  {
    name: "10 rows of additional cases",
    flat: ["roundTrips", "bytes"],
    open: ({ get }) =>
      get("listAdditionalCaseRows", { params: ofCustomer, search: { maxpagesize: "10", orderby: "title" } }),
  },
];

export const readCost: Bench = {
  name: "read-cost",
  summary: "what the page, a drill-down, a history, grids and lists of cases cost with 100 to 100,000 facts",
  run: async function* ({ progress }) {
    progress(`the details are those at ${SIZES.map(shown).join(", ")} facts`);
    await using bench = await startApp();
    await recordAgreement(bench);
    const readings = new Map<Page, Reading[]>(pages.map((page) => [page, []]));
    let there = 0;
    for (const facts of SIZES) {
      progress(`${facts.toLocaleString("en-US")} facts over all days, months and entitlements`);
      await fill(bench, there, facts);
      there = facts;
      for (const [page, list] of readings) list.push(await read(bench, page, facts));
    }
    for (const [page, list] of readings) yield* figuresOf(page, list);
  },
};

/** Every target gets the same share; what does not divide evenly goes to the first ones. */
async function fill(bench: BenchApp, from: number, to: number): Promise<void> {
  for (const [index, target] of filled.entries())
    await recordDeliveries(bench, target, shareOf(from, index), shareOf(to, index));
}

const filled = [...targets, ...additionalTargets];
const shareOf = (facts: number, index: number): number =>
  Math.floor(facts / filled.length) + (index < facts % filled.length ? 1 : 0);

async function read(bench: BenchApp, page: Page, facts: number): Promise<Reading> {
  let bytes = 0;
  const before = await page.before?.(bench);
  const cost = await bench.costOf(async () => {
    ({ bytes } = await page.open(bench, before));
  });
  return { ...cost, bytes, facts };
}

function* figuresOf({ name, flat }: Page, readings: readonly Reading[]): Generator<Figure> {
  for (const { key, label } of measures) {
    const value = growthExponent(readings.map((reading) => ({ x: reading.facts, y: reading[key] })));
    const detail = readings.map((reading) => shown(reading[key]).padStart(DETAIL_WIDTH)).join("");
    yield { name: `${name}: growth of ${label}`, value, detail, ...(flat.includes(key) && { limit: FLAT }) };
  }
}

const shown = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 1 });
