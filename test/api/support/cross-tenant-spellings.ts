/** Ways to write an id so that something on the way may take it for another. Each gives a part of a path or a query. */
import type { Random } from "../../fakes/random.ts";

const encode = encodeURIComponent;
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "\u0430",
  c: "\u0441",
  e: "\u0435",
  o: "\u043e",
  p: "\u0440",
  s: "\u0455",
  x: "\u0445",
  i: "\u0131",
  k: "\u212a",
};

const eachLetter = (text: string, change: (letter: string, index: number) => string): string =>
  Array.from(text, change).join("");
const fullWidth = (letter: string): string =>
  /[!-~]/.test(letter) ? String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0) : letter;
const everyByte = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const inTheMiddle = (text: string, more: string): string =>
  `${text.slice(0, text.length >> 1)}${more}${text.slice(text.length >> 1)}`;

type Spelling = (text: string, own: string, random: Random) => string;

const spellings = {
  capitals: (text) => encode(text.toUpperCase()),
  "small letters": (text) => encode(text.toLowerCase()),
  "mixed case": (text, _, random) =>
    encode(eachLetter(text, (letter) => (random.below(2) === 0 ? letter.toUpperCase() : letter))),
  "Turkish case": (text) => encode(text.toLocaleUpperCase("tr")),
  "look-alikes": (text) => encode(eachLetter(text, (letter) => LOOK_ALIKES[letter.toLowerCase()] ?? letter)),
  "full width": (text) => encode(eachLetter(text, fullWidth)),
  "combining marks": (text) => encode(inTheMiddle(text, "\u0301")),
  "no width": (text) => encode(inTheMiddle(text, "\u200b")),
  "from right to left": (text) => encode(`\u202e${text}`),
  "a byte order mark": (text) => encode(`\ufeff${text}`),
  "every byte encoded": everyByte,
  "encoded twice": (text) => encode(everyByte(text)),
  "encoded too long": (text) => `%c1%81${encode(text)}`,
  "a dot behind": (text) => `${encode(text)}.`,
  "a space behind": (text) => `${encode(text)}%20`,
  "a space before": (text) => `%20${encode(text)}`,
  "a tab behind": (text) => `${encode(text)}%09`,
  "a slash behind": (text) => `${encode(text)}/`,
  "an encoded slash behind": (text) => `${encode(text)}%2f`,
  "dots before": (text) => `./${encode(text)}`,
  "up and down again": (text, own) => `${encode(own)}/../${encode(text)}`,
  "up encoded": (text, own) => `${encode(own)}%2f..%2f${encode(text)}`,
  "up encoded twice": (text, own) => `${encode(own)}/%252e%252e/${encode(text)}`,
  "a backslash": (text, own) => `${encode(own)}%5c..%5c${encode(text)}`,
  "a path parameter": (text, own) => `${encode(own)};id=${encode(text)}`,
  "ended by NUL": (text) => `${encode(text)}%00`,
  "own, ended by NUL": (text, own) => `${encode(own)}%00${encode(text)}`,
  "a list": (text, own) => `${encode(own)},${encode(text)}`,
  "a list that ends": (text) => `${encode(text)},`,
  "a quote": (text, own) => `${encode(own)}%27%20or%20%27${encode(text)}`,
  "a wildcard": (text) => `${encode(text.slice(0, -1))}%25`,
  "an array": (text, own) => encode(JSON.stringify([own, text])),
  "an object": (text) => encode(JSON.stringify({ eq: text })),
  "in quotes": (text) => encode(`"${text}"`),
} as const satisfies Readonly<Record<string, Spelling>>;

const all: readonly Spelling[] = Object.values(spellings);

/** The same spelling of whatever is given, for comparing; with the same random numbers where it has any. */
export function somehow(random: Random): (text: string, own: string) => string {
  const spelling = all[random.below(all.length)] ?? encode;
  const bits = random.below(1 << 30);
  return (text, own) => {
    let at = 0;
    const same: Random = { ...random, below: (limit) => (bits >>> (at++ % 30)) % limit };
    return spelling(text, own, same);
  };
}
