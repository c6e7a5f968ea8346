/**
 * The objects of a PDF file, written one after another as they become known; nothing of them is kept but where they are.
 * Small objects are packed and compressed together, which a tagged document needs: each cell of a table is one.
 * Invariants: every number that was taken is written once; the same objects in the same order are the same bytes.
 * As of ISO 32000-1, 7.5.7 and 7.5.8 (object streams, cross-reference streams).
 */
import { Readable } from "node:stream";
import { createDeflate, deflateSync } from "node:zlib";
import { byteGatherer } from "./pdf-bytes.ts";

// The second line tells programs that copy files that this is no text.
const HEADER = Buffer.from("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n", "latin1");
const OBJECTS_OF_PACK = 200;
const SMALLEST_CHUNK = 512;

// An entry of the table: where the object is, told by kind, offset or number of its pack, place in the pack.
const ENTRY_BYTES = 6;
const ENTRIES_OF_BLOCK = 16_384;
const DIRECT = 1;
const PACKED = 2;

export type PdfObjects = {
  /** A number for an object that is going to be written. */
  readonly take: () => number;
  readonly write: (id: number, object: string) => void;
  /** @param entries of its dictionary, beside length and filter. */
  readonly writeStream: (id: number, entries: string, bytes: Uint8Array, stored?: "asIs") => void;
  /** What was written since the last call. */
  readonly written: () => readonly Uint8Array[];
  readonly end: (trailer: Trailer) => Promise<void>;
};

type Trailer = {
  readonly root: number;
  readonly info: number;
  /** 32 hexadecimal digits. */
  readonly fileId: string;
};

export const reference = (id: number): string => `${id} 0 R`;

/** UTF-16 in hexadecimal: no sign of a text can end the string that it is in. */
export const pdfText = (text: string): string =>
  `<FEFF${Buffer.from(text.toWellFormed(), "utf16le").swap16().toString("hex")}>`;

/** With two decimals, a 5,000th of an inch. */
export const pdfNumber = (value: number): string => String(Math.round(value * 100) / 100);

export function pdfObjects(): PdfObjects {
  let bytes: Uint8Array[] = [HEADER];
  let length = HEADER.length;
  const table = crossReferences();
  const pack = byteGatherer();
  const packed = byteGatherer();
  let heads: string[] = [];
  let packId = 0;

  const push = (part: Uint8Array): void => {
    bytes.push(part);
    length += part.length;
  };
  const writeStream: PdfObjects["writeStream"] = (id, entries, content, stored) => {
    table.set(id, DIRECT, length, 0);
    const data = stored === "asIs" ? content : compressed(content);
    const filter = stored === "asIs" ? "" : "/Filter/FlateDecode";
    push(Buffer.from(`${id} 0 obj\n<<${entries}${filter}/Length ${data.length}>>\nstream\n`, "latin1"));
    push(data);
    push(Buffer.from("\nendstream\nendobj\n", "latin1"));
  };
  const writePack = (): void => {
    if (heads.length === 0) return;
    const head = `${heads.join(" ")}\n`;
    packed.add(head);
    packed.addBytes(pack.take());
    writeStream(packId, `/Type/ObjStm/N ${heads.length}/First ${head.length}`, packed.take());
    heads = [];
  };
  return {
    take: table.take,
    write: (id, object) => {
      if (heads.length === 0) packId = table.take();
      table.set(id, PACKED, packId, heads.length);
      heads.push(`${id} ${pack.length()}`);
      pack.add(object);
      pack.add("\n");
      if (heads.length === OBJECTS_OF_PACK) writePack();
    },
    writeStream,
    written: () => {
      const taken = bytes;
      bytes = [];
      return taken;
    },
    end: async ({ root, info, fileId }) => {
      writePack();
      const id = table.take();
      table.set(id, DIRECT, length, 0);
      const start = length;
      const entries = `/Type/XRef/Size ${table.size()}/W[1 4 1]/Root ${reference(root)}/Info ${reference(info)}/ID[<${fileId}><${fileId}>]`;
      const data = await table.compressed();
      push(
        Buffer.from(
          `${id} 0 obj\n<<${entries}/Filter/FlateDecode/Length ${data.length}>>\nstream\n`,
          "latin1",
        ),
      );
      push(data);
      push(Buffer.from(`\nendstream\nendobj\nstartxref\n${start}\n%%EOF\n`, "latin1"));
    },
  };
}

/** In as little memory as it is likely to need: by default every small stream would take 16 KiB until it is cleared away. */
const compressed = (content: Uint8Array): Uint8Array =>
  deflateSync(content, { chunkSize: Math.max(SMALLEST_CHUNK, content.length >> 2) });

type CrossReferences = {
  readonly take: () => number;
  readonly size: () => number;
  readonly set: (id: number, kind: number, where: number, place: number) => void;
  readonly compressed: () => Promise<Uint8Array>;
};

/** In blocks: it grows without being copied. Number 0 is no object. */
function crossReferences(): CrossReferences {
  const blocks: Buffer[] = [];
  let size = 1;
  const entry = (id: number): { readonly block: Buffer; readonly at: number } => {
    const index = Math.floor(id / ENTRIES_OF_BLOCK);
    while (blocks.length <= index) blocks.push(Buffer.alloc(ENTRIES_OF_BLOCK * ENTRY_BYTES));
    const block = blocks[index];
    if (block === undefined) throw new Error("a block of the table is missing");
    return { block, at: (id % ENTRIES_OF_BLOCK) * ENTRY_BYTES };
  };
  return {
    take: () => size++,
    size: () => size,
    set: (id, kind, where, place) => {
      const { block, at } = entry(id);
      if (block[at] !== 0) throw new Error(`the object ${id} is written twice`);
      block.writeUInt8(kind, at);
      block.writeUInt32BE(where, at + 1);
      block.writeUInt8(place, at + 5);
    },
    compressed: async () => {
      for (let id = 1; id < size; id++) {
        const { block, at } = entry(id);
        if (block[at] === 0) throw new Error(`the object ${id} was never written`);
      }
      const full = Math.floor(size / ENTRIES_OF_BLOCK);
      const used = blocks.map((block, index) =>
        index < full ? block : block.subarray(0, (size % ENTRIES_OF_BLOCK) * ENTRY_BYTES),
      );
      const parts: Uint8Array[] = [];
      const deflate = Readable.from(used, { objectMode: false }).pipe(createDeflate());
      for await (const part of deflate) parts.push(part);
      return Buffer.concat(parts);
    },
  };
}
