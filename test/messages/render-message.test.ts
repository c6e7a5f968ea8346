import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderMessage } from "../../src/messages/render-message.ts";
import {
  contents,
  LANGUAGES,
  someMessage,
  LINKS as withLinks,
  NO_LINKS as withoutLinks,
} from "./some-messages.ts";

const everyMessage = Object.values(contents).flatMap((content) =>
  LANGUAGES.map((language) => ({ content, language, template: content.template })),
);

describe("the text of a message", () => {
  it.each(everyMessage)("is whole: $template in $language", ({ content, language }) => {
    for (const links of [withLinks, withoutLinks]) {
      const { subject, text, html } = renderMessage(someMessage({ content, language }), links);
      expect(subject).toContain("Aceites Olivar");
      expect(text).toContain("Luz");
      for (const told of [text, html]) {
        expect(told).toContain("Almazara norte");
        expect(told).not.toMatch(/[{}]|\b(undefined|null|Invalid)\b/);
      }
      expect(html).toContain(`<html lang="${language}">`);
    }
  });

  it.each(everyMessage)("says in plain text all that the HTML says: $template in $language", (message) => {
    const { text, html } = renderMessage(someMessage(message), withLinks);
    const paragraphs = [...html.matchAll(/<(?:p|a)\b[^>]*>([^<]+)<\/(?:p|a)>/g)].map(([, said = ""]) => said);
    expect(paragraphs.length).toBeGreaterThan(5);
    for (const said of paragraphs) expect(text).toContain(said);
  });

  it("tells until when, in the recipient's language and the customer's time zone", () => {
    const told = LANGUAGES.map(
      (language) => renderMessage(someMessage({ language }), withLinks).text.split("\n\n")[4] ?? "",
    );
    expect(told[0]).toContain("Friday, 4 December 2026 at 23:30 CET");
    expect(told[1]).toMatch(/viernes, 4 de diciembre de 2026, 23:30 CET/);
    expect(told[2]).toMatch(/piątek, 4 grudnia 2026 23:30 CET/);
    expect(told[3]).toMatch(/venerdì 4 dicembre 2026 alle ore 23:30 CET/);
    const inLima = { ...contents.invitation, timeZone: "America/Lima" };
    const { text } = renderMessage(someMessage({ content: inLima, language: "en" }), withLinks);
    expect(text).toContain("4 December 2026 at 17:30");
  });

  it("leads to the invitation under the client's address, or says in words what to do", () => {
    const content = { ...contents.invitation, invitationId: "a b~ñ" };
    const linked = renderMessage(someMessage({ content, language: "en" }), withLinks);
    expect(linked.text).toContain("https://client.example/app/invitations/a%20b~%C3%B1\n");
    expect(linked.html).toContain('href="https://client.example/app/invitations/a%20b~%C3%B1"');
    const worded = renderMessage(someMessage({ content, language: "en" }), withoutLinks);
    expect(`${worded.text}${worded.html}`).not.toMatch(/https?:/);
    expect(worded.text).toContain("sign in to Customer Activity");
  });

  it("says what a support contact may do to support contacts alone", () => {
    const saidTo = (isSupportContact: boolean): string =>
      renderMessage(
        someMessage({ content: { ...contents.welcome, isSupportContact }, language: "en" }),
        withLinks,
      ).text;
    expect(saidTo(true)).toContain("open support requests");
    expect(saidTo(false)).not.toContain("support contact");
  });

  it("names no inviter where there is none", () => {
    for (const language of LANGUAGES) {
      const content = { ...contents.invitation, inviterName: null };
      const { text } = renderMessage(someMessage({ content, language }), withLinks);
      expect(text).not.toMatch(/\bnull\b|Ana|\n /);
    }
  });
});

const hostile = fc
  .array(
    fc.constantFrom(
      "\r\nBcc: all@example.org",
      "\n\nPay here",
      "<script>alert(1)</script>",
      '" onmouseover="x',
      "' onload='x",
      "&lt;b&gt;",
      "{name}",
      "{n, plural, other {#}}",
      "'{'",
      "\u202Egpj.exe",
      "\u2028",
      "\u0000",
      "\uD800",
      "Ana",
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(""));

describe("a name that is made to do harm", () => {
  it("starts no header, no paragraph and no element, and turns no text", () => {
    const { customerName: _, ...invitation } = contents.invitation;
    const property = (name: string, language: (typeof LANGUAGES)[number]): void => {
      const content = { ...invitation, customerName: name, workspaceName: name, inviterName: name };
      const message = someMessage({ content, language, to: { email: "a@b.example", name } });
      const harmless = someMessage({ language });
      const said = renderMessage(message, withLinks);
      const usual = renderMessage(harmless, withLinks);
      expect(said.subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202E]/u);
      expect(said.text.split("\n").length).toBe(usual.text.split("\n").length);
      expect(said.html.split("\n").length).toBe(usual.html.split("\n").length);
      expect(said.html.match(/<\/?[a-z]+/g)).toEqual(usual.html.match(/<\/?[a-z]+/g));
      expect(said.html.match(/ [a-z]+="[^"]*"/g)?.length).toBe(usual.html.match(/ [a-z]+="[^"]*"/g)?.length);
      for (const told of [said.subject, said.text, said.html]) {
        expect(told).not.toMatch(/\u202E/);
        expect(told.isWellFormed()).toBe(true);
      }
    };
    fc.assert(fc.property(hostile, fc.constantFrom(...LANGUAGES), property), { numRuns: 200 });
  });

  it("is told as it is, where it does none", () => {
    const content = { ...contents.invitation, customerName: "Łódź & Söhne <GmbH> {1}" };
    const { subject, text, html } = renderMessage(someMessage({ content, language: "en" }), withLinks);
    expect(subject).toContain("Łódź & Söhne <GmbH> {1}");
    expect(text).toContain("Łódź & Söhne <GmbH> {1}");
    expect(html).toContain("Łódź &amp; Söhne &lt;GmbH&gt; {1}");
  });

  it("is cut in the subject when it is long, and not in the text", () => {
    const content = { ...contents.invitation, customerName: "𝒜".repeat(128), workspaceName: "𝒲".repeat(128) };
    const { subject, text } = renderMessage(someMessage({ content }), withLinks);
    expect(subject.length).toBeLessThanOrEqual(200);
    expect(subject.isWellFormed()).toBe(true);
    expect(text).toContain("𝒜".repeat(128));
  });
});
