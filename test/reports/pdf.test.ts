import { beforeAll, describe, expect, test } from "vitest";
import { readFonts } from "../../src/platform/report-fonts.ts";
import type { ReportContent } from "../../src/reports/content.ts";
import { type PdfFonts, pdfFile } from "../../src/reports/pdf.ts";
import { reportTexts } from "../../src/reports/texts.ts";
import { bytesOf, nodesOf, objectsText, readPdf } from "./support/read-pdf.ts";
import {
  batchesOf,
  contentOf,
  entitlementOf,
  packageOf,
  rowOf,
  sectionOf,
} from "./support/report-content.ts";

let fonts: PdfFonts;
beforeAll(async () => {
  fonts = await readFonts();
});

const LANGUAGES = ["en", "es", "pl", "it"] as const;
const NAME = "Problem Resolution Hours";
const read = async (content: ReportContent) => readPdf(await bytesOf(pdfFile(content, fonts)));

/** The reader leaves out the space before the number of pages, which is drawn by reference; others do not. */
const numbered = (said: string, page: number, pages: number): RegExp =>
  new RegExp(`${said.replace("1", String(page)).replace(/ 1$/, ` ?${pages}`)} `);

const line = (index: number, title = "Replication stopped") =>
  rowOf("delivery", {
    deliveredAt: "2026-11-02T08:10:00.000Z",
    quantity: 90,
    unit: "minutes",
    service: "problemResolution",
    caseNumber: `CASE-${index}`,
    caseTitle: title,
    product: "Windows Server",
    severity: "critical",
    status: "closed",
  });

const linesSection = (count: number, size = 100) => ({
  ...sectionOf("delivery", [], { entitlementId: "hours", name: NAME }),
  rows: batchesOf(
    Array.from({ length: count }, (_, index) => line(index)),
    size,
  ),
});

/** A report of one package; its sections can be read once. */
const wholeReport = (more: Partial<ReportContent> = {}, lines = 120): ReportContent =>
  contentOf(
    [
      linesSection(lines),
      sectionOf("additionalCase", [
        rowOf("additionalCase", { caseNumber: "EXTRA-1", reasons: "agreementExpired noMatchingEntitlement" }),
      ]),
      sectionOf("benefit", [rowOf("benefit", { entitlementName: "Łatwy dostęp", expiresOn: "2026-12-31" })]),
      sectionOf("contact", [rowOf("contact", { name: "Łukasz Żółkiewski", email: "l.z@contoso.example" })]),
      sectionOf("total", [
        rowOf("total", { name: "delivery", unit: "minutes", rows: lines, quantity: 90 * lines }),
        rowOf("total", { name: "contact", rows: 1 }),
      ]),
      sectionOf("change", []),
    ],
    {
      packages: [
        packageOf("Unified Enterprise", [
          entitlementOf("hours", { name: NAME, lines }),
          entitlementOf("advisory", {
            name: "Advisory",
            purchased: 600,
            consumed: 780,
            remaining: 0,
            overage: 180,
          }),
          entitlementOf("learning", {
            name: "Learning",
            unit: "activities",
            purchased: null,
            remaining: null,
            consumed: 12,
          }),
        ]),
      ],
      ...more,
    },
  );

describe("a printed report", () => {
  test("begins with what it is about", async () => {
    const { pages, facts } = await read(wholeReport({ customerName: "Contoso & Sons <Ltd>" }));
    const cover = pages[0]?.text ?? "";
    for (const text of [
      "Customer Proof of Delivery (CPOD)",
      "Contoso & Sons <Ltd>",
      "U-2026-0042",
      "Unified Support",
      "1 – 30 November 2026 (whole days in UTC)",
      "Contoso Europe; Contoso Polska",
      "1 Dec 2026, 07:00 CET",
      "30 Nov 2026, 23:15 CET",
    ])
      expect(cover).toContain(text);
    expect(facts).toMatchObject({ Language: "en-GB", CreationDate: "D:20261201060000Z" });
    expect(facts.Title).toContain("Contoso & Sons <Ltd>");
  });

  test("has every row once, with the headers of its table and its number on each page", async () => {
    const { pages } = await read(wholeReport({}, 300));
    const text = pages.map((page) => page.text).join("\n");
    const found = text.match(/CASE-\d+/g) ?? [];
    expect(found).toEqual(Array.from({ length: 300 }, (_, index) => `CASE-${index}`));
    for (const [index, page] of pages.entries()) {
      expect(page.text).toMatch(numbered("Page 1 of 1", index + 1, pages.length));
      if (page.text.includes("CASE-")) expect(page.text).toContain("Case number");
    }
    expect(pages.length).toBeGreaterThan(10);
  });

  test("leads from each total to its lines and back", async () => {
    const { pages } = await read(wholeReport());
    const at = (text: string): number => pages.findIndex((page) => page.text.includes(text)) + 1;
    const links = pages.flatMap((page, index) => page.links.map((link) => ({ ...link, from: index + 1 })));
    const toLines = links.find(({ text }) => text === `Deliveries: ${NAME}`);
    expect(toLines).toMatchObject({ from: at("Enterprise-wide packages"), page: at("CASE-0") });
    const back = links.filter(({ text, from }) => text === "Back to the totals" && from === toLines?.page);
    expect(back.map(({ page }) => page)).toContain(toLines?.from);
    expect(links.find(({ text }) => text === "Support contacts")).toMatchObject({
      page: at("Łukasz Żółkiewski"),
    });
    expect(links.filter(({ url }) => url !== undefined)).toEqual([]);
  });

  test("has bookmarks for its parts, those of the lines of each entitlement below", async () => {
    const { outline, pages } = await read(wholeReport());
    expect(outline.map(({ title }) => title)).toEqual([
      "Customer Proof of Delivery (CPOD)",
      "Summary",
      "Enterprise-wide packages",
      "Deliveries",
      "Additional cases",
      "Additional benefits",
      "Support contacts",
      "Totals",
      "Changes",
    ]);
    const deliveries = outline.find(({ title }) => title === "Deliveries");
    expect(deliveries?.items.map(({ title }) => title)).toEqual([NAME]);
    expect(pages[(deliveries?.page ?? 0) - 1]?.text).toContain("CASE-0");
  });

  test("tells a screen reader what is a heading, a table with headers and a bar", async () => {
    const { pages } = await read(wholeReport());
    const all = (role: string) => pages.flatMap(({ structure }) => nodesOf(structure, role));
    expect(all("H1")).toHaveLength(1);
    expect(all("Figure").map(({ alt }) => alt?.replaceAll("\u00A0", " "))).toEqual([
      `Consumption of “${NAME}”: 76.2% (30 h 30 min of 40 h).`,
      "Consumption of “Advisory”: 130% (13 h of 10 h).",
      "Consumption of “Learning”: 12 activities, included without a limit.",
    ]);
    expect(all("TH").length).toBe(8 + 8 + 9 + 4 + 3 + 4);
    const rows = pages
      .flatMap(({ structure }) => nodesOf(structure, "TBody"))
      .flatMap((body) => nodesOf(body, "TR"));
    expect(rows).toHaveLength(3 + 120 + 1 + 1 + 1 + 2);
  });

  test.each(LANGUAGES)("is copied as it was written, in %s", async (language) => {
    const texts = reportTexts(language);
    const title = "Zażółć gęślą jaźń – perché l’università è già là; ¿señor Ñandú? – Ærøskøbing, Őrült";
    const { pages, facts } = await read(
      contentOf([sectionOf("delivery", [line(1, title)])], { language, customerName: "Wytwórnia Łódź" }),
    );
    const text = pages
      .map((page) => page.text)
      .join("\n")
      .replaceAll(/\s+/g, " ");
    for (const expected of [title, texts.word("cpodTitle"), texts.section("delivery"), "Wytwórnia Łódź"])
      expect(text).toContain(expected);
    expect(text).toMatch(numbered(texts.say("pageOf", { page: 1, pages: 1 }), 2, pages.length));
    expect(facts.Language).toBe(texts.locale);
  });

  test("tells of the first version, of later ones and of those without changes", async () => {
    const said = async (version: number) => (await read(wholeReport({ version }))).pages.at(-1)?.text;
    expect(await said(1)).toContain("This is the first version for this period.");
    expect(await said(3)).toContain("No line has changed since version 2.");
  });

  test("is the same bytes for the same content, however its rows come", async () => {
    const made = (size: number) => bytesOf(pdfFile(contentOf([linesSection(250, size)]), fonts));
    const first = await made(100);
    expect(Buffer.compare(first, await made(100))).toBe(0);
    expect(Buffer.compare(first, await made(7))).toBe(0);
  });

  test("fails when its rows fail", async () => {
    async function* rows() {
      yield [line(1)];
      throw new Error("the ledger is away");
    }
    const content = contentOf([{ ...sectionOf("delivery", []), rows: rows() }]);
    await expect(bytesOf(pdfFile(content, fonts))).rejects.toThrow("the ledger is away");
  });

  test("carries its fonts, runs nothing and leads nowhere else", async () => {
    const bytes = await bytesOf(
      pdfFile(wholeReport({ customerName: ")/JS (app.alert(1)) >> https://x.example" }), fonts),
    );
    const objects = objectsText(bytes);
    expect(objects.match(/\/FontFile2 /g)).toHaveLength(2);
    const active = /\/(JS|JavaScript|URI|Launch|OpenAction|AA|EmbeddedFiles|SubmitForm)\b/;
    expect(active.exec(objects)).toBeNull();
    expect((await readPdf(bytes)).hasScript).toBe(false);
  });
});

describe("hostile texts in a printed report", () => {
  const HOSTILE = [
    "\u0000\u0007\u001B[31m control",
    "\u202Eright to left\u202C and \u2066isolated\u2069",
    "עברית and العربية",
    "😀👩‍👩‍👧‍👦 emoji",
    "\uD800 unpaired \uDC00",
    `${"x".repeat(5_000)} long`,
    "e\u0301\u0301\u0301\u0301 marks",
    "(brackets) \\ <hex> %comment >>",
    " \n\t\r ",
    "",
  ];

  test("are shown or shown to be missing, and every row is there", async () => {
    const rows = HOSTILE.map((text, index) => line(index, text));
    const { pages, outline } = await read(
      contentOf([sectionOf("delivery", rows, { entitlementId: "hours", name: HOSTILE.join("") })], {
        customerName: HOSTILE.join(" "),
        workspaces: HOSTILE,
        packages: [packageOf(HOSTILE.join(""), [entitlementOf("hours", { name: HOSTILE.join("") })])],
      }),
    );
    const text = pages.map((page) => page.text).join("\n");
    expect(text.match(/CASE-\d+/g)).toEqual(HOSTILE.map((_, index) => `CASE-${index}`));
    expect(text).toContain("��[31m control");
    expect(text).toContain("�right to left� and �isolated�");
    expect(text).toContain("� emoji");
    expect(text).toContain("(brackets) \\ <hex> %comment >>");
    expect(text).toMatch(/x…/);
    expect(text).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    expect(outline.length).toBeGreaterThan(2);
  });
});
