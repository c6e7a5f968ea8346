/**
 * A text as it can be printed, and in lines that fit. Invariants: no line is wider than asked for, whatever the text; what
 * the font cannot show is shown to be missing; nothing in a text changes how the text beside it is read. Pure.
 */
import type { PdfFont } from "./pdf-font.ts";

/** What is looked at no further: letters of Latin languages, digits, signs. */
const PLAIN = /^[\x20-\x7E\u00A0-\u00AC\u00AE-\u024F]*$/;
const SPACES = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
// Marks that join or vary pictures, and places where a word may end: without a picture there is nothing to join.
const INVISIBLE = /[\u00AD\u200B\u2060\uFEFF]|\u200C|\u200D|\p{Variation_Selector}/gu;
// Of these writing systems signs stand one after another, from the left to the right.
const SETTABLE =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]$/u;
const CONTROL = /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]$/u;
const REPLACEMENT = "\uFFFD";
const ELLIPSIS = "…";
/** Where a word may be parted, after the sign: in names of files, addresses and numbers. */
const PARTS = /(?<=[-/\\@._,;:])/;

/** No text is looked at further than anything prints it. */
const LONGEST_TEXT = 2_000;

export function printable(font: PdfFont, text: string): string {
  if (PLAIN.test(text) && text.length <= LONGEST_TEXT) return text;
  const shown = text.slice(0, LONGEST_TEXT).toWellFormed().normalize("NFC");
  const spaced = shown.replaceAll(SPACES, " ").replaceAll(INVISIBLE, "");
  return Array.from(spaced, (sign) => (isShown(font, sign) ? sign : REPLACEMENT)).join("");
}

const isShown = (font: PdfFont, sign: string): boolean =>
  font.has(sign.codePointAt(0) ?? 0) && SETTABLE.test(sign) && !CONTROL.test(sign);

/**
 * @param width in units of the font's size.
 * @param most lines; what does not fit is cut, and an ellipsis says so.
 * @returns lines with a space at the end where words are parted by one, which is read aloud and copied but takes no width.
 */
export function linesOf(font: PdfFont, text: string, width: number, most: number): readonly string[] {
  if (font.width(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (font.width(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(`${line} `);
    const parts = font.width(word) <= width ? [word] : partsOf(font, word, width);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? "";
    if (lines.length >= most) break;
  }
  if (line !== "") lines.push(line);
  if (lines.length <= most) return lines;
  const last = lines[most - 1]?.trimEnd() ?? "";
  return [...lines.slice(0, most - 1), cutLine(font, last, width)];
}

/** On one line. */
export const fitted = (font: PdfFont, text: string, width: number): string =>
  font.width(text) <= width ? text : cutLine(font, text, width);

/** With an ellipsis at its end, and without what does not fit before it. */
function cutLine(font: PdfFont, text: string, width: number): string {
  const signs = Array.from(text);
  while (signs.length > 0 && font.width(`${signs.join("")}${ELLIPSIS}`) > width) {
    signs.length -= Math.max(1, Math.floor(signs.length / 50));
  }
  return `${signs.join("").trimEnd()}${ELLIPSIS}`;
}

/** A word that is wider than the line: parted after signs that part words, else anywhere. */
function partsOf(font: PdfFont, word: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  const pieces = word.split(PARTS).flatMap((part) => (font.width(part) <= width ? [part] : Array.from(part)));
  for (const piece of pieces) {
    if (line !== "" && font.width(line + piece) > width) {
      lines.push(line);
      line = "";
    }
    line += piece;
  }
  return [...lines, line];
}
