import fc from "fast-check";
import { expect, test } from "vitest";
import { faultPosition, parseJson } from "../../src/platform/json.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test.each([
  ["", 0],
  ["  ", 2],
  ["{", 1],
  ['{"a"', 4],
  ['{"a":1,}', 7],
  ["[1,]", 3],
  ["[1 2]", 3],
  ['{"a":nope}', 5],
  ["{'a':1}", 1],
  ["[1}", 2],
  ['{"a":1}x', 7],
  ['"a\nb"', 0],
  ["01", 1],
  [",", 0],
  ["]", 0],
])("the fault of %j is at %i", (text, position) => {
  expect(faultPosition(text)).toBe(position);
});

test("the fault is never behind the first character that the engine cannot take", () => {
  const changed = fc
    .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom("", "x", "}", "]", ",", ":", '"', "1"))
    .map(([text, at, inserted]) => {
      const place = at % (text.length + 1);
      return `${text.slice(0, place)}${inserted}${text.slice(place + 1)}`;
    })
    .filter((text) => !isJson(text));
  fc.assert(
    fc.property(changed, (text) => {
      const position = faultPosition(text);
      expect(position).toBeLessThanOrEqual(text.length);
      const engine = /position (\d+)/.exec(engineMessage(text))?.[1];
      if (engine !== undefined) expect(position).toBeLessThanOrEqual(Number(engine));
    }),
    { numRuns: 500 },
  );
});

const engineMessage = (text: string): string => {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
};

test("what is JSON is parsed, what is not names line and column", () => {
  expect(parseJson('{"a":[1,null]}')).toEqual({ a: [1, null] });
  expect(() => parseJson('{\n "a": 1\n "b": 2 }')).toThrow("line 3, column 2");
});

test("brackets in texts are no nesting, and nesting has a limit", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  expect(() => parseJson(nested(64))).not.toThrow();
  expect(() => parseJson(nested(65))).toThrow("nested deeper than 64");
  expect(() => parseJson(nested(100_000))).toThrow("nested deeper than 64");
  expect(parseJson(JSON.stringify(`"\\${nested(100)}`))).toBe(`"\\${nested(100)}`);
});

test("a text of a megabyte is read", () => {
  const text = JSON.stringify({ note: '\\"'.repeat(300_000) });
  expect(parseJson(text)).toEqual(JSON.parse(text));
});
