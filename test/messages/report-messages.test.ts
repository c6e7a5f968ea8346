import { describe, expect, it } from "vitest";
import type { Content } from "../../src/messages/message.ts";
import { renderMessage } from "../../src/messages/render-message.ts";
import { failureSchema } from "../../src/messages/report-contents.ts";
import { contents, LANGUAGES, LINKS, NO_LINKS, someMessage } from "./some-messages.ts";

type Language = (typeof LANGUAGES)[number];
type Ready = (typeof contents)["reportReady"];

const told = (content: Content, language: Language, links = LINKS) => {
  const { subject, text, html } = renderMessage(someMessage({ content, language }), links);
  return { subject, text, html, all: `${subject}${text}${html}` };
};
const ready = (facts: Partial<Ready>, language: Language = "en", links = LINKS) =>
  told({ ...contents.reportReady, ...facts }, language, links);

describe("the message to a recipient of a report", () => {
  it("tells the first and the last day of the period, and not the midnight after it", () => {
    const days = [
      "1 October 2026 to 31 October 2026",
      "del 1 de octubre de 2026 al 31 de octubre de 2026",
      "od 1 października 2026 do 31 października 2026",
      "1 ottobre 2026 – 31 ottobre 2026",
    ];
    for (const [index, language] of LANGUAGES.entries()) {
      expect(ready({}, language).text).toContain(days[index]);
      expect(ready({}, language).all).not.toMatch(/1(\sde)? (November|noviembre|listopada|novembre)/);
    }
  });

  it("tells the days of the period in UTC and the end of the link in the customer's zone", () => {
    const { text } = ready({ timeZone: "America/Lima", expiresAt: "2026-11-28T02:00:00.000Z" });
    expect(text).toContain("1 October 2026 to 31 October 2026");
    expect(text).toContain("Friday, 27 November 2026 at 21:00");
  });

  it("leads to the recipient's own link, once as a button and once to be read", () => {
    const url = "https://api.example/own/cust-t/d-1?until=1795773600000";
    for (const language of LANGUAGES) {
      const { text, html } = ready({}, language);
      expect(text).toContain(`:\n${url}\n`);
      expect(html).toContain(`<a href="${url}"`);
      expect(html.split(url)).toHaveLength(3);
    }
  });

  it("says until when the link opens, that it is not to be passed on, and whom to ask", () => {
    const said: readonly (readonly [RegExp, RegExp, RegExp])[] = [
      [/opens until Friday, 27 November 2026/, /do not forward/, /subscription “Almazara norte” at Aceites/],
      [/hasta el viernes, 27 de noviembre de 2026/, /no reenvíe/, /suscripción «Almazara norte» en Aceites/],
      [/do: piątek, 27 listopada 2026/, /nie przekazywać/, /subskrypcją „Almazara norte” \(Aceites/],
      [/fino a venerdì 27 novembre 2026/, /non inoltri/, /sottoscrizione «Almazara norte» presso Aceites/],
    ];
    for (const [index, language] of LANGUAGES.entries())
      for (const what of said[index] ?? []) expect(ready({}, language).text).toMatch(what);
  });

  it("says so where there can be no link, and speaks of none", () => {
    for (const language of LANGUAGES) {
      const { all } = ready({}, language, NO_LINKS);
      expect(all).not.toMatch(/https?:|href|27 (de )?(November|noviembre|listopada|novembre)/);
    }
    expect(ready({}, "en", NO_LINKS).text).toContain("could not be given a link");
  });

  it("says in a correction alone that figures have changed, without a count of lines that its reader may have otherwise", () => {
    const version = 12_345;
    for (const language of LANGUAGES) {
      const usual = ready({ isCorrection: false, version }, language);
      const corrected = ready({ isCorrection: true, version }, language);
      const before = usual.text.split("\n\n");
      const after = corrected.text.split("\n\n");
      const added = after.filter((_, index) => index === 5).join();
      expect(after).toHaveLength(before.length + 1);
      expect(before).not.toContain(added);
      expect(added).not.toMatch(/\d/);
      expect(corrected.subject).toMatch(/\(\p{L}+\)$/u);
      expect(usual.subject).not.toMatch(/\(\p{L}+\)$/u);
    }
    expect(ready({ isCorrection: true }).text).toContain(
      "Figures of this period have changed since they were last sent. The report lists the lines that changed since the version before it.",
    );
  });

  it("names the agreement of a proof of delivery, and none of an education report", () => {
    const education = { reportKind: "education", agreementNumber: null } as const;
    for (const language of LANGUAGES) {
      expect(ready({}, language).text).toContain("A-2026-17");
      const { subject, all } = ready(education, language);
      expect(all).not.toMatch(/A-2026-17|\bnull\b|CPOD/);
      expect(subject).not.toBe(ready({}, language).subject);
    }
  });
});

describe("the message about a report that was not made", () => {
  const reasons = failureSchema.unwrap().options;
  const saidIn = (language: Language) =>
    reasons.map((reason) => told({ ...contents.reportRunFailed, reason }, language).text.split("\n\n")[3]);

  it("says why in the words of each language, in others for each reason", () => {
    const all = LANGUAGES.flatMap(saidIn);
    expect(new Set(all).size).toBe(LANGUAGES.length * reasons.length);
    for (const [index, start] of [/^Reason: /, /^Motivo: /, /^Powód: /, /^Causa: /].entries())
      for (const text of saidIn(LANGUAGES[index] ?? "en")) expect(text).toMatch(start);
    expect(saidIn("en")).toContain("Reason: The figures kept changing while the report was made.");
  });

  it("names where to look for a reason that has no words", () => {
    const reason = failureSchema.parse("the ledger was away");
    const { text } = told({ ...contents.reportRunFailed, reason }, "en");
    expect(text).toContain("Reason: It is in the history of the subscription.");
  });

  it("says for which period, and leads to no report", () => {
    for (const language of LANGUAGES) {
      const { text, all } = told(contents.reportRunFailed, language);
      expect(text).toMatch(/31 (de )?(October|octubre|października|ottobre)/);
      expect(all).not.toContain("api.example");
    }
  });
});

describe("the message about a paused subscription", () => {
  it("says why and what to do, in other words for each reason", () => {
    for (const language of LANGUAGES) {
      const lost = told({ ...contents.subscriptionPaused, reason: "OwnerLostAccess" }, language);
      const done = told({ ...contents.subscriptionPaused, reason: "NothingToReport" }, language);
      expect(lost.subject).toBe(done.subject);
      const [first, second] = [lost.text.split("\n\n"), done.text.split("\n\n")];
      const different = first.filter((paragraph, index) => paragraph !== second[index]);
      expect(different).toHaveLength(2);
      expect(lost.all).not.toContain("api.example");
    }
  });
});

describe("a name in these messages", () => {
  const hostile = 'x\r\nBcc: all@example.org\n\n<a href="https://evil.example">Pay</a>\u202E{changes}';

  const names = { customerName: hostile, subscriptionName: hostile };
  const hostileContents: readonly Content[] = [
    { ...contents.reportReady, ...names, agreementNumber: hostile },
    { ...contents.reportRunFailed, ...names },
    { ...contents.subscriptionPaused, ...names },
  ];

  it.each(hostileContents.map((content) => [content.template, content] as const))(
    "stays within its line and its element: %s",
    (template, content) => {
      for (const language of LANGUAGES) {
        const usual = told(contents[template], language);
        const said = told(content, language);
        expect(said.subject).not.toMatch(/[\p{Cc}\u202E]/u);
        expect(said.text.split("\n")).toHaveLength(usual.text.split("\n").length);
        expect(said.html.match(/<\/?[a-z]+/g)).toEqual(usual.html.match(/<\/?[a-z]+/g));
        expect(said.text).toContain("{changes}");
      }
    },
  );
});
