/**
 * A section of a report as a CSV file for tools: RFC 4180, UTF-8 with a byte order mark, CRLF, every text in quotes. Headers
 * are in the recipient's language; values are the same in every one: figures bare, instants and days as ISO 8601 says, codes
 * as they are. Written as its rows come.
 * Invariants: no text can be taken for a formula (EX-07); what is read back from a text is `safeText` of what was put in.
 */
import type { Cell, Row, Section } from "./content.ts";
import { safeText } from "./csv.ts";
import type { ReportTexts } from "./texts.ts";

const BYTE_ORDER_MARK = "\uFEFF";
const CHUNK_CHARACTERS = 64 * 1_024;

// Most texts: neither a check nor an escape is needed. Told at once, as every cell is looked at.
const PLAIN = /^[A-Za-z0-9/{][ !#-:<-~]*$/;

/** The bytes of the file, at least its header, as fast as they are taken. */
export async function* csvSection(section: Section, texts: ReportTexts): AsyncGenerator<Uint8Array> {
  const { columns, key } = section;
  let csv = BYTE_ORDER_MARK + recordOf(columns.map((column) => texts.column(column.key, key)));
  for await (const rows of section.rows) {
    for (const row of rows) {
      if (row.length !== columns.length)
        throw new RangeError(`a row of ${columns.length} columns has ${row.length}`);
      csv += recordOf(row);
      if (csv.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(csv);
      csv = "";
    }
  }
  if (csv !== "") yield Buffer.from(csv);
}

function recordOf(row: Row): string {
  let record = "";
  let separator = "";
  for (const cell of row) {
    record += separator + fieldOf(cell);
    separator = ",";
  }
  return `${record}\r\n`;
}

function fieldOf(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return numberOf(cell);
  return PLAIN.test(cell) ? `"${cell}"` : `"${safeText(cell).replaceAll('"', '""')}"`;
}

/** @throws RangeError for what is no number: a report does not say it. */
function numberOf(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`a report cannot say ${value}`);
  return String(value);
}
