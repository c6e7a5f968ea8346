import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MAIL_BODY_LENGTH_MAX,
  sanitizedMailHtml,
  snippetOf,
  textOfHtml,
} from "../../src/support/mail-body.ts";
import { FRAGMENTS, VECTORS } from "./mail-vectors.ts";
import { breaches, textIn } from "./parsed-html.ts";

function expectSafe(html: string): void {
  const sanitized = sanitizedMailHtml(html);
  expect(breaches(sanitized), `${html} became ${sanitized}`).toEqual([]);
  expect(sanitizedMailHtml(sanitized), html).toBe(sanitized);
  expect(sanitized.length).toBeLessThanOrEqual(MAIL_BODY_LENGTH_MAX);
  expect(sanitized).not.toMatch(/(?![\n\t])\p{Cc}|\p{Surrogate}/u);
}

describe("this check", () => {
  test.each([
    "<script>",
    "<p onclick=x>",
    "<a href=javascript:x rel='noopener noreferrer nofollow'>",
    "<a href=https://a.example>",
    "<svg></svg>",
    "<!-- c -->",
    "<img>",
    "<noscript><p title='</noscript><b x>'>",
    "<p style=x>",
    "<template><b></b></template>",
  ])("finds what is wrong with %s", (html) => {
    expect(breaches(html)).not.toEqual([]);
  });

  test("sees more than 150 ways to do harm", () => {
    expect(VECTORS.length).toBeGreaterThan(150);
  });
});

describe("nothing in a mail is run, fetched or taken for a part of the page", () => {
  test.each(VECTORS)("%#: %j", (vector) => {
    expectSafe(vector);
    expectSafe(`<p>before ${vector} after</p>`);
    expectSafe(`<table><tr><td>${vector}</td></tr></table>`);
    expectSafe(`<a href="https://a.example/${vector}">${vector}`);
    expectSafe(`<svg>${vector}</svg>${vector}`);
  });

  test("however these are put together", () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...FRAGMENTS) },
      { weight: 1, arbitrary: fc.constantFrom(...VECTORS) },
      { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 5 }) },
    );
    const mail = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(""));
    fc.assert(fc.property(mail, expectSafe), { numRuns: 3_000 });
  });
});

describe("of a normal mail", () => {
  const MAIL = [
    '<html><head><meta charset="utf-8"><title>Re: sign-in</title><style>p { color: red }</style></head><body lang=PL>',
    '<div class="WordSection1"><p class=MsoNormal>Dzień dobry <b>Łukasz</b>,<o:p></o:p></p>',
    "<p>two &lt; three &amp; more&nbsp;text<br>next line</p>",
    '<ul><li>first</li><li>second <a href="https://learn.example/a?b=1&amp;c=2#d" target="_blank">guide</a></li></ul>',
    '<table border="1"><thead><tr><th colspan="2">Log</th></tr></thead><tbody><tr><td>a</td><td>b</td></tr></tbody></table>',
    '<blockquote>On Monday <a href="mailto:ana@provider.example">Ana</a> wrote: <pre>  x = 1</pre></blockquote>',
    '<p dir="rtl">שלום</p><img src="cid:logo" alt="Contoso logo"><img src="https://t.example/pixel.gif">',
    "</div></body></html>",
  ].join("\n");

  test("the text, lists, tables and links stay, and pictures are told by their alternative text", () => {
    const sanitized = sanitizedMailHtml(MAIL);
    expect(breaches(sanitized)).toEqual([]);
    expect(textIn(sanitized)).toBe(
      "Dzień dobry Łukasz, two < three & more text next line first second guide Log a b On Monday Ana wrote: " +
        "x = 1 שלום Contoso logo",
    );
    for (const kept of [
      "<b>Łukasz</b>",
      "<ul><li>first</li><li>second ",
      '<a href="https://learn.example/a?b=1&amp;c=2#d" rel="noopener noreferrer nofollow">guide</a>',
      '<a href="mailto:ana@provider.example" rel="noopener noreferrer nofollow">Ana</a>',
      '<table><thead><tr><th colspan="2">Log</th></tr></thead><tbody><tr><td>a</td><td>b</td></tr></tbody></table>',
      "<pre>  x = 1</pre>",
      '<p dir="rtl">שלום</p>',
      "<span>Contoso logo</span>",
    ]) {
      expect(sanitized).toContain(kept);
    }
  });

  test("the text is there in lines, with where its links lead", () => {
    expect(textOfHtml(MAIL)).toBe(
      [
        ...["Dzień dobry Łukasz,", "", "two < three & more\u00A0text", "next line", "", "- first"],
        ...["- second guide <https://learn.example/a?b=1&c=2#d>", "", "Log", "a\tb", ""],
        ...[
          "On Monday Ana <mailto:ana@provider.example> wrote:",
          "",
          "  x = 1",
          "",
          "שלום",
          "",
          "Contoso logo",
        ],
      ].join("\n"),
    );
  });

  test("a link whose text is its address is told once", () => {
    expect(textOfHtml('<a href="https://a.example/">https://a.example</a>')).toBe("https://a.example");
    expect(textOfHtml('<a href="mailto:a@b.example">a@b.example</a>')).toBe("a@b.example");
  });

  test("a link does not hide where it leads behind a name", () => {
    expect(sanitizedMailHtml('<a href="https://bank.example@evil.example/">x</a>')).toContain(
      'href="https://evil.example/"',
    );
  });

  test("an end tag of nothing that was begun is left out", () => {
    expect(sanitizedMailHtml("a</div></div></td></body></html>b")).toBe("ab");
  });

  test("what is no markup is text, and becomes the same text", () => {
    expect(textOfHtml("a < b && c > d &amp;lt;")).toBe("a < b && c > d &lt;");
  });
});

describe("a mail that is made to be slow or large comes back in a moment, safe and short enough", () => {
  test.each([
    ["open elements", "<b>"],
    ["elements that nobody knows", "<x>"],
    ["end tags of nothing", "</p>"],
    ["cells without a table", "<td>"],
    ["paragraphs", "<p>"],
    ["signs that are written longer", "&<"],
    ["attributes", "<a x "],
    ["short links", "<a href=http:a>"],
    ["pictures", "<img alt=a>"],
    ["comments", "<!--"],
    ["scripts", "<noscript></p>"],
    ["drawings", "<svg></p>"],
    ["half characters", "\uD800"],
    ["cut characters", "😀<b>x</b>"],
    ["spaces", "<pre>  \n"],
  ])("%s", (_, piece) => {
    const startedAt = performance.now();
    const html = piece.repeat((2 * MAIL_BODY_LENGTH_MAX) / piece.length);
    const sanitized = sanitizedMailHtml(html);
    expect(sanitized.length).toBeLessThanOrEqual(MAIL_BODY_LENGTH_MAX);
    expect(sanitizedMailHtml(sanitized)).toBe(sanitized);
    textOfHtml(html);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test("one too deep to be followed is shown as its text", () => {
    const deep = `${"<div>".repeat(5_000)}<script>alert(1)</script> a < b &lt; c`;
    expectSafe(deep);
    expect(sanitizedMailHtml(deep)).not.toContain("<div>");
    expect(textOfHtml(deep)).toContain("a < b");
  });

  test("one as deep as mails may be keeps its text, and less of its depth", () => {
    const deep = `${"<div>".repeat(500)}hello${"</div>".repeat(500)}`;
    expectSafe(deep);
    expect(sanitizedMailHtml(deep).match(/<div>/g)).toHaveLength(100);
    expect(textOfHtml(deep)).toBe("hello");
  });
});

describe("a snippet", () => {
  test("is the start in one line, cut at a word, without addresses", () => {
    expect(snippetOf("Hello,\n\nsee the guide <https://a.example/very/long> first.\n")).toBe(
      "Hello, see the guide first.",
    );
    expect(snippetOf("one two three four", 12)).toBe("one two…");
    expect(snippetOf("x".repeat(300))).toBe(`${"x".repeat(199)}…`);
    expect(snippetOf(" \n ")).toBe("");
  });

  test("never has more than it may, nor a part of a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        (text, max) => {
          const snippet = snippetOf(text, max);
          expect(snippet.length).toBeLessThanOrEqual(max);
          expect(snippet.isWellFormed()).toBe(true);
        },
      ),
    );
    expect(snippetOf("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 12)).toBe("👩‍👩‍👧…");
  });
});
