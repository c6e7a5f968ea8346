import { read, type WorkBook } from "@e965/xlsx";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import type { ReportContent, Row } from "../../src/reports/content.ts";
import { reportTexts } from "../../src/reports/texts.ts";
import { xlsxFile, xlsxFileOf } from "../../src/reports/xlsx.ts";
import { CELL_TEXT_MAX } from "../../src/reports/xlsx-cells.ts";
import { contentOf, rowOf, sectionOf } from "./support/report-content.ts";
import { cellsOf, fileOf, partsOf } from "./support/xlsx-parts.ts";

const AT = "2026-11-01T10:00:00.123Z";
const deliveryRow = (caseNumber: string, quantity = 15): Row =>
  rowOf("delivery", { deliveredAt: AT, quantity, unit: "minutes", service: "advisory", caseNumber });
const deliveries = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => deliveryRow(`case ${index}`));

const opened = async (content: ReportContent, rowsMax?: number): Promise<WorkBook> =>
  read(await fileOf(xlsxFileOf(content, rowsMax)), { cellDates: true, cellNF: true, UTC: true });

const cellSchema = z
  .object({ t: z.string(), v: z.unknown(), w: z.string().optional(), l: z.unknown() })
  .partial();

const cellOf = (book: WorkBook, sheet: string, name: string): z.infer<typeof cellSchema> =>
  cellSchema.parse(book.Sheets[sheet]?.[name] ?? {});

describe("an XLSX file", () => {
  it.each(languageSchema.options)(
    "has a sheet for each section, in the words of its language: %s",
    async (language) => {
      const texts = reportTexts(language);
      const sections = [
        sectionOf("delivery", deliveries(1)),
        sectionOf("benefit", []),
        sectionOf("total", []),
      ];
      const book = await opened(contentOf(sections, { language }));
      const [lines, benefits] = [texts.section("delivery"), texts.section("benefit")];
      expect(book.SheetNames).toEqual([lines, benefits, texts.section("total")]);
      expect(cellOf(book, lines, "A1").v).toBe(`${texts.column("deliveredAt")} (UTC)`);
      expect(cellOf(book, lines, "D2").v).toBe(texts.code("service", "advisory"));
      expect(cellOf(book, benefits, "A1").v).toBe(texts.column("agreementId"));
    },
  );

  it("has figures and dates that a spreadsheet counts with, and says what is unmetered", async () => {
    const row = (purchased: number | string) =>
      rowOf("entitlement", { packageStart: "2026-01-31", purchased, remaining: -15, unit: "minutes" });
    const sections = [
      sectionOf("delivery", [deliveryRow("a", -90)]),
      sectionOf("entitlement", [row(2_400), row("Included")]),
    ];
    const book = await opened(contentOf(sections, { language: "it" }));
    expect(cellOf(book, "Consegne", "A2")).toMatchObject({
      t: "d",
      v: new Date(AT),
      w: expect.stringMatching(/2026 10:00$/),
    });
    expect(cellOf(book, "Consegne", "B2")).toMatchObject({ t: "n", v: -90 });
    expect(cellOf(book, "Diritti", "E2")).toMatchObject({ t: "d", v: new Date("2026-01-31") });
    expect(cellOf(book, "Diritti", "L2")).toMatchObject({ t: "n", v: 2_400, w: "2,400" });
    expect(cellOf(book, "Diritti", "L3")).toMatchObject({ t: "s", v: "Incluso" });
    expect(cellOf(book, "Diritti", "P2")).toMatchObject({ t: "n", v: -15 });
  });

  it("keeps as a text what is no date of a spreadsheet", async () => {
    const days = ["yesterday", "1899-12-31", "2026-13-45", "10000-01-01", "9999-12-31"];
    const book = await opened(
      contentOf([
        sectionOf(
          "contact",
          days.map((since) => rowOf("contact", { since })),
        ),
      ]),
    );
    const read = days.map((_, index) => cellOf(book, "Support contacts", `E${index + 2}`).v);
    expect(read).toEqual([...days.slice(0, 4), new Date("9999-12-31")]);
  });

  it("says of the report what it is with dates, figures and words of their own", async () => {
    const facts = {
      report: "cpod",
      workspaces: "chosen",
      plan: "advanced",
      version: 3,
      generatedAt: AT,
      agreementEnd: "2026-12-31",
      constructor: "x",
    };
    const rows = Object.entries(facts).map(([name, value]): Row => [name, value]);
    const book = await opened(contentOf([sectionOf("report", rows)], { language: "pl" }));
    const read = rows.map((_, index) => cellOf(book, "Informacje o raporcie", `B${index + 2}`).v);
    const plan = reportTexts("pl").code("plan", "advanced");
    const kind = reportTexts("pl").word("cpodTitle");
    expect(read).toEqual([kind, "Wybrane", plan, 3, new Date(AT), new Date("2026-12-31"), "x"]);
  });

  it("has a frozen header, a filter over all rows and widths of columns", async () => {
    const parts = await partsOf(await fileOf(xlsxFile(contentOf([sectionOf("delivery", deliveries(3))]))));
    const sheet = parts.get("xl/worksheets/sheet1.xml") ?? "";
    expect(sheet).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
    expect(sheet).toContain('<autoFilter ref="A1:AA4"/>');
    expect(sheet.match(/<col /g)).toHaveLength(27);
    expect(parts.get("xl/workbook.xml")).toContain("'Deliveries'!$A$1:$AA$4");
    for (const xml of parts.values()) expect(() => cellsOf(xml)).not.toThrow();
  });

  it("has totals as figures, each of which leads to its lines", async () => {
    const totals: Row[] = [
      ["delivery", "minutes", 2, 30],
      ["benefit", null, 0, null],
    ];
    const sections = [sectionOf("delivery", deliveries(2)), sectionOf("total", totals)];
    const book = await opened(contentOf(sections, { language: "es" }));
    expect(cellOf(book, "Totales", "A2")).toMatchObject({ v: "Entregas", l: { location: "'Entregas'!A1" } });
    expect(cellOf(book, "Totales", "D2")).toMatchObject({ t: "n", v: 30 });
    expect(cellOf(book, "Totales", "A3").l).toBeUndefined();
  });

  it("is the same bytes for the same content, whenever it is written", async () => {
    const content = () => contentOf([sectionOf("delivery", deliveries(500)), sectionOf("total", [])]);
    const first = await fileOf(xlsxFile(content()));
    await new Promise((resolve) => setImmediate(resolve));
    expect((await fileOf(xlsxFile(content()))).equals(first)).toBe(true);
  });
});

describe("rows that do not fit on a sheet of an XLSX file", () => {
  it.each([1, 3, 4, 6, 7])("go on the next, under the same header: %d rows, three a sheet", async (count) => {
    const book = await opened(contentOf([sectionOf("delivery", deliveries(count))]), 4);
    const names = ["Deliveries", "Deliveries (2)", "Deliveries (3)"].slice(0, Math.ceil(count / 3));
    expect(book.SheetNames).toEqual(names);
    const read = names.flatMap((name) => {
      expect(cellOf(book, name, "A1").v).toBe("Delivered at (UTC)");
      return ["J2", "J3", "J4", "J5"].flatMap((cell) => cellOf(book, name, cell).v ?? []);
    });
    expect(read).toEqual(deliveries(count).map((row) => row[9]));
  });
});

describe("a sheet of an XLSX file", () => {
  it("has a name that spreadsheets allow and no other has, whatever it is about", async () => {
    const titles = [
      "a/b\\c*d?e[f]:g",
      "'quoted'",
      "",
      "History",
      "HISTORY",
      "x".repeat(40),
      `${"X".repeat(31)}y`,
    ];
    const more = [
      "Deliveries",
      "deliveries",
      `${"a".repeat(30)}😀`,
      "\u0000\uD800",
      `'${"'".repeat(40)}`,
      '<&">',
    ];
    const sections = [...titles, ...more].map((name) =>
      sectionOf("delivery", deliveries(2), { entitlementId: "e", name }),
    );
    const { SheetNames: names } = await opened(contentOf(sections), 2);
    expect(names).toHaveLength(2 * sections.length);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(31);
      expect(name).toMatch(
        /^(?!history$)[^'\s[\]:*?/\\\p{Cc}\p{Cs}](?:[^[\]:*?/\\\p{Cc}\p{Cs}]*[^'\s[\]:*?/\\\p{Cc}\p{Cs}])?$/iu,
      );
    }
  });

  it("cuts a text that is too long for a cell, and says so", async () => {
    const long = `${"x".repeat(CELL_TEXT_MAX - 8)}${"😀".repeat(8)}`;
    const book = await opened(contentOf([sectionOf("delivery", [deliveryRow(long)])], { language: "es" }));
    const text = String(cellOf(book, "Entregas", "J2").v);
    expect(text.length).toBeLessThanOrEqual(CELL_TEXT_MAX);
    expect(text).toMatch(/x… \[recortado\]$/);
    expect(text.isWellFormed()).toBe(true);
  });
});

describe("the writer of XLSX files", () => {
  it("reads no further than what is taken of it, and lets go of what it reads when nobody takes more", async () => {
    let asked = 0;
    let isReleased = false;
    async function* endless() {
      try {
        for (;;) {
          asked += 1;
          yield await Promise.resolve(deliveries(1_000));
        }
      } finally {
        isReleased = true;
      }
    }
    const file = xlsxFile(contentOf([{ ...sectionOf("delivery", []), rows: endless() }]));
    let taken = 0;
    for await (const _ of file) {
      taken += 1;
      if (taken === 5) break;
    }
    // Compressed a chunk at a time: 64 KiB of it hold several pages.
    expect(asked).toBeLessThan(100);
    await expect.poll(() => isReleased).toBe(true);
  });

  it.each<[string, AsyncIterable<readonly Row[]>]>([
    ["a source that fails", failing()],
    ["a row that lacks a cell", batch([["2026-11-01"]])],
    ["what is no number", batch([deliveryRow("a", Number.NaN)])],
  ])("fails with %s, and never ends a file that lacks something", async (_, rows) => {
    const section = { ...sectionOf("delivery", []), rows };
    await expect(fileOf(xlsxFile(contentOf([section, sectionOf("total", [])])))).rejects.toThrow();
  });
});

async function* batch(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  yield await Promise.resolve(rows);
}

async function* failing(): AsyncGenerator<readonly Row[]> {
  yield await Promise.resolve(deliveries(2_000));
  throw new Error("the store is away");
}
