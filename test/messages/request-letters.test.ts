import { describe, expect, it } from "vitest";
import { renderMessage } from "../../src/messages/render-message.ts";
import { contents, LANGUAGES, LINKS as links, someMessage } from "./some-messages.ts";

const told = (
  content: (typeof contents)[keyof typeof contents],
  language = "en" as (typeof LANGUAGES)[number],
) => {
  const { subject, text, html } = renderMessage(someMessage({ content, language }), links);
  return { subject, text, html, all: `${subject}${text}${html}` };
};

describe("the letters about support requests", () => {
  it.each(["supportRequestShared", "supportRequestPrimaryContact", "supportRequestStatus"] as const)(
    "lead to it whoever sees it: %s",
    (template) => {
      for (const language of LANGUAGES) {
        expect(told(contents[template], language).text).toContain(
          "https://client.example/app/supportRequests/cust-t~SR-7K2M\n",
        );
      }
    },
  );

  it.each(["supportRequestSent", "supportRequestContact"] as const)(
    "lead nowhere whoever may not see it: %s",
    (template) => {
      for (const language of LANGUAGES)
        expect(told(contents[template], language).all).not.toMatch(/https?:|href|cust-t~/);
    },
  );

  it("say how it stands in words of each language", () => {
    const sent = contents.supportRequestSent;
    expect(LANGUAGES.map((language) => told(sent, language).text.split("\n\n").slice(4, 6))).toEqual([
      ["Severity: A (critical)", "Status: open"],
      ["Gravedad: A (crítica)", "Estado: abierta"],
      ["Ważność: A (krytyczna)", "Stan: otwarty"],
      ["Gravità: A (critica)", "Stato: aperta"],
    ]);
  });

  it("name who changed the status, or the support desk", () => {
    const status = contents.supportRequestStatus;
    expect(told(status).text).toContain("The support desk needs something from you");
    expect(told({ ...status, status: "closed", changedBy: "Rita" }).text).toContain(
      "Rita has closed your support request.",
    );
  });

  it("stay as they are whatever the title holds", () => {
    const title = 'Aceites\r\nBcc: x@y.example <a href="https://evil.example">here</a> {number}';
    const { subject, html } = told({ ...contents.supportRequestSent, title });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(html).not.toContain("<a ");
    expect(subject).toContain("{number}");
  });
});
