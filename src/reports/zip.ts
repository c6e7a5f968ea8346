/**
 * Entries as a ZIP file, written as they come: an entry's sizes follow its content, so nothing is kept but a name and a few
 * numbers of each. Invariants: the same entries are the same bytes, whenever and wherever they are written; a file that
 * would need the format's 64-bit fields is refused and never written wrong.
 */
import { constants, crc32, createDeflateRaw, type DeflateRaw } from "node:zlib";

export type ZipEntry = {
  /** ASCII, with forward slashes; unique in its file. */
  readonly path: string;
  /** Read to its end before the next entry is asked for. A chunk has to last until the one after it is asked for. */
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

/** The largest value stands for "see the 64-bit field". */
const BYTES_MAX = 0xffff_fffe;
const ENTRIES_MAX = 0xfffe;

const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Sizes and checksum follow the content. */
const FLAGS = 1 << 3;
const DEFLATE = 8;
/** The first day that the format knows: a real one would make two files of the same content differ. */
const MIDNIGHT = 0;
const DAY = (1 << 5) | 1;

/** What is written here repeats itself so much that more effort takes far more time than it saves space. */
const COMPRESSION = { level: constants.Z_BEST_SPEED, chunkSize: 64 * 1_024 };

type Sums = { crc: number; bytes: number; compressedBytes: number };
type Written = { readonly path: string; readonly offset: number; readonly sums: Sums };

export async function* zipFile(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const written: Written[] = [];
  let offset = 0;
  for await (const { path, content } of entries) {
    if (written.length === ENTRIES_MAX) throw new RangeError(`a ZIP file has at most ${ENTRIES_MAX} entries`);
    const sums: Sums = { crc: 0, bytes: 0, compressedBytes: 0 };
    written.push({ path, offset, sums });
    const header = localHeader(path);
    yield header;
    yield* deflated(content, sums);
    const trailer = Buffer.concat([numbers([DESCRIPTOR, 4]), sumsOf(sums)]);
    yield trailer;
    offset += header.length + sums.compressedBytes + trailer.length;
    if (Math.max(offset, sums.bytes) > BYTES_MAX) throw tooLarge();
  }
  const directory = Buffer.concat(written.map(centralHeader));
  if (offset + directory.length > BYTES_MAX) throw tooLarge();
  yield directory;
  yield endOf(written.length, directory.length, offset);
}

const tooLarge = (): RangeError =>
  new RangeError(`a ZIP file and what is in it has at most ${BYTES_MAX} bytes`);

/** Reads on only as fast as it is read; whoever stops reading stops what is read. */
async function* deflated(content: ZipEntry["content"], sums: Sums): AsyncGenerator<Uint8Array> {
  const deflate = createDeflateRaw(COMPRESSION);
  const fed = feed(deflate, content, sums);
  try {
    for await (const chunk of deflate) {
      const bytes: Buffer = chunk;
      sums.compressedBytes += bytes.length;
      yield bytes;
    }
  } finally {
    deflate.destroy();
    await fed;
  }
}

/** Never rejects: what fails on the way comes out of the end that is read. */
async function feed(deflate: DeflateRaw, content: ZipEntry["content"], sums: Sums): Promise<void> {
  try {
    for await (const chunk of content) {
      sums.crc = crc32(chunk, sums.crc);
      sums.bytes += chunk.length;
      // Not until there is room, but until it is done with: the bytes may be others from then on.
      await new Promise<void>((resolve, reject) => {
        deflate.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
    }
    deflate.end();
  } catch (error) {
    deflate.destroy(
      error instanceof Error ? error : new Error("the content of an entry failed", { cause: error }),
    );
  }
}

const localHeader = (path: string): Buffer =>
  Buffer.concat([
    numbers([LOCAL_HEADER, 4], ...common),
    numbers([0, 4], [0, 4], [0, 4], [path.length, 2], [0, 2]),
    Buffer.from(path, "latin1"),
  ]);

const common: readonly Field[] = [
  [VERSION, 2],
  [FLAGS, 2],
  [DEFLATE, 2],
  [MIDNIGHT, 2],
  [DAY, 2],
];

function centralHeader({ path, offset, sums }: Written): Buffer {
  const noExtra: Field = [0, 2];
  const noComment: Field = [0, 2];
  const firstDisk: Field = [0, 2];
  const attributes: readonly Field[] = [
    [0, 2],
    [0, 4],
  ];
  return Buffer.concat([
    numbers([CENTRAL_HEADER, 4], [VERSION, 2], ...common),
    sumsOf(sums),
    numbers([path.length, 2], noExtra, noComment, firstDisk, ...attributes, [offset, 4]),
    Buffer.from(path, "latin1"),
  ]);
}

const sumsOf = ({ crc, bytes, compressedBytes }: Sums): Buffer =>
  numbers([crc, 4], [compressedBytes, 4], [bytes, 4]);

const endOf = (entries: number, directoryBytes: number, directoryOffset: number): Buffer =>
  numbers(
    [END, 4],
    [0, 2],
    [0, 2],
    [entries, 2],
    [entries, 2],
    [directoryBytes, 4],
    [directoryOffset, 4],
    [0, 2],
  );

type Field = readonly [value: number, bytes: 2 | 4];

function numbers(...fields: readonly Field[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [, bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [value, bytes] of fields) at = buffer.writeUIntLE(value, at, bytes);
  return buffer;
}
