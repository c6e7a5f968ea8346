import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChangeFeedStartFrom, type OperationInput } from "@azure/cosmos";
import { afterEach, describe, expect, it } from "vitest";
import type { CosmosSettings, RequestRecord } from "../../local/cosmos/server.ts";
import { startCosmos } from "../../local/cosmos/server.ts";
import type { Fault } from "../../local/faults.ts";
import { impatientClient, openStandIn, rawRequest, rejectionStatus, uniqueId } from "./cosmos-target.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(settings: Omit<CosmosSettings, "port"> = {}) {
  const opened = await openStandIn(settings);
  cleanups.push(opened.close);
  return opened;
}

describe("faults of the Cosmos DB stand-in", () => {
  /** One fault at the first request of an operation. */
  async function withFault(operation: string, fault: Fault) {
    let pending: Fault | undefined = fault;
    const opened = await open({
      faults: (request) => {
        if (request.operation !== operation) return undefined;
        const due = pending;
        pending = undefined;
        return due;
      },
    });
    const { id } = await opened.container();
    const client = impatientClient(opened.endpoint, opened.key);
    cleanups.push(async () => client.dispose());
    return { ...opened, items: client.database(opened.database.id).container(id).items };
  }
  const stored = async ({ items }: Awaited<ReturnType<typeof withFault>>) =>
    (await items.query("SELECT VALUE c.id FROM c", { partitionKey: "p" }).fetchAll()).resources;
  const item = { id: "a", pk: "p" };

  it("end a refused connection before anything is done", async () => {
    const opened = await withFault("create", { kind: "refused" });
    await expect(opened.items.create(item)).rejects.toThrow();
    expect(await stored(opened)).toEqual([]);
    expect(opened.server.requests().find(({ fault }) => fault === "refused")).toMatchObject({ status: 0 });
  });

  it("do a request whose answer is lost", async () => {
    const opened = await withFault("create", { kind: "lost" });
    await expect(opened.items.create(item)).rejects.toThrow();
    expect(await stored(opened)).toEqual(["a"]);
    expect(await rejectionStatus(opened.items.create(item))).toBe(409);
  });

  it("write a whole batch whose answer is lost, or nothing of a refused one", async () => {
    const batch: OperationInput[] = [
      { operationType: "Create", resourceBody: item },
      { operationType: "Create", resourceBody: { id: "b", pk: "p" } },
    ];
    const lost = await withFault("batch", { kind: "lost" });
    await expect(lost.items.batch(batch, "p")).rejects.toThrow();
    expect(await stored(lost)).toEqual(["a", "b"]);
    const refused = await withFault("batch", { kind: "refused" });
    await expect(refused.items.batch(batch, "p")).rejects.toThrow();
    expect(await stored(refused)).toEqual([]);
  });

  it.each([429, 503] as const)("answer %i without doing anything", async (status) => {
    const opened = await withFault("create", { kind: "status", status, retryAfterMs: 7 });
    expect(await rejectionStatus(opened.items.create(item))).toBe(status);
    expect(await stored(opened)).toEqual([]);
  });

  it("say after how long to try again, and the SDK does", async () => {
    let left = 2;
    const opened = await open({
      faults: ({ operation }) =>
        operation === "create" && left-- > 0 ? { kind: "status", status: 429, retryAfterMs: 1 } : undefined,
    });
    const container = await opened.container();
    expect((await container.items.create(item)).statusCode).toBe(201);
    const creates = opened.server.requests().filter(({ operation }) => operation === "create");
    expect(creates.map(({ status }) => status)).toEqual([429, 429, 201]);
  });

  it("delay a slow answer, and closing the server does not wait for it", async () => {
    const arrived = Promise.withResolvers<void>();
    const slow = await startCosmos({
      port: 0,
      faults: () => {
        arrived.resolve();
        return { kind: "slow", delayMs: 60_000 };
      },
    });
    const answer = rawRequest(slow, "GET", "/").catch(() => "aborted");
    await arrived.promise;
    await slow.close();
    expect(await answer).toBe("aborted");
    const quick = await open({ faults: () => ({ kind: "slow", delayMs: 30 }) });
    const startedAt = performance.now();
    expect((await quick.database.read()).statusCode).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(25);
  });
});

describe("the data file of the Cosmos DB stand-in", () => {
  it("brings databases, containers, items, ETags and the change feed back after a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cosmos-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const settings = {
      dataFile: join(folder, "data.sqlite"),
      ranges: 3,
      key: Buffer.alloc(64, 1).toString("base64"),
    };
    const first = await startCosmos({ port: 0, ...settings });
    const before = impatientClient(first.endpoint, first.key);
    const { database } = await before.databases.create({ id: "db" });
    const compositeIndexes = [
      [
        { path: "/a", order: "ascending" as const },
        { path: "/b", order: "ascending" as const },
      ],
    ];
    const { container } = await database.containers.create({
      id: "items",
      partitionKey: "/pk",
      indexingPolicy: { includedPaths: [{ path: "/*" }], compositeIndexes },
    });
    await database.containers.create({ id: "gone", partitionKey: "/pk" });
    await database.container("gone").delete();
    await container.items.create({ id: "deleted", pk: "p" });
    await container.items.batch(
      [
        { operationType: "Create", resourceBody: { id: "a", pk: "p", n: 1 } },
        { operationType: "Create", resourceBody: { id: "b", pk: "p", n: 1 } },
      ],
      "p",
    );
    await container.item("deleted", "p").delete();
    const patched = await container.item("a", "p").patch([{ op: "incr", path: "/n", value: 1 }]);
    const definition = (await container.read()).resource;
    await first.close();
    before.dispose();

    const second = await startCosmos({ port: 0, ...settings });
    const after = impatientClient(second.endpoint, second.key);
    cleanups.push(second.close, async () => after.dispose());
    const restored = after.database("db").container("items");
    expect((await restored.read()).resource).toEqual(definition);
    expect(await rejectionStatus(after.database("db").container("gone").read())).toBe(404);
    const query = "SELECT VALUE c.id FROM c ORDER BY c.a, c.b";
    expect((await restored.items.query(query, { partitionKey: "p" }).fetchAll()).resources).toEqual([
      "a",
      "b",
    ]);
    const feed = restored.items.getChangeFeedIterator<{ id: string }>({
      changeFeedStartFrom: ChangeFeedStartFrom.Beginning("p"),
    });
    expect((await feed.readNext()).result.map(({ id }) => id)).toEqual(["b", "a"]);
    const accessCondition = { type: "IfMatch", condition: patched.etag };
    const replaced = await restored.item("a", "p").replace({ id: "a", pk: "p", n: 3 }, { accessCondition });
    expect(replaced.statusCode).toBe(200);
    expect(replaced.resource?._rid).toBe(patched.resource?._rid);
  });

  it("refuses nothing that it took before: a deleted database comes again, empty", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cosmos-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const opened = await open({ dataFile: join(folder, "data.sqlite") });
    const { database } = await opened.client.databases.create({ id: "again" });
    const { container } = await database.containers.create({ id: "c", partitionKey: "/pk" });
    await container.items.create({ id: "a", pk: "p" });
    await database.delete();
    const { database: second } = await opened.client.databases.create({ id: "again" });
    expect((await second.containers.readAll().fetchAll()).resources).toEqual([]);
  });
});

describe("charges and limits of the Cosmos DB stand-in", () => {
  const padded = (id: string, bytes: number) => {
    const item = { id, pk: "p", pad: "" };
    return { ...item, pad: "x".repeat(bytes - JSON.stringify(item).length) };
  };

  it("charge by the stated formula", async () => {
    const opened = await open();
    const { items, item } = await opened.container().then((container) => ({
      items: container.items,
      item: (id: string) => container.item(id, "p"),
    }));
    const small = { id: "small", pk: "p" };
    const big = padded("big", 4096);
    expect((await items.create(small)).requestCharge).toBe(5.5);
    expect((await items.create(big)).requestCharge).toBe(22);
    expect((await item("big").read()).requestCharge).toBe(4);
    expect((await item("none").read()).requestCharge).toBe(1);
    expect((await items.upsert(small)).requestCharge).toBe(11);
    expect((await item("big").replace(big)).requestCharge).toBe(44);
    expect((await item("small").patch([{ op: "set", path: "/a", value: 1 }])).requestCharge).toBe(11);
    const batch: OperationInput[] = [
      { operationType: "Create", resourceBody: padded("two", 2048) },
      { operationType: "Read", id: "big" },
      { operationType: "Delete", id: "big" },
    ];
    const failing: OperationInput[] = [
      ...batch.slice(0, 1),
      { operationType: "Delete", id: "none" },
      ...batch,
    ];
    const charge = async (operations: OperationInput[]) =>
      Number((await items.batch(operations, "p")).headers?.["x-ms-request-charge"]);
    expect(await charge(failing)).toBe(2);
    expect(await charge(batch)).toBe(11 + 4 + 22);
    const query = await items.query("SELECT VALUE c.id FROM c", { partitionKey: "p" }).fetchAll();
    expect(query.requestCharge).toBeCloseTo(2.3 + 2 * 0.05 + ('"small"'.length + '"two"'.length) / 1024, 1);
  });

  it("throttle with 429 when the request units of a second are used up, and recover", async () => {
    const opened = await open({ throughput: 200 });
    const { id } = await opened.container();
    const client = impatientClient(opened.endpoint, opened.key);
    cleanups.push(async () => client.dispose());
    const { items } = client.database(opened.database.id).container(id);
    const attempts = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => items.create({ id: `${i}`, pk: "p" })),
    );
    const refused = attempts.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(20);
    for (const attempt of refused) {
      expect(attempt).toMatchObject({ reason: { code: 429, retryAfterInMs: expect.any(Number) } });
    }
    await expect
      .poll(
        () =>
          items.upsert({ id: "later", pk: "p" }).then(
            ({ statusCode }) => statusCode,
            () => 0,
          ),
        {
          timeout: 5000,
        },
      )
      .toBe(201);
  });

  it("tell of every request what it was and what it cost", async () => {
    const seen: RequestRecord[] = [];
    const opened = await open({ onRequest: (record) => seen.push(record) });
    const container = await opened.container();
    await container.items.create({ id: "a", pk: "p" });
    await container.items.upsert({ id: "a", pk: "p" });
    await container.item("a", "p").read();
    await container.items.query("SELECT * FROM c", { partitionKey: "p" }).fetchAll();
    await container.item("a", "p").delete();
    const operations = seen.map(({ operation }) => operation);
    expect(new Set(operations)).toEqual(
      new Set([
        "account",
        "database",
        "container",
        "create",
        "upsert",
        "read",
        "queryPlan",
        "query",
        "delete",
      ]),
    );
    expect(seen.map(({ index }) => index).toSorted((left, right) => left - right)).toEqual(
      seen.map((_, i) => i),
    );
    const query = seen.find(({ operation }) => operation === "query");
    expect(query).toMatchObject({ method: "POST", status: 200 });
    expect(query?.examined).toBeGreaterThan(0);
    expect(query?.charge).toBeGreaterThan(2.3);
    expect(query?.requestBytes).toBeGreaterThan(0);
    expect(query?.responseBytes).toBeGreaterThan(0);
    expect(seen.find(({ operation }) => operation === "queryPlan")?.charge).toBe(0);
  });

  it("refuse a body far over the limit, and an address that is not loopback", async () => {
    const opened = await open();
    const { id } = await opened.container();
    const { status } = await rawRequest(opened, "POST", `/dbs/${opened.database.id}/colls/${id}/docs`, {
      headers: { "x-ms-documentdb-partitionkey": '["p"]' },
      body: { id: "a", pk: "p", text: "x".repeat(6 * 1024 * 1024) },
    });
    expect(status).toBe(413);
    const settings: Record<string, unknown> = { port: 0, host: "0.0.0.0" };
    await expect(Reflect.apply(startCosmos, undefined, [settings])).rejects.toThrow(RangeError);
  });
});

describe("what the Cosmos DB stand-in does not do", () => {
  it("is refused with 501 and named", async () => {
    const opened = await open();
    const container = await opened.container();
    await container.items.create({ id: "a", pk: "p" });
    const query = (text: string) => container.items.query(text, { partitionKey: "p" }).fetchAll();
    const cases: readonly (readonly [RegExp, () => Promise<unknown>])[] = [
      [/function SOUNDEX/, () => query("SELECT VALUE SOUNDEX(c.id) FROM c")],
      [/user defined functions/, () => query("SELECT VALUE udf.f(c.id) FROM c")],
      [/subqueries/, () => query("SELECT * FROM c WHERE EXISTS(SELECT VALUE x FROM x IN c.y)")],
      [/no value/, () => query("SELECT VALUE MAX(c.none) FROM c")],
      [/GROUP BY across/, () => container.items.query("SELECT c.a FROM c GROUP BY c.a").fetchAll()],
      [/defaultTtl/, () => opened.container({ defaultTtl: 60 })],
      [/uniqueKeyPolicy/, () => opened.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/a"] }] } })],
      [/hierarchical/, () => opened.container({ partitionKey: { paths: ["/a", "/b"] } })],
      [/sprocs/, () => container.scripts.storedProcedures.create({ id: "s", body: "function s() {}" })],
      [/triggers/, () => container.items.create({ id: uniqueId(), pk: "p" }, { preTriggerInclude: "t" })],
      [
        /If-None-Match/,
        () =>
          container.items.create(
            { id: uniqueId(), pk: "p" },
            { accessCondition: { type: "IfNoneMatch", condition: "*" } },
          ),
      ],
    ];
    for (const [message, attempt] of cases) {
      const refusal = attempt();
      await expect(refusal).rejects.toThrow(message);
      expect(await rejectionStatus(refusal), String(message)).toBe(501);
    }
  });
});
