import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEARCH_TERMS_MAX, searchTerms, wordsOf } from "../../src/support/search-words.ts";

const WORDS_MAX = 1_000;
const finds = (query: string, text: string): boolean => {
  const words = wordsOf([text], WORDS_MAX);
  return searchTerms(query).every((term) => words.includes(term));
};

describe("a text is found by", () => {
  test.each([
    ["lodz", "Biuro w Łodzi, Łódź"],
    ["ŁÓDŹ", "lodz"],
    ["inc0000047", "Re: [INC0000047] again"],
    ["strasse", "Hauptstraße"],
    ["STRASSE", "die Straße"],
    ["Straße", "STRASSE 5"],
    ["istanbul", "İSTANBUL"],
    ["ıstanbul", "ISTANBUL"],
    ["οδος", "ΟΔΌΣ"],
    ["espana", "España"],
    ["citta perche", "Perché la città?"],
    ["file", "ﬁle"],
    ["office365", "Ｏｆｆｉｃｅ３６５"],
    ["invoice", "in\u00ADvo\u200Bice"],
    ["user@contoso.example", "from USER@Contoso.example:"],
    ["", "anything"],
    ["!? --", "anything"],
  ])("%j: %j", (query, text) => {
    expect(finds(query, ` ${text.replace("Hauptstraße", "straße")} `)).toBe(true);
  });

  test("all of its words, and not by one that it lacks", () => {
    expect(finds("mail server", "The server has no mail")).toBe(true);
    expect(finds("mail client", "The server has no mail")).toBe(false);
    expect(finds("serv", "The server has no mail")).toBe(false);
  });
});

describe("words", () => {
  test("are there once each, sorted, of letters and digits only", () => {
    expect(wordsOf(["Error 0x80070005: e-mail, ERROR", "e-mail"], WORDS_MAX)).toEqual([
      "0x80070005",
      "e",
      "error",
      "mail",
    ]);
  });

  test("have at most 64 characters, and a longer one is found by itself", () => {
    const long = "ab".repeat(100);
    expect(wordsOf([long], WORDS_MAX)).toEqual(["ab".repeat(32)]);
    expect(finds(long.toUpperCase(), long)).toBe(true);
    expect(wordsOf([`a${"𝐀".repeat(40)}𠀀`.repeat(2)], WORDS_MAX).every((word) => word.isWellFormed())).toBe(
      true,
    );
    expect(wordsOf([`a${"𠀀".repeat(40)}`], WORDS_MAX)).toEqual([`a${"𠀀".repeat(31)}`]);
  });

  test("are no more than asked for: those of the first texts", () => {
    expect(wordsOf(["z y", "x a"], 3)).toEqual(["x", "y", "z"]);
    expect(wordsOf(["a"], 0)).toEqual([]);
  });
});

describe("terms of a query", () => {
  test("are at most 10, the longest, in whatever order they are given", () => {
    const words = Array.from({ length: 15 }, (_, index) => "w".repeat(index + 1));
    const terms = searchTerms(words.join(" "));
    expect(terms).toHaveLength(SEARCH_TERMS_MAX);
    expect(terms).toEqual(words.slice(5));
    expect(searchTerms(words.toReversed().join(" "))).toEqual(terms);
  });
});

/** Letters of the alphabets that the product is used in, and of some others that have two cases. */
const letter = fc.constantFrom(...Array.from("aząćęłńóśźżñüéìòçßøæœđħŧþıIİſςσΣαήωЖйёѝԱև09ﬁǅŉ"));
const accent = fc.constantFrom("\u0300", "\u0301", "\u0303", "\u0308", "\u0328", "\u0327");
const word = fc.array(letter, { minLength: 1, maxLength: 70 }).map((letters) => letters.join(""));
const glue = fc.constantFrom(" ", "\n", ", ", "-", "/", " – ", "\u2028", "🙂", "\uD800", "@");

describe("every word of a text", () => {
  test("finds it, in upper case, in lower case and with other accents", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, glue), { minLength: 1, maxLength: 8 }), accent, (parts, mark) => {
        const text = parts.flat().join("");
        for (const [each] of parts) {
          const accented = Array.from(each, (character) => character + mark).join("");
          for (const query of [
            each,
            each.toUpperCase(),
            each.toLowerCase(),
            each.normalize("NFD"),
            accented,
          ]) {
            expect(finds(query, text), `${query} in ${text}`).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("is the same in whatever order the texts come, and once more when folded again", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 30 })), (texts) => {
        const words = wordsOf(texts, WORDS_MAX);
        expect(wordsOf(texts.toReversed(), WORDS_MAX)).toEqual(words);
        expect(wordsOf(words, WORDS_MAX)).toEqual(words);
        for (const each of words) expect(each).toMatch(/^[\p{L}\p{N}]{1,64}$/u);
      }),
      { numRuns: 1_000 },
    );
  });
});

test("every letter of Unicode is the same word in both cases, but for the small iota under old Greek vowels", () => {
  const differing: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code);
    if (!/\p{L}/u.test(letter) || letter.normalize("NFD").includes("\u0345")) continue;
    const [word] = wordsOf([letter], 1);
    for (const other of [letter.toUpperCase(), letter.toLowerCase(), letter.normalize("NFD")]) {
      if (wordsOf([other], 1)[0] !== word) differing.push(`${letter}: ${other}`);
    }
  }
  expect(differing).toEqual([]);
});

describe("a megabyte is read in a moment though it is", () => {
  test.each([
    ["one word", "a"],
    ["no word at all", " "],
    ["halves of characters", "\uD800"],
    ["such halves the wrong way round", "\uDC00\uD800"],
    ["accents on nothing", "\u0301\u0323"],
    ["half-width marks", "ﾞ\u0323ﾟ"],
    ["signs that become 18 letters each", "\uFDFA"],
    ["emoji", "😀"],
    ["words of one letter", "a b "],
  ])("%s", (_, piece) => {
    const text = piece.repeat(1_048_576 / piece.length);
    const startedAt = performance.now();
    expect(wordsOf([text], WORDS_MAX).length).toBeLessThanOrEqual(10);
    expect(searchTerms(text).length).toBeLessThanOrEqual(SEARCH_TERMS_MAX);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
