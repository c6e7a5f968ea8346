import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Language, languageSchema } from "../../src/agreements/agreement-event.ts";
import type { Row, Section } from "../../src/reports/content.ts";
import { safeText } from "../../src/reports/csv.ts";
import { csvSection } from "../../src/reports/csv-section.ts";
import { reportTexts } from "../../src/reports/texts.ts";
import { rowOf, sectionOf } from "./support/report-content.ts";
import { fileOf } from "./support/xlsx-parts.ts";

const written = (section: Section, language: Language = "en") =>
  fileOf(csvSection(section, reportTexts(language)));
/** Where a spreadsheet may start a cell: at the start of a text, and after what some settings separate cells by. */
const formula = /(^|[;\t\r\n])[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;

const recordsOf = (file: Buffer) => z.array(z.array(z.string())).parse(parse(file, { bom: true }));

describe("a section as a CSV file", () => {
  it("is UTF-8 with a byte order mark, ends every record with CRLF and quotes as RFC 4180 says", async () => {
    const totals: Row[] = [
      ["delivery", "minutes", 2, -30],
      ['say "hi", ñ', null, 0, "two\nlines"],
    ];
    expect((await written(sectionOf("total", totals))).toString("utf8")).toBe(
      '\uFEFF"Section","Unit","Lines","Quantity"\r\n"delivery","minutes",2,-30\r\n"say ""hi"", ñ",,0,"two\nlines"\r\n',
    );
  });

  it.each(languageSchema.options)(
    "has headers in its language and values that are the same in each: %s",
    async (language) => {
      const cells = {
        deliveredAt: "2026-11-01T10:00:00.000Z",
        quantity: 90,
        unit: "minutes",
        service: "advisory",
      };
      const [header, row] = recordsOf(
        await written(sectionOf("delivery", [rowOf("delivery", cells)]), language),
      );
      const texts = reportTexts(language);
      expect(header?.slice(0, 4)).toEqual(Object.keys(cells).map((key) => texts.column(key, "delivery")));
      expect(row?.slice(0, 4)).toEqual(Object.values(cells).map(String));
    },
  );

  it("is a header when there are no rows", async () => {
    expect(recordsOf(await written(sectionOf("contact", [])))).toHaveLength(1);
  });

  it("reads back, with another library, as what `safeText` says, for any text", async () => {
    const signs = ['"', ",", ";", "\r", "\n", "=", "-", "\t", " ", "'", "\uD800", "a"];
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(...signs) }));
    const rows = fc.array(fc.tuple(text, text).map(([name, value]): Row => [name, value]));
    await fc.assert(
      fc.asyncProperty(rows, async (facts) => {
        const [, ...read] = recordsOf(await written(sectionOf("report", facts)));
        expect(read).toEqual(facts.map((row) => row.map((cell) => safeText(String(cell)))));
        for (const cell of read.flat()) expect(cell).not.toMatch(formula);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Row]>([
    ["a row that lacks a cell", ["delivery"]],
    ["what is no number", ["delivery", null, Number.NaN, 0]],
  ])("fails with %s", async (_, row) => {
    await expect(written(sectionOf("total", [row]))).rejects.toThrow(RangeError);
  });

  it("reads no further than what is taken of it", async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 1;
        yield await Promise.resolve(
          Array.from({ length: 1_000 }, () => rowOf("contact", { name: "n".repeat(100) })),
        );
      }
    }
    const csv = csvSection({ ...sectionOf("contact", []), rows: endless() }, reportTexts("en"));
    for (let taken = 0; taken < 5; taken++) await csv.next();
    expect(asked).toBeLessThanOrEqual(5);
    await csv.return(undefined);
  });
});
