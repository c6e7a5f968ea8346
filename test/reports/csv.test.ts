import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Cell, cellText, csvBytes, safeText } from "../../src/reports/csv.ts";

const recordsSchema = z.array(z.array(z.string()));

async function written(rows: readonly (readonly Cell[])[], columns = ["a", "b"]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of csvBytes(columns, inBatches(rows))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inBatches(rows: readonly (readonly Cell[])[]) {
  for (const row of rows) yield await Promise.resolve([row]);
}

const readBack = (bytes: Buffer) => recordsSchema.parse(parse(bytes, { bom: true })).slice(1);

/** Where a spreadsheet may start a cell: at the start of a text, and after what some settings separate cells by. */
const formula = /(^|[;\t\r\n])[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;

describe("CSV", () => {
  it("is UTF-8 with a byte order mark, ends every record with CRLF and quotes as RFC 4180 says", async () => {
    const bytes = await written([
      ['say "hi", ñ', 5],
      [undefined, "two\nlines"],
    ]);
    expect(bytes.toString("utf8")).toBe('\uFEFF"a","b"\r\n"say ""hi"", ñ",5\r\n,"two\nlines"\r\n');
  });

  it("is a header when there are no rows", async () => {
    expect((await written([])).toString("utf8")).toBe('\uFEFF"a","b"\r\n');
  });

  it.each(["=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"])(
    "takes its meaning from a text that begins with %s, also behind what cannot be seen or in a further cell",
    async (sign) => {
      const texts = [
        "",
        " ",
        "\t",
        "\r",
        "\n",
        "\u00A0",
        "\u200B",
        "\u202E",
        "\uFEFF",
        "a;",
        "a\t",
        "a\r\n ",
      ];
      const rows = texts.map((text) => [`${text}${sign}1+1`, 0]);
      for (const [text = ""] of readBack(await written(rows))) {
        expect(text).toContain(`${sign}1+1`);
        expect(text).not.toMatch(formula);
      }
    },
  );

  it("keeps a number a number, also a negative one", async () => {
    const bytes = await written([[-15, 0]]);
    expect(bytes.toString("utf8")).toContain("\r\n-15,0\r\n");
  });

  it("replaces what no reader can show and keeps what only looks strange", async () => {
    const [[nul, surrogate] = [], [marks, tabs] = []] = readBack(
      await written([
        ["a\u0000b\u0085c", "x\uD800y"],
        ["\u200Fשלום\u202C", "a\tb"],
      ]),
    );
    expect([nul, surrogate, marks, tabs]).toEqual([
      "a\uFFFDb\uFFFDc",
      "x\uFFFDy",
      "\u200Fשלום\u202C",
      "a\tb",
    ]);
  });

  it("reads back, with another library, as what `safeText` says, for any text", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({
        unit: fc.constantFrom('"', ",", ";", "\r", "\n", "=", "-", "\t", " ", "'", "\uD800", "a"),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, fc.integer()), { minLength: 1 }), async (rows) => {
        const read = readBack(await written(rows));
        expect(read).toEqual(rows.map((row) => row.map(cellText)));
        for (const [cell = ""] of read) expect(cell).not.toMatch(formula);
      }),
      { numRuns: 300 },
    );
  });

  it("changes nothing in a text that is safe already", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
      }),
    );
  });

  it("asks for no more rows than are taken", async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 1;
        yield await Promise.resolve([["row", asked]]);
      }
    }
    const bytes = csvBytes(["a", "b"], endless());
    for (let taken = 0; taken < 5; taken++) await bytes.next();
    expect(asked).toBeLessThanOrEqual(5);
    await bytes.return(undefined);
  });
});
