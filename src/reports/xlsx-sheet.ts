/**
 * Sections of a report as worksheets, in the order of their rows. Invariants: every row is on exactly one sheet, below a
 * header of its own; a sheet takes no more rows and bytes than a spreadsheet opens, and what is over goes on the next;
 * what is kept of a sheet does not grow with its rows.
 */
import type { Column, Row, Section } from "./content.ts";
import { columnOfFact } from "./facts.ts";
import type { ReportTexts } from "./texts.ts";
import { cellWriter, columnName, escapeXml, STYLES, textCell } from "./xlsx-cells.ts";

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
export const MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/** The header is one of them. */
export const SHEET_ROWS_MAX = 1_048_576;
/** Of its XML, some rows fewer than a ZIP file without 64-bit fields can hold. */
const SHEET_BYTES_MAX = 3 * 1_024 ** 3;
const CHUNK_CHARACTERS = 64 * 1_024;

/** The rows of a section, taken a batch at a time, with what is left over given back. */
type RowSource = {
  /** @returns undefined at the end; never an empty batch. */
  readonly take: () => Promise<readonly Row[] | undefined>;
  readonly giveBack: (rows: readonly Row[]) => void;
  readonly hasMore: () => Promise<boolean>;
};

export function rowSource(batches: AsyncIterator<readonly Row[]>): RowSource {
  let left: readonly Row[] = [];
  const hasMore = async (): Promise<boolean> => {
    while (left.length === 0) {
      const { done, value } = await batches.next();
      if (done === true) return false;
      left = value;
    }
    return true;
  };
  return {
    hasMore,
    take: async () => {
      if (!(await hasMore())) return undefined;
      const taken = left;
      left = [];
      return taken;
    },
    giveBack: (rows) => {
      left = rows;
    },
  };
}

/** What the workbook says of a sheet. */
export type Sheet = {
  readonly name: string;
  readonly columns: number;
  /** With its header. */
  rows: number;
};

type SheetOptions = {
  readonly texts: ReportTexts;
  readonly isFirst: boolean;
  readonly rowsMax: number;
  /** @returns the name of the sheet that has the lines of a total. */
  readonly linesOf: (section: string) => string | undefined;
};

/** Takes rows until the sheet is full or there are no more, and counts them in `sheet`. */
export async function* sheetXml(
  sheet: Sheet,
  section: Section,
  source: RowSource,
  options: SheetOptions,
): AsyncGenerator<Uint8Array> {
  const links: string[] = [];
  const rowXml = rowWriterOf(section, options, links);
  const encoded = encoder();
  let bytes = 0;
  let xml = `${XML_DECLARATION}<worksheet xmlns="${MAIN_NAMESPACE}">${views(options.isFirst)}`;
  xml += `${widths(section, options.texts)}<sheetData>${headerXml(section, options.texts)}`;
  while (sheet.rows < options.rowsMax && bytes < SHEET_BYTES_MAX) {
    const batch = await source.take();
    if (batch === undefined) break;
    const room = options.rowsMax - sheet.rows;
    if (batch.length > room) source.giveBack(batch.slice(room));
    for (const row of batch.length > room ? batch.slice(0, room) : batch) {
      sheet.rows += 1;
      xml += rowXml(sheet.rows, row);
      if (xml.length < CHUNK_CHARACTERS) continue;
      const chunk = encoded(xml);
      bytes += chunk.length;
      xml = "";
      yield chunk;
    }
  }
  const filter = `<autoFilter ref="${rangeOf(sheet)}"/>`;
  const hyperlinks = links.join("");
  xml += `</sheetData>${filter}${hyperlinks === "" ? "" : `<hyperlinks>${hyperlinks}</hyperlinks>`}`;
  yield Buffer.from(`${xml}</worksheet>`);
}

/**
 * Bytes that last until the next ones: new memory for each would be gigabytes of rubbish for a large report, which the
 * engine leaves lying about.
 */
function encoder(): (text: string) => Buffer {
  const buffer = Buffer.allocUnsafeSlow(2 * CHUNK_CHARACTERS);
  return (text) =>
    Buffer.byteLength(text) <= buffer.length ? buffer.subarray(0, buffer.write(text)) : Buffer.from(text);
}

const rangeOf = ({ columns, rows }: Sheet, fixed = ""): string =>
  `${fixed}A${fixed}1:${fixed}${columnName(columns - 1)}${fixed}${rows}`;

/** The cells that the filter of a sheet is over, as a name in the workbook refers to them. */
export const filterRange = (sheet: Sheet): string => `${quotedName(sheet.name)}!${rangeOf(sheet, "$")}`;

const quotedName = (name: string): string => `'${name.replaceAll("'", "''")}'`;

const views = (isFirst: boolean): string =>
  `<sheetViews><sheetView${isFirst ? ' tabSelected="1"' : ""} workbookViewId="0">` +
  '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>' +
  "</sheetView></sheetViews>";

/** In characters of a usual font. */
const WIDTHS = { text: 24, integer: 12, amount: 14, instant: 19, day: 14, code: 22, codes: 36 } as const;
const WIDTH_OF_SHARE = 9;
const WIDTH_MAX = 60;
/** Beside a header is the button of the filter. */
const BUTTON_WIDTH = 4;

function widths(section: Section, texts: ReportTexts): string {
  const all = section.columns.map((column, index) => {
    const shared = column.kind === "text" ? WIDTH_OF_SHARE * (column.printWidth ?? 0) : 0;
    const needed = Math.max(
      WIDTHS[column.kind],
      shared,
      labelOf(column, section, texts).length + BUTTON_WIDTH,
    );
    return `<col min="${index + 1}" max="${index + 1}" width="${Math.min(needed, WIDTH_MAX)}" customWidth="1"/>`;
  });
  return `<cols>${all.join("")}</cols>`;
}

/** Spreadsheets know no time zones. */
const labelOf = ({ key, kind }: Column, section: Section, texts: ReportTexts): string =>
  texts.column(key, section.key) + (kind === "instant" ? " (UTC)" : "");

function headerXml(section: Section, texts: ReportTexts): string {
  const cells = section.columns.map((column, index) =>
    textCell(`${columnName(index)}1`, labelOf(column, section, texts), texts, STYLES.header),
  );
  return `<row r="1">${cells.join("")}</row>`;
}

/** @param links filled with those of the rows that are written: only totals have any, and they are few. */
function rowWriterOf(
  { key, columns }: Section,
  { texts, linesOf }: SheetOptions,
  links: string[],
): RowWriter {
  if (key === "report") return factWriter(columns, texts);
  const plain = rowWriter(columns, texts);
  const at = columns.findIndex((column) => column.key === "name");
  if (key !== "total" || at === -1) return plain;
  const linked = rowWriter(columns, texts, columns[at]);
  return (number, row) => {
    const target = linesOf(String(row[at]));
    if (target === undefined) return plain(number, row);
    const location = escapeXml(`${quotedName(target)}!A1`);
    links.push(`<hyperlink ref="${columnName(at)}${number}" location="${location}"/>`);
    return linked(number, row);
  };
}

type RowWriter = (number: number, row: Row) => string;

/** @param linked the column whose cells lead somewhere. */
function rowWriter(columns: readonly Column[], texts: ReportTexts, linked?: Column): RowWriter {
  const cells = columns.map((column, index) => ({
    letters: columnName(index),
    write: cellWriter(column, texts, column === linked ? STYLES.link : STYLES.plain),
  }));
  return (number, row) => {
    if (row.length !== cells.length)
      throw new RangeError(`a row of ${cells.length} columns has ${row.length}`);
    let xml = `<row r="${number}">`;
    let index = 0;
    for (const { letters, write } of cells) {
      const cell = row[index++];
      if (cell !== null && cell !== undefined) xml += write(letters + number, cell);
    }
    return `${xml}</row>`;
  };
}

/** @param columns `name` and `value`. */
function factWriter(columns: readonly Column[], texts: ReportTexts): RowWriter {
  return (number, row) => {
    const own = columns.map((column) => columnOfFact("report", column, row[0]));
    return rowWriter(own, texts)(number, row);
  };
}
