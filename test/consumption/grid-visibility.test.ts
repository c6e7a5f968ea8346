import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOf, readShownPage, type ShownPage } from "../../src/consumption/grid-visibility.ts";

/** A list of numbers, of which some are hidden. */
function listOf(count: number, isHidden: (row: number) => boolean) {
  const all = Array.from({ length: count }, (_, row) => row);
  let reads = 0;
  const read = async (after: number | undefined, limit: number) => {
    reads += 1;
    const rows = all.filter((row) => after === undefined || row > after).slice(0, limit);
    const { end } = readOf(rows, limit, (row) => row);
    return { found: rows.filter((row) => !isHidden(row)), end };
  };
  const page = (after: number | undefined, limit: number) =>
    readShownPage({ after, limit }, read, (row) => row);
  return { page, reads: () => reads };
}

async function pagesOf(list: ReturnType<typeof listOf>, limit: number) {
  const pages: ShownPage<number, number>[] = [await list.page(undefined, limit)];
  for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next)
    pages.push(await list.page(next.place, limit));
  return pages;
}

describe("a page of what is shown", () => {
  it("is full and says that there is more exactly where more is shown, whatever is hidden between", async () => {
    const limits = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 80, size: "max" }),
        limits,
        async (hidden, limit) => {
          const shown = hidden.flatMap((each, row) => (each ? [] : row));
          const pages = await pagesOf(
            listOf(hidden.length, (row) => hidden[row] === true),
            limit,
          );
          expect(pages.flatMap(({ value }) => value)).toEqual(shown);
          expect(pages).toHaveLength(Math.max(1, Math.ceil(shown.length / limit)));
          for (const { value } of pages.slice(0, -1)) expect(value).toHaveLength(limit);
          for (const { next } of pages.slice(0, -1)) expect(next?.isShown).toBe(true);
        },
      ),
    );
  });

  it("costs one read where nothing is hidden", async () => {
    const list = listOf(500, () => false);
    expect((await list.page(undefined, 100)).value).toHaveLength(100);
    expect(list.reads()).toBe(1);
  });

  it("is short where too many are hidden, and goes on from a place that is not to be told", async () => {
    const list = listOf(10_000, (row) => row > 1 && row < 9_000);
    const first = await list.page(undefined, 5);
    expect(first.value).toEqual([0, 1]);
    expect(first.next?.isShown).toBe(false);
    expect(list.reads()).toBe(10);
    const pages = await pagesOf(list, 5);
    expect(pages.flatMap(({ value }) => value).slice(0, 4)).toEqual([0, 1, 9_000, 9_001]);
    for (const { next, value } of pages)
      expect(next === undefined || next.isShown === value.length > 4).toBe(true);
  });
});
