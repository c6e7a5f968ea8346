import { describe, expect, test } from "vitest";
import * as z from "zod";
import { InvalidRequestError } from "../../src/platform/errors.ts";
import {
  allOrList,
  booleanText,
  commaList,
  filterOf,
  maxPageSize,
  orderByOf,
  parseQuery,
  pick,
  select,
  top,
} from "../../src/platform/query.ts";

const schema = z.object({
  workspaces: allOrList(z.string().regex(/^w\d$/)).optional(),
  ids: commaList(z.string().min(1), 3).optional(),
  open: booleanText.optional(),
  select: select(["title", "minutes"]),
  filter: filterOf({ title: "string" }),
  orderby: orderByOf(["title"]),
  top,
  maxpagesize: maxPageSize(50),
});
const required = z.object({ interval: z.enum(["day", "week"]) });

const parse = (text: string) => parseQuery(schema, new URLSearchParams(text));
const errorOf = (text: string, of: z.ZodObject = schema): InvalidRequestError => {
  try {
    parseQuery(of, new URLSearchParams(text));
  } catch (error) {
    if (error instanceof InvalidRequestError) return error;
    throw error;
  }
  throw new Error(`'${text}' was accepted`);
};

test("a query is parsed to values, with the defaults of what is left out", () => {
  expect(parse("api-version=2026-11-01")).toEqual({ maxpagesize: 50 });
  expect(parse("workspaces=all&open=false&select=title&top=3&maxpagesize=1000")).toEqual({
    workspaces: "all",
    open: false,
    select: ["title"],
    top: 3,
    maxpagesize: 1000,
  });
  expect(parse("workspaces=w1, w2&ids=a,b,c&orderby=title desc&filter=title eq 'a'")).toMatchObject({
    workspaces: ["w1", "w2"],
    ids: ["a", "b", "c"],
    orderby: [{ field: "title", direction: "desc" }],
    filter: { kind: "compare" },
  });
});

test.each([
  ["$top=1", "UnsupportedQueryParameter", "$top"],
  ["Top=1", "UnsupportedQueryParameter", "Top"],
  ["constructor=1", "UnsupportedQueryParameter", "constructor"],
  ["top=1&top=2", "InvalidQueryParameterValue", "top"],
  ["top=0", "InvalidQueryParameterValue", "top"],
  ["top=-1", "InvalidQueryParameterValue", "top"],
  ["top=1e3", "InvalidQueryParameterValue", "top"],
  ["top=", "InvalidQueryParameterValue", "top"],
  ["maxpagesize=1001", "InvalidQueryParameterValue", "maxpagesize"],
  ["workspaces=w1,all", "InvalidQueryParameterValue", "workspaces"],
  ["ids=a,,b", "InvalidQueryParameterValue", "ids"],
  ["ids=a,a", "InvalidQueryParameterValue", "ids"],
  ["ids=a,b,c,d", "InvalidQueryParameterValue", "ids"],
  ["open=True", "InvalidQueryParameterValue", "open"],
  ["select=secret", "InvalidQueryParameterValue", "select"],
  ["orderby=secret", "InvalidOrderBy", "orderby"],
  ["filter=secret eq 'a'", "InvalidFilter", "filter"],
])("'%s' is refused with %s", (text, code, target) => {
  expect(errorOf(text)).toMatchObject({ code, target });
});

test("a parameter that is required and missing has a code of its own", () => {
  expect(errorOf("", required)).toMatchObject({ code: "MissingRequiredQueryParameter", target: "interval" });
  expect(errorOf("interval=year", required)).toMatchObject({ code: "InvalidQueryParameterValue" });
});

test("all faulty parameters are told at once", () => {
  expect(errorOf("top=0&open=x").details.map(({ target }) => target)).toEqual(["open", "top"]);
});

describe("select", () => {
  const item = { id: "1", etag: '"a"', title: "t", minutes: 5 };
  test("keeps the chosen fields and what names the item", () => {
    expect(pick(item, ["title"])).toEqual({ id: "1", etag: '"a"', title: "t" });
    expect(pick(item, undefined)).toEqual(item);
  });
});
