import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BlobSASPermissions,
  BlobServiceClient,
  BlockBlobClient as BlockBlob,
  type BlockBlobClient,
  type ContainerClient,
} from "@azure/storage-blob";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RunningBlob, startBlob } from "../../local/blob/server.ts";
import type { Fault } from "../../local/faults.ts";

const REAL_SERVICE = process.env["BLOB_CONFORMANCE_CONNECTION"];
const ONE_HOUR_MS = 3_600_000;

function connect(connectionString: string): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { retryDelayInMs: 10, maxRetryDelayInMs: 100 },
  });
}

function inOneHour(): Date {
  return new Date(Date.now() + ONE_HOUR_MS);
}

async function uploadInBlocks(blob: BlockBlobClient, blocks: readonly Buffer[]): Promise<void> {
  const ids = blocks.map((_, index) => Buffer.from(String(index).padStart(6, "0")).toString("base64"));
  for (const [index, block] of blocks.entries()) {
    await blob.stageBlock(ids[index] ?? "", block, block.length);
  }
  await blob.commitBlockList(ids, { conditions: { ifNoneMatch: "*" } });
}

describe("blob storage, as the product uses it", () => {
  let started: RunningBlob | undefined;
  let container: ContainerClient;

  beforeAll(async () => {
    if (REAL_SERVICE === undefined) started = await startBlob({ port: 0 });
    container = connect(REAL_SERVICE ?? started?.connectionString ?? "").getContainerClient(
      `conformance-${randomUUID()}`,
    );
    await container.create();
  });

  afterAll(async () => {
    await container.delete();
    await started?.close();
  });

  test("blocks that were committed come back byte for byte", async () => {
    const blob = container.getBlockBlobClient(`blocks/${randomUUID()}`);
    const blocks = [randomBytes(300_000), randomBytes(300_000), randomBytes(7)];
    await uploadInBlocks(blob, blocks);
    expect(Buffer.compare(await blob.downloadToBuffer(), Buffer.concat(blocks))).toBe(0);
  });

  test("blocks that were not committed are no blob", async () => {
    const blob = container.getBlockBlobClient(`staged/${randomUUID()}`);
    await blob.stageBlock(Buffer.from("000000").toString("base64"), "half", 4);
    expect(await blob.exists()).toBe(false);
  });

  test("a second commit under If-None-Match * is refused and changes nothing", async () => {
    const blob = container.getBlockBlobClient(`once/${randomUUID()}`);
    await uploadInBlocks(blob, [Buffer.from("first")]);
    await expect(uploadInBlocks(blob, [Buffer.from("second")])).rejects.toMatchObject({ statusCode: 409 });
    expect((await blob.downloadToBuffer()).toString()).toBe("first");
  });

  test("a replace with a stale ETag is refused", async () => {
    const blob = container.getBlockBlobClient(`etag/${randomUUID()}`);
    const { etag = "" } = await blob.upload("one", 3);
    await blob.upload("two", 3, { conditions: { ifMatch: etag } });
    await expect(blob.upload("six", 3, { conditions: { ifMatch: etag } })).rejects.toMatchObject({
      statusCode: 412,
    });
  });

  test("a range answers those bytes only", async () => {
    const blob = container.getBlockBlobClient(`range/${randomUUID()}`);
    await blob.upload("0123456789", 10);
    expect((await blob.downloadToBuffer(3, 4)).toString()).toBe("3456");
    const response = await blob.download(8);
    expect([response.contentLength, response.contentRange]).toEqual([2, "bytes 8-9/10"]);
    response.readableStreamBody?.resume();
  });

  test("content type, disposition and metadata come back as they were set", async () => {
    const blob = container.getBlockBlobClient(`headers/${randomUUID()}`);
    await blob.upload("a;b", 3, {
      blobHTTPHeaders: {
        blobContentType: "text/csv",
        blobContentDisposition: 'attachment; filename="a.csv"',
      },
      metadata: { customerid: "cust-a" },
    });
    expect(await blob.getProperties()).toMatchObject({
      contentType: "text/csv",
      contentDisposition: 'attachment; filename="a.csv"',
      metadata: { customerid: "cust-a" },
      contentLength: 3,
    });
  });

  test("a listing pages through a prefix in order", async () => {
    const prefix = `list-${randomUUID()}/`;
    for (const name of ["c", "a", "b"]) await container.getBlockBlobClient(prefix + name).upload(name, 1);
    const pages: string[][] = [];
    for await (const page of container.listBlobsFlat({ prefix }).byPage({ maxPageSize: 2 })) {
      pages.push(page.segment.blobItems.map((item) => item.name.slice(prefix.length)));
    }
    expect(pages).toEqual([["a", "b"], ["c"]]);
  });

  test("a blob that is not there, or was deleted, answers 404", async () => {
    const blob = container.getBlockBlobClient(`gone/${randomUUID()}`);
    await blob.upload("x", 1);
    await blob.delete();
    await expect(blob.download()).rejects.toMatchObject({ statusCode: 404, code: "BlobNotFound" });
  });

  describe("a read-only link that expires", () => {
    let blob: BlockBlobClient;
    const linkUntil = (expiresOn: Date) =>
      blob.generateSasUrl({ permissions: BlobSASPermissions.parse("r"), expiresOn });

    beforeAll(async () => {
      blob = container.getBlockBlobClient(`link/${randomUUID()}`);
      await blob.upload("report", 6);
    });

    test("opens the blob without any other credential", async () => {
      const response = await fetch(await linkUntil(inOneHour()));
      expect([response.status, await response.text()]).toEqual([200, "report"]);
    });

    test("opens nothing after its expiry", async () => {
      expect((await fetch(await linkUntil(new Date(Date.now() - 60_000)))).status).toBe(403);
    });

    test("opens no other blob", async () => {
      const other = container.getBlockBlobClient(`link/${randomUUID()}`);
      await other.upload("secret", 6);
      const { search } = new URL(await linkUntil(inOneHour()));
      expect((await fetch(other.url + search)).status).toBe(403);
    });

    test("cannot write, delete or outlive a change of its signature", async () => {
      const link = await linkUntil(inOneHour());
      const visitor = new BlockBlob(link);
      await expect(visitor.upload("forged", 6)).rejects.toMatchObject({ statusCode: 403 });
      await expect(visitor.delete()).rejects.toMatchObject({ statusCode: 403 });
      const longer = new URL(link);
      longer.searchParams.set("se", new Date(Date.now() + 2 * ONE_HOUR_MS).toISOString());
      expect((await fetch(longer)).status).toBe(403);
    });

    test("is needed: the bare address opens nothing", async () => {
      expect((await fetch(blob.url)).ok).toBe(false);
    });
  });
});

describe("the blob stand-in", () => {
  const started: RunningBlob[] = [];
  const start = async (options: Omit<Parameters<typeof startBlob>[0], "port">): Promise<RunningBlob> => {
    const blob = await startBlob({ port: 0, ...options });
    started.push(blob);
    return blob;
  };

  afterEach(async () => {
    await Promise.all(started.splice(0).map((blob) => blob.close()));
  });

  test("keeps blobs and the account key in its folder over a restart", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "blob-"));
    const first = await start({ dataDir });
    const before = connect(first.connectionString).getContainerClient("kept");
    await before.create();
    await before.getBlockBlobClient("a").upload("still here", 10);
    await first.close();
    started.pop();

    const second = await start({ dataDir });
    const after = connect(second.connectionString).getContainerClient("kept");
    expect((await after.getBlockBlobClient("a").downloadToBuffer()).toString()).toBe("still here");
    const keyOf = (text: string) => /AccountKey=([^;]+)/.exec(text)?.[1];
    expect(keyOf(second.connectionString)).toBe(keyOf(first.connectionString));
    await second.close();
    started.pop();
    await rm(dataDir, { recursive: true });
  });

  test("the SDK gets through busy answers, refused and lost connections, and all bytes arrive", async () => {
    const planned: (Fault | undefined)[] = [
      { kind: "status", status: 503, retryAfterMs: 1 },
      { kind: "refused" },
      undefined,
      { kind: "status", status: 429, retryAfterMs: 1 },
      { kind: "lost" },
      { kind: "slow", delayMs: 5 },
    ];
    const blob = await start({ faults: ({ index }) => planned[index] });
    const container = connect(blob.connectionString).getContainerClient("faulty");
    await container.createIfNotExists();
    const content = randomBytes(2_000_000);
    const target = container.getBlockBlobClient("a");
    await target.uploadData(content, { blockSize: 500_000, maxSingleShotSize: 1, concurrency: 2 });
    expect(Buffer.compare(await target.downloadToBuffer(), content)).toBe(0);
  });

  test("says what went wrong when its port is taken", async () => {
    const blob = await start({});
    await expect(startBlob({ port: blob.port })).rejects.toThrow(/EADDRINUSE/);
  });
});
