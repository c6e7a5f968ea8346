import { createHash } from "node:crypto";
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse } from "parse5";
import { describe, expect, it } from "vitest";
import { preferredLanguage } from "../../src/platform/accept-language.ts";
import { sectionsOfKind } from "../../src/reports/content.ts";
import {
  busyLinkPage,
  closedLinkPage,
  type DeliveryPage,
  deliveryPage,
  type PageFile,
  pageHeaders,
} from "../../src/subscriptions/delivery-page.ts";
import { pageTexts } from "../../src/subscriptions/delivery-page-texts.ts";

const LANGUAGES = ["en", "es", "pl", "it"] as const;
type Language = (typeof LANGUAGES)[number];

const SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const file = (facts: Partial<PageFile>): PageFile => ({
  format: "pdf",
  section: null,
  language: "en",
  fileName: "cpod_2026-10_v2.pdf",
  bytes: 1_234_567,
  rows: 12_345,
  sha256: SHA,
  ...facts,
});

const page = (facts: Partial<DeliveryPage> = {}): DeliveryPage => ({
  language: "en",
  customerName: "Aceites Olivar",
  reportKind: "cpod",
  period: { from: "2026-10-01T00:00:00.000Z", to: "2026-11-01T00:00:00.000Z" },
  version: 2,
  generatedAt: "2026-11-20T10:00:00.000Z",
  dataAsOf: "2026-11-20T09:58:00.000Z",
  changes: { added: 2, removed: 0, changed: 1 },
  expiresAt: "2026-11-27T10:00:00.000Z",
  timeZone: "Europe/Madrid",
  files: [file({ format: "csv", section: "delivery" }), file({ format: "xlsx" }), file({ format: "pdf" })],
  address: new URL("https://api.example/api/reportDeliveries/d-1?link=v1.abc.def"),
  ...facts,
});

type Element = DefaultTreeAdapterTypes.Element;

/** All elements in their order, as a browser reads the text. */
function elementsOf(html: string): readonly Element[] {
  const errors: string[] = [];
  const document = parse(html, { onParseError: ({ code }) => errors.push(code) });
  expect(errors).toEqual([]);
  const within = (node: DefaultTreeAdapterTypes.ParentNode): readonly Element[] =>
    node.childNodes.flatMap((child) =>
      defaultTreeAdapter.isElementNode(child) ? [child, ...within(child)] : [],
    );
  return within(document);
}

const named = (elements: readonly Element[], name: string) =>
  elements.filter(({ tagName }) => tagName === name);
const attribute = ({ attrs }: Element, name: string) => attrs.find((each) => each.name === name)?.value;
function textOf(node: DefaultTreeAdapterTypes.ParentNode): string {
  return node.childNodes
    .map((child) => {
      if (defaultTreeAdapter.isTextNode(child)) return child.value;
      return defaultTreeAdapter.isElementNode(child) ? textOf(child) : "";
    })
    .join("");
}
const saidOn = (facts: Partial<DeliveryPage>): string => {
  const [main] = named(elementsOf(deliveryPage(page(facts))), "main");
  return main === undefined ? "" : textOf(main).replaceAll(/\s+/g, " ");
};

const everyPage = LANGUAGES.flatMap((language) => [
  ["of a delivery", language, deliveryPage(page({ language }))] as const,
  ["of a link that does not open", language, closedLinkPage(language)] as const,
  ["of too many downloads at once", language, busyLinkPage(language)] as const,
]);

describe.each(everyPage)("the page %s in %s", (_, language, html) => {
  const elements = elementsOf(html);

  it("says its language and its title, and has one main heading and no level left out", () => {
    expect(named(elements, "html").map((each) => attribute(each, "lang"))).toEqual([language]);
    expect(named(elements, "title").map(textOf).join()).toMatch(/\p{L}{4}/u);
    const levels = elements.flatMap(({ tagName }) => /^h(\d)$/.exec(tagName)?.[1] ?? []).map(Number);
    expect(levels.filter((level) => level === 1)).toEqual([1]);
    for (const [index, level] of levels.entries())
      expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1);
    expect(named(elements, "main")).toHaveLength(1);
  });

  it("runs no script, loads nothing and follows no link", () => {
    for (const name of ["script", "link", "img", "iframe", "object", "a", "base", "meta"])
      expect(named(elements, name)).toHaveLength(name === "meta" ? 2 : 0);
    const attributes = elements.flatMap(({ attrs }) => attrs.map((each) => each.name));
    expect(attributes.filter((name) => /^(on|src|href|style$)/.test(name))).toEqual([]);
    expect(html).not.toMatch(/url\(|@import|https?:/);
  });

  it("is allowed its one style by the policy, and nothing else", () => {
    const policy = pageHeaders()["content-security-policy"];
    const hashes = named(elements, "style").map((style) =>
      createHash("sha256").update(textOf(style)).digest("base64"),
    );
    expect(hashes).toHaveLength(1);
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hashes[0]}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
  });

  it("has no gaps in its words", () => {
    expect(html.replace(/<style>[^<]*<\/style>/, "")).not.toMatch(/[{}]|\b(undefined|null|Invalid|NaN)\b/);
  });
});

describe("the page of a delivery", () => {
  it("has a form for each file that posts to its address, and no other", () => {
    const elements = elementsOf(deliveryPage(page()));
    const forms = named(elements, "form");
    expect(forms.map((form) => [attribute(form, "method"), attribute(form, "action")])).toEqual(
      ["pdf", "xlsx", "csv-delivery"].map((name) => [
        "post",
        `/api/reportDeliveries/d-1/files/${name}?language=en&link=v1.abc.def`,
      ]),
    );
    expect(deliveryPage(page())).toContain('?language=en&amp;link=v1.abc.def"');
    const buttons = forms.flatMap((form) =>
      named(form.childNodes.filter(defaultTreeAdapter.isElementNode), "button"),
    );
    expect(buttons.map(textOf)).toEqual(forms.map(() => "Download: cpod_2026-10_v2.pdf"));
    expect(named(elements, "button")).toHaveLength(forms.length);
  });

  it("has a table with a header for each column and each row", () => {
    for (const language of LANGUAGES) {
      const elements = elementsOf(deliveryPage(page({ language })));
      const headers = named(elements, "th");
      expect(headers.map((each) => attribute(each, "scope"))).toEqual([
        ...Array<string>(4).fill("col"),
        ...Array<string>(3).fill("row"),
      ]);
      const [table] = named(elements, "table");
      const label = elements.find(
        (each) => attribute(each, "id") === (table && attribute(table, "aria-labelledby")),
      );
      expect(label && textOf(label)).toBe(pageTexts.files[language]);
      expect(named(elements, "tr").map(({ childNodes }) => childNodes.length)).toEqual([4, 4, 4, 4]);
    }
  });

  it("shows the SHA-256 of each file whole", () => {
    const hashes = ["a", "b", "c"].map((letter) => letter.repeat(64));
    const files = hashes.map((sha256) => file({ sha256 }));
    const codes = named(elementsOf(deliveryPage(page({ files }))), "code").map(textOf);
    expect(codes.filter((code) => code.length === 64)).toEqual(hashes);
  });

  it("shows what people read first", () => {
    const files = [
      file({ format: "csv", section: "contact" }),
      file({ format: "csv", section: "total" }),
      file({ format: "pdf" }),
    ];
    const forms = named(elementsOf(deliveryPage(page({ files }))), "form");
    expect(forms.map((form) => /files\/([^?]+)/.exec(attribute(form, "action") ?? "")?.[1])).toEqual([
      "pdf",
      "csv-contact",
      "csv-total",
    ]);
  });

  it("names every kind of file of both kinds of report in every language", () => {
    for (const language of LANGUAGES) {
      for (const reportKind of ["cpod", "education"] as const) {
        const sections = sectionsOfKind[reportKind].map((section) => file({ format: "csv", section }));
        const files = [file({ format: "xlsx" }), ...sections];
        const labels = named(elementsOf(deliveryPage(page({ language, reportKind, files }))), "b").map(
          textOf,
        );
        expect(new Set(labels).size).toBe(files.length);
      }
    }
  });

  it("tells sizes, numbers, days and times as its language does, times in the customer's zone", () => {
    const said: Readonly<Record<Language, readonly string[]>> = {
      en: ["12,345", "1.2 MB", "31 October 2026 (whole days in UTC)", "27 Nov 2026, 11:00 CET"],
      es: ["12.345", "1,2 MB", "1–31 de octubre de 2026", "27 nov 2026, 11:00 CET"],
      pl: ["12 345", "1,2 MB", "1–31 października 2026", "27 lis 2026, 11:00 CET"],
      it: ["12.345", "1,2 MB", "1–31 ottobre 2026", "27 nov 2026, 11:00 CET"],
    };
    for (const language of LANGUAGES)
      for (const what of said[language]) expect(saidOn({ language })).toContain(what);
    expect(saidOn({ timeZone: "America/Lima" })).toMatch(/27 Nov 2026, 05:00/);
  });

  it.each([
    [1, "1 byte"],
    [999, "999 bytes"],
    [1_000, "1 kB"],
    [1_550, "1.6 kB"],
    [52_000_000, "52 MB"],
    [7_300_000_000, "7.3 GB"],
    [7_300_000_000_000, "7,300 GB"],
  ])("tells a size of %i bytes as %s", (bytes, told) => {
    expect(saidOn({ files: [file({ bytes })] })).toContain(told);
  });

  it("tells what changed since the version before, where there was one", () => {
    expect(saidOn({})).toContain("Lines added: 2; removed: 0; changed: 1.");
    expect(saidOn({ changes: { added: 0, removed: 0, changed: 0 } })).toContain("No line has changed.");
    expect(saidOn({ changes: null })).not.toContain("version before");
    expect(saidOn({ dataAsOf: null })).toContain("no deliveries yet");
  });
});

describe("a name on the page", () => {
  it("stays within its element and its attribute", () => {
    const hostile = `"><script>alert(1)</script>' onclick='x' <!-- </title></style> &lt; \u202E\r\n\u0000\uD800`;
    const usual = elementsOf(deliveryPage(page({ files: [file({})] })));
    const elements = elementsOf(
      deliveryPage(
        page({
          customerName: hostile,
          files: [file({ fileName: hostile })],
          address: new URL(
            `https://api.example/api/reportDeliveries/${hostile.replaceAll(/[#?\\]/g, "")}?link=${encodeURIComponent('"><b x="')}`,
          ),
        }),
      ),
    );
    const shape = (all: readonly Element[]) =>
      all.map(({ tagName, attrs }) => [tagName, ...attrs.map(({ name }) => name)].join(" "));
    expect(shape(elements)).toEqual(shape(usual));
    const said = textOf({
      ...defaultTreeAdapter.createDocumentFragment(),
      childNodes: [...named(elements, "main")],
    });
    expect(said).toContain("<script>alert(1)</script>");
    expect(said).not.toContain("\u202E");
    expect(said.isWellFormed()).toBe(true);
  });
});

describe("the page of a link that does not open", () => {
  it("is the same for every reason and says whom to ask", () => {
    expect(closedLinkPage.length).toBe(1);
    expect(closedLinkPage("en")).toContain("ask whoever looks after the subscription");
    expect(new Set(LANGUAGES.map(closedLinkPage)).size).toBe(LANGUAGES.length);
  });

  it.each([
    [null, "en"],
    ["", "en"],
    ["fr-CH, fr;q=0.9", "en"],
    ["es-MX,es;q=0.9,en;q=0.8", "es"],
    ["fr, en;q=0.2, PL;q=0.7", "pl"],
    ["en;q=0, it;q=0.1", "it"],
    ["*", "en"],
    ["it;q=x, es;q=0.1", "es"],
    [`${"fr,".repeat(10_000)}es`, "en"],
  ])("is in the language that is liked best of %j", (header, language) => {
    expect(preferredLanguage(header, LANGUAGES)).toBe(language);
  });
});

describe("the texts of the pages", () => {
  it("are there in every language, and told in each one's own words where they are sentences", () => {
    for (const [key, text] of Object.entries(pageTexts)) {
      expect(Object.keys(text).toSorted(), key).toEqual([...LANGUAGES].toSorted());
      if (text.en.endsWith(".")) expect(new Set(Object.values(text)).size, key).toBe(LANGUAGES.length);
    }
  });
});

describe("the headers of the pages", () => {
  it("let a button lead on to where the files are, if that is named, and tell nobody the link", () => {
    const headers = pageHeaders("https://files.example");
    expect(headers["content-security-policy"]).toContain("form-action 'self' https://files.example;");
    expect(headers["referrer-policy"]).toBe("no-referrer");
  });
});
