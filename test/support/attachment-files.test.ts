import { randomBytes, randomUUID } from "node:crypto";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningBlob, startBlob } from "../../local/blob/server.ts";
import {
  type AttachmentFiles,
  blobAttachmentFiles,
  UploadUnreadableError,
} from "../../src/support/attachment-files.ts";
import { blockIdOf } from "../../src/support/upload-block.ts";
import { memoryFiles } from "../fakes/memory-attachments.ts";

const HOUR_MS = 3_600_000;
const inOneHour = (): Date => new Date(Date.now() + HOUR_MS);
const newId = (): string => randomBytes(16).toString("base64url");

type Target = {
  readonly files: AttachmentFiles;
  readonly putBlock: (attachmentId: string, blockId: string, content: Uint8Array) => Promise<void>;
  readonly putBlockList: (attachmentId: string, blockIds: readonly string[]) => Promise<void>;
};

let blob: RunningBlob;
let service: BlobServiceClient;
let names: { readonly uploads: string; readonly files: string };
let azurite: AttachmentFiles;
beforeAll(async () => {
  blob = await startBlob({ port: 0 });
  service = BlobServiceClient.fromConnectionString(blob.connectionString);
  names = { uploads: `uploads-${randomUUID()}`, files: `files-${randomUUID()}` };
  await Promise.all(Object.values(names).map((name) => service.createContainer(name)));
  azurite = blobAttachmentFiles(service, names);
});
afterAll(() => blob.close());

/** As whoever has the link, without the SDK. */
async function byLink(
  link: string,
  method: string,
  query: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${link}${query}`, { method, ...init });
}

async function must(response: Promise<Response>): Promise<void> {
  const { status } = await response;
  if (status >= 300) throw new Error(`answered ${status}`);
}

const blockList = (blockIds: readonly string[]): RequestInit => ({
  headers: { "content-type": "application/xml" },
  body: `<BlockList>${blockIds.map((id) => `<Latest>${id}</Latest>`).join("")}</BlockList>`,
});
const blockQuery = (blockId: string): string => `&comp=block&blockid=${encodeURIComponent(blockId)}`;

const targets: readonly (readonly [string, () => Target])[] = [
  [
    "Blob Storage",
    () => ({
      files: azurite,
      putBlock: async (attachmentId, blockId, content) => {
        const link = await azurite.writeLink(attachmentId, inOneHour());
        await must(byLink(link, "PUT", blockQuery(blockId), { body: Buffer.from(content) }));
      },
      putBlockList: async (attachmentId, blockIds) => {
        const link = await azurite.writeLink(attachmentId, inOneHour());
        await must(byLink(link, "PUT", "&comp=blocklist", blockList(blockIds)));
      },
    }),
  ],
  [
    "memory",
    () => {
      const files = memoryFiles();
      return { files, putBlock: files.putBlock, putBlockList: files.putBlockList };
    },
  ],
];

async function contentOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* inPieces(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

describe.each(targets)("files of attachments in %s", (_, target) => {
  test("know the blocks that wait, until they are put together", async () => {
    const { files, putBlock, putBlockList } = target();
    const id = newId();
    expect(await files.waitingBlocks(id)).toEqual([]);
    expect(await files.arrived(id)).toBeUndefined();
    await putBlock(id, blockIdOf(1), Buffer.from("later"));
    await putBlock(id, blockIdOf(0), Buffer.from("first "));
    await putBlock(id, blockIdOf(0), Buffer.from("first, again and "));
    const waiting = await files.waitingBlocks(id);
    expect(waiting.toSorted((left, right) => (left.blockId < right.blockId ? -1 : 1))).toEqual([
      { blockId: blockIdOf(0), size: 17 },
      { blockId: blockIdOf(1), size: 5 },
    ]);
    expect(await files.arrived(id)).toBeUndefined();
    await putBlockList(id, [blockIdOf(0), blockIdOf(1)]);
    expect(await files.waitingBlocks(id)).toEqual([]);
    expect(await files.arrived(id)).toMatchObject({ bytes: 22 });
  });

  test("give an upload under the tag of its completion, and nothing that was written later", async () => {
    const { files } = target();
    const id = newId();
    const arrived = await files.put(id, Buffer.from("what was completed"));
    if (arrived === undefined) throw new Error("it was not put");
    const upload = files.upload(id, arrived);
    expect(Buffer.from(await upload.read(5, 3)).toString()).toBe("was");
    await files.put(id, Buffer.from("something harmful!"));
    await expect(upload.read(5, 3)).rejects.toThrow(UploadUnreadableError);
    await files.discardUpload(id);
    await expect(upload.read(5, 3)).rejects.toMatchObject({ reason: "uploadChanged" });
  });

  test("put the same content once, and another one only where that may be", async () => {
    const { files } = target();
    const id = newId();
    const content = randomBytes(300_000);
    const asked: string[] = [];
    const refuse = async (): Promise<void> => {
      asked.push("replace");
      throw new Error("it is over");
    };
    const same = await Promise.all([1, 2, 3].map(() => files.put(id, content, refuse)));
    const [first] = same;
    if (first === undefined) throw new Error("it was not put");
    expect(same).toEqual([first, first, first]);
    expect(asked).toEqual([]);
    await expect(files.put(id, Buffer.from("another"), refuse)).rejects.toThrow("it is over");
    expect(await files.arrived(id)).toEqual(first);
    expect(await files.put(id, Buffer.from("another"))).toMatchObject({ bytes: 7 });
    expect(await files.arrived(id)).toMatchObject({ bytes: 7 });
  });

  test("put a content in place of blocks that wait", async () => {
    const { files, putBlock } = target();
    const id = newId();
    await putBlock(id, blockIdOf(0), Buffer.from("waiting"));
    expect(await files.put(id, Buffer.from("whole"))).toMatchObject({ bytes: 5 });
    expect(await files.arrived(id)).toMatchObject({ bytes: 5 });
  });

  test("keep the same content twice, and never another one in its place", async () => {
    const { files } = target();
    const id = newId();
    const [first, second] = await Promise.all([
      files.keep(id, inPieces("the ", "content")),
      files.keep(id, inPieces("the content")),
    ]);
    expect(second).toEqual(first);
    await expect(files.keep(id, inPieces("another"))).rejects.toThrow();
    expect((await contentOf(await files.read(id))).toString()).toBe("the content");
  });

  test("keep nothing of a content that breaks off", async () => {
    const { files } = target();
    const id = newId();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("broke off");
    }
    await expect(files.keep(id, broken())).rejects.toThrow("broke off");
    await expect(files.read(id)).rejects.toThrow();
  });

  test("discard what is there, what waits, and what is not there", async () => {
    const { files, putBlock } = target();
    const id = newId();
    await files.put(id, Buffer.from("whole"));
    await putBlock(id, blockIdOf(0), Buffer.from("waiting"));
    await files.keep(id, inPieces("kept"));
    for (let times = 0; times < 2; times++) {
      await files.discardUpload(id);
      await files.discard(id);
      expect(await files.arrived(id)).toBeUndefined();
      expect(await files.waitingBlocks(id)).toEqual([]);
      await expect(files.read(id)).rejects.toThrow();
    }
    await putBlock(id, blockIdOf(3), Buffer.from("only a block"));
    await files.discardUpload(id);
    expect(await files.waitingBlocks(id)).toEqual([]);
  });
});

describe("an upload link", () => {
  const statusOf = async (
    link: string,
    method: string,
    query = "",
    init: RequestInit = {},
  ): Promise<number> => (await byLink(link, method, query, init)).status;
  /** The same signature on another address. */
  const at = (link: string, path: string): string => {
    const url = new URL(link);
    const account = url.pathname.split("/")[1] ?? "";
    return `${url.origin}/${account}/${path}${url.search}`;
  };
  const body = "harmful";
  const asBlob = { headers: { "x-ms-blob-type": "BlockBlob" }, body };

  test("writes its own upload, and reads, lists and deletes nothing", async () => {
    const id = newId();
    const link = await azurite.writeLink(id, inOneHour());
    expect(await statusOf(link, "PUT", "", asBlob)).toBe(201);
    for (const method of ["GET", "HEAD", "DELETE"]) expect(await statusOf(link, method), method).toBe(403);
    expect(await statusOf(link, "GET", "&comp=blocklist")).toBe(403);
    expect(await statusOf(link, "GET", "&comp=metadata")).toBe(403);
    expect(await statusOf(link, "GET", "&comp=tags")).toBe(403);
    const container = at(link, names.uploads);
    expect(await statusOf(container, "GET", "&restype=container&comp=list")).toBe(403);
    expect(await statusOf(container, "PUT", "&restype=container")).toBe(403);
    expect(await statusOf(container, "DELETE", "&restype=container")).toBe(403);
    expect(await azurite.arrived(id)).toMatchObject({ bytes: body.length });
  });

  test("writes no other upload, and nothing where files are kept", async () => {
    const [own, other] = [newId(), newId()];
    const link = await azurite.writeLink(own, inOneHour());
    await azurite.put(other, Buffer.from("somebody else's"));
    await azurite.keep(own, inPieces("kept"));
    const places = [
      `${names.uploads}/${other}`,
      `${names.uploads}/${own}/below`,
      `${names.uploads}/${own}/../${other}`,
      `${names.uploads}/${own}%2F..%2F${other}`,
      `${names.files}/${own}`,
      `${names.files}/${other}`,
    ];
    for (const place of places) {
      expect(await statusOf(at(link, place), "PUT", "", asBlob), place).toBe(403);
      expect(await statusOf(at(link, place), "PUT", blockQuery(blockIdOf(0)), { body }), place).toBe(403);
      expect(await statusOf(at(link, place), "PUT", "&comp=blocklist", blockList([])), place).toBe(403);
      expect(await statusOf(at(link, place), "GET"), place).toBe(403);
    }
    expect((await contentOf(await azurite.read(own))).toString()).toBe("kept");
    expect(await azurite.arrived(other)).toMatchObject({ bytes: 15 });
  });

  test("does not write with more permissions, for longer or elsewhere than it was signed for", async () => {
    const id = newId();
    const link = new URL(await azurite.writeLink(id, inOneHour()));
    const changes: readonly (readonly [string, string])[] = [
      ["sp", "rcwdl"],
      ["se", new Date(Date.now() + 48 * HOUR_MS).toISOString()],
      ["sr", "c"],
      ["spr", "https,http "],
    ];
    for (const [name, value] of changes) {
      const changed = new URL(link);
      changed.searchParams.set(name, value);
      expect(await statusOf(changed.href, "PUT", "", asBlob), name).toBe(403);
    }
    expect(await azurite.arrived(id)).toBeUndefined();
  });

  test("ends when it expires", async () => {
    const id = newId();
    const link = await azurite.writeLink(id, new Date(Date.now() - 1_000));
    expect(await statusOf(link, "PUT", "", asBlob)).toBe(403);
  });

  test("cannot keep an upload from being discarded, by a lock, snapshots or waiting blocks", async () => {
    const id = newId();
    const link = await azurite.writeLink(id, inOneHour());
    expect(await statusOf(link, "PUT", "", asBlob)).toBe(201);
    await statusOf(link, "PUT", "&comp=snapshot");
    const lease = { headers: { "x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1" } };
    expect(await statusOf(link, "PUT", "&comp=lease", lease)).toBe(201);
    await statusOf(link, "PUT", blockQuery(blockIdOf(0)), { body });
    await azurite.discardUpload(id);
    expect(await azurite.arrived(id)).toBeUndefined();
    expect(await azurite.waitingBlocks(id)).toEqual([]);
    const found: string[] = [];
    const all = service.getContainerClient(names.uploads).listBlobsFlat({
      prefix: id,
      includeSnapshots: true,
      includeUncommitedBlobs: true,
    });
    for await (const each of all) found.push(each.name);
    expect(found).toEqual([]);
  });

  test("locks nobody out of what is answered by a way to go on", async () => {
    const id = newId();
    const link = await azurite.writeLink(id, inOneHour());
    await statusOf(link, "PUT", "", asBlob);
    const lease = { headers: { "x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1" } };
    await statusOf(link, "PUT", "&comp=lease", lease);
    expect(await azurite.put(id, Buffer.from("mine"))).toBeUndefined();
  });
});
