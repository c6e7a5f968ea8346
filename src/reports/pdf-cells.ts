/** What a cell says to people: in their language, with units, and so that the font can show it. Pure. */
import { unitSchema } from "../agreements/agreement-event.ts";
import type { Cell, Column, Row, Section } from "./content.ts";
import { columnOfFact } from "./facts.ts";
import type { Formats } from "./formats.ts";
import type { PdfFont } from "./pdf-font.ts";
import { printable } from "./pdf-lines.ts";
import type { TableColumn } from "./pdf-table.ts";
import type { ReportTexts } from "./texts.ts";
import { codeTexts } from "./texts-codes.ts";

export type Wording = { readonly texts: ReportTexts; readonly formats: Formats; readonly font: PdfFont };

/** Those of a section that are printed, and what each says of a row. */
export function printedColumns(wording: Wording, { key, columns }: Section) {
  const unitIndex = columns.findIndex((column) => column.key === "unit");
  return columns.flatMap((column, index) => {
    if (column.printWidth === undefined) return [];
    const isNumber = column.kind === "integer" || column.kind === "amount";
    const printed: TableColumn = {
      label: wording.texts.column(column.key, key),
      share: column.printWidth,
      align: isNumber ? "right" : "left",
      words: wordsOf(wording, column),
    };
    const say = (row: Row): string => {
      const cell = row[index] ?? null;
      const fact = columnOfFact(key, column, row[0]);
      // The period is called one in UTC: its instants stay as tools have them.
      const own = fact.kind === "instant" && column.kind === "text" ? column : fact;
      return printable(wording.font, cellText(wording, own, cell, row[unitIndex] ?? null));
    };
    return [{ key: column.key, column: printed, say }];
  });
}

const SOME_TIME = "2026-12-30T22:00:00.000Z";
const SOME_MINUTES = 5_985;

/** What is known of a column before its cells are: none of it is to be parted. */
export function wordsOf(
  { texts, formats }: Omit<Wording, "font">,
  { kind, codes }: Column,
): readonly string[] {
  if (codes !== undefined) {
    return Object.values(codeTexts[codes]).flatMap((text) => text[texts.language].split(" "));
  }
  if (kind === "amount") return [formats.amount("minutes", -SOME_MINUTES)];
  return kind === "instant" ? [formats.instant(SOME_TIME)] : [];
}

function cellText({ texts, formats }: Wording, column: Column, cell: Cell, unit: Cell): string {
  if (cell === null) return "";
  switch (column.kind) {
    case "text":
      return String(cell);
    case "integer":
      return typeof cell === "number" ? formats.integer(cell) : cell;
    case "amount":
      return amountText({ texts, formats }, cell, unit);
    case "instant":
      return formats.instant(String(cell));
    case "day":
      return formats.day(String(cell));
    case "code":
      return column.codes === undefined ? String(cell) : texts.code(column.codes, String(cell));
    case "codes":
      return column.codes === undefined ? String(cell) : texts.codes(column.codes, String(cell));
  }
}

function amountText({ texts, formats }: Omit<Wording, "font">, cell: string | number, unit: Cell): string {
  if (typeof cell === "string") return cell === "Included" ? texts.word("included") : cell;
  const known = unitSchema.safeParse(unit);
  return known.success ? formats.amount(known.data, cell) : formats.integer(cell);
}
