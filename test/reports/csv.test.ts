import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellText, safeText } from "../../src/reports/csv.ts";

/** Where a spreadsheet may start a cell: at the start of a text, and after what some settings separate cells by. */
const formula = /(^|[;\t\r\n])[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;

const beginnings = ["", " ", "\t", "\r", "\n", "\u00A0", "\u200B", "\u202E", "\uFEFF", "a;", "a\t", "a\r\n "];

describe("a text as a spreadsheet may have it", () => {
  it.each(["=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"])(
    "means nothing where it begins with %s, also behind what cannot be seen or in a further cell",
    (sign) => {
      for (const beginning of beginnings) {
        const text = safeText(`${beginning}${sign}1+1`);
        expect(text).toContain(`${sign}1+1`);
        expect(text).not.toMatch(formula);
      }
    },
  );

  it("has a sign for what no reader can show and keeps what only looks strange", () => {
    expect(["a\u0000b\u0085c", "x\uD800y", "\u200Fשלום\u202C", "a\tb"].map(safeText)).toEqual([
      "a\uFFFDb\uFFFDc",
      "x\uFFFDy",
      "\u200Fשלום\u202C",
      "a\tb",
    ]);
  });

  it("is never a formula, whatever was put in", () => {
    const signs = ['"', ",", ";", "\r", "\n", "=", "-", "\t", " ", "'", "\uD800", "a"];
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(...signs) }));
    fc.assert(
      fc.property(text, (each) => {
        expect(safeText(each)).not.toMatch(formula);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is left as it is where it is safe already", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
      }),
    );
  });
});

describe("the text of a cell", () => {
  it("is a number as it is, also a negative one, a text made safe, and nothing for nothing", () => {
    expect([-15, "-15", undefined, ""].map(cellText)).toEqual(["-15", "'-15", "", ""]);
  });
});
