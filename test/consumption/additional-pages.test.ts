import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { type AgreementId, agreementIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import {
  type casePositionSchema,
  readAdditionalCasePage,
} from "../../src/consumption/additional-case-pages.ts";
import { type AdditionalCase, collectAdditionalCases } from "../../src/consumption/additional-cases.ts";
import {
  type additionalPositionSchema,
  readAdditionalLastAt,
  readAdditionalRows,
} from "../../src/consumption/case-rows.ts";
import { everything } from "../../src/consumption/chosen.ts";
import {
  additionalAccount,
  caseNumberOf,
  type Entry,
  type LedgerId,
  ledgerIdOf,
} from "../../src/consumption/entry.ts";
import { compareCells } from "../../src/consumption/grid-cells.ts";
import { everyRow, type Numbered, type ShownPage } from "../../src/consumption/grid-visibility.ts";
import { sortKeyOf } from "../../src/consumption/row-store.ts";
import { memoryActivityStore } from "../reports/support/memory-activity.ts";
import { customerId } from "../reports/support/world.ts";

/** More than are asked at once. */
const LEDGERS = 23;
const workspaceId = workspaceIdSchema.parse("ws-default");
const ledgers = Array.from({ length: LEDGERS }, (_, index): LedgerId => {
  const agreementId: AgreementId | undefined =
    index === 0 ? undefined : agreementIdSchema.parse(`agr-${index}`);
  return ledgerIdOf(customerId, agreementId);
});

type Drawn = {
  readonly ledger: number;
  readonly id: number;
  readonly service: string;
  readonly number: string | null;
  readonly day: number;
  readonly quantity: number;
  readonly isTakenBack: boolean;
};

/** Few ids and numbers: the same id is in several ledgers, and the same case too. */
const drawn = fc.record({
  ledger: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: LEDGERS - 1 })),
  id: fc.integer({ min: 0, max: 60 }),
  service: fc.constantFrom("advisory", "problemResolution"),
  number: fc.option(fc.constantFrom("CASE-1", "CASE-2", "CASE-10", "case-3", "ż"), { freq: 4 }),
  day: fc.integer({ min: 1, max: 3 }),
  quantity: fc.integer({ min: 1, max: 3 }),
  isTakenBack: fc.boolean(),
});

function entriesOf({ ledger, id, service, number, day, quantity, isTakenBack }: Drawn): Entry[] {
  const entry: Entry = {
    // An id of an event that has no case number is not used twice: its case would be known by it.
    id: number === null ? `n-${ledger}-${id}` : `e-${id}`,
    ledgerId: ledgers[ledger] ?? expect.fail(),
    kind: "entry",
    event: { source: "/s", id: String(id), type: "t", time: "", data: {} },
    hash: "",
    recordedAt: "2026-06-01T00:00:00.000Z",
    account: additionalAccount(service, "minutes"),
    at: `2026-03-0${day}T00:00:00.000Z`,
    workspaceId,
    quantity,
    reasons: ["category"],
    cells: { n: number, t: null },
    ...(number === null ? {} : { caseNumber: number }),
    state: "posted",
  };
  if (!isTakenBack) return [entry];
  return [entry, { ...entry, id: `back-${entry.id}`, quantity: -quantity, reverses: entry.id }];
}

function storeOf(entries: readonly Entry[]) {
  const byPlace = new Map(entries.map((entry) => [`${entry.ledgerId}\n${entry.id}`, entry]));
  const add = (more: readonly Entry[]) => {
    for (const entry of more)
      if (!byPlace.has(`${entry.ledgerId}\n${entry.id}`))
        byPlace.set(`${entry.ledgerId}\n${entry.id}`, entry);
  };
  const all = () => [...byPlace.values()];
  const documents = (ledgerId: LedgerId) => all().filter((entry) => entry.ledgerId === ledgerId);
  return { store: memoryActivityStore({ documents }), add, all };
}

const scope = {
  chosen: everything,
  asOf: undefined,
  filter: undefined,
  filterOf: () => undefined,
  visibility: everyRow,
};
const placeOf = ({ ledgerId, id }: Entry): string => `${ledgerId} ${id}`;
const caseOf = ({ key, service }: AdditionalCase): string => `${key} ${service}`;

async function allCases(store: ReturnType<typeof storeOf>["store"]): Promise<readonly AdditionalCase[]> {
  async function* pages() {
    for (const ledgerId of ledgers) yield* store.additional(ledgerId, { ...scope, keys: undefined });
  }
  return (await collectAdditionalCases(pages())).items;
}

const some = fc.array(drawn, { maxLength: 60, size: "max" });
/** One case has more rows in a ledger than a page reads of their keys. */
const many = fc.array(
  drawn.map((each): Drawn => ({ ...each, ledger: 1, number: "CASE-1" })),
  { maxLength: 40, size: "max" },
);
const world = fc.tuple(some, many).map((parts) => parts.flat());
const limits = fc.integer({ min: 1, max: 6 });

describe("pages of additional cases", () => {
  it("have every case once, whole and in order, however many ledgers it has rows in", async () => {
    await fc.assert(
      fc.asyncProperty(world, limits, async (draws, limit) => {
        const { store } = storeOf(draws.flatMap(entriesOf));
        const items: AdditionalCase[] = [];
        for (let after: Parameters<typeof readAdditionalCasePage>[3]["after"], isLast = false; !isLast; ) {
          const { value, next } = await readAdditionalCasePage(store, ledgers, scope, { after, limit });
          expect(value.length).toBeLessThanOrEqual(limit);
          if (next !== undefined) expect([value.length, next.isShown]).toEqual([limit, true]);
          items.push(...value.map(({ item }) => item));
          after = next?.place;
          isLast = next === undefined;
        }
        expect(items).toEqual(await allCases(store));
      }),
      { numRuns: 200 },
    );
  });

  it("neither skip nor repeat one that was there all the time, when others come meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(world, world, limits, async (draws, late, limit) => {
        const { store, add } = storeOf(draws.flatMap(entriesOf));
        const before = (await allCases(store)).map(caseOf);
        const shown: string[] = [];
        const coming = [...late];
        for (let after: Parameters<typeof readAdditionalCasePage>[3]["after"], isLast = false; !isLast; ) {
          const { value, next } = await readAdditionalCasePage(store, ledgers, scope, { after, limit });
          shown.push(...value.map(({ item }) => caseOf(item)));
          after = next?.place;
          isLast = next === undefined;
          add(coming.splice(0, 3).flatMap(entriesOf));
        }
        expect(new Set(shown).size).toBe(shown.length);
        expect(shown).toEqual(expect.arrayContaining(before));
      }),
      { numRuns: 200 },
    );
  });
});

describe("what is hidden", () => {
  const names = fc.uniqueArray(fc.constantFrom("CASE-1", "CASE-2", "CASE-10", "case-3", "ż"));
  const visibilityFor = (hidden: readonly string[]) => ({
    lookUp: async () => undefined,
    shown: async <Row>(rows: readonly Row[], of: (row: Row) => Numbered) =>
      rows.filter((row) => hidden.every((name) => name !== of(row).number)),
  });

  it("leaves pages of cases and of rows, and their time, as they are where it never was", async () => {
    await fc.assert(
      fc.asyncProperty(world, names, limits, fc.boolean(), async (draws, hidden, limit, descending) => {
        const { store: whole, all } = storeOf(draws.flatMap(entriesOf));
        const isHidden = (entry: Entry) => hidden.some((name) => name === caseNumberOf(entry));
        const without = storeOf(all().filter((entry) => !isHidden(entry))).store;
        const narrowed = { ...scope, visibility: visibilityFor(hidden) };
        const cases = await pagesOf((after: PlaceOfCase | undefined) =>
          readAdditionalCasePage(whole, ledgers, narrowed, { after, limit }),
        );
        expect(cases).toEqual(
          await pagesOf((after: PlaceOfCase | undefined) =>
            readAdditionalCasePage(without, ledgers, scope, { after, limit }),
          ),
        );
        const order = { sort: "deliveredAt", descending, limit } as const;
        const rows = await pagesOf((after: PlaceOfRow | undefined) =>
          readAdditionalRows(whole, ledgers, narrowed, { ...order, after }),
        );
        expect(rows).toEqual(
          await pagesOf((after: PlaceOfRow | undefined) =>
            readAdditionalRows(without, ledgers, scope, { ...order, after }),
          ),
        );
      }),
      { numRuns: 200 },
    );
  });
});

type PlaceOfCase = z.output<typeof casePositionSchema>;
type PlaceOfRow = z.output<typeof additionalPositionSchema>;

async function pagesOf<Row, Place>(read: (after: Place | undefined) => Promise<ShownPage<Row, Place>>) {
  const pages: ShownPage<Row, Place>[] = [await read(undefined)];
  for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next)
    pages.push(await read(next.place));
  return pages;
}

describe("pages of the rows of additional cases", () => {
  const sorts = fc.constantFrom("deliveredAt" as const, "quantity" as const, "number" as const);

  it("have every row once, in one order over all ledgers, also when others come meanwhile", async () => {
    await fc.assert(
      fc.asyncProperty(world, world, sorts, fc.boolean(), limits, async (draws, late, sort, down, limit) => {
        const { store, add, all } = storeOf(draws.flatMap(entriesOf));
        const before = all();
        const shown: Entry[] = [];
        const coming = [...late];
        for (let isLast = false; !isLast; ) {
          const last = shown.at(-1);
          const after = last && { key: sortKeyOf(last, sort), id: last.id, ledgerId: last.ledgerId };
          const page = { sort, descending: down, after, limit };
          const { value, next } = await readAdditionalRows(store, ledgers, scope, page);
          shown.push(...value);
          isLast = next === undefined;
          add(coming.splice(0, 3).flatMap(entriesOf));
        }
        expect(new Set(shown.map(placeOf)).size).toBe(shown.length);
        expect(shown.map(placeOf)).toEqual(expect.arrayContaining(before.map(placeOf)));
        const keys = shown.map((entry) => sortKeyOf(entry, sort));
        expect(keys).toEqual(keys.toSorted((left, right) => compareCells(left, right) * (down ? -1 : 1)));
      }),
      { numRuns: 200 },
    );
  });

  it("say the time of the last row of all ledgers", async () => {
    await fc.assert(
      fc.asyncProperty(world, async (draws) => {
        const { store, all } = storeOf(draws.flatMap(entriesOf));
        const last = all()
          .map(({ at }) => at)
          .toSorted((left, right) => compareCells(left, right))
          .at(-1);
        expect(await readAdditionalLastAt(store, ledgers, scope)).toBe(last);
        for (const sort of ["deliveredAt", "number"] as const)
          for (const descending of [false, true]) {
            const page = { sort, descending, after: undefined, limit: 2 };
            expect((await readAdditionalRows(store, ledgers, scope, page)).lastAt).toBe(last);
          }
      }),
      { numRuns: 50 },
    );
  });
});
