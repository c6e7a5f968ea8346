import { type ChangeFeedPullModelIterator, ChangeFeedStartFrom, type Container } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Opened, rawRequest, rejectionStatus, targets, uniqueId } from "./cosmos-target.ts";

type Change = { readonly id: string; readonly n?: number };

/** Reads until the feed says that there is nothing more. */
async function drain(iterator: ChangeFeedPullModelIterator<Change>) {
  const changes: Change[] = [];
  for (let page = 0; page < 100; page += 1) {
    const { statusCode, result, continuationToken } = await iterator.readNext();
    if (statusCode === 304) return { changes, continuationToken };
    changes.push(...result);
  }
  throw new Error("the change feed did not come to its end");
}

const idsOf = (changes: readonly Change[]) => changes.map(({ id }) => id);

describe.each(targets)("feeds and containers on $name", (target) => {
  let opened: Opened;

  beforeAll(async () => {
    opened = await target.open();
  });
  afterAll(() => opened.close());

  const changesOf = (container: Container, changeFeedStartFrom: ChangeFeedStartFrom, maxItemCount = 4) =>
    container.items.getChangeFeedIterator<Change>({ changeFeedStartFrom, maxItemCount });

  it("gives every item of the container once, over several pages", async () => {
    const container = await opened.container();
    const ids = Array.from({ length: 19 }, (_, i) => `item-${i}`);
    for (const [i, id] of ids.entries()) await container.items.create({ id, pk: `p${i % 5}` });
    const { changes } = await drain(changesOf(container, ChangeFeedStartFrom.Beginning()));
    expect(idsOf(changes).toSorted()).toEqual(ids.toSorted());
  });

  it("gives one partition's items in the order of writing, in their latest version, without the deleted", async () => {
    const container = await opened.container();
    for (const id of ["a", "b", "c"]) await container.items.create({ id, pk: "p", n: 1 });
    await container.items.create({ id: "elsewhere", pk: "q" });
    await container.items.upsert({ id: "a", pk: "p", n: 2 });
    await container.item("b", "p").delete();
    const { changes } = await drain(changesOf(container, ChangeFeedStartFrom.Beginning("p")));
    expect(changes).toMatchObject([
      { id: "c", n: 1 },
      { id: "a", n: 2 },
    ]);
    expect(changes).toHaveLength(2);
  });

  it("goes on from where it ended", async () => {
    const container = await opened.container();
    await container.items.create({ id: "a", pk: "p" });
    const { continuationToken } = await drain(changesOf(container, ChangeFeedStartFrom.Beginning()));
    expect(continuationToken).toBeTruthy();
    await container.items.create({ id: "b", pk: "q" });
    const later = ChangeFeedStartFrom.Continuation(continuationToken);
    expect(idsOf((await drain(changesOf(container, later))).changes)).toEqual(["b"]);
  });

  it("started now, gives later changes only", async () => {
    const container = await opened.container();
    await container.items.create({ id: "a", pk: "p" });
    const iterator = changesOf(container, ChangeFeedStartFrom.Now());
    expect((await drain(iterator)).changes).toEqual([]);
    await container.items.create({ id: "b", pk: "p" });
    expect(idsOf((await drain(iterator)).changes)).toEqual(["b"]);
  });

  it("does not tear a transaction apart at the end of a page", async () => {
    const container = await opened.container();
    const creates = Array.from({ length: 10 }, (_, i) => ({
      operationType: "Create" as const,
      resourceBody: { id: `${i}`, pk: "p" },
    }));
    await container.items.batch(creates, "p");
    const { result } = await changesOf(container, ChangeFeedStartFrom.Beginning("p"), 3).readNext();
    expect(idsOf(result)).toHaveLength(10);
  });

  it("reads all items of a container", async () => {
    const container = await opened.container();
    for (let i = 0; i < 7; i += 1) await container.items.create({ id: `${i}`, pk: `p${i % 3}` });
    const { resources } = await container.items.readAll({ maxItemCount: 3 }).fetchAll();
    expect(resources).toHaveLength(7);
  });

  it("creates databases and containers once", async () => {
    const again = await opened.client.databases.createIfNotExists({ id: opened.database.id });
    expect(again.statusCode).toBe(200);
    expect(await rejectionStatus(opened.client.databases.create({ id: opened.database.id }))).toBe(409);
    const definition = { id: uniqueId(), partitionKey: "/pk" };
    expect((await opened.database.containers.createIfNotExists(definition)).statusCode).toBe(201);
    expect((await opened.database.containers.createIfNotExists(definition)).statusCode).toBe(200);
    expect(await rejectionStatus(opened.database.containers.create(definition))).toBe(409);
    const { resources } = await opened.database.containers.readAll().fetchAll();
    expect(resources.map(({ id }) => id)).toContain(definition.id);
  });

  it("keeps the indexing policy and completes it as the service does", async () => {
    const compositeIndexes = [
      [
        { path: "/a", order: "ascending" as const },
        { path: "/b", order: "descending" as const },
      ],
    ];
    const container = await opened.container({
      indexingPolicy: {
        excludedPaths: [{ path: "/text/*" }],
        includedPaths: [{ path: "/*" }],
        compositeIndexes,
      },
    });
    const { resource } = await container.read();
    expect(resource?.indexingPolicy).toMatchObject({ indexingMode: "consistent", compositeIndexes });
    expect(resource?.indexingPolicy?.excludedPaths?.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["/text/*", '/"_etag"/?']),
    );
  });

  it("refuses a container without a partition key, and a change of it", async () => {
    const { status } = await rawRequest(opened, "POST", `/dbs/${opened.database.id}/colls`, {
      body: { id: uniqueId() },
    });
    expect(status).toBe(400);
    const container = await opened.container();
    const partitionKey = { paths: ["/other"] };
    expect(await rejectionStatus(container.replace({ id: container.id, partitionKey }))).toBe(400);
  });

  it("forgets a deleted container and what was in it", async () => {
    const container = await opened.container();
    await container.items.create({ id: "1", pk: "a" });
    await container.delete();
    expect(await rejectionStatus(container.read())).toBe(404);
    expect(await rejectionStatus(container.items.create({ id: "1", pk: "a" }))).toBe(404);
  });

  it("tells the physical partitions, from the first key to the last", async () => {
    const container = await opened.container();
    const ranges = await container.getFeedRanges();
    expect([ranges.at(0)?.minInclusive, ranges.at(-1)?.maxExclusive]).toEqual(["", "FF"]);
  });

  it("refuses a missing, a wrong and an outdated signature", async () => {
    const path = `/dbs/${opened.database.id}`;
    const wrong = { endpoint: opened.endpoint, key: Buffer.alloc(64).toString("base64") };
    const outdated = new Date(Date.now() - 20 * 60 * 1000);
    expect((await rawRequest(opened, "GET", path)).status).toBe(200);
    expect((await rawRequest(opened, "GET", path, { unsigned: true })).status).toBe(401);
    expect((await rawRequest(wrong, "GET", path)).status).toBe(401);
    expect((await rawRequest(opened, "GET", path, { date: outdated })).status).toBe(403);
  });
});
