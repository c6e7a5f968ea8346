import { createHash } from "node:crypto";
import { deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  ARCHIVE_ENTRIES_MAX,
  ARCHIVE_INFLATED_BYTES_MAX,
  ARCHIVE_RATIO_MAX,
  type ArchiveInspection,
  inspectGzip,
  inspectZip,
} from "../../src/support/archive.ts";
import { type ByteSource, bytesInMemory } from "../../src/support/byte-source.ts";
import { noise } from "../fakes/random.ts";
import { EICAR } from "./eicar-text.ts";
import { officeDocument, openDocument, type ZipPart, zipOf } from "./zip-writer.ts";

const zip = (bytes: Buffer): Promise<ArchiveInspection> => inspectZip(bytesInMemory(bytes));
const gzip = (bytes: Buffer): Promise<ArchiveInspection> => inspectGzip(bytesInMemory(bytes));
const verdict = (inspection: ArchiveInspection): string =>
  inspection.outcome === "refused" ? inspection.reason : inspection.kind;

const text = (name: string, more: Partial<ZipPart> = {}): ZipPart => ({
  name,
  content: `of ${name}\n`,
  ...more,
});
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);
const MEGABYTE = 1_048_576;

describe("an archive that is as it should be", () => {
  test.each<[string, Buffer, string]>([
    ["of a few files", zipOf([text("a.txt"), text("b/c.txt", { stored: true })]), "zip"],
    ["of folders", zipOf([{ name: "b/", stored: true }, text("b/c.txt")]), "zip"],
    ["of nothing", zipOf([]), "zip"],
    ["with a comment", zipOf([text("a.txt")], { comment: "made on Monday" }), "zip"],
    ["with sizes behind the bytes", zipOf([streamed("a.txt"), streamed("b.txt")]), "zip"],
    ["in the form for large files", asZip64(zipOf([text("a.txt"), text("b.txt")])), "zip"],
    ["of 10,000 files", zipOf(Array.from({ length: 10_000 }, (_, n) => text(`${n}.txt`))), "zip"],
    ["docx", officeDocument("docx"), "docx"],
    ["xlsx", officeDocument("xlsx"), "xlsx"],
    ["pptx", officeDocument("pptx"), "pptx"],
    ["odt", openDocument("application/vnd.oasis.opendocument.text"), "odt"],
    ["ods", openDocument("application/vnd.oasis.opendocument.spreadsheet"), "ods"],
    ["pptx with the sheet of a chart", withInside(officeDocument("xlsx")), "pptx"],
    ["of documents with a sheet inside", zipOf([whole("p.pptx", withInside(officeDocument("xlsx")))]), "zip"],
    ["vsdx, which is another document", officeDocument("vsdx"), "otherDocument"],
    ["epub, which is another document", openDocument("application/epub+zip"), "otherDocument"],
  ])("is read: %s", async (_, bytes, kind) => {
    expect(verdict(await zip(bytes))).toBe(kind);
  });

  it("is read whatever its content, and however it is cut into reads", async () => {
    const part = fc.record({ content: fc.uint8Array({ maxLength: 3_000 }), stored: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        // The first byte keeps it from looking like an archive of its own.
        const bytes = zipOf(
          parts.map(({ content, stored }, n) => ({
            name: `${n}.bin`,
            content: Buffer.concat([Buffer.from("-"), content]),
            stored,
          })),
        );
        const inspection = await zip(bytes);
        expect(verdict(inspection)).toBe("zip");
        expect(inspection.inflatedBytes).toBe(
          parts.reduce((sum, { content }) => sum + content.length + 1, 0),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("is read to the end when its ratio is exactly the highest, and not when it is higher", async () => {
    const noise = createHash("shake256", { outputLength: 1_500 }).update("noise").digest();
    const filled = (bytes: number) => Buffer.concat([noise, zeros(bytes - noise.byteLength)]);
    let most = 150_000;
    for (let round = 0; round < 20; round += 1)
      most = deflateRawSync(filled(most)).byteLength * ARCHIVE_RATIO_MAX;
    expect(deflateRawSync(filled(most)).byteLength * ARCHIVE_RATIO_MAX).toBe(most);
    expect(verdict(await zip(zipOf([{ name: "a", content: filled(most) }])))).toBe("zip");
    const more = filled(most + 1);
    expect(deflateRawSync(more).byteLength * ARCHIVE_RATIO_MAX).toBe(most);
    const inspection = await zip(zipOf([{ name: "a", content: more }]));
    expect(inspection).toEqual({ outcome: "refused", reason: "archiveRatioTooHigh", inflatedBytes: 0 });
  });
});

describe("a zip file is refused", () => {
  const small = zipOf([text("a.txt")]);
  const twice = { name: "b.txt", content: "of a.txt\n", at: 0 };
  test.each<[string, Buffer, string]>([
    ["when it is encrypted", zipOf([text("a.txt", { flags: 1 })]), "archiveEncrypted"],
    ["when it is strongly encrypted", zipOf([text("a.txt", { flags: 0x41 })]), "archiveEncrypted"],
    [
      "when only the file before says so",
      zipOf([text("a.txt", { local: { flags: 0x801 } })]),
      "archiveMalformed",
    ],
    ["by an unusual method", zipOf([text("a.txt", { method: 9 })]), "archiveMethodUnsupported"],
    [
      "with the method of WinZip's encryption",
      zipOf([text("a", { method: 99 })]),
      "archiveMethodUnsupported",
    ],
    ["with more than 10,000 entries", zipOf([text("a")], { entryCount: 10_001 }), "archiveTooManyEntries"],
    ["with fewer entries than it says", zipOf([text("a")], { entryCount: 2 }), "archiveMalformed"],
    ["with more entries than it says", zipOf([text("a"), text("b")], { entryCount: 1 }), "archiveMalformed"],
    ["with two entries on the same bytes", zipOf([text("a.txt"), twice]), "archiveEntriesOverlap"],
    ["with entries that overlap", overlapping(), "archiveEntriesOverlap"],
    ["with two entries of a name", zipOf([text("a"), text("a")]), "archiveMalformed"],
    ["with another name before the bytes", zipOf([text("a", { local: { name: "b" } })]), "archiveMalformed"],
    ["with bytes before", zipOf([text("a")], { before: Buffer.from("MZ program") }), "archiveMalformed"],
    ["with bytes between", zipOf([text("a", { gap: zeros(64) }), text("b")]), "archiveMalformed"],
    ["with bytes before the directory", zipOf([text("a")], { beforeDirectory: small }), "archiveMalformed"],
    ["with bytes behind", zipOf([text("a")], { after: Buffer.from("tail") }), "archiveMalformed"],
    ["with one directory where it says and another at its end", withTwoDirectories(), "archiveMalformed"],
    ["with two in the form for large files", asZip64(withTwoDirectories()), "archiveMalformed"],
    ["with compressed bytes that end before their time", zipOf([padded()]), "archiveSizesWrong"],
    ["with a directory elsewhere in the form for large files", asZip64(small, 1), "archiveMalformed"],
    ["with another one behind", Buffer.concat([small, small]), "archiveMalformed"],
    ["when it is cut", small.subarray(0, small.byteLength - 5), "archiveMalformed"],
    ["when it is a beginning only", small.subarray(0, 35), "archiveMalformed"],
    ["with a wrong checksum", zipOf([text("a", { checksum: 1 })]), "archiveMalformed"],
    ["with bytes that are not compressed so", zipOf([broken()]), "archiveMalformed"],
    ["with a link", zipOf([text("a", { attributes: 0xa1ed0000 })]), "archiveEntryName"],
    ["with an archive inside", zipOf([whole("inner.zip", small)]), "archiveNested"],
    ["with one inside that is stored", zipOf([whole("a.bin", small, true)]), "archiveNested"],
    ["with gzip inside", zipOf([whole("a.gz", gzipSync("text"))]), "archiveNested"],
    ["with 7z inside", zipOf([whole("a", Buffer.from("7z\xbc\xaf\x27\x1c\0\0", "latin1"))]), "archiveNested"],
    ["with RAR inside", zipOf([whole("a", Buffer.from("Rar!\x1a\x07\x01\0", "latin1"))]), "archiveNested"],
    ["with tar inside", zipOf([whole("a", tarOf())]), "archiveNested"],
    ["with a document too deep inside", zipOf([whole("a", withInside(withInside(small)))]), "archiveNested"],
    ["with documents in documents in documents", deep(), "archiveNested"],
    ["with a document too large to look into", zipOf([whole("a", largeDocument())]), "archiveNested"],
    ["with a program by its name", zipOf([text("a"), text("bin/setup.EXE")]), "archiveProgram"],
    ["with a script by its name", zipOf([text("x.js")]), "archiveProgram"],
    ["with a program whose name ends in a dot", zipOf([text("x.exe. ")]), "archiveProgram"],
    ["with a program of Windows", zipOf([whole("a.txt", Buffer.from("MZ\x90\0\x03"))]), "archiveProgram"],
    ["with a program of Linux", zipOf([whole("a.txt", Buffer.from("\x7fELF\x02"))]), "archiveProgram"],
    ["with a program of macOS", zipOf([whole("a", Buffer.from("cffaedfe07", "hex"))]), "archiveProgram"],
    ["with a script by its first line", zipOf([whole("a", Buffer.from("#!/bin/sh\n"))]), "archiveProgram"],
    ["with the test file", zipOf([text("a"), whole("b.com", Buffer.from(EICAR))]), "malware"],
    ["with the test file stored", zipOf([whole("b.com", Buffer.from(EICAR), true)]), "malware"],
    [
      "with the test file in a document",
      withInside(officeDocument("xlsx", [whole("e", eicar())])),
      "malware",
    ],
    ["with macros", officeDocument("docx", [text("word/vbaProject.bin")]), "activeContent"],
    ["with macros by type", officeDocument("docm"), "activeContent"],
    ["with macros inside a document", zipOf([whole("a.docm", officeDocument("docm"))]), "activeContent"],
    ["with OpenDocument macros", openDocument("a/b", [text("Basic/script-lc.xml")]), "activeContent"],
  ])("%s", async (_, bytes, reason) => {
    expect(verdict(await zip(bytes))).toBe(reason);
  });

  test.each([
    ...[
      "../a",
      "a/../../b",
      "..\\a",
      "a\\..\\b",
      "/etc/passwd",
      "\\\\host\\a",
      "C:\\a",
      "c:a",
      "..",
      "a/.. /b",
    ],
    ...["...", "a/. ./b", "a\0b", "a\r\nb", "", "a\u007f", "x".repeat(1_025)],
  ])("for the name of an entry: %j", async (name) => {
    expect(verdict(await zip(zipOf([text("a.txt"), { name, content: "x" }])))).toBe("archiveEntryName");
  });

  test.each(["a..b", "./a", "a/./b", "..a", "a b/c", "ż.txt", "a/b/"])("not for %j", async (name) => {
    expect(verdict(await zip(zipOf([{ name, content: "x" }])))).toBe("zip");
  });
});

describe("a bomb is refused", () => {
  const bomb = deflateRawSync(zeros(50 * MEGABYTE));
  const honest: ZipPart = { name: "a", deflated: bomb, sizes: { inflated: 50 * MEGABYTE } };

  test.each<[string, Buffer, string]>([
    ["by its ratio", zipOf([honest]), "archiveRatioTooHigh"],
    [
      "by the ratio of one of its entries",
      zipOf([whole("r", noise(MEGABYTE), true), honest]),
      "archiveRatioTooHigh",
    ],
    ["by its size in all", manyOf(1_100, MEGABYTE), "archiveTooLarge"],
    ["by sizes that differ for stored bytes", zipOf([lying()]), "archiveSizesWrong"],
    [
      "by sizes that differ before the bytes",
      zipOf([text("a", { local: { sizes: { inflated: 4 } } })]),
      "archiveSizesWrong",
    ],
  ])("before anything is expanded: %s", async (_, bytes, reason) => {
    const inspection = await zip(bytes);
    expect(verdict(inspection)).toBe(reason);
    expect(inspection.inflatedBytes).toBe(0);
  });

  it("when it lies about its size, after at most 64 KiB more than it admits", async () => {
    for (const inflated of [1, 10, 100_000, MEGABYTE]) {
      const inspection = await zip(zipOf([{ ...honest, sizes: { inflated } }]));
      expect(verdict(inspection)).toBe("archiveSizesWrong");
      expect(inspection.inflatedBytes).toBeLessThanOrEqual(inflated);
    }
  });

  it("when it holds less than it says", async () => {
    const part = { name: "a", content: "short", sizes: { inflated: 100 } };
    expect(verdict(await zip(zipOf([part])))).toBe("archiveSizesWrong");
  });

  it("when it lies inside a document, within the limits of the whole", async () => {
    const inner = officeDocument("xlsx", [{ ...honest, name: "xl/a" }]);
    expect(verdict(await zip(withInside(inner)))).toBe("archiveRatioTooHigh");
  });

  it("as gzip by its ratio, after a hundred times its size", async () => {
    const bytes = gzipSync(zeros(50 * MEGABYTE));
    const inspection = await gzip(bytes);
    expect(verdict(inspection)).toBe("archiveRatioTooHigh");
    expect(inspection.inflatedBytes).toBeLessThanOrEqual(bytes.byteLength * ARCHIVE_RATIO_MAX + 65_536);
  });

  it("as gzip of many members", async () => {
    const member = gzipSync(zeros(10 * MEGABYTE));
    expect(verdict(await gzip(Buffer.concat(Array(20).fill(member))))).toBe("archiveRatioTooHigh");
  });
});

describe("a gzip file", () => {
  test.each<[string, Buffer, string]>([
    ["of text is read", gzipSync("line\n".repeat(1_000)), "gzip"],
    ["of two members is read", Buffer.concat([gzipSync("a"), gzipSync("b")]), "gzip"],
    ["that is cut is refused", gzipSync("line\n".repeat(1_000)).subarray(0, 40), "archiveMalformed"],
    ["with bytes behind is refused", Buffer.concat([gzipSync("a"), Buffer.from("tail")]), "archiveMalformed"],
    ["with zeros behind is refused", Buffer.concat([gzipSync("a"), zeros(512)]), "archiveMalformed"],
    ["with a wrong checksum is refused", flipped(gzipSync("some text"), -6), "archiveMalformed"],
    ["of tar is refused", gzipSync(tarOf()), "archiveNested"],
    ["of gzip is refused", gzipSync(gzipSync("text")), "archiveNested"],
    ["of zip is refused", gzipSync(zipOf([text("a")])), "archiveNested"],
    ["of a document is refused", gzipSync(officeDocument("docx")), "archiveNested"],
    ["of a program is refused", gzipSync("\x7fELF\x02"), "archiveProgram"],
    ["of a text that begins as a program does is read", gzipSync("MZ ended the letter."), "gzip"],
    ["of the test file is refused", gzipSync(EICAR), "malware"],
  ])("%s", async (_, bytes, outcome) => {
    expect(verdict(await gzip(bytes))).toBe(outcome);
  });
});

describe("looking into an archive", () => {
  it("ends with what the place of its bytes throws, and calls nothing refused", async () => {
    const bytes = zipOf([text("a.txt"), text("b.txt")]);
    for (const failing of [1, 2, 3, 4, 5]) {
      let reads = 0;
      const source: ByteSource = {
        size: bytes.byteLength,
        read: async (offset, length) => {
          reads += 1;
          if (reads === failing) throw new Error("the blob did not answer");
          return bytes.subarray(offset, offset + length);
        },
      };
      await expect(inspectZip(source)).rejects.toThrow();
    }
  });

  it("never throws, whatever bytes are changed, and never expands past its limits", async () => {
    const good = zipOf([text("a.txt"), { name: "b", content: zeros(5_000) }, text("c", { stored: true })]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at % bytes.byteLength] = value;
          const { inflatedBytes } = await zip(bytes);
          expect(inflatedBytes).toBeLessThan(ARCHIVE_INFLATED_BYTES_MAX);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("knows as many entries as it says", () => {
    expect(ARCHIVE_ENTRIES_MAX).toBe(10_000);
  });
});

function whole(name: string, content: Buffer, stored = false): ZipPart {
  return { name, content, stored };
}

function streamed(name: string): ZipPart {
  return {
    ...text(name, { flags: 8, local: { flags: 0x808, sizes: { compressed: 0, inflated: 0 } } }),
    gap: zeros(16),
  };
}

function withInside(document: Buffer): Buffer {
  return officeDocument("pptx", [whole("ppt/embeddings/Sheet1.xlsx", document)]);
}

function deep(): Buffer {
  return zipOf([whole("a.pptx", withInside(withInside(officeDocument("xlsx"))))]);
}

/** The second entry's bytes begin inside the first one's. */
function overlapping(): Buffer {
  const inner = zipOf([text("b")]);
  const outer = { name: "a", content: inner, stored: true };
  const bytes = zipOf([outer, text("b")]);
  const directory = bytes.readUInt32LE(bytes.byteLength - 22 + 16);
  bytes.writeUInt32LE(31, directory + 47 + 42);
  return bytes;
}

/** A whole directory before the bytes of an entry, to which the end leads, and another one of its size at the end. */
function withTwoDirectories(): Buffer {
  const made = (extra: Buffer) => zipOf([text("a"), text("b", { local: { extra } })]);
  const directoryOf = (bytes: Buffer) => bytes.subarray(bytes.readUInt32LE(bytes.byteLength - 6), -22);
  const { byteLength } = directoryOf(made(zeros(0)));
  const bytes = made(Buffer.from(directoryOf(made(zeros(byteLength)))));
  const other = directoryOf(bytes);
  bytes.writeUInt32LE(bytes.indexOf(other), bytes.byteLength - 6);
  other.write("c", other.byteLength - 1);
  return bytes;
}

/** With the longer records at its end. @param moved by how much what they say of the directory is wrong. */
function asZip64(bytes: Buffer, moved = 0): Buffer {
  const at = bytes.byteLength - 22;
  const end = bytes.subarray(at);
  const record = zeros(76);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeUInt32LE(44, 4);
  record.writeUInt32LE(end.readUInt16LE(10), 24);
  record.writeUInt32LE(end.readUInt16LE(10), 32);
  record.writeUInt32LE(end.readUInt32LE(12), 40);
  record.writeUInt32LE(end.readUInt32LE(16) + moved, 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeUInt32LE(at, 64);
  record.writeUInt32LE(1, 72);
  const short = Buffer.from(end);
  short.fill(0xff, 8, 20);
  return Buffer.concat([bytes.subarray(0, at), record, short]);
}

function broken(): ZipPart {
  return { name: "a", deflated: Buffer.from("not deflated at all"), sizes: { inflated: 100 } };
}

/** Behind the end of what is compressed there is more, which a reader would not show. */
function padded(): ZipPart {
  const content = Buffer.from("some text");
  return { name: "a", content, deflated: Buffer.concat([deflateRawSync(content), zeros(50)]) };
}

function lying(): ZipPart {
  return { name: "a", content: "x".repeat(100), stored: true, sizes: { inflated: 10 } };
}

/** Each within the ratio, and all of them too large. */
function manyOf(count: number, bytes: number): Buffer {
  const deflated = Buffer.concat([deflateRawSync(zeros(bytes)), zeros(Math.ceil(bytes / 90))]);
  return zipOf(
    Array.from({ length: count }, (_, n) => ({ name: `${n}`, deflated, sizes: { inflated: bytes } })),
  );
}

function largeDocument(): Buffer {
  return officeDocument("xlsx", [whole("xl/media/a.png", noise(17 * MEGABYTE), true)]);
}

function eicar(): Buffer {
  return Buffer.from(EICAR);
}

function tarOf(): Buffer {
  const header = zeros(1_024);
  header.write("a.txt", 0);
  header.write("ustar", 257);
  return header;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8((changed.at(at) ?? 0) ^ 0xff, changed.byteLength + at);
  return changed;
}
