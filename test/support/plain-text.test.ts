import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { plainLine, plainText, startOf } from "../../src/support/plain-text.ts";

const text = plainText(40);
const line = plainLine(40);

const refusals = (schema: z.ZodType, given: string): readonly string[] =>
  schema.safeParse(given).error?.issues.map(({ message }) => message) ?? [];

describe("plain text", () => {
  test("has nothing around it, one kind of line end, and one form of each letter", () => {
    expect(text.parse(" \r\n one\r\ntwo\rthree\u2028four\u0085\tfive cafe\u0301 \n")).toBe(
      "one\ntwo\nthree\nfour\n\tfive caf\u00E9",
    );
  });

  test("keeps what people write in any language", () => {
    const given = "Zażółć gęślą jaźń – ¿qué? شكرا 日本 👩‍👩‍👧 <b> & \\n";
    expect(plainText(100).parse(given)).toBe(given);
  });

  test.each([
    ["a\u0000b", "has the control character U+0000 at position 2"],
    ["bell\u0007", "has the control character U+0007 at position 5"],
    ["\u009F", "has the control character U+009F at position 1"],
    ["a\uD800b", "has half a character, U+D800 at position 2: it is not well-formed Unicode"],
    ["\uDC00\uD800", "has half a character, U+DC00 at position 1: it is not well-formed Unicode"],
    [`z${"\u0335".repeat(31)}`, "has more than 30 accents on one letter"],
    ["", "must not be empty"],
    [" \r\n\t ", "must not be empty"],
  ])("%# refuses %j and says why", (given, message) => {
    expect(refusals(text, given)).toEqual([message]);
    expect(refusals(line, given)).toEqual([message]);
  });

  test("may be as long as it says in UTF-16 units, after trimming, and no longer", () => {
    expect(text.parse(` ${"x".repeat(40)} `)).toHaveLength(40);
    expect(refusals(text, "x".repeat(41))).toHaveLength(1);
    expect(text.parse("😀".repeat(20))).toHaveLength(40);
    expect(refusals(text, "😀".repeat(21))).toEqual(["has more than 40 UTF-16 units"]);
  });

  test("changes nothing in what it accepted, and lets no control character and no half character through", () => {
    const character = fc.oneof(
      fc.constantFrom("\r", "\n", "\t", "\u0000", "\u0085", "\u2029", "\uD83D", "\uDE00", "e\u0301", "ﬁ"),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    const given = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(given, (raw) => {
        const { success, data } = plainText(100).safeParse(raw);
        if (!success) return;
        expect(plainText(100).parse(data)).toBe(data);
        expect(data).not.toMatch(/(?![\n\t])\p{Cc}|\p{Surrogate}|[\u2028\u2029]/u);
        expect(data).toBe(data.normalize("NFC").trim());
        const asLine = plainLine(100).safeParse(raw);
        expect(asLine.success).toBe(!/[\n\t]/.test(data));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is judged in a moment, however many accents are piled on one letter", () => {
    const startedAt = performance.now();
    expect(refusals(plainText(2_000_000), `a${"\u0301\u0323".repeat(500_000)}`)).toContain(
      "has more than 30 accents on one letter",
    );
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test("is described with its limits in a contract", () => {
    expect(z.toJSONSchema(text, { io: "input" })).toMatchObject({
      type: "string",
      minLength: 1,
      maxLength: 40,
    });
  });
});

describe("a plain line", () => {
  test.each(["one\ntwo", "one\r\ntwo", "one\u2028two"])("%# does not go on in another: %j", (given) => {
    expect(refusals(line, given)).toEqual(["must be one line"]);
  });

  test("has no tab", () => {
    expect(refusals(line, "a\tb")).toEqual(["has the control character U+0009 at position 2"]);
  });

  test("forgives a line end after it, as what is pasted has", () => {
    expect(line.parse("Cannot sign in\r\n")).toBe("Cannot sign in");
  });
});

test("the start of a text ends with a whole character", () => {
  expect(startOf("ab😀", 3)).toBe("ab");
  expect(startOf("ab😀", 4)).toBe("ab😀");
  expect(startOf("abc", 2)).toBe("ab");
});
