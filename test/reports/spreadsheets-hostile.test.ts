import { Readable } from "node:stream";
import { read, utils } from "@e965/xlsx";
import { parse } from "csv-parse";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Row } from "../../src/reports/content.ts";
import { safeText } from "../../src/reports/csv.ts";
import { csvSection } from "../../src/reports/csv-section.ts";
import { reportTexts } from "../../src/reports/texts.ts";
import { xlsxFile } from "../../src/reports/xlsx.ts";
import { CELL_TEXT_MAX, sheetText } from "../../src/reports/xlsx-cells.ts";
import { hostileTexts, longTexts } from "./support/hostile-texts.ts";
import { contentOf, rowOf, sectionOf } from "./support/report-content.ts";
import { cellsOf, fileOf, partsOf } from "./support/xlsx-parts.ts";

const ROWS = 100_000;
const TIMEOUT_MS = 120_000;

const texts = reportTexts("en");
const hostile = [...longTexts, ...hostileTexts(10_000 - longTexts.length)];
const nameOf = (index: number): string => hostile[index % hostile.length] ?? "";

/** Every hostile text, each in a tenth of the rows; the long ones once, or the file is hundreds of megabytes. */
function* contacts(): Generator<Row> {
  for (let index = 0; index < ROWS; index++) {
    const name = index >= hostile.length && nameOf(index).length > 1_000 ? "long" : nameOf(index);
    yield rowOf("contact", { name, email: `c${index}@contoso.example`, since: "2026-11-01" });
  }
}

/** Where a spreadsheet may start a cell: at the start of a text, and after what some settings separate cells by. */
const formula = /(^|[;\t\r\n])[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;
const unshowable = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/u;
/** Nothing in it needs a replacement. */
const isHarmless = (text: string): boolean =>
  !formula.test(text) && !unshowable.test(text) && !/^[\t\r\n]|\r/.test(text) && text.length <= CELL_TEXT_MAX;

function expectSafe(read: string, written: string): void {
  if (isHarmless(written)) expect(read).toBe(written);
  if (formula.test(read) || unshowable.test(read)) throw new Error(`not safe: ${JSON.stringify(read)}`);
}

describe(`${ROWS.toLocaleString("en")} rows with ${hostile.length.toLocaleString("en")} hostile texts`, () => {
  it("come out of an XLSX file as they went in, or replaced as documented, and none is a formula", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const file = await fileOf(xlsxFile(contentOf([sectionOf("contact", contacts())])));
    const parts = await partsOf(file);
    const cells = cellsOf(parts.get("xl/worksheets/sheet1.xml") ?? "");
    const names = cells.filter(({ name }) => /^B(?!1$)\d/.test(name));
    // What is empty has a cell too: it is said, and says nothing.
    expect(names).toHaveLength(ROWS);

    const sheet = read(file, { dense: true, cellDates: true, UTC: true }).Sheets["Support contacts"];
    const rows = z
      .array(z.array(z.union([z.string(), z.date(), z.undefined(), z.null()])))
      .parse(utils.sheet_to_json(sheet ?? {}, { header: 1, UTC: true, raw: true, blankrows: true }));
    expect(rows).toHaveLength(ROWS + 1);
    let index = 0;
    for (const [, written, email] of contacts()) {
      const shown = sheetText(String(written), texts);
      const found = rows[index + 1]?.[1] ?? "";
      if (found !== shown) expect({ index, found }).toEqual({ index, found: shown });
      if (rows[index + 1]?.[2] !== email) expect(rows[index + 1]?.[2]).toBe(email);
      if (names[index]?.type !== "inlineStr") expect(names[index]).toMatchObject({ type: "inlineStr" });
      expectSafe(String(found), String(written));
      index += 1;
    }
    expect(rows[ROWS]?.[4]).toEqual(new Date("2026-11-01"));
  });

  it("come out of a CSV file as they went in, or replaced as documented, and none is a formula", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const csv = csvSection(sectionOf("contact", contacts()), texts);
    const written = contacts();
    let records = 0;
    for await (const record of Readable.from(csv).pipe(parse({ bom: true, from_line: 2 }))) {
      const [, name, email] = z.array(z.string()).parse(record);
      const row = written.next().value;
      const source = String(row?.[1]);
      if (name !== safeText(source)) expect({ records, name }).toEqual({ records, name: safeText(source) });
      if (email !== row?.[2]) expect(email).toBe(row?.[2]);
      if (source.length <= CELL_TEXT_MAX) expectSafe(name ?? "", source);
      records += 1;
    }
    expect(records).toBe(ROWS);
  });
});
