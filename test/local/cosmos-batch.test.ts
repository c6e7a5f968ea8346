import { BulkOperationType, type Container, type OperationInput } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Opened, rawRequest, rejectionStatus, targets, uniqueId } from "./cosmos-target.ts";

describe.each(targets)("batches on $name", (target) => {
  let opened: Opened;
  let container: Container;

  beforeAll(async () => {
    opened = await target.open();
    container = await opened.container();
  });
  afterAll(() => opened.close());

  const statuses = async (operations: OperationInput[], pk: string) =>
    (await container.items.batch(operations, pk)).result?.map(({ statusCode }) => statusCode);
  const contents = async (pk: string) =>
    (await container.items.query("SELECT c.id, c.n FROM c ORDER BY c.id", { partitionKey: pk }).fetchAll())
      .resources;

  it("does all kinds of operations in one transaction that sees its own writes", async () => {
    const pk = uniqueId();
    await container.items.create({ id: "0", pk, n: 0 });
    const { result, code } = await container.items.batch(
      [
        { operationType: "Create", resourceBody: { id: "1", pk, n: 1 } },
        { operationType: "Upsert", resourceBody: { id: "2", pk } },
        { operationType: "Read", id: "1" },
        { operationType: "Replace", id: "0", resourceBody: { id: "0", pk, n: 2 } },
        {
          operationType: "Patch",
          id: "0",
          resourceBody: { operations: [{ op: "incr", path: "/n", value: 4 }] },
        },
        { operationType: "Delete", id: "2" },
      ],
      pk,
    );
    expect(code).toBe(200);
    expect(result?.map(({ statusCode }) => statusCode)).toEqual([201, 201, 200, 200, 200, 204]);
    expect(result?.[0]?.eTag).toBeTruthy();
    expect(result?.[2]?.resourceBody).toMatchObject({ n: 1 });
    expect(await contents(pk)).toEqual([
      { id: "0", n: 6 },
      { id: "1", n: 1 },
    ]);
  });

  it.each([0, 1, 2, 3, 4])("writes nothing when operation %i is the one that fails", async (failing) => {
    const pk = uniqueId();
    for (const id of ["replaced", "patched", "deleted"]) await container.items.create({ id, pk, n: 1 });
    const before = await contents(pk);
    const operations: OperationInput[] = [
      { operationType: "Create", resourceBody: { id: "created", pk, n: 9 } },
      { operationType: "Replace", id: "replaced", resourceBody: { id: "replaced", pk, n: 9 } },
      {
        operationType: "Patch",
        id: "patched",
        resourceBody: { operations: [{ op: "incr", path: "/n", value: 8 }] },
      },
      { operationType: "Delete", id: "deleted" },
    ];
    operations.splice(failing, 0, { operationType: "Delete", id: "missing" });
    const { result, code } = await container.items.batch(operations, pk);
    expect(code).toBe(207);
    expect(result?.map(({ statusCode }) => statusCode)).toEqual(
      operations.map((_, i) => (i === failing ? 404 : 424)),
    );
    expect(await contents(pk)).toEqual(before);
  });

  it("fails as a whole on a duplicate, on a stale ETag and on a condition that does not hold", async () => {
    const pk = uniqueId();
    const { resource: first, item } = await container.items.create({ id: "a", pk, n: 1 });
    await item.replace({ id: "a", pk, n: 2 });
    const create: OperationInput = { operationType: "Create", resourceBody: { id: "new", pk } };
    const stale: OperationInput = {
      operationType: "Replace",
      id: "a",
      ifMatch: first?._etag ?? "",
      resourceBody: { id: "a", pk, n: 3 },
    };
    const condition = "from c where c.n = 99";
    const operations = [{ op: "incr" as const, path: "/n", value: 4 }];
    const patch: OperationInput = {
      operationType: "Patch",
      id: "a",
      resourceBody: { condition, operations },
    };
    const duplicate: OperationInput = { operationType: "Create", resourceBody: { id: "a", pk } };
    expect(await statuses([create, duplicate], pk)).toEqual([424, 409]);
    expect(await statuses([create, stale], pk)).toEqual([424, 412]);
    expect(await statuses([create, patch], pk)).toEqual([424, 412]);
    expect(await contents(pk)).toEqual([{ id: "a", n: 2 }]);
  });

  it("lets one of many batches that replace the same version win", async () => {
    const pk = uniqueId();
    const { resource } = await container.items.create({ id: "rollup", pk, n: 0 });
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        statuses(
          [
            { operationType: "Create", resourceBody: { id: `fact-${i}`, pk } },
            {
              operationType: "Replace",
              id: "rollup",
              ifMatch: resource?._etag ?? "",
              resourceBody: { id: "rollup", pk, n: 1 },
            },
          ],
          pk,
        ),
      ),
    );
    expect(results.filter((result) => result?.[0] === 201)).toHaveLength(1);
    expect(await contents(pk)).toHaveLength(2);
  });

  it("refuses an operation of another partition and writes nothing", async () => {
    const pk = uniqueId();
    const attempt = container.items.batch(
      [
        { operationType: "Create", resourceBody: { id: "1", pk } },
        { operationType: "Create", resourceBody: { id: "2", pk: "other" } },
      ],
      pk,
    );
    const outcome = await attempt.then(
      ({ result }) => result?.map(({ statusCode }) => statusCode),
      () => rejectionStatus(attempt),
    );
    expect([outcome].flat()).toContain(400);
    expect(await contents(pk)).toEqual([]);
  });

  it("takes 100 operations and refuses 101", async () => {
    const pk = uniqueId();
    const creates = Array.from(
      { length: 101 },
      (_, i): OperationInput => ({ operationType: "Create", resourceBody: { id: `${i}`, pk } }),
    );
    const { status } = await rawRequest(
      opened,
      "POST",
      `/dbs/${opened.database.id}/colls/${container.id}/docs`,
      {
        headers: {
          "x-ms-cosmos-is-batch-request": "True",
          "x-ms-cosmos-batch-atomic": "True",
          "x-ms-documentdb-partitionkey": JSON.stringify([pk]),
        },
        body: creates,
      },
    );
    expect(status).toBe(400);
    expect(await statuses(creates.slice(0, 100), pk)).toEqual(Array.from({ length: 100 }, () => 201));
  });

  it("leaves the bodies out when the client does not want them", async () => {
    const pk = uniqueId();
    const { result } = await container.items.batch(
      [{ operationType: "Create", resourceBody: { id: "1", pk } }],
      pk,
      { contentResponseOnWriteEnabled: false },
    );
    expect(result?.[0]).toMatchObject({ statusCode: 201, eTag: expect.any(String) });
    expect(result?.[0]?.resourceBody).toBeUndefined();
  });

  it("answers each operation of a bulk request for itself", async () => {
    const pk = uniqueId();
    await container.items.create({ id: "a", pk, n: 1 });
    const results = await container.items.executeBulkOperations([
      { operationType: BulkOperationType.Create, partitionKey: pk, resourceBody: { id: "a", pk } },
      {
        operationType: BulkOperationType.Patch,
        partitionKey: pk,
        id: "a",
        resourceBody: { operations: [{ op: "incr", path: "/n", value: 2 }] },
      },
      { operationType: BulkOperationType.Delete, partitionKey: pk, id: "none" },
      { operationType: BulkOperationType.Upsert, partitionKey: pk, resourceBody: { id: "b", pk } },
    ]);
    expect(results.map(({ response, error }) => response?.statusCode ?? error?.code)).toEqual([
      409, 200, 404, 201,
    ]);
    expect(await contents(pk)).toEqual([{ id: "a", n: 3 }, { id: "b" }]);
  });

  it("takes hundreds of operations over many partitions in bulk", async () => {
    const prefix = uniqueId();
    const results = await container.items.executeBulkOperations(
      Array.from({ length: 400 }, (_, i) => ({
        operationType: BulkOperationType.Create,
        partitionKey: `${prefix}-${i % 20}`,
        resourceBody: { id: `${i}`, pk: `${prefix}-${i % 20}` },
      })),
    );
    expect(results.filter(({ response }) => response?.statusCode === 201)).toHaveLength(400);
    expect(await contents(`${prefix}-7`)).toHaveLength(20);
  });
});
