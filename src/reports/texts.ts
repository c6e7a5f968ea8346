/**
 * What reports say, every text in every language side by side: one that is missing does not compile. A test holds the
 * columns of `columns.ts` and the arguments of each text against it. The words of the product are those of its documents in
 * each language. Pure.
 * A name that is put into a sentence stays as it is: what a reader might take amiss in it is for the writer of a file.
 */
import { IntlMessageFormat } from "intl-messageformat";
import type { Language } from "../agreements/agreement-event.ts";
import type { CodeSet, SectionKey } from "./content.ts";
import { codeTexts } from "./texts-codes.ts";
import { columnTexts, columnTextsOfSections, sectionTexts } from "./texts-columns.ts";
import { type SentenceKey, type SentenceValues, sentences, type WordKey, words } from "./texts-sentences.ts";

export type Text = Readonly<Record<Language, string>>;

/** Numbers, days and times are told the international way, in English too. */
export const LOCALES: Readonly<Record<Language, string>> = {
  en: "en-GB",
  es: "es-ES",
  pl: "pl-PL",
  it: "it-IT",
};

/** Not a comma: a text may have one. */
const BETWEEN_CODES = "; ";

export type ReportTexts = {
  readonly language: Language;
  /** As a file names the language that it is in: `pl-PL`. */
  readonly locale: string;
  readonly section: (key: SectionKey) => string;
  /**
   * @param section in which the column is, where it may mean something of its own.
   * @throws Error for a column that has no label.
   */
  readonly column: (key: string, section?: SectionKey) => string;
  /** A code without a text stays as it is: events may come to say what is not known here yet. */
  readonly code: (set: CodeSet, code: string) => string;
  /** Several codes apart by spaces, as a cell has them. */
  readonly codes: (set: CodeSet, codes: string) => string;
  readonly word: (key: WordKey) => string;
  readonly say: <Key extends SentenceKey>(key: Key, values: SentenceValues[Key]) => string;
};

export function reportTexts(language: Language): ReportTexts {
  const code = (set: CodeSet, key: string): string => entryOf(codeTexts[set], key)?.[language] ?? key;
  const formats = new Map<SentenceKey, IntlMessageFormat>();
  const formatOf = (key: SentenceKey): IntlMessageFormat => {
    const known = formats.get(key);
    if (known !== undefined) return known;
    const format = messageFormat(sentences[key][language], language);
    formats.set(key, format);
    return format;
  };
  return {
    language,
    locale: LOCALES[language],
    section: (key) => sectionTexts[key][language],
    column: (key, section) => {
      const own = section && entryOf(columnTextsOfSections, `${section}.${key}`);
      const text = own ?? entryOf(columnTexts, key);
      if (text === undefined) throw new Error(`the column ${key} has no label`);
      return text[language];
    },
    code,
    codes: (set, codes) =>
      codes
        .split(" ")
        .map((each) => code(set, each))
        .join(BETWEEN_CODES),
    word: (key) => words[key][language],
    say: (key, values) => String(formatOf(key).format(values)),
  };
}

export const messageFormat = (text: string, language: Language): IntlMessageFormat =>
  new IntlMessageFormat(text, LOCALES[language], undefined, { ignoreTag: true });

/** Of the record's own: no text is called `constructor`. */
function entryOf(texts: Readonly<Record<string, Text>>, key: string): Text | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined;
}
