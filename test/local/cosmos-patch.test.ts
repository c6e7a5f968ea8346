import type { Container, Item, PatchOperation } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Opened, rawRequest, rejectionStatus, targets, uniqueId } from "./cosmos-target.ts";

describe.each(targets)("patch on $name", (target) => {
  let opened: Opened;
  let container: Container;

  beforeAll(async () => {
    opened = await target.open();
    container = await opened.container();
  });
  afterAll(() => opened.close());

  const created = async (content: object): Promise<Item> =>
    (await container.items.create({ id: uniqueId(), pk: "p", ...content })).item;

  it("sets, adds, replaces and removes members and elements", async () => {
    const item = await created({ a: 1, r: 1, arr: [1], o: { deep: { x: 1 } } });
    const { resource } = await item.patch([
      { op: "set", path: "/a", value: 2 },
      { op: "add", path: "/b", value: { c: [] } },
      { op: "remove", path: "/r" },
      { op: "add", path: "/arr/-", value: 2 },
      { op: "replace", path: "/arr/0", value: 9 },
      { op: "add", path: "/arr/1", value: "between" },
      { op: "set", path: "/o/deep/x", value: null },
    ]);
    expect(resource).toMatchObject({
      a: 2,
      b: { c: [] },
      arr: [9, "between", 2],
      o: { deep: { x: null } },
    });
    expect(resource).not.toHaveProperty("r");
  });

  it("moves a member, which the SDK has no type for", async () => {
    const item = await created({ from: 7 });
    const { status, body } = await rawRequest(
      opened,
      "PATCH",
      `/dbs/${opened.database.id}/colls/${container.id}/docs/${item.id}`,
      {
        headers: { "x-ms-documentdb-partitionkey": '["p"]', "content-type": "application/json_patch+json" },
        body: { operations: [{ op: "move", from: "/from", path: "/to" }] },
      },
    );
    expect([status, JSON.parse(body).to, JSON.parse(body).from]).toEqual([200, 7, undefined]);
  });

  it("increases a number, by a fraction and downwards too, and starts a missing one", async () => {
    const item = await created({ n: 5 });
    const { resource } = await item.patch([
      { op: "incr", path: "/n", value: 2 },
      { op: "incr", path: "/n", value: -0.5 },
      { op: "incr", path: "/new", value: 3 },
    ]);
    expect(resource).toMatchObject({ n: 6.5, new: 3 });
  });

  const refused: readonly (readonly [string, PatchOperation])[] = [
    ["an increase of a text", { op: "incr", path: "/s", value: 1 }],
    ["a replace of what is absent", { op: "replace", path: "/nope", value: 1 }],
    ["a removal of what is absent", { op: "remove", path: "/nope" }],
    ["a path through what is absent", { op: "set", path: "/nope/deeper", value: 1 }],
    ["an element out of bounds", { op: "set", path: "/arr/5", value: 1 }],
    ["the partition key", { op: "set", path: "/pk", value: "q" }],
    ["the id", { op: "set", path: "/id", value: "q" }],
    ["a system property", { op: "set", path: "/_etag", value: "q" }],
  ];

  it.each(refused)("refuses %s with 400 and changes nothing", async (_, operation) => {
    const item = await created({ s: "x", n: 0, arr: [1] });
    const operations: PatchOperation[] = [{ op: "incr", path: "/n", value: 1 }, operation];
    expect(await rejectionStatus(item.patch(operations))).toBe(400);
    expect((await item.read()).resource).toMatchObject({ s: "x", n: 0, arr: [1], pk: "p" });
  });

  it("refuses more than ten operations with 400", async () => {
    const item = await created({});
    const operations = Array.from(
      { length: 11 },
      (_, i): PatchOperation => ({ op: "set", path: `/f${i}`, value: 1 }),
    );
    expect(await rejectionStatus(item.patch(operations))).toBe(400);
  });

  it("patches on a condition that holds and answers 412 on one that does not", async () => {
    const item = await created({ state: "open", n: 0 });
    const operations: PatchOperation[] = [{ op: "incr", path: "/n", value: 1 }];
    await item.patch({ condition: "from c where c.state = 'open'", operations });
    const refusal = item.patch({ condition: "from c where c.state = 'closed'", operations });
    expect(await rejectionStatus(refusal)).toBe(412);
    expect((await item.read()).resource).toMatchObject({ n: 1 });
  });

  it("counts 50 increases made at once as 50", async () => {
    const item = await created({ n: 0 });
    await Promise.all(Array.from({ length: 50 }, () => item.patch([{ op: "incr", path: "/n", value: 1 }])));
    expect((await item.read()).resource).toMatchObject({ n: 50 });
  });
});
