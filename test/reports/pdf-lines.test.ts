import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { readFonts } from "../../src/platform/report-fonts.ts";
import { type PdfFont, pdfFont, readFont } from "../../src/reports/pdf-font.ts";
import { fitted, linesOf, printable } from "../../src/reports/pdf-lines.ts";
import { pdfObjects } from "../../src/reports/pdf-objects.ts";

let font: PdfFont;
beforeAll(async () => {
  const { regular } = await readFonts();
  font = pdfFont(pdfObjects(), "R", await readFont(regular));
});

const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: fc.constantFrom("a", "W", " ", "-", "ż", "è"), maxLength: 300 }),
);

describe("lines of a text", () => {
  test("are never wider than asked for", () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 4, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (text, width, most) => {
          const lines = linesOf(font, printable(font, text), width, most);
          expect(lines.length).toBeLessThanOrEqual(most);
          for (const line of lines) expect(font.width(line.trimEnd())).toBeLessThanOrEqual(width + 1e-9);
        },
      ),
    );
  });

  test("have the whole text where there is room", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 60 }), (text, width) => {
        const shown = printable(font, text);
        const joined = linesOf(font, shown, width, Number.POSITIVE_INFINITY).join("");
        expect(joined.replaceAll(/\s/g, "")).toBe(shown.replaceAll(/\s/g, ""));
      }),
    );
  });

  test("are parted at spaces, words that are too long after signs, and are cut with an ellipsis", () => {
    expect(linesOf(font, "one two three", font.width("one two"), 3)).toEqual(["one two ", "three"]);
    expect(linesOf(font, "first-second", font.width("second-"), 3)).toEqual(["first-", "second"]);
    expect(linesOf(font, "one two three four", font.width("one two"), 1)).toEqual(["one t…"]);
    expect(fitted(font, "abcdef", font.width("abc…"))).toBe("abc…");
  });
});

describe("a printable text", () => {
  test("is what the font has signs for, composed and on one line", () => {
    expect(printable(font, "Zażółć\tgęślą\r\njaźń")).toBe("Zażółć gęślą jaźń");
    expect(printable(font, "e\u0301")).toBe("é");
    expect(printable(font, "a\u00ADb\u200Bc")).toBe("abc");
    expect(printable(font, "a\u0000\u202E\uD800b")).toBe("a���b");
    expect(printable(font, "日本")).toBe("��");
  });

  test("stays as it is when it is printed again", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = printable(font, text);
        expect(printable(font, once)).toBe(once);
      }),
    );
  });
});
