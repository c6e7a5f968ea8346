/**
 * What lists, searches and details of support requests cost as an organisation has more of them, for who sees all of them
 * and for who sees a few. What the store is asked and gives is judged; how many items the stand-in looks at for it is told,
 * and judged only where the order or an equality leads to them.
 */
import { type Answer, type BenchApp, type Cost, recordAgreement, startApp } from "./app.ts";
import { CUSTOMER } from "./events.ts";
import type { Bench, Figure } from "./figure.ts";
import { growthExponent } from "./statistics.ts";
import { COMMON_WORD, FEW, FEW_VIEWER, numberOf, openRequests, RARE_WORD } from "./support-requests.ts";

const SIZES = [1_000, 10_000, 100_000] as const;
const DETAIL_WIDTH = 10;
const FLAT = { from: -0.02, to: 0.02 };

const measures = [
  { key: "roundTrips", label: "round trips" },
  { key: "requestUnits", label: "formula RU" },
  { key: "bytes", label: "bytes answered" },
  { key: "bytesRead", label: "bytes from the store" },
  { key: "examined", label: "items looked at" },
] as const;
type Measure = (typeof measures)[number]["key"];
/** What the store is asked and what it gives. */
const exchanged = ["roundTrips", "requestUnits", "bytes", "bytesRead"] as const;

type Reading = Cost & Pick<Answer, "bytes"> & { readonly requests: number };
type List = {
  readonly name: string;
  /** What of it is promised not to grow. */
  readonly flat: readonly Measure[];
  readonly caller?: string;
  readonly search?: Readonly<Record<string, string>>;
  readonly isSecondPage?: boolean;
  /** Queries that it is promised to take. */
  readonly queries?: number;
};

const lists: readonly List[] = [
  { name: "a page of 50, for who sees all", flat: [...exchanged, "examined"] },
  { name: "the page after it", flat: [...exchanged, "examined"], isSecondPage: true },
  { name: `a page of 50, for who sees ${FEW}`, flat: exchanged, caller: FEW_VIEWER },
  {
    name: `the own ones among ${FEW}`,
    flat: [...exchanged, "examined"],
    caller: FEW_VIEWER,
    search: { scope: "mine" },
  },
  { name: "a page by title", flat: [...exchanged, "examined"], search: { orderby: "title" } },
  { name: "search for a frequent word", flat: exchanged, search: { search: COMMON_WORD } },
  { name: `search for a word that ${FEW} have`, flat: exchanged, search: { search: RARE_WORD } },
  { name: "search for a number", flat: exchanged, search: { search: String(numberOf(47)) } },
  { name: "search for words that none has", flat: exchanged, search: { search: `${RARE_WORD} zeppelin` } },
  {
    name: `search for a frequent word, for who sees ${FEW}`,
    flat: [],
    caller: FEW_VIEWER,
    search: { search: COMMON_WORD },
  },
  { name: "a page of 50 and how many there are", flat: [], search: { count: "true" }, queries: 2 },
];

export const supportCost: Bench = {
  name: "support-cost",
  summary: "what lists, searches and details cost with 1,000 to 100,000 support requests",
  run: async function* ({ progress }) {
    progress(`the details are those at ${SIZES.map(shown).join(", ")} requests`);
    await using bench = await startApp();
    await recordAgreement(bench);
    const readings = new Map<List, Reading[]>(lists.map((list) => [list, []]));
    let there = 0;
    for (const requests of SIZES) {
      progress(`${requests.toLocaleString("en-US")} requests of a year, and the audit trail of them`);
      await openRequests(bench, there, requests);
      there = requests;
      for (const [list, known] of readings) known.push(await read(bench, list, requests));
    }
    for (const [list, known] of readings) yield* figuresOf(list, known);
    yield* details(bench);
  },
};

/** Twice, as the stand-in sorts at the first query of a form what a store has sorted at all times. */
async function read(bench: BenchApp, list: List, requests: number): Promise<Reading> {
  const { caller, search = {}, isSecondPage = false } = list;
  const open = (more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    bench.get("listSupportRequests", {
      params: {},
      search: { ...search, ...more },
      ...(caller === undefined ? {} : { caller }),
    });
  const first = await open();
  const more = isSecondPage ? { cursor: cursorOf(first) } : {};
  await open(more);
  let bytes = 0;
  const cost = await bench.costOf(async () => {
    ({ bytes } = await open(more));
  });
  return { ...cost, bytes, requests };
}

function cursorOf({ nextLink }: Answer): string {
  const cursor = nextLink === undefined ? null : new URL(nextLink).searchParams.get("cursor");
  if (cursor === null) throw new Error("the list has one page");
  return cursor;
}

function* figuresOf({ name, flat, queries = 1 }: List, readings: readonly Reading[]): Generator<Figure> {
  for (const { key, label } of measures) {
    const value = growthExponent(readings.map((reading) => ({ x: reading.requests, y: reading[key] })));
    const detail = readings.map((reading) => shown(reading[key]).padStart(DETAIL_WIDTH)).join("");
    yield { name: `${name}: growth of ${label}`, value, detail, ...(flat.includes(key) && { limit: FLAT }) };
  }
  const most = Math.max(...readings.map((reading) => reading.queries));
  yield { name: `${name}: queries`, value: most, digits: 0, limit: { atMost: queries } };
}

/** A new instance has nothing of the person or the calendar; one that waited for a minute has nothing of them either. */
async function* details(bench: BenchApp): AsyncGenerator<Figure> {
  const query = { params: { requestId: `${CUSTOMER}~${numberOf(0)}` } };
  for (const [who, caller] of [
    ["all", undefined],
    [String(FEW), FEW_VIEWER],
  ] as const) {
    const asked = { ...query, ...(caller === undefined ? {} : { caller }) };
    const instance = bench.newInstance();
    const cold = await bench.costOf(() => instance.get("getSupportRequest", asked));
    const warm = await bench.costOf(() => instance.get("getSupportRequest", asked));
    yield* callsOf(`details for who sees ${who}, first of a new instance`, cold, 2);
    yield* callsOf(`details for who sees ${who}, again`, warm, 1);
  }
}

function* callsOf(name: string, cost: Cost, atMost: number): Generator<Figure> {
  const detail = `${shown(cost.requestUnits)} RU, ${shown(cost.bytesRead)} bytes, ${cost.roundTrips} round trips`;
  yield { name: `${name}: store calls`, value: cost.calls, digits: 0, limit: { atMost }, detail };
}

const shown = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 1 });
