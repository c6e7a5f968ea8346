/**
 * Where attachments are kept: uploads, which links can write, and files, which no link leads to.
 * Promises: a file is there whole or not at all, and never changes. An upload is read under the tag of its completion or
 * not at all. A link writes one upload, and reads, lists and deletes nothing.
 * Memory: one block for what is kept, one range for what is read.
 */
import { createHash } from "node:crypto";
import {
  type BlobGetPropertiesResponse,
  type BlobRequestConditions,
  BlobSASPermissions,
  type BlobServiceClient,
  type BlockBlobClient,
  RestError,
} from "@azure/storage-blob";
import { blobLinks, blocksOf, bytesOf } from "../platform/blob.ts";
import type { Arrived } from "./attachment.ts";
import type { ByteSource } from "./byte-source.ts";
import { BLOCK_BYTES, blockIdOf, type UploadBlock } from "./upload-block.ts";

/** Of the connection that a range comes by, which starts again where it broke. */
const RANGE_TRIES = 3;
/** Of those that replace the same upload at once, all but the last one find it changed. */
const PUT_TRIES = 4;

/** The upload is no longer what was completed, or is kept in a way in which nobody here can read it. */
export class UploadUnreadableError extends Error {
  readonly reason: "uploadChanged" | "uploadUnreadable";

  constructor(reason: UploadUnreadableError["reason"], options: ErrorOptions) {
    super(reason, options);
    this.name = "UploadUnreadableError";
    this.reason = reason;
  }
}

type KeptFile = { readonly bytes: number; readonly sha256: string };

export type AttachmentFiles = {
  /** Writes this upload, for whoever holds it, until it expires. */
  readonly writeLink: (attachmentId: string, expiresAt: Date) => Promise<string>;
  /** Blocks that arrived and are not part of the upload yet, in no particular order. */
  readonly waitingBlocks: (attachmentId: string) => Promise<readonly UploadBlock[]>;
  /** Undefined: nothing was put together so far. */
  readonly arrived: (attachmentId: string) => Promise<Arrived | undefined>;
  /**
   * The whole upload at once. The same content is written once, and keeps its tag. Undefined: whoever holds a link keeps it
   * locked.
   * @param beforeReplacing another content; nothing is written where it throws.
   */
  readonly put: (
    attachmentId: string,
    bytes: Uint8Array,
    beforeReplacing?: () => Promise<void>,
  ) => Promise<Arrived | undefined>;
  /** Reading throws UploadUnreadableError where that is no longer there. */
  readonly upload: (attachmentId: string, arrived: Arrived) => ByteSource;
  /** Of two that keep the same, both succeed. @throws whatever reading the content throws; nothing is kept then. */
  readonly keep: (attachmentId: string, content: AsyncIterable<Uint8Array>) => Promise<KeptFile>;
  /** @throws RestError where there is none. */
  readonly read: (attachmentId: string) => Promise<AsyncIterable<Uint8Array>>;
  /** Whatever a link made of it. What is not there is no error. */
  readonly discardUpload: (attachmentId: string) => Promise<void>;
  readonly discard: (attachmentId: string) => Promise<void>;
};

export function blobAttachmentFiles(
  service: BlobServiceClient,
  names: { readonly uploads: string; readonly files: string },
): AttachmentFiles {
  const uploads = service.getContainerClient(names.uploads);
  const files = service.getContainerClient(names.files);
  const link = blobLinks(service);
  const uploadOf = (attachmentId: string): BlockBlobClient => uploads.getBlockBlobClient(attachmentId);
  return {
    writeLink: (attachmentId, expiresOn) =>
      link(uploadOf(attachmentId), { permissions: BlobSASPermissions.parse("cw"), expiresOn }),
    waitingBlocks: async (attachmentId) => {
      const list = await unless([404, 409], () => uploadOf(attachmentId).getBlockList("uncommitted"));
      return (list?.uncommittedBlocks ?? []).map(({ name, size }) => ({ blockId: name, size }));
    },
    arrived: async (attachmentId) => {
      const found = await unless([404, 409], () => uploadOf(attachmentId).getProperties());
      return found === undefined ? undefined : arrivedOf(found.etag, found.contentLength);
    },
    put: (attachmentId, bytes, beforeReplacing = async () => undefined) =>
      put(uploadOf(attachmentId), bytes, beforeReplacing),
    upload: (attachmentId, { tag, bytes }) => ({
      size: bytes,
      read: (offset, length) => readRange(uploadOf(attachmentId), tag, offset, length),
    }),
    keep: (attachmentId, content) => keep(files.getBlockBlobClient(attachmentId), content),
    read: async (attachmentId) => {
      const { readableStreamBody } = await files
        .getBlobClient(attachmentId)
        .download(0, undefined, { maxRetryRequests: RANGE_TRIES });
      if (readableStreamBody === undefined) throw new Error("a download has no content");
      return bytesOf(readableStreamBody);
    },
    discardUpload: (attachmentId) => discard(uploadOf(attachmentId)),
    discard: (attachmentId) => discard(files.getBlockBlobClient(attachmentId)),
  };
}

const isStatus = (error: unknown, statuses: readonly number[]): error is RestError =>
  error instanceof RestError && statuses.includes(error.statusCode ?? 0);

/** @returns undefined where the service refused for one of these reasons. */
async function unless<Value>(
  statuses: readonly number[],
  ask: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isStatus(error, statuses)) return undefined;
    throw error;
  }
}

function arrivedOf(tag: string | undefined, bytes: number | undefined): Arrived {
  if (tag === undefined || bytes === undefined) throw new Error("an upload has no tag or no size");
  return { tag, bytes };
}

async function readRange(
  blob: BlockBlobClient,
  tag: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  try {
    const options = { conditions: { ifMatch: tag }, maxRetryRequests: RANGE_TRIES };
    const { readableStreamBody } = await blob.download(offset, length, options);
    if (readableStreamBody === undefined) throw new Error("a range has no content");
    const pieces: Uint8Array[] = [];
    for await (const piece of bytesOf(readableStreamBody)) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    if (isStatus(error, [404, 412])) throw new UploadUnreadableError("uploadChanged", { cause: error });
    // Whoever holds a link may encrypt with a key that is known to nobody else, or archive.
    if (isStatus(error, [409])) throw new UploadUnreadableError("uploadUnreadable", { cause: error });
    throw error;
  }
}

async function put(
  blob: BlockBlobClient,
  bytes: Uint8Array,
  beforeReplacing: () => Promise<void>,
): Promise<Arrived | undefined> {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = { bytes: content.byteLength, sha256: createHash("sha256").update(content).digest("hex") };
  let conditions: BlobRequestConditions = { ifNoneMatch: "*" };
  for (let tries = 0; tries < PUT_TRIES; tries++) {
    const options = { conditions, metadata: { sha256: wanted.sha256 } };
    const written = await unless([409, 412], () => blob.upload(content, wanted.bytes, options));
    if (written !== undefined) return arrivedOf(written.etag, wanted.bytes);
    const found = await unless([404, 409], () => blob.getProperties());
    if (found !== undefined && isSame(found, wanted)) return arrivedOf(found.etag, found.contentLength);
    if (found !== undefined) await beforeReplacing();
    // Blocks that wait may count as an upload that is there, and yet nothing is there that could be named.
    conditions = found?.etag === undefined ? {} : { ifMatch: found.etag };
  }
  return undefined;
}

async function keep(blob: BlockBlobClient, content: AsyncIterable<Uint8Array>): Promise<KeptFile> {
  const hash = createHash("sha256");
  const blockIds: string[] = [];
  let bytes = 0;
  for await (const block of blocksOf(content, BLOCK_BYTES)) {
    const id = blockIdOf(blockIds.length);
    await blob.stageBlock(id, block, block.length);
    blockIds.push(id);
    hash.update(block);
    bytes += block.length;
  }
  const kept = { bytes, sha256: hash.digest("hex") };
  try {
    await blob.commitBlockList(blockIds, {
      conditions: { ifNoneMatch: "*" },
      blobHTTPHeaders: {
        blobContentType: "application/octet-stream",
        blobContentDisposition: "attachment",
        blobCacheControl: "private, no-store",
      },
      metadata: { sha256: kept.sha256 },
    });
  } catch (error) {
    // Another who kept the same was faster, which also lets go of the blocks of this one; or it was this very request.
    if (!isStatus(error, [400, 409, 412]) || !(await isKept(blob, kept))) throw error;
  }
  return kept;
}

async function isKept(blob: BlockBlobClient, kept: KeptFile): Promise<boolean> {
  const found = await unless([404], () => blob.getProperties());
  return found !== undefined && isSame(found, kept);
}

const isSame = (
  { metadata, contentLength }: BlobGetPropertiesResponse,
  { bytes, sha256 }: KeptFile,
): boolean => metadata?.["sha256"] === sha256 && contentLength === bytes;

async function discard(blob: BlockBlobClient): Promise<void> {
  await deleteWhole(blob);
  const list = await unless([404, 409], () => blob.getBlockList("uncommitted"));
  if ((list?.uncommittedBlocks ?? []).length === 0) return;
  // Blocks that never became a blob cannot be deleted: they go when one takes their place.
  await blob.upload("", 0);
  await deleteWhole(blob);
}

/** With its snapshots, and whoever locked it: a link may do both. */
async function deleteWhole(blob: BlockBlobClient): Promise<void> {
  const options = { deleteSnapshots: "include" } as const;
  try {
    await blob.deleteIfExists(options);
  } catch (error) {
    if (!isStatus(error, [412])) throw error;
    await blob.getBlobLeaseClient().breakLease(0);
    await blob.deleteIfExists(options);
  }
}
