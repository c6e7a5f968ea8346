import type { Container, FeedOptions } from "@azure/cosmos";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Opened, rejectionStatus, targets } from "./cosmos-target.ts";

const compositeIndexes = [
  [
    { path: "/n", order: "ascending" as const },
    { path: "/id", order: "ascending" as const },
  ],
];

describe.each(targets)("paging on $name", (target) => {
  let opened: Opened;
  let container: Container;

  const newContainer = () =>
    opened.container({
      indexingPolicy: { includedPaths: [{ path: "/*" }], excludedPaths: [], compositeIndexes },
    });

  beforeAll(async () => {
    opened = await target.open();
    container = await newContainer();
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        container.items.create({ id: `i${i}`, pk: `p${i % 2}`, n: (i * 7) % 30, parts: [1, 2, 3] }),
      ),
    );
  });
  afterAll(() => opened.close());

  /** A new iterator for each page, as a server that keeps nothing between requests has it. */
  async function pagesOf(query: string, options: FeedOptions): Promise<unknown[][]> {
    const pages: unknown[][] = [];
    let continuationToken: string | undefined;
    do {
      const paged = { ...options, ...(continuationToken === undefined ? {} : { continuationToken }) };
      const { resources, continuationToken: next } = await container.items.query(query, paged).fetchNext();
      pages.push(resources ?? []);
      continuationToken = next;
    } while (continuationToken !== undefined);
    return pages;
  }

  it.each([
    "SELECT VALUE c.id FROM c",
    "SELECT VALUE c.id FROM c ORDER BY c.n",
    "SELECT VALUE c.id FROM c ORDER BY c.n DESC, c.id DESC",
    "SELECT VALUE c.id FROM c WHERE c.n IN (1, 3, 5, 7, 8, 13, 15, 16, 29)",
    "SELECT DISTINCT VALUE c.n FROM c",
    "SELECT c.id, x FROM c JOIN x IN c.parts",
  ])("gives the same rows in pages as at once: %s", async (query) => {
    const partitionKey = "p1";
    const [whole = []] = await pagesOf(query, { partitionKey, maxItemCount: 1000 });
    const pages = await pagesOf(query, { partitionKey, maxItemCount: 4 });
    expect(whole.length).toBeGreaterThan(4);
    expect(pages.flat()).toEqual(whole);
    expect(pages.every((page) => page.length <= 4)).toBe(true);
  });

  it("comes to its end over all partitions, each item once", async () => {
    const unordered = (await pagesOf("SELECT VALUE c.id FROM c", { maxItemCount: 7 })).flat();
    expect(new Set(unordered).size).toBe(30);
    expect(unordered).toHaveLength(30);
    const query = "SELECT VALUE c.n FROM c ORDER BY c.n";
    const ordered = await container.items.query(query, { maxItemCount: 7 }).fetchAll();
    expect(ordered.resources).toEqual(Array.from({ length: 30 }, (_, i) => i));
    const controlled = await pagesOf(query, { maxItemCount: 7, enableQueryControl: true });
    expect(controlled.flat()).toEqual(ordered.resources);
  });

  it("refuses a token that it did not give, or gave for another order", async () => {
    const options = { partitionKey: "p1", maxItemCount: 2 };
    const { continuationToken } = await container.items
      .query("SELECT * FROM c ORDER BY c.n", options)
      .fetchNext();
    for (const token of ["garbage", continuationToken]) {
      const resumed = container.items.query("SELECT * FROM c", { ...options, continuationToken: token });
      expect(await rejectionStatus(resumed.fetchNext())).toBe(400);
    }
  });

  it("neither repeats nor misses an item while others are written and removed between the pages", async () => {
    const change = fc.record({ kind: fc.constantFrom("create", "delete"), at: fc.nat({ max: 60 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 4 }), { minLength: 3, maxLength: 3 }),
        fc.constantFrom("ORDER BY c.n", "ORDER BY c.n DESC", "ORDER BY c.n, c.id", ""),
        async (rounds, order) => {
          const own = await newContainer();
          const stable = Array.from({ length: 12 }, (_, i) => `s${i}`);
          for (const [i, id] of stable.entries()) await own.items.create({ id, pk: "p", n: i * 5 });
          const seen: string[] = [];
          const iterator = own.items.query<string>(`SELECT VALUE c.id FROM c ${order}`, {
            partitionKey: "p",
            maxItemCount: 3,
          });
          for (let page = 0; iterator.hasMoreResults(); page += 1) {
            const { resources } = await iterator.fetchNext();
            seen.push(...(resources ?? []));
            for (const { kind, at } of rounds[page] ?? []) {
              if (kind === "create") await own.items.upsert({ id: `x${at}`, pk: "p", n: at });
              else
                await own
                  .item(`x${at}`, "p")
                  .delete()
                  .catch(() => undefined);
            }
          }
          expect(seen.filter((id) => id.startsWith("s")).toSorted()).toEqual(stable.toSorted());
          await own.delete();
        },
      ),
      { numRuns: 8 },
    );
  });

  it("reads keyset pages that agree with the whole order", async () => {
    const query =
      "SELECT c.n, c.id FROM c WHERE (c.n > @n OR (c.n = @n AND c.id > @id)) ORDER BY c.n, c.id OFFSET 0 LIMIT 4";
    const read: string[] = [];
    let last = { n: -1, id: "" };
    for (;;) {
      const parameters = Object.entries(last).map(([name, value]) => ({ name: `@${name}`, value }));
      const { resources } = await container.items
        .query<{ n: number; id: string }>({ query, parameters }, { partitionKey: "p0" })
        .fetchAll();
      read.push(...resources.map(({ id }) => id));
      const next = resources.at(-1);
      if (next === undefined) break;
      last = next;
    }
    const { resources } = await container.items
      .query<string>("SELECT VALUE c.id FROM c ORDER BY c.n, c.id", { partitionKey: "p0" })
      .fetchAll();
    expect(read).toEqual(resources);
  });
});
