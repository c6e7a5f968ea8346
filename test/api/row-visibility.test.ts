import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { entryIdOf } from "../../src/consumption/entry.ts";
import { compareCells } from "../../src/consumption/grid-cells.ts";
import { CUSTOMER } from "../fakes/events.ts";
import { makeReport } from "./support/access-steps.ts";
import {
  deliveredNames,
  isKnown,
  isShown,
  type LineName,
  lineNames,
  READERS,
  type Reader,
  type RowFact,
  type RowWorld,
  readers,
  seeAll,
  startRowWorld,
  THERE,
  titleOf,
} from "./support/row-world.ts";
import { AGREEMENT } from "./support/support-world.ts";

const SETUP_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 60_000;
const BASE = `customers/${CUSTOMER}`;

let world: RowWorld;
beforeAll(async () => {
  world = await startRowWorld();
}, SETUP_LIMIT_MS);
afterAll(() => world.api.stack.stop());

const pathOf = (line: LineName, list: "rows" | "cases" | "" = "rows"): string =>
  line === "additional"
    ? `${BASE}/additionalCases${list === "rows" ? "/rows" : ""}`
    : `${BASE}/entitlements/${line}${list === "" ? "" : `/${list}`}`;

const rowSchema = z.looseObject({
  rowId: z.string(),
  number: z.string().nullable(),
  requestLink: z.url().nullable(),
  event: z.object({ id: z.string() }),
});
const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({
    value: z.array(item),
    nextLink: z.url().optional(),
    dataAsOf: z.string().nullable(),
  });
const caseSchema = z.looseObject({
  number: z.string().nullable(),
  rows: z.int(),
  requestLink: z.url().nullable(),
});

type Query = Readonly<Record<string, string>>;

/** Each page of a list as a whole. */
async function pagesOf<Item extends z.ZodType>(reader: Reader, path: string, query: Query, item: Item) {
  const pages: z.output<ReturnType<typeof pageOf<Item>>>[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const asked = next === path ? { path, query } : { path: next };
    const answer = await world.api.ask(READERS[reader], asked);
    expect(answer.status, answer.text).toBe(200);
    const page = answer.read(pageOf(item));
    pages.push(page);
    next = page.nextLink;
  }
  return pages;
}

const rowIdOf = ({ eventId }: RowFact): string => entryIdOf({ source: "/servicedesk", id: eventId });

/** What the reader is to be shown, newest first. */
function factsFor(reader: Reader, line: LineName): readonly RowFact[] {
  return world.facts
    .filter((fact) => fact.line === line && isShown(reader, fact.of))
    .toSorted(
      (left, right) =>
        compareCells(right.deliveredAt, left.deliveredAt) || compareCells(rowIdOf(right), rowIdOf(left)),
    );
}

const inPages = <Item>(items: readonly Item[], size: number): (readonly Item[])[] =>
  items.length === 0
    ? [[]]
    : Array.from({ length: Math.ceil(items.length / size) }, (_, page) =>
        items.slice(page * size, (page + 1) * size),
      );

describe.each(readers)("of the rows that show support requests, %s", (reader) => {
  test.each(lineNames)("is shown those of %s that the rules name, in full pages", async (line) => {
    const facts = factsFor(reader, line);
    const pages = await pagesOf(reader, pathOf(line), { maxpagesize: "3" }, rowSchema);
    expect(pages.map(({ value }) => value.map(({ event }) => event.id))).toEqual(
      inPages(facts, 3).map((page) => page.map(({ eventId }) => eventId)),
    );
    for (const page of pages) expect(page["rows"]).toBe(seeAll.includes(reader) ? "all" : "permitted");
    if (line === "additional")
      for (const { dataAsOf } of pages) expect(dataAsOf).toBe(facts[0]?.deliveredAt ?? null);
    for (const order of ["number", "title desc", "quantity"]) {
      if (line !== "ent-prs" && line !== "additional") continue;
      const query = { maxpagesize: "3", orderby: order };
      const ordered = await pagesOf(reader, pathOf(line), query, rowSchema);
      expect(ordered.map(({ value }) => value.length)).toEqual(inPages(facts, 3).map(({ length }) => length));
      const ids = ordered.flatMap(({ value }) => value.map(({ event }) => event.id));
      expect(new Set(ids)).toEqual(new Set(facts.map(({ eventId }) => eventId)));
    }
  });

  test("is given a link to each request that can be opened, and to no other", async () => {
    const [page] = await pagesOf(reader, pathOf("ent-prs"), {}, rowSchema);
    for (const { event, requestLink } of page?.value ?? []) {
      const fact = world.facts.find(({ eventId }) => eventId === event.id);
      expect([event.id, requestLink !== null]).toEqual([event.id, isKnown(fact?.number ?? null)]);
      if (requestLink === null) continue;
      const opened = await world.api.ask(READERS[reader], { path: requestLink });
      expect(opened.read(z.looseObject({ number: z.string() })).number).toBe(fact?.number);
    }
  });

  test.each(["ent-prs", "additional"] as const)(
    "finds none of the others in %s, by whatever is asked for",
    async (line) => {
      const path = pathOf(line);
      for (const of of deliveredNames) {
        const facts = factsFor(reader, line);
        const ofName = facts.filter((fact) => fact.of === of);
        const number = world.facts.find((fact) => fact.of === of)?.number ?? null;
        const ofNumber = facts.filter((fact) => fact.number === number);
        const named: (readonly [Query, readonly RowFact[]])[] = [
          [{ search: titleOf(of) }, ofName],
          [{ filter: `title eq '${titleOf(of)}'` }, ofName],
        ];
        if (number !== null)
          named.push(
            [{ case: number }, ofNumber],
            [{ filter: `number eq '${number}'` }, ofNumber],
            [{ search: number.toLowerCase() }, ofNumber],
          );
        for (const [query, wanted] of named) {
          const pages = await pagesOf(reader, path, { ...query, maxpagesize: "3" }, rowSchema);
          const found = pages.map(({ value }) => value.map(({ event }) => event.id));
          expect([query, found]).toEqual([query, inPages(wanted, 3).map((page) => page.map(idOf))]);
          if (wanted.length > 0) continue;
          const nothing = await pagesOf(reader, path, { search: "nothing has this" }, rowSchema);
          expect(pages).toEqual(nothing);
        }
      }
    },
    TEST_LIMIT_MS,
  );

  test("is listed and counted the cases of these rows, however they are found", async () => {
    const facts = factsFor(reader, "ent-prs");
    const expected = casesOf(facts);
    for (const [order, sign] of [
      ["asc", 1],
      ["desc", -1],
    ] as const) {
      const query = { maxpagesize: "2", count: "true", orderby: `number ${order}` };
      const pages = await pagesOf(reader, pathOf("ent-prs", "cases"), query, caseSchema);
      const inOrder = expected.toSorted((left, right) => sign * compareCells(left.number, right.number));
      expect(pages.map(({ value }) => value.map(({ number, rows }) => ({ number, rows })))).toEqual(
        inPages(inOrder, 2),
      );
      for (const page of pages) {
        expect(page["count"]).toBe(countOf(facts));
        expect(page["rows"]).toBe(seeAll.includes(reader) ? "all" : "permitted");
      }
    }
    for (const of of deliveredNames) {
      const shown = facts.filter((fact) => fact.of === of);
      const query = { search: titleOf(of), count: "true" };
      const [page] = await pagesOf(reader, pathOf("ent-prs", "cases"), query, caseSchema);
      expect(page?.value.map(({ number }) => number)).toEqual(casesOf(shown).map(({ number }) => number));
      expect([of, page?.["count"]]).toEqual([of, countOf(shown)]);
    }
  });

  test("is listed the additional cases of these rows", async () => {
    const path = pathOf("additional", "");
    const expected = casesOf(factsFor(reader, "additional").filter(({ number }) => number !== null));
    const ofNone = factsFor(reader, "additional").filter(({ number }) => number === null);
    const pages = await pagesOf(reader, path, { maxpagesize: "3" }, caseSchema);
    const listed = pages.map(({ value }) => value.map(({ number }) => number));
    const numbers = [...ofNone.map(() => null), ...expected.map(({ number }) => number)];
    expect(listed).toEqual(inPages(numbers.toSorted(compareCells), 3));
    for (const page of pages) {
      expect(page["rowsShown"]).toBe(seeAll.includes(reader) ? "all" : "permitted");
      for (const { number, requestLink } of page.value) {
        expect([number, requestLink !== null]).toEqual([number, isKnown(number)]);
      }
    }
  });
});

const idOf = ({ eventId }: RowFact): string => eventId;

/** In order of their numbers. */
function casesOf(facts: readonly RowFact[]) {
  return [...Map.groupBy(facts, ({ number }) => number)]
    .map(([number, rows]) => ({ number, rows: rows.length }))
    .toSorted((left, right) => compareCells(left.number, right.number));
}

/** With a number, and something left. */
const countOf = (facts: readonly RowFact[]): number =>
  new Set(facts.flatMap(({ number, of }) => (number === null || of === "takenBack" ? [] : number))).size;

describe("totals", () => {
  const totalsSchema = z.looseObject({ consumed: z.int(), rows: z.int() });

  test.each(lineNames.filter((line) => line !== "additional"))(
    "of %s are whole for everybody who may choose the workspaces",
    async (line) => {
      for (const reader of readers) {
        const { consumed, rows } = (await world.api.ask(READERS[reader], { path: pathOf(line, "") })).read(
          totalsSchema,
        );
        const facts = factsIn(reader, line);
        const sum = facts.reduce((total, { quantity }) => total + quantity, 0);
        expect([reader, consumed, rows]).toEqual([reader, sum, facts.length]);
      }
    },
  );

  test("of additional cases are whole for everybody, on the page too", async () => {
    const schema = z.looseObject({ cases: z.int(), minutes: z.int(), rows: z.int(), dataAsOf: z.string() });
    const activity = z.looseObject({ additionalCases: z.object({ minutes: z.int(), rows: z.int() }) });
    for (const reader of readers) {
      const facts = factsIn(reader, "additional");
      const minutes = facts.reduce((total, { quantity }) => total + quantity, 0);
      const ask = (path: string) => world.api.ask(READERS[reader], { path });
      const list = (await ask(pathOf("additional", ""))).read(schema);
      const cases = countOf(facts) + facts.filter(({ number }) => number === null).length;
      expect([reader, list.cases, list.minutes, list.rows]).toEqual([reader, cases, minutes, facts.length]);
      const page = (await ask(`${BASE}/activity`)).read(activity);
      expect(page.additionalCases).toMatchObject({ minutes, rows: facts.length });
    }
  });
});

/** Everything delivered in the workspaces that the reader may choose. */
function factsIn(reader: Reader, line: LineName): readonly RowFact[] {
  const both: readonly Reader[] = ["customerAdministrator", "csam", "mixed"];
  return world.facts.filter(
    (fact) =>
      fact.line === line && (both.includes(reader) || THERE.includes(fact.of) === (reader === "elsewhere")),
  );
}

describe("an issued report", () => {
  test("has every line, and of an incentive-related request nothing but what was delivered", async () => {
    const report = await makeReport(world.api, READERS.csam, CUSTOMER, AGREEMENT);
    const section = async (name: string): Promise<string> => {
      const asked = { path: `${BASE}/reports/${report}/files/csv-${name}` };
      const { headers } = await world.api.ask(READERS.customerAdministrator, asked);
      return (await fetch(headers.get("location") ?? "")).text();
    };
    const csv = (await section("delivery")) + (await section("additionalCase"));
    const ofMarch = world.facts.filter(({ deliveredAt }) => deliveredAt.startsWith("2026-03"));
    const facts = ofMarch.filter(({ of }) => of === "incentive" || of === "incentiveThere");
    expect(facts.length).toBeGreaterThan(0);
    for (const fact of ofMarch) {
      const isTold = !facts.includes(fact);
      expect([fact.eventId, csv.includes(`"${fact.eventId}"`)]).toEqual([fact.eventId, isTold]);
      expect(csv.includes(rowIdOf(fact)), fact.eventId).toBe(true);
    }
    for (const { number, of } of facts) {
      expect(csv).not.toContain(`"${number}"`);
      expect(csv).not.toContain(titleOf(of));
    }
  });
});
