/**
 * The words that a text is found by, and those that a query asks for. Invariants: both go through the same `folded`,
 * so a word of a text is found by itself in any case, with or without its accents; what comes back has no order of its
 * own, so equal texts give equal lists. Time grows with the length of a text and with nothing else.
 * Limit: what a script writes without spaces, such as Chinese, is one word.
 */
import { startOf } from "./plain-text.ts";

/** In UTF-16 code units; of a longer text this much counts. */
const TEXT_LENGTH_MAX = 1_048_576;
/** In UTF-16 code units, after folding; of a longer word this much counts. */
const WORD_LENGTH_MAX = 64;
export const SEARCH_TERMS_MAX = 10;

const WORD = /[\p{L}\p{N}]+/gu;
/** Accents and the like, and what has no width: joiners, and places where a word may be broken. */
const MARKS = /[\p{M}\p{Cf}]+/gu;

/** Letters with a stroke and joined letters, which Unicode does not take apart, and the other small sigma. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ł: "l",
  ø: "o",
  đ: "d",
  ð: "d",
  ħ: "h",
  ŧ: "t",
  ı: "i",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  þ: "th",
  ς: "σ",
};
const NOT_PLAIN = new RegExp(`[${Object.keys(PLAIN_LETTERS).join("")}]`, "g");

/**
 * The distinct words, sorted. Where there are more than `max`, the first ones of the first texts: give the title first.
 */
export function wordsOf(texts: readonly string[], max: number): readonly string[] {
  const words = new Set<string>();
  for (const text of texts) {
    for (const [word] of folded(text).matchAll(WORD)) {
      if (words.size >= max) return [...words].toSorted();
      words.add(startOf(word, WORD_LENGTH_MAX));
    }
  }
  return [...words].toSorted();
}

/** All of them have to be in a text that is found. Of more than 10 the longest ones: they say most. Sorted. */
export function searchTerms(query: string): readonly string[] {
  const terms = wordsOf([query], Number.POSITIVE_INFINITY);
  const longestFirst = terms.toSorted((left, right) => right.length - left.length);
  return longestFirst.slice(0, SEARCH_TERMS_MAX).toSorted();
}

/**
 * Upper case goes before lower case, since some letters have several small forms and one capital.
 * Marks go at once: what sorts them in `normalize` takes time by the square of how many follow one letter.
 */
function folded(text: string): string {
  return unmarked(unmarked(startOf(text, TEXT_LENGTH_MAX)).toUpperCase().toLowerCase()).replaceAll(
    NOT_PLAIN,
    (letter) => PLAIN_LETTERS[letter] ?? letter,
  );
}

const unmarked = (text: string): string => text.replaceAll(MARKS, "").normalize("NFKD").replaceAll(MARKS, "");
