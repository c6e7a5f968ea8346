import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Container } from "../../local/cosmos/container.ts";
import { parseContainerDefinition } from "../../local/cosmos/container-definition.ts";
import type { Json, Value } from "../../local/cosmos/json.ts";
import { parseCached, type QueryPage, runQuery } from "../../local/cosmos/query.ts";
import { compileQuery } from "../../local/cosmos/query-compile.ts";

const definition = parseContainerDefinition({
  id: "c",
  partitionKey: { paths: ["/pk"] },
  indexingPolicy: {
    compositeIndexes: [
      [
        { path: "/sortKey", order: "ascending" },
        { path: "/id", order: "ascending" },
      ],
    ],
  },
});
const PARTITION = '"p"';

function newContainer(): Container {
  const identity = { rid: "AAAAAAAAAAA=", self: "dbs/d/colls/c/", rangeCount: 1 };
  return new Container(identity, definition, { lsn: 0, nextSequence: 1 }, () => undefined);
}

function put(container: Container, id: string, content: Readonly<Record<string, Json>>): void {
  const transaction = container.begin(PARTITION);
  transaction.put(id, { id, pk: "p", ...content });
  transaction.commit();
}

function query(
  container: Container,
  text: string,
  parameters: Readonly<Record<string, Value>> = {},
  pageSize = 100,
  token?: string,
): QueryPage {
  const values = new Map(Object.entries(parameters).map(([name, value]) => [`@${name}`, value]));
  const compiled = compileQuery(parseCached(text), values, definition.indexingPolicy);
  return runQuery(compiled, container.partitions(), pageSize, token);
}

/** The same items in a container that no query has been put to before. */
function copyOf(container: Container): Container {
  const copy = newContainer();
  const items = query(container, "SELECT * FROM c", {}, 10_000).rows.map((row) => JSON.parse(row));
  for (const { id, kind, sortKey } of items)
    put(copy, id, { kind, ...(sortKey === undefined ? {} : { sortKey }) });
  return copy;
}

const scalar = fc.constantFrom<Json>(null, true, 0, 1, 2, 3, "a", "b", "c");
const write = fc.record(
  {
    id: fc.constantFrom("1", "2", "3", "4", "5", "6", "7"),
    kind: scalar,
    sortKey: scalar,
    removed: fc.boolean(),
  },
  { requiredKeys: ["id", "kind", "removed"] },
);

describe("slices of a partition", () => {
  it("never change an answer, whatever was written after they were built", () => {
    const condition = fc.constantFrom(
      "c.kind = @a",
      "c.kind IN (@a, @b)",
      "c.sortKey >= @a AND c.sortKey < @b",
      "c.kind = @a AND (c.sortKey > @b OR (c.sortKey = @b AND c.id > '3'))",
      "c.id IN ('1', '3', '9') AND c.kind != @a",
      "NOT (c.kind = @a) AND c.sortKey BETWEEN @a AND @b",
      "c.kind = @a OR c.sortKey = @b",
      "-1 < c.sortKey",
    );
    const order = fc.constantFrom(
      "",
      "ORDER BY c.sortKey",
      "ORDER BY c.sortKey DESC",
      "ORDER BY c.sortKey, c.id",
      "ORDER BY c.sortKey DESC, c.id DESC",
    );
    const question = fc.tuple(condition, order, scalar, scalar);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(write, { maxLength: 6 }), question), { maxLength: 8 }),
        (rounds) => {
          const container = newContainer();
          for (const [writes, [where, by, a, b]] of rounds) {
            for (const { id, kind, sortKey, removed } of writes) {
              if (!removed) put(container, id, { kind, ...(sortKey === undefined ? {} : { sortKey }) });
              else {
                const transaction = container.begin(PARTITION);
                transaction.remove(id);
                transaction.commit();
              }
            }
            const text = `SELECT VALUE c.id FROM c WHERE ${where} ${by}`;
            expect(query(container, text, { a, b }).rows).toEqual(
              query(copyOf(container), text, { a, b }).rows,
            );
            const unindexed = `SELECT VALUE c.id FROM c WHERE (${where}) = true`;
            expect(query(container, text.replace(by, ""), { a, b }).rows).toEqual(
              query(container, unindexed, { a, b }).rows,
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("let a page look at a page's worth of items, in a partition of 20,000", () => {
    const container = newContainer();
    const total = 20_000;
    for (let i = 0; i < total; i += 1) {
      put(container, `id-${String(i).padStart(6, "0")}`, {
        kind: i % 1000 === 0 ? "rollup" : "fact",
        sortKey: `2026-${String((i * 7919) % total).padStart(6, "0")}`,
      });
    }
    const rollups = "SELECT * FROM c WHERE c.kind = 'rollup'";
    expect(query(container, rollups).examined).toBe(total + total / 1000);
    expect(query(container, rollups).examined).toBe(total / 1000);
    put(container, "late", { kind: "rollup", sortKey: "2026-x" });
    const { rows, examined } = query(container, rollups);
    expect([rows.length, examined]).toEqual([total / 1000 + 1, total / 1000 + 1]);

    const page =
      "SELECT c.sortKey, c.id FROM c WHERE c.kind = 'fact' AND (c.sortKey > @k OR (c.sortKey = @k AND c.id > @i)) " +
      "ORDER BY c.sortKey, c.id OFFSET 0 LIMIT 100";
    query(container, page, { k: "", i: "" });
    for (const k of ["2026-000500", "2026-010000", "2026-019000"]) {
      expect(query(container, page, { k, i: "" }).examined).toBeLessThanOrEqual(101);
    }
    const first = query(container, "SELECT VALUE c.id FROM c ORDER BY c.sortKey DESC", {}, 100);
    const second = query(
      container,
      "SELECT VALUE c.id FROM c ORDER BY c.sortKey DESC",
      {},
      100,
      first.continuation,
    );
    expect(second.examined).toBeLessThanOrEqual(102);
    expect(query(container, "SELECT * FROM c WHERE c.id = 'late'").examined).toBe(1);
  });

  it("let the change feed go on without reading what came before", () => {
    const container = newContainer();
    for (let i = 0; i < 5000; i += 1) put(container, `${i % 100}`, { kind: "fact", n: i });
    const log = container.partition(PARTITION)?.log;
    let asked = 0;
    const later = log?.after(4990, 100, () => {
      asked += 1;
      return true;
    });
    expect(later?.map(({ lsn }) => lsn)).toEqual([
      4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999, 5000,
    ]);
    expect(asked).toBe(10);
    expect(log?.after(0, 1000, () => true)).toHaveLength(100);
  });
});
