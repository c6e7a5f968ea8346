/**
 * Archives, looked into without being unpacked: the directory first, then the bytes of each entry, expanded piece by piece
 * and let go. Invariants: what a directory already betrays is refused with nothing expanded; a directory that lies is found
 * out by counting, and at most 64 KiB past a limit; archives in archives are refused, except documents that are looked into
 * just the same, within the same limits. Memory: the pieces, and 16 MiB for each of two levels of documents.
 */
import { crc32 } from "node:zlib";
import { ArchiveError, type ArchiveFault } from "./archive-error.ts";
import { type ByteSource, bytesInMemory, piecesOf } from "./byte-source.ts";
import { type DocumentKind, documentKind, isDescriptionPart } from "./document-kind.ts";
import { eicarMatcher } from "./eicar.ts";
import { extensionOf, sanitizedFileName } from "./file-name.ts";
import { isProgramExtension } from "./file-types.ts";
import { inflate, NotInflatableError } from "./inflate.ts";
import { readZipDirectory, type ZipEntry } from "./zip-directory.ts";

export const ARCHIVE_ENTRIES_MAX = 10_000;
export const ARCHIVE_RATIO_MAX = 100;
export const ARCHIVE_INFLATED_BYTES_MAX = 1_073_741_824;
/** Below this, a ratio says nothing: a few empty lines compress a thousandfold. */
const RATIO_FROM_BYTES = 102_400;
const DOCUMENT_INSIDE_BYTES_MAX = 16_777_216;
const DOCUMENT_DEPTH_MAX = 2;
const DESCRIPTION_BYTES_MAX = 1_048_576;
/** Of zip. */
const MARK_BYTES = 4;
/** As far as the mark of tar, the deepest one, reaches. */
const HEAD_BYTES = 512;

export type ArchiveInspection = {
  /** What had been expanded when the judgement was made. */
  readonly inflatedBytes: number;
} & (
  | { readonly outcome: "readable"; readonly kind: DocumentKind | "zip" | "gzip" | "otherDocument" }
  | { readonly outcome: "refused"; readonly reason: ArchiveFault }
);

/** What is expanded counts together, whatever archive inside it comes from. */
type Meter = { readonly archiveBytes: number; inflatedBytes: number; entries: number };

/** @throws what reading the source throws. */
export function inspectZip(source: ByteSource): Promise<ArchiveInspection> {
  return inspected(source, (meter) => zipKind(source, meter, 0));
}

/** @throws what reading the source throws. */
export function inspectGzip(source: ByteSource): Promise<ArchiveInspection> {
  return inspected(source, async (meter) => {
    const look = lookAt(false);
    const { compressedBytes } = await inflate("gzip", piecesOf(source), (piece) => {
      count(meter, piece);
      look.take(piece);
    });
    if (compressedBytes !== source.size) throw new ArchiveError("archiveMalformed");
    if (archiveMark(look.head()) !== undefined) throw new ArchiveError("archiveNested");
    if (isProgram(look.head())) throw new ArchiveError("archiveProgram");
    return "gzip";
  });
}

async function inspected(
  { size }: ByteSource,
  kindOf: (meter: Meter) => Promise<(ArchiveInspection & { readonly outcome: "readable" })["kind"]>,
): Promise<ArchiveInspection> {
  const meter = { archiveBytes: size, inflatedBytes: 0, entries: 0 };
  try {
    const kind = await kindOf(meter);
    return { outcome: "readable", kind, inflatedBytes: meter.inflatedBytes };
  } catch (error) {
    const fault = error instanceof NotInflatableError ? "archiveMalformed" : faultOf(error);
    return { outcome: "refused", reason: fault, inflatedBytes: meter.inflatedBytes };
  }
}

function faultOf(error: unknown): ArchiveFault {
  if (error instanceof ArchiveError) return error.fault;
  throw error;
}

async function zipKind(
  source: ByteSource,
  meter: Meter,
  depth: number,
): Promise<DocumentKind | "zip" | "otherDocument"> {
  const entries = await readZipDirectory(source, ARCHIVE_ENTRIES_MAX - meter.entries);
  meter.entries += entries.length;
  judgeSizes(entries, meter);
  const descriptions = new Map<string, string>();
  for (const entry of entries) {
    const content = await inspectEntry(source, entry, meter);
    if (isDescriptionPart(entry.name)) descriptions.set(entry.name, content.toString("utf8"));
    if (archiveMark(content) !== undefined) await inspectInside(content, entry, meter, depth);
    if (isProgram(content) || isProgramName(entry.name)) throw new ArchiveError("archiveProgram");
  }
  const kind = documentKind(
    entries.map(({ name }) => name),
    descriptions,
  );
  if (kind === "withMacros") throw new ArchiveError("activeContent");
  return kind;
}

/** By what the directory says, before anything is expanded. */
function judgeSizes(entries: readonly ZipEntry[], meter: Meter): void {
  for (const { inflatedBytes, compressedBytes } of entries) judgeRatio(inflatedBytes, compressedBytes);
  const sum = entries.reduce((total, { inflatedBytes }) => total + inflatedBytes, meter.inflatedBytes);
  judgeTotal(sum, meter);
}

function judgeRatio(inflatedBytes: number, compressedBytes: number): void {
  if (inflatedBytes > RATIO_FROM_BYTES && inflatedBytes > compressedBytes * ARCHIVE_RATIO_MAX) {
    throw new ArchiveError("archiveRatioTooHigh");
  }
}

function judgeTotal(inflatedBytes: number, { archiveBytes }: Meter): void {
  judgeRatio(inflatedBytes, archiveBytes);
  if (inflatedBytes > ARCHIVE_INFLATED_BYTES_MAX) throw new ArchiveError("archiveTooLarge");
}

function count(meter: Meter, piece: Uint8Array): void {
  meter.inflatedBytes += piece.byteLength;
  judgeTotal(meter.inflatedBytes, meter);
}

/** @returns the first bytes; all of them where the entry must be understood as a whole. */
async function inspectEntry(source: ByteSource, entry: ZipEntry, meter: Meter): Promise<Buffer> {
  const { start, compressedBytes, inflatedBytes, isCompressed } = entry;
  const look = lookAt(isDescriptionPart(entry.name));
  let bytes = 0;
  let checksum = 0;
  const take = (piece: Uint8Array): void => {
    bytes += piece.byteLength;
    if (bytes > inflatedBytes) throw new ArchiveError("archiveSizesWrong");
    checksum = crc32(piece, checksum);
    count(meter, piece);
    look.take(piece);
  };
  const pieces = piecesOf(source, start, start + compressedBytes);
  if (isCompressed) {
    const inflated = await inflate("deflate", pieces, take);
    if (inflated.compressedBytes !== compressedBytes) throw new ArchiveError("archiveSizesWrong");
  } else {
    for await (const piece of pieces) take(piece);
  }
  if (bytes !== inflatedBytes) throw new ArchiveError("archiveSizesWrong");
  if (checksum !== entry.crc32) throw new ArchiveError("archiveMalformed");
  return look.head();
}

/** Looks for the test file, and keeps the beginning: of what may be a document, all there is. */
function lookAt(isDescription: boolean) {
  const isEicar = eicarMatcher();
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let wanted = isDescription ? DESCRIPTION_BYTES_MAX : HEAD_BYTES;
  return {
    take: (piece: Uint8Array): void => {
      if (isEicar(piece)) throw new ArchiveError("malware");
      if (
        keptBytes < MARK_BYTES &&
        archiveMark(Buffer.concat([...kept, piece.subarray(0, MARK_BYTES)])) === "zip"
      ) {
        wanted = DOCUMENT_INSIDE_BYTES_MAX;
      }
      if (keptBytes >= wanted) return;
      // A copy of what is needed: a view would keep all of the piece.
      const part = Uint8Array.from(piece.subarray(0, wanted - keptBytes));
      kept.push(part);
      keptBytes += part.byteLength;
    },
    head: (): Buffer => Buffer.concat(kept),
  };
}

/** A document in a document, or in an archive: presentations hold the sheets that their charts are made of. */
async function inspectInside(content: Buffer, entry: ZipEntry, meter: Meter, depth: number): Promise<void> {
  const isWhole = content.byteLength === entry.inflatedBytes;
  if (archiveMark(content) !== "zip" || !isWhole || depth >= DOCUMENT_DEPTH_MAX) {
    throw new ArchiveError("archiveNested");
  }
  const kind = await zipKind(bytesInMemory(content), meter, depth + 1);
  if (kind === "zip" || kind === "otherDocument") throw new ArchiveError("archiveNested");
}

const ARCHIVE_MARKS: readonly (readonly [name: string, mark: string, offset?: number])[] = [
  ["zip", "PK\x03\x04"],
  ["zip", "PK\x05\x06"],
  ["zip", "PK\x07\x08"],
  ["gzip", "\x1f\x8b"],
  ["7z", "7z\xbc\xaf\x27\x1c"],
  ["rar", "Rar!\x1a\x07"],
  ["xz", "\xfd7zXZ\x00"],
  ["bzip2", "1AY&SY", 4],
  ["zstd", "\x28\xb5\x2f\xfd"],
  ["lz4", "\x04\x22\x4d\x18"],
  ["lzip", "LZIP\x01"],
  ["compress", "\x1f\x9d"],
  ["cab", "MSCF\x00"],
  ["ar", "!<arch>\n"],
  ["xar", "xar!\x00"],
  ["ace", "**ACE**", 7],
  ["tar", "ustar", 257],
];

/** ELF, Mach-O in either order of bytes and for several processors, the bytes of Java; and scripts that name their shell. */
const PROGRAM = /^(?:\x7fELF|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba[\xbe\xbf]|#! ?\/)/;
/** Of Windows and DOS: the mark alone begins texts too, which have no zeros. */
const WINDOWS_PROGRAM = /^(?:MZ|ZM).*\0/s;

/** By its first bytes. */
function isProgram(head: Buffer): boolean {
  const text = head.toString("latin1", 0, HEAD_BYTES);
  return PROGRAM.test(text) || WINDOWS_PROGRAM.test(text);
}

/** As it is called once it is unpacked: Windows leaves out dots and spaces at the end. */
const isProgramName = (name: string): boolean =>
  isProgramExtension(extensionOf(sanitizedFileName(name)) ?? "");

/** By its first bytes. */
export function archiveMark(head: Uint8Array): string | undefined {
  const length = Math.min(head.byteLength, HEAD_BYTES);
  const text = Buffer.from(head.buffer, head.byteOffset, length).toString("latin1");
  return ARCHIVE_MARKS.find(([, mark, offset = 0]) => text.startsWith(mark, offset))?.[0];
}
