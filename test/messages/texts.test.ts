import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { texts } from "../../src/messages/texts.ts";
import { LANGUAGES } from "./some-messages.ts";

type Element = {
  readonly type: number;
  readonly value?: unknown;
  readonly style?: unknown;
  readonly options?: Readonly<Record<string, { readonly value: readonly Element[] }>> | undefined;
};
const elementSchema: z.ZodType<Element> = z.object({
  type: z.number(),
  value: z.unknown().optional(),
  style: z.unknown().optional(),
  options: z.record(z.string(), z.object({ value: z.lazy(() => z.array(elementSchema)) })).optional(),
});

const LITERAL = 0;
/** Each language has numbers of its own. */
const PLURAL = 6;

/** Each argument, with what is made of it and the choices that it offers. */
function argumentsOf(text: string, language: string): readonly string[] {
  const parsed = new IntlMessageFormat(text, language, undefined, { ignoreTag: true }).getAst();
  const found = (elements: readonly Element[]): string[] =>
    elements.flatMap(({ type, value, style, options = {} }) => [
      ...(type === LITERAL
        ? []
        : [
            `${String(value)} ${type} ${String(style)} ${type === PLURAL ? "" : Object.keys(options).join()}`,
          ]),
      ...Object.values(options).flatMap((option) => found(option.value)),
    ]);
  return [...new Set(found(z.array(elementSchema).parse(parsed)))].toSorted();
}

describe("the texts of messages", () => {
  it("are there in every language that people may have", () => {
    expect(LANGUAGES.toSorted()).toEqual(languageSchema.options.toSorted());
    for (const [key, text] of Object.entries(texts))
      expect(Object.keys(text).toSorted(), key).toEqual(LANGUAGES.toSorted());
  });

  it.each(Object.entries(texts))("have the same arguments in every language: %s", (_, text) => {
    const expected = argumentsOf(text.en, "en");
    for (const language of LANGUAGES)
      expect(argumentsOf(text[language], language), language).toEqual(expected);
  });

  it.each(Object.entries(texts))("are said in each language's own words: %s", (_, text) => {
    expect(new Set(Object.values(text)).size).toBe(LANGUAGES.length);
  });

  it("tell arguments apart, so that a forgotten one is found", () => {
    expect(argumentsOf("{isNamed, select, true {Hello {name}} other {Hello}}", "en")).not.toEqual(
      argumentsOf("{isNamed, select, true {Hola} other {Hola}}", "es"),
    );
    expect(argumentsOf("{at, date, moment}", "en")).not.toEqual(argumentsOf("{at}", "en"));
  });
});
