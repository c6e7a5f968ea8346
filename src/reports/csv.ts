/**
 * Texts as a spreadsheet may have them. Pure. Invariant: no text can be taken for a formula (EX-07).
 */
export type Cell = string | number | undefined;

const REPLACEMENT = "\uFFFD";

// Neither RFC 4180 nor any spreadsheet knows what to do with these: tab, line feed and carriage return stay.
const UNPRINTABLE = /(?![\t\r\n])\p{Cc}|[\uFFFE\uFFFF]/gu;

// Not left to the writer, which looks at the start of a cell only: a spreadsheet set to a language that separates by
// semicolons starts further cells inside of one, and some ignore invisible characters before the sign.
const FORMULA_START = /((?:^|[;\t\r\n])[\p{Cc}\p{Cf}\p{Z}]*)([=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu;
const LINE_START = /^[\t\r\n]/;
// Most texts: ASCII that can be seen, begun by no sign and without a semicolon. Told at once, as every cell is looked at.
const PLAIN = /^[A-Za-z0-9/{][ -:<-~]*$/;

/** The text as it is in the file: well-formed, printable, and no formula wherever a spreadsheet might start a cell. */
export function safeText(text: string): string {
  if (PLAIN.test(text)) return text;
  const printable = text.toWellFormed().replaceAll(UNPRINTABLE, REPLACEMENT);
  const harmless = printable.replaceAll(FORMULA_START, "$1'$2");
  return LINE_START.test(harmless) ? `'${harmless}` : harmless;
}

/** The text of a cell as a reader of the file sees it. */
export const cellText = (cell: Cell): string =>
  cell === undefined ? "" : typeof cell === "number" ? String(cell) : safeText(cell);
