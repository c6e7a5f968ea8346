/**
 * What a zip file says of itself, read and judged before anything of it is expanded. Invariant: a directory that passed
 * accounts for every byte of the file, once: no entry shares bytes with another, none is hidden before, between or behind
 * them, and what stands before each entry's bytes agrees with the directory.
 */
import { callbackify } from "node:util";
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type ZipFile,
} from "yauzl";
import { ArchiveError } from "./archive-error.ts";
import { type ByteSource, readExactly } from "./byte-source.ts";

export type ZipEntry = {
  readonly name: string;
  readonly isCompressed: boolean;
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
  readonly crc32: number;
  /** Where the bytes of the entry are in the file. */
  readonly start: number;
  readonly sizesFollow: boolean;
};

const NAME_BYTES_MAX = 1_024;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAGS = 0x2041;
/** The sizes follow the bytes of the entry, and are not before them. */
const SIZES_FOLLOW_FLAG = 0x8;
/** With or without their mark, of 32 or 64 bits. */
const SIZES_BYTES: readonly number[] = [12, 16, 20, 24];
const ZIP64_SIZE = 0xffff_ffff;
const DIRECTORY_RECORD_BYTES = 46;
const END_RECORD_BYTES = 22;
const ZIP64_END_RECORD_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_LOCATOR_MARK = 0x0706_4b50;

/** @throws ArchiveError that says what is wrong. */
export async function readZipDirectory(source: ByteSource, entriesMax: number): Promise<readonly ZipEntry[]> {
  const zip = await notMalformed(() =>
    fromRandomAccessReaderPromise(new SourceReader(source), source.size, {
      autoClose: false,
      decodeStrings: false,
    }),
  );
  try {
    if (zip.entryCount > entriesMax) throw new ArchiveError("archiveTooManyEntries");
    const records = await readRecords(zip);
    const entries: ZipEntry[] = [];
    const directoryStart = await judgeEnd(zip, source, records);
    let end = 0;
    for (const record of records.toSorted(byPlace)) {
      judgeGap(record.relativeOffsetOfLocalHeader - end, entries.at(-1));
      const entry = await entryOf(zip, record);
      entries.push(entry);
      end = entry.start + entry.compressedBytes;
    }
    judgeGap(directoryStart - end, entries.at(-1));
    if (new Set(entries.map(({ name }) => name)).size < entries.length)
      throw new ArchiveError("archiveMalformed");
    return entries;
  } finally {
    zip.close();
  }
}

async function readRecords(zip: ZipFile): Promise<readonly Entry[]> {
  const records: Entry[] = [];
  await notMalformed(async () => {
    for await (const record of zip.eachEntry()) {
      judgeRecord(record);
      records.push(record);
    }
  });
  return records;
}

function judgeRecord(record: Entry): void {
  const { generalPurposeBitFlag, compressionMethod, externalFileAttributes } = record;
  if ((generalPurposeBitFlag & ENCRYPTED_FLAGS) !== 0) throw new ArchiveError("archiveEncrypted");
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw new ArchiveError("archiveMethodUnsupported");
  }
  if (isLink(externalFileAttributes) || !isHarmlessName(record)) throw new ArchiveError("archiveEntryName");
  if (record.relativeOffsetOfLocalHeader < 0) throw new ArchiveError("archiveMalformed");
}

/** The upper half is the mode that Unix gives a file. */
const isLink = (attributes: number): boolean => ((attributes >>> 16) & 0xf000) === 0xa000;

function isHarmlessName({ fileNameLength, ...record }: Entry): boolean {
  if (fileNameLength === 0 || fileNameLength > NAME_BYTES_MAX) return false;
  const name = nameOf(record);
  if (/^[/\\]|^[a-z]:|\p{Cc}/iu.test(name)) return false;
  // Windows takes dots and spaces from the end of a part: `.. ` and `...` may go up as `..` does.
  return !name.split(/[/\\]/).some((part) => /^[. ]+$/.test(part) && part.replaceAll(" ", "").length > 1);
}

function nameOf(record: Pick<Entry, "generalPurposeBitFlag" | "fileNameRaw" | "extraFields">): string {
  return getFileNameLowLevel(record.generalPurposeBitFlag, record.fileNameRaw, record.extraFields, false);
}

const byPlace = (one: Entry, other: Entry): number =>
  one.relativeOffsetOfLocalHeader - other.relativeOffsetOfLocalHeader;

/** Between two entries there is nothing, or the sizes of the first one. */
function judgeGap(bytes: number, before: ZipEntry | undefined): void {
  if (bytes < 0) throw new ArchiveError("archiveEntriesOverlap");
  const isAccountedFor = bytes === 0 || (before?.sizesFollow === true && SIZES_BYTES.includes(bytes));
  if (!isAccountedFor) throw new ArchiveError("archiveMalformed");
}

/** Readers differ in which of the two they believe: what stands before the bytes, or the directory. */
async function entryOf(zip: ZipFile, record: Entry): Promise<ZipEntry> {
  const header = await notMalformed(() => zip.readLocalFileHeaderPromise(record));
  const { compressedSize, uncompressedSize, compressionMethod, crc32 } = record;
  const agrees =
    header.fileName.equals(record.fileNameRaw) &&
    header.compressionMethod === compressionMethod &&
    (header.generalPurposeBitFlag & ENCRYPTED_FLAGS) === 0;
  if (!agrees) throw new ArchiveError("archiveMalformed");
  const sizesAgree =
    [compressedSize, ZIP64_SIZE].includes(header.compressedSize) &&
    [uncompressedSize, ZIP64_SIZE].includes(header.uncompressedSize);
  const sizesFollow = (header.generalPurposeBitFlag & SIZES_FOLLOW_FLAG) !== 0;
  if (!sizesFollow && !sizesAgree) throw new ArchiveError("archiveSizesWrong");
  return {
    name: nameOf(record),
    isCompressed: compressionMethod === DEFLATED,
    compressedBytes: compressedSize,
    inflatedBytes: uncompressedSize,
    crc32,
    start: header.fileDataStart,
    sizesFollow,
  };
}

/**
 * Readers differ in where they look for the directory: where the end of the file says, or right before that. Both must be
 * the same place, and hold these records and no others.
 * @returns where the directory starts.
 */
async function judgeEnd(zip: ZipFile, source: ByteSource, records: readonly Entry[]): Promise<number> {
  const directoryBytes = records.reduce(
    (sum, { fileNameLength, extraFieldLength, fileCommentLength }) =>
      sum + DIRECTORY_RECORD_BYTES + fileNameLength + extraFieldLength + fileCommentLength,
    0,
  );
  const endRecord = source.size - END_RECORD_BYTES - zip.comment.length;
  const isZip64 = await hasMark(source, endRecord - ZIP64_LOCATOR_BYTES, ZIP64_LOCATOR_MARK);
  const end = isZip64 ? endRecord - ZIP64_LOCATOR_BYTES - ZIP64_END_RECORD_BYTES : endRecord;
  const start = end - directoryBytes;
  const said = Buffer.from(await readExactly(source, endRecord, END_RECORD_BYTES));
  const agrees = (value: number, truth: number) => value === truth || (isZip64 && value === ZIP64_SIZE);
  if (!agrees(said.readUInt32LE(12), directoryBytes) || !agrees(said.readUInt32LE(16), start)) {
    throw new ArchiveError("archiveMalformed");
  }
  if (isZip64) await judgeZip64End(source, end, { start, directoryBytes });
  return start;
}

async function hasMark(source: ByteSource, at: number, mark: number): Promise<boolean> {
  return at >= 0 && Buffer.from(await readExactly(source, at, 4)).readUInt32LE(0) === mark;
}

async function judgeZip64End(
  source: ByteSource,
  at: number,
  directory: { readonly start: number; readonly directoryBytes: number },
): Promise<void> {
  if (at < 0) throw new ArchiveError("archiveMalformed");
  const bytes = await readExactly(source, at, ZIP64_END_RECORD_BYTES + ZIP64_LOCATOR_BYTES);
  const said = Buffer.from(bytes);
  const agrees =
    said.readBigUInt64LE(40) === BigInt(directory.directoryBytes) &&
    said.readBigUInt64LE(48) === BigInt(directory.start) &&
    said.readBigUInt64LE(ZIP64_END_RECORD_BYTES + 8) === BigInt(at);
  if (!agrees) throw new ArchiveError("archiveMalformed");
}

/** The library throws plain errors for whatever it cannot read. */
async function notMalformed<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof SourceError) throw error;
    if (error instanceof Error && error.message.startsWith("strong encryption")) {
      throw new ArchiveError("archiveEncrypted");
    }
    if (error instanceof Error && error.message.startsWith("compressed/uncompressed size mismatch")) {
      throw new ArchiveError("archiveSizesWrong");
    }
    throw new ArchiveError("archiveMalformed", { cause: error });
  }
}

/** The place where the bytes are kept did not answer: nothing is wrong with the archive. */
class SourceError extends Error {}

class SourceReader extends RandomAccessReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    if (position + length > this.#source.size) {
      done(new RangeError("there are no such bytes"));
      return;
    }
    callbackify(() => readExactly(this.#source, position, length))((error, bytes) => {
      if (error === null) buffer.set(bytes, offset);
      done(error === null ? null : new SourceError("the bytes could not be read", { cause: error }));
    });
  }
}
