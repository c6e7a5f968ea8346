import type { Container, Item } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  impatientClient,
  type Opened,
  rawRequest,
  rejectionStatus,
  targets,
  uniqueId,
} from "./cosmos-target.ts";

const ifMatch = (condition: string) => ({ accessCondition: { type: "IfMatch", condition } });

describe.each(targets)("items on $name", (target) => {
  let opened: Opened;
  let container: Container;
  let path: string;

  beforeAll(async () => {
    opened = await target.open();
    container = await opened.container();
    path = `/dbs/${opened.database.id}/colls/${container.id}`;
  });
  afterAll(() => opened.close());

  it("creates an item with its system properties and answers its ETag in the header", async () => {
    const { resource, statusCode, headers } = await container.items.create({ id: uniqueId(), pk: "a", n: 1 });
    expect(statusCode).toBe(201);
    expect(resource).toMatchObject({ _rid: expect.any(String), _self: expect.any(String), n: 1 });
    expect(Math.abs((resource?._ts ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(headers["etag"]).toBe(resource?._etag);
    expect(headers["x-ms-activity-id"]).toBeTruthy();
  });

  it("does not take system properties from the client", async () => {
    const id = uniqueId();
    const { resource } = await container.items.create({ id, pk: "a", _etag: "mine", _ts: 1, _rid: "x" });
    expect(resource?._etag).not.toBe("mine");
    expect(resource?._ts).toBeGreaterThan(1);
    expect(resource?._rid).not.toBe("x");
  });

  it("keeps the _rid and changes the ETag at every write", async () => {
    const { resource: first, item } = await container.items.create({ id: uniqueId(), pk: "a" });
    const { resource: second } = await item.replace({ id: item.id, pk: "a", n: 2 });
    expect(second).toMatchObject({ _rid: first?._rid, n: 2 });
    expect(second?._etag).not.toBe(first?._etag);
  });

  it("refuses a second item with the same id in a partition with 409", async () => {
    const id = uniqueId();
    await container.items.create({ id, pk: "a" });
    expect(await rejectionStatus(container.items.create({ id, pk: "a" }))).toBe(409);
  });

  it("keeps items apart by the value and the type of the partition key", async () => {
    const id = uniqueId();
    const keys = ["1", 1, true, null];
    for (const [n, pk] of keys.entries()) await container.items.create({ id, pk, n });
    for (const [n, pk] of keys.entries()) {
      expect((await container.item(id, pk).read()).resource).toMatchObject({ n });
    }
  });

  it("stores an item without a partition key value", async () => {
    const id = uniqueId();
    await container.items.create({ id });
    expect((await container.item(id, undefined).read()).resource).toMatchObject({ id });
  });

  it("answers 404 for what is not there, or is in another partition", async () => {
    const id = uniqueId();
    await container.items.create({ id, pk: "a" });
    expect((await container.item(id, "b").read()).statusCode).toBe(404);
    expect(await rejectionStatus(container.item("none", "a").replace({ id: "none", pk: "a" }))).toBe(404);
    expect(await rejectionStatus(container.item("none", "a").delete())).toBe(404);
    expect(
      await rejectionStatus(container.item("none", "a").patch([{ op: "set", path: "/a", value: 1 }])),
    ).toBe(404);
  });

  it("upserts with 201 when new and 200 when not, and deletes with 204", async () => {
    const id = uniqueId();
    expect((await container.items.upsert({ id, pk: "a" })).statusCode).toBe(201);
    expect((await container.items.upsert({ id, pk: "a", n: 1 })).statusCode).toBe(200);
    expect((await container.item(id, "a").delete()).statusCode).toBe(204);
    expect((await container.item(id, "a").read()).statusCode).toBe(404);
  });

  it("gives back what it was given: unicode, nesting, doubles, odd names", async () => {
    const id = "é漢😀 a+b=c&d%";
    const content = { o: { a: [1, { b: null }], f: 0.1 + 0.2, big: 9007199254740991 }, constructor: 1 };
    await container.items.create({ id, pk: "ü", ...content });
    expect((await container.item(id, "ü").read()).resource).toMatchObject(content);
  });

  it("refuses an id that an address cannot carry, and an item without an id", async () => {
    const headers = { "x-ms-documentdb-partitionkey": '["a"]' };
    for (const id of ["a/b", "a\\b", "a?b", "a#b", "", 7, undefined]) {
      const { status } = await rawRequest(opened, "POST", `${path}/docs`, { headers, body: { id, pk: "a" } });
      expect(status, String(id)).toBe(400);
    }
  });

  it("refuses a partition key in the body that is not the header's, and a missing header", async () => {
    const other = await rawRequest(opened, "POST", `${path}/docs`, {
      headers: { "x-ms-documentdb-partitionkey": '["other"]' },
      body: { id: uniqueId(), pk: "a" },
    });
    expect([other.status, other.headers.get("x-ms-substatus")]).toEqual([400, "1001"]);
    const missing = await rawRequest(opened, "POST", `${path}/docs`, { body: { id: uniqueId(), pk: "a" } });
    expect(missing.status).toBe(400);
    const id = uniqueId();
    await container.items.create({ id, pk: "a" });
    expect(await rejectionStatus(container.item(id, "a").replace({ id, pk: "b" }))).toBe(400);
  });

  it("refuses an item over 2 MB with 413 and takes one just under it", async () => {
    const big = (bytes: number) => ({ id: uniqueId(), pk: "big", text: "x".repeat(bytes) });
    expect(await rejectionStatus(container.items.create(big(2 * 1024 * 1024)))).toBe(413);
    expect((await container.items.create(big(2 * 1024 * 1024 - 4096))).statusCode).toBe(201);
  });

  it("writes on a current If-Match only", async () => {
    const { resource, item } = await container.items.create({ id: uniqueId(), pk: "e", n: 0 });
    const stale = ifMatch(resource?._etag ?? "");
    const body = { id: item.id, pk: "e" };
    await item.replace({ ...body, n: 1 }, stale);
    expect(await rejectionStatus(item.replace({ ...body, n: 2 }, stale))).toBe(412);
    expect(await rejectionStatus(container.items.upsert({ ...body, n: 2 }, stale))).toBe(412);
    expect(await rejectionStatus(item.patch([{ op: "incr", path: "/n", value: 1 }], stale))).toBe(412);
    expect(await rejectionStatus(item.delete(stale))).toBe(412);
    expect((await item.read()).resource).toMatchObject({ n: 1 });
  });

  it("answers 304 to a read with the current ETag in If-None-Match", async () => {
    const { resource, item } = await container.items.create({ id: uniqueId(), pk: "e" });
    const accessCondition = { type: "IfNoneMatch", condition: resource?._etag ?? "" };
    expect((await item.read({ accessCondition })).statusCode).toBe(304);
    await item.replace({ id: item.id, pk: "e", n: 1 });
    expect((await item.read({ accessCondition })).statusCode).toBe(200);
  });

  it("loses no update in a storm of conditional replaces from several clients", async () => {
    const { item } = await container.items.create({ id: uniqueId(), pk: "storm", n: 0 });
    const clients = Array.from({ length: 4 }, () => impatientClient(opened.endpoint, opened.key));
    const items = clients.map((client) =>
      client.database(opened.database.id).container(container.id).item(item.id, "storm"),
    );
    const increase = async (own: Item): Promise<void> => {
      for (;;) {
        const { resource, etag } = await own.read<{ id: string; pk: string; n: number }>();
        const body = { id: item.id, pk: "storm", n: (resource?.n ?? 0) + 1 };
        const status = await own.replace(body, ifMatch(etag)).then(
          ({ statusCode }) => statusCode,
          (error: unknown) => rejectionStatus(Promise.reject(error)),
        );
        if (status === 200) return;
        expect(status).toBe(412);
      }
    };
    await Promise.all(
      items.map(async (own) => {
        for (let i = 0; i < 10; i += 1) await increase(own);
      }),
    );
    for (const client of clients) client.dispose();
    expect((await item.read()).resource).toMatchObject({ n: 40 });
  });

  it("answers errors with a code and a message", async () => {
    const { status, body } = await rawRequest(opened, "GET", `${path}/docs/none`, {
      headers: { "x-ms-documentdb-partitionkey": '["x"]' },
    });
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ code: "NotFound", message: expect.any(String) });
  });

  it("charges for reads, writes and queries, and advances the session token", async () => {
    const first = await container.items.create({ id: uniqueId(), pk: "rc" });
    const second = await container.items.create({ id: uniqueId(), pk: "rc" });
    const number = (token: unknown) => Number(String(token).split("#").pop());
    expect(first.requestCharge).toBeGreaterThan(0);
    expect((await first.item.read()).requestCharge).toBeGreaterThan(0);
    expect(number(second.headers["x-ms-session-token"])).toBeGreaterThan(
      number(first.headers["x-ms-session-token"]),
    );
  });

  it("does not answer a reader who has seen a later state with an older one", async () => {
    const { item } = await container.items.create({ id: uniqueId(), pk: "st" });
    const { status, headers } = await rawRequest(opened, "GET", `${path}/docs/${item.id}`, {
      headers: { "x-ms-documentdb-partitionkey": '["st"]', "x-ms-session-token": "0:-1#999999999" },
    });
    expect([status, headers.get("x-ms-substatus")]).toEqual([404, "1002"]);
  });
});
