import { describe, expect, it } from "vitest";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { codeSets } from "../../src/reports/content.ts";
import type { Text } from "../../src/reports/texts.ts";
import { amountTexts } from "../../src/reports/texts-amounts.ts";
import { codeTexts } from "../../src/reports/texts-codes.ts";
import { columnTexts, columnTextsOfSections, sectionTexts } from "../../src/reports/texts-columns.ts";
import { sentences, words } from "../../src/reports/texts-sentences.ts";

const LANGUAGES = languageSchema.options;
type Language = (typeof LANGUAGES)[number];

const texts: Readonly<Record<string, Text>> = Object.fromEntries(
  [
    ["section", sectionTexts] as const,
    ["column", { ...columnTexts, ...columnTextsOfSections }] as const,
    ["word", words] as const,
    ["sentence", sentences] as const,
    ["amount", amountTexts] as const,
    ...codeSets.map((set) => [set, codeTexts[set]] as const),
  ].flatMap(([prefix, entries]) => Object.entries(entries).map(([key, text]) => [`${prefix}.${key}`, text])),
);
const inLanguage = (language: Language) =>
  Object.entries(texts).map(([key, text]) => [key, text[language]] as const);

/** Looked at one by one: texts that languages share, each with who shares it. */
const SHARED: readonly string[] = [
  // The signs of the units are international; the Polish one is what people there write.
  "amount.minutes: en es it",
  "column.format: es it",
  "fact.customerName: es it",
  // A title and a number.
  "sentence.part: en es pl it",
  "word.consumption: es it",
  "word.period: es it",
];

/** What an ICU text says, without its arguments and choices. */
const saidIn = (text: string): string =>
  text.replaceAll(
    /\{\w+, (?:number|plural)[,}]?|\{\w+\}|\b(?:one|few|many|other) (?=\{)|=\d+ (?=\{)|[{}#]/g,
    " ",
  );

const wordsIn = (text: string): readonly string[] =>
  saidIn(text)
    .toLowerCase()
    .match(/\p{L}+/gu) ?? [];

/** Frequent words that none of the other three has. */
const OWN_WORDS: Readonly<Record<Language, readonly string[]>> = {
  en: [
    "the",
    "of",
    "and",
    "are",
    "is",
    "that",
    "for",
    "with",
    "on",
    "at",
    "by",
    "support",
    "agreement",
    "package",
    "event",
  ],
  es: ["de", "el", "los", "las", "y", "se", "es", "son", "desde", "hasta", "en", "esta"],
  pl: ["w", "z", "od", "za", "na", "nie", "dla", "są", "ze", "jest", "lub", "którego"],
  it: ["di", "della", "dell", "dello", "il", "gli", "per", "non", "sono", "ai", "fino", "è"],
};
/** Letters that the language has beside those from a to z. */
const LETTERS: Readonly<Record<Language, string>> = {
  en: "",
  es: "áéíóúüñ",
  pl: "ąćęłńóśźż",
  it: "àèéìòù",
};

/** Whether something in the text cannot be of the language. Of a single word that cannot always be told. */
function isForeign(text: string, language: Language): boolean {
  const letters = new RegExp(`^[a-z${LETTERS[language]}]*$`);
  const foreignWords = LANGUAGES.filter((other) => other !== language).flatMap((other) => OWN_WORDS[other]);
  return wordsIn(text).some((word) => !letters.test(word) || foreignWords.includes(word));
}

describe("the languages of reports", () => {
  it("share a text only where it was looked at", () => {
    const shared = Object.entries(texts).flatMap(([key, text]) =>
      [...Map.groupBy(LANGUAGES, (language) => text[language])]
        .filter(([, languages]) => languages.length > 1)
        .map(([, languages]) => `${key}: ${languages.join(" ")}`),
    );
    expect(shared.toSorted()).toEqual(SHARED.toSorted());
  });

  it.each(LANGUAGES)("are not mixed up: %s", (language) => {
    expect(inLanguage(language).filter(([, text]) => isForeign(text, language))).toEqual([]);
  });

  it.each(
    LANGUAGES.flatMap((language) =>
      LANGUAGES.filter((other) => other !== language).map((other) => [other, language] as const),
    ),
  )("are told apart, %s from %s, by at least a quarter of their texts", (other, language) => {
    const texts = inLanguage(other);
    const noticed = texts.filter(([, text]) => isForeign(text, language));
    expect(noticed.length).toBeGreaterThan(texts.length / 4);
  });

  it.each(LANGUAGES)(
    "are written in letters and signs that a font for European languages has: %s",
    (language) => {
      for (const [key, text] of inLanguage(language))
        expect(text, key).toMatch(/^[\u0020-\u007E\u00A0-\u017F–—‘’“”„…]*$/);
    },
  );

  it.each(LANGUAGES)(
    "have their own quotation marks and apostrophes, and no typewriter's: %s",
    (language) => {
      const quotes = { en: /[«»„"']/, es: /[“”„"']/, pl: /[«»“"']/, it: /[“”„"']/ }[language];
      for (const [key, text] of inLanguage(language)) expect(text, key).not.toMatch(quotes);
    },
  );

  it.each(LANGUAGES)("have one form of accented letters, the composed one: %s", (language) => {
    for (const [key, text] of inLanguage(language)) expect(text, key).toBe(text.normalize("NFC"));
  });
});
