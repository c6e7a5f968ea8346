import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeSorted, pairSorted } from "../../src/reports/sorted-streams.ts";

const byNumber = (left: number, right: number): number => left - right;

type Watched = { readonly pages: AsyncIterable<number[]>; readonly isOpen: () => boolean };

/** @param fails instead of its first page. */
function watched(pages: readonly number[][], fails = false): Watched {
  let open = false;
  async function* read() {
    open = true;
    try {
      if (fails) throw new Error("the store is away");
      for (const page of pages) yield await Promise.resolve(page);
    } finally {
      open = false;
    }
  }
  return { pages: read(), isOpen: () => open };
}

async function itemsOf<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

const pagesOf = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 1, max: 5 }))
  .map(([numbers, size]) => {
    const sorted = numbers.toSorted(byNumber);
    const pages = Array.from({ length: Math.ceil(sorted.length / size) }, (_, index) =>
      sorted.slice(index * size, (index + 1) * size),
    );
    return { sorted, pages: pages.flatMap((page) => [page, []]) };
  });

describe("sorted streams", () => {
  it("are merged into one in order, whatever their pages", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pagesOf, { maxLength: 5 }), async (streams) => {
        const merged = await itemsOf(
          mergeSorted(
            streams.map(({ pages }) => watched(pages).pages),
            byNumber,
          ),
        );
        expect(merged).toEqual(streams.flatMap(({ sorted }) => sorted).toSorted(byNumber));
      }),
    );
  });

  it("are paired by what compares as equal, each item once", async () => {
    await fc.assert(
      fc.asyncProperty(pagesOf, pagesOf, async (left, right) => {
        const pairs = await itemsOf(
          pairSorted(watched(left.pages).pages, watched(right.pages).pages, byNumber),
        );
        const all = [...new Set([...left.sorted, ...right.sorted])].toSorted(byNumber);
        expect(pairs).toEqual(
          all.map((item) => ({
            left: left.sorted.includes(item) ? item : undefined,
            right: right.sorted.includes(item) ? item : undefined,
          })),
        );
      }),
    );
  });

  it("are all ended when one cannot be read, and when whoever reads stops", async () => {
    const sound = watched([[1], [2]]);
    const broken = watched([], true);
    const pairs = pairSorted(sound.pages, broken.pages, byNumber);
    await expect(itemsOf(pairs)).rejects.toThrow("the store is away");
    expect(sound.isOpen()).toBe(false);

    const two = [watched([[1], [3]]), watched([[2], [4]])];
    const three = [...two, watched([], true)];
    const merged = mergeSorted(
      three.map(({ pages }) => pages),
      byNumber,
    );
    await expect(itemsOf(merged)).rejects.toThrow("the store is away");
    expect(two.map(({ isOpen }) => isOpen())).toEqual([false, false]);

    const many = Array.from({ length: 2_000 }, (_, index) => index);
    const left = watched([many, many]);
    for await (const _batch of mergeSorted([left.pages], byNumber)) break;
    expect(left.isOpen()).toBe(false);
  });
});
