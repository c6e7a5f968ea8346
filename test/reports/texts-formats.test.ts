import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { languageSchema, unitSchema } from "../../src/agreements/agreement-event.ts";
import { type Formats, formatsOf } from "../../src/reports/formats.ts";
import { reportTexts } from "../../src/reports/texts.ts";

const LANGUAGES = languageSchema.options;
/** In each language, with what no line may end in shown as `_`. */
const inEach = (say: (formats: Formats) => string | null, timeZone = "UTC") =>
  LANGUAGES.map((language) => say(formatsOf(language, timeZone))?.replaceAll("\u00A0", "_") ?? null);

describe("the amounts of reports", () => {
  it.each([
    [0, "0 kredytów", "0 działań", "0 kontaktów", "0 wykonań"],
    [1, "1 kredyt", "1 działanie", "1 kontakt", "1 wykonanie"],
    [2, "2 kredyty", "2 działania", "2 kontakty", "2 wykonania"],
    [5, "5 kredytów", "5 działań", "5 kontaktów", "5 wykonań"],
    [12, "12 kredytów", "12 działań", "12 kontaktów", "12 wykonań"],
    [22, "22 kredyty", "22 działania", "22 kontakty", "22 wykonania"],
    [25, "25 kredytów", "25 działań", "25 kontaktów", "25 wykonań"],
    [112, "112 kredytów", "112 działań", "112 kontaktów", "112 wykonań"],
    [-1, "-1 kredyt", "-1 działanie", "-1 kontakt", "-1 wykonanie"],
    [-22, "-22 kredyty", "-22 działania", "-22 kontakty", "-22 wykonania"],
  ] as const)(
    "are in the right number in Polish: %d",
    (quantity, credits, activities, contacts, executions) => {
      const { amount } = formatsOf("pl", "Europe/Warsaw");
      expect(amount("credits", quantity)).toBe(credits);
      expect(amount("activities", quantity)).toBe(activities);
      expect(amount("contacts", quantity)).toBe(contacts);
      expect(amount("executions", quantity)).toBe(executions);
    },
  );

  it.each([
    [0, "0 wierszy"],
    [1, "1 wiersz"],
    [2, "2 wiersze"],
    [5, "5 wierszy"],
    [12, "12 wierszy"],
    [22, "22 wiersze"],
    [25, "25 wierszy"],
    [112, "112 wierszy"],
  ])("count lines in the right number in Polish: %d", (rows, said) => {
    expect(reportTexts("pl").say("lines", { rows })).toBe(said);
  });

  it.each([
    [750, ["12_h 30_min", "12_h 30_min", "12_godz. 30_min", "12_h 30_min"]],
    [720, ["12_h", "12_h", "12_godz.", "12_h"]],
    [61, ["1_h 1_min", "1_h 1_min", "1_godz. 1_min", "1_h 1_min"]],
    [59, ["59_min", "59_min", "59_min", "59_min"]],
    [0, ["0_min", "0_min", "0_min", "0_min"]],
    [-30, ["-30_min", "-30_min", "-30_min", "-30_min"]],
    [-120, ["-2_h", "-2_h", "-2_godz.", "-2_h"]],
    [-125, ["-2_h 5_min", "-2_h 5_min", "-2_godz. 5_min", "-2_h 5_min"]],
    [740_745, ["12,345_h 45_min", "12.345_h 45_min", "12_345_godz. 45_min", "12.345_h 45_min"]],
  ])("are hours and minutes where they are minutes: %d", (minutes, said) => {
    expect(inEach(({ amount }) => amount("minutes", minutes))).toEqual(said);
  });

  it("say one, several and a million in each language", () => {
    const said = (quantity: number) => inEach(({ amount }) => amount("credits", quantity));
    expect(said(1)).toEqual(["1 credit", "1 crédito", "1 kredyt", "1 credito"]);
    expect(said(1_234)).toEqual(["1,234 credits", "1234 créditos", "1234 kredyty", "1234 crediti"]);
    expect(said(1_000_000)).toEqual([
      "1,000,000 credits",
      "1.000.000 de créditos",
      "1_000_000 kredytów",
      "1.000.000 di crediti",
    ]);
  });

  it("are never told the same when they differ, nor lose a minute", () => {
    const amounts = fc.record({
      language: fc.constantFrom(...LANGUAGES),
      unit: fc.constantFrom(...unitSchema.options),
      quantity: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
    });
    fc.assert(
      fc.property(amounts, ({ language, unit, quantity }) => {
        const said = formatsOf(language, "UTC").amount(unit, quantity);
        expect(quantityOf(said, unit === "minutes")).toBe(quantity);
      }),
    );
  });
});

/** What a person makes of the text. */
function quantityOf(said: string, isDuration: boolean): number {
  const sign = said.startsWith("-") ? -1 : 1;
  const figures = [...said.matchAll(/\d[\d.,\u00A0]*/g)].map(([figure]) =>
    Number(figure.replaceAll(/\D/g, "")),
  );
  const [first = Number.NaN, second = 0] = figures;
  if (!isDuration) return sign * first;
  return sign * (/h|godz/.test(said) ? first * 60 + second : first) + 0;
}

describe("the figures of reports", () => {
  it("give zero no sign", () => {
    for (const unit of unitSchema.options)
      expect(inEach(({ amount }) => amount(unit, -0))).toEqual(inEach(({ amount }) => amount(unit, 0)));
    expect(inEach(({ integer }) => integer(-0))).toEqual(["0", "0", "0", "0"]);
    expect(inEach(({ percent }) => percent(-1, 1_000_000))).toEqual(["0%", "0_%", "0%", "0%"]);
  });

  it("group whole numbers as each language does", () => {
    expect(inEach(({ integer }) => integer(12_345))).toEqual(["12,345", "12.345", "12_345", "12.345"]);
    expect(inEach(({ integer }) => integer(-7))).toEqual(["-7", "-7", "-7", "-7"]);
  });

  it("say 100 % of what is used up only, and of nothing no share", () => {
    const said = (part: number, whole: number) => inEach(({ percent }) => percent(part, whole));
    expect(said(756, 1_000)).toEqual(["75.6%", "75,6_%", "75,6%", "75,6%"]);
    expect(said(999_999, 1_000_000)).toEqual(["99.9%", "99,9_%", "99,9%", "99,9%"]);
    expect(said(40, 40)).toEqual(["100%", "100_%", "100%", "100%"]);
    expect(said(50, 40)).toEqual(["125%", "125_%", "125%", "125%"]);
    expect(said(0, 40)).toEqual(["0%", "0_%", "0%", "0%"]);
    expect(said(5, 0)).toEqual([null, null, null, null]);
  });

  it("say every share of a thousand as it is", () => {
    const { percent } = formatsOf("en", "UTC");
    for (let part = 0; part <= 1_000; part++) {
      expect(percent(part, 1_000)).toBe(`${Math.floor(part / 10)}${part % 10 === 0 ? "" : `.${part % 10}`}%`);
    }
  });
});

describe("the times of reports", () => {
  it("are those of the zone, which they name", () => {
    const said = (timeZone: string, at: string) => inEach(({ instant }) => instant(at), timeZone);
    expect(said("Europe/Warsaw", "2026-11-30T23:05:59.999Z")).toEqual([
      "1 Dec 2026, 00:05 CET",
      "1 dic 2026, 00:05 CET",
      "1 gru 2026, 00:05 CET",
      "1 dic 2026, 00:05 CET",
    ]);
    expect(said("America/Sao_Paulo", "2026-11-05T02:00:00.000Z")).toEqual([
      "4 Nov 2026, 23:00 GMT-3",
      "4 nov 2026, 23:00 GMT-3",
      "4 lis 2026, 23:00 GMT-3",
      "4 nov 2026, 23:00 GMT-3",
    ]);
    expect(
      new Set(said("Asia/Kolkata", "2026-11-05T02:00:00+02:00").map((text) => text?.slice(-16))),
    ).toEqual(new Set([", 05:30 GMT+5:30"]));
  });

  it("tell apart the two hours that are called the same in autumn", () => {
    for (const language of LANGUAGES) {
      const { instant } = formatsOf(language, "Europe/Madrid");
      expect(instant("2026-10-25T00:30:00.000Z")).toMatch(/02:30 CEST$/);
      expect(instant("2026-10-25T01:30:00.000Z")).toMatch(/02:30 CET$/);
    }
  });

  it("are days of the calendar wherever the reader is", () => {
    for (const timeZone of ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
      expect(inEach(({ day }) => day("2026-03-01"), timeZone)).toEqual([
        "1 Mar 2026",
        "1 mar 2026",
        "1 mar 2026",
        "1 mar 2026",
      ]);
  });

  it("name the first and the last day of a half-open period, whatever the zone", () => {
    const said = (from: string, to: string) =>
      inEach(
        ({ period }) => period({ from: `${from}T00:00:00.000Z`, to: `${to}T00:00:00.000Z` }),
        "America/Sao_Paulo",
      );
    expect(said("2026-11-01", "2026-12-01")).toEqual([
      "1 – 30 November 2026",
      "1–30 de noviembre de 2026",
      "1–30 listopada 2026",
      "01–30 novembre 2026",
    ]);
    expect(said("2026-02-28", "2026-03-01")).toEqual([
      "28 February 2026",
      "28 de febrero de 2026",
      "28 lutego 2026",
      "28 febbraio 2026",
    ]);
    expect(inEach(({ days }) => days("2026-01-01", "2026-12-31"))).toEqual([
      "1 Jan – 31 Dec 2026",
      "1 ene – 31 dic 2026",
      "1 sty–31 gru 2026",
      "01 gen – 31 dic 2026",
    ]);
  });

  it("stay as they are where a producer sent no time", () => {
    expect(inEach(({ instant }) => instant("yesterday"))).toEqual(Array(4).fill("yesterday"));
    expect(inEach(({ day }) => day(""))).toEqual(Array(4).fill(""));
  });

  it.each(LANGUAGES)("are written in signs that a font for European languages has: %s", (language) => {
    for (const timeZone of ["Europe/Madrid", "Asia/Tehran", "America/New_York", "Pacific/Chatham", "UTC"]) {
      const formats = formatsOf(language, timeZone);
      for (let month = 1; month <= 12; month++) {
        const day = `2026-${String(month).padStart(2, "0")}-15`;
        const said = [
          formats.instant(`${day}T10:00:00.000Z`),
          formats.day(day),
          formats.days(day, "2027-01-02"),
          formats.period({ from: `${day}T00:00:00.000Z`, to: "2027-02-01T00:00:00.000Z" }),
          ...unitSchema.options.map((unit) => formats.amount(unit, -1_234_567)),
          formats.percent(-12_345_678, 1),
        ];
        expect(said.join("")).toMatch(/^[\u0020-\u007E\u00A0-\u017F–—’]*$/);
      }
    }
  });
});
