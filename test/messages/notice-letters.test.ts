import { describe, expect, it } from "vitest";
import type { Content } from "../../src/messages/message.ts";
import { renderMessage } from "../../src/messages/render-message.ts";
import { contents, LANGUAGES, LINKS, someMessage } from "./some-messages.ts";

type Language = (typeof LANGUAGES)[number];

const said = (content: Content, language: Language) =>
  renderMessage(someMessage({ content, language }), LINKS);
const used = (figures: Partial<(typeof contents)["allowanceUsed"]>, language: Language) =>
  said({ ...contents.allowanceUsed, ...figures }, language).text;
const ending = (daysLeft: number, language: Language) =>
  said({ ...contents.packageExpiring, daysLeft }, language).subject;

describe("the letter about an allowance", () => {
  it("tells how much of how much is used, and what is left", () => {
    const text = (language: Language) => used({ consumed: 1_450, purchased: 2_000, percent: 72 }, language);
    expect(text("en")).toContain("Used so far: 1,450 of 2,000 minutes, that is 72%.");
    expect(text("en")).toContain("Still available: 550 minutes.");
    expect(text("es")).toContain("1450 de 2000 minutos, es decir, el 72 %.");
    expect(text("es")).toContain("Quedan disponibles: 550 minutos.");
    expect(text("pl")).toMatch(/1450 z puli, która wynosi 2000 minut, czyli 72%\./);
    expect(text("pl")).toContain("Pozostało do wykorzystania: 550 minut.");
    expect(text("it")).toContain("1450 su 2000 minuti, cioè il 72%.");
    expect(text("it")).toContain("Ancora disponibile: 550 minuti.");
  });

  it.each([
    ["en", "1 minute.", "2 minutes.", "5 minutes.", "22 minutes."],
    ["es", "1 minuto.", "2 minutos.", "5 minutos.", "22 minutos."],
    ["pl", "1 minuta.", "2 minuty.", "5 minut.", "22 minuty."],
    ["it", "1 minuto.", "2 minuti.", "5 minuti.", "22 minuti."],
  ] as const)("has the plural forms of %s", (language, ...forms) => {
    const texts = [1, 2, 5, 22].map((left) => used({ consumed: 600 - left, purchased: 600 }, language));
    for (const [index, form] of forms.entries()) expect(texts[index]).toContain(form);
  });

  it("says a million as each language does", () => {
    expect(used({ consumed: 0, purchased: 1_000_000 }, "es")).toContain("1.000.000 de minutos");
    expect(used({ consumed: 0, purchased: 1_000_000 }, "it")).toContain("1.000.000 di minuti");
    expect(used({ consumed: 0, purchased: 1_000_000 }, "pl")).toMatch(/1\s000\s000 minut\b/);
  });

  it("knows every unit in every language", () => {
    for (const language of LANGUAGES) {
      const units = ["minutes", "credits", "activities", "contacts", "executions"] as const;
      const texts = units.map((unit) => used({ unit, consumed: 1, purchased: 4 }, language));
      expect(new Set(texts).size).toBe(units.length);
      for (const text of texts) expect(text).toMatch(/\b4 \p{L}{5}/u);
    }
  });

  it("says when nothing is left, and by how much the allowance is exceeded", () => {
    const told = LANGUAGES.map((language) => used({ consumed: 600, purchased: 600, percent: 100 }, language));
    expect(told[0]).toContain("nothing is left");
    expect(told[1]).toContain("no queda nada");
    expect(told[2]).toContain("nic już nie zostało");
    expect(told[3]).toContain("non resta più nulla");
    const over = LANGUAGES.map((language) => used({ consumed: 603, purchased: 600, percent: 100 }, language));
    expect(over[0]).toContain("exceeded by 3 minutes");
    expect(over[1]).toContain("superado en 3 minutos");
    expect(over[2]).toContain("przekroczona o: 3 minuty");
    expect(over[3]).toContain("superata di 3 minuti");
  });
});

describe("the letter about the end of a package", () => {
  it.each([
    ["en", "ends today", "ends tomorrow", "ends in 7 days", "ends in 90 days"],
    ["es", "termina hoy", "termina mañana", "termina dentro de 7 días", "termina dentro de 90 días"],
    ["pl", "kończy się dzisiaj", "kończy się jutro", "kończy się za 7 dni", "kończy się za 90 dni"],
    ["it", "termina oggi", "termina domani", "termina tra 7 giorni", "termina tra 90 giorni"],
  ] as const)("says in %s how near it is", (language, ...forms) => {
    for (const [index, days] of [0, 1, 7, 90].entries())
      expect(ending(days, language)).toContain(forms[index]);
  });

  it("names the last day as a day, the same in every zone", () => {
    const text = (language: Language) => said(contents.packageExpiring, language).text;
    expect(text("en")).toContain("Wednesday, 31 March 2027 is its last day");
    expect(text("es")).toContain("miércoles, 31 de marzo de 2027");
    expect(text("pl")).toContain("środa, 31 marca 2027");
    expect(text("it")).toContain("mercoledì 31 marzo 2027");
  });
});

describe("the letter about the end of a grant", () => {
  const told = (figures: Partial<(typeof contents)["grantExpiring"]>, language: Language) =>
    said({ ...contents.grantExpiring, ...figures }, language);

  it.each([
    ["en", "expires today", "expires tomorrow", "expires in 2 days", "expires in 90 days"],
    ["es", "caduca hoy", "caduca mañana", "caduca dentro de 2 días", "caduca dentro de 90 días"],
    ["pl", "wygasa dzisiaj", "wygasa jutro", "wygasa za 2 dni", "wygasa za 90 dni"],
    ["it", "scade oggi", "scade domani", "scade tra 2 giorni", "scade tra 90 giorni"],
  ] as const)("says in %s how near it is", (language, ...forms) => {
    for (const [index, daysLeft] of [0, 1, 2, 90].entries()) {
      const { subject, text } = told({ daysLeft }, language);
      expect(subject).toContain(forms[index]);
      expect(text).toContain(forms[index]);
    }
  });

  it("says how much of it is unused, what becomes of that, and names its last day", () => {
    const text = (language: Language, unused: number) => told({ unused }, language).text;
    expect(text("en", 1)).toContain("Still to be used by then: 1 minute. What has not been used");
    expect(text("en", 40)).toContain("Wednesday, 31 March 2027 is its last day");
    expect(text("es", 40)).toContain("Queda por utilizar hasta entonces: 40 minutos. Lo que no se haya");
    expect(text("es", 40)).toContain("su último día es el miércoles, 31 de marzo de 2027");
    expect(text("pl", 3)).toContain("Do wykorzystania do tego czasu: 3 minuty. To, co nie zostanie");
    expect(text("pl", 40)).toContain("Ostatni dzień: środa, 31 marca 2027");
    expect(text("it", 40)).toContain("Ancora da utilizzare entro tale data: 40 minuti. Ciò che non");
    expect(text("it", 40)).toContain("il suo ultimo giorno è mercoledì 31 marzo 2027");
  });
});
