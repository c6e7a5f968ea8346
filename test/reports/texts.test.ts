import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  languageSchema,
  planSchema,
  sectionSchema,
  serviceSchema,
  unitSchema,
} from "../../src/agreements/agreement-event.ts";
import { reasonSchema } from "../../src/consumption/entry.ts";
import { columnsOf } from "../../src/reports/columns.ts";
import { type CodeSet, codeSets, sectionKeys } from "../../src/reports/content.ts";
import { type ReportTexts, reportTexts, type Text } from "../../src/reports/texts.ts";
import { amountTexts } from "../../src/reports/texts-amounts.ts";
import { codeTexts } from "../../src/reports/texts-codes.ts";
import { columnTexts, columnTextsOfSections, sectionTexts } from "../../src/reports/texts-columns.ts";
import { sentences, words } from "../../src/reports/texts-sentences.ts";
import { severitySchema } from "../../src/support/request.ts";
import { requestStatusSchema } from "../../src/support/request-status.ts";

const LANGUAGES = languageSchema.options;
/** Characters of a sheet's name; a section that goes on has a number after it. */
const SHEET_NAME_MAX = 31;
const inEveryLanguage = LANGUAGES.map((language) => [language, reportTexts(language)] as const);

const labels: Readonly<Record<string, Text>> = Object.fromEntries([
  ...keyed("section", sectionTexts),
  ...keyed("column", columnTexts),
  ...keyed("column", columnTextsOfSections),
  ...keyed("word", words),
  ...codeSets.flatMap((set) => (set === "section" ? [] : keyed(set, codeTexts[set]))),
]);
const messages: Readonly<Record<string, Text>> = Object.fromEntries([
  ...keyed("sentence", sentences),
  ...keyed("amount", amountTexts),
]);
const all = { ...labels, ...messages };

function keyed(prefix: string, texts: Readonly<Record<string, Text>>): readonly (readonly [string, Text])[] {
  return Object.entries(texts).map(([key, text]) => [`${prefix}.${key}`, text] as const);
}

describe("the texts of reports", () => {
  it("are there in every language that people may have, and none is empty", () => {
    for (const [key, text] of Object.entries(all)) {
      expect(Object.keys(text).toSorted(), key).toEqual(LANGUAGES.toSorted());
      for (const said of Object.values(text)) expect(said, key).toMatch(/^\S(.*\S)?$/s);
    }
  });

  it.each(inEveryLanguage)("have a label for each column of each section: %s", (_, texts) => {
    for (const key of sectionKeys) {
      expect(texts.section(key)).not.toBe("");
      for (const column of columnsOf[key]) expect(texts.column(column.key, key)).not.toBe("");
    }
  });

  it("have no label for a column that no section has", () => {
    const columns = sectionKeys.flatMap((section) =>
      columnsOf[section].flatMap(({ key }) => [key, `${section}.${key}`]),
    );
    for (const key of Object.keys({ ...columnTexts, ...columnTextsOfSections }))
      expect(columns).toContain(key);
    expect(() => reportTexts("en").column("shoeSize")).toThrow("shoeSize");
    expect(() => reportTexts("en").column("constructor")).toThrow("constructor");
  });

  it.each(inEveryLanguage)("call no two columns of a section the same: %s", (_, texts) => {
    for (const key of sectionKeys) {
      const headers = columnsOf[key].map((column) => texts.column(column.key, key));
      expect(new Set(headers).size, key).toBe(headers.length);
    }
  });

  it.each(inEveryLanguage)("call sections as sheets may be called, no two the same: %s", (_, texts) => {
    const titles = sectionKeys.map(texts.section);
    expect(new Set(titles.map((title) => title.toLowerCase())).size).toBe(titles.length);
    for (const title of titles) {
      expect(title.length, title).toBeLessThanOrEqual(SHEET_NAME_MAX - " (2)".length);
      expect(title).not.toMatch(/[[\]:*?/\\']/);
    }
  });

  const known: Readonly<Record<CodeSet, readonly string[]>> = {
    service: serviceSchema.options,
    unit: unitSchema.options,
    plan: planSchema.options,
    packageSection: sectionSchema.options,
    severity: severitySchema.options,
    requestStatus: requestStatusSchema.options,
    category: ["SU", "DSA", "X85", "REC"],
    reason: reasonSchema.options,
    change: ["added", "removed", "changed"],
    section: sectionKeys,
    fact: [
      ...["report", "customerId", "customerName", "agreementId", "agreementNumber", "plan", "agreementStart"],
      ...["agreementEnd", "timeZone", "periodFrom", "periodTo", "workspaces", "workspace", "version"],
      ...["generatedAt", "dataAsOf"],
    ],
    reportKind: ["cpod", "education"],
    workspaceChoice: ["all", "chosen"],
    format: ["onDemand", "instructorLed"],
  };
  it.each(codeSets)("have a text for each known code, and for no other: %s", (set) => {
    expect(Object.keys(codeTexts[set]).toSorted()).toEqual(known[set].toSorted());
    const said = known[set].map((code) => reportTexts("pl").code(set, code));
    expect(new Set(said).size).toBe(said.length);
  });

  it("leave a code that is not known as it is", () => {
    const texts = reportTexts("es");
    expect(texts.code("service", "toString")).toBe("toString");
    expect(texts.code("format", "Virtual, con instructor")).toBe("Virtual, con instructor");
    expect(texts.codes("reason", "agreementExpired later")).toBe("Contrato caducado; later");
    expect(texts.codes("reason", "")).toBe("");
  });

  it("say each thing in the language that was asked for", () => {
    const said = (texts: ReportTexts) => [
      texts.locale,
      texts.section("delivery"),
      texts.column("name", "total"),
      texts.column("name"),
      texts.code("severity", "critical"),
      texts.word("included"),
      texts.say("lines", { rows: 22 }),
    ];
    expect(inEveryLanguage.map(([, texts]) => said(texts))).toEqual([
      ["en-GB", "Deliveries", "Section", "Name", "A (critical)", "Included", "22 lines"],
      ["es-ES", "Entregas", "Sección", "Nombre", "A (crítica)", "Incluido", "22 líneas"],
      ["pl-PL", "Dostawy usług", "Sekcja", "Nazwa", "A (krytyczna)", "W pakiecie", "22 wiersze"],
      ["it-IT", "Consegne", "Sezione", "Nome", "A (critica)", "Incluso", "22 righe"],
    ]);
  });

  it("take names as they are, whatever they look like", () => {
    const name = "<b>{rows}</b> '{' # & co";
    expect(reportTexts("it").say("linesOf", { name })).toBe(`Consegne: ${name}`);
  });
});

type Element = {
  readonly type: number;
  readonly value?: unknown;
  readonly options?: Readonly<Record<string, { readonly value: readonly Element[] }>> | undefined;
};
const elementSchema: z.ZodType<Element> = z.object({
  type: z.number(),
  value: z.unknown().optional(),
  options: z.record(z.string(), z.object({ value: z.lazy(() => z.array(elementSchema)) })).optional(),
});
const LITERAL = 0;
const PLURAL = 6;

function elementsOf(text: string, language: string): readonly Element[] {
  const parsed = new IntlMessageFormat(text, language, undefined, { ignoreTag: true }).getAst();
  const inside = (element: Element): readonly Element[] => [
    element,
    ...Object.values(element.options ?? {}).flatMap((option) => option.value.flatMap(inside)),
  ];
  return z.array(elementSchema).parse(parsed).flatMap(inside);
}

/** Each argument, with what is made of it; `#` in a plural is none of its own. */
const argumentsOf = (text: string, language: string): readonly string[] => [
  ...new Set(
    elementsOf(text, language)
      .filter(({ type, value }) => type !== LITERAL && value !== undefined)
      .map(({ type, value }) => `${String(value)} ${type}`)
      .toSorted(),
  ),
];

describe("the arguments of texts", () => {
  it.each(Object.entries(messages))("are the same in every language: %s", (_, text) => {
    const expected = argumentsOf(text.en, "en");
    for (const language of LANGUAGES)
      expect(argumentsOf(text[language], language), language).toEqual(expected);
  });

  it.each(Object.entries(messages))("come with each number that the language has: %s", (_, text) => {
    for (const language of LANGUAGES) {
      const plurals = elementsOf(text[language], language).filter(({ type }) => type === PLURAL);
      for (const { options = {} } of plurals) {
        const forms = Object.keys(options).filter((form) => !form.startsWith("="));
        // Only a choice between nothing and something needs no words for numbers.
        const needed =
          forms.length === 1 ? ["other"] : new Intl.PluralRules(language).resolvedOptions().pluralCategories;
        expect(forms.toSorted(), language).toEqual(needed.toSorted());
      }
    }
  });

  it("are in sentences only", () => {
    for (const [key, text] of Object.entries(labels))
      expect(Object.values(text).join(), key).not.toMatch(/[{}#]/);
  });
});
