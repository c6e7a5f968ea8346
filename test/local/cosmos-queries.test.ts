import type { Container, FeedOptions, SqlQuerySpec } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Opened, rawRequest, rejectionStatus, targets } from "./cosmos-target.ts";

const docs = Array.from({ length: 60 }, (_, i) => ({
  id: `q${String(i).padStart(2, "0")}`,
  pk: `p${i % 6}`,
  category: ["a", "b", "c"][i % 3] ?? "",
  price: (i * 37) % 101,
  name: i % 2 === 1 ? `Widget ${i}` : `gadget ${i}`,
  tags: i % 4 === 0 ? ["red", "big"] : ["blue"],
  lines: [
    { sku: `s${i}`, quantity: i % 5 },
    { sku: "t", quantity: 1 },
  ],
  ...(i % 10 === 0 ? { optional: i } : {}),
  nested: { level: i % 7, "odd name": i },
  text: { long: "x" },
}));

const compositeIndexes = [
  [
    { path: "/category", order: "ascending" as const },
    { path: "/price", order: "descending" as const },
  ],
  [
    { path: "/price", order: "ascending" as const },
    { path: "/id", order: "ascending" as const },
  ],
];

describe.each(targets)("queries on $name", (target) => {
  let opened: Opened;
  let container: Container;
  let path: string;

  beforeAll(async () => {
    opened = await target.open();
    container = await opened.container({
      indexingPolicy: {
        includedPaths: [{ path: "/*" }],
        excludedPaths: [{ path: "/text/*" }],
        compositeIndexes,
      },
    });
    path = `/dbs/${opened.database.id}/colls/${container.id}/docs`;
    await Promise.all(docs.map((doc) => container.items.create(doc)));
  });
  afterAll(() => opened.close());

  const sorted = (values: readonly unknown[]) => values.map(String).toSorted();
  const all = async (query: string | SqlQuerySpec, options?: FeedOptions) =>
    (await container.items.query(query, options).fetchAll()).resources;
  const inP1 = { partitionKey: "p1" };
  const ofP1 = docs.filter(({ pk }) => pk === "p1");
  const ids = (expected: readonly { readonly id: string }[]) => expected.map(({ id }) => id).toSorted();
  const where = async (
    condition: string,
    values: Readonly<Record<string, string | number | string[]>> = {},
  ) => {
    const parameters = Object.entries(values).map(([name, value]) => ({ name: `@${name}`, value }));
    return sorted(await all({ query: `SELECT VALUE c.id FROM c WHERE ${condition}`, parameters }));
  };
  const prices = docs.map(({ price }) => price).toSorted((left, right) => left - right);

  it("answers for one partition what is in that partition", async () => {
    expect(sorted(await all("SELECT VALUE c.id FROM c", inP1))).toEqual(ids(ofP1));
    expect(await all("SELECT VALUE c.id FROM c", { partitionKey: "none" })).toEqual([]);
  });

  it("filters by equality, order, ranges and lists", async () => {
    expect(await where("c.category = @c AND c.price > @p", { c: "a", p: 50 })).toEqual(
      ids(docs.filter(({ category, price }) => category === "a" && price > 50)),
    );
    expect(await where("c.price BETWEEN 10 AND 20 OR 90 <= c.price")).toEqual(
      ids(docs.filter(({ price }) => (price >= 10 && price <= 20) || price >= 90)),
    );
    expect(await where("c.id IN ('q01', @b)", { b: "q05" })).toEqual(["q01", "q05"]);
    expect(await where("c.category NOT IN ('a', 'b') AND NOT (c.price < 50)")).toEqual(
      ids(docs.filter(({ category, price }) => category === "c" && price >= 50)),
    );
    expect(await where("c.category IN ('a', 'b') AND c.nested.level = 3")).toEqual(
      ids(docs.filter(({ category, nested }) => category !== "c" && nested.level === 3)),
    );
  });

  it("treats undefined as neither equal nor unequal nor ordered", async () => {
    const present = ids(docs.filter((doc) => doc.optional !== undefined));
    expect(await where("IS_DEFINED(c.optional)")).toEqual(present);
    expect(await where("NOT IS_DEFINED(c.optional)")).toHaveLength(54);
    expect(await where("c.optional != 10")).toHaveLength(present.length - 1);
    expect(await where("NOT (c.optional = 10)")).toHaveLength(present.length - 1);
    expect(await where("c.optional = 10 OR c.price >= 0")).toHaveLength(60);
    expect(await where("c.price > 'a' OR c.name < 5")).toEqual([]);
    expect(await where("IS_NULL(c.optional)")).toEqual([]);
    expect(await all("SELECT c.optional FROM c WHERE c.id = 'q01'", inP1)).toEqual([{}]);
    expect(await all("SELECT VALUE c.optional FROM c WHERE c.id = 'q01'", inP1)).toEqual([]);
  });

  it("has the functions on texts, arrays and types", async () => {
    expect(await where("STARTSWITH(c.name, 'Widget')")).toHaveLength(30);
    expect(await where("startswith(c.name, 'WIDGET', true)")).toHaveLength(30);
    expect(await where("CONTAINS(LOWER(c.name), 'widget 1') AND ENDSWITH(UPPER(c.name), '7')")).toEqual([
      "q17",
    ]);
    expect(await where("c.name LIKE 'Widget 1%'")).toHaveLength(6);
    expect(await where("c.name LIKE '%t __'")).toHaveLength(50);
    expect(await where("LENGTH(c.name) = 8")).toHaveLength(10);
    expect(await where("ARRAY_CONTAINS(c.tags, 'red')")).toHaveLength(15);
    expect(await where("ARRAY_CONTAINS(c.lines, { quantity: 4 }, true)")).toHaveLength(12);
    expect(await where("ARRAY_CONTAINS(c.lines, { quantity: 4 })")).toEqual([]);
    expect(await where("ARRAY_CONTAINS(@ids, c.id)", { ids: ["q01", "q07"] })).toEqual(["q01", "q07"]);
    expect(await where("IS_STRING(c.price) OR IS_NUMBER(c.name) OR IS_OBJECT(c.tags)")).toEqual([]);
    expect(await where("ARRAY_LENGTH(c.tags) = 2 AND IS_ARRAY(c.tags)")).toHaveLength(15);
  });

  it("projects lists, values, objects and arrays", async () => {
    const one = async (select: string) => (await all(`SELECT ${select} FROM c WHERE c.id = 'q01'`, inP1))[0];
    expect(await one("c.id, c.nested.level, c.nested['odd name'] AS odd, c.price + 1")).toEqual({
      id: "q01",
      level: 1,
      odd: 1,
      $1: 38,
    });
    expect(
      await one(
        `VALUE { id: c.id, "n": [c.price, c.tags[0]], o: c.none ?? -1, k: c.price > 50 ? 'hi' : 'lo' }`,
      ),
    ).toEqual({ id: "q01", n: [37, "blue"], o: -1, k: "lo" });
    expect(await one("*")).toMatchObject({ id: "q01", _etag: expect.any(String) });
    expect(await one("VALUE 'it\\'s \\u0041 \"quoted\"'")).toBe(`it's A "quoted"`);
  });

  it("joins the elements of an array", async () => {
    expect(await all("SELECT c.id, l.sku FROM c JOIN l IN c.lines WHERE l.quantity = 4")).toHaveLength(12);
    const rows = await all(
      "SELECT VALUE [l.sku, t] FROM c JOIN l IN c.lines JOIN t IN c.tags WHERE c.id = 'q00'",
      {
        partitionKey: "p0",
      },
    );
    expect(rows).toEqual([
      ["s0", "red"],
      ["s0", "big"],
      ["t", "red"],
      ["t", "big"],
    ]);
  });

  it("orders within a partition and across all of them", async () => {
    expect(await all("SELECT VALUE c.price FROM c WHERE c.price > 10 ORDER BY c.price DESC", inP1)).toEqual(
      ofP1
        .map(({ price }) => price)
        .filter((price) => price > 10)
        .toSorted((left, right) => right - left),
    );
    expect(await all("SELECT VALUE c.price FROM c ORDER BY c.price")).toEqual(prices);
    expect(await all("SELECT c.price FROM c ORDER BY c.price DESC", { forceQueryPlan: true })).toEqual(
      prices.toReversed().map((price) => ({ price })),
    );
    expect(await all("SELECT VALUE c.id FROM c ORDER BY c.category ASC, c.price DESC")).toEqual(
      docs.toSorted((a, b) => a.category.localeCompare(b.category) || b.price - a.price).map(({ id }) => id),
    );
    expect(await all("SELECT VALUE c.optional FROM c ORDER BY c.optional", { partitionKey: "p0" })).toEqual([
      0, 30,
    ]);
  });

  it("skips and limits", async () => {
    expect(await all("SELECT VALUE c.price FROM c ORDER BY c.price OFFSET 5 LIMIT 7")).toEqual(
      prices.slice(5, 12),
    );
    const parameters = [{ name: "@n", value: 3 }];
    expect(await all({ query: "SELECT TOP @n VALUE c.price FROM c ORDER BY c.price", parameters })).toEqual(
      prices.slice(0, 3),
    );
    const paged = "SELECT VALUE c.price FROM c ORDER BY c.price OFFSET 2 LIMIT 5";
    expect(await all(paged, { ...inP1, maxItemCount: 2 })).toEqual(
      ofP1
        .map(({ price }) => price)
        .toSorted((left, right) => left - right)
        .slice(2, 7),
    );
  });

  it("aggregates over one partition and, one value at a time, over all", async () => {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
    expect(await all("SELECT VALUE COUNT(1) FROM c", inP1)).toEqual([10]);
    expect(await all("SELECT COUNT(1) AS n, SUM(c.price) AS s, MAX(c.price) AS m FROM c", inP1)).toEqual([
      { n: 10, s: sum(ofP1.map(({ price }) => price)), m: Math.max(...ofP1.map(({ price }) => price)) },
    ]);
    expect(await all("SELECT VALUE COUNT(c.optional) FROM c")).toEqual([6]);
    expect(await all("SELECT VALUE SUM(c.price) FROM c")).toEqual([sum(prices)]);
    expect(await all("SELECT VALUE MIN(c.price) FROM c")).toEqual([Math.min(...prices)]);
    expect(await all("SELECT VALUE MAX(c.price) FROM c")).toEqual([Math.max(...prices)]);
    const [average] = await all("SELECT VALUE AVG(c.price) FROM c");
    expect(average).toBeCloseTo(sum(prices) / 60);
  });

  it("groups within a partition and finds distinct values", async () => {
    const groups = await all("SELECT c.category, COUNT(1) AS n FROM c GROUP BY c.category", {
      partitionKey: "p3",
    });
    expect(groups).toEqual([{ category: "a", n: 10 }]);
    const byTag = await all("SELECT c.tags[0] AS tag, COUNT(1) AS n FROM c GROUP BY c.tags[0]", {
      partitionKey: "p0",
    });
    expect(byTag).toHaveLength(2);
    expect(sorted(await all("SELECT DISTINCT VALUE c.category FROM c"))).toEqual(["a", "b", "c"]);
  });

  const refusals: readonly (readonly [string, string])[] = [
    ["a syntax error", "SELEC * FROM c"],
    ["a trailing semicolon", "SELECT * FROM c;"],
    ["an unknown name", "SELECT * FROM c WHERE d.x = 1"],
    ["a parameter that is not given", "SELECT * FROM c WHERE c.x = @x"],
    ["ORDER BY two paths without a composite index", "SELECT * FROM c ORDER BY c.name, c.price"],
    [
      "ORDER BY two paths in directions that no composite index has",
      "SELECT * FROM c ORDER BY c.price, c.id DESC",
    ],
    ["ORDER BY an excluded path", "SELECT * FROM c ORDER BY c.text.long"],
    ["ORDER BY an expression", "SELECT * FROM c ORDER BY LOWER(c.name)"],
    ["ORDER BY an element of an array", "SELECT c.id FROM c JOIN l IN c.lines ORDER BY l.quantity"],
    ["a keyword as a property name", "SELECT c.value FROM c"],
    ["selecting what is not grouped by", "SELECT c.name, COUNT(1) AS n FROM c GROUP BY c.category"],
    ["* of two sources", "SELECT * FROM c JOIN l IN c.lines"],
    ["a negative LIMIT", "SELECT * FROM c OFFSET 0 LIMIT -1"],
    ["an aggregate in WHERE", "SELECT * FROM c WHERE COUNT(1) > 1"],
  ];

  it.each(refusals)("refuses %s with 400", async (_, query) => {
    expect(await rejectionStatus(all(query, inP1))).toBe(400);
  });

  it("hands a query that the gateway cannot serve back with sub-status 1004", async () => {
    const headers = {
      "content-type": "application/query+json",
      "x-ms-documentdb-isquery": "True",
      "x-ms-documentdb-query-enablecrosspartition": "True",
    };
    const body = { query: "SELECT * FROM c ORDER BY c.price" };
    const ordered = await rawRequest(opened, "POST", path, { headers, body });
    expect([ordered.status, ordered.headers.get("x-ms-substatus")]).toEqual([400, "1004"]);
    const { "x-ms-documentdb-query-enablecrosspartition": _, ...onePartition } = headers;
    const plain = { query: "SELECT * FROM c" };
    const undirected = await rawRequest(opened, "POST", path, { headers: onePartition, body: plain });
    expect(undirected.status).toBe(400);
  });
});
