/**
 * Cells of a worksheet as XML. Invariants: no cell is a formula, and no text could become one (EX-07), neither when somebody
 * edits it nor when the sheet is saved as CSV; figures, instants and days are numbers that a spreadsheet can count with;
 * what XML or a spreadsheet cannot hold is replaced, and what is too long is cut with a word that says so.
 */
import type { Column } from "./content.ts";
import { safeText } from "./csv.ts";
import type { ReportTexts } from "./texts.ts";

/** UTF-16 code units, which is what a spreadsheet counts. */
export const CELL_TEXT_MAX = 32_767;

/** By their place in the styles of `xlsx-parts.ts`. */
export const STYLES = { plain: 0, header: 1, integer: 2, instant: 3, day: 4, link: 5 } as const;

/** As an amount's cell says that it has no number. */
const UNMETERED = "Included";

const DAY_MS = 86_400_000;
const SERIAL_ZERO_MS = Date.UTC(1899, 11, 30);
/** Earlier days have another number in some spreadsheets, which take 1900 for a leap year. */
const SERIAL_MIN = 61;
/** The end of the year 9999. */
const SERIAL_END = 2_958_466;

// Most texts: they need neither a check nor an escape. Told at once, as every cell is looked at.
const PLAIN = /^[A-Za-z0-9/{](?:[ -%'-:?-^`-~]*[!-%'-:?-^`-~])?$/;
const LINE_END = /\r\n?/g;
/** A spreadsheet would read a character in it. */
const ESCAPE_LIKE = /_(?=x[0-9A-Fa-f]{4}_)/g;
const OUTER_SPACE = /^[ \t\n]|[ \t\n]$|\n/;
const LAST_HALF_OF_PAIR = /[\uD800-\uDBFF]$/;

/** The text as whoever opens the sheet reads it. */
export function sheetText(text: string, texts: ReportTexts): string {
  const harmless = safeText(text).replaceAll(LINE_END, "\n");
  if (harmless.length <= CELL_TEXT_MAX) return harmless;
  const end = `… ${texts.word("cut")}`;
  return harmless.slice(0, CELL_TEXT_MAX - end.length).replace(LAST_HALF_OF_PAIR, "") + end;
}

/** For elements and for attributes in double quotes. */
export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** `A` for 0, `AA` for 26. */
export function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter;
}

/** @param name of the cell, `B2`. */
export function textCell(
  name: string,
  text: string,
  texts: ReportTexts,
  style: number = STYLES.plain,
): string {
  const styled = style === STYLES.plain ? "" : `" s="${style}`;
  if (PLAIN.test(text) && text.length <= CELL_TEXT_MAX)
    return `<c r="${name}${styled}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const shown = sheetText(text, texts);
  const escaped = escapeXml(shown.replaceAll(ESCAPE_LIKE, "_x005F_"));
  const space = OUTER_SPACE.test(shown) ? ' xml:space="preserve"' : "";
  return `<c r="${name}${styled}" t="inlineStr"><is><t${space}>${escaped}</t></is></c>`;
}

/** @throws RangeError for what is no number: a report does not say it. */
function numberCell(name: string, value: number, style: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`a report cannot say ${value}`);
  return `<c r="${name}" s="${style}"><v>${value}</v></c>`;
}

/** @returns undefined for what is no instant or day that a spreadsheet has a number for: it stays a text. */
function serialOf(value: string): number | undefined {
  const serial = (Date.parse(value) - SERIAL_ZERO_MS) / DAY_MS;
  return serial >= SERIAL_MIN && serial < SERIAL_END ? serial : undefined;
}

type CellWriter = (name: string, value: string | number) => string;

/**
 * Of the cells of a column: the XML of one that says something.
 * @param style of its texts.
 */
export function cellWriter(
  { key, kind, codes }: Column,
  texts: ReportTexts,
  style: number = STYLES.plain,
): CellWriter {
  const text: CellWriter = (name, value) => textCell(name, String(value), texts, style);
  const numberOr =
    (other: CellWriter): CellWriter =>
    (name, value) =>
      typeof value === "number" ? numberCell(name, value, STYLES.integer) : other(name, value);
  switch (kind) {
    case "text":
      return numberOr(text);
    case "integer":
    case "amount":
      return numberOr((name, value) => text(name, value === UNMETERED ? texts.word("included") : value));
    case "instant":
    case "day":
      return numberOr((name, value) => {
        const serial = serialOf(String(value));
        return serial === undefined ? text(name, value) : numberCell(name, serial, STYLES[kind]);
      });
    case "code":
    case "codes": {
      if (codes === undefined) throw new Error(`the column ${key} does not say what its codes are`);
      return (name, value) => text(name, texts[kind](codes, String(value)));
    }
  }
}
