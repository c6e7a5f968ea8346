/**
 * Spreadsheets of the same rows by this app and by others, each into nothing; `none` only makes the rows. What the others
 * are given is what they need for the same cells: this app makes dates, words and harmless texts of codes and texts as it
 * writes, and they write what they get.
 */
import { PassThrough } from "node:stream";
import { stringify } from "csv-stringify/sync";
import exceljs from "exceljs";
import { writeXlsxStream } from "hucre/xlsx";
import type { Cell, Section } from "../src/reports/content.ts";
import { csvSection } from "../src/reports/csv-section.ts";
import { reportTexts } from "../src/reports/texts.ts";
import { xlsxFile } from "../src/reports/xlsx.ts";
import { deliverySection, generatedContent } from "./report-formats-content.ts";

/** @returns how many bytes it wrote, 0 where nothing is. */
export const writers = {
  none: async (rows: number) => {
    for await (const _ of deliverySection(rows).rows);
    return 0;
  },
  csv: (rows: number) => lengthOf(csvSection(deliverySection(rows), reportTexts("en"))),
  "csv-stringify": (rows: number) => lengthOf(stringified(deliverySection(rows))),
  xlsx: (rows: number) => lengthOf(xlsxFile(generatedContent(rows))),
  hucre: (rows: number) => lengthOf(byHucre(deliverySection(rows))),
  exceljs: byExceljs,
};

async function lengthOf(content: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of content) bytes += chunk.length;
  return bytes;
}

async function* stringified({ columns, rows }: Section): AsyncGenerator<Buffer> {
  const options = { record_delimiter: "windows", quoted_string: true } as const;
  yield Buffer.from(stringify([columns.map(({ key }) => key)], options));
  for await (const batch of rows) yield Buffer.from(stringify([...batch], options));
}

type Value = string | number | Date | null;

async function* valuesOf({ columns, rows }: Section): AsyncGenerator<Value[]> {
  const isInstant = columns.map(({ kind }) => kind === "instant");
  const asValue = (cell: Cell, index: number): Value =>
    isInstant[index] === true && typeof cell === "string" ? new Date(cell) : cell;
  for await (const batch of rows) for (const row of batch) yield row.map(asValue);
}

async function* byHucre(section: Section): AsyncGenerator<Uint8Array> {
  const columns = section.columns.map(({ key, kind }) => ({
    key,
    header: key,
    width: 20,
    ...(kind === "instant" && { numFmt: "yyyy-mm-dd hh:mm" }),
  }));
  yield* writeXlsxStream(valuesOf(section), { name: section.key, columns, freezePane: { rows: 1 } });
}

async function byExceljs(rows: number): Promise<number> {
  const stream = new PassThrough();
  const length = lengthOf(stream);
  const book = new exceljs.stream.xlsx.WorkbookWriter({ stream, useSharedStrings: false, useStyles: true });
  const section = deliverySection(rows);
  const sheet = book.addWorksheet(section.key, { views: [{ state: "frozen", ySplit: 1 }] });
  sheet.columns = section.columns.map(({ key, kind }) => ({
    key,
    header: key,
    width: 20,
    ...(kind === "instant" && { style: { numFmt: "yyyy-mm-dd hh:mm" } }),
  }));
  for await (const values of valuesOf(section)) sheet.addRow(values).commit();
  sheet.commit();
  await book.commit();
  return length;
}
