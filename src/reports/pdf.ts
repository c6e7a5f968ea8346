/**
 * A report for people, as PDF: tagged for screen readers, with bookmarks, links from each total to its lines and
 * back, and the fonts in it. Invariants: rows are printed as they come and none is left out; the same content is the same
 * bytes; nothing in it runs or leads out of the document.
 */
import type { ReportContent } from "./content.ts";
import { formatsOf } from "./formats.ts";
import { printCover, titleOf } from "./pdf-cover.ts";
import { readFont } from "./pdf-font.ts";
import { fitted, printable } from "./pdf-lines.ts";
import { printPackages } from "./pdf-packages.ts";
import { PAGE } from "./pdf-pages.ts";
import { openPaper, type Paper } from "./pdf-paper.ts";
import { linesPlaces } from "./pdf-places.ts";
import { printSections } from "./pdf-sections.ts";
import { COLORS, STYLES } from "./pdf-style.ts";
import { printSummary } from "./pdf-summary.ts";
import { type ReportTexts, reportTexts } from "./texts.ts";

/** Files of one typeface, in TrueType. */
export type PdfFonts = { readonly regular: Uint8Array; readonly bold: Uint8Array };

const FOOT = { rule: 555, text: 560, pagesWidth: 140 } as const;
const NO_PAGES = 0;

export async function* pdfFile(content: ReportContent, fonts: PdfFonts): AsyncGenerator<Uint8Array> {
  const texts = reportTexts(content.language);
  const title = titleOf({ content, texts });
  const paper = openPaper({
    title: `${title} – ${content.customerName} – ${texts.say("version", { version: content.version })}`,
    locale: texts.locale,
    createdAt: content.generatedAt,
    identity: identityOf(content),
    fonts: { regular: await readFont(fonts.regular), bold: await readFont(fonts.bold) },
    pagesStyle: STYLES.foot,
    pagesText: (pages) => pagesText(texts, pages),
    foot: (page) => printFoot(page, content, texts),
  });
  const formats = formatsOf(content.language, content.timeZone);
  const print = { paper, content, texts, formats, font: paper.fonts.regular };
  const places = linesPlaces(content);
  printCover(print);
  printSummary(print);
  paper.newPage();
  printPackages(print, places);
  yield* paper.written();
  for await (const _printed of printSections(print, places)) yield* paper.written();
  await paper.end();
  yield* paper.written();
}

function identityOf({
  kind,
  customerId,
  agreement,
  period,
  version,
  generatedAt,
  language,
}: ReportContent): string {
  const agreementId = agreement?.agreementId ?? null;
  return JSON.stringify([kind, customerId, agreementId, period, version, generatedAt, language]);
}

/** What each page says at its end; the number of pages is drawn by reference, as it is known last. */
function printFoot(paper: Paper, content: ReportContent, texts: ReportTexts): void {
  const { size, font } = STYLES.foot;
  const face = paper.fonts[font];
  paper.decorate(() => {
    const before = beforePages(texts, paper.pageNumber()).trimEnd();
    paper.rectangle(PAGE.left, FOOT.rule, PAGE.right - PAGE.left, 0.4, COLORS.hairline);
    paper.text(before, PAGE.left, FOOT.text, STYLES.foot);
    paper.pages(PAGE.left + face.width(before) * size, FOOT.text);
    const foot = texts.say("footer", {
      title: titleOf({ content, texts }),
      customerName: printable(face, content.customerName),
      version: content.version,
    });
    const width = PAGE.right - PAGE.left - FOOT.pagesWidth;
    const line = fitted(face, foot, width / size);
    paper.text(line, PAGE.right - face.width(line) * size, FOOT.text, STYLES.foot);
  });
}

/** What comes after "Page 3 of", with the space between. */
function pagesText(texts: ReportTexts, pages: number): string {
  const before = beforePages(texts, 1).trimEnd();
  return texts.say("pageOf", { page: 1, pages }).slice(before.length);
}

/** In every language the number of pages comes after the number of the page. */
function beforePages(texts: ReportTexts, page: number): string {
  const said = texts.say("pageOf", { page, pages: NO_PAGES });
  return said.slice(0, said.lastIndexOf(String(NO_PAGES)));
}
