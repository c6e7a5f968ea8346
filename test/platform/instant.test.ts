import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { dayText, instantText, monthText } from "../../src/platform/instant.ts";

const messageOf = (schema: z.ZodType, text: string): readonly string[] =>
  schema.safeParse(text).error?.issues.map(({ message }) => message) ?? [];

test("an instant of any offset becomes the one text that it has in UTC", () => {
  expect(instantText.parse("2026-11-20T13:00:00+01:00")).toBe("2026-11-20T12:00:00.000Z");
  expect(instantText.parse("1989-12-31T23:00:00-02:00")).toBe("1990-01-01T01:00:00.000Z");
});

describe("what has no text of fixed length, or none that is meant, is refused with the years that are taken:", () => {
  test.each([
    [instantText, "9999-12-31T23:59:59-12:00"],
    [instantText, "0000-01-01T00:00:00+12:00"],
    [instantText, "2199-12-31T23:59:59-12:00"],
    [instantText, "1990-01-01T00:00:00+12:00"],
    [dayText, "1989-12-31"],
    [dayText, "9999-12-31"],
    [monthText, "0000-01"],
    [monthText, "9999-12"],
    [monthText, "2200-01"],
  ])("%#: %s", (schema, text) => {
    expect(messageOf(schema, text)).toEqual(["must lie in the years 1990 to 2199"]);
  });
});

test("what is no instant, day or month at all is told just that", () => {
  expect(messageOf(instantText, "yesterday")).toEqual([
    "must be an RFC 3339 time, such as 2026-03-31T23:59:59Z",
  ]);
  expect(messageOf(dayText, "2026-02-30")).toEqual(["must be a day, such as 2026-10-05"]);
  expect(messageOf(monthText, "x")).toEqual(["must be a month, such as 2026-10"]);
});
