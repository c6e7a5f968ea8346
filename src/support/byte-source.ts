/** Bytes that are somewhere else, such as a blob: read where they are needed and never held as a whole. */

export type ByteSource = {
  readonly size: number;
  /** The bytes at that place; fewer only where the end comes before. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
};

/** One request to Blob Storage each: large enough for its latency, small enough to keep a few. */
const BLOCK_BYTES = 1_048_576;
const BLOCKS_KEPT = 4;

/** Reads in blocks and keeps the last few (4 MiB at most), so that many small reads close together cost one. */
export function inBlocks(source: ByteSource): ByteSource {
  const blocks = new Map<number, Promise<Uint8Array>>();
  const blockAt = (index: number): Promise<Uint8Array> => {
    const start = index * BLOCK_BYTES;
    const found = blocks.get(index) ?? readExactly(source, start, Math.min(BLOCK_BYTES, source.size - start));
    blocks.delete(index);
    blocks.set(index, found);
    const [oldest] = blocks.keys();
    if (blocks.size > BLOCKS_KEPT && oldest !== undefined) blocks.delete(oldest);
    return found;
  };
  return {
    size: source.size,
    read: async (offset, length) => {
      const end = Math.min(offset + length, source.size);
      const parts: Uint8Array[] = [];
      for (let at = offset; at < end; ) {
        const index = Math.floor(at / BLOCK_BYTES);
        const start = at - index * BLOCK_BYTES;
        const part = (await blockAt(index)).subarray(start, start + end - at);
        parts.push(part);
        at += part.byteLength;
      }
      const [first = new Uint8Array(), ...more] = parts;
      return more.length === 0 ? first : Buffer.concat(parts);
    },
  };
}

/** @throws RangeError when there are fewer bytes: the source is not what it was. */
export async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  if (offset < 0 || offset + length > source.size) throw new RangeError("there are no such bytes");
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) throw new RangeError("the bytes ended before their time");
  return bytes;
}

/** The bytes from `start` to before `end`, in pieces of at most 1 MiB. */
export async function* piecesOf(
  source: ByteSource,
  start: number = 0,
  end: number = source.size,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const next = Math.min(end, (Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES);
    yield await readExactly(source, at, next - at);
    at = next;
  }
}

export const bytesInMemory = (bytes: Uint8Array): ByteSource => ({
  size: bytes.byteLength,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});
