/**
 * A font of a PDF file: what its signs are and how wide, and the part of it that the file carries, so that it looks the
 * same everywhere. Signs are set one by one with the font's kerning and without ligatures: what is copied from the file is
 * what was put in. Writing systems that join or turn their signs are not set; see `printable` of `pdf-lines.ts`.
 */
import type { Font as FontFile } from "fontkit";
import { type PdfObjects, pdfNumber, reference } from "./pdf-objects.ts";

const EM = 1_000;
const CODES_OF_RANGE = 100;

export type { FontFile };

/**
 * What reads fonts is loaded by whoever prints: it takes as long as all else that a process does before its first answer.
 * @param bytes in TrueType.
 */
export async function readFont(bytes: Uint8Array): Promise<FontFile> {
  const { create } = await import("fontkit");
  const file = create(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  if (!("glyphForCodePoint" in file)) throw new Error("a collection of fonts is no font");
  return file;
}

export type PdfFont = {
  /** Its name in the pages' resources. */
  readonly name: string;
  readonly id: number;
  readonly has: (codePoint: number) => boolean;
  /** Of a text set in size 1. */
  readonly width: (text: string) => number;
  /** As operand of `TJ`. */
  readonly encode: (text: string) => string;
  /** Above and below the baseline in size 1; below is negative. */
  readonly ascent: number;
  readonly descent: number;
  /** Writes what was used of it. */
  readonly end: () => void;
};

type Glyph = { readonly id: number; readonly code: string; readonly width: number };

/** @param name a capital letter. */
export function pdfFont(objects: PdfObjects, name: string, file: FontFile): PdfFont {
  const scale = EM / file.unitsPerEm;
  const subset = file.createSubset();
  const id = objects.take();
  const widths: number[] = [file.getGlyph(0).advanceWidth * scale];
  const codePoints: number[] = [0];
  const glyphs = new Map<number, Glyph>();
  const kernings = new Map<number, number>();

  const glyphOf = (codePoint: number): Glyph => {
    const known = glyphs.get(codePoint);
    if (known !== undefined) return known;
    const glyph = file.glyphForCodePoint(codePoint);
    // A number, whatever the library's types say.
    const index = Number(subset.includeGlyph(glyph));
    widths[index] ??= glyph.advanceWidth * scale;
    codePoints[index] ??= codePoint;
    const made = { id: index, code: hex4(index), width: glyph.advanceWidth * scale };
    glyphs.set(codePoint, made);
    return made;
  };
  // Signs that look the same share a code: a space is to be found as a space, though there are others.
  for (const first of " -") glyphOf(first.charCodeAt(0));
  const kerning = (left: number, right: number): number => {
    const pair = left * 0x1_00_00_00 + right;
    const known = kernings.get(pair);
    if (known !== undefined) return known;
    const kern = kerningOf(file, left, right) * scale;
    kernings.set(pair, kern);
    return kern;
  };
  /** Calls `each` for every sign with what is between it and the sign before. */
  const walk = (text: string, each: (glyph: Glyph, before: number) => void): void => {
    let previous: number | undefined;
    for (let at = 0; at < text.length; ) {
      const codePoint = text.codePointAt(at) ?? 0;
      each(glyphOf(codePoint), previous === undefined ? 0 : kerning(previous, codePoint));
      previous = codePoint;
      at += codePoint > 0xffff ? 2 : 1;
    }
  };
  return {
    name,
    id,
    has: (codePoint) => file.hasGlyphForCodePoint(codePoint),
    width: (text) => {
      let width = 0;
      walk(text, (glyph, before) => {
        width += glyph.width + before;
      });
      return width / EM;
    },
    encode: (text) => {
      let encoded = "[<";
      walk(text, (glyph, before) => {
        encoded += before === 0 ? glyph.code : `>${pdfNumber(-before)}<${glyph.code}`;
      });
      return `${encoded}>]`;
    },
    ascent: (file.ascent * scale) / EM,
    descent: (file.descent * scale) / EM,
    end: () => {
      const bytesOfSubset = Buffer.from(subset.encode());
      writeFont(objects, { id, name, file, scale, widths, codePoints }, bytesOfSubset);
    },
  };
}

function kerningOf(file: FontFile, left: number, right: number): number {
  const { positions } = file.layout(String.fromCodePoint(left, right), {
    liga: false,
    clig: false,
    ccmp: false,
  });
  const first = positions[0];
  if (positions.length !== 2 || first === undefined) return 0;
  return first.xAdvance - file.glyphForCodePoint(left).advanceWidth;
}

type Used = {
  readonly id: number;
  readonly name: string;
  readonly file: FontFile;
  readonly scale: number;
  readonly widths: readonly number[];
  readonly codePoints: readonly number[];
};

function writeFont(objects: PdfObjects, used: Used, bytes: Uint8Array): void {
  const { id, name, file, scale, widths, codePoints } = used;
  const program = objects.take();
  objects.writeStream(program, `/Length1 ${bytes.length}`, bytes);
  // Six letters before the name say that this is a part of the font, others for each.
  const tag = name.padEnd(6, "X").slice(0, 6);
  const base = `/${tag}+${file.postscriptName.replaceAll(/[^\w-]/g, "_")}`;
  const { minX, minY, maxX, maxY } = file.bbox;
  const box = [minX, minY, maxX, maxY].map((value) => pdfNumber(value * scale)).join(" ");
  const descriptor = objects.take();
  objects.write(
    descriptor,
    `<</Type/FontDescriptor/FontName${base}/Flags 4/FontBBox[${box}]/ItalicAngle 0` +
      `/Ascent ${pdfNumber(file.ascent * scale)}/Descent ${pdfNumber(file.descent * scale)}` +
      `/CapHeight ${pdfNumber(file.capHeight * scale)}/StemV 80/FontFile2 ${reference(program)}>>`,
  );
  const descendant = objects.take();
  objects.write(
    descendant,
    `<</Type/Font/Subtype/CIDFontType2/BaseFont${base}/CIDToGIDMap/Identity` +
      `/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>` +
      `/FontDescriptor ${reference(descriptor)}/W[0[${widths.map(pdfNumber).join(" ")}]]>>`,
  );
  const map = objects.take();
  objects.writeStream(map, "", Buffer.from(unicodeMap(codePoints), "latin1"));
  objects.write(
    id,
    `<</Type/Font/Subtype/Type0/BaseFont${base}/Encoding/Identity-H` +
      `/DescendantFonts[${reference(descendant)}]/ToUnicode ${reference(map)}>>`,
  );
}

const hex4 = (value: number): string => value.toString(16).padStart(4, "0");

/** Which text each code of the file stands for: what a search, a copy and a screen reader go by. */
function unicodeMap(codePoints: readonly number[]): string {
  const lines = codePoints.map((codePoint, code) => `<${hex4(code)}> <${utf16(codePoint)}>`).slice(1);
  const ranges: string[] = [];
  for (let start = 0; start < lines.length; start += CODES_OF_RANGE) {
    const range = lines.slice(start, start + CODES_OF_RANGE);
    ranges.push(`${range.length} beginbfchar\n${range.join("\n")}\nendbfchar`);
  }
  return [
    "/CIDInit /ProcSet findresource begin",
    "12 dict begin",
    "begincmap",
    "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
    "/CMapName /Adobe-Identity-UCS def",
    "/CMapType 2 def",
    "1 begincodespacerange",
    "<0000> <ffff>",
    "endcodespacerange",
    ...ranges,
    "endcmap",
    "CMapName currentdict /CMap defineresource pop",
    "end",
    "end",
  ].join("\n");
}

const utf16 = (codePoint: number): string =>
  Array.from(String.fromCodePoint(codePoint).split(""), (unit) => hex4(unit.charCodeAt(0))).join("");
