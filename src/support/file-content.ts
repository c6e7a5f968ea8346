/**
 * Whether a file may be attached, by its bytes. Invariants: the bytes decide what a file is, and the name must agree; every
 * byte is looked at for what is known to be harmful; nothing is expanded before it is judged; memory does not grow
 * with the file (some 4 MiB of it at a time, and 32 MiB more where documents lie in documents).
 */
import { fileTypeFromTokenizer } from "file-type";
import { AbstractTokenizer, EndOfStreamError, type IReadChunkOptions } from "strtok3/core";
import { archiveMark, inspectGzip, inspectZip } from "./archive.ts";
import type { ArchiveFault } from "./archive-error.ts";
import { type ByteSource, inBlocks, piecesOf, readExactly } from "./byte-source.ts";
import { containsEicar, eicarMatcher } from "./eicar.ts";
import { extensionOf } from "./file-name.ts";
import {
  FILE_TYPES,
  type FileKind,
  isActiveTextExtension,
  kindOfExtension,
  kindOfSniffed,
} from "./file-types.ts";
import { textInspector } from "./text-content.ts";

export const ATTACHMENT_BYTES_MAX = 100 * 1_048_576;

export type RefusalReason = "empty" | "tooLarge" | "typeNotAllowed" | "nameMismatch" | ArchiveFault;

export type ContentInspection =
  | {
      readonly outcome: "allowed";
      readonly mediaType: string;
      /** The one of the name; where it has none, the usual one of the type. Without a dot. */
      readonly extension: string;
    }
  | { readonly outcome: "refused"; readonly reason: RefusalReason };

/**
 * @param name what whoever attached it calls it.
 * @throws what reading the source throws: then nothing is known of the file.
 */
export async function inspectContent(source: ByteSource, name: string): Promise<ContentInspection> {
  if (source.size === 0) return refused("empty");
  if (source.size > ATTACHMENT_BYTES_MAX) return refused("tooLarge");
  const bytes = inBlocks(source);
  const found = await foundIn(bytes);
  if ("refused" in found) return refused(found.refused);
  return judgeName(found, extensionOf(name));
}

const refused = (reason: RefusalReason): ContentInspection => ({ outcome: "refused", reason });

/** What the bytes are: allowed, known and not allowed (by its extension), or unknown. */
type Found = { readonly kind: FileKind } | { readonly sniffed: string | undefined };

function judgeName(found: Found, extension: string | undefined): ContentInspection {
  const named = extension === undefined ? undefined : kindOfExtension(extension);
  if (!("kind" in found)) {
    return refused(named === undefined || extension === found.sniffed ? "typeNotAllowed" : "nameMismatch");
  }
  const { kind } = found;
  const { mediaType, extensions } = FILE_TYPES[kind];
  if (extension === undefined) return { outcome: "allowed", mediaType, extension: extensions[0] };
  if (named === kind) return { outcome: "allowed", mediaType, extension };
  return refused(kind === "text" && isActiveTextExtension(extension) ? "typeNotAllowed" : "nameMismatch");
}

async function foundIn(source: ByteSource): Promise<Found | { readonly refused: RefusalReason }> {
  const head = await readExactly(source, 0, Math.min(source.size, HEAD_BYTES));
  const archive = archiveMark(head);
  // Before the library sees them: it would expand the beginning to look inside.
  if (archive === "zip" || archive === "gzip") {
    const inspection = await (archive === "zip" ? inspectZip(source) : inspectGzip(source));
    if (inspection.outcome === "refused") return { refused: inspection.reason };
    // What no entry holds: comments, names and other fields.
    if (await containsEicar(piecesOf(source))) return { refused: "malware" };
    return inspection.kind === "otherDocument" ? { sniffed: undefined } : { kind: inspection.kind };
  }
  const sniffed = await sniff(source, head);
  const text = textInspector();
  const isEicar = eicarMatcher();
  for await (const piece of piecesOf(source)) {
    if (isEicar(piece)) return { refused: "malware" };
    text.take(piece);
  }
  const finding = text.finding();
  // A text may begin as a program or a picture does: `BM` and `MZ` are all that some formats have for a mark.
  if (finding === "notText" || TEXT_FORMATS.has(sniffed ?? "")) {
    const kind = sniffed === undefined ? undefined : kindOfSniffed(sniffed);
    return kind === undefined ? { sniffed } : { kind };
  }
  return finding === "text" ? { kind: "text" } : { refused: finding };
}

const HEAD_BYTES = 4_100;
/** Whose files may be all text, and yet are more than that. */
const TEXT_FORMATS: ReadonlySet<string> = new Set(["pdf", "rtf", "ps", "eps"]);
/** What the library does not know. */
const MORE_MARKS: readonly (readonly [FileKind, offset: number, mark: string])[] = [
  ["evtx", 0, "456c6646696c6500"],
  // pcapng, in either order of bytes; and pcap with times in nanoseconds.
  ["pcap", 8, "4d3c2b1a"],
  ["pcap", 8, "1a2b3c4d"],
  ["pcap", 0, "4d3cb2a1"],
  ["pcap", 0, "a1b23c4d"],
];
const PCAPNG_START = "0a0d0d0a";

async function sniff(source: ByteSource, head: Uint8Array): Promise<string | undefined> {
  const beginning = Buffer.from(head.subarray(0, 16)).toString("hex");
  const known = MORE_MARKS.find(
    ([, offset, mark]) =>
      beginning.startsWith(mark, offset * 2) && (offset === 0 || beginning.startsWith(PCAPNG_START)),
  );
  if (known !== undefined) return known[0];
  const found = await fileTypeFromTokenizer(new SourceTokenizer(source));
  return found?.ext;
}

/** Some formats say what they are in places far from their beginning. */
class SourceTokenizer extends AbstractTokenizer {
  override fileInfo: { readonly size: number };
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.fileInfo = { size: source.size };
    this.#source = source;
  }

  override supportsRandomAccess(): boolean {
    return true;
  }

  setPosition(position: number): void {
    this.position = position;
  }

  override async readBuffer(buffer: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { length, position } = this.normalizeOptions(buffer, options);
    const read = await this.peekBuffer(buffer, { ...options, length, position });
    this.position = position + read;
    return read;
  }

  override async peekBuffer(buffer: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { length, position, mayBeLess } = this.normalizeOptions(buffer, options);
    const available = Math.max(0, Math.min(length, this.#source.size - position));
    if (available < length && !mayBeLess) throw new EndOfStreamError();
    buffer.set(await readExactly(this.#source, position, available));
    return available;
  }
}
