/**
 * A report as an XLSX file: a sheet for each of its sections, and further ones for what does not fit on one. Written as its
 * rows come. Invariants: the same content is the same bytes; sheets have names that spreadsheets allow, each its own; what is
 * kept does not grow with rows.
 */
import type { ReportContent, Section } from "./content.ts";
import { type ReportTexts, reportTexts } from "./texts.ts";
import { sheetPath, workbookParts } from "./xlsx-parts.ts";
import { rowSource, SHEET_ROWS_MAX, type Sheet, sheetXml } from "./xlsx-sheet.ts";
import { type ZipEntry, zipFile } from "./zip.ts";

const NAME_MAX = 31;
const FORBIDDEN_IN_NAME = /[[\]:*?/\\\p{Cc}\uFFFE\uFFFF]/gu;

/** Its sections are read in their order, each to its end. */
export const xlsxFile = (content: ReportContent): AsyncIterable<Uint8Array> => xlsxFileOf(content);

/** @param rowsMax of a sheet, with its header; at least 2. */
export const xlsxFileOf = (content: ReportContent, rowsMax = SHEET_ROWS_MAX): AsyncIterable<Uint8Array> =>
  zipFile(entriesOf(content, rowsMax));

async function* entriesOf(content: ReportContent, rowsMax: number): AsyncGenerator<ZipEntry> {
  const texts = reportTexts(content.language);
  const uniqueName = uniqueNames();
  const names = content.sections.map((section) => uniqueName(titleOf(section, texts)));
  const linesOf = (section: string): string | undefined =>
    names[content.sections.findIndex(({ key }) => key === section)];
  const sheets: Sheet[] = [];
  for (const [index, section] of content.sections.entries()) {
    const batches = section.rows[Symbol.asyncIterator]();
    const source = rowSource(batches);
    let name = names[index] ?? uniqueName(titleOf(section, texts));
    try {
      for (;;) {
        const sheet = { name, columns: section.columns.length, rows: 1 };
        sheets.push(sheet);
        const options = { texts, isFirst: sheets.length === 1, rowsMax, linesOf };
        yield { path: sheetPath(sheets.length), content: sheetXml(sheet, section, source, options) };
        if (!(await source.hasMore())) break;
        name = uniqueName(titleOf(section, texts));
      }
    } finally {
      await batches.return?.();
    }
  }
  yield* workbookParts(content, texts, sheets);
}

const titleOf = ({ key, group }: Section, texts: ReportTexts): string => group?.name ?? texts.section(key);

/** Names of sheets from any texts: what is taken already gets a number, `Deliveries (2)`. */
function uniqueNames(): (title: string) => string {
  const taken = new Set<string>();
  return (title) => {
    const allowed = withoutEdges(title.toWellFormed().replaceAll(FORBIDDEN_IN_NAME, " "));
    // A spreadsheet keeps one name for itself.
    const base = /^(?:history)?$/i.test(allowed) ? `${allowed}-` : allowed;
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? "" : ` (${number})`;
      const start = base.slice(0, NAME_MAX - suffix.length).replace(/[\uD800-\uDBFF]$/, "");
      const name = withoutEdges(start) + suffix;
      if (taken.has(name.toLowerCase())) continue;
      taken.add(name.toLowerCase());
      return name;
    }
  };
}

const withoutEdges = (name: string): string => name.replaceAll(/^['\s]+|['\s]+$/g, "");
