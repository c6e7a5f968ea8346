/**
 * Where the files of reports are kept. Promise: a file is there whole or not at all, and never changes: it is written in
 * blocks that nobody can see until all of them are committed, and only to a name that is free.
 * A file of n bytes costs ceil(n / BLOCK_BYTES) + 1 requests.
 */
import { createHash } from "node:crypto";
import {
  type BlobClient,
  BlobSASPermissions,
  type BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  RestError,
} from "@azure/storage-blob";
import { blobLinks, blocksOf, bytesOf } from "../platform/blob.ts";

/** One of them is in memory at a time: it is filled again when it was sent. */
export const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blob Storage takes at most this many blocks in one file. */
const BLOCKS_MAX = 50_000;
/**
 * A locked policy could never be made shorter, by nobody: whoever answers for the archive locks it, where that is asked for.
 */
const POLICY_MODE = "Unlocked";

export type FileToWrite = {
  /** Unique to the attempt that writes it. */
  readonly blobName: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly reportId: string;
};

/** `refused`: files that are protected still. */
type Removal = { readonly removed: number; readonly refused: number };

type WrittenFile = { readonly bytes: number; readonly sha256: string };

export type ReportFiles = {
  /** Takes the content as fast as it can be stored. What throws while it is read leaves no file. */
  readonly write: (file: FileToWrite, content: AsyncIterable<Uint8Array>) => Promise<WrittenFile>;
  /** @returns undefined when there is no such file. */
  readonly readStream: (blobName: string) => Promise<AsyncIterable<Uint8Array> | undefined>;
  /** A file that is not there is no error. */
  readonly remove: (blobName: string) => Promise<void>;
  /**
   * From now until then nobody changes or removes the file; a longer time that was set before stays. The container has to
   * be made for it.
   */
  readonly protect: (blobName: string, until: Date) => Promise<void>;
  /** Removes files that were written before an instant, at most so many, whatever becomes of single ones. */
  readonly removeWrittenBefore: (instant: Date, filesMax: number) => Promise<Removal>;
  /** A link that opens this file and nothing else, read-only, as a download, for whoever holds it until it expires. */
  readonly downloadLink: (blobName: string, fileName: string, expiresAt: Date) => Promise<string>;
};

/** @param service with a shared key (a connection string), or with an identity, which signs by user delegation. */
export function blobReportFiles(service: BlobServiceClient, containerName: string): ReportFiles {
  const container = service.getContainerClient(containerName);
  const link = blobLinks(service);
  return {
    write: (file, content) => write(container.getBlockBlobClient(file.blobName), file, content),
    readStream: async (blobName) => {
      try {
        const { readableStreamBody } = await container.getBlobClient(blobName).download();
        return readableStreamBody === undefined ? undefined : bytesOf(readableStreamBody);
      } catch (error) {
        if (error instanceof RestError && error.statusCode === 404) return undefined;
        throw error;
      }
    },
    remove: async (blobName) => {
      await container.getBlobClient(blobName).deleteIfExists();
    },
    protect: (blobName, until) => protect(container.getBlobClient(blobName), until),
    removeWrittenBefore: (instant, filesMax) => removeWrittenBefore(container, instant, filesMax),
    downloadLink: async (blobName, fileName, expiresAt) => {
      const permissions = BlobSASPermissions.parse("r");
      const options = { permissions, expiresOn: expiresAt, contentDisposition: attachment(fileName) };
      return link(container.getBlobClient(blobName), options);
    },
  };
}

async function write(
  blob: BlockBlobClient,
  file: FileToWrite,
  content: AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const hash = createHash("sha256");
  const blockIds: string[] = [];
  let bytes = 0;
  for await (const block of blocksOf(content, BLOCK_BYTES)) {
    if (blockIds.length === BLOCKS_MAX) throw new RangeError(`a file has at most ${BLOCKS_MAX} blocks`);
    const id = Buffer.from(String(blockIds.length).padStart(6, "0")).toString("base64");
    await blob.stageBlock(id, block, block.length);
    blockIds.push(id);
    hash.update(block);
    bytes += block.length;
  }
  if (bytes === 0) throw new RangeError("a file without content is never a report");
  const written = { bytes, sha256: hash.digest("hex") };
  await commit(blob, blockIds, file, written);
  return written;
}

async function commit(
  blob: BlockBlobClient,
  blockIds: string[],
  { fileName, contentType, reportId }: FileToWrite,
  { bytes, sha256 }: WrittenFile,
): Promise<void> {
  try {
    await blob.commitBlockList(blockIds, {
      conditions: { ifNoneMatch: "*" },
      blobHTTPHeaders: {
        blobContentType: contentType,
        blobContentDisposition: attachment(fileName),
        blobCacheControl: "private, no-store",
      },
      metadata: { sha256, reportid: encodeURIComponent(reportId) },
    });
  } catch (error) {
    // The client repeats a commit whose answer was lost, and is then told that the name is taken: by this very file.
    if (!(error instanceof RestError) || (error.statusCode !== 409 && error.statusCode !== 412)) throw error;
    const { metadata, contentLength } = await blob.getProperties();
    if (metadata?.["sha256"] !== sha256 || contentLength !== bytes) throw error;
  }
}

async function protect(blob: BlobClient, until: Date): Promise<void> {
  const { immutabilityPolicyExpiresOn: setUntil } = await blob.getProperties();
  // The account keeps whole seconds.
  if (setUntil !== undefined && setUntil.getTime() >= Math.floor(until.getTime() / 1_000) * 1_000) return;
  await blob.setImmutabilityPolicy({ expiriesOn: until, policyMode: POLICY_MODE });
}

async function removeWrittenBefore(
  container: ContainerClient,
  instant: Date,
  filesMax: number,
): Promise<Removal> {
  let removed = 0;
  let refused = 0;
  for await (const { name, properties } of container.listBlobsFlat()) {
    if (removed === filesMax) break;
    if (properties.createdOn === undefined || properties.createdOn >= instant) continue;
    try {
      await container.getBlobClient(name).deleteIfExists({ deleteSnapshots: "include" });
      removed += 1;
    } catch (error) {
      if (!(error instanceof RestError) || error.statusCode !== 409) throw error;
      refused += 1;
    }
  }
  return { removed, refused };
}

/** The name is made of letters, digits, dots, dashes and underscores, so it needs no escaping. */
const attachment = (fileName: string): string => `attachment; filename="${fileName}"`;
