/** Texts that break writers and readers of spreadsheets, the same ones each time. */

const signs = [
  "=",
  "+",
  "-",
  "@",
  "\uFF1D",
  "\uFF0B",
  "\uFF0D",
  "\uFF20",
  "\t=",
  "\r=",
  "\n=",
  " =",
  "\u200B=",
  "\uFEFF@",
];
const formulas = [
  "1+1",
  "cmd|' /C calc'!A0",
  'HYPERLINK("http://example.com";"x")',
  "SUM(A1:A9)",
  "2026-11-01",
];
const middles = ["a;=1", "a\t+1", 'a";="b', "a\r\n-1", "a,=1", "'=1"];
const controls = Array.from({ length: 160 }, (_, code) => String.fromCharCode(code)).filter(
  (character) => character < " " || character > "~",
);
const unpaired = [
  "\uD800",
  "\uDC00",
  "a\uD83D",
  "\uDE00b",
  "\uD83D\uD83D\uDE00",
  "\uFFFE",
  "\uFFFF",
  "\uFFFD",
];
const markup = [
  "<b>&amp;</b>",
  "]]>",
  "<![CDATA[x]]>",
  "&#0;",
  "&lt;",
  "<!-- -->",
  "<?xml?>",
  '"quoted"',
  "</t></is></c>",
];
const escapes = ["_x000D_", "_x0000_", "_x005F_", "_x005f_x000D_", "_xD83D_", "_x00_", "__x0041__"];
const spaces = [" a", "a ", " ", "\t", "\n", "a\nb", "a\r\nb", "a\rb", "a\r", "\u00A0a", "\u2028", "\u2029"];
const writing = [
  "שלום עולם",
  "\u202Eabc\u202C",
  "مرحبا",
  "👩‍👩‍👧‍👦",
  "😀",
  "zażółć gęślą jaźń",
  "e\u0301",
  "\u{10FFFF}",
  "漢字",
];
const values = ["1e5", "00123", "-15", "TRUE", "#REF!", "1/2", "2026-11-01", "NULL", "12:30", "1,5", ""];

export const longTexts: readonly string[] = [
  "a".repeat(32_767),
  "a".repeat(32_768),
  `${"a".repeat(32_759)}${"😀".repeat(9)}`,
  `${"a".repeat(32_758)}${"😀".repeat(9)}`,
  `=${"&".repeat(32_767)}`,
  "\u0000".repeat(40_000),
];

const pieces = [
  ...signs.flatMap((sign) => [sign, ...formulas.map((formula) => sign + formula)]),
  ...[...middles, ...controls, ...unpaired, ...markup, ...escapes, ...spaces, ...writing, ...values],
];

/** All different, each of the hostile pieces alone, behind and before others. */
export function hostileTexts(count: number): readonly string[] {
  const texts = new Set(pieces);
  for (const first of pieces) {
    for (const second of pieces) {
      if (texts.size >= count) return [...texts].slice(0, count);
      texts.add(first + second);
    }
  }
  throw new RangeError(`there are ${texts.size} hostile texts`);
}
