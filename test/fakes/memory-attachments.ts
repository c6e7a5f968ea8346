import { createHash } from "node:crypto";
import type { Arrived } from "../../src/support/attachment.ts";
import { type AttachmentFiles, UploadUnreadableError } from "../../src/support/attachment-files.ts";
import type { Around } from "./around-stores.ts";

export type MemoryFiles = AttachmentFiles & {
  /** What a link writes: a block, or the upload put together from blocks. */
  readonly putBlock: (attachmentId: string, blockId: string, content: Uint8Array) => Promise<void>;
  readonly putBlockList: (attachmentId: string, blockIds: readonly string[]) => Promise<void>;
  /** Ids of everything that is there, blocks that wait included. */
  readonly left: () => { readonly uploads: readonly string[]; readonly files: readonly string[] };
};

type Upload = { readonly tag: string; readonly content: Buffer };

/** As Blob Storage has them, in memory. */
export function memoryFiles(): MemoryFiles {
  const uploads = new Map<string, Upload>();
  const blocks = new Map<string, Map<string, Buffer>>();
  const files = new Map<string, Buffer>();
  let tags = 0;
  const write = (attachmentId: string, content: Buffer): Arrived => {
    const tag = `"${++tags}"`;
    uploads.set(attachmentId, { tag, content });
    blocks.delete(attachmentId);
    return { tag, bytes: content.byteLength };
  };
  return {
    putBlock: async (attachmentId, blockId, content) => {
      const waiting = blocks.get(attachmentId) ?? new Map<string, Buffer>();
      blocks.set(attachmentId, waiting.set(blockId, Buffer.from(content)));
    },
    putBlockList: async (attachmentId, blockIds) => {
      const waiting = blocks.get(attachmentId);
      write(attachmentId, Buffer.concat(blockIds.map((id) => waiting?.get(id) ?? Buffer.alloc(0))));
    },
    left: () => ({ uploads: [...new Set([...uploads.keys(), ...blocks.keys()])], files: [...files.keys()] }),
    writeLink: async (attachmentId, expiresAt) => `memory:${attachmentId}?until=${expiresAt.toISOString()}`,
    waitingBlocks: async (attachmentId) =>
      [...(blocks.get(attachmentId) ?? [])].map(([blockId, { byteLength }]) => ({
        blockId,
        size: byteLength,
      })),
    arrived: async (attachmentId) => {
      const found = uploads.get(attachmentId);
      return found && { tag: found.tag, bytes: found.content.byteLength };
    },
    put: async (attachmentId, bytes, beforeReplacing = async () => undefined) => {
      const known = uploads.get(attachmentId);
      if (known?.content.equals(bytes) === true) return { tag: known.tag, bytes: bytes.byteLength };
      if (known !== undefined) await beforeReplacing();
      return write(attachmentId, Buffer.from(bytes));
    },
    upload: (attachmentId, { tag, bytes }) => ({
      size: bytes,
      read: async (offset, length) => {
        const found = uploads.get(attachmentId);
        if (found?.tag !== tag) throw new UploadUnreadableError("uploadChanged", {});
        return found.content.subarray(offset, offset + length);
      },
    }),
    keep: async (attachmentId, content) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of content) pieces.push(piece);
      const whole = Buffer.concat(pieces);
      const known = files.get(attachmentId);
      if (known !== undefined && !known.equals(whole)) throw new Error("another file is there");
      files.set(attachmentId, whole);
      return { bytes: whole.byteLength, sha256: createHash("sha256").update(whole).digest("hex") };
    },
    read: async (attachmentId) => {
      const found = files.get(attachmentId);
      if (found === undefined) throw new Error("there is no such file");
      return piecesOf(found);
    },
    discardUpload: async (attachmentId) => {
      uploads.delete(attachmentId);
      blocks.delete(attachmentId);
    },
    discard: async (attachmentId) => {
      files.delete(attachmentId);
    },
  };
}

async function* piecesOf(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

/** The same files, with `around` about each call and each range that is read. */
export function aroundFiles(files: AttachmentFiles, around: Around): AttachmentFiles {
  const plain = <Value>(method: string, run: () => Promise<Value>): Promise<Value> => around(method, run, []);
  return {
    writeLink: (id, expiresAt) => plain("writeLink", () => files.writeLink(id, expiresAt)),
    waitingBlocks: (id) => plain("waitingBlocks", () => files.waitingBlocks(id)),
    arrived: (id) => plain("arrived", () => files.arrived(id)),
    put: (id, bytes, beforeReplacing) => plain("put", () => files.put(id, bytes, beforeReplacing)),
    upload: (id, arrived) => {
      const { size, read } = files.upload(id, arrived);
      return { size, read: (offset, length) => plain("upload.read", () => read(offset, length)) };
    },
    keep: (id, content) => plain("keep", () => files.keep(id, content)),
    read: (id) => plain("read", () => files.read(id)),
    discardUpload: (id) => plain("discardUpload", () => files.discardUpload(id)),
    discard: (id) => plain("discard", () => files.discard(id)),
  };
}
