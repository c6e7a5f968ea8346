import { describe, expect, test } from "vitest";
import {
  contentTag,
  isUnmodified,
  parseTagCondition,
  readConditions,
  requireAbsent,
  requireMatch,
} from "../../src/platform/conditional.ts";
import { InvalidRequestError, PreconditionFailedError } from "../../src/platform/errors.ts";

const conditions = (headers: Readonly<Record<string, string>>) => readConditions(new Headers(headers));

describe("If-Match", () => {
  test.each([
    ['"a"', '"a"', true],
    ['"b" , "a"', '"a"', true],
    ["*", '"a"', true],
    ['"b"', '"a"', false],
    ['W/"a"', 'W/"a"', false],
    ['W/"a"', '"a"', false],
    ["*", undefined, false],
    ['"a"', undefined, false],
  ])("%s against %s", (header, current, passes) => {
    const check = () => requireMatch(conditions({ "if-match": header }), current);
    if (passes) expect(check).not.toThrow();
    else expect(check).toThrow(PreconditionFailedError);
  });

  test("that is absent lets the write through", () => {
    expect(() => requireMatch(conditions({}), '"a"')).not.toThrow();
  });
});

describe("If-None-Match", () => {
  test("compares weakly on reads", () => {
    expect(isUnmodified(parseTagCondition("If-None-Match", 'W/"a", "b"'), '"a"')).toBe(true);
    expect(isUnmodified(parseTagCondition("If-None-Match", "*"), '"a"')).toBe(true);
    expect(isUnmodified(parseTagCondition("If-None-Match", '"c"'), '"a"')).toBe(false);
  });

  test("of * lets a write create and never replace", () => {
    expect(() => requireAbsent(conditions({ "if-none-match": "*" }), undefined)).not.toThrow();
    expect(() => requireAbsent(conditions({ "if-none-match": "*" }), '"a"')).toThrow(PreconditionFailedError);
  });
});

test.each(["", "a", '"a', '"a" "b"', '"a",', ',"a"', '*, "a"', 'w/"a"', '"a b"', `"${"a".repeat(5_000)}"`])(
  "a header that is no list of tags is refused: %s",
  (header) => {
    expect(() => parseTagCondition("If-Match", header)).toThrow(InvalidRequestError);
  },
);

test("a content tag names the content", () => {
  expect(contentTag("a")).toBe(contentTag(Buffer.from("a")));
  expect(contentTag("a")).not.toBe(contentTag("b"));
  expect(() => parseTagCondition("If-Match", contentTag("a"))).not.toThrow();
});
